#pragma once
#include <array>
#include <cstddef>

#include "signal/band_pass.hpp"

namespace vigil::signal {

/// How many times a minute something repeats, and how surely: 0 (noise) to 1 (each repetition like the last).
struct Rate {
  float per_min = 0;
  float quality = 0;
};

/// Periodicity of up to four cells at once, by the autocorrelation of the newest `Window` points. A cell's
/// correlation is normalised by its own energy, so what counts is how regular a cell is, not how strong;
/// those within 0.75 of the best are averaged: a leg that carries nothing of the body adds nothing, and
/// opposite signs do not cancel. The shortest period whose peak comes within 0.85 of the highest is taken,
/// since every multiple of a period repeats as well. Constant place, no allocation.
template <std::size_t Window, std::size_t Longest>
class Periodicity {
 public:
  /// Periods from `shortest` to `longest` (<= Longest - 1) points; at least `least` points must be there.
  Periodicity(std::size_t shortest, std::size_t longest, std::size_t least) noexcept
      : shortest_(shortest), longest_(longest), least_(least) {}

  void push(Axes point) noexcept {
    points_[next_] = point;
    next_ = next_ + 1 == Window ? 0 : next_ + 1;
    if (filled_ < Window) ++filled_;
  }
  void clear() noexcept { next_ = filled_ = 0; }
  [[nodiscard]] std::size_t filled() const noexcept { return filled_; }

  /// Root mean square of the newest `recent` points on the cell where it is largest.
  [[nodiscard]] float strongest(std::size_t recent) const noexcept {
    const std::size_t n = recent < filled_ ? recent : filled_;
    Axes energy{};
    for (std::size_t i = 1; i <= n; ++i) {
      const Axes x = points_[(next_ + Window - i) % Window];
      energy += x * x;
    }
    float most = 0;
    for (int c = 0; c < 4; ++c)
      most = energy[c] > most ? energy[c] : most;
    return n > 0 ? root(most / static_cast<float>(n)) : 0.0F;
  }

  struct Found {
    float period = 0;     ///< points; 0: none
    float quality = 0;    ///< 0 to 1
    bool paused = false;  ///< the newest `recent` points hold next to nothing of what those before them held
  };
  /// `recent`: points looked at for a pause.
  [[nodiscard]] Found find(std::size_t recent) const noexcept {
    Found found;
    if (filled_ < least_) return found;
    const std::size_t n = filled_;
    // In order of time and without their mean.
    std::array<Axes, Window> x;
    Axes mean{};
    for (std::size_t i = 0; i < n; ++i)
      mean += x[i] = points_[(next_ + Window - n + i) % Window];
    mean /= static_cast<float>(n);
    std::array<Axes, Window + 1> energy;  // of all points before i
    energy[0] = Axes{};
    for (std::size_t i = 0; i < n; ++i) {
      x[i] -= mean;
      energy[i + 1] = energy[i] + x[i] * x[i];
    }
    const std::size_t longest = longest_ + 1 < n / 2 ? longest_ + 1 : n / 2;
    std::array<Axes, Longest + 1> r;
    for (std::size_t lag = shortest_ - 1; lag <= longest; ++lag) {
      Axes even{}, odd{};
      std::size_t i = lag;
      for (; i + 1 < n; i += 2) {
        even += x[i] * x[i - lag];
        odd += x[i + 1] * x[i + 1 - lag];
      }
      if (i < n) even += x[i] * x[i - lag];
      const Axes both = even + odd;
      const Axes norm = energy[n - lag] * (energy[n] - energy[lag]);
      for (int c = 0; c < 4; ++c)
        r[lag][c] = norm[c] > least_energy ? both[c] / root(norm[c]) : 0.0F;
    }
    std::array<float, 4> best{};
    float highest = 0;
    for (std::size_t lag = shortest_; lag < longest; ++lag)
      for (std::size_t c = 0; c < 4; ++c)
        if (peak(r, lag, static_cast<int>(c)) && r[lag][c] > best[c]) best[c] = r[lag][c];
    for (const float b : best)
      highest = b > highest ? b : highest;
    if (highest <= 0) return found;

    std::array<Axes, Longest + 1> fused{};
    Axes weight{};
    float cells = 0;
    for (int c = 0; c < 4; ++c)
      if (best[static_cast<std::size_t>(c)] >= 0.75F * highest) weight[c] = 1, cells += 1;
    for (std::size_t lag = shortest_ - 1; lag <= longest; ++lag) {
      const Axes w = r[lag] * weight;
      fused[lag][0] = (w[0] + w[1] + w[2] + w[3]) / cells;
    }
    float top = 0;
    for (std::size_t lag = shortest_; lag < longest; ++lag)
      if (peak(fused, lag, 0) && fused[lag][0] > top) top = fused[lag][0];
    for (std::size_t lag = shortest_; lag < longest; ++lag) {
      if (!peak(fused, lag, 0) || fused[lag][0] < 0.85F * top) continue;
      const float before = fused[lag - 1][0], at = fused[lag][0], after = fused[lag + 1][0];
      const float bend = before - 2 * at + after;
      const float shift = bend < 0 ? 0.5F * (before - after) / bend : 0.0F;
      found.period = static_cast<float>(lag) + shift;
      found.quality = top > 1 ? 1.0F : top;
      break;
    }
    if (recent > 0 && recent < n) {
      const Axes newest = (energy[n] - energy[n - recent]) * weight;
      const Axes rest = energy[n - recent] * weight;
      const float now = (newest[0] + newest[1] + newest[2] + newest[3]) / static_cast<float>(recent);
      const float then = (rest[0] + rest[1] + rest[2] + rest[3]) / static_cast<float>(n - recent);
      found.paused = now < pause_share * then;
    }
    return found;
  }

 private:
  static constexpr float least_energy = 1e-20F;
  static constexpr float pause_share = 0.1F;  ///< of the mean square: a third of the amplitude
  static float root(float v) noexcept { return __builtin_sqrtf(v); }
  template <class Row>
  static bool peak(const Row& r, std::size_t lag, int c) noexcept {
    return r[lag][c] > r[lag - 1][c] && r[lag][c] >= r[lag + 1][c];
  }

  std::array<Axes, Window> points_{};
  std::size_t next_ = 0, filled_ = 0;
  std::size_t shortest_, longest_, least_;
};

}  // namespace vigil::signal

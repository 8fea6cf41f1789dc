#pragma once
#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "bed/bed.hpp"
#include "core/press.hpp"

namespace vigil::bed::test {

inline Instant at_s(double s) { return {from_seconds(s)}; }
inline double s_of(Instant t) { return seconds(t.since_boot); }

inline constexpr Channel scale{Quantity::load, 1, 1, 10, -200, 500, 0};
inline constexpr Channel wrist{Quantity::acceleration, 1, 3, 25, -16, 16, 0};
inline constexpr Channel mat_word{Quantity::occupancy, 1, 1, 0, 0, 1, 0};

/// Plays signals of time into a bed, ticking as acquire does (0.3 s late, ten times a second), and keeps what
/// it says.
class Player {
 public:
  explicit Player(const Settings& settings = {}) : bed("bed-1", settings) {}

  using Load = std::function<std::optional<float>(double)>;  ///< kg at t, nullopt: silent
  using Worn = std::function<std::optional<std::array<float, 3>>(double)>;

  void with_scale(Load f, Duration stale_after = std::chrono::seconds(3)) {
    load_ = std::move(f);
    load_channel_ = bed.attach("scale", scale, stale_after, false);
  }
  void with_wrist(Worn f, Duration stale_after = std::chrono::seconds(3)) {
    worn_ = std::move(f);
    wrist_channel_ = bed.attach("wrist", wrist, stale_after, false);
  }
  void with_button() {
    button_channel_ = bed.attach("button", Channel{.quantity = Quantity::button, .minimum = 1, .maximum = 6},
                                 std::chrono::hours(9000), false);
  }
  void press(double t, Press what) {
    const auto value = static_cast<float>(what);
    bed.step(Sample{button_channel_, at_s(t), std::span(&value, 1)}, out);
    keep();
  }
  /// Plays [now, until) seconds.
  void play(double until) {
    for (; tenth_ < std::llround(until * 10); ++tenth_) {
      const double t = static_cast<double>(tenth_) / 10;
      if (load_)
        if (const auto kg = load_(t)) bed.step(Sample{load_channel_, at_s(t), std::span(&*kg, 1)}, out);
      if (worn_) {
        for (int i = 0; i < (tenth_ % 2 ? 3 : 2); ++i) {
          const double w = t + 0.04 * i;
          if (const auto g = worn_(w)) bed.step(Sample{wrist_channel_, at_s(w), *g}, out);
        }
      }
      tick(t - 0.3);
    }
    tick(until);
  }
  void tick(double t) {
    bed.step(Tick{at_s(t)}, out);
    keep();
  }
  void jump(double t) { tenth_ = std::llround(t * 10); }
  void enter(double t, Payload payload) {
    Event e;
    e.at = at_s(t);
    e.payload = std::move(payload);
    bed.step(e, out);
    keep();
  }
  void keep() {
    events.insert(events.end(), out.events.begin(), out.events.end());
    readings.insert(readings.end(), out.readings.begin(), out.readings.end());
    epochs.insert(epochs.end(), out.epochs.begin(), out.epochs.end());
    rescores.insert(rescores.end(), out.rescores.begin(), out.rescores.end());
    waves.insert(waves.end(), out.waves.begin(), out.waves.end());
    out.clear();
  }

  template <class T>
  [[nodiscard]] std::vector<std::pair<double, T>> all() const {
    std::vector<std::pair<double, T>> found;
    for (const Event& e : events)
      if (const T* p = std::get_if<T>(&e.payload)) found.emplace_back(s_of(e.at), *p);
    return found;
  }
  [[nodiscard]] std::vector<std::string> kinds() const {
    std::vector<std::string> k;
    for (const Event& e : events)
      if (!std::holds_alternative<event::BedTared>(e.payload)) k.emplace_back(kind(e));
    return k;
  }
  [[nodiscard]] const Reading& reading_at(double t) const {
    for (const Reading& r : readings)
      if (s_of(r.at) >= t) return r;
    return readings.back();
  }

  Bed bed;
  Output out;
  std::vector<Event> events;
  std::vector<Reading> readings;
  std::vector<Epoch> epochs;
  std::vector<Rescore> rescores;
  std::vector<WavePoint> waves;

 private:
  Load load_;
  Worn worn_;
  ChannelIndex load_channel_ = 0, wrist_channel_ = 0, button_channel_ = 0;
  std::int64_t tenth_ = 0;
};

/// A stretch in which the person moves, s.
struct Move {
  double from, to;
};
struct Stay {
  double from, to;
};

/// What a scale under a bed of `tare` kg shows: a person of `kg` in it during the stays, breathing at 0.25 Hz
/// with 0.08 kg, and swinging by +-4 kg at 0.9 Hz while moving.
inline Player::Load person_on_scale(std::vector<Stay> stays, std::vector<Move> moves, float tare = 4,
                                    float kg = 70) {
  return [=](double t) -> std::optional<float> {
    double v = tare;
    for (const Stay& s : stays)
      if (t >= s.from && t < s.to) {
        v += kg + 0.08 * std::sin(2 * std::numbers::pi * 0.25 * t);
        for (const Move& m : moves)
          if (t >= m.from && t < m.to) v += 4 * std::sin(2 * std::numbers::pi * 0.9 * t);
      }
    return static_cast<float>(v);
  };
}

/// What a wrist shows: gravity, and a swing of 0.4 g at 1.1 Hz along z while moving.
inline Player::Worn person_on_wrist(std::vector<Move> moves) {
  return [=](double t) -> std::optional<std::array<float, 3>> {
    float z = 0.1F;
    for (const Move& m : moves)
      if (t >= m.from && t < m.to) z += static_cast<float>(0.4 * std::sin(2 * std::numbers::pi * 1.1 * t));
    return std::array<float, 3>{-0.6F, 0.78F, z};
  };
}

inline std::string line(const Event& e) {
  std::string s =
      std::to_string(s_of(e.at)) + " " + std::string(kind(e)) + " [" + e.algorithm.name.str() + "]";
  std::visit(
      [&](auto& p) {
        p.fields(p, [&](std::string_view name, const auto& v) {
          using V = std::decay_t<decltype(v)>;
          s += " " + std::string(name) + "=";
          if constexpr (std::is_same_v<V, Duration>)
            s += std::to_string(seconds(v));
          else if constexpr (std::is_same_v<V, Name>)
            s += v.str();
          else if constexpr (std::is_arithmetic_v<V>)
            s += std::to_string(v);
          else if constexpr (std::is_same_v<V, std::optional<double>>)
            s += v ? std::to_string(*v) : "unknown";
        });
      },
      e.payload);
  return s;
}

}  // namespace vigil::bed::test

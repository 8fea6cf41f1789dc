#include "signal/movement.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace vigil::signal {
namespace {

// Backward Euler: stable for any step, and a burst of samples with one stamp does not move the mean.
float alpha(float dt_s, float time_constant_s) noexcept { return dt_s / (time_constant_s + dt_s); }

// The mean of a cell that nothing presses any more fades; denormal numbers cost a hundred times as much.
constexpr float not_denormal = 1e-15F;
constexpr float empty = 1e-12F;  // mean square of an image in which there is nothing

constexpr Duration load_silence = std::chrono::seconds(2);
constexpr Duration image_silence = std::chrono::seconds(5);

}  // namespace

LoadMovement::LoadMovement(float rate_hz) noexcept
    : nominal_alpha_(rate_hz > 0 ? alpha(1.0F / rate_hz, time_constant_s) : 0.0F) {}

float LoadMovement::step(float kg, Instant at) noexcept {
  const Duration passed = at - last_;
  last_ = at;
  if (!begun_ || (passed > load_silence && nominal_alpha_ > 0)) {
    begun_ = true;
    mean_ = kg;
    return 0;
  }
  const float a =
      nominal_alpha_ > 0 ? nominal_alpha_ : alpha(static_cast<float>(seconds(passed)), time_constant_s);
  mean_ += a * (kg - mean_);
  const float deviation = kg - mean_;
  return deviation * deviation;
}

float image_floor(std::span<const float> cells, std::span<float> scratch) noexcept {
  if (cells.empty()) return 0;
  std::copy(cells.begin(), cells.end(), scratch.begin());
  const auto tenth = scratch.begin() + static_cast<std::ptrdiff_t>(cells.size() / 10);
  std::nth_element(scratch.begin(), tenth, scratch.begin() + static_cast<std::ptrdiff_t>(cells.size()));
  return *tenth;
}

ImageMovement::ImageMovement(std::size_t cells, float rate_hz)
    : cells_(cells),
      mean_((cells + 15) / 16 * 16, 0.0F),
      nominal_alpha_(rate_hz > 0 ? alpha(1.0F / rate_hz, time_constant_s) : 0.0F) {}

ImageMovement::Result ImageMovement::step(std::span<const float> cells, Instant at) noexcept {
  const Duration passed = at - last_;
  last_ = at;
  const std::size_t n = cells.size();
  if (!begun_ || passed > image_silence) {
    begun_ = true;
    std::copy(cells.begin(), cells.end(), mean_.begin());
  }
  const float a = nominal_alpha_ > 0
                      ? nominal_alpha_
                      : alpha(static_cast<float>(std::clamp(seconds(passed), 0.0, 5.0)), time_constant_s);

  // Sixteen lanes of sums: floating-point addition is not reordered by the compiler, so the lanes are ours.
  constexpr std::size_t lanes = 16;
  std::array<float, lanes> sum{};
  std::array<float, lanes> moved{};
  std::array<float, lanes> slow{};
  const float* __restrict in = cells.data();
  float* __restrict mean = mean_.data();
  const std::size_t whole = n / lanes * lanes;
  for (std::size_t i = 0; i < whole; i += lanes) {
#pragma GCC ivdep
    for (std::size_t l = 0; l < lanes; ++l) {
      const float deviation = in[i + l] - mean[i + l];
      const float next = mean[i + l] + a * deviation + not_denormal;
      mean[i + l] = next;
      sum[l] += in[i + l];
      moved[l] += deviation * deviation;
      slow[l] += next * next;
    }
  }
  for (std::size_t i = whole; i < n; ++i) {
    const float deviation = in[i] - mean[i];
    mean[i] += a * deviation + not_denormal;
    sum[i - whole] += in[i];
    moved[i - whole] += deviation * deviation;
    slow[i - whole] += mean[i] * mean[i];
  }
  float total = 0;
  float energy = 0;
  float image = 0;
  for (std::size_t l = 0; l < lanes; ++l) {
    total += sum[l];
    energy += moved[l];
    image += slow[l];
  }
  Result result;
  result.level = n > 0 ? total / static_cast<float>(n) : 0.0F;
  result.relative = image > static_cast<float>(n) * empty ? std::sqrt(energy / image) : 0.0F;
  return result;
}

}  // namespace vigil::signal

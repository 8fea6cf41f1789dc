#include "signal/counts.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::signal {
namespace {

constexpr Duration silence = std::chrono::seconds(1);

float above_deadband(float y) noexcept {
  return std::max(std::min(std::abs(y), Counts::clip_g) - Counts::deadband_g, 0.0F);
}

}  // namespace

Counts::Counts(double rate_hz) noexcept
    : filter_(rate_hz, low_hz, high_hz),
      per_sample_(steps_per_g * reference_hz / static_cast<float>(rate_hz) / std::sqrt(3.0F)) {}

float Counts::step(const std::array<float, 3>& g, Instant at) noexcept {
  const BandPass3::Axes in{g[0], g[1], g[2], 0.0F};
  if (!begun_ || at - last_ > silence) {
    begun_ = true;
    filter_.settle(in);
  }
  last_ = at;
  const BandPass3::Axes y = filter_.step(in);
  const float x2 = above_deadband(y[0]);
  const float y2 = above_deadband(y[1]);
  const float z2 = above_deadband(y[2]);
  return std::sqrt(x2 * x2 + y2 * y2 + z2 * z2) * per_sample_;
}

}  // namespace vigil::signal

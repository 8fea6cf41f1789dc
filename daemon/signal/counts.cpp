#include "signal/counts.hpp"

#include <cmath>

namespace vigil::signal {
namespace {

constexpr Duration silence = std::chrono::seconds(1);

// What is above the deadband, at most the clip; of each axis, rectified.
Axes excess(Axes y) noexcept {
  const Axes rectified = y < 0 ? -y : y;
  const Axes clipped = rectified > Counts::clip_g ? Axes{} + Counts::clip_g : rectified;
  const Axes over = clipped - Counts::deadband_g;
  return over > 0 ? over : Axes{};
}

}  // namespace

Counts::Counts(double rate_hz) noexcept
    : filter_(rate_hz, low_hz, high_hz),
      per_sample_(steps_per_g * reference_hz / static_cast<float>(rate_hz) / std::sqrt(3.0F)) {}

float Counts::step(const std::array<float, 3>& g, Instant at) noexcept {
  const Axes in{g[0], g[1], g[2], 0.0F};
  if (!begun_ || at - last_ > silence) {
    begun_ = true;
    filter_.settle(in);
  }
  last_ = at;
  const Axes over = excess(filter_.step(in));
  const Axes squared = over * over;
  const float sum = squared[0] + squared[1] + squared[2];
  return sum > 0 ? std::sqrt(sum) * per_sample_ : 0.0F;
}

}  // namespace vigil::signal

#include "signal/band_pass.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::signal {

BandPass3::Section BandPass3::section(double rate_hz, double corner_hz) noexcept {
  const double g = std::tan(std::numbers::pi * std::min(corner_hz, 0.45 * rate_hz) / rate_hz);
  const double k = std::numbers::sqrt2;  // Butterworth
  const double a1 = 1 / (1 + g * (g + k));
  return {static_cast<float>(k), static_cast<float>(a1), static_cast<float>(g * a1),
          static_cast<float>(g * g * a1)};
}

BandPass3::BandPass3(double rate_hz, double low_hz, double high_hz) noexcept
    : high_(section(rate_hz, low_hz)), low_(section(rate_hz, high_hz)) {}

}  // namespace vigil::signal

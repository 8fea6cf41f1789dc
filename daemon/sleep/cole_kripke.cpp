#include "sleep/cole_kripke.hpp"

#include <algorithm>
#include <cstddef>

namespace vigil::sleep::cole_kripke {
namespace {

constexpr std::size_t minutes_before = 4;

// Double: D is compared with exactly 1, and ActiLife's minutes come within 1e-3 of it.
double weigh(const std::array<double, 7>& weight, const std::array<float, 7>& x, double scale,
             double cap) noexcept {
  double d = 0;
  for (std::size_t i = 0; i < weight.size(); ++i)
    d += weight[i] * std::min(double{x[i]} * scale, cap);
  return d;
}

}  // namespace

const Algorithm& algorithm() {
  static constexpr Algorithm it{"cole_kripke", "1"};
  return it;
}

double d(const std::array<float, 7>& axis1) noexcept {
  constexpr std::array<double, 7> weight{106, 54, 58, 76, 230, 74, 67};
  return .001 * weigh(weight, axis1, 1.0 / 100, 300);
}

double d_of_30s_maxima(const std::array<float, 7>& largest) noexcept {
  constexpr std::array<double, 7> weight{50, 30, 14, 28, 121, 8, 50};
  return .0001 * weigh(weight, largest, 1, 1e9);
}

double d_of_10s_maxima(const std::array<float, 7>& largest) noexcept {
  constexpr std::array<double, 7> weight{550, 378, 413, 699, 1736, 287, 309};
  return .00001 * weigh(weight, largest, 1, 1e9);
}

std::array<float, 7> around(std::span<const float> minutes, std::size_t minute) noexcept {
  std::array<float, 7> window{};
  for (std::size_t i = 0; i < 7; ++i)
    if (minute + i >= minutes_before && minute + i - minutes_before < minutes.size())
      window[i] = minutes[minute + i - minutes_before];
  return window;
}

void score(std::span<const float> axis1, std::span<EpochState> out) noexcept {
  for (std::size_t m = 0; m < axis1.size(); ++m)
    out[m] = asleep(around(axis1, m)) ? EpochState::sleep : EpochState::wake;
}

std::vector<float> largest(std::span<const float> epochs, std::size_t in_a_minute) {
  std::vector<float> out;
  for (std::size_t i = 0; i + in_a_minute <= epochs.size(); i += in_a_minute)
    out.push_back(*std::ranges::max_element(epochs.subspan(i, in_a_minute)));
  return out;
}

void score_30s(std::span<const float> counts, std::span<EpochState> out) {
  const auto minutes = largest(counts, 2);
  for (std::size_t m = 0; m < minutes.size(); ++m)
    out[m] = asleep_of_30s_maxima(around(minutes, m)) ? EpochState::sleep : EpochState::wake;
}

void score_10s(std::span<const float> counts, std::span<EpochState> out) {
  const auto minutes = largest(counts, 6);
  for (std::size_t m = 0; m < minutes.size(); ++m)
    out[m] = asleep_of_10s_maxima(around(minutes, m)) ? EpochState::sleep : EpochState::wake;
}

}  // namespace vigil::sleep::cole_kripke

#include "sleep/cole_kripke.hpp"

#include <algorithm>
#include <cstddef>

namespace vigil::sleep::cole_kripke {
namespace {

constexpr std::ptrdiff_t minutes_before = 4;

// Double: D is compared with exactly 1, and ActiLife's minutes come within 1e-3 of it.
double weigh(const std::array<double, 7>& weight, const std::array<float, 7>& x, double scale,
             double cap) noexcept {
  double d = 0;
  for (std::size_t i = 0; i < weight.size(); ++i)
    d += weight[i] * std::min(double{x[i]} * scale, cap);
  return d;
}

template <class At>
std::array<float, 7> around(std::ptrdiff_t minute, std::ptrdiff_t minutes, const At& at) {
  std::array<float, 7> window{};
  for (std::ptrdiff_t i = 0; i < 7; ++i) {
    const std::ptrdiff_t m = minute - minutes_before + i;
    if (m >= 0 && m < minutes) window[static_cast<std::size_t>(i)] = at(static_cast<std::size_t>(m));
  }
  return window;
}

}  // namespace

const Algorithm& algorithm() {
  static constexpr Algorithm it{"cole_kripke", "1"};
  return it;
}

bool asleep(const std::array<float, 7>& axis1) noexcept {
  constexpr std::array<double, 7> weight{106, 54, 58, 76, 230, 74, 67};
  return .001 * weigh(weight, axis1, 1.0 / 100, 300) < 1;
}

bool asleep_of_30s_maxima(const std::array<float, 7>& largest) noexcept {
  constexpr std::array<double, 7> weight{50, 30, 14, 28, 121, 8, 50};
  return .0001 * weigh(weight, largest, 1, 1e9) < 1;
}

bool asleep_of_10s_maxima(const std::array<float, 7>& largest) noexcept {
  constexpr std::array<double, 7> weight{550, 378, 413, 699, 1736, 287, 309};
  return .00001 * weigh(weight, largest, 1, 1e9) < 1;
}

void score(std::span<const float> axis1, std::span<EpochState> out) noexcept {
  const auto n = static_cast<std::ptrdiff_t>(axis1.size());
  for (std::ptrdiff_t m = 0; m < n; ++m)
    out[static_cast<std::size_t>(m)] =
        asleep(around(m, n, [&](std::size_t i) { return axis1[i]; })) ? EpochState::sleep : EpochState::wake;
}

void score_30s(std::span<const float> counts, std::span<EpochState> out) noexcept {
  const auto n = static_cast<std::ptrdiff_t>(counts.size() / 2);
  const auto largest = [&](std::size_t i) { return std::max(counts[2 * i], counts[2 * i + 1]); };
  for (std::ptrdiff_t m = 0; m < n; ++m)
    out[static_cast<std::size_t>(m)] =
        asleep_of_30s_maxima(around(m, n, largest)) ? EpochState::sleep : EpochState::wake;
}

void score_10s(std::span<const float> counts, std::span<EpochState> out) noexcept {
  const auto n = static_cast<std::ptrdiff_t>(counts.size() / 6);
  const auto largest = [&](std::size_t i) { return *std::ranges::max_element(counts.subspan(6 * i, 6)); };
  for (std::ptrdiff_t m = 0; m < n; ++m)
    out[static_cast<std::size_t>(m)] =
        asleep_of_10s_maxima(around(m, n, largest)) ? EpochState::sleep : EpochState::wake;
}

}  // namespace vigil::sleep::cole_kripke

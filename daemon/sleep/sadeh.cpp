#include "sleep/sadeh.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace vigil::sleep::sadeh {

const Algorithm& algorithm() {
  static constexpr Algorithm it{"sadeh", "1"};
  return it;
}

double ps(std::span<const float> axis1, std::size_t minute) noexcept {
  const auto n = static_cast<std::ptrdiff_t>(axis1.size());
  const auto x = [&](std::ptrdiff_t m) {
    return m < 0 || m >= n ? 0.0 : std::min(double{axis1[static_cast<std::size_t>(m)]}, 300.0);
  };
  const auto m = static_cast<std::ptrdiff_t>(minute);
  double mean = 0;
  int nat = 0;
  for (std::ptrdiff_t i = m - 5; i <= m + 5; ++i) {
    mean += x(i) / 11;
    nat += x(i) >= 50 && x(i) < 100;
  }
  double mean6 = 0;
  for (std::ptrdiff_t i = m - 5; i <= m; ++i)
    mean6 += x(i) / 6;
  double squares = 0;
  for (std::ptrdiff_t i = m - 5; i <= m; ++i)
    squares += (x(i) - mean6) * (x(i) - mean6);
  return 7.601 - .065 * mean - 1.08 * nat - .056 * std::sqrt(squares / 5) - .703 * std::log(x(m) + 1);
}

void score(std::span<const float> axis1, std::span<EpochState> out) noexcept {
  for (std::size_t m = 0; m < axis1.size(); ++m)
    out[m] = ps(axis1, m) > -4 ? EpochState::sleep : EpochState::wake;
}

}  // namespace vigil::sleep::sadeh

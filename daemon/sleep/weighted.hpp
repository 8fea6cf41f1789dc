#pragma once
#include <array>
#include <cstddef>
#include <span>

namespace vigil::sleep {

/// Weighted sum over the epochs `before` earlier to `Weights - 1 - before` later; beyond the record's ends,
/// and where a count is not known (NaN, negative), it is 0. In double: scorers hold sums against exact
/// limits.
template <std::size_t Weights>
double weighted(const std::array<double, Weights>& weight, std::span<const float> counts, std::size_t epoch,
                std::size_t before) noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < Weights; ++i) {
    if (epoch + i < before || epoch + i - before >= counts.size()) continue;
    const float x = counts[epoch + i - before];
    if (x > 0) sum += weight[i] * double{x};
  }
  return sum;
}

}  // namespace vigil::sleep

#include "sleep/sazonov.hpp"

#include <cmath>

namespace vigil::sleep {
namespace sazonov {

const Algorithm& algorithm() {
  static constexpr Algorithm it{"sazonov", "1"};
  return it;
}

float probability(const std::array<float, 5>& counts) noexcept {
  constexpr std::array<float, 5> weight{.256F, .154F, .136F, .140F, .176F};
  float z = 1.727F;
  for (std::size_t i = 0; i < weight.size(); ++i)
    z -= weight[i] * counts[i] / counts_per_unit;
  return 1 / (1 + std::exp(-z));
}

}  // namespace sazonov

}  // namespace vigil::sleep

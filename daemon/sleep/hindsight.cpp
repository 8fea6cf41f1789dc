#include "sleep/hindsight.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::sleep {

const Algorithm& Hindsight::algorithm() {
  static constexpr Algorithm it{"estimator_hindsight", "2"};
  return it;
}

float Hindsight::oldest() const noexcept {
  float odds = parameters_->ahead_intercept;
  for (std::size_t k = 0; k < looks_ahead.size(); ++k) {
    const auto index = first_ + std::min(looks_ahead[k], held_ - 1);
    odds += parameters_->ahead[k] * odds_[static_cast<std::size_t>((index % slots + slots) % slots)];
  }
  return 1 / (1 + std::exp(-odds));
}

}  // namespace vigil::sleep

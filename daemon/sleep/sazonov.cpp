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

EpochState LiveSazonov::step(std::optional<float> counts) noexcept {
  for (std::size_t i = last_.size() - 1; i > 0; --i)
    last_[i] = last_[i - 1];
  last_[0] = counts;
  if (!last_[0] || !last_[1]) return EpochState::unknown;
  std::array<float, 5> minute{};
  for (std::size_t i = 0; i < minute.size(); ++i) {
    const auto& a = last_[2 * i];
    const auto& b = last_[2 * i + 1];
    minute[i] = a && b ? *a + *b : minute[i - 1];
  }
  return sazonov::asleep(minute) ? EpochState::sleep : EpochState::wake;
}

}  // namespace vigil::sleep

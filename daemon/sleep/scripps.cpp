#include "sleep/scripps.hpp"

#include "sleep/weighted.hpp"

namespace vigil::sleep::scripps {
namespace {

constexpr std::size_t before = 10;
constexpr std::array<double, 13> weight{.0064, .0074, .0112, .0112, .0118, .0118, .0128,
                                        .0188, .0280, .0664, .0300, .0112, .0100};

}  // namespace

const Algorithm& algorithm() {
  static constexpr Algorithm it{"scripps", "1"};
  return it;
}

float d(std::span<const float> counts, std::size_t epoch) noexcept {
  return static_cast<float>(.204 * weighted(weight, counts, epoch, before));
}

void score(std::span<const float> counts, std::span<EpochState> out) noexcept {
  for (std::size_t i = 0; i < counts.size(); ++i)
    out[i] = !(counts[i] >= 0)                                  ? EpochState::unknown
             : .204 * weighted(weight, counts, i, before) < 1.0 ? EpochState::sleep
                                                                : EpochState::wake;
}

}  // namespace vigil::sleep::scripps

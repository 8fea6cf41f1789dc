#include "sleep/oakley.hpp"

#include "sleep/weighted.hpp"

namespace vigil::sleep::oakley {
namespace {

constexpr std::array<double, 5> minute{.04, .2, 1, .2, .04};
constexpr std::array<double, 9> half_minute{.04, .04, .2, .2, 2, .2, .2, .04, .04};

template <std::size_t N>
void score(const std::array<double, N>& weight, std::span<const float> counts, std::span<EpochState> out,
           Threshold threshold) noexcept {
  for (std::size_t i = 0; i < counts.size(); ++i)
    out[i] = !(counts[i] >= 0)                                                     ? EpochState::unknown
             : weighted(weight, counts, i, N / 2) > static_cast<double>(threshold) ? EpochState::wake
                                                                                   : EpochState::sleep;
}

}  // namespace

const Algorithm& algorithm() {
  static constexpr Algorithm it{"oakley", "1"};
  return it;
}

float total_60s(std::span<const float> counts, std::size_t epoch) noexcept {
  return static_cast<float>(weighted(minute, counts, epoch, minute.size() / 2));
}
float total_30s(std::span<const float> counts, std::size_t epoch) noexcept {
  return static_cast<float>(weighted(half_minute, counts, epoch, half_minute.size() / 2));
}

void score_60s(std::span<const float> counts, std::span<EpochState> out, Threshold threshold) noexcept {
  score(minute, counts, out, threshold);
}
void score_30s(std::span<const float> counts, std::span<EpochState> out, Threshold threshold) noexcept {
  score(half_minute, counts, out, threshold);
}

}  // namespace vigil::sleep::oakley

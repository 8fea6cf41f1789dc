#pragma once
#include <array>
#include <optional>

#include "core/event.hpp"
#include "core/reading.hpp"

namespace vigil::sleep {

/// Sazonov et al. 2004 (Physiol Meas 25:1291): logistic, causal, so it may decide live.
/// P(sleep) = 1 / (1 + exp(-(1.727 - .256 w0 - .154 w1 - .136 w2 - .140 w3 - .176 w4))), sleep if P >= .5;
/// w0 the current minute, w1..w4 the four before it.
/// Scaling used: w = ActiGraph axis-1 counts a minute / 100. On the ActiLife day, in the night that both
/// Cole-Kripke and Sadeh give 442 sleep minutes of 455, this gives 444; the counts as they are would give
/// 369.
namespace sazonov {

const Algorithm& algorithm();
inline constexpr float counts_per_unit = 100;

/// `counts` a minute: [0] the current one, [4] the one four minutes before.
float probability(const std::array<float, 5>& counts) noexcept;
inline bool asleep(const std::array<float, 5>& counts) noexcept { return probability(counts) >= 0.5F; }

}  // namespace sazonov

}  // namespace vigil::sleep

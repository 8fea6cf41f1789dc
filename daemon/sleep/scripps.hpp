#pragma once
#include <span>

#include "core/event.hpp"
#include "core/reading.hpp"

/// Kripke, Hahn, Grizas et al. 2010 (J Sleep Res 19:612), "Scripps Clinic": D = .204 times the weighted
/// counts of epochs -10..+2, sleep below 1. Decided two epochs late. The weights are for the paper's 30-s
/// epochs and its device's counts; on other epochs it is another method. (A copy with .100 for the last
/// weight, .0100, exists and is wrong.)
namespace vigil::sleep::scripps {

const Algorithm& algorithm();

/// D of one epoch; epochs beyond the record's ends are 0.
float d(std::span<const float> counts, std::size_t epoch) noexcept;
/// A whole record at once; an epoch whose count is NaN or negative is unknown. `out` as long as `counts`.
void score(std::span<const float> counts, std::span<EpochState> out) noexcept;

}  // namespace vigil::sleep::scripps

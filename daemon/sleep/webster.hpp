#pragma once
#include <span>

#include "core/reading.hpp"

/// Webster, Kripke, Messin, Mullaney, Wyborney 1982 (Sleep 5:389): rescoring of 1-min epochs, sleep to wake
/// only. a-c: after at least 4 / 10 / 15 min of wake the next 1 / 3 / 4 min of sleep are wake; d, e: at most
/// 6 / 10 min of sleep between at least 10 / 20 min of wake on both sides are wake. The rules are applied in
/// this order, each to what the ones before left; a-c look at the wake as first scored. An unknown minute is
/// neither: it ends a run of either kind, and is never changed.
namespace vigil::sleep::webster {

void rescore(std::span<EpochState> minutes) noexcept;

}  // namespace vigil::sleep::webster

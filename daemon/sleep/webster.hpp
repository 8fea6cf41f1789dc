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

/// A minute's rescoring cannot change any more once this many minutes after it are scored: the longest sleep
/// that d or e may take away and the wake that must be seen behind it (19 min, 6 of sleep that d takes, 10 of
/// wake).
inline constexpr int longest_wait = 50;
/// Sleep that has lasted longer than this after a-c cannot be taken away.
inline constexpr int safe_sleep = 10;

}  // namespace vigil::sleep::webster

#pragma once
#include <optional>

#include "core/instant.hpp"

namespace vigil {

/// A night's figures, by the definitions of the AASM-style diary terms (TIB, SOL, WASO, NWAK, TST, SE).
/// Minutes are of scored 30-s epochs; an epoch that is unknown is neither sleep nor wake.
/// An empty optional means that it cannot be said (no sleep onset, nothing covered).
struct NightFigures {
  double tib_min = 0;                ///< time in bed as an episode: first bed entry to last bed exit
  std::optional<double> sol_min;     ///< lights out (or bed entry) to the first sleep epoch of a 10-min run
  std::optional<double> waso_min;    ///< wake between onset and final awakening, out of bed included
  std::optional<double> tst_min;     ///< sum of the epochs scored sleep
  std::optional<double> se_percent;  ///< 100 TST / TIB
  std::optional<double> se_low_percent;   ///< bound if every unknown epoch was wake
  std::optional<double> se_high_percent;  ///< bound if every unknown epoch was sleep
  int nwak_1min = 0;                      ///< awakenings of >= 1 min but the final one
  int nwak_5min = 0;                      ///< awakenings of >= 5 min but the final one
  int exits = 0;                          ///< bed exits but the final one
  int position_changes = 0;
  int restless_episodes = 0;
  double unknown_min = 0;
  double coverage_percent = 0;  ///< 100 * known epochs / epochs in bed
};

}  // namespace vigil

#pragma once
#include <optional>
#include <type_traits>

#include "core/instant.hpp"

namespace vigil {

/// What the live scores of a night alone came to, before hindsight looked at them again.
struct LiveFigures {
  std::optional<double> sol_min, waso_min, tst_min, se_percent;
  int nwak_1min = 0;
  int nwak_5min = 0;
  double changed_min = 0;  ///< epochs that hindsight scored otherwise

  bool operator==(const LiveFigures&) const = default;
};

/// A night's figures, by the definitions of the AASM-style diary terms (TIB, SOL, WASO, NWAK, TST, SE).
/// Minutes are of scored 30-s epochs; an epoch that is unknown is neither sleep nor wake.
/// An empty optional means that it cannot be said (no sleep onset, nothing covered), or that an older program
/// closed the night. `low` and `high`: the range that unknown and unsure epochs allow (sleep/figures.hpp).
struct NightFigures {
  double tib_min = 0;                ///< time in bed as an episode: first bed entry to last bed exit
  std::optional<double> sol_min;     ///< lights out (or bed entry) to the first sleep epoch of a 10-min run
  std::optional<double> waso_min;    ///< wake between onset and final awakening, out of bed included
  std::optional<double> tst_min;     ///< sum of the epochs scored sleep
  std::optional<double> se_percent;  ///< 100 TST / TIB
  std::optional<double> sol_low_min, sol_high_min;
  std::optional<double> waso_low_min, waso_high_min;
  std::optional<double> tst_low_min, tst_high_min;
  std::optional<double> se_low_percent, se_high_percent;
  std::optional<double> spt_min;                 ///< onset to final awakening: sleep, WASO and unknown within
  std::optional<double> maintenance_percent;     ///< 100 sleep / SPT; IEEE 1752.1's efficiency, never SE
  std::optional<double> twak_min;                ///< final awakening to rising
  std::optional<double> twt_min;                 ///< SOL + WASO + TWAK
  std::optional<double> movement_index_percent;  ///< moving time / time in bed
  std::optional<double> fragmentation_percent;   ///< sleep bouts of <= 1 min / all sleep bouts
  int nwak_1min = 0;                             ///< awakenings of >= 1 min but the final one
  int nwak_5min = 0;                             ///< awakenings of >= 5 min but the final one
  int exits = 0;                                 ///< bed exits but the final one
  int position_changes = 0;
  int restless_episodes = 0;
  double unknown_min = 0;
  std::optional<double> longest_gap_min;  ///< longest run of unknown epochs
  double coverage_percent = 0;            ///< 100 * known epochs / epochs in bed
  bool nap = false;  ///< closed with TIB < nap_below_min: its length tells, not the clock
  std::optional<LiveFigures> live;

  static constexpr double nap_below_min = 180;

  bool operator==(const NightFigures&) const = default;

  /// Each figure with its name in the log, in JSON and in the definitions; `live` lies flat among them.
  static void fields(auto& self, auto&& field) {
    constexpr bool reads = !std::is_const_v<std::remove_reference_t<decltype(self)>>;
    field("tib_min", self.tib_min), field("sol_min", self.sol_min), field("waso_min", self.waso_min);
    field("tst_min", self.tst_min), field("se_percent", self.se_percent);
    field("sol_low_min", self.sol_low_min), field("sol_high_min", self.sol_high_min);
    field("waso_low_min", self.waso_low_min), field("waso_high_min", self.waso_high_min);
    field("tst_low_min", self.tst_low_min), field("tst_high_min", self.tst_high_min);
    field("se_low_percent", self.se_low_percent), field("se_high_percent", self.se_high_percent);
    field("spt_min", self.spt_min), field("maintenance_percent", self.maintenance_percent);
    field("twak_min", self.twak_min), field("twt_min", self.twt_min);
    field("movement_index_percent", self.movement_index_percent);
    field("fragmentation_percent", self.fragmentation_percent);
    field("nwak_1min", self.nwak_1min), field("nwak_5min", self.nwak_5min), field("exits", self.exits);
    field("position_changes", self.position_changes), field("restless_episodes", self.restless_episodes);
    field("unknown_min", self.unknown_min), field("longest_gap_min", self.longest_gap_min);
    field("coverage_percent", self.coverage_percent);
    if constexpr (reads) self.nap = self.tib_min < nap_below_min;  // not in what an older program wrote
    field("nap", self.nap);

    FlatLive live(self.live);
    field("live_sol_min", live.sol_min), field("live_waso_min", live.waso_min);
    field("live_tst_min", live.tst_min), field("live_se_percent", live.se_percent);
    field("live_nwak_1min", live.nwak_1min), field("live_nwak_5min", live.nwak_5min);
    field("changed_min", live.changed_min);
    if constexpr (reads) self.live = live.together();
  }

 private:
  struct FlatLive {
    std::optional<double> sol_min, waso_min, tst_min, se_percent, changed_min;
    std::optional<int> nwak_1min, nwak_5min;

    explicit FlatLive(const std::optional<LiveFigures>& l) {
      if (!l) return;
      sol_min = l->sol_min, waso_min = l->waso_min, tst_min = l->tst_min, se_percent = l->se_percent;
      nwak_1min = l->nwak_1min, nwak_5min = l->nwak_5min, changed_min = l->changed_min;
    }
    [[nodiscard]] std::optional<LiveFigures> together() const {
      if (!sol_min && !waso_min && !tst_min && !se_percent && !changed_min && !nwak_1min && !nwak_5min)
        return std::nullopt;
      return LiveFigures{sol_min,
                         waso_min,
                         tst_min,
                         se_percent,
                         nwak_1min.value_or(0),
                         nwak_5min.value_or(0),
                         changed_min.value_or(0)};
    }
  };
};

}  // namespace vigil

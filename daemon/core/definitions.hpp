#pragma once
#include <array>
#include <string_view>

namespace vigil {

/// What a figure of a night is, for people: shown beside the number and printed under a report.
struct Definition {
  std::string_view key;         ///< as NightFigures::fields names it
  std::string_view title;       ///< in plain words; the field's own term in brackets where it has one
  std::string_view unit;        ///< "min", "%", "" (a count, yes or no)
  std::string_view definition;  ///< one sentence
};

inline constexpr std::array<Definition, 35> figure_definitions{{
    {"tib_min", "Time in bed (TIB)", "min",
     "From the first getting into bed to the last getting out of it; trips in between count as well."},
    {"sol_min", "Time to fall asleep (SOL)", "min",
     "From lights out, or from getting into bed when nobody said lights out, to the first sleep that lasts "
     "10 "
     "min without a break."},
    {"waso_min", "Awake after falling asleep (WASO)", "min",
     "All wake between falling asleep and the final awakening, time out of bed included; what is unknown is "
     "left out."},
    {"tst_min", "Time asleep (TST)", "min",
     "The sum of all 30-s epochs scored as sleep; what is unknown is never sleep."},
    {"se_percent", "Sleep efficiency (SE)", "%", "Time asleep as a share of the time in bed."},
    {"sol_low_min", "Time to fall asleep, at least", "min",
     "Taken with every epoch that is unknown or unsure as sleep."},
    {"sol_high_min", "Time to fall asleep, at most", "min",
     "Taken with every epoch that is unknown or unsure as wake; not given when no 10 min of sleep remain."},
    {"waso_low_min", "Awake after falling asleep, at least", "min",
     "What it would be if every epoch were likelier sleep than believed, its odds 3.5 times as high."},
    {"waso_high_min", "Awake after falling asleep, at most", "min",
     "What it would be if every epoch were less likely sleep than believed, its odds 3.5 times as low, and "
     "what is unknown were wake."},
    {"tst_low_min", "Time asleep, at least", "min",
     "What it would be if every epoch were less likely sleep than believed, its odds 3.5 times as low, and "
     "what is unknown were wake."},
    {"tst_high_min", "Time asleep, at most", "min",
     "What it would be if every epoch were likelier sleep than believed, its odds 3.5 times as high, and "
     "what is unknown were sleep."},
    {"se_low_percent", "Sleep efficiency, at least", "%", "From the least time asleep."},
    {"se_high_percent", "Sleep efficiency, at most", "%", "From the most time asleep."},
    {"spt_min", "Sleep period (SPT)", "min",
     "From falling asleep to the final awakening: the sleep, the wake and what is unknown in between."},
    {"maintenance_percent", "Sleep maintenance", "%",
     "The share of the sleep period spent asleep; it leaves out the time to fall asleep and is not the sleep "
     "efficiency."},
    {"twak_min", "Awake before getting up (TWAK)", "min",
     "From the final awakening, the end of the last sleep, to getting out of bed."},
    {"twt_min", "Awake in all (TWT)", "min",
     "Time to fall asleep, awake after falling asleep and awake before getting up, added up."},
    {"movement_index_percent", "Movement index", "%",
     "The seconds with movement as a share of the time in bed, as the bed's sensor shows it, or the wrist's "
     "where the bed has none; time of which movement is not known is left out."},
    {"fragmentation_percent", "Fragmentation index", "%",
     "How many of the stretches of sleep between two wakes lasted 1 min at most, as a share of them all."},
    {"nwak_1min", "Awakenings of 1 min or more (NWAK)", "",
     "Stretches of wake of at least 1 min after falling asleep that end in sleep again; the final awakening "
     "is none of them."},
    {"nwak_5min", "Awakenings of 5 min or more (NWAK)", "",
     "Stretches of wake of at least 5 min after falling asleep that end in sleep again; the final awakening "
     "is none of them."},
    {"exits", "Times out of bed", "",
     "How often the bed was left and come back to; the final getting up is not counted."},
    {"position_changes", "Changes of position", "",
     "How often the sensors showed another position at rest after a movement."},
    {"restless_episodes", "Restless episodes", "",
     "Stretches in which movement filled at least a tenth of 5 min, until it fell under 3 %."},
    {"unknown_min", "Unknown", "min",
     "Epochs of the time in bed of which neither sleep nor wake can be said, because a sensor was silent or "
     "could not tell."},
    {"longest_gap_min", "Longest gap", "min", "The longest stretch of which nothing could be said."},
    {"coverage_percent", "Covered", "%", "The share of the epochs in bed that could be scored at all."},
    {"nap", "Nap", "", "Whether the time in bed was under 3 h, at whatever time of day."},
    {"live_sol_min", "Time to fall asleep, as seen live", "min",
     "By the scores given at the moment, before hindsight looked at them again."},
    {"live_waso_min", "Awake after falling asleep, as seen live", "min",
     "By the scores given at the moment, before hindsight looked at them again."},
    {"live_tst_min", "Time asleep, as seen live", "min",
     "By the scores given at the moment, before hindsight looked at them again."},
    {"live_se_percent", "Sleep efficiency, as seen live", "%",
     "By the scores given at the moment, before hindsight looked at them again."},
    {"live_nwak_1min", "Awakenings of 1 min or more, as seen live", "",
     "By the scores given at the moment, before hindsight looked at them again."},
    {"live_nwak_5min", "Awakenings of 5 min or more, as seen live", "",
     "By the scores given at the moment, before hindsight looked at them again."},
    {"changed_min", "Changed in hindsight", "min",
     "Epochs whose final score differs from the one given at the moment."},
}};

/// Beside every figure that is made from sensors.
inline constexpr std::string_view figures_caution =
    "Sensors of movement take lying awake and still for sleep: people in pain are awake for longer than "
    "these "
    "figures say. Out of bed, a button press and a check-in are certain wake.";

}  // namespace vigil

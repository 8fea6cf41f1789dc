#include "sleep/figures.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace vigil::sleep {
namespace {

constexpr std::size_t onset_epochs = 20;  // 10 min
constexpr std::size_t waking_1min = 2;
constexpr std::size_t waking_5min = 10;
constexpr std::size_t bout_1min = 2;
constexpr double epoch_min = 0.5;
constexpr double epoch_s = 30;

double minutes(Duration d) { return seconds(d) / 60; }
double minutes(std::size_t epochs) { return static_cast<double>(epochs) * epoch_min; }

struct Span {
  std::size_t begin = 0, end = 0;
};

Span within(const NightRecord& night) {
  const auto middle = [&](std::size_t i) {
    return night.first_epoch + epoch_length * static_cast<std::int64_t>(i) + epoch_length / 2;
  };
  Span s{0, night.epochs.size()};
  while (s.begin < s.end && middle(s.begin) < night.into_bed)
    ++s.begin;
  while (s.end > s.begin && middle(s.end - 1) >= night.out_of_bed)
    --s.end;
  return s;
}

/// What one way of scoring the night comes to.
struct Taken {
  std::size_t sleep = 0, wake = 0, unknown = 0, longest_gap = 0;
  std::optional<double> sol_min, waso_min, tst_min, se_percent, spt_min, maintenance_percent, twak_min;
  std::optional<double> fragmentation_percent;
  int nwak_1min = 0, nwak_5min = 0;
  Span sleep_period;  ///< of epochs; empty without an onset
};

/// `state(i)` of the epochs s.begin <= i < s.end.
template <class State>
Taken take(const NightRecord& night, Span s, double tib_min, State state) {
  Taken t;
  std::optional<std::size_t> onset;
  std::size_t last = s.begin;  // past the last sleep epoch
  std::size_t run = 0;
  std::size_t gap = 0;
  for (std::size_t i = s.begin; i < s.end; ++i) {
    const EpochState e = state(i);
    run = e == EpochState::sleep ? run + 1 : 0;
    gap = e == EpochState::unknown ? gap + 1 : 0;
    t.longest_gap = std::max(t.longest_gap, gap);
    t.wake += e == EpochState::wake;
    t.unknown += e == EpochState::unknown;
    if (e != EpochState::sleep) continue;
    ++t.sleep;
    last = i + 1;
    if (run == onset_epochs && !onset) onset = i + 1 - onset_epochs;
  }
  // Time in bed in which no epoch ended yet is not unknown sleep.
  if (t.sleep + t.wake > 0) {
    t.tst_min = minutes(t.sleep);
    if (tib_min > 0) t.se_percent = std::min(100 * *t.tst_min / tib_min, 100.0);
  }
  if (!onset) return t;

  const auto begins = [&](std::size_t i) {
    return night.first_epoch + epoch_length * static_cast<std::int64_t>(i);
  };
  const Instant asleep = begins(*onset);
  Instant tried = night.into_bed;
  if (night.lights_out && *night.lights_out > tried && *night.lights_out <= asleep) tried = *night.lights_out;
  if (night.beginning_known || night.lights_out) t.sol_min = std::max(minutes(asleep - tried), 0.0);
  t.twak_min = std::max(minutes(night.out_of_bed - begins(last)), 0.0);
  t.spt_min = minutes(last - *onset);
  t.sleep_period = {*onset, last};

  std::size_t waking = 0;
  std::size_t waso = 0;
  std::size_t sleep = 0;
  std::size_t bout = 0;  // epochs since it began, unknown ones included
  int bouts = 0;
  int short_bouts = 0;
  for (std::size_t i = *onset; i < last; ++i) {
    const EpochState e = state(i);
    if (e == EpochState::wake) {
      ++waking, ++waso;
      short_bouts += bout > 0 && bout <= bout_1min;
      bout = 0;
    } else if (e == EpochState::sleep) {
      t.nwak_1min += waking >= waking_1min;
      t.nwak_5min += waking >= waking_5min;
      waking = 0;
      ++sleep;
      bouts += bout == 0;
      ++bout;
    } else if (bout > 0) {
      ++bout;
    }
  }
  short_bouts += bout > 0 && bout <= bout_1min;
  t.waso_min = minutes(waso);
  t.maintenance_percent = 100 * minutes(sleep) / *t.spt_min;
  t.fragmentation_percent = 100.0 * short_bouts / bouts;
  return t;
}

/// Of the latency as scored, against sleep and for it.
void latency_range(const std::array<std::optional<double>, 3>& all, NightFigures& f) {
  bool whole = true;
  for (const auto& v : all) {
    whole = whole && v;
    if (!v) continue;
    f.sol_low_min = std::min(f.sol_low_min.value_or(*v), *v);
    f.sol_high_min = std::max(f.sol_high_min.value_or(*v), *v);
  }
  if (!whole) f.sol_high_min.reset();
}

/// How much of `s` was slept, in epochs, at least and at most: what is unknown is in neither.
struct Slept {
  double least = 0, most = 0;
  std::size_t known = 0;
};
Slept slept(const NightRecord& night, std::size_t begin, std::size_t end) {
  const bool has_p = night.p_asleep.size() == night.epochs.size();
  Slept all;
  for (std::size_t i = begin; i < end; ++i) {
    const EpochState e = night.epochs[i];
    if (e == EpochState::unknown) continue;
    double p = e == EpochState::sleep ? 1 : 0;
    if (has_p && night.p_asleep[i] >= 0) p = std::min(double{night.p_asleep[i]}, 1.0);
    ++all.known;
    all.least += p / (p + (1 - p) * odds_doubted);
    all.most += p * odds_doubted / (p * odds_doubted + 1 - p);
  }
  return all;
}

std::optional<double> movement_index(const NightRecord& night, Span s) {
  if (night.moving.size() != night.epochs.size()) return {};
  std::size_t known = 0;
  double moving_s = 0;
  for (std::size_t i = s.begin; i < s.end; ++i) {
    if (night.moving[i] == moving_unknown) continue;
    ++known;
    moving_s += night.moving[i];
  }
  if (known == 0) return {};
  return 100 * moving_s / (static_cast<double>(known) * epoch_s);
}

}  // namespace

NightFigures figures(const NightRecord& night) noexcept {
  NightFigures f;
  f.exits = night.exits;
  f.position_changes = night.position_changes;
  f.restless_episodes = night.restless_episodes;
  f.tib_min = std::max(minutes(night.out_of_bed - night.into_bed), 0.0);
  f.nap = f.tib_min < NightFigures::nap_below_min;

  const Span s = within(night);
  const bool has_p = night.p_asleep.size() == night.epochs.size();
  const auto scored = [&](std::size_t i) { return night.epochs[i]; };
  const auto p = [&](std::size_t i) { return has_p ? night.p_asleep[i] : p_not_stated; };
  const auto against = [&](std::size_t i) {
    const EpochState e = scored(i);
    return e == EpochState::unknown || (p(i) >= 0 && p(i) < sure) ? EpochState::wake : e;
  };
  const auto in_favour = [&](std::size_t i) {
    const EpochState e = scored(i);
    return e == EpochState::unknown || p(i) + sure > 1 ? EpochState::sleep : e;
  };
  const Taken t = take(night, s, f.tib_min, scored);
  f.sol_min = t.sol_min, f.waso_min = t.waso_min, f.tst_min = t.tst_min, f.se_percent = t.se_percent;
  f.spt_min = t.spt_min, f.maintenance_percent = t.maintenance_percent, f.twak_min = t.twak_min;
  if (t.sol_min) f.twt_min = *t.sol_min + *t.waso_min + *t.twak_min;
  f.nwak_1min = t.nwak_1min, f.nwak_5min = t.nwak_5min;
  f.fragmentation_percent = t.fragmentation_percent;
  f.movement_index_percent = movement_index(night, s);
  f.unknown_min = minutes(t.unknown);
  f.longest_gap_min = minutes(t.longest_gap);
  if (s.end > s.begin)
    f.coverage_percent = 100.0 * static_cast<double>(t.sleep + t.wake) / static_cast<double>(s.end - s.begin);

  latency_range(
      {t.sol_min, take(night, s, f.tib_min, against).sol_min, take(night, s, f.tib_min, in_favour).sol_min},
      f);
  if (s.end > s.begin) {
    const Slept all = slept(night, s.begin, s.end);
    const double scored_min = t.tst_min.value_or(0);
    f.tst_low_min = std::min(scored_min, epoch_min * all.least);
    f.tst_high_min = std::max(scored_min, epoch_min * all.most) + f.unknown_min;
    if (f.tib_min > 0) {
      f.se_low_percent = std::min(100 * *f.tst_low_min / f.tib_min, 100.0);
      f.se_high_percent = std::min(100 * *f.tst_high_min / f.tib_min, 100.0);
    }
  }
  if (t.waso_min) {
    const auto [begin, end] = t.sleep_period;
    const Slept within_it = slept(night, begin, end);
    const auto known = static_cast<double>(within_it.known);
    f.waso_low_min = std::min(*t.waso_min, epoch_min * (known - within_it.most));
    // Had a gap after the last sleep been slept, the wake before it were WASO.
    const Taken gaps_slept = take(night, s, f.tib_min, [&](std::size_t i) {
      return scored(i) == EpochState::unknown ? EpochState::sleep : scored(i);
    });
    const auto unknown = static_cast<double>(end - begin) - known;
    f.waso_high_min =
        std::max(gaps_slept.waso_min.value_or(0),
                 std::max(*t.waso_min, epoch_min * (known - within_it.least)) + epoch_min * unknown);
  }

  if (night.live.size() == night.epochs.size() && !night.epochs.empty()) {
    const Taken l = take(night, s, f.tib_min, [&](std::size_t i) { return night.live[i]; });
    std::size_t changed = 0;
    for (std::size_t i = s.begin; i < s.end; ++i)
      changed += night.live[i] != night.epochs[i];
    f.live = LiveFigures{l.sol_min,   l.waso_min,  l.tst_min,       l.se_percent,
                         l.nwak_1min, l.nwak_5min, minutes(changed)};
  }
  return f;
}

}  // namespace vigil::sleep

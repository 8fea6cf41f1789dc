#include <algorithm>
#include <cmath>

#include "bed/inside.hpp"
#include "signal/grid.hpp"

namespace vigil::bed {
namespace {

using signal::Moved;
using Phase = sleep::Awakenings::Phase;

constexpr int whole = 30;
constexpr int enough = 24;  // seconds of 30 without which an epoch's counts or movement are unknown
constexpr int most = 15;

const Algorithm& entry_algorithm() {
  static constexpr Algorithm it{"entry", "1"};
  return it;
}

}  // namespace

void Bed::Inside::gather_epoch(const Second& s) {
  Gathering& g = gathering;
  if (in_bed) ++(*in_bed ? g.in_bed : g.out_of_bed);
  if (s.bed_moved != Moved::unknown) ++g.moved_known;
  g.moving += s.bed_moved == Moved::moving;
  if (s.counts) {
    ++g.counted;
    g.counts += *s.counts;
  }
  if (s.load_kg) {
    ++g.loads;
    g.load += s.load_kg->value;
  }
  if (s.movement_kg) {
    ++g.movements;
    g.movement_energy += s.movement_kg->value * s.movement_kg->value;
  }
}

// One score for the epoch that just ended, by the first of these that can tell: out of bed for most of it, an
// entry, the wrist, the bed's movement. Otherwise it is unknown.
void Bed::Inside::score_epoch(const Second& s, std::int64_t index, Output& out) {
  const Gathering& g = gathering;
  epoch_counts.reset();
  if (g.counted >= enough)
    epoch_counts = g.counts * static_cast<float>(whole) / static_cast<float>(g.counted);
  if (epoch_counts) last_counts = Measure{*epoch_counts, s.now};
  const bool out_of_bed = g.out_of_bed >= most;
  const EpochState by_wrist = sazonov.step(epoch_counts);
  const Instant from = signal::cell_start(index, epoch_length);
  const auto phase = awakenings.phase();
  const bool asleep = phase == Phase::asleep || phase == Phase::suspected;

  const Algorithm* scorer = nullptr;
  epoch_score = EpochState::unknown;
  if (out_of_bed) {
    epoch_score = EpochState::wake;
    scorer = &signal::Presence::algorithm();
  } else if (g.entry) {
    epoch_score = EpochState::wake;
    scorer = &entry_algorithm();
  } else if (by_wrist != EpochState::unknown) {
    epoch_score = by_wrist;
    scorer = &sleep::sazonov::algorithm();
  } else if (g.moved_known >= enough && g.in_bed >= most && decided) {
    epoch_score = sleep::LoadMovementRule::score(asleep, g.moving);
    scorer = &sleep::LoadMovementRule::algorithm();
  }
  epoch_scorer = scorer ? scorer_name(*scorer) : Name{};
  trail.write_live(index, epoch_score, {}, g.moved_known >= enough ? std::optional(g.moving) : std::nullopt);

  const auto say_hindsight = [&](std::int64_t i, EpochState state) {
    rescore(i, state, sleep::Hindsight::algorithm(), out);
  };
  hindsight.step(index, epoch_counts, out_of_bed, say_hindsight);

  if (out_of_bed || by_wrist == EpochState::unknown) return;
  if (!s.counts_by_second && s.bed_moved == Moved::unknown) {
    say_awakening(s.now, awakenings.epoch(s.now, by_wrist), out);
    if (by_wrist == EpochState::wake && phase == Phase::none) decided = true;
  }
  sleep_run.step(std::max(from, awake_evidence.value_or(from)), by_wrist);
  if (!wrist_scores) return;
  if (const auto since = sleep_run.asleep_since()) fall_asleep(s.now, *since, false, out);
}

void Bed::Inside::say_epoch(std::int64_t index, Output& out) {
  if (feeds.empty() && !night.is_open()) {
    last_epoch = index;
    gathering = {};
    return;
  }
  Gathering& g = gathering;
  Epoch epoch;
  epoch.bed = bed;
  epoch.from = signal::cell_start(index, epoch_length);
  epoch.score = epoch_score;
  epoch.scorer = epoch_scorer;
  // Seconds that were never seen (the daemon began within the epoch, or they were skipped) are unknown.
  int seen = 0;
  for (const int n : g.states)
    seen += n;
  g.states[static_cast<std::size_t>(BedState::unknown)] += std::max(whole - seen, 0);
  const auto longest = std::max_element(g.states.begin(), g.states.end());
  epoch.state = static_cast<BedState>(longest - g.states.begin());
  epoch.counts = epoch_counts;
  if (g.loads >= most) epoch.load_kg = g.load / static_cast<float>(g.loads);
  if (g.movements >= most) epoch.movement_kg = std::sqrt(g.movement_energy / static_cast<float>(g.movements));
  out.epochs.push_back(epoch);
  last_epoch = index;
  gathering = {};
}

void Bed::Inside::rescore(std::int64_t index, EpochState score, const Algorithm& scorer, Output& out) {
  trail.write(index, score);
  out.rescores.push_back({bed, signal::cell_start(index, epoch_length), score, scorer_name(scorer), {}});
}

// Hindsight of the rule for the bed alone: the stillness that turned out to be sleep, the movement that
// turned out to be an awakening. Only epochs that were known are changed.
void Bed::Inside::rescore_span(Instant from, Instant to, EpochState score, const Algorithm& scorer,
                               Output& out) {
  const std::int64_t end = signal::cell(to, epoch_length);
  for (std::int64_t i = signal::cell(from + epoch_length / 2, epoch_length); i < end; ++i) {
    const EpochState was = trail.at(i);
    if (was != score && (was != EpochState::unknown || score == EpochState::sleep))
      rescore(i, score, scorer, out);
  }
}

// Epochs between the last that was said and this moment, of which nothing is known: a restart within a night.
void Bed::Inside::skip_epochs(Instant to, Output& out) {
  const std::int64_t end = signal::cell(to, epoch_length);
  const auto say_hindsight = [&](std::int64_t i, EpochState state) {
    rescore(i, state, sleep::Hindsight::algorithm(), out);
  };
  for (std::int64_t i = *last_epoch + 1; i < end; ++i) {
    Epoch epoch;
    epoch.bed = bed;
    epoch.from = signal::cell_start(i, epoch_length);
    out.epochs.push_back(epoch);
    trail.write_live(i, EpochState::unknown);
    sazonov.step({});
    hindsight.step(i, {}, false, say_hindsight);
    last_epoch = i;
  }
}

}  // namespace vigil::bed

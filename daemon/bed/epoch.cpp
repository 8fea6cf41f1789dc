#include <algorithm>
#include <cmath>

#include "bed/inside.hpp"
#include "signal/grid.hpp"

namespace vigil::bed {
namespace {

using signal::Moved;

constexpr int whole = 30;
constexpr int enough = 24;  // seconds of 30 without which an epoch's counts or movement are unknown
constexpr int most = 15;

const Algorithm& entry_algorithm() {
  static constexpr Algorithm it{"entry", "1"};
  return it;
}

EpochState scored(bool asleep) { return asleep ? EpochState::sleep : EpochState::wake; }

}  // namespace

void Bed::Inside::gather_epoch(const Second& s) {
  Gathering& g = gathering;
  if (in_bed && !*in_bed) ++g.out_of_bed;
  const Moved moved = has_bed_sensor || s.bed_moved != Moved::unknown ? s.bed_moved : s.wrist_moved;
  if (moved != Moved::unknown) ++g.moved_known;
  g.moving += moved == Moved::moving;
  if (decided && last_heard == s.now) {
    ++g.believed;
    g.p_asleep += estimator.p_asleep();
    g.log_odds += estimator.log_odds();
  }
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
// entry, the belief. Otherwise it is unknown.
void Bed::Inside::score_epoch(const Second& s, std::int64_t index, Output& out) {
  const Gathering& g = gathering;
  epoch_counts.reset();
  if (g.counted >= enough)
    epoch_counts = g.counts * static_cast<float>(whole) / static_cast<float>(g.counted);
  if (epoch_counts) last_counts = Measure{*epoch_counts, s.now};
  epoch_p.reset();
  if (g.believed >= enough) epoch_p = g.p_asleep / static_cast<float>(g.believed);

  const Algorithm* scorer = nullptr;
  epoch_score = EpochState::unknown;
  if (g.out_of_bed >= most) {
    epoch_score = EpochState::wake;
    scorer = &signal::Presence::algorithm();
    epoch_p = 0;
  } else if (g.entry) {
    epoch_score = EpochState::wake;
    scorer = &entry_algorithm();
    epoch_p = 0;
  } else if (epoch_p) {
    epoch_score = scored(estimator.asleep(*epoch_p, clues.movers));
    scorer = &sleep::Estimator::algorithm();
  }
  const std::size_t place = static_cast<std::size_t>(index) % epoch_certain.size();
  epoch_movers[place] = clues.movers;
  epoch_certain[place] = scorer && scorer != &sleep::Estimator::algorithm();
  epoch_scorer = scorer ? scorer_name(*scorer) : Name{};
  trail.write_live(index, epoch_score, epoch_p,
                   g.moved_known >= enough ? std::optional(g.moving) : std::nullopt);
  if (g.believed >= enough)
    hindsight.epoch_over(index, g.log_odds / static_cast<float>(g.believed),
                         [&](std::int64_t i, float p) { rescore(i, p, out); });
  else
    end_hindsight(out);
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
  epoch.p_asleep = epoch_p;
  if (g.loads >= most) epoch.load_kg = g.load / static_cast<float>(g.loads);
  if (g.movements >= most) epoch.movement_kg = std::sqrt(g.movement_energy / static_cast<float>(g.movements));
  out.epochs.push_back(epoch);
  last_epoch = index;
  gathering = {};
}

// Hindsight changes what was believed, not what was certain or not known.
void Bed::Inside::rescore(std::int64_t index, float p_asleep, Output& out) {
  const std::size_t place = static_cast<std::size_t>(index) % epoch_certain.size();
  if (trail.at(index) == EpochState::unknown || epoch_certain[place]) return;
  const EpochState score = scored(estimator.was_asleep(p_asleep, epoch_movers[place]));
  trail.write(index, score, p_asleep);
  out.rescores.push_back({bed, signal::cell_start(index, epoch_length), score,
                          scorer_name(sleep::Hindsight::algorithm()), p_asleep});
}

void Bed::Inside::end_hindsight(Output& out) {
  hindsight.end([&](std::int64_t i, float p) { rescore(i, p, out); });
}

// Epochs between the last that was said and this moment, of which nothing is known: a restart within a night.
void Bed::Inside::skip_epochs(Instant to, Output& out) {
  const std::int64_t end = signal::cell(to, epoch_length);
  for (std::int64_t i = *last_epoch + 1; i < end; ++i) {
    Epoch epoch;
    epoch.bed = bed;
    epoch.from = signal::cell_start(i, epoch_length);
    out.epochs.push_back(epoch);
    trail.write_live(i, EpochState::unknown);
    last_epoch = i;
  }
}

}  // namespace vigil::bed

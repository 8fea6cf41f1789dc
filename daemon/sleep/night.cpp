#include "sleep/night.hpp"

#include <algorithm>

#include "sleep/figures.hpp"

namespace vigil::sleep {

namespace {

constexpr Duration lights_out_counts = std::chrono::hours(1);  // said longer ago it is of another night

}  // namespace

const Algorithm& Night::algorithm() {
  static constexpr Algorithm it{"night", "3"};
  return it;
}

void Night::open(Instant at) {
  open_ = true;
  opened_ = at;
  exits_ = position_changes_ = restless_ = 0;
  if (lights_out_ && *lights_out_ < at - lights_out_counts) lights_out_.reset();
  beginning_known_ = entered_ || lights_out_;
}

void Night::close() noexcept {
  open_ = false;
  lights_out_.reset();
  slept_.reset();
}

void Night::entered(Instant at) {
  if (open_ && left_) ++exits_;
  beginning_known_ = true;
  entered_ = at;
  left_.reset();
}

void Night::left(Instant at) {
  beginning_known_ = true;
  left_ = at;
  entered_.reset();
}

// Lights out said again after sleep began (a bathroom trip) does not move the beginning of the attempt to
// sleep.
void Night::lights_out(Instant at) noexcept {
  if (!open_ || !slept_) lights_out_ = at;
}

Night::Turn Night::turn(const Seen& seen) {
  if (!first_) first_ = seen.now;
  Turn turn = Turn::none;
  // What was known until now decides first: after a long silence the night is over, whoever lies there now.
  if (open_ && seen.now - opened_ >= longest) {
    ends_at_ = opens_at_ = seen.now;
    turn = seen.in_bed.value_or(false) || (!seen.has_bed_sensor && seen.asleep) ? Turn::renews : Turn::closes;
  } else if (open_) {
    turn = seen.has_bed_sensor ? closes_by_bed(seen) : closes_by_wrist(seen);
  }
  if (seen.in_bed) known_ = seen.now;
  if (seen.in_bed.value_or(false) && !entered_) entered_ = seen.now, left_.reset();
  if (seen.asleep) slept_ = seen.now;
  if (!open_) turn = seen.has_bed_sensor ? opens_by_bed(seen) : opens_by_wrist(seen);
  return turn;
}

Night::Turn Night::opens_by_bed(const Seen& seen) {
  if (!seen.in_bed.value_or(true)) return Turn::none;
  const bool in_bed = seen.in_bed && entered_;
  const bool stays = in_bed && seen.now - *entered_ >= settings_.minimum_night;
  const bool told = in_bed && lights_out_ && seen.now - *lights_out_ < lights_out_counts;
  if (!stays && !told && !seen.asleep) return Turn::none;
  opens_at_ = entered_ ? *entered_ : seen.asleep_since.value_or(seen.now);
  return Turn::opens;
}

Night::Turn Night::closes_by_bed(const Seen& seen) {
  if (left_) {
    ends_at_ = *left_;
    return seen.now - *left_ >= settings_.ends_after ? Turn::closes : Turn::none;
  }
  // A wrist that still says asleep keeps the night, though the bed is silent.
  const Instant last = std::max({known_.value_or(*first_), slept_.value_or(opened_), opened_});
  if (seen.now - last < unknown_ends_after) return Turn::none;
  ends_at_ = last;
  entered_.reset();
  return Turn::closes;
}

Night::Turn Night::opens_by_wrist(const Seen& seen) {
  const bool told = lights_out_ && seen.now - *lights_out_ < lights_out_counts;
  if (!seen.asleep && !told) return Turn::none;
  opens_at_ = told ? *lights_out_ : seen.asleep_since.value_or(seen.now);
  return Turn::opens;
}

Night::Turn Night::closes_by_wrist(const Seen& seen) {
  const Instant last = slept_.value_or(opened_);
  if (seen.now - last < (slept_ ? wrist_ends_after : sleepless_ends_after)) return Turn::none;
  ends_at_ = last;
  return Turn::closes;
}

Instant slept_from(const Trail& trail, Instant since) noexcept {
  constexpr std::int64_t stretch = 20, apart = 40;
  const std::int64_t end = signal::cell(since, epoch_length);
  std::int64_t first = end, run = 0;
  for (std::int64_t i = end - 1; i > end - Trail::held && first - i - 1 - run <= apart; --i) {
    run = trail.at(i) == EpochState::sleep ? run + 1 : 0;
    if (run >= stretch) first = i;
  }
  return first == end ? since : signal::cell_start(first, epoch_length);
}

NightFigures Night::figures(const Trail& trail, Instant until, Instant now) const noexcept {
  NightRecord record;
  record.into_bed = opened_;
  record.out_of_bed = std::max(until, opened_);
  const std::int64_t first = signal::cell(opened_, epoch_length);
  // The epoch that is still running is not unknown: it is not there yet.
  const std::int64_t end =
      std::min(signal::cell(now, epoch_length), signal::cell(record.out_of_bed, epoch_length) + 1);
  const Trail::Row row = trail.row(first, end);
  record.epochs = row.best;
  record.live = row.live;
  record.p_asleep = row.p_asleep;
  record.moving = row.moving;
  record.first_epoch = signal::cell_start(first, epoch_length);
  record.lights_out = lights_out_;
  record.beginning_known = beginning_known_;
  record.exits = exits_;
  record.position_changes = position_changes_;
  record.restless_episodes = restless_;
  return sleep::figures(record);
}

}  // namespace vigil::sleep

#include <algorithm>
#include <cmath>
#include <utility>

#include "bed/inside.hpp"
#include "signal/grid.hpp"

namespace vigil::bed {
namespace {

using signal::Moved;
using Phase = sleep::Awakenings::Phase;

// A silence up to this long does not unmake what is known of asleep and awake; it is unknown while it lasts.
constexpr Duration short_silence = std::chrono::minutes(2);
// Who was not watched before is told asleep or awake once the belief rests on this much.
constexpr int enough_watched_s = 120;
constexpr float person_follows = 1.0F / 600;  // a second
// One change of position a minute: load and wrist tell of the same one.
constexpr Duration one_position = std::chrono::seconds(60);
// Rates are made anew each second; without samples they are gone.
constexpr Duration rates_hold = std::chrono::seconds(2);
constexpr Duration late_proof = std::chrono::seconds(30);
constexpr Duration tare_holds = std::chrono::minutes(5);
constexpr float tare_drifts_kg = 0.25F;
// A load cell of the log that has not come back by then is taken to be gone for good.
constexpr Duration cells_come_within = std::chrono::minutes(10);

void newest(std::optional<Measure>& kept, float value, Instant at) {
  if (!kept || at > kept->at) kept = Measure{value, at};
}

void surest(std::optional<Second::Rated>& kept, const signal::Rate* rate, Instant at) {
  if (rate && (!kept || rate->quality > kept->rate.quality)) kept = Second::Rated{*rate, at};
}

Moved both(Moved a, Moved b) {
  if (a == Moved::moving || b == Moved::moving) return Moved::moving;
  return a == Moved::still || b == Moved::still ? Moved::still : Moved::unknown;
}

}  // namespace

Moved Second::moved() const noexcept { return both(bed_moved, wrist_moved); }

bool Bed::Inside::silent(Instant at) const noexcept {
  return std::none_of(feeds.begin(), feeds.end(),
                      [&](const Feed& f) { return f.fresh(at) || f.counts_in_second(at).has_value(); });
}

// What is known of the second that ended, from every feed that is fresh.
Second Bed::Inside::gather(Instant end) {
  Second s;
  s.now = end;
  signal::Load load;
  s.steady = s.lifeless = has_load;
  if (cells < cells_expected) load.add({}, end);
  float load_energy = 0;
  std::optional<Instant> wrist_at;
  for (Feed& f : feeds) {
    const signal::Bin bin = f.take_second();
    if (f.removed()) continue;
    if (!f.attached()) {
      if (f.quantity() == Quantity::load) load.add({}, end);  // a leg without a cell
      continue;
    }
    const auto n = static_cast<float>(bin.n);
    const bool fresh = f.fresh(end);
    switch (f.quantity()) {
      case Quantity::load:
        load.add({bin.n > 0 ? bin.sum / n : f.value(), f.at(), f.stale_after()}, end);
        if (bin.n > 0) load_energy += bin.energy / n;
        s.steady = s.steady && f.steady();
        s.lifeless =
            s.lifeless && f.breath() && f.rated_at() && end - *f.rated_at() <= rates_hold && f.lifeless();
        if (!f.rated_at() || end - *f.rated_at() > rates_hold) break;
        surest(s.breath, f.breath(), *f.rated_at());
        surest(s.heart, f.heart(), *f.rated_at());
        break;
      case Quantity::pressure:
        if (!fresh) break;
        newest(s.image_level, (bin.n > 0 ? bin.sum / n : f.value()) - f.image_floor(), *f.at());
        newest(s.image_movement, bin.n > 0 ? std::sqrt(bin.energy / n) : 0.0F, *f.at());
        break;
      case Quantity::acceleration:
        if (!fresh) break;
        if (bin.n > 0)
          newest(s.activity_mg, bin.activity / n, *f.at());
        else
          newest(s.activity_mg, f.cell_movement(), *f.at());
        if (bin.n == 0 || !f.counts_made() || (wrist_at && *wrist_at > *f.at())) break;
        wrist_at = *f.at();
        s.counts = bin.counts;
        s.counts_by_second = true;
        for (std::size_t i = 0; i < 3; ++i)
          s.posture[i] = bin.parts[i] / n;
        break;
      case Quantity::counts:
        if (const auto counts = f.counts_in_second(end); counts && !s.counts_by_second) s.counts = counts;
        break;
      case Quantity::occupancy:
        if (fresh) s.occupied = f.value() >= 0.5F;
        break;
      case Quantity::heart_rate:
        if (fresh) newest(s.heart_bpm, f.value(), *f.at());
        break;
      case Quantity::breath_rate:
        if (fresh) newest(s.breath_rpm, f.value(), *f.at());
        break;
      case Quantity::motion:
        if (fresh) newest(s.motion, f.value(), *f.at());
        break;
      case Quantity::button:
        break;
    }
  }
  s.gross_kg = load.sum();
  if (s.gross_kg) {
    s.movement_kg = Measure{std::sqrt(load_energy), s.gross_kg->at};
    s.bed_moved = s.movement_kg->value >= sleep::moving::kg ? Moved::moving : Moved::still;
  } else if (s.image_movement) {
    s.bed_moved = s.image_movement->value >= sleep::moving::image ? Moved::moving : Moved::still;
  }
  if (s.counts_by_second) s.wrist_moved = *s.counts >= sleep::moving::counts ? Moved::moving : Moved::still;
  if (s.motion && s.bed_moved == Moved::unknown && s.wrist_moved == Moved::unknown)
    s.bed_moved = s.motion->value >= sleep::moving::motion ? Moved::moving : Moved::still;
  return s;
}

// A tare that holds, and how it drifts: for the next start.
void Bed::Inside::say_tare(Instant at, Output& out) {
  const auto tare = load_presence.tare();
  if (!tare || !load_presence.known() || load_presence.occupied() || at - load_presence.since() < tare_holds)
    return;
  if (tared_at && at - *tared_at < tare_holds) return;
  if (tared_said && std::abs(*tare - *tared_said) < tare_drifts_kg) return;
  tared_said = tare;
  tared_at = at;
  say(at, signal::Presence::algorithm(), event::BedTared{double{*tare}, cells}, out);
}

// Load before the sensor's own word before the image: the one that measures most directly.
void Bed::Inside::follow_presence(const Second& s, Output& out) {
  const auto load = s.gross_kg ? std::optional(s.gross_kg->value) : std::nullopt;
  const auto word = s.occupied ? std::optional(*s.occupied ? 1.0F : 0.0F) : std::nullopt;
  const auto level = s.image_level ? std::optional(s.image_level->value) : std::nullopt;
  const bool moved = s.bed_moved == Moved::moving;
  // A fan's hum is as regular as a breath, but weaker than any.
  const bool breathes = !s.lifeless && s.breath && s.breath->rate.per_min > 0 &&
                        s.breath->rate.quality >= signal::Respiration::least_quality;
  load_presence.step(s.now, load, {moved, breathes, s.lifeless, s.steady});
  sensor_presence.step(s.now, word, {moved, false, false, true});
  image_presence.step(s.now, level, {moved, false, false, true});

  presence = nullptr;
  for (const signal::Presence* p : {&load_presence, &sensor_presence, &image_presence})
    if (!presence && p->known()) presence = p;
  in_bed.reset();
  if (!presence) return;
  in_bed = presence->occupied();
  if (*in_bed == said_in_bed) {
    if (!presence_since) presence_since = presence->since();
    if (const auto since = presence->leaving_since())
      say_awakening(s.now, awakenings.leaving(s.now, std::min(*since, s.now)), out);
    return;
  }

  // It may have changed before the last change was said, when another sensor is believed now.
  const Instant at = std::max(presence->since(), presence_since.value_or(presence->since()));
  const Duration ago = s.now - at;
  const auto tare = load_presence.tare();
  said_in_bed = *in_bed;
  if (said_in_bed) {
    event::BedEntered entered{ago, std::nullopt, tare ? std::optional<double>(*tare) : std::nullopt};
    if (presence == &load_presence && presence->above_tare()) entered.load_kg = *presence->above_tare();
    say(s.now, signal::Presence::algorithm(), entered, out);
    night.entered(at);
    restlessness.entered(at);
    // Who was already there when it began may be asleep; who comes now is awake.
    if (!load_presence.tare_assumed() || presence != &load_presence) {
      // Who proved late that they live was not watched until now.
      const Instant awake = ago > late_proof ? s.now : at;
      if (last_heard && s.now - *last_heard > short_silence) nothing_known(s.now, out);
      decided = true;
      last_heard = s.now;
      awake_evidence = awake;
      falling_asleep.clear();
    }
  } else {
    const Duration stay = presence_since ? at - *presence_since : Duration{};
    say(s.now, signal::Presence::algorithm(),
        event::BedLeft{ago, stay, tare ? std::optional<double>(*tare) : std::nullopt}, out);
    say_awakening(s.now, awakenings.left_bed(s.now, at), out);
    if (auto ended = restlessness.stop(s.now))
      say(s.now, sleep::Restlessness::algorithm(), std::move(*ended), out);
    night.left(at);
    falling_asleep.clear();
    decided = true;
    awake_evidence = s.now;
  }
  presence_since = at;
  load_position.clear();
  posture_position.clear();
}

void Bed::Inside::say_awakening(Instant at, const sleep::AwakeningSays& says, Output& out) {
  for (std::size_t i = 0; i < says.count; ++i) {
    const auto* confirmed = std::get_if<event::AwakeningConfirmed>(&says.payloads[i]);
    say(at, sleep::Awakenings::algorithm(), says.payloads[i], out);
    if (!confirmed) continue;
    decided = true;
    awake_evidence = at;
    night.slept(at - confirmed->ago);
    falling_asleep.clear();
    if (confirmed->cause != Name("check-in") && confirmed->cause != Name("button press"))
      if (auto prompt = prompting.awoke(at)) say(at, pain::Prompting::algorithm(), std::move(*prompt), out);
  }
}

void Bed::Inside::nothing_known(Instant at, Output& out) {
  say_awakening(at, awakenings.silent(at), out);
  if (auto ended = restlessness.stop(at)) say(at, sleep::Restlessness::algorithm(), std::move(*ended), out);
  load_position.clear();
  posture_position.clear();
  falling_asleep.clear();
  if (last_heard && at - *last_heard <= short_silence) return;
  if (decided || watched_s > 0) watch.silence();
  decided = certain = false;
  watched_s = minute_counted_s = 0;
  minute_counts = 0;
  estimator.forget();
}

// What this second says goes to the estimator; what it then believes is told once it rests on enough.
void Bed::Inside::believe(const Second& s, bool turned) {
  sleep::Watch::Seen seen;
  seen.now = s.now;
  seen.in_bed = in_bed;
  if (s.bed_moved == Moved::unknown || in_doubt()) {
    // Whether it moved is not known, or what moves may be no person.
  } else if (s.movement_kg) {
    seen.bed_movement = s.movement_kg->value / sleep::moving::kg;
  } else if (s.image_movement) {
    seen.bed_movement = s.image_movement->value / sleep::moving::image;
  } else if (s.motion) {
    seen.bed_movement = s.motion->value / sleep::moving::motion;
  }
  if (s.counts_by_second) {
    seen.wrist_counts = s.counts;
  } else if (s.counts) {
    minute_counts += *s.counts;
    ++minute_counted_s;
  }
  if (signal::cell(s.now, signal::second) % 60 == 0) {
    constexpr int most_of_it = 48;
    if (minute_counted_s >= most_of_it)
      seen.counts_a_min = 60 * minute_counts / static_cast<float>(minute_counted_s);
    minute_counts = 0, minute_counted_s = 0;
  }
  const Told breath = tell(s.breath, signal::Respiration::least_quality, s.breath_rpm);
  if (breath.rate) seen.breath_rpm = breath.rate->value;
  seen.breath_quality = breath.quality;
  if (const Told heart = tell(s.heart, signal::Heart::least_quality, s.heart_bpm); heart.rate)
    seen.heart_bpm = heart.rate->value;
  seen.turned = turned;
  seen.awake = std::exchange(certain, false);
  seen.p_asleep = decided ? estimator.p_asleep() : 0;
  clues = watch.second(seen);
  estimator.second(clues);
  if (in_bed.value_or(false) && s.load_kg && s.bed_moved == Moved::still)
    person_kg = person_kg ? *person_kg + person_follows * (s.load_kg->value - *person_kg) : s.load_kg->value;
}

void Bed::Inside::follow_sleep(const Second& s, bool turned, Output& out) {
  if (in_bed && !*in_bed) {
    last_heard = s.now;
    falling_asleep.clear();
    believe(s, false);
    return;
  }
  const Moved moved = moved_of(s);
  if (moved == Moved::unknown && !s.counts) {
    nothing_known(s.now, out);
    sleep::Watch::Seen nothing;
    nothing.now = s.now;
    (void)watch.second(nothing);
    return;
  }
  if (last_heard && s.now - *last_heard > short_silence) nothing_known(s.now, out);
  last_heard = s.now;
  believe(s, turned);
  if (++watched_s >= enough_watched_s) decided = true;
  if (!decided) return;

  const float p = estimator.p_asleep();
  const Moved stirs = clues.move < 0 ? moved : clues.move > 0 ? Moved::moving : Moved::still;
  say_awakening(
      s.now, awakenings.second(s.now, stirs, p, s.bed_moved == Moved::moving ? "movement" : "activity"), out);
  // A wrist alone is restless all day long; it is looked at within a night.
  if (in_bed || (!has_bed_sensor && night.is_open())) {
    if (auto said = restlessness.second(s.now, moved)) {
      if (std::holds_alternative<event::RestlessBegan>(*said)) night.restless_began();
      say(s.now, sleep::Restlessness::algorithm(), std::move(*said), out);
    }
  }
  falling_asleep.second(s.now, estimator.asleep(p, clues.movers));
  const auto lasting = in_bed.value_or(false) ? sleep::FallingAsleep::in_bed
                       : s.counts_by_second   ? sleep::FallingAsleep::anywhere
                                              : sleep::FallingAsleep::by_minutes;
  if (const auto since = falling_asleep.asleep_since(s.now, lasting)) fall_asleep(s.now, *since, out);
}

// The belief's word that the person sleeps since then.
void Bed::Inside::fall_asleep(Instant at, Instant since, Output& out) {
  if (awakenings.phase() != Phase::none && awakenings.phase() != Phase::awake) return;
  const Instant onset = std::min(awake_evidence ? std::max(since, *awake_evidence) : since, at);
  const bool first = awakenings.phase() == Phase::none;
  if (first) {
    Second s;
    s.now = at;
    turn_night(s, out, onset);
  }
  const auto says = awakenings.asleep(at, onset);
  if (first) say(at, sleep::Estimator::algorithm(), event::SleepBegan{at - onset}, out);
  say_awakening(at, says, out);
}

// True when another position was seen to be held now.
bool Bed::Inside::follow_position(const Second& s, Output& out) {
  // What is going is no new position.
  const bool away =
      !in_bed.value_or(!has_bed_sensor && night.is_open()) || (presence && presence->leaving_since());
  Moved image_moved = Moved::unknown;
  if (s.image_movement && !away)
    image_moved = s.image_movement->value >= sleep::moving::image ? Moved::moving : Moved::still;
  std::optional<signal::PositionChange> by_image;
  for (Feed& f : feeds)
    if (const auto turned = f.turned(s.now, f.fresh(s.now) ? image_moved : Moved::unknown)) by_image = turned;
  if (away) {
    load_position.clear();
    posture_position.clear();
    return false;
  }
  std::array<float, signal::Rest::most> kg{};
  std::size_t n = 0;
  for (const Feed& f : feeds)
    if (f.attached() && f.quantity() == Quantity::load)
      for (const float cell : f.cells())
        if (n < kg.size()) kg[n++] = cell;
  const auto by_load = load_position.step(s.now, {kg.data(), n}, s.gross_kg ? s.bed_moved : Moved::unknown);
  const auto by_wrist = posture_position.step(s.now, s.posture, s.wrist_moved);
  if (!by_load && !by_image && !by_wrist) return false;
  const auto& change = by_load ? *by_load : by_image ? *by_image : *by_wrist;
  if (position_said && s.now - *position_said < one_position) return true;
  position_said = s.now;
  night.position_changed();
  const Algorithm& algorithm = by_load    ? signal::LoadPosition::algorithm()
                               : by_image ? signal::ImagePosition::algorithm()
                                          : signal::PosturePosition::algorithm();
  say(s.now, algorithm,
      event::PositionChanged{s.now - change.at, double{change.size},
                             by_load    ? "kg"
                             : by_image ? "%"
                                        : "deg"},
      out);
  return true;
}

void Bed::Inside::close_night(Instant at, Instant end, Output& out) {
  const auto phase = awakenings.phase();
  if (phase != Phase::none) {
    const Instant woke = phase == Phase::asleep ? end : std::min(awakenings.began(), end);
    say(at, sleep::Awakenings::algorithm(), event::SleepEnded{at - woke}, out);
    awakenings.sleep_ended();
  }
  if (auto ended = restlessness.stop(at)) say(at, sleep::Restlessness::algorithm(), std::move(*ended), out);
  end_hindsight(out);
  event::NightClosed closed;
  closed.ago = at - end;
  closed.figures = night.figures(trail, end, at);
  say(at, sleep::Night::algorithm(), closed, out);
  if (!closed.figures.nap) learn(at, out);
  night.close();
  bed_was_sensed = false;
  attached_changed();
}

// A night more of what is this person's own.
void Bed::Inside::learn(Instant at, Output& out) {
  const auto baseline = watch.learn(person_kg);
  if (!baseline) return;
  watch.learned(*baseline);
  restlessness.own(baseline->moving_percent);
  say(at, sleep::Estimator::algorithm(), event::BaselineLearned{*baseline}, out);
}

void Bed::Inside::turn_night(const Second& s, Output& out, std::optional<Instant> falls_asleep) {
  sleep::Night::Seen seen;
  seen.now = s.now;
  seen.has_bed_sensor = has_bed_sensor;
  seen.in_bed = in_bed;
  const auto phase = awakenings.phase();
  seen.asleep = falls_asleep || ((phase == Phase::asleep || phase == Phase::suspected) && decided &&
                                 last_heard && s.now - *last_heard <= std::chrono::seconds(1));
  seen.asleep_since = falls_asleep;
  switch (night.turn(seen)) {
    case sleep::Night::Turn::none:
      return;
    case sleep::Night::Turn::opens:
      // A wrist alone is sure late; what it scored before tells when the night began.
      night.open(!has_bed_sensor && night.opens_at() == falls_asleep
                     ? sleep::slept_from(trail, night.opens_at())
                     : night.opens_at());
      awakenings.night_opened();
      watch.night_opened();
      say(s.now, sleep::Night::algorithm(), event::NightOpened{{}, s.now - night.opened()}, out);
      return;
    case sleep::Night::Turn::closes:
      close_night(s.now, night.ends_at(), out);
      return;
    case sleep::Night::Turn::renews: {
      const bool sleeping = phase == Phase::asleep || phase == Phase::suspected;
      close_night(s.now, s.now, out);
      night.open(s.now);
      awakenings.night_opened();
      watch.night_opened();
      say(s.now, sleep::Night::algorithm(), event::NightOpened{{}, Duration{}}, out);
      if (!sleeping) return;
      say_awakening(s.now, awakenings.asleep(s.now, s.now), out);
      say(s.now, sleep::Awakenings::algorithm(), event::SleepBegan{Duration{}}, out);
      return;
    }
  }
}

// The load cells' rate if it is sure enough, since its sureness is known; else the sensor's own word. An
// empty bed has neither: what a radar counts then is something else.
Told Bed::Inside::tell(const std::optional<Second::Rated>& own, float least_quality,
                       const std::optional<Measure>& word) const {
  Told told;
  if (in_bed && !*in_bed) return told;
  if (own && in_bed) {
    told.from = RateSource::load;
    told.quality = own->rate.quality;
    if (own->rate.per_min > 0 && own->rate.quality >= least_quality)
      told.rate = Measure{own->rate.per_min, own->at};
  }
  if (word && !told.rate) told = {word, std::nullopt, RateSource::sensor};
  return told;
}

Reading Bed::Inside::read(const Second& s) {
  Evidence e;
  e.has_bed_sensor = has_bed_sensor;
  e.in_bed = in_bed;
  e.sleep_known = moved_of(s) != Moved::unknown || s.counts;
  e.decided = decided;
  e.asleep = awakenings.phase() == Phase::asleep || awakenings.phase() == Phase::suspected;
  e.restless = restlessness.restless();
  const BedState state = state_of(e);

  Reading r;
  if (in_bed && !*in_bed)
    r.p_asleep = 0;
  else if (state != BedState::unknown && decided && e.sleep_known)
    r.p_asleep = estimator.p_asleep();
  r.bed = bed;
  r.at = s.now;
  r.state = state;
  r.state_since = state == reading.state ? reading.state_since : s.now - signal::second;
  r.why = why(s, state);
  r.in_bed = in_bed;
  r.load_kg = s.load_kg;
  r.movement_kg = s.movement_kg;
  if (!has_load && s.image_movement)
    r.movement_percent = Measure{100 * s.image_movement->value, s.image_movement->at};
  else if (!has_load && !has_image && !has_worn)
    r.movement_percent = s.motion;
  r.activity_mg = s.activity_mg;
  const Told breath = tell(s.breath, signal::Respiration::least_quality, s.breath_rpm);
  r.breath_rpm = breath.rate, r.breath_quality = breath.quality, r.breath_from = breath.from;
  const Told heart = tell(s.heart, signal::Heart::least_quality, s.heart_bpm);
  r.heart_bpm = heart.rate, r.heart_quality = heart.quality, r.heart_from = heart.from;
  if (last_counts && s.now - last_counts->at <= 2 * epoch_length && s.counts) r.counts = last_counts;
  return r;
}

void Bed::Inside::second(Instant end, Output& out) {
  Second s = gather(end);
  now = end;
  if (cells_expected > 0 && load_mask != 0 && end - *started >= cells_come_within) {
    cells_expected = 0;
    load_presence = signal::Presence(of_load(settings));
    load_presence.restore(said_in_bed, presence_since.value_or(end), std::nullopt);
  }
  follow_presence(s, out);
  say_tare(end, out);
  if (load_presence.doubt() == signal::Presence::Doubt::lifeless && !in_bed) s.bed_moved = Moved::unknown;
  if (const auto tare = load_presence.tare(); s.gross_kg && tare)
    s.load_kg = Measure{s.gross_kg->value - *tare, s.gross_kg->at};
  const bool turned = follow_position(s, out);
  follow_sleep(s, turned, out);
  gather_epoch(s);
  const std::int64_t epoch = signal::cell(end - signal::second, epoch_length);
  const bool epoch_over = end == signal::cell_start(epoch + 1, epoch_length);
  if (epoch_over) score_epoch(s, epoch, out);
  turn_night(s, out);
  reading = read(s);
  out.readings.push_back(reading);
  ++gathering.states[static_cast<std::size_t>(reading.state)];
  if (epoch_over) say_epoch(epoch, out);
}

}  // namespace vigil::bed

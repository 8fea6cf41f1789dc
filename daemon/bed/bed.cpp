#include "bed/bed.hpp"

#include <algorithm>
#include <utility>

#include "bed/inside.hpp"
#include "signal/grid.hpp"

namespace vigil::bed {
namespace {

using signal::cell;
using signal::cell_start;
using signal::tenth;

// A tick this much further finds the machine suspended or the caller far behind: silent seconds are not gone
// through.
constexpr Duration long_jump = std::chrono::seconds(60);
constexpr Duration longest_gap_said = std::chrono::hours(24);

signal::Presence::Settings of_sensor(const Settings& s) {
  return {0.75F, 0.25F, s.enter_after, s.leave_after, false};
}
// A person on the 12-bit mats of PMD gives 0.8 to 1.0 % of full scale over all cells, the empty mat 0.
signal::Presence::Settings of_image(const Settings& s) {
  return {0.3F, 0.15F, s.enter_after, s.leave_after, true};
}

}  // namespace

signal::Presence::Settings of_load(const Settings& s) {
  return {s.present_kg, s.absent_kg, s.enter_after, s.leave_after, true, true};
}

Bed::Inside::Inside(Name name, const Settings& chosen)
    : bed(name),
      settings(chosen),
      load_presence(of_load(chosen)),
      sensor_presence(of_sensor(chosen)),
      image_presence(of_image(chosen)),
      night({chosen.night_ends_after, chosen.minimum_night}) {
  reading.bed = bed;
  reading.why = "no sensor attached";
}

void Bed::Inside::say(Instant at, const Algorithm& algorithm, Payload payload, Output& out) {
  Event event;
  event.bed = bed;
  event.at = at;
  event.algorithm = algorithm;
  event.simulated =
      std::any_of(feeds.begin(), feeds.end(), [](const Feed& f) { return f.attached() && f.simulated(); });
  event.payload = std::move(payload);
  out.events.push_back(std::move(event));
}

void Bed::Inside::begin(Instant at, Output& out) {
  begun = true;
  started = at;
  now = cell_start(cell(at, signal::second), signal::second);
  next_cell = cell(now, tenth);
  // The night that was restored: what lies between is unknown, and is said so.
  const std::int64_t epoch = cell(now, epoch_length);
  if (!last_epoch || !night.is_open() || *last_epoch >= epoch) last_epoch = epoch - 1;
  last_epoch = std::max(*last_epoch, epoch - longest_gap_said / epoch_length);
  if (reading.state_since == Instant{}) reading.state_since = now;
  skip_epochs(now, out);
}

void Bed::Inside::take(const Sample& sample, Output& out) {
  if (sample.channel >= feeds.size()) return;
  if (!begun) begin(sample.at, out);
  if (feeds[sample.channel].quantity() == Quantity::button) return press(sample, out);
  if (sample.at < cell_start(next_cell, tenth)) return;
  (void)feeds[sample.channel].take(sample);
}

void Bed::Inside::tick(Instant to, Output& out) {
  if (!begun) begin(to, out);
  while (cell_start(next_cell + 1, tenth) <= to) {
    if (next_cell % signal::tenths_a_second == 0 && to - now > long_jump && silent(now)) {
      Instant until = cell_start(cell(to, signal::second), signal::second);
      for (const Feed& f : feeds)
        if (f.waiting()) until = std::min(until, cell_start(f.next_cell(), tenth));
      until = cell_start(cell(until, epoch_length), epoch_length);
      if (until > now + epoch_length) {
        // The running epoch ends unknown, then whole epochs at once.
        while (now < until) {
          const std::int64_t index = cell(now, epoch_length);
          const Instant end = std::min(cell_start(index + 1, epoch_length), until);
          next_cell = cell(end, tenth);
          second(end, out);
        }
        continue;
      }
    }
    decide_cell(next_cell, out);
    ++next_cell;
    if (next_cell % signal::tenths_a_second == 0) second(cell_start(next_cell, tenth), out);
  }
}

void Bed::Inside::enter(const Event& entry, Output& out) {
  const Instant at = std::max(entry.at, now);
  const bool checkin = std::holds_alternative<event::PainCheckin>(entry.payload);
  const bool touch = std::holds_alternative<event::KioskTouched>(entry.payload);
  if (std::holds_alternative<event::BaselineReset>(entry.payload)) return forget_person();
  if (checkin) {
    prompting.checked_in(entry.at);
  } else if (touch) {
    // Evidence and nothing else.
  } else if (std::holds_alternative<event::LightsOut>(entry.payload)) {
    night.lights_out(entry.at);
  } else if (!std::holds_alternative<event::LightsOn>(entry.payload)) {
    return;  // a note or a correction may be somebody else's
  }
  certainly_awake(at, checkin ? "check-in" : touch ? "touch of the screen" : "lights", out);
}

// Whatever sensors say: a hand did something.
void Bed::Inside::certainly_awake(Instant at, const Name& cause, Output& out) {
  gathering.entry = true;
  decided = true;
  certain = true;
  awake_evidence = at;
  falling_asleep.clear();
  say_awakening(at, awakenings.entry(at, cause), out);
}

// Somebody else lies here from now on: what was learned is not theirs.
void Bed::Inside::forget_person() {
  watch.forget_person();
  restlessness.own({});
  person_kg.reset();
}

void Bed::Inside::attached_changed() {
  std::uint64_t mask = 0;
  cells = 0;
  has_load = has_image = has_worn = has_motion = false;
  has_bed_sensor = bed_was_sensed;
  for (std::size_t i = 0; i < feeds.size(); ++i) {
    const Quantity q = feeds[i].quantity();
    if (feeds[i].removed()) continue;
    has_load = has_load || q == Quantity::load;
    has_image = has_image || q == Quantity::pressure;
    has_worn = has_worn || q == Quantity::acceleration;
    has_motion = has_motion || q == Quantity::motion;
    has_bed_sensor =
        has_bed_sensor || q == Quantity::load || q == Quantity::occupancy || q == Quantity::pressure;
    if (q == Quantity::load) cells += static_cast<int>(feeds[i].announced().values());
    if (q == Quantity::load && i < 64) mask |= std::uint64_t{1} << i;
  }
  if (mask == 0 || mask == load_mask) return;
  // After a restart the sensors come one by one; the tare of the log is that of all of them.
  const bool coming = cells_expected > 0 && cells <= cells_expected;
  if (cells >= cells_expected) cells_expected = 0;
  if (load_mask != 0 && !coming) {
    // Other sensors carry the bed now: their tare is their own.
    tares[next_tare++ % tares.size()] = {load_mask, load_presence.tare()};
    std::optional<float> tare;
    for (const Tare& t : tares)
      if (t.mask == mask) tare = t.kg;
    load_presence = signal::Presence(of_load(settings));
    load_presence.restore(said_in_bed, presence_since.value_or(now), tare);
  }
  load_mask = mask;
}

Bed::Bed(Name bed, const Settings& settings) : in_(std::make_unique<Inside>(bed, settings)) {}
Bed::Bed(Bed&&) noexcept = default;
Bed& Bed::operator=(Bed&&) noexcept = default;
Bed::~Bed() = default;

ChannelIndex Bed::attach(Name owner, const Channel& channel, Duration stale_after, bool simulated) {
  auto& feeds = in_->feeds;
  auto found = std::find_if(feeds.begin(), feeds.end(),
                            [&](const Feed& f) { return f.owner() == owner && f.announced() == channel; });
  if (found == feeds.end())
    found = feeds.emplace(feeds.end(), owner, channel, stale_after, simulated);
  else
    found->attach(stale_after, simulated);
  in_->attached_changed();
  return static_cast<ChannelIndex>(found - feeds.begin());
}

void Bed::detach(Name owner) {
  for (Feed& f : in_->feeds)
    if (f.owner() == owner) f.detach();
  in_->attached_changed();
}

void Bed::remove(Name owner) {
  for (Feed& f : in_->feeds)
    if (f.owner() == owner) f.remove();
  in_->attached_changed();
}

void Bed::step(const Sample& sample, Output& out) { in_->take(sample, out); }
void Bed::step(Tick tick, Output& out) { in_->tick(tick.now, out); }
void Bed::step(const Event& entry, Output& out) { in_->enter(entry, out); }
void Bed::restore(const Event& event, Instant at) { in_->restore(event, at); }
void Bed::restore(const Epoch& epoch, const std::optional<Rescore>& rescored, Instant from) {
  in_->restore(epoch, rescored, from);
}

const Name& Bed::name() const noexcept { return in_->bed; }
Reading Bed::latest() const { return in_->reading; }
const sleep::Clues& Bed::clues() const noexcept { return in_->clues; }
const Baseline& Bed::baseline() const noexcept { return in_->watch.baseline(); }

NightSoFar Bed::night() const {
  const auto& night = in_->night;
  if (!night.is_open()) return {};
  auto so_far = night.figures(in_->trail, night.so_far(in_->now), in_->now);
  so_far.nap = false;  // how long it will be nobody knows yet
  return {true, night.opened(), so_far};
}

}  // namespace vigil::bed

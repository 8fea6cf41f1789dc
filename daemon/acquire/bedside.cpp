#include "acquire/bedside.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace vigil::acquire {
namespace {

using std::chrono::milliseconds;
constexpr Duration grid = milliseconds(100);
/// A sample this much older than now tells of the past.
constexpr Duration past_from = std::chrono::seconds(3);
/// A device that stops in the middle of its past is not waited for longer.
constexpr Duration past_patience = std::chrono::seconds(10);
/// What is older than this is history: stored, but not sent to those who look on.
constexpr Duration fresh = std::chrono::seconds(5);
/// A bed whose devices have not said anything yet begins its time after this.
constexpr Duration first_patience = std::chrono::seconds(2);

std::int64_t grid_index(Instant t) noexcept { return (t.since_boot + grid / 2) / grid; }

}  // namespace

Name night_id(const Name& bed, WallTime opened) {
  const std::time_t whole = std::chrono::floor<std::chrono::seconds>(opened.since_epoch).count();
  std::tm utc{};
  gmtime_r(&whole, &utc);
  std::array<char, 24> text{};
  std::strftime(text.data(), text.size(), "-%Y%m%dT%H%M%SZ", &utc);
  return bed.str() + text.data();
}

Duration slack(const Clock& clock) noexcept {
  return std::max<Duration>(milliseconds(300), from_seconds(0.050 * clock.scale()));
}

std::vector<wire::BedWave> align(const std::vector<Gathered::BedPoint>& points, Instant& first) {
  std::vector<wire::BedWave> traces;
  if (points.empty()) return traces;
  constexpr std::int64_t longest = 255;
  auto index = [](const Gathered::BedPoint& p) { return grid_index(p.point.at); };
  const auto [low, high] = std::ranges::minmax(points, {}, index);
  const auto end = index(high) + 1;
  const auto begin = std::max(index(low), end - longest);
  first = {begin * grid};
  // Where each bed's trace lies: a search for every point would grow with the square of the beds.
  constexpr std::size_t unplaced = SIZE_MAX, trace_count = 2;
  std::vector<std::array<std::size_t, trace_count>> places;
  for (const auto& p : points) {
    if (index(p) < begin) continue;
    while (places.size() <= p.bed)
      places.emplace_back().fill(unplaced);
    auto& place = places[p.bed].at(static_cast<std::size_t>(p.point.trace));
    if (place == unplaced) {
      place = traces.size();
      traces.push_back({p.bed, p.point.trace,
                        std::vector<std::int16_t>(static_cast<std::size_t>(end - begin), wave_absent)});
    }
    traces[place].values[static_cast<std::size_t>(index(p) - begin)] = p.point.value;
  }
  return traces;
}

Bedside::Bedside(const Clock& clock, const Sinks& sinks, Gathered& gathered, BedSpec spec,
                 std::uint16_t index)
    : clock_(clock),
      sinks_(sinks),
      gathered_(gathered),
      spec_(std::move(spec)),
      index_(index),
      slack_(slack(clock)),
      started_(clock.now()),
      bed_(spec_.bed, spec_.settings) {}

Bedside::Feed& Bedside::feed(const Name& device, bool simulated) {
  auto known = std::ranges::find(feeds_, device, &Feed::device);
  if (known == feeds_.end())
    known = feeds_.insert(feeds_.end(), Feed{.device = device, .simulated = simulated});
  return *known;
}

ChannelIndex Bedside::attach(Feed& feed, const Channel& channel, Duration stale_after) {
  feed.presses = channel.quantity == Quantity::button;
  return bed_.attach(feed.device, channel, stale_after, feed.simulated);
}

void Bedside::detach(Feed& feed) {
  bed_.detach(feed.device);
  feed.past = feed.begun = feed.skip = false;
}

void Bedside::remove(Feed& feed) {
  detach(feed);
  bed_.remove(feed.device);
}

bool Bedside::sample(Feed& feed, const Sample& sample) {
  const auto now = clock_.now();
  if (!feed.begun) {
    feed.begun = true;
    feed.past = now - sample.at > std::max(past_from, 2 * slack_);
    // The past that the log tells already, or that this bed has lived through, is not lived twice.
    feed.skip = feed.past && ((told_ && sample.at <= *told_) || (ticked_ && sample.at < *ticked_));
  } else if (feed.past) {
    feed.past = now - sample.at > slack_;
  }
  feed.newest = sample.at;
  feed.touched = now;
  if (feed.skip) {
    if (feed.past) return true;
    feed.skip = false;
  }
  const bool told_late = feed.presses && !feed.past;
  if (ticked_ && sample.at < *ticked_ && !told_late) return false;
  bed_.step(sample, out_);
  if (feed.past) {
    auto to = sample.at;
    for (const auto& other : feeds_)
      if (other.past && !other.skip) to = std::min(to, other.newest);
    to = to - slack_;
    // A second at a time: the grid's readings are made then, and a tick per sample would cost more than the
    // sample.
    if (!ticked_ || to - *ticked_ >= std::chrono::seconds(1)) advance(to);
  }
  if (!out_.events.empty()) say();
  return true;
}

void Bedside::tick() {
  const auto now = clock_.now();
  bool begun = false;
  for (auto& feed : feeds_) {
    if (feed.past && now - feed.touched > past_patience) feed.past = false;
    if (feed.past && !feed.skip) return;
    begun = begun || feed.begun;
  }
  if (!ticked_ && !begun && now - started_ < first_patience) return;
  advance(now - slack_);
}

void Bedside::advance(Instant to) {
  if (ticked_ && to <= *ticked_) return;
  ticked_ = to;
  bed_.step(bed::Tick{to}, out_);
  say();
}

void Bedside::entered(const Event& committed) {
  bed_.step(committed, out_);
  say();
}

void Bedside::restore(const Event& event, Instant at) {
  if (const auto* opened = std::get_if<event::NightOpened>(&event.payload)) {
    night_ = opened->night;
    night_opened_ = event.wall + std::chrono::duration_cast<std::chrono::microseconds>(-opened->ago);
  }
  if (std::holds_alternative<event::NightClosed>(event.payload)) night_ = {};
  bed_.restore(event, at);
  restore(at);
}

void Bedside::restore(const Epoch& epoch, const std::optional<Rescore>& rescored, Instant from) {
  bed_.restore(epoch, rescored, from);
  restore(from + epoch_length);
}

void Bedside::restore(Instant last) noexcept {
  if (!told_ || last > *told_) told_ = last;
}

bool Bedside::simulated() const noexcept { return std::ranges::any_of(feeds_, &Feed::simulated); }

void Bedside::say() {
  const auto now = clock_.now();
  const bool made_up = simulated();
  for (auto& event : out_.events) {
    event.wall = clock_.wall_at(event.at);
    event.zone = clock_.zone();
    event.boot = clock_.boot();
    event.person = spec_.person;
    event.simulated = made_up;
    if (auto* opened = std::get_if<event::NightOpened>(&event.payload)) {
      night_opened_ = clock_.wall_at(event.at - opened->ago);
      night_ = night_id(spec_.bed, night_opened_);
      opened->night = night_;
      gathered_.beds_changed = true;
    }
    if (auto* closed = std::get_if<event::NightClosed>(&event.payload)) {
      closed->night = night_;
      night_ = {};
      gathered_.beds_changed = true;
    }
    if (sinks_.event) sinks_.event(std::move(event));
  }
  for (const auto& reading : out_.readings) {
    if (sinks_.reading) sinks_.reading(reading, clock_.wall_at(reading.at));
    if (now - reading.at > fresh + slack_) continue;
    auto gathered = std::ranges::find(gathered_.readings, reading.bed, &Reading::bed);
    if (gathered == gathered_.readings.end())
      gathered_.readings.push_back(reading);
    else
      *gathered = reading;
  }
  for (const auto& epoch : out_.epochs) {
    if (sinks_.epoch) sinks_.epoch(epoch, clock_.wall_at(epoch.from));
    gathered_.beds_changed = true;
  }
  for (const auto& rescore : out_.rescores)
    if (sinks_.rescore) sinks_.rescore(rescore, clock_.wall_at(rescore.from));
  for (const auto& point : out_.waves)
    if (now - point.at <= fresh + slack_) gathered_.points.push_back({index_, point});
  out_.clear();
}

wire::BedSnapshot Bedside::snapshot() const {
  const auto night = bed_.night();
  return {.bed = spec_.bed,
          .label = spec_.label,
          .person = spec_.person,
          .simulated = simulated(),
          .reading = bed_.latest(),
          .night_open = night.open,
          .night_opened = night_opened_,
          .night = night_,
          .figures = night.figures};
}

}  // namespace vigil::acquire

#include "cli/restore.hpp"

#include <algorithm>
#include <iterator>

namespace vigil::cli {
namespace {

constexpr std::size_t page = 500;
using std::chrono::microseconds;

/// The last second of the bed that was recorded after `from`.
std::optional<WallTime> last_recorded(const store::Reader& reader, const Name& bed, WallTime from) {
  std::optional<WallTime> last;
  const auto end = from + std::chrono::hours(24 * 365);
  for (const auto& epoch : reader.epochs(bed, from, end))
    last = std::max(last.value_or(from), epoch.from + std::chrono::duration_cast<microseconds>(epoch_length));
  for (auto since = last.value_or(from);;) {
    const auto readings = reader.readings(bed, since, end, 3600);
    if (readings.empty() || readings.back().wall.since_epoch <= since.since_epoch) break;
    last = since = readings.back().wall + microseconds(1);
  }
  return last;
}

/// All events of a bed from `seq` on.
std::vector<Event> events_from(const store::Reader& reader, std::uint64_t seq, const Name& bed) {
  std::vector<Event> all;
  for (std::uint64_t since = seq - 1;;) {
    auto some = reader.events(since, page, bed);
    if (some.empty()) return all;
    since = some.back().seq;
    std::ranges::move(some, std::back_inserter(all));
  }
}

}  // namespace

Before look_back(const store::Reader& reader, const std::vector<Name>& beds) {
  Before before;
  const auto head = reader.head();
  if (head == 0) return before;
  // A bed that began with its past has told events older than those before them: the newest of the last page
  // counts.
  const auto events = reader.events(head > page ? head - page : 0, page);
  if (events.empty()) return before;
  const auto newest = std::ranges::max_element(events, {}, [](const Event& e) { return e.wall.since_epoch; });
  before = {.any = true,
            .clean = std::holds_alternative<event::DaemonStopped>(events.back().payload),
            .last = newest->wall,
            .last_at = newest->at,
            .boot = newest->boot};
  for (const auto& bed : beds)
    if (const auto recorded = last_recorded(reader, bed, before.last))
      if (recorded->since_epoch > before.last.since_epoch) {
        before.last_at += recorded->since_epoch - before.last.since_epoch;
        before.last = *recorded;
      }
  return before;
}

std::optional<event::RecordingGap> gap_since(const Before& before, const Clock& clock) {
  if (!before.any) return std::nullopt;
  const bool same_boot = before.boot == clock.boot() && clock.scale() == 1;
  Duration lasted =
      same_boot ? clock.now() - before.last_at : Duration(clock.wall().since_epoch - before.last.since_epoch);
  lasted = std::max(lasted, Duration{});  // the wall clock may have been set back
  return event::RecordingGap{.lasted = lasted, .cause = "daemon down", .from_wall_clock = !same_boot};
}

Instant instant_of(WallTime wall, const Clock& clock) {
  const auto now = clock.now();
  return std::min(now, now - (clock.wall().since_epoch - wall.since_epoch));
}

Instant instant_of(const Event& event, const Clock& clock) {
  if (event.boot == clock.boot() && clock.scale() == 1 && event.at <= clock.now()) return event.at;
  return instant_of(event.wall, clock);
}

void restore(const store::Reader& reader, const std::vector<Name>& beds, const Clock& clock,
             acquire::Acquire& acquire) {
  const auto tell = [&](const Name& bed, const std::optional<Event>& event) {
    if (event) acquire.restore(bed, *event, instant_of(*event, clock));
  };
  for (const auto& event : reader.of_kind(event::DeviceAssigned::kind))
    acquire.restore_assignment(event);
  const auto baselines = reader.of_kind(event::BaselineLearned::kind);
  const auto resets = reader.of_kind(event::BaselineReset::kind);
  for (const auto& bed : beds) {
    const auto opened = reader.last(bed, event::NightOpened::kind);
    const auto closed = reader.last(bed, event::NightClosed::kind);
    const bool open = opened && (!closed || closed->seq < opened->seq);

    // The tare, the lights and what is known of the person, oldest first; in an open night those after its
    // opening come with its events.
    std::vector<Event> earlier;
    for (const auto kind :
         {event::BedEntered::kind, event::BedLeft::kind, event::BedTared::kind, event::LightsOut::kind})
      if (const auto event = reader.last(bed, kind)) earlier.push_back(*event);
    for (const auto* of : {&baselines, &resets})
      std::ranges::copy_if(*of, std::back_inserter(earlier), [&](const Event& e) { return e.bed == bed; });
    std::ranges::sort(earlier, {}, &Event::seq);
    for (const auto& event : earlier)
      if (!open || event.seq < opened->seq) tell(bed, event);

    std::optional<WallTime> last;
    if (open) {
      for (const auto& event : events_from(reader, opened->seq, bed)) {
        tell(bed, event);
        last = event.wall;
      }
      const auto from = opened->wall + std::chrono::duration_cast<microseconds>(
                                           -std::get<event::NightOpened>(opened->payload).ago);
      for (const auto& row : reader.epochs(bed, from, clock.wall() + std::chrono::hours(1))) {
        std::optional<Rescore> rescored;
        if (row.rescored)
          rescored = Rescore{.bed = bed,
                             .from = {},
                             .score = *row.rescored,
                             .scorer = row.rescorer,
                             .p_asleep = row.rescored_p_asleep};
        acquire.restore(bed, row.epoch, rescored, instant_of(row.from, clock));
      }
    } else if (closed) {
      last = closed->wall;
    }
    if (last)
      if (const auto recorded = last_recorded(reader, bed, *last); recorded && *recorded > *last)
        last = recorded;
    if (last) acquire.restore(bed, instant_of(*last, clock));
  }
}

}  // namespace vigil::cli

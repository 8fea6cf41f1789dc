#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "acquire/acquire.hpp"
#include "base/clock.hpp"
#include "core/event.hpp"
#include "store/store.hpp"

namespace vigil::cli {

/// What the log says of the run before this one.
struct Before {
  bool any = false;   ///< there was one
  bool clean = true;  ///< it ended with daemon.stopped
  WallTime last;      ///< the last thing that it recorded, of whatever kind
  Instant last_at;    ///< the last event's, of `boot`
  BootId boot;
};
/// `beds`: those whose readings and epochs may be later than the last event.
Before look_back(const store::Reader& reader, const std::vector<Name>& beds);

/// How long nothing was recorded before now; nullopt on the first run of all.
std::optional<event::RecordingGap> gap_since(const Before& before, const Clock& clock);

/// The moment of something logged, as this run's Instants: by the wall clock, never later than now. Of the
/// same boot it is the very Instant, unless time is scaled.
Instant instant_of(const Event& event, const Clock& clock);
Instant instant_of(WallTime wall, const Clock& clock);

/// The fold by which each bed's night goes on: the last entry and exit (for the tare), and where a night is
/// open its events and epochs; what device it had last; up to when the log tells of it.
void restore(const store::Reader& reader, const std::vector<Name>& beds, const Clock& clock,
             acquire::Acquire& acquire);

}  // namespace vigil::cli

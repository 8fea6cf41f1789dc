#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/instant.hpp"
#include "core/name.hpp"

namespace vigil::event {

// Every payload lists its fields once, in `fields`; wire/ and store/ write and read them from that list.
// A Duration is written as seconds under the name given.

struct DaemonStarted {
  static constexpr std::string_view kind = "daemon.started";
  Name version;
  std::int64_t schema = 0;  ///< of the database
  bool clean = true;        ///< false: the run before ended without daemon.stopped
  double time_scale = 1;    ///< 1 but in tests and demonstrations
  static void fields(auto& self, auto&& field) {
    field("version", self.version), field("schema", self.schema), field("clean", self.clean);
    field("time_scale", self.time_scale);
  }
};

struct DaemonStopped {
  static constexpr std::string_view kind = "daemon.stopped";
  Name reason;  ///< "SIGTERM", "SIGINT"
  static void fields(auto& self, auto&& field) { field("reason", self.reason); }
};

/// Nothing was recorded for this long before the event: the daemon was down, the machine slept, the disk
/// refused.
struct RecordingGap {
  static constexpr std::string_view kind = "recording.gap";
  Duration lasted{};
  Name cause;                    ///< "daemon down", "machine suspended", "disk refused"
  std::int64_t unrecorded = 0;   ///< happenings shown live that the log does not hold
  bool from_wall_clock = false;  ///< true: across boots, so only as good as the wall clock
  static void fields(auto& self, auto&& field) {
    field("lasted_s", self.lasted), field("cause", self.cause), field("unrecorded", self.unrecorded);
    field("from_wall_clock", self.from_wall_clock);
  }
};

/// The wall clock jumped against CLOCK_BOOTTIME.
struct ClockStepped {
  static constexpr std::string_view kind = "clock.stepped";
  Duration step{};  ///< positive: forward
  static void fields(auto& self, auto&& field) { field("step_s", self.step); }
};

struct SettingChanged {
  static constexpr std::string_view kind = "setting.changed";
  std::string key;
  std::string value;
  static void fields(auto& self, auto&& field) { field("key", self.key), field("value", self.value); }
};

}  // namespace vigil::event

#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace vigil::wire {

/// What the daemon adds to the server's own words in GET /api/v1/health.
struct DaemonHealth {
  struct Log {
    std::int64_t schema = 0;
    bool writing = true;
    std::string trouble;
    std::uint64_t unrecorded = 0;  ///< happenings since the disk began to refuse
    std::uint64_t commits = 0;
    double last_commit_ms = 0;
    std::optional<std::uint64_t> broken_at;  ///< the chain did not follow here when the log was opened
  } log;
  struct Raw {
    bool recording = true;  ///< false: switched off in the configuration
    bool writing = true;
    std::string trouble;
    std::uint64_t bytes = 0;  ///< written since the start
    std::uint64_t dropped = 0;
  } raw;
  std::uint64_t store_queue = 0, raw_queue = 0;
  struct Turns {  ///< of the loops; one that stands still is wedged
    std::uint64_t acquire = 0, store = 0, serve = 0;
  } turns;
};

/// {"status":"ok"|"degraded","log":{"schema","writing","trouble","unrecorded","commits","last_commit_ms","broken_at"},
///  "raw":{"recording","writing","trouble","bytes","dropped"},"queues":{"store","raw"},
///  "turns":{"acquire","store","serve"}}; degraded: log or raw night are not being written, or the chain is
///  broken.
std::string daemon_health_text(const DaemonHealth& health);

}  // namespace vigil::wire

#include "wire/daemon_health.hpp"

#include <nlohmann/json.hpp>

#include "wire/event_json.hpp"
#include "wire/utf8.hpp"

namespace vigil::wire {

using nlohmann::json;

std::string daemon_health_text(const DaemonHealth& h) {
  const bool well = h.log.writing && !h.log.broken_at && (h.raw.writing || !h.raw.recording);
  return text(
      {{"status", well ? "ok" : "degraded"},
       {"log",
        {{"schema", h.log.schema},
         {"writing", h.log.writing},
         {"trouble", mended_utf8(h.log.trouble)},
         {"unrecorded", h.log.unrecorded},
         {"commits", h.log.commits},
         {"last_commit_ms", h.log.last_commit_ms},
         {"broken_at", h.log.broken_at ? json(*h.log.broken_at) : json(nullptr)}}},
       {"raw",
        {{"recording", h.raw.recording},
         {"writing", h.raw.writing},
         {"trouble", mended_utf8(h.raw.trouble)},
         {"bytes", h.raw.bytes},
         {"dropped", h.raw.dropped}}},
       {"queues", {{"store", h.store_queue}, {"raw", h.raw_queue}}},
       {"turns", {{"acquire", h.turns.acquire}, {"store", h.turns.store}, {"serve", h.turns.serve}}}});
}

}  // namespace vigil::wire

#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/device_health.hpp"
#include "wire/live.hpp"

namespace vigil::wire {

/// What GET /api/v1/health says of the server itself.
struct Health {
  std::string version, log_id;
  std::uint64_t head = 0;
  double time_scale = 1;
  bool writing = true;
  std::string trouble;
  std::size_t clients = 0;
  std::size_t work_queued = 0;
  std::span<const DeviceHealth> devices;
};

/// {"status":"ok"|"degraded","version","time","time_scale","log":{"id","head","writing","trouble"},"devices":[...],
///  "queues":{"work":n},"clients":n}, with the members of the object `more` laid over it, deeply. Degraded:
///  nothing is
/// recorded, or a device is stale, lost or refused, or `more` says so.
std::string health_text(const Health& health, std::string_view more, const Now& now);

/// history_frame of events that are JSON text already.
std::string history_frame(std::span<const std::string_view> events, std::uint64_t through,
                          std::uint64_t head);

}  // namespace vigil::wire

#include "wire/health.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "wire/event_json.hpp"
#include "wire/utf8.hpp"

namespace vigil::wire {

using nlohmann::json;

std::string health_text(const Health& health, std::string_view more, const Now& now) {
  auto devices = json::array();
  bool degraded = !health.writing;
  for (const auto& d : health.devices) {
    devices.push_back(to_json(d, now));
    degraded |=
        d.state == DeviceState::stale || d.state == DeviceState::lost || d.state == DeviceState::refused;
  }
  json out = {{"status", degraded ? "degraded" : "ok"},
              {"version", health.version},
              {"time", iso_utc(now.wall)},
              {"time_scale", health.time_scale},
              {"log",
               {{"id", health.log_id},
                {"head", health.head},
                {"writing", health.writing},
                {"trouble", mended_utf8(health.trouble)}}},
              {"devices", std::move(devices)},
              {"queues", {{"work", health.work_queued}}},
              {"clients", health.clients}};
  if (const auto laid = json::parse(more, nullptr, false); laid.is_object()) {
    out.update(laid, true);
    if (degraded) out["status"] = "degraded";
  }
  return text(out);
}

std::string history_frame(std::span<const std::string_view> events, std::uint64_t through,
                          std::uint64_t head) {
  std::size_t size = 80;
  for (const auto e : events)
    size += e.size() + 1;
  std::string out;
  out.reserve(size);
  out += R"({"events":[)";
  for (const auto e : events) {
    if (out.back() != '[') out += ',';
    out += e;
  }
  out += R"(],"head":)" + std::to_string(head) + R"(,"kind":"history","through":)" + std::to_string(through) +
         "}";
  return out;
}

}  // namespace vigil::wire

#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "acquire/acquire.hpp"
#include "drivers/settings.hpp"

namespace vigil::acquire {

/// What acquire said, kept.
struct Heard {
  std::vector<Event> events;
  std::vector<Reading> readings;
  std::vector<Epoch> epochs;
  std::vector<std::string> raw;

  Sinks sinks() {
    Sinks to;
    to.event = [this](Event e) { events.push_back(std::move(e)); };
    to.reading = [this](const Reading& r, WallTime) { readings.push_back(r); };
    to.epoch = [this](const Epoch& e, WallTime) { epochs.push_back(e); };
    to.raw_open = [this](const Name& device, const Name&, const std::string&, WallTime, Instant, bool) {
      raw.push_back("open " + device.str());
    };
    to.raw = [this](const Name& device, Instant, std::uint8_t kind, std::span<const std::byte> bytes) {
      raw.push_back(device.str() + " " + std::to_string(kind) + " " + std::to_string(bytes.size()));
    };
    to.raw_close = [this](const Name& device) { raw.push_back("close " + device.str()); };
    return to;
  }
  [[nodiscard]] std::vector<std::string> kinds() const {
    std::vector<std::string> all;
    for (const auto& e : events)
      all.emplace_back(kind(e));
    return all;
  }
  template <class T>
  [[nodiscard]] std::vector<const T*> all() const {
    std::vector<const T*> found;
    for (const auto& e : events)
      if (const auto* p = std::get_if<T>(&e.payload)) found.push_back(p);
    return found;
  }
  [[nodiscard]] std::ptrdiff_t count(std::string_view which) const {
    return std::ranges::count_if(events, [&](const Event& e) { return kind(e) == which; });
  }
};

inline BedSpec bed_spec(const char* name) {
  return {.bed = name, .label = name, .person = {}, .settings = {}};
}

}  // namespace vigil::acquire

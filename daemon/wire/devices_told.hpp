#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/device_health.hpp"

namespace vigil::wire {

/// A device as another process told of it.
struct DeviceTold {
  DeviceHealth health;  ///< without last_sample: its Instant is of that process
  std::optional<double> age_s;
};
/// The answer of GET /api/v1/devices. nullopt: it is none.
std::optional<std::vector<DeviceTold>> devices_told(std::string_view json);

/// For people: a paragraph a device, those that need somebody first.
std::string devices_table(const std::vector<DeviceTold>& devices);

}  // namespace vigil::wire

#pragma once
#include <string>
#include <string_view>

#include "core/instant.hpp"
#include "core/name.hpp"

namespace vigil::event {

struct DeviceAttached {
  static constexpr std::string_view kind = "device.attached";
  Name device;  ///< stable identity, e.g. "axivity:CWA17_00123", "hid_scale:1-1.2" (port path without a
                ///< serial)
  Name driver;
  std::string what;  ///< for people: "AX3 17, firmware 50"
  bool simulated = false;
  static void fields(auto& self, auto&& field) {
    field("device", self.device), field("driver", self.driver), field("what", self.what);
    field("simulated", self.simulated);
  }
};

/// The device belongs to the event's bed from now on. With a client id a person said so, and it holds until a
/// person says otherwise; without one the daemon tells where the device began to speak.
struct DeviceAssigned {
  static constexpr std::string_view kind = "device.assigned";
  Name device;
  bool taken = false;      ///< taken from the bed: it has none until it is given one again
  Name driver{};           ///< chosen by a person for a device that no driver claims; else empty
  std::string settings{};  ///< as lines of a [[device]] table, "rate_hz = 50"; empty: as they were by default
  static void fields(auto& self, auto&& field) {
    field("device", self.device), field("taken", self.taken), field("driver", self.driver);
    field("settings", self.settings);
  }
};

/// Attached, but silent for longer than its driver's `stale_after`.
struct DeviceStale {
  static constexpr std::string_view kind = "device.stale";
  Name device;
  Duration silent{};
  static void fields(auto& self, auto&& field) {
    field("device", self.device), field("silent_s", self.silent);
  }
};

struct DeviceLost {
  static constexpr std::string_view kind = "device.lost";
  Name device;
  std::string reason;  ///< "unplugged", "read error: ..."
  static void fields(auto& self, auto&& field) { field("device", self.device), field("reason", self.reason); }
};

struct DeviceRecovered {
  static constexpr std::string_view kind = "device.recovered";
  Name device;
  Duration away{};
  static void fields(auto& self, auto&& field) { field("device", self.device), field("away_s", self.away); }
};

}  // namespace vigil::event

#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/channel.hpp"
#include "core/instant.hpp"
#include "core/name.hpp"
#include "core/sample.hpp"

namespace vigil {

/// unassigned: attached, but no bed is known for it; it is not opened.
enum class DeviceState : std::uint8_t { opening, live, stale, lost, refused, unassigned };

constexpr std::string_view name(DeviceState s) noexcept {
  switch (s) {
    case DeviceState::opening:
      return "opening";
    case DeviceState::live:
      return "live";
    case DeviceState::stale:
      return "stale";
    case DeviceState::lost:
      return "lost";
    case DeviceState::refused:
      return "refused";
    case DeviceState::unassigned:
      return "unassigned";
  }
  return "?";
}

/// One device as `/api/v1/health` and `vigild devices` tell it.
struct DeviceHealth {
  Name device;  ///< stable identity
  Name driver;
  Name bed;           ///< empty: not assigned
  std::string what;   ///< for people: model, firmware
  std::string where;  ///< "/dev/ttyACM0", "usb 1-1.2", a file
  DeviceState state = DeviceState::opening;
  std::string mend;  ///< when refused: what a person can do about it
  std::string note;  ///< what is wrong with it although it runs; empty: nothing
  bool simulated = false;
  std::optional<Instant> last_sample;
  double nominal_hz = 0;            ///< 0: irregular
  double measured_hz = 0;           ///< over the last minute
  std::optional<double> fitted_hz;  ///< by its own clock's drift; absent: irregular, or not known yet
  std::uint64_t samples = 0;
  std::uint64_t bytes = 0;
  std::array<std::uint64_t, reject_count> rejects{};  ///< by Reject
  std::optional<float> battery_percent;
  std::optional<float> newest;  ///< of its first channel: load summed over its cells, acceleration's length
  Quantity newest_of{};
  std::string fixed;  ///< why a person cannot give it another bed: "its bed is set in vigil.toml line 12"
  bool unclaimed = false;  ///< no driver knows it by itself: a person chooses one, with the bed
  std::string settings;    ///< as a person set them, lines of a [[device]] table
};

}  // namespace vigil

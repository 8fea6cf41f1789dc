#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "core/event/bed.hpp"
#include "core/event/daemon.hpp"
#include "core/event/device.hpp"
#include "core/event/entry.hpp"
#include "core/event/night.hpp"
#include "core/event/press.hpp"
#include "core/event/sleep.hpp"
#include "core/event/validation.hpp"
#include "core/instant.hpp"
#include "core/name.hpp"

namespace vigil {

using Payload = std::variant<
    event::DaemonStarted, event::DaemonStopped, event::RecordingGap, event::ClockStepped,
    event::SettingChanged, event::DeviceAttached, event::DeviceAssigned, event::DeviceStale,
    event::DeviceLost, event::DeviceRecovered, event::BedEntered, event::BedLeft, event::BedTared,
    event::PositionChanged, event::SleepBegan, event::SleepEnded, event::AwakeningSuspected,
    event::AwakeningConfirmed, event::AwakeningWithdrawn, event::AwakeningEnded, event::RestlessBegan,
    event::RestlessEnded, event::NightOpened, event::NightClosed, event::LightsOut, event::LightsOn,
    event::PainPrompted, event::PainCheckin, event::NoteAdded, event::EntryCorrected, event::ButtonPressed,
    event::PainFlare, event::CallMade, event::AwakeSaid, event::CallSeen, event::ValidationStored>;

/// Which of several programs' rules said so. Empty when a person or the machine itself did.
struct Algorithm {
  Name name;
  Name version;
  bool operator==(const Algorithm&) const = default;
};

/// Which boot an Instant belongs to: the kernel's boot id.
using BootId = Name;

/// One entry of the one log. Made with seq 0; the store gives the number when it commits.
struct Event {
  std::uint64_t seq = 0;  ///< 1, 2, 3, ... without holes; 0: not recorded
  Name bed;               ///< empty: the daemon as a whole
  Name person;            ///< pseudonym, empty when unknown
  Instant at;             ///< CLOCK_BOOTTIME of `boot`
  BootId boot;
  WallTime wall;
  Name zone;  ///< IANA name of the local zone, "Etc/UTC" when unknown
  Algorithm algorithm;
  bool simulated = false;  ///< said of, or from, a simulated sensor
  std::string client_id;   ///< entries: the client's own id, by which a retry is recognised; else empty
  Payload payload;
};

inline std::string_view kind(const Payload& p) noexcept {
  return std::visit([](const auto& e) { return std::decay_t<decltype(e)>::kind; }, p);
}
inline std::string_view kind(const Event& e) noexcept { return kind(e.payload); }

/// What a person enters: bed, the client's id, and one of the entry kinds. The rest is filled in when
/// admitted.
template <class T>
concept EntryKind = std::is_same_v<T, event::PainCheckin> || std::is_same_v<T, event::NoteAdded> ||
                    std::is_same_v<T, event::EntryCorrected> || std::is_same_v<T, event::LightsOut> ||
                    std::is_same_v<T, event::LightsOn> || std::is_same_v<T, event::CallSeen>;

}  // namespace vigil

#pragma once
#include <cstdint>
#include <string_view>

#include "core/instant.hpp"
#include "core/name.hpp"

namespace vigil::event {

// A press is told twice: at once, then with what it meant, which takes up to a second to know. Both stand in
// the log; what a press meant names it by the time that it carries there, `at_ns` of the same boot.

/// A button at the bed went down. With the eyes shut this is all that a person can say, so it counts as it
/// is.
struct ButtonPressed {
  static constexpr std::string_view kind = "button.pressed";
  Name device;
  static void fields(auto& self, auto&& field) { field("device", self.device); }
};

/// Pain flares up now: a check-in without a number yet.
struct PainFlare {
  static constexpr std::string_view kind = "pain.flare";
  Name device;
  Name press;      ///< at_ns of its button.pressed; of a double press, of the first
  Duration ago{};  ///< since that press
  static void fields(auto& self, auto&& field) {
    field("device", self.device), field("press", self.press), field("ago_s", self.ago);
  }
};

/// Somebody shall come. It stands until a call.seen names it.
struct CallMade {
  static constexpr std::string_view kind = "call.made";
  Name device;
  Name press;
  Duration ago{};
  static void fields(auto& self, auto&& field) {
    field("device", self.device), field("press", self.press), field("ago_s", self.ago);
  }
};

/// "I am awake."
struct AwakeSaid {
  static constexpr std::string_view kind = "awake.said";
  Name device;
  Name press;
  Duration ago{};
  static void fields(auto& self, auto&& field) {
    field("device", self.device), field("press", self.press), field("ago_s", self.ago);
  }
};

/// A person has seen a call, and every call of this bed before it.
struct CallSeen {
  static constexpr std::string_view kind = "call.seen";
  std::int64_t call = 0;  ///< SEQ of the call.made
  static void fields(auto& self, auto&& field) { field("call", self.call); }
};

/// A hand on the screen at the bed, whatever it did there.
struct KioskTouched {
  static constexpr std::string_view kind = "kiosk.touched";
  static void fields(auto&, auto&&) {}
};

}  // namespace vigil::event

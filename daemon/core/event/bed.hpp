#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/instant.hpp"
#include "core/name.hpp"

namespace vigil::event {

struct BedEntered {
  static constexpr std::string_view kind = "bed.entered";
  Duration ago{};                 ///< the entry was this long before the event was said (debounce)
  std::optional<double> load_kg;  ///< above tare
  std::optional<double> tare_kg;  ///< the tare in force, so that a restart goes on with it
  static void fields(auto& self, auto&& field) {
    field("ago_s", self.ago), field("load_kg", self.load_kg), field("tare_kg", self.tare_kg);
  }
};

struct BedLeft {
  static constexpr std::string_view kind = "bed.left";
  Duration ago{};
  Duration stay{};  ///< since the entry
  std::optional<double> tare_kg;
  static void fields(auto& self, auto&& field) {
    field("ago_s", self.ago), field("stay_s", self.stay), field("tare_kg", self.tare_kg);
  }
};

/// The bed stands empty with this tare: said when it was learned and when it has drifted, so that a restart
/// goes on with it.
struct BedTared {
  static constexpr std::string_view kind = "bed.tared";
  double tare_kg = 0;
  std::int64_t cells = 0;  ///< that carry the bed; fewer after a restart, and its load is not known
  static void fields(auto& self, auto&& field) { field("tare_kg", self.tare_kg), field("cells", self.cells); }
};

struct PositionChanged {
  static constexpr std::string_view kind = "position.changed";
  Duration ago{};
  double size = 0;  ///< how large: load change in kg, the angle between postures in degrees, or the share of
                    ///< a pressure image that lies elsewhere in %
  Name unit;        ///< "kg", "deg" or "%"
  static void fields(auto& self, auto&& field) {
    field("ago_s", self.ago), field("size", self.size), field("unit", self.unit);
  }
};

}  // namespace vigil::event

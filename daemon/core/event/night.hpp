#pragma once
#include <string_view>

#include "core/instant.hpp"
#include "core/name.hpp"
#include "core/night.hpp"

namespace vigil::event {

/// A night is an episode: its id is "<bed>-<UTC of the opening, compact>", given when the event is stamped.
struct NightOpened {
  static constexpr std::string_view kind = "night.opened";
  Name night;
  Duration ago{};
  static void fields(auto& self, auto&& field) { field("night", self.night), field("ago_s", self.ago); }
};

struct NightClosed {
  static constexpr std::string_view kind = "night.closed";
  Name night;
  Duration ago{};  ///< the last bed exit
  NightFigures figures;
  static void fields(auto& self, auto&& field) {
    field("night", self.night), field("ago_s", self.ago);
    NightFigures::fields(self.figures, field);
  }
};

struct LightsOut {
  static constexpr std::string_view kind = "lights.out";
  static void fields(auto&, auto&&) {}
};

struct LightsOn {
  static constexpr std::string_view kind = "lights.on";
  static void fields(auto&, auto&&) {}
};

}  // namespace vigil::event

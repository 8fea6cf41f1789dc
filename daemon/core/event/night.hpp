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
    auto& f = self.figures;
    field("tib_min", f.tib_min), field("sol_min", f.sol_min), field("waso_min", f.waso_min);
    field("tst_min", f.tst_min), field("se_percent", f.se_percent), field("se_low_percent", f.se_low_percent);
    field("se_high_percent", f.se_high_percent), field("nwak_1min", f.nwak_1min);
    field("nwak_5min", f.nwak_5min), field("exits", f.exits), field("position_changes", f.position_changes);
    field("restless_episodes", f.restless_episodes), field("unknown_min", f.unknown_min);
    field("coverage_percent", f.coverage_percent);
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

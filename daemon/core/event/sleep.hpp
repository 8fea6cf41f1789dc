#pragma once
#include <cstdint>
#include <string_view>

#include "core/baseline.hpp"
#include "core/instant.hpp"
#include "core/name.hpp"

namespace vigil::event {

struct SleepBegan {
  static constexpr std::string_view kind = "sleep.began";
  Duration ago{};  ///< onset, seen with hindsight
  static void fields(auto& self, auto&& field) { field("ago_s", self.ago); }
};

struct SleepEnded {
  static constexpr std::string_view kind = "sleep.ended";
  Duration ago{};
  static void fields(auto& self, auto&& field) { field("ago_s", self.ago); }
};

/// Awakenings are numbered within a bed's night, from 1: the same number in all four kinds.
struct AwakeningSuspected {
  static constexpr std::string_view kind = "awakening.suspected";
  std::int64_t number = 0;
  Duration ago{};  ///< the first movement of it
  Name cause;      ///< "movement", "getting up", "activity", "check-in", "button press"
  static void fields(auto& self, auto&& field) {
    field("number", self.number), field("ago_s", self.ago), field("cause", self.cause);
  }
};

struct AwakeningConfirmed {
  static constexpr std::string_view kind = "awakening.confirmed";
  std::int64_t number = 0;
  Duration ago{};
  Name cause;  ///< "awake for 60 s", "more likely awake", "left bed", "check-in", "...
  static void fields(auto& self, auto&& field) {
    field("number", self.number), field("ago_s", self.ago), field("cause", self.cause);
  }
};

struct AwakeningWithdrawn {
  static constexpr std::string_view kind = "awakening.withdrawn";
  std::int64_t number = 0;
  Duration ago{};
  Name cause;  ///< "still again", "sensor silent"
  static void fields(auto& self, auto&& field) {
    field("number", self.number), field("ago_s", self.ago), field("cause", self.cause);
  }
};

struct AwakeningEnded {
  static constexpr std::string_view kind = "awakening.ended";
  std::int64_t number = 0;
  Duration ago{};
  Duration lasted{};
  static void fields(auto& self, auto&& field) {
    field("number", self.number), field("ago_s", self.ago), field("lasted_s", self.lasted);
  }
};

struct RestlessBegan {
  static constexpr std::string_view kind = "restless.began";
  Duration ago{};
  static void fields(auto& self, auto&& field) { field("ago_s", self.ago); }
};

struct RestlessEnded {
  static constexpr std::string_view kind = "restless.ended";
  Duration ago{};
  Duration lasted{};
  static void fields(auto& self, auto&& field) { field("ago_s", self.ago), field("lasted_s", self.lasted); }
};

/// A night closed, and this is what is known of the person now: in force until the next, or a reset.
struct BaselineLearned {
  static constexpr std::string_view kind = "baseline.learned";
  Baseline baseline;
  static void fields(auto& self, auto&& field) {
    auto& b = self.baseline;
    field("version", b.version), field("nights", b.nights), field("heart_bpm", b.heart_bpm);
    field("breath_rpm", b.breath_rpm), field("moving_percent", b.moving_percent);
    field("load_kg", b.load_kg);
  }
};

/// A person says that somebody else lies here from now on, or that what was learned is wrong.
struct BaselineReset {
  static constexpr std::string_view kind = "baseline.reset";
  static void fields(auto&, auto&&) {}
};

}  // namespace vigil::event

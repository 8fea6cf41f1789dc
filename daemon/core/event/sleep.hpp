#pragma once
#include <cstdint>
#include <string_view>

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
  Name cause;  ///< "60 s awake", "left bed", "check-in", "button press"
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

}  // namespace vigil::event

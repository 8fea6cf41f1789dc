#include "bed/state.hpp"

#include <gtest/gtest.h>

namespace vigil::bed {
namespace {

constexpr std::optional<bool> in = true, gone = false, unsaid = std::nullopt;

TEST(State, precedence) {
  const struct {
    const char* what;
    Evidence e;  // has_bed_sensor, in_bed, sleep_known, decided, asleep, restless
    BedState state;
  } table[] = {
      {"nothing at all", {false, unsaid, false, false, false, false}, BedState::unknown},
      {"the bed sensor is silent", {true, unsaid, false, true, true, false}, BedState::unknown},
      {"the bed sensor is silent, the wrist awake",
       {true, unsaid, true, true, false, false},
       BedState::unknown},
      {"the bed sensor is silent, the wrist restless",
       {true, unsaid, true, true, false, true},
       BedState::unknown},
      {"the bed sensor is silent, the wrist asleep",
       {true, unsaid, true, true, true, false},
       BedState::asleep},
      {"empty", {true, gone, true, true, false, false}, BedState::out_of_bed},
      {"empty, though the wrist lies still", {true, gone, true, true, true, false}, BedState::out_of_bed},
      {"empty, though restless before", {true, gone, true, true, false, true}, BedState::out_of_bed},
      {"in bed, restless and asleep", {true, in, true, true, true, true}, BedState::restless},
      {"in bed, restless and awake", {true, in, true, true, false, true}, BedState::restless},
      {"in bed, awake", {true, in, true, true, false, false}, BedState::awake},
      {"in bed, asleep", {true, in, true, true, true, false}, BedState::asleep},
      {"in bed, movement silent", {true, in, false, true, true, true}, BedState::unknown},
      {"in bed since before anything was known", {true, in, true, false, true, false}, BedState::unknown},
      {"wrist alone, awake", {false, unsaid, true, true, false, false}, BedState::awake},
      {"wrist alone, asleep", {false, unsaid, true, true, true, false}, BedState::asleep},
      {"wrist alone, silent", {false, unsaid, false, true, true, false}, BedState::unknown},
  };
  for (const auto& t : table)
    EXPECT_EQ(state_of(t.e), t.state) << t.what;
}

// Whatever the evidence: each word needs what it claims, and the one above it wins.
TEST(State, says_no_more_than_the_evidence) {
  for (int bits = 0; bits < 96; ++bits) {
    Evidence e;
    e.has_bed_sensor = bits & 1;
    e.sleep_known = bits & 2;
    e.decided = bits & 4;
    e.asleep = bits & 8;
    e.restless = bits & 16;
    if (bits / 32 > 0) e.in_bed = bits / 32 == 1;
    const BedState s = state_of(e);
    const bool out = e.in_bed && !*e.in_bed;
    EXPECT_EQ(s == BedState::out_of_bed, out) << bits;
    EXPECT_TRUE(s != BedState::asleep || (e.asleep && e.decided && e.sleep_known)) << bits;
    EXPECT_TRUE(s != BedState::awake || (!e.asleep && e.decided && e.sleep_known && !e.restless)) << bits;
    EXPECT_TRUE(s != BedState::restless || e.restless) << bits;
    EXPECT_TRUE(out || e.sleep_known || s == BedState::unknown) << bits;
  }
}

}  // namespace
}  // namespace vigil::bed

#include "sleep/night.hpp"

#include <gtest/gtest.h>

namespace vigil::sleep {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Instant at(double min) { return {from_seconds(min * 60)}; }

// Steps a night minute by minute, as a bed with a bed sensor sees it.
struct Bedside {
  Night night{Night::Settings{}};
  double now = 0;
  std::optional<bool> in_bed = false;
  bool asleep = false, sensor = true;
  int opened = 0, closed = 0;
  double opened_at = -1, closed_at = -1, closed_as_of = -1;

  void until(double min) {
    for (; now < min; ++now) {
      switch (night.turn({at(now), sensor, in_bed, asleep, asleep ? std::optional(at(now)) : std::nullopt})) {
        case Night::Turn::opens:
          night.open(night.opens_at());
          ++opened, opened_at = seconds_of(night.opened()) / 60;
          break;
        case Night::Turn::closes:
          ++closed, closed_at = now, closed_as_of = seconds_of(night.ends_at()) / 60;
          night.close();
          break;
        case Night::Turn::renews:
          ++closed, ++opened;
          night.close();
          night.open(at(now));
          break;
        case Night::Turn::none:
          break;
      }
    }
  }
  void enter() { in_bed = true, night.entered(at(now)); }
  void leave() { in_bed = false, asleep = false, night.left(at(now)); }
  static double seconds_of(Instant t) { return vigil::seconds(t.since_boot); }
};

TEST(Night, opens_after_20_min_in_bed_back_dated_to_the_entry) {
  Bedside b;
  b.until(100);
  b.enter();
  b.until(119);
  EXPECT_EQ(b.opened, 0);
  b.until(122);
  EXPECT_EQ(b.opened, 1);
  EXPECT_DOUBLE_EQ(b.opened_at, 100);
}

TEST(Night, opens_at_the_first_sleep) {
  Bedside b;
  b.enter();
  b.until(8);
  b.asleep = true;
  b.until(9);
  EXPECT_EQ(b.opened, 1);
  EXPECT_DOUBLE_EQ(b.opened_at, 0);
}

TEST(Night, is_not_a_sit_down) {
  Bedside b;
  b.until(10);
  b.enter();
  b.until(25);
  b.leave();
  b.until(300);
  EXPECT_EQ(b.opened, 0);
}

TEST(Night, opens_at_lights_out_in_bed) {
  Bedside b;
  b.enter();
  b.until(3);
  b.night.lights_out(at(3));
  b.until(4);
  EXPECT_EQ(b.opened, 1);
  EXPECT_DOUBLE_EQ(b.opened_at, 0);
}

TEST(Night, outlives_a_trip_to_the_bathroom_and_closes_90_min_after_the_last_exit) {
  Bedside b;
  b.enter();
  b.until(30);
  b.asleep = true;
  b.until(200);
  b.leave();
  b.until(289);
  b.enter();
  b.asleep = true;
  b.until(400);
  b.leave();
  b.until(489);
  EXPECT_EQ(b.closed, 0);
  EXPECT_EQ(b.night.figures(Trail{}, b.night.so_far(at(b.now)), at(b.now)).exits, 1);
  b.until(492);
  EXPECT_EQ(b.closed, 1);
  EXPECT_DOUBLE_EQ(b.closed_as_of, 400);
  EXPECT_EQ(b.opened, 1);
}

TEST(Night, goes_on_through_hours_of_silence_and_not_through_four) {
  Bedside b;
  b.enter();
  b.asleep = true;
  b.until(100);
  b.in_bed.reset(), b.asleep = false;
  b.until(100 + 237);
  EXPECT_EQ(b.closed, 0);
  b.in_bed = true, b.asleep = true;
  b.until(400);
  EXPECT_EQ(b.closed, 0);
  b.in_bed.reset(), b.asleep = false;
  b.until(400 + 242);
  EXPECT_EQ(b.closed, 1);
  EXPECT_DOUBLE_EQ(b.closed_as_of, 399);
  b.in_bed = true;
  b.until(700);
  EXPECT_EQ(b.opened, 2) << "who lies there now has a night of their own";
  EXPECT_GE(b.opened_at, 642);
}

TEST(Night, of_a_wrist_alone_closes_an_hour_after_the_last_sleep) {
  Bedside b;
  b.sensor = false;
  b.in_bed.reset();
  b.until(500);
  EXPECT_EQ(b.opened, 0);
  b.asleep = true;
  b.until(900);
  EXPECT_DOUBLE_EQ(b.opened_at, 500);
  b.asleep = false;
  b.until(959);
  EXPECT_EQ(b.closed, 0);
  b.until(961);
  EXPECT_EQ(b.closed, 1);
  EXPECT_DOUBLE_EQ(b.closed_as_of, 899);
}

TEST(Night, of_a_wrist_alone_began_with_the_sleep_that_was_scored_before_it_was_sure) {
  const auto from = [](std::initializer_list<std::pair<EpochState, int>> before) {
    Trail trail;
    std::int64_t i = 100;
    for (const auto& [state, n] : before)
      for (int k = 0; k < n; ++k)
        trail.write_live(i++, state);
    return i - signal::cell(slept_from(trail, signal::cell_start(i, epoch_length)), epoch_length);
  };
  using enum EpochState;
  EXPECT_EQ(from({{wake, 60}}), 0) << "there was none";
  EXPECT_EQ(from({{wake, 60}, {sleep, 30}, {wake, 10}}), 40);
  EXPECT_EQ(from({{sleep, 25}, {wake, 30}, {sleep, 19}, {wake, 5}, {sleep, 20}, {wake, 5}}), 25)
      << "too short a stretch is no sleep, and 54 epochs are too long without";
  EXPECT_EQ(from({{sleep, 25}, {wake, 20}, {sleep, 10}, {unknown, 10}, {sleep, 20}, {wake, 40}}), 125)
      << "40 epochs without are not too long";
  EXPECT_EQ(from({{sleep, 100}, {wake, 41}}), 0);
  EXPECT_EQ(from({{sleep, 4000}}), Trail::held - 1) << "no further than is held";
}

TEST(Night, of_a_wrist_alone_waits_three_hours_for_the_first_sleep_after_lights_out) {
  Bedside b;
  b.sensor = false;
  b.in_bed.reset();
  b.until(10);
  b.night.lights_out(at(10));
  b.until(11);
  EXPECT_EQ(b.opened, 1);
  b.until(189);
  EXPECT_EQ(b.closed, 0);
  b.until(192);
  EXPECT_EQ(b.closed, 1);
}

TEST(Night, of_who_never_leaves_is_renewed_after_24_hours) {
  Bedside b;
  b.enter();
  b.asleep = true;
  b.until(3 * 24 * 60 + 60);
  EXPECT_EQ(b.opened, 4);
  EXPECT_EQ(b.closed, 3);
}

}  // namespace
}  // namespace vigil::sleep

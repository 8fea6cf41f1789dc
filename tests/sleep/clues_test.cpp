#include "sleep/clues.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "sleep/falling_asleep.hpp"

namespace vigil::sleep {
namespace {

using std::chrono::seconds;

struct Night {
  Watch watch;
  int now = 0;
  Watch::Seen seen;
  Clues play(int until) {
    Clues c;
    while (now < until) {
      seen.now = Instant{seconds(++now)};
      c = watch.second(seen);
    }
    return c;
  }
};

float value(const Clues& c, Clue clue) { return c.values[at(clue)]; }
bool seen(const Clues& c, Clue clue) { return value(c, clue) == value(c, clue); }

TEST(Clues, without_sensors_nothing_is_known) {
  Night n;
  const Clues c = n.play(100);
  EXPECT_FALSE(c.any());
  for (const float v : c.values)
    EXPECT_NE(v, v);
  EXPECT_EQ(c.move, -1);
  EXPECT_FALSE(n.watch.still_s());
}

TEST(Clues, movement_is_told_in_windows_and_by_how_long_ago) {
  Night n;
  n.seen.in_bed = true;
  n.seen.bed_movement = 0.2F;
  n.play(900);
  n.seen.bed_movement = 2;
  Clues c = n.play(915);
  EXPECT_NEAR(value(c, Clue::bed_moving_30s), 0.5, 1e-4);
  EXPECT_NEAR(value(c, Clue::bed_moving_2min), 15 / 120.0, 1e-4);
  EXPECT_NEAR(value(c, Clue::bed_moving_5min), 15 / 300.0, 1e-4);
  EXPECT_NEAR(value(c, Clue::bed_moving_15min), 15 / 900.0, 1e-4);
  EXPECT_EQ(value(c, Clue::bed_strong_2min), 0);
  EXPECT_EQ(value(c, Clue::bed_since_moved), 0);
  EXPECT_EQ(c.move, 2);
  EXPECT_EQ(c.ago, 0);
  EXPECT_EQ(c.movers, Movers::bed);
  n.seen.bed_movement = 0.2F;
  c = n.play(1000);
  EXPECT_EQ(value(c, Clue::bed_since_moved), 85);
  EXPECT_EQ(n.watch.still_s(), 85);
  EXPECT_EQ(c.move, 0);
  EXPECT_EQ(c.ago, 4);
  EXPECT_NEAR(value(c, Clue::bed_moving_30s), 0, 1e-6);
}

// The same sleeper on a rougher sensor is as still.
TEST(Clues, stillness_is_by_the_beds_own_rest) {
  for (const float rest : {0.1F, 0.25F, 0.5F}) {
    Night n;
    n.seen.in_bed = true;
    n.seen.bed_movement = rest;
    n.play(3600);
    EXPECT_NEAR(value(n.play(n.now + 1), Clue::bed_level), 0, 0.1) << rest;
  }
}

TEST(Clues, a_bed_that_shows_no_movement_at_all_keeps_its_rest) {
  Night n;
  n.seen.in_bed = true;
  n.seen.bed_movement = 0.0F;
  n.play(6 * 3600);
  const Clues c = n.play(n.now + 1);
  EXPECT_TRUE(std::isfinite(value(c, Clue::bed_level)));
  EXPECT_EQ(c.move, 0);
  n.seen.bed_movement = 0.1F;
  EXPECT_EQ(n.play(n.now + 1).move, 0) << "a twelfth of what moves is no movement";
}

TEST(Clues, minutes_of_silence_forget_what_was_before_but_not_the_person) {
  Night n;
  n.watch.night_opened();
  n.seen.in_bed = true;
  n.seen.bed_movement = 0.1F, n.seen.heart_bpm = 50.0F, n.seen.p_asleep = 1;
  n.play(2 * 3600);
  n.watch.silence();
  n.now += 1800;
  n.seen.heart_bpm.reset();
  const Clues c = n.play(n.now + 1);
  EXPECT_EQ(value(c, Clue::bed_since_moved), 10);
  EXPECT_FALSE(seen(c, Clue::bed_moving_15min));
  EXPECT_FALSE(seen(c, Clue::heart_from_own));
  EXPECT_NEAR(n.watch.learn({}).value().heart_bpm.value(), 50, 0.5);
}

TEST(Clues, a_person_forgotten_teaches_nothing_of_this_night) {
  Night n;
  n.watch.night_opened();
  n.seen.in_bed = true;
  n.seen.bed_movement = 0.1F, n.seen.heart_bpm = 50.0F, n.seen.p_asleep = 1;
  n.play(2 * 3600);
  n.watch.forget_person();
  EXPECT_EQ(n.watch.baseline().version, 2);
  EXPECT_FALSE(n.watch.learn({}));
}

TEST(Clues, after_a_silence_neither_just_now_nor_long_ago) {
  Night n;
  n.seen.in_bed = true;
  n.seen.bed_movement = 0.1F;
  n.play(1000);
  n.seen.bed_movement.reset();
  EXPECT_FALSE(seen(n.play(1020), Clue::bed_since_moved));
  n.seen.bed_movement = 0.1F;
  EXPECT_EQ(value(n.play(1021), Clue::bed_since_moved), 10);
}

TEST(Clues, nobody_in_bed_has_no_movement) {
  Night n;
  n.seen.in_bed = false;
  n.seen.bed_movement = 5;
  const Clues c = n.play(100);
  EXPECT_EQ(c.in_bed, false);
  EXPECT_FALSE(seen(c, Clue::bed_moving_30s));
  EXPECT_EQ(value(c, Clue::in_bed_for), 0);
}

TEST(Clues, a_wrist_and_a_bed_are_told_apart_from_either_alone) {
  Night n;
  n.seen.wrist_counts = 0.0F;
  EXPECT_EQ(n.play(10).movers, Movers::wrist);
  n.seen.bed_movement = 0.1F;
  EXPECT_EQ(n.play(20).movers, Movers::both);
  n.seen.wrist_counts.reset();
  EXPECT_EQ(n.play(30).movers, Movers::bed);
}

TEST(Clues, a_device_that_tells_minutes_is_heard_and_forgotten) {
  Night n;
  for (int minute = 1; minute <= 5; ++minute) {
    n.seen.counts_a_min = minute == 5 ? 300.0F : 0.0F;
    n.play(60 * minute - 59);
    n.seen.counts_a_min.reset();
    n.play(60 * minute);
  }
  Clues c = n.play(n.now + 1);
  EXPECT_EQ(value(c, Clue::counts_minute), 300);
  EXPECT_EQ(value(c, Clue::counts_since_some), 0);
  EXPECT_NEAR(value(c, Clue::counts_5min), std::log(301.0) / 5, 1e-3);
  c = n.play(n.now + 200);
  EXPECT_FALSE(seen(c, Clue::counts_minute));
}

TEST(Clues, breath_is_steady_or_not_and_its_quality_counts_where_no_rate_is_seen) {
  Night n;
  n.seen.in_bed = true;
  n.seen.bed_movement = 0.1F;
  n.seen.breath_rpm = 14;
  n.seen.breath_quality = 0.9F;
  Clues c = n.play(180);
  EXPECT_NEAR(value(c, Clue::breath_spread_3min), 0, 1e-3);
  EXPECT_NEAR(value(c, Clue::breath_quality_30s), 0.9, 1e-3);
  EXPECT_NEAR(n.watch.breath_spread().value(), 0, 1e-3);
  n.seen.breath_rpm = 18;
  c = n.play(240);
  EXPECT_GT(value(c, Clue::breath_spread_3min), 1.5F);
  n.seen.breath_rpm.reset();
  n.seen.breath_quality = 0.3F;  // below what is told
  c = n.play(270);
  EXPECT_NEAR(value(c, Clue::breath_quality_30s), 0, 1e-6);
}

TEST(Spread, is_that_of_the_newest_numbers) {
  Spread<5> s;
  for (const float x : {100.0F, 1.0F, 2.0F, not_seen, 3.0F, 6.0F})
    s.push(x);
  EXPECT_EQ(s.n(), 4U);
  EXPECT_FLOAT_EQ(s.mean(), 3);
}

// Sleep teaches what is this person's own; being awake does not.
TEST(Clues, the_own_heart_is_learned_asleep) {
  for (const float heart : {48.0F, 60.0F, 78.0F}) {
    Night n;
    n.watch.night_opened();
    n.seen.in_bed = true;
    n.seen.bed_movement = 0.1F;
    n.seen.heart_bpm = heart;
    n.seen.p_asleep = 1;
    EXPECT_NEAR(value(n.play(2 * 3600), Clue::heart_from_own), 0, 0.5) << heart;
    n.seen.p_asleep = 0;
    n.seen.heart_bpm = heart + 12;
    const Clues c = n.play(n.now + 60);
    EXPECT_NEAR(value(c, Clue::heart_from_own), 12, 1) << heart;
    EXPECT_NEAR(value(c, Clue::heart_from_before), 12, 1) << heart;
    ASSERT_TRUE(n.watch.heart_over_own());
    EXPECT_NEAR(*n.watch.heart_over_own(), 12, 1);
    const auto b = n.watch.learn(70.0F);
    ASSERT_TRUE(b);
    EXPECT_NEAR(*b->heart_bpm, heart, 0.5);
    EXPECT_EQ(b->nights, 1);
    EXPECT_EQ(b->load_kg, 70);
    EXPECT_EQ(b->version, 1);
  }
}

TEST(Clues, a_baseline_is_a_mean_of_nights_in_which_old_ones_fade) {
  Baseline b;
  for (int night = 1; night <= 12; ++night) {
    Night n;
    n.watch.learned(b);
    n.watch.night_opened();
    n.seen.in_bed = true;
    n.seen.bed_movement = 0.1F;
    n.seen.heart_bpm = night <= 4 ? 60.0F : 66.0F;
    n.seen.p_asleep = 1;
    n.play(2 * 3600);
    b = n.watch.learn({}).value();
    if (night == 4) {
      EXPECT_NEAR(*b.heart_bpm, 60, 0.1);
    }
  }
  EXPECT_EQ(b.nights, 12);
  EXPECT_GT(*b.heart_bpm, 64);
  EXPECT_LT(*b.heart_bpm, 66);
  EXPECT_FALSE(b.load_kg);
}

TEST(Clues, too_little_sleep_teaches_nothing) {
  Night n;
  n.watch.night_opened();
  n.seen.in_bed = true;
  n.seen.bed_movement = 0.1F;
  n.seen.p_asleep = 1;
  n.play(3500);
  EXPECT_FALSE(n.watch.learn(70.0F));
}

// A turn of 20 s every 3 min: never asleep for 10 min at a stretch, and asleep all the same. A fifth of the
// time and half a minute may be such; sitting still between two errands is no sleep.
TEST(FallingAsleep, by_a_wrist_outlives_turns_and_not_errands) {
  const auto at = [](int s) { return Instant{seconds(s)}; };
  const auto found = [&](auto asleep) {
    FallingAsleep f;
    std::optional<Instant> first;
    for (int s = 1; s <= 7200; ++s) {
      f.second(at(s), asleep(s));
      if (const auto since = f.asleep_since(at(s), FallingAsleep::anywhere); since && !first) {
        first = since;
        EXPECT_TRUE(asleep(s)) << "never told of a second that is not";
        EXPECT_GE(at(s) - *since, FallingAsleep::anywhere);
      }
    }
    return first;
  };
  EXPECT_EQ(found([](int s) { return s > 1000 && s % 180 >= 20; }), at(1000));
  EXPECT_FALSE(found([](int s) { return s % 300 >= 120; })) << "two minutes in every five";
  EXPECT_FALSE(found([](int) { return false; }));
}

TEST(FallingAsleep, is_back_dated_to_where_the_belief_began) {
  FallingAsleep f;
  const auto at = [](int s) { return Instant{seconds(s)}; };
  for (int s = 1; s <= 400; ++s) {
    f.second(at(s), s > 100 && s != 200);
    const auto since = f.asleep_since(at(s), FallingAsleep::in_bed);
    EXPECT_EQ(since.has_value(), (s >= 160 && s < 200) || s >= 260) << s;
    if (since) {
      EXPECT_EQ(*since, at(s < 200 ? 100 : 200));
    }
  }
}

}  // namespace
}  // namespace vigil::sleep

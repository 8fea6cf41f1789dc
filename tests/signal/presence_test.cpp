#include "signal/presence.hpp"

#include <gtest/gtest.h>

namespace vigil::signal {
namespace {

using std::chrono::seconds;
using Change = Presence::Change;

struct Stand {
  Presence presence{Presence::Settings{}};
  int now = 0;
  // Plays `n` seconds of this load; returns the second at which something changed, or 0.
  int play(std::optional<float> kg, int n, bool moved = false) {
    int changed = 0;
    for (int i = 0; i < n; ++i)
      if (presence.step({seconds(++now)}, kg, {.moved = moved}) != Change::none) changed = now;
    return changed;
  }
};

TEST(Presence, learns_the_empty_bed_and_waits_before_it_says_so) {
  Stand s;
  s.play(4.0F, 3);
  EXPECT_FALSE(s.presence.known()) << "a number is not yet a tare";
  s.play(4.0F, 20);
  ASSERT_TRUE(s.presence.known());
  EXPECT_FALSE(s.presence.occupied());
  EXPECT_FLOAT_EQ(s.presence.tare().value(), 4);
  EXPECT_FALSE(s.presence.tare_assumed());
}

TEST(Presence, enters_after_5_s_and_leaves_after_10_s_back_dated) {
  Stand s;
  s.play(4.0F, 100);
  EXPECT_EQ(s.play(74.0F, 50), 105);
  EXPECT_EQ(s.presence.since(), Instant{seconds(100)});
  EXPECT_FLOAT_EQ(s.presence.above_tare().value(), 70);
  EXPECT_EQ(s.play(4.0F, 50), 160);
  EXPECT_EQ(s.presence.since(), Instant{seconds(150)});
  EXPECT_EQ(s.presence.stay(), seconds(50));
}

TEST(Presence, hysteresis) {
  const struct {
    const char* what;
    float before, kg;
    int s;
    bool occupied;
  } table[] = {
      {"11.9 kg over the tare is nobody", 0, 11.9F, 600, false},
      {"12.1 kg is somebody", 0, 12.1F, 6, true},
      {"somebody stays at 6.1 kg", 70, 6.1F, 600, true},
      {"nobody at 5.9 kg", 70, 5.9F, 10, false},
      {"not after 9 s of it", 70, 5.9F, 9, true},
      {"not after 4 s above", 0, 70, 4, false},
  };
  for (const auto& t : table) {
    Stand s;
    s.play(10.0F, 30);
    s.play(10.0F + t.before, 30);
    s.play(10.0F + t.kg, t.s);
    EXPECT_EQ(s.presence.occupied(), t.occupied) << t.what;
  }
}

TEST(Presence, a_bounce_of_9_s_is_no_exit) {
  Stand s;
  s.play(4.0F, 30);
  s.play(74.0F, 60);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(s.play(4.0F, 9), 0);
    EXPECT_EQ(s.play(74.0F, 3), 0);
  }
  EXPECT_TRUE(s.presence.occupied());
}

TEST(Presence, says_that_an_exit_has_perhaps_begun) {
  Stand s;
  s.play(4.0F, 30);
  s.play(74.0F, 60);
  EXPECT_FALSE(s.presence.leaving_since());
  s.play(5.0F, 2);
  EXPECT_EQ(s.presence.leaving_since().value(), Instant{seconds(90)});
  s.play(74.0F, 1);
  EXPECT_FALSE(s.presence.leaving_since());
}

TEST(Presence, follows_drift_only_while_empty) {
  Stand s;
  s.play(4.0F, 120);
  for (int i = 0; i < 3600; ++i)
    s.play(4.0F + static_cast<float>(i) / 1800, 1);
  EXPECT_NEAR(s.presence.tare().value(), 6, 0.4) << "2 kg in an hour, followed with 10 min";
  const float tare = s.presence.tare().value();
  s.play(76.0F, 60);
  ASSERT_TRUE(s.presence.occupied());
  for (int i = 0; i < 8 * 3600; ++i)
    s.play(76.0F - static_cast<float>(i) / 3600, 1);
  EXPECT_TRUE(s.presence.occupied());
  EXPECT_FLOAT_EQ(s.presence.tare().value(), tare);
}

TEST(Presence, never_tares_slow_weight_away) {
  // Somebody light sits down so slowly that every second is only a little drift: 10 kg in 100 s.
  Stand s;
  s.play(4.0F, 120);
  for (int i = 0; i <= 100; ++i)
    s.play(4.0F + 0.15F * static_cast<float>(i), 1);
  s.play(19.0F, 3600);
  EXPECT_TRUE(s.presence.occupied());
  EXPECT_LT(s.presence.tare().value(), 5);
}

TEST(Presence, without_proof_takes_who_lies_there_at_the_first_start_for_a_person_with_tare_0) {
  Stand s;
  EXPECT_EQ(s.play(74.0F, 60), 5);
  EXPECT_TRUE(s.presence.occupied());
  EXPECT_TRUE(s.presence.tare_assumed());
  EXPECT_FLOAT_EQ(s.presence.tare().value(), 0);
  // Eight hours of lying still do not make a bed of them.
  EXPECT_EQ(s.play(74.0F, 8 * 3600), 0);
  // They get up: what is left under the threshold is the bed's own weight.
  EXPECT_NE(s.play(4.0F, 30), 0);
  EXPECT_FALSE(s.presence.occupied());
  EXPECT_FLOAT_EQ(s.presence.tare().value(), 4);
  EXPECT_FALSE(s.presence.tare_assumed());
}

TEST(Presence, finds_a_heavy_bed_empty_when_it_has_been_still_for_30_min_after_a_fall) {
  Stand s;
  s.play(110.0F, 3600);  // a bed of 40 kg with a person of 70 kg at the first start
  ASSERT_TRUE(s.presence.occupied());
  EXPECT_EQ(s.play(40.0F, 20 * 60), 0);
  EXPECT_EQ(s.play(40.0F, 1, true), 0) << "it moved: somebody may still lie there";
  EXPECT_EQ(s.play(40.0F, 29 * 60), 0);
  EXPECT_NE(s.play(40.0F, 2 * 60), 0);
  EXPECT_FALSE(s.presence.occupied());
  EXPECT_FLOAT_EQ(s.presence.tare().value(), 40);
}

TEST(Presence, is_unknown_while_silent_and_waits_anew_after_it) {
  Stand s;
  s.play(4.0F, 60);
  s.play(74.0F, 3);
  s.play(std::nullopt, 60);
  EXPECT_FALSE(s.presence.known());
  EXPECT_FALSE(s.presence.above_tare());
  EXPECT_EQ(s.play(74.0F, 4), 0) << "3 s before the silence do not count";
  EXPECT_NE(s.play(74.0F, 1), 0);
}

TEST(Presence, follows_a_load_below_the_tare) {
  Stand s;
  s.play(10.0F, 120);
  s.play(2.0F, 180);  // the mattress was taken off
  EXPECT_NEAR(s.presence.tare().value(), 2, 3) << "near enough for nobody to be missed";
  s.play(2.0F, 3600);
  EXPECT_NEAR(s.presence.tare().value(), 2, 0.1);
  EXPECT_FALSE(s.presence.occupied());
}

TEST(Presence, goes_on_with_the_tare_of_the_log) {
  Stand s;
  s.presence.restore(true, {seconds(-3600)}, 4.0F);
  EXPECT_EQ(s.play(74.0F, 60), 0);
  EXPECT_TRUE(s.presence.occupied());
  EXPECT_EQ(s.presence.since(), Instant{seconds(-3600)});
  EXPECT_EQ(s.play(4.0F, 10), 70);
}

TEST(Presence, restored_without_a_tare_keeps_who_lies_there) {
  Stand s;
  s.presence.restore(true, {seconds(-3600)}, {});
  EXPECT_EQ(s.play(74.0F, 60), 0);
  EXPECT_TRUE(s.presence.occupied());
  EXPECT_EQ(s.presence.since(), Instant{seconds(-3600)});
}

}  // namespace
}  // namespace vigil::signal

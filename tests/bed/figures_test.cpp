// What the night's figures say of nights that are not plain ones, from the scale's samples to night.closed.
#include <gtest/gtest.h>

#include "bed/player.hpp"

namespace vigil::bed::test {
namespace {

constexpr double h = 3600, m = 60;

std::vector<NightFigures> closed(const Player& p) {
  std::vector<NightFigures> all;
  for (const auto& [t, e] : p.all<event::NightClosed>())
    all.push_back(e.figures);
  return all;
}

TEST(NightFigures, of_an_afternoon_and_of_a_shift_workers_day_differ_by_length_alone) {
  Player p;  // an hour and a half, and eight hours from five hours later on
  p.with_scale(person_on_scale({{10 * m, 100 * m}, {400 * m, 880 * m}},
                               {{10 * m, 11 * m}, {400 * m, 402 * m}, {700 * m, 700 * m + 10}}));
  p.play(1000 * m);
  const auto nights = closed(p);
  ASSERT_EQ(nights.size(), 2U);
  EXPECT_NEAR(nights[0].tib_min, 90, 0.2);
  EXPECT_TRUE(nights[0].nap);
  EXPECT_NEAR(nights[1].tib_min, 480, 0.2);
  EXPECT_FALSE(nights[1].nap);
}

TEST(NightFigures, with_a_sensor_gap_of_40_min_say_so) {
  const auto person = person_on_scale({{10 * m, 8 * h}}, {{10 * m, 11 * m}, {3 * h, 3 * h + 10}});
  const auto play = [&](bool gap) {
    Player p;
    p.with_scale(
        [&](double t) { return gap && t >= 4 * h && t < 4 * h + 40 * m ? std::nullopt : person(t); });
    p.play(10 * h);
    return closed(p);
  };
  const auto whole = play(false), torn = play(true);
  ASSERT_EQ(whole.size(), 1U);
  ASSERT_EQ(torn.size(), 1U) << "one night";
  const auto &f = torn[0], &g = whole[0];
  EXPECT_EQ(g.longest_gap_min, 0);
  EXPECT_NEAR(f.longest_gap_min.value(), 40, 7) << "what follows is known once there is enough of it";
  EXPECT_GE(f.longest_gap_min.value(), 39.5);
  EXPECT_EQ(f.unknown_min, f.longest_gap_min);
  EXPECT_NEAR(f.coverage_percent, 100 - 100 * f.unknown_min / f.tib_min, 0.2);
  EXPECT_NEAR(*f.tst_min, *g.tst_min - f.unknown_min, 6) << "a gap is never sleep";
  EXPECT_NEAR(*f.spt_min, *g.spt_min, 6) << "but of the sleep period";
  EXPECT_NEAR(*f.waso_min, *g.waso_min, 6) << "and never wake";
  EXPECT_GE(*f.tst_high_min - *f.tst_low_min, 39.5);
  EXPECT_EQ(f.exits, 0);
}

TEST(NightFigures, count_a_trip_to_the_bathroom_and_go_on) {
  Player p;
  p.with_scale(person_on_scale({{10 * m, 4 * h}, {4 * h + 8 * m, 8 * h}},
                               {{10 * m, 12 * m}, {4 * h - 20, 4 * h}, {4 * h + 8 * m, 4 * h + 9 * m}}));
  p.play(10 * h);
  const auto nights = closed(p);
  ASSERT_EQ(nights.size(), 1U);
  const auto& f = nights[0];
  EXPECT_NEAR(f.tib_min, 470, 0.2);
  EXPECT_EQ(f.exits, 1);
  EXPECT_EQ(f.nwak_5min, 1);
  EXPECT_GE(f.waso_min.value(), 8);
  EXPECT_NEAR(*f.sol_min + *f.spt_min + *f.twak_min, f.tib_min, 1e-6);
  EXPECT_NEAR(*f.twt_min, *f.sol_min + *f.waso_min + *f.twak_min, 1e-6);
}

TEST(NightFigures, have_the_movement_of_the_night_and_what_was_said_live) {
  Player p;
  p.with_scale(
      person_on_scale({{10 * m, 8 * h}}, {{10 * m, 12 * m}, {3 * h, 3 * h + 60}, {5 * h, 5 * h + 120}}));
  p.play(10 * h);
  const auto nights = closed(p);
  ASSERT_EQ(nights.size(), 1U);
  const auto& f = nights[0];
  EXPECT_NEAR(f.movement_index_percent.value(), 100 * 300 / (470 * 60.0), 0.15);
  EXPECT_TRUE(f.fragmentation_percent);
  ASSERT_TRUE(f.live);
  EXPECT_TRUE(f.live->tst_min);
  EXPECT_LE(std::abs(*f.live->tst_min - *f.tst_min), f.live->changed_min);
}

TEST(NightFigures, have_the_movement_of_a_wrist_where_the_bed_has_no_sensor) {
  Player p;
  p.with_wrist(person_on_wrist({{0, 20 * m}, {3 * h, 3 * h + 60}, {5 * h, 5 * h + 120}, {8 * h, 11 * h}}));
  p.play(11 * h);
  const auto nights = closed(p);
  ASSERT_EQ(nights.size(), 1U);
  const auto& f = nights[0];
  EXPECT_NEAR(f.movement_index_percent.value(), 100 * 180 / (f.tib_min * 60), 0.3);
}

// A second person comes at 2 h, lies still, and leaves at 3 h.
TEST(NightFigures, of_a_bed_that_two_share_for_an_hour_are_of_one_night_without_exits) {
  const auto first = person_on_scale({{10 * m, 8 * h}}, {{10 * m, 11 * m}});
  const auto second = person_on_scale({{2 * h, 3 * h}}, {{2 * h, 2 * h + 40}, {3 * h - 20, 3 * h}}, 0, 60);
  Player p;
  p.with_scale([&](double t) { return std::optional(*first(t) + *second(t)); });
  p.play(10 * h);
  const auto nights = closed(p);
  ASSERT_EQ(nights.size(), 1U);
  EXPECT_EQ(nights[0].exits, 0);
  EXPECT_NEAR(nights[0].tib_min, 470, 0.2);
  EXPECT_EQ(p.all<event::BedEntered>().size(), 1U);
  EXPECT_EQ(p.all<event::BedLeft>().size(), 1U);
}

// What is put on an empty bed in the evening and taken away in the morning.
TEST(NightFigures, are_none_of_a_suitcase_or_a_cat) {
  for (const float kg : {5.0F, 20.0F, 45.0F}) {
    Player p;
    p.with_scale([&](double t) {
      // 4 kg of bed that a fan shakes; it is put down at an hour, and the cat moves now and then.
      double v = 4 + 0.02 * std::sin(2 * std::numbers::pi * 1.7 * t);
      if (t >= 1 * h && t < 9 * h) v += kg;
      if (kg < 6 && t >= 1 * h && t < 9 * h && std::fmod(t, 1200) < 15)
        v += 0.8 * std::sin(2 * std::numbers::pi * 0.9 * t);
      return std::optional(static_cast<float>(v));
    });
    p.play(11 * h);
    EXPECT_TRUE(closed(p).empty()) << kg;
    EXPECT_TRUE(p.all<event::SleepBegan>().empty()) << kg;
    EXPECT_TRUE(p.all<event::BedEntered>().empty()) << kg;
    for (const Epoch& e : p.epochs)
      ASSERT_NE(e.score, EpochState::sleep) << kg << " kg at " << s_of(e.from);
  }
}

}  // namespace
}  // namespace vigil::bed::test

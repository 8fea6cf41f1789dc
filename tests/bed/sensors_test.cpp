#include <numbers>
#include <random>

#include <gtest/gtest.h>

#include "bed/player.hpp"

namespace vigil::bed::test {
namespace {

// One bed with many sensors, ticked every 100 ms; `say` is called for each tenth before the tick.
struct Bench {
  Bed bed{"bed-1", {}};
  Output out;
  double t = 0;
  // Whoever lies down or turns moves for a while: a load that only jumps is a suitcase.
  float restless(float v) {
    if (std::abs(v - before) > 5) changed = t;
    before = v;
    return t - changed < 12 ? v + static_cast<float>(0.8 * std::sin(5.6 * t)) : v;
  }
  void put(ChannelIndex ch, float v) { bed.step(Sample{ch, at_s(t), std::span(&v, 1)}, out); }
  void weigh(ChannelIndex ch, float v) { put(ch, restless(v)); }
  void weigh(ChannelIndex ch, std::array<float, 4> kg) {
    kg[0] = restless(kg[0]);
    bed.step(Sample{ch, at_s(t), kg}, out);
  }
  float before = 0;
  double changed = -100;
  template <class F>
  void until(double end, F&& say) {
    for (; t < end - 1e-9; t += 0.1) {
      say();
      bed.step(Tick{at_s(t)}, out);
    }
    bed.step(Tick{at_s(end)}, out);
  }
  [[nodiscard]] std::vector<std::string> kinds() const {
    std::vector<std::string> k;
    for (const Event& e : out.events)
      if (!std::holds_alternative<event::BedTared>(e.payload)) k.emplace_back(kind(e));
    return k;
  }
};

constexpr Duration stale = std::chrono::seconds(3);

TEST(Sensors, four_under_the_legs_add_up_and_one_silent_makes_all_unknown) {
  Bench b;
  ChannelIndex leg[4];
  for (int i = 0; i < 4; ++i)
    leg[i] = b.bed.attach("leg-" + std::to_string(i), scale, stale, false);
  int legs = 4;
  float each = 2;
  const auto say = [&] {
    const float first = b.restless(each);
    for (int i = 0; i < legs; ++i)
      b.put(leg[i], i == 0 ? first : each);
  };
  b.until(60, say);
  each = 20;
  b.until(120, say);
  ASSERT_EQ(b.kinds(), std::vector<std::string>{"bed.entered"});
  EXPECT_NEAR(b.out.readings.back().load_kg->value, 72, 0.1);
  legs = 3;
  b.until(130, say);
  EXPECT_FALSE(b.out.readings.back().load_kg);
  EXPECT_EQ(b.out.readings.back().state, BedState::unknown);
  b.until(300, say);
  EXPECT_EQ(b.kinds(), std::vector<std::string>{"bed.entered"}) << "20 kg less are nobody's leaving";
  legs = 4;
  b.until(400, say);
  EXPECT_NEAR(b.out.readings.back().load_kg->value, 72, 0.1);
  EXPECT_EQ(b.kinds(), std::vector<std::string>{"bed.entered"});
}

TEST(Sensors, one_unplugged_is_a_leg_without_a_cell) {
  Bench b;
  const auto left = b.bed.attach("left", scale, stale, false);
  const auto right = b.bed.attach("right", scale, stale, false);
  b.until(60, [&] { b.weigh(left, 3), b.put(right, 5); });
  b.until(200, [&] { b.weigh(left, 38), b.put(right, 40); });
  EXPECT_NEAR(b.out.readings.back().load_kg->value, 70, 0.1);
  b.bed.detach("right");
  b.until(230, [&] { b.put(left, 38); });
  EXPECT_EQ(b.kinds(), std::vector<std::string>{"bed.entered"});
  EXPECT_FALSE(b.out.readings.back().load_kg);
  EXPECT_EQ(b.out.readings.back().state, BedState::unknown);
  EXPECT_EQ(b.out.readings.back().why.view(), "right away");
  EXPECT_EQ(b.bed.attach("right", scale, stale, false), right) << "a device that comes back has its index";
  b.until(300, [&] { b.weigh(left, 38), b.put(right, 40); });
  EXPECT_NEAR(b.out.readings.back().load_kg->value, 70, 0.1) << "and the bed its tare";
  b.until(400, [&] { b.weigh(left, 3), b.put(right, 5); });
  EXPECT_EQ(b.kinds(), (std::vector<std::string>{"bed.entered", "bed.left"}));
}

TEST(Sensors, one_that_moved_to_another_bed_is_missed_no_more) {
  Bench b;
  const auto left = b.bed.attach("left", scale, stale, false);
  const auto right = b.bed.attach("right", scale, stale, false);
  b.until(60, [&] { b.weigh(left, 3), b.put(right, 5); });
  b.bed.remove("right");
  b.until(120, [&] { b.put(left, 3); });
  EXPECT_EQ(b.out.readings.back().state, BedState::out_of_bed);
  EXPECT_NEAR(b.out.readings.back().load_kg->value, 0, 0.1) << "with a tare of its own";
}

TEST(Sensors, four_cells_add_up_and_one_without_a_number_makes_all_unknown) {
  Bench b;
  Channel cells = scale;
  cells.columns = 4;
  const auto ch = b.bed.attach("bridge", cells, stale, false);
  const auto say = [&](std::array<float, 4> kg) { b.weigh(ch, kg); };
  b.until(60, [&] { say({1, 2, 3, 2}); });
  EXPECT_NEAR(b.out.readings.back().load_kg->value, 0, 0.01);
  b.until(120, [&] { say({21, 17, 23, 19}); });
  EXPECT_NEAR(b.out.readings.back().load_kg->value, 72, 0.01);
  EXPECT_EQ(b.kinds(), std::vector<std::string>{"bed.entered"});
  b.until(300, [&] { say({21, 17, std::nanf(""), 19}); });
  EXPECT_FALSE(b.out.readings.back().load_kg);
  EXPECT_FALSE(b.out.readings.back().movement_kg);
  EXPECT_EQ(b.out.readings.back().state, BedState::unknown);
  EXPECT_EQ(b.out.readings.back().why.view(), "load sensor: cell 3 gives no number");
  EXPECT_EQ(b.out.waves.back().value, wave_absent);
  b.until(360, [&] { say({21, 17, 23, 19}); });
  EXPECT_NEAR(b.out.readings.back().load_kg->value, 72, 0.01);
  EXPECT_EQ(b.kinds(), std::vector<std::string>{"bed.entered"}) << "nobody came or went meanwhile";
}

TEST(Sensors, a_turn_moves_the_weight_between_the_cells_of_one_sensor) {
  Bench b;
  Channel cells = scale;
  cells.columns = 4;
  const auto ch = b.bed.attach("bridge", cells, stale, false);
  std::array<float, 4> kg{1, 1, 1, 1};
  int n = 0;
  bool moving = false;
  const auto say = [&] {
    const float swing = moving ? (n++ / 5 % 2 ? 3.0F : -3.0F) : 0;
    b.weigh(ch, {kg[0] + swing, kg[1] - swing, kg[2], kg[3]});
  };
  b.until(60, say);
  kg = {20, 15, 21, 16};
  b.until(120, say);
  moving = true;
  b.until(126, say);
  EXPECT_GT(b.out.readings.back().movement_kg->value, 2) << "though the sum is the same";
  moving = false, kg = {12, 23, 13, 24};
  b.until(150, say);
  ASSERT_EQ(b.kinds(), (std::vector<std::string>{"bed.entered", "position.changed"}));
  EXPECT_NEAR(std::get<event::PositionChanged>(b.out.events.back().payload).size, 8, 0.5);
}

TEST(Sensors, more_cells_than_parts_still_add_up) {
  Bench b;
  Channel cells = scale;
  cells.columns = 6;
  const auto ch = b.bed.attach("line", cells, stale, false);
  b.until(30,
          [&] { b.bed.step(Sample{ch, at_s(b.t), std::array{1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F}}, b.out); });
  b.until(60,
          [&] { b.bed.step(Sample{ch, at_s(b.t), std::array{9.0F, 9.0F, 19.0F, 9.0F, 9.0F, 9.0F}}, b.out); });
  EXPECT_NEAR(b.out.readings.back().load_kg->value, 58, 0.01);
}

TEST(Sensors, a_mats_word_alone_says_in_bed_and_leaves_sleep_unknown) {
  Bench b;
  const auto word = b.bed.attach("mat", mat_word, stale, false);
  b.until(60, [&] { b.put(word, 1); });
  EXPECT_EQ(b.out.readings.back().state, BedState::unknown);
  EXPECT_EQ(b.out.readings.back().in_bed, true);
  b.until(120, [&] { b.put(word, 0); });
  EXPECT_EQ(b.out.readings.back().in_bed, false);
  b.until(180, [] {});
  EXPECT_FALSE(b.out.readings.back().in_bed);
}

TEST(Sensors, a_radars_motion_is_the_beds_movement_where_nothing_better_is) {
  Bench b;
  const auto word = b.bed.attach("radar", mat_word, stale, false);
  const auto motion = b.bed.attach("radar", Channel{Quantity::motion, 1, 1, 1, 0, 100, 0}, stale, false);
  float level = 1;
  const auto say = [&] { b.put(word, b.t > 30), b.put(motion, b.t > 30 ? level : 0.0F); };
  b.until(60, say);
  level = 40;
  b.until(70, say);
  EXPECT_EQ(b.out.readings.back().state, BedState::awake);
  EXPECT_EQ(b.out.readings.back().movement_percent->value, 40);
  EXPECT_EQ(b.out.waves.back().value, 400);
  EXPECT_EQ(b.out.waves.back().trace, Trace::movement);
  level = 1;
  b.until(3600, say);
  EXPECT_EQ(b.out.readings.back().state, BedState::asleep) << "still for an hour";
}

// 5 kg of bed; what lies on it is put down at 60 s within a second, and then nothing moves any more.
TEST(Sensors, a_suitcase_is_no_sleeper_on_a_coarse_scale) {
  Bench b;
  const auto ch = b.bed.attach("scale", scale, stale, false);
  b.until(60, [&] { b.put(ch, 5); });
  b.until(60 + 3600, [&] { b.put(ch, 27); });
  EXPECT_TRUE(b.kinds().empty()) << "nobody came, no night";
  EXPECT_EQ(b.out.readings.back().state, BedState::unknown);
  EXPECT_EQ(b.out.readings.back().why.view(), "22 kg put down: no sign of life yet");
  b.until(3720, [&] { b.put(ch, 5); });
  EXPECT_EQ(b.out.readings.back().state, BedState::out_of_bed);
  EXPECT_TRUE(b.kinds().empty());
  b.until(3780, [&] { b.weigh(ch, 75); });
  EXPECT_EQ(b.kinds(), std::vector<std::string>{"bed.entered"});
}

TEST(Sensors, a_suitcase_is_a_thing_on_an_empty_bed_where_a_breath_would_show) {
  Bench b;
  const auto ch = b.bed.attach("scale", scale, stale, false);
  std::mt19937 random(2);
  std::normal_distribution<float> noise(0, 0.004F);
  b.until(60, [&] { b.put(ch, 5 + noise(random)); });
  b.until(400, [&] { b.put(ch, 27 + noise(random)); });
  EXPECT_EQ(b.out.readings.back().state, BedState::out_of_bed);
  EXPECT_NE(b.out.readings.back().why.str().find("; 22 kg lie on it"), std::string::npos);
  EXPECT_TRUE(b.kinds().empty());
  b.until(440, [&] { b.weigh(ch, 97 + noise(random)); });
  EXPECT_EQ(b.kinds(), std::vector<std::string>{"bed.entered"}) << "and somebody lies down beside it";
}

TEST(Sensors, who_proves_late_to_live_is_not_asleep_at_once) {
  Bench b;
  const auto ch = b.bed.attach("scale", scale, stale, false);
  b.until(60, [&] { b.put(ch, 5); });
  b.until(1260, [&] { b.put(ch, 75); });
  EXPECT_TRUE(b.kinds().empty());
  b.until(1300, [&] { b.put(ch, 75 + static_cast<float>(b.t < 1268 ? 3 * std::sin(5.6 * b.t) : 0)); });
  ASSERT_EQ(b.kinds().front(), "bed.entered");
  EXPECT_NEAR(seconds(std::get<event::BedEntered>(b.out.events.front().payload).ago), 1204, 6);
  EXPECT_EQ(b.out.readings.back().state, BedState::awake);
  b.until(5000, [&] { b.put(ch, 75); });
  EXPECT_EQ(b.out.readings.back().state, BedState::asleep);
}

TEST(Sensors, a_cat_is_told_of_and_is_nobody) {
  Bench b;
  const auto ch = b.bed.attach("scale", scale, stale, false);
  b.until(60, [&] { b.put(ch, 5); });
  b.until(600, [&] { b.put(ch, 10 + static_cast<float>(0.5 * std::sin(6 * b.t))); });
  EXPECT_EQ(b.out.readings.back().state, BedState::out_of_bed);
  EXPECT_NE(b.out.readings.back().why.str().find("; 5 kg lie on it"), std::string::npos);
  EXPECT_TRUE(b.kinds().empty());
}

TEST(Sensors, a_heavy_bed_at_the_first_start_is_not_yet_known) {
  Bench b;
  const auto ch = b.bed.attach("scale", scale, stale, false);
  b.until(1800, [&] { b.put(ch, 40); });
  EXPECT_EQ(b.out.readings.back().state, BedState::unknown);
  EXPECT_EQ(b.out.readings.back().why.view(), "load since the start: person or bed not known");
  EXPECT_TRUE(b.kinds().empty());
  b.until(1830, [&] { b.put(ch, 40 + static_cast<float>(3 * std::sin(5.6 * b.t))); });
  EXPECT_EQ(b.kinds(), std::vector<std::string>{"bed.entered"}) << "it moves: somebody has lain there";
}

TEST(Sensors, a_heavy_bed_is_tared_at_the_first_start_where_a_breath_would_show) {
  Bench b;
  const auto ch = b.bed.attach("scale", scale, stale, false);
  std::mt19937 random(2);
  std::normal_distribution<float> noise(0, 0.004F);
  b.until(400, [&] { b.put(ch, 40 + noise(random)); });
  EXPECT_EQ(b.out.readings.back().state, BedState::out_of_bed);
  EXPECT_NEAR(b.out.readings.back().load_kg.value().value, 0, 0.1);
  EXPECT_TRUE(b.kinds().empty());
}

TEST(Sensors, the_tare_of_a_bed_that_stayed_empty_is_kept_over_a_restart) {
  Bench b;
  std::array<ChannelIndex, 4> leg{};
  for (std::size_t i = 0; i < 4; ++i)
    leg[i] = b.bed.attach("leg-" + std::to_string(i), scale, stale, false);
  b.until(400, [&] {
    for (const auto ch : leg)
      b.put(ch, 2.5F);
  });
  ASSERT_EQ(b.out.events.size(), 1U);
  const auto& tared = std::get<event::BedTared>(b.out.events[0].payload);
  EXPECT_NEAR(tared.tare_kg, 10, 0.01);
  EXPECT_EQ(tared.cells, 4);

  // The daemon comes back with somebody in bed, and its scales one by one.
  Bench again;
  again.bed.restore(b.out.events[0], at_s(-100));
  int here = 3;
  for (std::size_t i = 0; i < 3; ++i)
    leg[i] = again.bed.attach("leg-" + std::to_string(i), scale, stale, false);
  const auto say = [&] {
    for (std::size_t i = 0; i < static_cast<std::size_t>(here); ++i)
      again.put(leg[i], 20 + (i == 0 ? static_cast<float>(0.8 * std::sin(5.6 * again.t)) : 0.0F));
  };
  again.until(60, say);
  EXPECT_EQ(again.out.readings.back().state, BedState::unknown);
  EXPECT_EQ(again.out.readings.back().why.view(), "3 of 4 load cells are here");
  leg[3] = again.bed.attach("leg-3", scale, stale, false);
  here = 4;
  again.until(90, say);
  EXPECT_NEAR(again.out.readings.back().load_kg.value().value, 70, 1);
  EXPECT_EQ(again.kinds(), std::vector<std::string>{"bed.entered"});
}

TEST(Sensors, a_detached_one_is_unknown_at_once) {
  Bench b;
  const auto ch = b.bed.attach("scale", scale, std::chrono::minutes(5), false);
  b.until(60, [&] { b.put(ch, 5); });
  EXPECT_EQ(b.out.readings.back().state, BedState::out_of_bed);
  b.bed.detach("scale");
  b.until(62, [&] { b.put(ch, 5); });
  EXPECT_EQ(b.out.readings.back().state, BedState::unknown);
  EXPECT_FALSE(b.out.readings.back().load_kg);
  EXPECT_EQ(b.out.readings.back().why.view(), "load sensor away");
}

TEST(Sensors, heart_and_breath_pass_with_their_age_and_go_when_stale) {
  Bench b;
  const auto heart = b.bed.attach("radar", Channel{Quantity::heart_rate, 1, 1, 0, 20, 250, 0}, stale, false);
  const auto breath = b.bed.attach("radar", Channel{Quantity::breath_rate, 1, 1, 0, 2, 60, 0}, stale, false);
  EXPECT_NE(heart, breath);
  b.until(10, [&] {
    if (b.t < 8) b.put(heart, 61), b.put(breath, 14);
  });
  const Reading& r = b.out.readings.back();
  ASSERT_TRUE(r.heart_bpm && r.breath_rpm);
  EXPECT_EQ(r.heart_bpm->value, 61);
  EXPECT_EQ(r.breath_rpm->value, 14);
  EXPECT_NEAR(seconds(r.at - r.heart_bpm->at), 2.1, 0.11);
  b.until(12, [] {});
  EXPECT_FALSE(b.out.readings.back().heart_bpm);
  EXPECT_EQ(b.out.readings.back().state, BedState::unknown);
}

TEST(Sensors, breath_of_the_cells_goes_before_a_radars_word_while_it_is_sure) {
  Bench b;
  const auto ch = b.bed.attach("scale", scale, stale, false);
  const auto radar = b.bed.attach("radar", Channel{Quantity::breath_rate, 1, 1, 0, 2, 60, 0}, stale, false);
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0, 0.004F);
  bool breathes = true;
  const auto say = [&] {
    const double swing = breathes ? 0.08 * std::sin(2 * std::numbers::pi * 0.25 * b.t) : 0.0;
    b.weigh(ch, static_cast<float>((b.t < 60 ? 5 : 75) + swing) + noise(random)), b.put(radar, 19);
  };
  b.until(59, say);
  EXPECT_FALSE(b.out.readings.back().breath_rpm) << "of an empty bed nothing is told";
  EXPECT_EQ(b.out.readings.back().breath_from, RateSource::none);
  b.until(75, say);
  EXPECT_EQ(b.out.readings.back().breath_from, RateSource::sensor) << "too little seen";
  EXPECT_EQ(b.out.readings.back().breath_rpm->value, 19);
  EXPECT_FALSE(b.out.readings.back().breath_quality);
  b.until(120, say);
  const Reading& sure = b.out.readings.back();
  EXPECT_EQ(sure.breath_from, RateSource::load);
  EXPECT_NEAR(sure.breath_rpm->value, 15, 0.5);
  EXPECT_GT(sure.breath_quality.value(), 0.9F);
  EXPECT_LE(sure.at - sure.breath_rpm->at, std::chrono::seconds(2));
  EXPECT_EQ(sure.heart_from, RateSource::none) << "10 Hz are too slow for the heart";
  breathes = false;
  b.until(132, say);
  EXPECT_EQ(b.out.readings.back().breath_from, RateSource::sensor);
  b.bed.detach("radar");
  b.until(134, say);
  EXPECT_FALSE(b.out.readings.back().breath_rpm) << "a pause is no number";
  EXPECT_EQ(b.out.readings.back().breath_from, RateSource::load) << "though it is looked for";
  b.bed.detach("scale");
  b.until(140, say);
  EXPECT_EQ(b.out.readings.back().breath_from, RateSource::none);
}

TEST(Sensors, the_word_of_a_mat_drives_presence_when_the_scale_is_silent) {
  Bench b;
  const auto load = b.bed.attach("scale", scale, stale, false);
  const auto word = b.bed.attach("mat", mat_word, stale, false);
  b.until(60, [&] { b.weigh(load, 5), b.put(word, 0); });
  b.until(120, [&] { b.weigh(load, 75), b.put(word, 1); });
  EXPECT_EQ(b.kinds(), std::vector<std::string>{"bed.entered"});
  b.until(180, [&] { b.put(word, 1); });
  EXPECT_EQ(b.kinds(), std::vector<std::string>{"bed.entered"});
  b.until(240, [&] { b.put(word, 0); });
  ASSERT_EQ(b.kinds(), (std::vector<std::string>{"bed.entered", "bed.left"}));
  const auto& left = std::get<event::BedLeft>(b.out.events.back().payload);
  EXPECT_NEAR(seconds(left.ago), 10, 1.1);
}

TEST(Sensors, a_scale_that_speaks_on_change_holds_its_word_while_fresh) {
  Bench b;
  Channel slow = scale;
  slow.rate_hz = 0;
  const auto ch = b.bed.attach("hid", slow, std::chrono::seconds(30), false);
  int n = 0;
  b.until(60, [&] {
    if (n++ % 200 == 0) b.put(ch, 5);
  });
  EXPECT_EQ(b.out.readings.back().state, BedState::out_of_bed);
  EXPECT_GT(b.out.readings.back().at - b.out.readings.back().load_kg->at, std::chrono::seconds(15));
  b.put(ch, 75);
  b.until(64, [] {});
  EXPECT_EQ(b.out.readings.back().state, BedState::out_of_bed);
  b.until(66, [] {});
  EXPECT_EQ(b.out.readings.back().state, BedState::awake);
}

TEST(Sensors, waves_are_the_load_and_the_movement_on_the_10_hz_grid) {
  Bench b;
  const auto ch = b.bed.attach("scale", scale, stale, false);
  b.until(20, [&] { b.put(ch, 5); });
  b.out.clear();
  b.until(21, [&] { b.put(ch, 12.34F); });
  ASSERT_EQ(b.out.waves.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_EQ(b.out.waves[i].trace, i % 2 ? Trace::movement : Trace::load);
  EXPECT_NEAR(s_of(b.out.waves[2].at) - s_of(b.out.waves[0].at), 0.1, 1e-9);
  EXPECT_EQ(b.out.waves[10].value, 734);
  EXPECT_GT(b.out.waves[3].value, 100) << "a jump of 7 kg is movement";
}

TEST(Sensors, a_worn_sensor_alone_draws_its_activity_in_mg) {
  Bench b;
  const auto ch = b.bed.attach("wrist", wrist, stale, false);
  b.until(2, [&] { b.bed.step(Sample{ch, at_s(b.t), std::array{0.0F, 0.0F, 1.25F}}, b.out); });
  EXPECT_EQ(b.out.waves.back().trace, Trace::movement);
  EXPECT_EQ(b.out.waves.back().value, 250);
  EXPECT_EQ(b.out.waves[b.out.waves.size() - 2].value, wave_absent);
  EXPECT_NEAR(b.out.readings.back().activity_mg->value, 250, 0.1);
}

TEST(Sensors, a_worn_sensor_too_slow_for_counts_makes_none) {
  Bench b;
  Channel slow = wrist;
  slow.rate_hz = 1;
  const auto ch = b.bed.attach("imu", slow, stale, false);
  int n = 0;
  b.until(120, [&] {
    if (n++ % 10 == 0) b.bed.step(Sample{ch, at_s(b.t), std::array{0.0F, 0.0F, 1.0F}}, b.out);
  });
  for (const auto& e : b.out.epochs)
    EXPECT_EQ(e.score, EpochState::unknown);
  EXPECT_EQ(b.out.readings.back().state, BedState::unknown);
  EXPECT_TRUE(b.out.readings.back().activity_mg);
}

TEST(Sensors, one_moved_to_another_place_is_a_position_of_the_person) {
  Bench b;
  const auto left = b.bed.attach("left", scale, stale, false);
  const auto right = b.bed.attach("right", scale, stale, false);
  float l = 5, r = 5;
  int n = 0;
  bool moving = false;
  const auto say = [&] {
    const float swing = moving ? (n++ / 5 % 2 ? 3.0F : -3.0F) : 0;
    b.weigh(left, l + swing), b.put(right, r - swing);
  };
  b.until(60, say);
  l = 30, r = 50;
  b.until(120, say);
  moving = true;
  b.until(126, say);
  moving = false, l = 48, r = 32;
  b.until(150, say);
  ASSERT_EQ(b.kinds(), (std::vector<std::string>{"bed.entered", "position.changed"}));
  const auto& e = std::get<event::PositionChanged>(b.out.events.back().payload);
  EXPECT_NEAR(e.size, 18, 0.5);
  EXPECT_EQ(e.unit.view(), "kg");
}

}  // namespace
}  // namespace vigil::bed::test

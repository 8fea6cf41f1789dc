#include <cmath>

#include <gtest/gtest.h>

#include "drivers/bench_port.hpp"
#include "drivers/settings.hpp"
#include "drivers/synthetic/driver.hpp"
#include "drivers/synthetic/physiology.hpp"

namespace vigil::drivers::synthetic {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TEST(Physiology, repeats_exactly_and_differs_by_seed) {
  Physiology one({.seed = 7}), again({.seed = 7}), other({.seed = 8});
  bool differs = false;
  for (int i = 0; i < 36000; ++i) {
    const auto a = one.next();
    const auto b = again.next();
    const auto c = other.next();
    ASSERT_EQ(a.load_kg, b.load_kg);
    ASSERT_EQ(a.wrist_g, b.wrist_g);
    ASSERT_EQ(a.truth, b.truth);
    differs |= a.load_kg != c.load_kg;
  }
  EXPECT_TRUE(differs);
}

TEST(Physiology, plan_is_a_night_like_others_have_been) {
  double asleep_h = 0, in_bed_h = 0;
  int stretches_of_sleep = 0, trips = 0;
  constexpr int people = 20;
  for (std::uint64_t seed = 1; seed <= people; ++seed) {
    const Physiology body({.seed = seed});
    const auto& plan = body.plan();
    ASSERT_EQ(plan.front().truth, Truth::out_of_bed);
    ASSERT_EQ(plan.back().truth, Truth::out_of_bed);
    for (std::size_t i = 0; i < plan.size(); ++i) {
      ASSERT_LT(plan[i].from, plan[i].until);
      if (i > 0) {
        ASSERT_EQ(plan[i].from, plan[i - 1].until);
        ASSERT_NE(plan[i].truth, plan[i - 1].truth);
        // Nobody falls asleep on the way out, or wakes up standing.
        ASSERT_FALSE(plan[i].truth == Truth::asleep && plan[i - 1].truth == Truth::out_of_bed);
        ASSERT_FALSE(plan[i].truth == Truth::out_of_bed && plan[i - 1].truth == Truth::asleep);
      }
      const double h = seconds(plan[i].until - plan[i].from) / 3600;
      if (plan[i].truth == Truth::asleep) asleep_h += h, ++stretches_of_sleep;
      if (i > 0 && i + 1 < plan.size()) {
        in_bed_h += h;
        trips += plan[i].truth == Truth::out_of_bed;
      }
    }
  }
  EXPECT_NEAR(in_bed_h / people, 8, 0.01);
  const double efficiency = asleep_h / in_bed_h;
  EXPECT_GT(efficiency, 0.78);
  EXPECT_LT(efficiency, 0.95);
  EXPECT_GT(stretches_of_sleep / people, 10);
  EXPECT_LT(stretches_of_sleep / people, 35);
  EXPECT_GT(trips, people / 4);
}

TEST(Physiology, pain_shortens_sleep) {
  double calm = 0, sore = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed)
    for (const double pain : {0.0, 1.0}) {
      const Physiology body({.seed = seed, .pain = pain});
      for (const auto& s : body.plan())
        if (s.truth == Truth::asleep) (pain > 0 ? sore : calm) += seconds(s.until - s.from);
    }
  EXPECT_LT(sore, 0.85 * calm);
}

TEST(Physiology, load_tells_bed_from_floor_and_breath_moves_it) {
  Physiology body({.seed = 3, .weight_kg = 60});
  double empty_max = 0, lying_min = 1e9;
  std::vector<double> quiet;  // a minute of sleep without a movement, at 10 Hz
  std::vector<double> best;
  Duration since_change{};
  auto before = Truth::out_of_bed;
  for (Duration at{}; at < hours(9); at += Physiology::step) {
    const auto& chunk = body.next();
    ASSERT_TRUE(std::isfinite(chunk.load_kg[0]) && std::isfinite(chunk.wrist_g[0][0]));
    ASSERT_EQ(chunk.truth, body.truth(at));
    since_change = chunk.truth == before ? since_change + Physiology::step : Duration{};
    before = chunk.truth;
    if (since_change < minutes(1)) continue;
    if (chunk.truth == Truth::out_of_bed) empty_max = std::max<double>(empty_max, chunk.load_kg[0]);
    if (chunk.truth != Truth::out_of_bed && !chunk.moving)
      lying_min = std::min<double>(lying_min, chunk.load_kg[0]);
    if (chunk.truth == Truth::asleep && !chunk.moving)
      quiet.push_back(chunk.load_kg[0]);
    else
      quiet.clear();
    if (quiet.size() == 600) best = quiet;
  }
  EXPECT_LT(empty_max, 12);
  EXPECT_GT(lying_min, 60);
  ASSERT_EQ(best.size(), 600U);
  // The strongest line between 0.1 and 0.5 Hz is a breath of 0.2 to 0.3 Hz.
  double mean = 0;
  for (const double v : best)
    mean += v / 600;
  double strongest = 0, strongest_hz = 0;
  for (double hz = 0.1; hz <= 0.5; hz += 0.005) {
    double re = 0, im = 0;
    for (std::size_t i = 0; i < best.size(); ++i) {
      re += (best[i] - mean) * std::cos(2 * M_PI * hz * 0.1 * static_cast<double>(i));
      im += (best[i] - mean) * std::sin(2 * M_PI * hz * 0.1 * static_cast<double>(i));
    }
    if (re * re + im * im > strongest) strongest = re * re + im * im, strongest_hz = hz;
  }
  EXPECT_GT(strongest_hz, 0.18);
  EXPECT_LT(strongest_hz, 0.32);
}

TEST(Physiology, cells_change_nothing_else_and_carry_the_body_between_them) {
  Physiology plain({.seed = 5, .heart_bpm = 57}), with({.seed = 5, .cells = true, .heart_bpm = 57});
  std::int64_t next = 0;
  double pauses = 0, asleep = 0, breaths = 0, beats = 0, least = 1e9, most_empty = 0;
  Duration settled{};
  auto before = Truth::out_of_bed;
  for (Duration at{}; at < minutes(100); at += Physiology::step) {
    const auto& a = plain.next();
    const auto& b = with.next();
    ASSERT_EQ(a.load_kg, b.load_kg);
    ASSERT_EQ(a.wrist_g, b.wrist_g);
    ASSERT_EQ(a.cells, 0U);
    ASSERT_EQ(b.first_cell, next) << "every 8 ms, without a hole";
    next += static_cast<std::int64_t>(b.cells);
    ASSERT_NEAR(static_cast<double>(next) / LoadCells::rate_hz, seconds(at + Physiology::step), 0.008);
    settled = b.truth == before && !b.moving ? settled + Physiology::step : Duration{};
    before = b.truth;
    if (settled < std::chrono::seconds(10)) continue;
    const auto& kg = b.cells_kg[0];
    const double sum = double{kg[0]} + kg[1] + kg[2] + kg[3];
    if (b.truth == Truth::out_of_bed) {
      most_empty = std::max(most_empty, sum);
      ASSERT_EQ(b.breath_rpm, 0);
      continue;
    }
    least = std::min(least, sum);
    if (b.truth != Truth::asleep) continue;
    ++asleep;
    pauses += b.breath_rpm == 0;
    if (b.breath_rpm > 0) {
      ASSERT_NEAR(b.breath_rpm, 16, 11);
    }
    ASSERT_NEAR(b.heart_bpm, 60, 40);
    breaths += b.breath_rpm, beats += b.heart_bpm;
  }
  EXPECT_GT(least, most_empty + 65);
  EXPECT_NEAR(breaths / asleep, 14, 3);
  EXPECT_NEAR(beats / asleep, 61, 5) << "his own 57, a little more early in the night";
  EXPECT_GT(pauses / asleep, 0.002);
  EXPECT_LT(pauses / asleep, 0.05);
}

TEST(Physiology, wakes_move_more_than_sleep_and_still_wake_exists) {
  double moving_asleep = 0, asleep = 0, moving_awake = 0, awake = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Physiology body({.seed = seed});
    for (Duration at{}; at < hours(8); at += Physiology::step) {
      const auto& chunk = body.next();
      if (chunk.truth == Truth::asleep) ++asleep, moving_asleep += chunk.moving;
      if (chunk.truth == Truth::awake) ++awake, moving_awake += chunk.moving;
    }
  }
  EXPECT_GT(moving_awake / awake, 5 * moving_asleep / asleep);
  EXPECT_LT(moving_awake / awake, 0.3);
  EXPECT_GT(moving_asleep, 0);
}

TEST(Synthetic, paces_live_and_brings_the_past_at_once) {
  const Instant start{hours(100)};
  PassingTime port(start, start + std::chrono::seconds(10));
  const WrittenSettings settings(driver, {{"started_ago_h", "0.5"}, {"seed", "4"}});
  Heard heard;
  EXPECT_EQ(run_to_end(driver, port, settings, heard), "the test is over");
  ASSERT_EQ(heard.channels.size(), 2U);
  EXPECT_EQ(heard.channels[0].quantity, Quantity::load);
  EXPECT_EQ(heard.channels[1].quantity, Quantity::acceleration);
  EXPECT_EQ(heard.what, "simulated sleeper, seed 4");
  std::array<Instant, 2> last{};
  std::array<int, 2> count{};
  for (const auto& s : heard.samples) {
    EXPECT_EQ(s.values.size(), heard.channels[s.channel].values());
    ASSERT_GT(s.at, last[s.channel]);
    last[s.channel] = s.at;
    ++count[s.channel];
  }
  EXPECT_EQ(heard.samples.front().at, start - minutes(30));
  EXPECT_NEAR(count[0], 1810 * 20, 4);
  EXPECT_NEAR(count[1], 1810 * 30, 6);
}

TEST(Synthetic, on_four_cells_sends_them_125_times_a_second) {
  const Instant start{hours(100)};
  PassingTime port(start, start + std::chrono::seconds(60));
  Heard heard;
  run_to_end(driver, port, WrittenSettings(driver, {{"cells", "true"}, {"wrist", "false"}}), heard);
  ASSERT_EQ(heard.channels.size(), 1U);
  EXPECT_EQ(heard.channels[0].columns, 4);
  EXPECT_EQ(heard.channels[0].rate_hz, 125);
  ASSERT_NEAR(static_cast<double>(heard.samples.size()), 60 * 125, 15);
  for (std::size_t i = 1; i < heard.samples.size(); ++i)
    ASSERT_EQ(heard.samples[i].at - heard.samples[i - 1].at, std::chrono::milliseconds(8));
}

TEST(Synthetic, a_suspended_machine_leaves_a_gap) {
  const Instant start{hours(100)};
  class Suspended : public PassingTime {
   public:
    using PassingTime::PassingTime;
    asio::awaitable<Arrival> read(std::optional<std::chrono::milliseconds> timeout) override {
      if (++reads_ == 50) now_ += hours(2);
      return PassingTime::read(timeout);
    }
    int reads_ = 0;
  } port(start, start + hours(2) + std::chrono::seconds(30));
  Heard heard;
  run_to_end(driver, port, WrittenSettings(driver, {{"wrist", "false"}}), heard);
  Duration widest{};
  for (std::size_t i = 1; i < heard.samples.size(); ++i)
    widest = std::max(widest, heard.samples[i].at - heard.samples[i - 1].at);
  EXPECT_NEAR(seconds(widest), 7200, 12);
}

TEST(Physiology, leaving_a_sensor_out_changes_nothing_of_the_others) {
  for (const Kind kind : kinds) {
    Physiology whole({.seed = 6, .kind = kind}), wrist({.seed = 6, .kind = kind, .load = false}),
        load({.seed = 6, .kind = kind, .wrist = false});
    for (Duration at{}; at < minutes(30); at += Physiology::step) {
      const auto& all = whole.next();
      const auto& worn = wrist.next();
      const auto& weighed = load.next();
      ASSERT_EQ(all.wrist_g, worn.wrist_g);
      ASSERT_EQ(all.load_kg, weighed.load_kg);
      ASSERT_EQ(all.heart_bpm, worn.heart_bpm);
    }
  }
}

TEST(Physiology, a_second_night_follows_of_the_same_person) {
  for (const Kind kind : kinds) {
    Physiology body({.seed = 9, .night_h = 2, .day_h = 1, .kind = kind, .load = false});
    double asleep = 0;
    while (body.position() < hours(8)) {
      const auto& chunk = body.next();
      if (body.position() > hours(3) + minutes(10)) asleep += chunk.truth == Truth::asleep;
    }
    EXPECT_GT(asleep / 36000, 1) << name(kind);
    for (std::size_t i = 1; i < body.plan().size(); ++i)
      ASSERT_EQ(body.plan()[i].from, body.plan()[i - 1].until);
    for (std::size_t i = 1; i < body.partner_plan().size(); ++i)
      ASSERT_EQ(body.partner_plan()[i].from, body.partner_plan()[i - 1].until);
  }
}

TEST(Synthetic, is_the_person_named) {
  const Instant start{hours(100)};
  PassingTime port(start, start + std::chrono::seconds(5));
  Heard heard;
  EXPECT_EQ(run_to_end(driver, port, WrittenSettings(driver, {{"person", "two_in_bed"}}), heard),
            "the test is over");
  PassingTime other(start, start + std::chrono::seconds(5));
  Heard nothing;
  EXPECT_NE(run_to_end(driver, other, WrittenSettings(driver, {{"person", "nobody"}}), nothing)
                .find("found \"nobody\""),
            std::string::npos);
  for (const Kind kind : kinds)
    EXPECT_EQ(kind_of(name(kind)), kind);
}

TEST(Synthetic, refuses_to_measure_nothing) {
  PassingTime port(Instant{}, Instant{hours(1)});
  Heard heard;
  const WrittenSettings settings(driver, {{"wrist", "false"}, {"scale", "false"}});
  EXPECT_NE(run_to_end(driver, port, settings, heard).find("expected scale = true or wrist = true"),
            std::string::npos);
}

TEST(WrittenSettings, names_each_mistake) {
  EXPECT_THROW(WrittenSettings(driver, {{"sed", "1"}}), std::invalid_argument);
  EXPECT_THROW(WrittenSettings(driver, {{"pain", "2"}}), std::invalid_argument);
  EXPECT_THROW(WrittenSettings(driver, {{"pain", "much"}}), std::invalid_argument);
  EXPECT_THROW(WrittenSettings(driver, {{"wrist", "yes"}}), std::invalid_argument);
  EXPECT_EQ(WrittenSettings(driver, {{"pain", "0.5"}}).number("pain"), 0.5);
  EXPECT_EQ(WrittenSettings(driver).number("weight_kg"), 72);
}

TEST(WrittenSettings, reads_a_table_as_written) {
  const auto table = settings_of_table(
      "[[device]]\ndriver = \"hid_scale\" # the floor plate\nbed = \"bed-1\"\n"
      "force_unit = \"kg\"   # as printed on it\nforce_exp = -1 # tenths\n\n");
  ASSERT_EQ(table.size(), 2U);
  EXPECT_EQ(table.at("force_unit"), "kg");
  EXPECT_EQ(table.at("force_exp"), "-1");
}

}  // namespace
}  // namespace vigil::drivers::synthetic

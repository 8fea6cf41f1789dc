#include "signal/counts.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace vigil::signal {
namespace {

Instant at(double s) { return {from_seconds(s)}; }

// Counts a minute of a swing of `g` peak at `hz` along z of a wrist lying at rest, seen at `rate`, settled.
double counts_a_minute(double rate, double g, double hz, bool held_from_5_hz = false) {
  Counts counts(rate);
  double sum = 0;
  for (int i = 0; i < 90 * rate; ++i) {
    const double t = i / rate;
    const double seen = held_from_5_hz ? std::floor(t * 5 + 1e-9) / 5 : t;
    const auto z = static_cast<float>(0.1 + g * std::sin(2 * std::numbers::pi * hz * seen + 0.3));
    const float c = counts.step({-0.6F, 0.78F, z}, at(t));
    if (t >= 30) sum += c;
  }
  return sum;
}

TEST(Counts, of_one_movement_are_the_same_at_any_rate) {
  const double reference = counts_a_minute(100, 0.5, 1);
  EXPECT_NEAR(reference, 5300, 200) << "the scale that the header states";
  for (const double rate : {10.0, 12.5, 25.0, 31.25, 50.0, 62.5, 100.0, 125.0})
    for (const double hz : {0.5, 1.0, 1.7})
      EXPECT_NEAR(counts_a_minute(rate, 0.5, hz) / counts_a_minute(100, 0.5, hz), 1, 0.06)
          << rate << " Hz of " << hz;
  for (const double hz : {0.53, 1.03})
    EXPECT_NEAR(counts_a_minute(5, 0.5, hz) / counts_a_minute(100, 0.5, hz), 1, 0.15) << hz;
}

TEST(Counts, of_5_hz_held_to_100_hz_are_near_those_of_the_movement) {
  EXPECT_NEAR(counts_a_minute(100, 0.5, 0.53, true) / counts_a_minute(100, 0.5, 0.53), 1, 0.1);
}

TEST(Counts, come_from_the_band_only) {
  const double within = counts_a_minute(100, 0.3, 1);
  EXPECT_LT(counts_a_minute(100, 0.3, 0.05), 0.01 * within) << "slow turning of the arm";
  EXPECT_LT(counts_a_minute(100, 0.3, 12), 0.01 * within) << "tremor and knocks";
}

TEST(Counts, ignore_what_is_below_the_deadband_and_gravity) {
  EXPECT_EQ(counts_a_minute(50, 0.06, 1), 0);
  EXPECT_EQ(counts_a_minute(50, 0, 1), 0);
}

TEST(Counts, do_not_depend_on_which_axis_moves) {
  const auto along = [](std::array<float, 3> axis) {
    Counts counts(50);
    double sum = 0;
    for (int i = 0; i < 3000; ++i) {
      const auto s = static_cast<float>(0.5 * std::sin(2 * std::numbers::pi * i / 50));
      sum += counts.step({axis[0] * s, axis[1] * s, axis[2] * s}, at(i / 50.0));
    }
    return sum;
  };
  EXPECT_FLOAT_EQ(static_cast<float>(along({1, 0, 0})), static_cast<float>(along({0, 0, 1})));
}

TEST(Counts, of_a_gap_are_none) {
  Counts counts(100);
  for (int i = 0; i < 1000; ++i)
    counts.step({0, 0, 1}, at(i / 100.0));
  // The arm lies otherwise after an hour: a step of 2 g that nobody made within this second.
  double sum = 0;
  for (int i = 0; i < 1000; ++i)
    sum += counts.step({0, 0, -1}, at(3600 + i / 100.0));
  EXPECT_EQ(sum, 0);
}

TEST(Counts, stay_finite_for_what_a_sensor_may_say_at_worst) {
  for (const double rate : {5.0, 100.0, 125.0}) {
    Counts counts(rate);
    double sum = 0;
    for (int i = 0; i < 10000; ++i)
      sum += counts.step({i % 2 ? 16.0F : -16.0F, 16, -16}, at(i / rate));
    EXPECT_TRUE(std::isfinite(sum));
  }
}

}  // namespace
}  // namespace vigil::signal

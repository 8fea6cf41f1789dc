#include "acquire/admit.hpp"

#include <array>
#include <limits>

#include <gtest/gtest.h>

namespace vigil::acquire {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Channel scale{.quantity = Quantity::load, .rate_hz = 10, .minimum = -5, .maximum = 300};
constexpr Channel wrist{
    .quantity = Quantity::acceleration, .columns = 3, .rate_hz = 100, .minimum = -20, .maximum = 20};

Instant at(Duration d) { return {d}; }

std::optional<Reject> one(Admit& admit, Instant t, float value) {
  const std::array v{value};
  return admit(t, v);
}

TEST(Admit, believes_what_the_sensor_can_produce) {
  Admit admit(scale);
  EXPECT_FALSE(one(admit, at(seconds(1)), -5));
  EXPECT_FALSE(one(admit, at(seconds(2)), 300));
  EXPECT_EQ(one(admit, at(seconds(3)), 300.1F), Reject::range);
  EXPECT_EQ(one(admit, at(seconds(3)), -5.1F), Reject::range);
  EXPECT_EQ(one(admit, at(seconds(3)), std::numeric_limits<float>::quiet_NaN()), Reject::range);
  EXPECT_EQ(one(admit, at(seconds(3)), std::numeric_limits<float>::infinity()), Reject::range);
}

TEST(Admit, without_bounds_only_numbers_are_asked_for) {
  Admit admit({.quantity = Quantity::pressure});
  EXPECT_FALSE(one(admit, at(seconds(1)), 1e9F));
  EXPECT_EQ(one(admit, at(seconds(2)), -std::numeric_limits<float>::infinity()), Reject::range);
}

TEST(Admit, one_bad_axis_is_a_bad_sample) {
  Admit admit(wrist);
  const std::array good{0.F, 0.F, 1.F}, bad{0.F, 21.F, 1.F};
  const std::array two{0.F, 1.F};
  EXPECT_FALSE(admit(at(seconds(1)), good));
  EXPECT_EQ(admit(at(seconds(1)), bad), Reject::range);
  EXPECT_EQ(admit(at(seconds(1)), two), Reject::length);
}

TEST(Admit, time_never_goes_back_but_may_stand) {
  Admit admit(scale);
  EXPECT_FALSE(one(admit, at(seconds(5)), 1));
  EXPECT_FALSE(one(admit, at(seconds(5)), 2));
  EXPECT_EQ(one(admit, at(seconds(5) - milliseconds(1)), 3), Reject::order);
  EXPECT_FALSE(one(admit, at(seconds(5)), 4));  // what was refused did not move the time
}

TEST(Admit, takes_what_a_late_read_brings_at_once_and_refuses_a_flood) {
  Admit late(wrist);
  const std::array g{0.F, 0.F, 1.F};
  for (int i = 0; i < 500; ++i)
    EXPECT_FALSE(late(at(seconds(5)), g)) << i;  // 5 s of 100 Hz in one read

  Admit admit(wrist);
  int refused = 0;
  for (int i = 0; i < 100'000; ++i)  // 1,000 Hz for 100 s
    if (const auto why = admit(at(milliseconds(i)), g)) {
      EXPECT_EQ(*why, Reject::flood);
      ++refused;
    }
  // 400 a second are let through, and the burst's 4,000 at first.
  EXPECT_NEAR(refused, 100'000 - 40'000 - 4'000, 500);
}

TEST(Admit, twice_the_nominal_rate_is_no_flood) {
  Admit admit(wrist);
  const std::array g{0.F, 0.F, 1.F};
  for (int i = 0; i < 60'000; ++i)
    ASSERT_FALSE(admit(at(milliseconds(5 * i)), g)) << i;
}

}  // namespace
}  // namespace vigil::acquire

#include "base/clock.hpp"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

namespace vigil {
namespace {

TEST(Clock, wall_and_instant_tell_the_same_moment) {
  const Clock clock;
  const auto at = clock.now();
  const auto gap = clock.wall().since_epoch - clock.wall_at(at).since_epoch;
  EXPECT_GE(gap.count(), 0);
  EXPECT_LT(gap, std::chrono::seconds(5));
}

TEST(Clock, scaled_time_runs_faster_by_the_scale_on_both_clocks) {
  const Clock clock(1000), plain;
  const auto a = clock.now(), b = plain.now();
  while (plain.now() - b < std::chrono::milliseconds(5)) {
  }
  const auto passed = clock.now() - a;
  EXPECT_GE(passed, std::chrono::seconds(5));
  EXPECT_EQ(clock.machine(std::chrono::seconds(1)), std::chrono::milliseconds(1));
  // the wall clock goes with it
  EXPECT_GE(clock.wall().since_epoch - plain.wall().since_epoch, std::chrono::seconds(4));
}

TEST(Clock, starts_ahead_where_the_log_is_ahead) {
  const Clock clock(60, std::chrono::hours(2)), plain;
  const auto ahead = clock.wall().since_epoch - plain.wall().since_epoch;
  EXPECT_GE(ahead, std::chrono::hours(2));
  EXPECT_LT(ahead, std::chrono::hours(3));
  EXPECT_LT(clock.now() - plain.now(),
            std::chrono::hours(1));  // only the wall is moved: instants are of this boot
}

TEST(Clock, a_past_moment_has_the_zone_offset_of_then) {
  setenv("TZ", "Europe/Berlin", 1);
  tzset();
  const Clock clock;
  // Half a year apart lie summer and winter time: exactly one of the two has +120 min.
  const auto then = clock.wall_at(clock.now() - std::chrono::hours(24 * 182));
  const auto now = clock.wall();
  EXPECT_NE(then.offset, now.offset);
  EXPECT_EQ(then.offset + now.offset, std::chrono::minutes(60 + 120));
  unsetenv("TZ");
  tzset();
}

TEST(Clock, the_kernels_clocks_are_read_together) {
  const auto k = kernel_clocks();
  EXPECT_GE(k.boottime, k.monotonic - std::chrono::seconds(1));
  EXPECT_GT(k.realtime, k.boottime);
}

}  // namespace
}  // namespace vigil

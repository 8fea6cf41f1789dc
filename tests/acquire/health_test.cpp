#include "acquire/health.hpp"

#include <gtest/gtest.h>

namespace vigil::acquire {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Rate, is_measured_over_the_last_minute) {
  Rate rate;
  const Instant start{hours(5)};
  EXPECT_EQ(rate.hz(start), 0);
  for (int i = 0; i < 1000; ++i)
    rate.count(start + milliseconds(10) * i);  // 10 s of 100 Hz
  EXPECT_DOUBLE_EQ(rate.hz(start + seconds(10)), 100);
  // silence counts, too
  EXPECT_DOUBLE_EQ(rate.hz(start + seconds(40)), 25);
  EXPECT_DOUBLE_EQ(rate.hz(start + seconds(60)), 1000.0 / 60);
  EXPECT_DOUBLE_EQ(rate.hz(start + seconds(70)), 0);
}

TEST(Rate, leaves_the_second_that_is_not_over_out) {
  Rate rate;
  const Instant start{hours(1)};
  for (int i = 0; i < 150; ++i)
    rate.count(start + milliseconds(10) * i);
  EXPECT_DOUBLE_EQ(rate.hz(start + milliseconds(1500)), 100);
}

TEST(Rate, works_before_the_boot) {  // what happened in an earlier boot has a negative Instant
  Rate rate;
  const Instant start{-hours(3)};
  for (int i = 0; i < 600; ++i)
    rate.count(start + milliseconds(100) * i);
  EXPECT_DOUBLE_EQ(rate.hz(start + seconds(60)), 10);
}

class Clocks : public testing::Test {
 protected:
  ClockNews pass(Duration boottime, Duration awake, Duration wall) {
    boot_ += boottime, mono_ += awake, real_ += wall;
    return watch_.look(boot_, mono_, real_, seconds(1));
  }
  ClockWatch watch_;

 private:
  Duration boot_{hours(1)}, mono_{hours(1)}, real_{hours(400'000)};
};

TEST_F(Clocks, ordinary_time_is_no_news) {
  for (int i = 0; i < 100'000; ++i) {
    // an adjtime slew of 0.5 ms a second, for more than a day
    const auto news = pass(seconds(1), seconds(1), seconds(1) + std::chrono::microseconds(500));
    ASSERT_FALSE(news.step || news.suspended || news.held_up) << i;
  }
}

TEST_F(Clocks, a_step_is_told_once_with_its_sign) {
  pass(seconds(1), seconds(1), seconds(1));
  auto news = pass(seconds(1), seconds(1), seconds(1) - hours(1));
  ASSERT_TRUE(news.step);
  EXPECT_EQ(*news.step, -hours(1));
  news = pass(seconds(1), seconds(1), seconds(1));
  EXPECT_FALSE(news.step);
  news = pass(seconds(1), seconds(1), seconds(4));
  ASSERT_TRUE(news.step);
  EXPECT_EQ(*news.step, seconds(3));
}

TEST_F(Clocks, small_steps_that_add_up_are_told) {
  pass(seconds(1), seconds(1), seconds(1));
  EXPECT_FALSE(pass(seconds(1), seconds(1), milliseconds(2500)).step);
  EXPECT_TRUE(pass(seconds(1), seconds(1), milliseconds(2500)).step);
}

TEST_F(Clocks, a_machine_that_slept_is_no_clock_that_stepped) {
  pass(seconds(1), seconds(1), seconds(1));
  const auto news = pass(hours(3), seconds(1), hours(3));
  ASSERT_TRUE(news.suspended);
  EXPECT_EQ(*news.suspended, hours(3) - seconds(1));
  EXPECT_FALSE(news.step);
  EXPECT_FALSE(news.held_up);
}

TEST_F(Clocks, a_daemon_that_was_stopped_says_so) {
  pass(seconds(1), seconds(1), seconds(1));
  EXPECT_FALSE(pass(seconds(5), seconds(5), seconds(5)).held_up);
  const auto news = pass(seconds(20), seconds(20), seconds(20));
  ASSERT_TRUE(news.held_up);
  EXPECT_EQ(*news.held_up, seconds(20));
  EXPECT_FALSE(news.suspended);
}

}  // namespace
}  // namespace vigil::acquire

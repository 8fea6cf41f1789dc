#include "drivers/port/usb_attendance.hpp"

#include <string>

#include <gtest/gtest.h>

namespace vigil::drivers {
namespace {

using Attendance = UsbAttendance<int, std::string>;

TEST(UsbAttendance, arrived_twice_is_known_the_second_time) {
  Attendance here;
  const int scale = 1;
  EXPECT_FALSE(here.knows(&scale));
  EXPECT_FALSE(here.arrive(&scale, "1-1", "scale"));
  EXPECT_TRUE(here.knows(&scale));
}

TEST(UsbAttendance, left_after_the_next_arrival_has_left_already) {
  Attendance here;
  const int before = 1, after = 1;  // alike, but not the same
  here.arrive(&before, "1-1", "before");
  EXPECT_EQ(here.arrive(&after, "1-1", "after"), "before");
  EXPECT_FALSE(here.leave(&before)) << "it left by the arrival; what is there now stays";
  EXPECT_TRUE(here.knows(&after));
  EXPECT_EQ(here.leave(&after), "after");
  EXPECT_FALSE(here.leave(&after));
}

TEST(UsbAttendance, other_ports_are_not_touched) {
  Attendance here;
  const int one = 1, two = 2, third = 3;
  here.arrive(&one, "1-1", "one");
  EXPECT_FALSE(here.arrive(&two, "1-1.1", "two"));
  EXPECT_EQ(here.arrive(&third, "1-1.1", "third"), "two");
  EXPECT_EQ(here.leave(&one), "one");
  EXPECT_TRUE(here.knows(&third));
}

}  // namespace
}  // namespace vigil::drivers

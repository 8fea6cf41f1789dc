#include "wire/devices_told.hpp"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/live.hpp"

namespace vigil::wire {
namespace {

using testing::HasSubstr;

DeviceHealth scale() {
  DeviceHealth h;
  h.device = "hid_scale:usb-1-1.2";
  h.driver = "hid_scale";
  h.bed = "bed-1";
  h.what = "DYMO S250";
  h.where = "usb 1-1.2 interface 0";
  h.state = DeviceState::live;
  h.last_sample = Instant{std::chrono::seconds(100)};
  h.nominal_hz = 100;
  h.measured_hz = 99.25;
  h.fitted_hz = 100.01;
  h.samples = 4711;
  h.rejects[static_cast<std::size_t>(Reject::checksum)] = 3;
  h.battery_percent = 87.0F;
  return h;
}

TEST(DevicesTold, what_the_daemon_tells_is_what_is_read) {
  auto fresh = scale();
  fresh.device = "hid_scale:usb-1-1.3";
  fresh.bed = {};
  fresh.state = DeviceState::unassigned;
  fresh.mend = "no bed is known for it";
  fresh.samples = 0;
  const std::array health{scale(), fresh};
  const auto told = devices_told(devices_text(health, {Instant{std::chrono::seconds(102)}, {}}));
  ASSERT_TRUE(told);
  ASSERT_EQ(told->size(), 2U);
  EXPECT_EQ(told->front().age_s, 2.0);
  EXPECT_EQ(told->front().health.rejects, health[0].rejects);
  EXPECT_EQ(told->front().health.state, DeviceState::live);

  const auto table = devices_table(*told);
  EXPECT_LT(table.find("usb-1-1.3"), table.find("usb-1-1.2")) << "who needs somebody comes first";
  for (const auto* words :
       {"bed     bed-1", "live, last sample 2 s ago", "4711 samples, 99.25 of 100 a second", "100 ppm",
        "3 checksum", "87 %", "no bed is known for it", "bed     none"})
    EXPECT_THAT(table, HasSubstr(words));
}

TEST(DevicesTold, another_programs_answer_is_none) {
  for (const auto* text : {"", "<html>", "[]", "{}", R"({"devices":7})", R"({"devices":[{"device":1}]})"})
    EXPECT_FALSE(devices_told(text) && !devices_told(text)->empty()) << text;
  EXPECT_FALSE(devices_told("<html>"));
}

}  // namespace
}  // namespace vigil::wire

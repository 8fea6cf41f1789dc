// The bridge of tests/simulators/phidget_bridge, through libusb, with each fault of its sheet.
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/usb_bench.hpp"

namespace vigil::drivers {
namespace {

using testing::HasSubstr;

const std::string cells = "capacity = 50\nsensitivity = 2\n";
UsbBench bridge(std::vector<std::string> options, const std::string& settings = cells) {
  options.insert(options.begin(), "--plugged");
  return UsbBench("phidget_bridge", options, settings);
}
const std::string sample = "sample phidget_bridge:141234";

/// kg of all cells of a sample line; -1 without a number.
double total(const std::string& line) {
  std::istringstream words(line.substr(sample.size()));
  double sum = 0;
  for (std::string word; words >> word;)
    sum += word == "-" ? -1 : std::stod(word) / 10;
  return sum;
}

TEST(PhidgetOnUsb, weighs_who_lies_there) {
  auto bench = bridge({"--kg", "70"});
  ASSERT_EQ(bench.hear("looked"), "looked 1") << bench.said();
  EXPECT_EQ(bench.hear("arrived"), "arrived phidget_bridge:141234 Phidget Bridge 1046");
  EXPECT_EQ(bench.hear("identity"), "identity phidget_bridge:141234");
  EXPECT_EQ(bench.hear("what"), "what Phidget Bridge 1046_0, version 102, 'bed 4'");
  EXPECT_EQ(bench.hear("sim: told"), "sim: told 0F77770100000000");
  EXPECT_EQ(bench.hear("channel"), "channel load 1x4");
  EXPECT_NEAR(total(bench.hear(sample)), 110, 0.5) << "the frame of 40 kg and a body of 70";
  bench.order("kg 0");
  std::string line;
  for (int i = 0; i < 500 && (line.empty() || total(line) > 41); ++i)
    line = bench.hear(sample);
  EXPECT_NEAR(total(line), 40, 0.5);
  EXPECT_TRUE(bench.quits()) << bench.said();
  EXPECT_EQ(bench.count("lost"), 0U);
}

TEST(PhidgetOnUsb, takes_its_settings_by_set_report_where_there_is_no_out_endpoint) {
  auto bench = bridge({"--no-out", "--kg", "70"}, cells + "gain = 64\ninterval = 16\ncells = \"0 2\"\n");
  EXPECT_EQ(bench.hear("sim: told"), "sim: told 0566660200000000") << bench.said();
  EXPECT_EQ(bench.hear("channel"), "channel load 1x2");
  EXPECT_FALSE(bench.hear(sample).empty()) << bench.said();
  EXPECT_TRUE(bench.quits());
}

TEST(PhidgetOnUsb, cells_that_come_in_two_packets_are_one_sample) {
  auto bench = bridge({"--split", "--kg", "70"});
  for (int i = 0; i < 20; ++i)
    EXPECT_NEAR(total(bench.hear(sample)), 110, 0.5) << bench.said();
  EXPECT_TRUE(bench.quits());
}

TEST(PhidgetOnUsb, a_cable_that_comes_off_is_named_and_taken_back) {
  auto bench = bridge({});
  ASSERT_FALSE(bench.hear(sample).empty()) << bench.said();
  bench.order("off 2");
  EXPECT_EQ(bench.hear("note cell"), "note cell 2 gives no number: is its cable in?") << bench.said();
  EXPECT_THAT(bench.hear(sample), HasSubstr(" - "));
  bench.order("silent 0");
  EXPECT_EQ(bench.hear("note cells"), "note cells 0 and 2 give no number: are their cables in?");
  bench.tell("fresh 0");
  EXPECT_EQ(bench.hear("note "), "note cell 2 gives no number: is its cable in?");
  bench.tell("on 2");
  EXPECT_EQ(bench.hear("note "), "note ");
  EXPECT_TRUE(bench.quits());
}

TEST(PhidgetOnUsb, short_packets_are_ridden_out_and_then_reset) {
  auto bench = bridge({});
  ASSERT_FALSE(bench.hear(sample).empty()) << bench.said();
  bench.order("short 20");
  EXPECT_EQ(bench.hear("reject"), "reject length");
  EXPECT_FALSE(bench.hear(sample).empty());
  bench.order("short 60");
  EXPECT_THAT(bench.hear("lost"), HasSubstr("sends short packets only; it was reset")) << bench.said();
  EXPECT_FALSE(bench.hear("sim: reset").empty()) << bench.said();
  EXPECT_TRUE(bench.quits());
}

TEST(PhidgetOnUsb, a_stall_a_wrong_echo_and_a_forgotten_setup_end_nothing) {
  auto bench = bridge({});
  ASSERT_FALSE(bench.hear(sample).empty()) << bench.said();
  bench.order("stall 200");
  EXPECT_FALSE(bench.hear(sample).empty());
  bench.order("echo 3");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(bench.hear("reject"), "reject stale_first");
  EXPECT_FALSE(bench.hear(sample).empty());
  EXPECT_EQ(bench.count("sim: told"), 1U);
  bench.order("forget");
  EXPECT_EQ(bench.hear("sim: told"), "sim: told 0F77770100000000") << "told again";
  EXPECT_FALSE(bench.hear(sample).empty());
  bench.order("err 71");  // EPROTO
  bench.order("err 32");  // EPIPE
  EXPECT_FALSE(bench.hear(sample).empty());
  EXPECT_TRUE(bench.quits());
  EXPECT_EQ(bench.count("lost"), 0U) << bench.said();
}

TEST(PhidgetOnUsb, settings_that_are_not_taken_are_sent_again) {
  auto bench = bridge({});
  ASSERT_FALSE(bench.hear(sample).empty()) << bench.said();
  bench.order("deaf 2");
  bench.order("forget");
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(bench.hear("sim: told").empty()) << i;
  EXPECT_FALSE(bench.hear(sample).empty()) << bench.said();
  bench.order("deaf 1000");
  bench.order("forget");
  EXPECT_THAT(bench.hear("lost"), HasSubstr("does not take its settings"));
  EXPECT_TRUE(bench.quits());
}

TEST(PhidgetOnUsb, a_1046_1_is_refused_with_what_to_do) {
  auto bench = bridge({"--version", "200"});
  EXPECT_THAT(bench.hear("refused"), HasSubstr("found version 200, a 1046_1, which speaks another protocol; "
                                               "use a 1046_0 here"))
      << bench.said();
  EXPECT_TRUE(bench.quits());
  EXPECT_EQ(bench.count("sim: told"), 0U);
}

TEST(PhidgetOnUsb, early_versions_are_told_twice_for_a_cell_that_is_not_0) {
  auto bench = bridge({"--version", "100"}, cells + "cells = \"2\"\n");
  EXPECT_EQ(bench.hear("sim: told"), "sim: told 0577770100000000") << bench.said();
  EXPECT_EQ(bench.hear("sim: told"), "sim: told 0477770100000000");
  EXPECT_FALSE(bench.hear(sample).empty());
  EXPECT_TRUE(bench.quits());
}

TEST(PhidgetOnUsb, is_configured_anew_after_each_plug) {
  auto bench = bridge({});
  for (int i = 0; i < 5; ++i) {
    ASSERT_FALSE(bench.hear("sim: told").empty()) << i << bench.said();
    ASSERT_FALSE(bench.hear(sample).empty()) << i << bench.said();
    bench.tell("unplug");
    ASSERT_FALSE(bench.hear("left").empty()) << i << bench.said();
    bench.tell("plug");
  }
  EXPECT_TRUE(bench.quits());
  EXPECT_GE(bench.count("lost"), 5U);
}

}  // namespace
}  // namespace vigil::drivers

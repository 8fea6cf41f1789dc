#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>

#include <gtest/gtest.h>

#include "drivers/bench_port.hpp"
#include "drivers/hid_scale/driver.hpp"
#include "drivers/hid_scale/protocol.hpp"
#include "drivers/port/capture_port.hpp"
#include "drivers/port/hid_descriptor.hpp"
#include "drivers/settings.hpp"
#include "drivers/usb_bench.hpp"

namespace vigil::drivers::hid_scale {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values)
    out.push_back(static_cast<std::byte>(v));
  return out;
}

const auto small_descriptor = bytes(
    {0x05, 0x8D, 0x09, 0x20, 0xA1, 0x01, 0x85, 0x03, 0x09, 0x40, 0x75, 0x10, 0x95, 0x01, 0x81, 0x02, 0xC0});

TEST(HidDescriptor, finds_the_application_wherever_it_stands) {
  EXPECT_TRUE(has_application(small_descriptor, usage_page, usage));
  EXPECT_FALSE(has_application(small_descriptor, usage_page, 0x21));
  EXPECT_FALSE(has_application(small_descriptor, 1, usage));
  // Two-byte page; behind a keyboard; a 4-byte usage that carries its page.
  EXPECT_TRUE(has_application(bytes({0x06, 0x8D, 0x00, 0x09, 0x20, 0xA1, 0x01, 0xC0}), usage_page, usage));
  EXPECT_TRUE(has_application(bytes({0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x05, 0x07, 0x81, 0x02, 0xC0, 0x05,
                                     0x8D, 0x09, 0x20, 0xA1, 0x01, 0xC0}),
                              usage_page, usage));
  EXPECT_TRUE(has_application(bytes({0x0B, 0x20, 0x00, 0x8D, 0x00, 0xA1, 0x01, 0xC0}), usage_page, usage));
  // A physical collection, and bytes that only look like it within data, are none.
  EXPECT_FALSE(has_application(bytes({0x05, 0x8D, 0x09, 0x20, 0xA1, 0x00, 0xC0}), usage_page, usage));
  EXPECT_FALSE(
      has_application(bytes({0xFE, 0x06, 0x00, 0x05, 0x8D, 0x09, 0x20, 0xA1, 0x01}), usage_page, usage));
}

TEST(HidDescriptor, the_page_that_stands_when_the_collection_begins_is_the_usages) {
  EXPECT_TRUE(has_application(bytes({0x09, 0x20, 0x05, 0x8D, 0xA1, 0x01, 0xC0}), usage_page, usage));
  EXPECT_FALSE(
      has_application(bytes({0x05, 0x8D, 0x09, 0x20, 0x05, 0x01, 0xA1, 0x01, 0xC0}), usage_page, usage));
  // Pushed before a keyboard, brought back behind it; and pops that nothing was pushed for.
  EXPECT_TRUE(has_application(
      bytes({0x05, 0x8D, 0xA4, 0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0xC0, 0xB4, 0x09, 0x20, 0xA1, 0x01, 0xC0}),
      usage_page, usage));
  EXPECT_TRUE(
      has_application(bytes({0xB4, 0xB4, 0x05, 0x8D, 0x09, 0x20, 0xA1, 0x01, 0xC0}), usage_page, usage));
  // A long item before it, one that is longer than the rest, and twenty pushes.
  EXPECT_TRUE(has_application(bytes({0xFE, 0x02, 0x10, 0xAA, 0xBB, 0x05, 0x8D, 0x09, 0x20, 0xA1, 0x01}),
                              usage_page, usage));
  EXPECT_FALSE(
      has_application(bytes({0xFE, 0xFF, 0x10, 0x05, 0x8D, 0x09, 0x20, 0xA1, 0x01}), usage_page, usage));
  std::vector<std::byte> pushes(20, std::byte{0xA4});
  pushes.insert(pushes.end(), small_descriptor.begin(), small_descriptor.end());
  EXPECT_TRUE(has_application(pushes, usage_page, usage));
}

TEST(HidDescriptor, gives_the_lengths_of_reports) {
  // The bridge's kind: 18 bytes in, 8 out, no ids.
  EXPECT_EQ(report_lengths(bytes({0x75, 0x08, 0x95, 0x12, 0x81, 0x02, 0x95, 0x08, 0x91, 0x02})),
            (ReportLengths{18, 8, false}));
  // Items of one report add up; of several the longest counts, with its id; pushed sizes come back.
  EXPECT_EQ(report_lengths(bytes({0x85, 0x01, 0x75, 0x08, 0x95, 0x02, 0x81, 0x02, 0xA4, 0x75,
                                  0x01, 0x95, 0x04, 0x81, 0x02, 0xB4, 0x85, 0x02, 0x81, 0x02})),
            (ReportLengths{4, 0, true}));
  // 60,000 x 32 bits in one item, and a sum that would overflow, are nothing.
  EXPECT_EQ(report_lengths(bytes({0x75, 0x20, 0x96, 0x60, 0xEA, 0x81, 0x02})), ReportLengths{});
  EXPECT_EQ(report_lengths(bytes({0x77, 0xFF, 0xFF, 0xFF, 0xFF, 0x97, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x02,
                                  0x81, 0x02, 0x91, 0x02})),
            ReportLengths{});
  EXPECT_EQ(report_lengths({}), ReportLengths{});
}

TEST(HidDescriptor, torn_at_every_byte_it_is_harmless) {
  for (std::size_t n = 0; n < small_descriptor.size(); ++n)
    EXPECT_EQ(has_application(std::span(small_descriptor).first(n), usage_page, usage), n >= 6) << n;
}

TEST(HidDescriptor, the_real_one) {
  const auto path = std::string(VIGIL_SHARED_DIR) + "/protocols/samples/hid_scale_report_descriptor.bin";
  std::ifstream file(path, std::ios::binary);
  if (!file) GTEST_SKIP() << path << " is not on this machine";
  const std::string content(std::istreambuf_iterator<char>(file), {});
  ASSERT_EQ(content.size(), 221U);
  const auto descriptor = std::as_bytes(std::span(content));
  EXPECT_TRUE(has_application(descriptor, usage_page, usage));
  EXPECT_EQ(report_lengths(descriptor), (ReportLengths{6, 2, true}));
}

TEST(HidScaleReport, the_sheets_examples) {
  const auto kg = [](std::initializer_list<int> report) { return decode(bytes(report)); };
  EXPECT_EQ(*kg({0x03, 0x02, 0x0B, 0xFF, 0x00, 0x00}), 0);
  EXPECT_NEAR(*kg({0x03, 0x04, 0x02, 0x00, 0x14, 0x00}), 0.020, 1e-6);
  EXPECT_NEAR(*kg({0x03, 0x04, 0x0B, 0xFF, 0x34, 0x19}), 18.2911, 1e-4);
  EXPECT_NEAR(*kg({0x03, 0x04, 0x0C, 0xFF, 0xC8, 0x02}), 32.2958, 1e-4);
  EXPECT_NEAR(*kg({0x03, 0x03, 0x03, 0xFF, 0x3D, 0x01}), 31.7, 1e-4);
  EXPECT_NEAR(*kg({0x03, 0x05, 0x03, 0xFF, 0x04, 0x00}), -0.4, 1e-6);
  EXPECT_EQ(kg({0x03, 0x06, 0x03, 0xFF, 0x00, 0x00}).error(), Reject::overload);
  EXPECT_NEAR(*kg({0x04, 0x04, 0x03, 0xFF, 0x3D, 0x01}), 31.7, 1e-4);
}

TEST(HidScaleReport, each_way_of_being_wrong_has_its_reason) {
  const auto why = [](std::initializer_list<int> report) { return decode(bytes(report)).error(); };
  EXPECT_EQ(why({0x03, 0x04, 0x03, 0xFF, 0x3D}), Reject::length);
  EXPECT_EQ(why({0x03, 0x04, 0x03, 0xFF, 0x3D, 0x01, 0x00}), Reject::length);
  EXPECT_EQ(why({0x09, 0x04, 0x03, 0xFF, 0x3D, 0x01}), Reject::framing);
  EXPECT_EQ(why({0x03, 0x00, 0x03, 0xFF, 0x3D, 0x01}), Reject::syntax);
  EXPECT_EQ(why({0x03, 0x09, 0x03, 0xFF, 0x3D, 0x01}), Reject::syntax);
  for (const int fault : {1, 7, 8})
    EXPECT_EQ(why({0x03, fault, 0x03, 0xFF, 0x3D, 0x01}), Reject::sensor_fault);
  for (const int unit : {0, 5, 13, 255})
    EXPECT_EQ(why({0x03, 0x04, unit, 0xFF, 0x3D, 0x01}), Reject::unit);
  EXPECT_EQ(why({0x03, 0x04, 0x03, 0x07, 0x3D, 0x01}), Reject::range);
  EXPECT_EQ(why({0x03, 0x04, 0x03, 0xF9, 0x3D, 0x01}), Reject::range);
  EXPECT_EQ(why({0x03, 0x04, 0x08, 0x02, 0xFF, 0xFF}), Reject::range);
}

TEST(HidScaleReport, every_unit_has_its_mass_and_may_be_forced) {
  const std::map<int, double> of_a_thousand{
      {1, 1e-3},       {2, 1},           {3, 1000},          {4, 0.2},       {6, 0.06479891},
      {7, 1.55517384}, {10, 31.1034768}, {11, 28.349523125}, {12, 453.59237}};
  for (const auto& [unit, kg] : of_a_thousand)
    EXPECT_NEAR(*decode(bytes({3, 4, unit, 0, 0xE8, 0x03})), kg, kg * 1e-6) << unit;
  EXPECT_NEAR(*decode(bytes({3, 4, 8, 0, 2, 0})), 2000, 1e-3);
  EXPECT_NEAR(*decode(bytes({3, 4, 9, 0, 2, 0})), 1814.36948, 1e-2);
  EXPECT_NEAR(*decode(bytes({3, 4, 0, 0x7F, 0x1B, 0x01}), {Unit::ounce, -1}), 28.3 * 0.028349523125, 1e-6);
  EXPECT_EQ(unit_of("lb"), Unit::pound);
  EXPECT_FALSE(unit_of("tael"));
  EXPECT_FALSE(unit_of("stone"));
}

TEST(HidScaleReport, every_byte_of_every_value_is_survived) {
  const auto good = bytes({0x03, 0x04, 0x0C, 0xFF, 0xC8, 0x02});
  for (std::size_t at = 0; at < good.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      auto bad = good;
      bad[at] = static_cast<std::byte>(value);
      const auto kg = decode(bad);
      if (kg) {
        ASSERT_TRUE(std::isfinite(*kg) && std::abs(*kg) <= 5000);
      }
    }
  for (std::size_t n = 0; n < good.size(); ++n)
    EXPECT_EQ(decode(std::span(good).first(n)).error(), Reject::length);
}

/// What the driver makes of a capture with this descriptor and these reports, half a second apart.
std::string play(std::span<const std::byte> descriptor, const std::vector<std::vector<std::byte>>& reports,
                 Heard& heard, const WrittenSettings::Written& settings = {}) {
  wire::CaptureHeader header;
  header.device = "hid_scale:usb-1-1", header.driver = "hid_scale";
  wire::CaptureWriter writer(header);
  writer.add({}, 3, descriptor);
  writer.add({}, 3, {});
  Instant at{};
  for (const auto& report : reports)
    writer.add(at += std::chrono::milliseconds(500), 0, report);
  std::vector<std::byte> file(writer.preamble().begin(), writer.preamble().end());
  const auto chunk = writer.finish_chunk();
  file.insert(file.end(), chunk.begin(), chunk.end());
  CapturePort port({file}, "script");
  const auto ended = run_to_end(driver, port, WrittenSettings(driver, settings), heard);
  return port.ended() ? "" : ended;
}

TEST(HidScaleDriver, discards_the_first_report_and_resyncs_at_the_next) {
  const auto stale = bytes({3, 4, 3, 0xFF, 0xFF, 0x0F}), good = bytes({3, 4, 3, 0xFF, 0xC8, 0x02});
  Heard heard;
  EXPECT_EQ(
      play(small_descriptor, {stale, good, bytes({3, 4}), good, bytes({3, 6, 3, 0xFF, 0, 0}), good}, heard),
      "");
  ASSERT_EQ(heard.samples.size(), 3U);
  for (const auto& s : heard.samples)
    EXPECT_NEAR(s.values[0], 71.2, 1e-3);
  EXPECT_EQ(heard.samples[1].at, Instant{std::chrono::milliseconds(2000)});
  EXPECT_EQ(heard.rejects[Reject::stale_first], 1U);
  EXPECT_EQ(heard.rejects[Reject::length], 1U);
  EXPECT_EQ(heard.rejects[Reject::overload], 1U);
  EXPECT_EQ(heard.channels.at(0).quantity, Quantity::load);
  EXPECT_EQ(heard.channels.at(0).rate_hz, 0);
}

TEST(HidScaleDriver, follows_the_scales_unit_and_the_forced_one) {
  Heard heard;
  const auto first = bytes({3, 4, 3, 0, 0, 0});
  play(small_descriptor, {first, bytes({3, 4, 2, 1, 0x88, 0x13}), bytes({3, 4, 12, 0, 100, 0})}, heard);
  ASSERT_EQ(heard.samples.size(), 2U);
  EXPECT_NEAR(heard.samples[0].values[0], 50, 1e-4);
  EXPECT_NEAR(heard.samples[1].values[0], 45.359, 1e-3);
  Heard forced;
  play(small_descriptor, {first, bytes({3, 4, 2, 1, 100, 0})}, forced,
       {{"force_unit", "lb"}, {"force_exp", "0"}});
  EXPECT_NEAR(forced.samples.at(0).values[0], 45.359, 1e-3);
}

TEST(HidScaleDriver, refuses_what_is_no_scale) {
  Heard heard;
  EXPECT_NE(play(bytes({0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0xC0}), {}, heard).find("expected a HID scale"),
            std::string::npos);
  EXPECT_NE(play({}, {}, heard).find("does not give its HID report descriptor"), std::string::npos);
  EXPECT_NE(play(small_descriptor, {}, heard, {{"force_unit", "stone"}}).find("found 'stone'"),
            std::string::npos);
}

TEST(HidScaleHabit, only_a_scale_that_never_repeats_itself_is_asked) {
  const auto seventy = bytes({3, 4, 3, 0xFF, 0xBC, 0x02}), eighty = bytes({3, 4, 3, 0xFF, 0x20, 0x03});
  Habit on_change;
  for (int i = 0; i < 50; ++i)
    on_change.heard(i % 2 == 0 ? seventy : eighty);
  EXPECT_TRUE(on_change.may_be_asked());
  on_change.asked(eighty);
  EXPECT_TRUE(on_change.may_be_asked());
  on_change.asked({});
  EXPECT_FALSE(on_change.may_be_asked()) << "it does not answer";

  Habit streaming;
  for (int i = 0; i < 3; ++i)
    streaming.heard(seventy);
  EXPECT_TRUE(streaming.may_be_asked());
  streaming.heard(seventy);
  EXPECT_FALSE(streaming.may_be_asked()) << "it speaks without being changed: its silence is silence";

  Habit four;
  four.heard(bytes({4, 4, 3, 0xFF, 0xBC, 0x02}));
  four.heard(bytes({9, 4, 3, 0xFF, 0xBC, 0x02}));
  EXPECT_EQ(four.report_id(), 4);
}

/// One or two scales in umockdev's testbed, fifty reports a second.
UsbBench bench_of(std::vector<std::string> options, const std::string& settings = {}) {
  options.insert(options.begin(), {"--every", "20"});
  return UsbBench("hid_scale", options, settings);
}

TEST(HidScaleOnUsb, weighs_stalls_fails_and_goes_silent) {
  auto child = bench_of({"--plugged", "--stall-idle"});
  ASSERT_EQ(child.hear("looked"), "looked 1") << child.said();
  EXPECT_EQ(child.hear("arrived"), "arrived hid_scale:usb-1-1 DYMO S250 / S180");
  EXPECT_EQ(child.hear("reject"), "reject stale_first") << child.said();
  child.tell("weight 71.2");
  EXPECT_FALSE(child.hear("sample hid_scale:usb-1-1 712").empty()) << child.said();
  child.tell("unit lb");
  EXPECT_FALSE(child.hear("sample hid_scale:usb-1-1 712").empty()) << child.said();
  child.tell("hex 0304");
  EXPECT_EQ(child.hear("reject"), "reject length");
  child.tell("status 6");
  EXPECT_EQ(child.hear("reject"), "reject overload");
  child.tell("status 4");
  EXPECT_FALSE(child.hear("sample").empty());
  child.tell("err 71");  // EPROTO: a transfer that failed on the wire
  EXPECT_FALSE(child.hear("sim: err").empty());
  EXPECT_FALSE(child.hear("sample").empty());
  child.tell("err 32");  // EPIPE: a halt, cleared once
  EXPECT_FALSE(child.hear("sim: err").empty());
  EXPECT_FALSE(child.hear("sample").empty()) << child.said();
  child.tell("silence");
  EXPECT_FALSE(child.hear("sim: silence").empty());
  child.tell("speak");
  EXPECT_FALSE(child.hear("sample").empty());
  child.tell("quit");
  EXPECT_EQ(child.end(), 0) << child.said();
  EXPECT_EQ(child.said().find("lost"), std::string::npos) << child.said();
  EXPECT_NE(child.said().find("over"), std::string::npos);
}

TEST(HidScaleOnUsb, a_halt_that_stays_is_a_loss) {
  auto child = bench_of({"--plugged"});
  ASSERT_FALSE(child.hear("sample").empty()) << child.said();
  child.tell("silence"), child.tell("err 32"), child.tell("err 32");
  EXPECT_NE(child.hear("lost").find("stalled again"), std::string::npos) << child.said();
  child.tell("speak");
  EXPECT_FALSE(child.hear("again").empty()) << "nothing of it was under way, and yet it is free";
  EXPECT_FALSE(child.hear("sample").empty()) << child.said();
  EXPECT_TRUE(child.quits());
  EXPECT_EQ(child.count("refused"), 0U);
}

TEST(HidScaleOnUsb, reports_longer_than_the_endpoint_are_borne_once_and_named_when_they_stay) {
  auto child = bench_of({"--plugged"});
  ASSERT_FALSE(child.hear("sample").empty()) << child.said();
  child.order("hex 030403FF3D01000000");
  EXPECT_FALSE(child.hear("sample").empty()) << child.said();
  EXPECT_EQ(child.count("lost"), 0U);
  child.tell("silence");
  for (int i = 0; i < 8; ++i)
    child.tell("hex 030403FF3D01000000");
  EXPECT_NE(child.hear("lost").find("longer than the 8 bytes that its descriptor says"), std::string::npos);
  child.tell("speak");
  EXPECT_FALSE(child.hear("again").empty());
  EXPECT_FALSE(child.hear("sample").empty()) << child.said();
  EXPECT_TRUE(child.quits());
}

TEST(HidScaleOnUsb, unplugged_while_it_owes_an_answer) {
  auto child = bench_of({});
  ASSERT_EQ(child.hear("looked"), "looked 0") << child.said();
  child.order("hold");
  for (int i = 0; i < 3; ++i) {
    child.tell("plug");
    ASSERT_FALSE(child.hear("sim: held").empty()) << child.said();
    child.tell("unplug");
    ASSERT_FALSE(child.hear("left").empty()) << child.said();
  }
  child.order("release");
  child.tell("plug");
  EXPECT_FALSE(child.hear("sample").empty()) << child.said();
  EXPECT_TRUE(child.quits());
  EXPECT_EQ(child.count("arrived"), 4U);
  EXPECT_NE(child.said().find("unplugged"), std::string::npos) << child.said();
}

TEST(HidScaleOnUsb, a_bus_without_bandwidth_is_said_with_its_mend) {
  auto child = bench_of({});
  child.order("refuse 28");  // ENOSPC
  child.tell("plug");
  EXPECT_NE(child.hear("refused").find("no bandwidth left for it: plug it in at another controller"),
            std::string::npos)
      << child.said();
  child.order("refuse 5");  // EIO, which says nothing of the bus
  child.tell("unplug"), child.tell("plug");
  EXPECT_NE(child.hear("lost").find("cannot be talked to"), std::string::npos) << child.said();
  child.order("refuse 0");
  EXPECT_FALSE(child.hear("sample").empty()) << child.said();
  EXPECT_TRUE(child.quits());
}

TEST(HidScaleOnUsb, told_twice_it_is_there_once_and_gone_untold_it_leaves) {
  auto child = bench_of({"--plugged"});
  ASSERT_FALSE(child.hear("sample").empty()) << child.said();
  child.order("again");
  EXPECT_FALSE(child.hear("sample").empty());
  child.tell("vanish");
  EXPECT_NE(child.hear("lost").find("unplugged"), std::string::npos) << child.said();
  EXPECT_FALSE(child.hear("left").empty()) << "opening it says that it is not there: " << child.said();
  child.tell("unplug"), child.tell("plug");
  EXPECT_FALSE(child.hear("arrived").empty());
  EXPECT_FALSE(child.hear("sample").empty());
  EXPECT_TRUE(child.quits());
  EXPECT_EQ(child.count("arrived"), 2U) << child.said();
}

TEST(HidScaleOnUsb, descriptors_that_claim_more_than_there_is_are_survived) {
  auto child = bench_of({"--plugged", "--lie"});
  EXPECT_FALSE(child.hear("sample hid_scale:usb-1-1").empty()) << child.said();
  EXPECT_TRUE(child.quits());

  auto broken = bench_of({"--plugged", "--broken"});
  EXPECT_EQ(broken.hear("looked"), "looked 0") << broken.said();
  EXPECT_TRUE(broken.quits());
}

TEST(HidScaleOnUsb, the_real_descriptor_is_found_behind_another_interface) {
  const auto path = std::string(VIGIL_SHARED_DIR) + "/protocols/samples/hid_scale_report_descriptor.bin";
  if (!std::ifstream(path)) GTEST_SKIP() << path << " is not on this machine";
  auto child = bench_of({"--plugged", "--composite", "--descriptor", path});
  EXPECT_FALSE(child.hear("sample hid_scale:usb-1-1").empty()) << child.said();
  EXPECT_TRUE(child.quits());
}

TEST(HidScaleOnUsb, one_that_speaks_on_change_only_is_kept_awake_or_asked) {
  auto honours = bench_of({"--plugged", "--on-change", "--stall-get"});
  EXPECT_EQ(honours.hear("sim: idle"), "sim: idle 1000 ms") << honours.said();
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(honours.hear("sample").empty()) << honours.said();
  EXPECT_TRUE(honours.quits());
  EXPECT_EQ(honours.count("sim: asked"), 0U);

  auto asked = bench_of({"--plugged", "--on-change", "--ignore-idle"});
  EXPECT_FALSE(asked.hear("sim: asked").empty()) << asked.said();
  EXPECT_FALSE(asked.hear("sample").empty());
  EXPECT_TRUE(asked.quits());
}

TEST(HidScaleOnUsb, twenty_plugs_are_twenty_arrivals) {
  auto child = bench_of({});
  ASSERT_EQ(child.hear("looked"), "looked 0") << child.said();
  for (int i = 0; i < 20; ++i) {
    child.tell("plug");
    ASSERT_EQ(child.hear("arrived").substr(0, 25), "arrived hid_scale:usb-1-1") << i << child.said();
    ASSERT_FALSE(child.hear("sample").empty()) << i << child.said();
    child.tell("unplug");
    ASSERT_FALSE(child.hear("left").empty()) << i << child.said();
  }
  child.tell("quit");
  EXPECT_EQ(child.end(), 0) << child.said();
  EXPECT_EQ(child.count("arrived "), 20U);
  EXPECT_EQ(child.count("left "), 20U);
  EXPECT_GE(child.count("lost "), 19U);
}

TEST(HidScaleOnUsb, two_of_a_kind_without_serial_numbers_are_told_apart) {
  auto child = bench_of({"--plugged"});
  ASSERT_FALSE(child.hear("sample hid_scale:usb-1-1").empty()) << child.said();
  child.tell("plug two");
  EXPECT_FALSE(child.hear("arrived hid_scale:usb-1-2").empty()) << child.said();
  child.tell("weight 80 two");
  EXPECT_FALSE(child.hear("sample hid_scale:usb-1-2 800").empty()) << child.said();
  child.tell("unplug");
  EXPECT_FALSE(child.hear("left hid_scale:usb-1-1").empty()) << child.said();
  EXPECT_FALSE(child.hear("sample hid_scale:usb-1-2 800").empty()) << child.said();
  child.tell("quit");
  EXPECT_EQ(child.end(), 0);
}

TEST(HidScaleOnUsb, a_scale_that_is_not_the_first_interface) {
  auto child = bench_of({"--plugged", "--composite"});
  EXPECT_FALSE(child.hear("sample").empty()) << child.said();
  child.tell("quit");
  EXPECT_EQ(child.end(), 0);
}

}  // namespace
}  // namespace vigil::drivers::hid_scale

#include <cmath>
#include <deque>
#include <functional>

#include <gtest/gtest.h>

#include "drivers/bench_port.hpp"
#include "drivers/phidget_bridge/complaints.hpp"
#include "drivers/phidget_bridge/driver.hpp"
#include "drivers/phidget_bridge/protocol.hpp"
#include "drivers/settings.hpp"
#include "support/torture.hpp"

namespace vigil::drivers::phidget_bridge {
namespace {

using std::chrono::milliseconds;

Bytes bytes(std::initializer_list<int> values) {
  Bytes out;
  for (const int v : values)
    out.push_back(static_cast<std::byte>(v));
  return out;
}
Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const auto& part : parts)
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

const auto sheet_packet = bytes({0xFF, 0x00, 0x77, 0x77, 0x00, 0x01, 0x88, 0x31, 0x27, 0x85, 0x14, 0x3C, 0x7F,
                                 0xAC, 0x1D, 0x80, 0x00, 0x00});
const BoardSetup four_cells{.enabled = 0xF, .gains = {7, 7, 7, 7}, .interval = 1};

TEST(PhidgetPacket, the_sheets_examples) {
  const auto words = [](const BoardSetup& setup) {
    const auto report = encode(setup);
    return Bytes(report.begin(), report.end());
  };
  EXPECT_EQ(words(four_cells), bytes({0x0F, 0x77, 0x77, 0x01, 0, 0, 0, 0}));
  EXPECT_EQ(words({0xF, {7, 7, 7, 7}, 2}), bytes({0x0F, 0x77, 0x77, 0x02, 0, 0, 0, 0}));
  EXPECT_EQ(words({0x1, {6, 0, 0, 0}, 125}), bytes({0x01, 0x60, 0x00, 0x7D, 0, 0, 0, 0}));

  const auto all = *decode(sheet_packet);
  EXPECT_TRUE(all.setup.echoes(four_cells));
  EXPECT_EQ(all.fresh, 0xF);
  const double expected[] = {0.5, 0.31, -0.02, 0};
  for (std::size_t i = 0; i < most_cells; ++i)
    EXPECT_NEAR(*millivolts_per_volt(all.raw[i], all.setup.gains[i]), expected[i], 1e-5);

  const auto faulty = *decode(bytes({0x3F, 0x02, 0x77, 0x77, 0x00, 0x01, 0x88, 0x31, 0x27, 0xFF, 0xFF, 0xFF,
                                     0x00, 0x00, 0x00, 0x00, 0x00, 0x00}));
  EXPECT_EQ(faulty.fresh, 0x3);
  EXPECT_EQ(faulty.error, 0x2);
  EXPECT_FALSE(millivolts_per_volt(faulty.raw[1], 7));
}

TEST(PhidgetPacket, the_interval_is_low_byte_first_out_and_high_byte_first_in) {
  const auto report = encode({.enabled = 1, .gains = {}, .interval = 0x102});
  EXPECT_EQ(report[3], std::byte{0x02});
  EXPECT_EQ(report[4], std::byte{0x01});
  auto packet = sheet_packet;
  packet[4] = std::byte{0xFD}, packet[5] = std::byte{0x02};  // the six bits above are not its
  EXPECT_EQ(decode(packet)->setup.interval, 0x102);
}

TEST(PhidgetPacket, each_gain_has_its_range_and_its_end) {
  for (const auto& [code, factor] : {std::pair{0, 1}, {3, 8}, {4, 16}, {5, 32}, {6, 64}, {7, 128}}) {
    const auto gain = static_cast<std::uint8_t>(code);
    EXPECT_EQ(gain_code(factor), gain);
    EXPECT_NEAR(*millivolts_per_volt(0xC00000, gain), 500.0 / factor, 1e-9);
    EXPECT_NEAR(*millivolts_per_volt(0x400000, gain), -500.0 / factor, 1e-9);
    EXPECT_FALSE(millivolts_per_volt(0xFFFFFF, gain));
    EXPECT_FALSE(millivolts_per_volt(0x000000, gain));
    EXPECT_EQ(millivolts_per_volt(0xFF8000, gain).has_value(), code == 0) << "0.996 of the range";
  }
  for (const auto none : std::initializer_list<std::uint8_t>{1, 2, 8, 15})
    EXPECT_FALSE(millivolts_per_volt(0x900000, none));
  EXPECT_FALSE(gain_code(2));
}

TEST(PhidgetPacket, shorter_than_a_packet_is_none_and_longer_is_one) {
  for (std::size_t n = 0; n < sheet_packet.size(); ++n)
    EXPECT_EQ(decode(std::span(sheet_packet).first(n)).error(), Reject::length) << n;
  EXPECT_TRUE(decode(joined({sheet_packet, bytes({1, 2, 3})})));
}

/// A packet of four cells at 0.1, 0.2, 0.3, 0.4 of the range.
Packet packet(int fresh, int error = 0) {
  Packet p;
  p.setup = four_cells;
  p.fresh = static_cast<std::uint8_t>(fresh), p.error = static_cast<std::uint8_t>(error);
  for (std::uint32_t i = 0; i < most_cells; ++i)
    p.raw[i] = 0x800000 + 0x100000 * (i + 1);
  return p;
}

struct Heard4 {
  Rounds rounds{four_cells};
  std::vector<Round> out;
  int dropped = 0;
  void feed(int ms, const Packet& p) {
    const auto one = [this](const Round& r) { out.push_back(r); };
    if (!rounds.feed(p, Instant{milliseconds(ms)}, one)) ++dropped;
  }
  [[nodiscard]] std::string cells(std::size_t i) const {
    std::string text;
    for (const double mv : out.at(i).mv)
      text += std::isnan(mv) ? '-' : '#';
    return text;
  }
};

TEST(PhidgetRounds, a_round_is_over_when_all_cells_spoke_in_one_packet_or_in_four) {
  Heard4 heard;
  heard.feed(0, packet(0xF));  // the first after enabling
  EXPECT_EQ(heard.dropped, 1);
  heard.feed(8, packet(0xF));
  ASSERT_EQ(heard.out.size(), 1U);
  for (const int cell : {1, 2, 4, 8})
    heard.feed(16 + cell, packet(cell));
  ASSERT_EQ(heard.out.size(), 2U);
  EXPECT_EQ(heard.cells(1), "####");
  EXPECT_EQ(heard.out[1].at, Instant{milliseconds(24)}) << "the arrival of its last part";
  heard.feed(32, packet(0));
  EXPECT_EQ(heard.out.size(), 2U) << "nothing fresh is no round";
}

TEST(PhidgetRounds, each_cells_first_sample_after_enabling_is_dropped_whenever_it_comes) {
  Heard4 heard;
  heard.feed(0, packet(0x7));
  heard.feed(8, packet(0xF));  // three measure, the fourth begins
  heard.feed(16, packet(0xF));
  EXPECT_EQ(heard.dropped, 2);
  ASSERT_EQ(heard.out.size(), 2U);
  EXPECT_EQ(heard.cells(0), "###-");
  EXPECT_EQ(heard.cells(1), "####");
}

TEST(PhidgetRounds, a_cell_that_is_left_out_has_no_number_instead_of_its_last) {
  Heard4 heard;
  heard.feed(0, packet(0xF));
  heard.feed(8, packet(0xD));
  heard.feed(16, packet(0xF, 0x4));
  ASSERT_EQ(heard.out.size(), 2U);
  EXPECT_EQ(heard.cells(0), "#-##");
  EXPECT_EQ(heard.out[0].at, Instant{milliseconds(8)});
  EXPECT_EQ(heard.cells(1), "##-#") << "out of range: it spoke, and said nothing";
}

TEST(PhidgetRounds, parts_on_both_sides_of_a_pause_are_no_round) {
  Heard4 heard;
  heard.feed(0, packet(0xF));
  heard.feed(8, packet(0x3));
  heard.feed(208, packet(0xC));  // a stall of 200 ms
  heard.feed(216, packet(0xF));
  ASSERT_EQ(heard.out.size(), 3U);
  EXPECT_EQ(heard.cells(0), "##--");
  EXPECT_EQ(heard.cells(1), "--##");
  EXPECT_EQ(heard.cells(2), "####");
}

TEST(PhidgetComplaints, are_made_after_half_a_second_and_taken_back_after_another) {
  using Said = Complaints::Said;
  Complaints complaints(0xF, 100, "");
  const auto pass = [&](int rounds, Said one, Said two) {
    for (int i = 0; i < rounds; ++i)
      complaints.take(1, one), complaints.take(2, two);
  };
  pass(49, Said::nothing, Said::number);
  EXPECT_FALSE(complaints.take_changed()) << "half a second is not over";
  pass(1, Said::nothing, Said::number);
  EXPECT_TRUE(complaints.take_changed());
  EXPECT_FALSE(complaints.take_changed());
  EXPECT_EQ(complaints.note(), "cell 1 gives no number: is its cable in?");
  for (int i = 0; i < 200; ++i)
    pass(1, i % 2 == 0 ? Said::number : Said::nothing, Said::number);
  EXPECT_FALSE(complaints.take_changed()) << "a loose contact stays what it was";
  pass(50, Said::nothing, Said::nothing);
  EXPECT_EQ(complaints.note(), "cells 1 and 2 give no number: are their cables in?");
  pass(50, Said::beyond, Said::number);
  EXPECT_EQ(complaints.note(),
            "cell 1 says more than twice the capacity: are capacity, sensitivity and zero those of the data "
            "sheet?");
  pass(50, Said::number, Said::number);
  EXPECT_TRUE(complaints.take_changed());
  EXPECT_EQ(complaints.note(), "");
}

// The driver against a board that is written down here: what it is told and what it answers.

struct Board : Port {
  Bytes device = bytes({0x12, 1, 0, 2, 0, 0, 0, 8, 0xC2, 0x06, 0x3B, 0, 2, 1, 1, 2, 0, 1});
  Bytes report_descriptor;
  std::vector<Bytes> told;
  int deaf = 0;                                        ///< so many OUT reports are not taken
  std::function<std::optional<Bytes>(int)> at_packet;  ///< instead of the n-th packet; empty: silence
  int packets = 0, last = 400, resets = 0;
  BoardSetup setup;
  Instant time{std::chrono::seconds(50)};
  Bytes held;

  asio::awaitable<Arrival> read(std::optional<milliseconds> timeout) override {
    co_await asio::post(asio::use_awaitable);
    if (++packets > last) throw DeviceLost("the test is over");
    held = joined({sheet_packet});
    held[0] = static_cast<std::byte>(setup.enabled << 4 | setup.enabled);
    held[2] = static_cast<std::byte>(setup.gains[0] << 4 | setup.gains[1]);
    held[3] = static_cast<std::byte>(setup.gains[2] << 4 | setup.gains[3]);
    held[5] = static_cast<std::byte>(setup.interval);
    if (at_packet)
      if (auto other = at_packet(packets)) held = std::move(*other);
    time += held.empty() ? Duration(timeout.value_or(milliseconds(0))) : Duration(milliseconds(8));
    co_return Arrival{held, time};
  }
  asio::awaitable<void> write(std::span<const std::byte> report) override {
    told.emplace_back(report.begin(), report.end());
    if (deaf-- > 0) co_return;
    const auto byte = [&](std::size_t i) { return std::to_integer<std::uint8_t>(report[i]); };
    const auto high = [&](std::size_t i) { return static_cast<std::uint8_t>(byte(i) >> 4); };
    const auto low = [&](std::size_t i) { return static_cast<std::uint8_t>(byte(i) & 0xF); };
    setup = {byte(0), {high(1), low(1), high(2), low(2)}, byte(3)};
  }
  asio::awaitable<Bytes> control(std::uint8_t, std::uint8_t, std::uint16_t value, std::uint16_t,
                                 std::span<const std::byte>, std::uint16_t) override {
    if (value == 0x0100) co_return device;
    if (value == 0x2200) co_return report_descriptor;
    co_return Bytes();
  }
  bool reset() noexcept override { return ++resets > 0; }
  [[nodiscard]] Instant now() const override { return time; }
  [[nodiscard]] std::string_view where() const override { return "usb 1-1 interface 0"; }
};

const WrittenSettings::Written calibrated{{"capacity", "50"}, {"sensitivity", "2"}};

std::string play(Board& board, Heard& heard, const WrittenSettings::Written& written = calibrated) {
  return run_to_end(driver, board, WrittenSettings(driver, written), heard);
}

TEST(PhidgetDriver, says_kilograms_of_each_cell_at_125_a_second) {
  Board board;
  Heard heard;
  EXPECT_EQ(play(board, heard), "the test is over");
  ASSERT_EQ(heard.channels.size(), 1U);
  EXPECT_EQ(heard.channels[0].columns, 4);
  EXPECT_EQ(heard.channels[0].rate_hz, 125);
  EXPECT_EQ(heard.channels[0].maximum, 100);
  ASSERT_EQ(heard.samples.size(), 398U) << "but the echo and the first after enabling";
  const float expected[] = {12.5F, 7.75F, -0.5F, 0};
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(heard.samples[7].values[i], expected[i], 1e-3);
  EXPECT_EQ(heard.samples[8].at - heard.samples[7].at, milliseconds(8));
  EXPECT_TRUE(heard.notes.empty());
  EXPECT_EQ(board.told.size(), 1U);
}

TEST(PhidgetDriver, says_that_it_is_not_calibrated) {
  Board board;
  Heard heard;
  play(board, heard, {});
  ASSERT_EQ(heard.notes.size(), 1U);
  EXPECT_NE(heard.notes[0].find("set capacity and sensitivity"), std::string::npos);
  EXPECT_NEAR(heard.samples.at(0).values[0], 25, 1e-3);
}

TEST(PhidgetDriver, is_told_three_times_and_then_given_up_with_a_reset) {
  Board patient;
  patient.deaf = 2;
  Heard heard;
  EXPECT_EQ(play(patient, heard), "the test is over");
  EXPECT_EQ(patient.told.size(), 3U);
  EXPECT_FALSE(heard.samples.empty());
  EXPECT_GE(heard.rejects[Reject::stale_first], 120U);

  Board deaf;
  deaf.deaf = 1000;
  Heard nothing;
  EXPECT_NE(play(deaf, nothing).find("does not take its settings"), std::string::npos);
  EXPECT_EQ(deaf.told.size(), 3U);
  EXPECT_EQ(deaf.resets, 1);
  EXPECT_TRUE(nothing.samples.empty());
  EXPECT_TRUE(nothing.channels.empty());
}

TEST(PhidgetDriver, gives_up_after_thirty_short_packets_in_a_row_and_not_before) {
  const auto short_for = [](int from, int count) {
    return [=](int n) { return n >= from && n < from + count ? std::optional(Bytes(9)) : std::nullopt; };
  };
  Board thirty;
  thirty.at_packet = short_for(100, 30);
  Heard heard;
  EXPECT_EQ(play(thirty, heard), "the test is over");
  EXPECT_EQ(heard.rejects[Reject::length], 30U);
  EXPECT_EQ(heard.samples.size(), 368U);

  Board more;
  more.at_packet = short_for(100, 31);
  Heard lost;
  EXPECT_EQ(play(more, lost), "usb 1-1 interface 0: sends short packets only; it was reset");
  EXPECT_EQ(more.resets, 1);
}

TEST(PhidgetDriver, rides_out_a_wrong_echo_and_tells_a_board_that_forgot) {
  Board wrong;
  wrong.at_packet = [](int n) {
    auto other = sheet_packet;
    other[0] = std::byte{0xF7};
    return n >= 100 && n < 103 ? std::optional(other) : std::nullopt;
  };
  Heard heard;
  EXPECT_EQ(play(wrong, heard), "the test is over");
  EXPECT_EQ(wrong.told.size(), 1U) << "three packets are no reason";
  EXPECT_EQ(heard.samples.size(), 395U);

  Board forgot;
  forgot.at_packet = [&forgot](int n) {
    if (n == 100) forgot.setup = {};
    return n == 100 ? std::optional(Bytes(18)) : std::nullopt;
  };
  Heard told;
  EXPECT_EQ(play(forgot, told), "the test is over");
  EXPECT_EQ(forgot.told.size(), 2U);
  EXPECT_GT(told.samples.size(), 370U);
  EXPECT_EQ(told.channels.size(), 1U);
}

TEST(PhidgetDriver, waits_through_silence_and_invents_nothing_in_it) {
  Board board;
  board.at_packet = [](int n) { return n >= 100 && n < 110 ? std::optional(Bytes()) : std::nullopt; };
  Heard heard;
  EXPECT_EQ(play(board, heard), "the test is over");
  EXPECT_EQ(heard.samples.size(), 388U);
  Duration longest{};
  for (std::size_t i = 1; i < heard.samples.size(); ++i)
    longest = std::max(longest, heard.samples[i].at - heard.samples[i - 1].at);
  EXPECT_GE(longest, std::chrono::seconds(10));
  EXPECT_EQ(board.resets, 0) << "the supervisor's";

  Board mute;
  mute.at_packet = [](int) { return std::optional(Bytes()); };
  Heard nothing;
  EXPECT_NE(play(mute, nothing).find("does not take its settings"), std::string::npos);
}

TEST(PhidgetDriver, early_versions_take_a_gain_only_while_cell_0_is_enabled) {
  Board board;
  board.device[12] = std::byte{0};  // 1.00
  Heard heard;
  play(board, heard, {{"cells", "1 2"}, {"capacity", "50 60"}, {"sensitivity", "2"}});
  ASSERT_EQ(board.told.size(), 2U);
  EXPECT_EQ(board.told[0], bytes({0x07, 0x77, 0x77, 0x01, 0, 0, 0, 0}));
  EXPECT_EQ(board.told[1], bytes({0x06, 0x77, 0x77, 0x01, 0, 0, 0, 0}));
  EXPECT_GE(heard.rejects[Reject::stale_first], 32U);
  ASSERT_FALSE(heard.samples.empty());
  ASSERT_EQ(heard.samples[0].values.size(), 2U);
  EXPECT_NEAR(heard.samples[0].values[0], 7.75, 1e-3);
  EXPECT_NEAR(heard.samples[0].values[1], -0.6, 1e-3);

  Board four;
  four.device[12] = std::byte{1};
  play(four, heard);
  EXPECT_EQ(four.told.size(), 1U) << "cell 0 stays on: once is enough";
}

TEST(PhidgetDriver, fills_the_report_as_its_descriptor_says) {
  Board board;
  board.report_descriptor = bytes({0x75, 0x08, 0x95, 0x12, 0x81, 0x02, 0x95, 0x10, 0x91, 0x02});
  Heard heard;
  play(board, heard);
  EXPECT_EQ(board.told.at(0).size(), 16U);
  Board lies;  // 60,000 bytes out
  lies.report_descriptor = bytes({0x75, 0x08, 0x96, 0x60, 0xEA, 0x91, 0x02});
  play(lies, heard);
  EXPECT_EQ(lies.told.at(0).size(), 8U);
}

TEST(PhidgetDriver, refuses_what_it_does_not_speak_with) {
  const auto why = [](Board board, const WrittenSettings::Written& written = calibrated) {
    Heard heard;
    return play(board, heard, written);
  };
  Board newer;
  newer.device[13] = std::byte{2}, newer.device[12] = std::byte{0};
  EXPECT_EQ(
      why(newer),
      "usb 1-1 interface 0: expected a Phidget Bridge 1046_0 (version 100 to 199), found version 200, a "
      "1046_1, which speaks another protocol; use a 1046_0 here");
  Board other;
  other.device[8] = std::byte{0x22};
  EXPECT_NE(why(other).find("expected a Phidget Bridge (06c2:003b)"), std::string::npos);
  Board mute;
  mute.device.clear();
  EXPECT_NE(why(mute).find("does not give its device descriptor"), std::string::npos);
  EXPECT_NE(why({}, {{"cells", "0 4"}}).find("cells: expected numbers from 0 to 3"), std::string::npos);
  EXPECT_NE(why({}, {{"cells", "1 0"}}).find("rising order"), std::string::npos);
  EXPECT_NE(why({}, {{"cells", " "}}).find("at least one"), std::string::npos);
  EXPECT_NE(why({}, {{"gain", "2"}}).find("gain: expected 1, 8"), std::string::npos);
  EXPECT_NE(why({}, {{"interval", "20"}}).find("a multiple of 8"), std::string::npos);
  EXPECT_NE(why({}, {{"capacity", "50 60"}}).find("one for each of the 4 cells"), std::string::npos);
  EXPECT_NE(why({}, {{"capacity", "fifty"}}).find("found 'fifty'"), std::string::npos);
  EXPECT_NE(why({}, {{"sensitivity", "0"}}).find("not 0"), std::string::npos);
}

// A packet has no checksum of its own: damaged settings are seen by the echo, damaged values bounded by the
// capacity.
TEST(PhidgetDriver, a_damaged_packet_costs_a_round_or_two_and_stays_in_range) {
  std::size_t harmless = 0, dropped = 0, invented = 0;
  for (std::size_t at = 0; at < sheet_packet.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      Board board;
      board.last = 40;
      board.at_packet = [&](int n) {
        auto damaged = sheet_packet;
        damaged[at] ^= static_cast<std::byte>(1 << bit);
        return n == 20 ? std::optional(damaged) : std::nullopt;
      };
      Heard heard;
      play(board, heard);
      ASSERT_GE(heard.samples.size(), 37U);
      ASSERT_LE(heard.samples.size(), 38U);
      bool other = false;
      for (const auto& s : heard.samples)
        for (std::size_t i = 0; i < 4; ++i) {
          ASSERT_TRUE(std::isnan(s.values[i]) || std::abs(s.values[i]) <= 100);
          if (!std::isnan(s.values[i]) && s.values[i] != heard.samples[0].values[i]) other = true;
        }
      invented += other ? 1 : 0;
      dropped += heard.samples.size() == 37 ? 1 : 0;
      harmless += !other && heard.samples.size() == 38 ? 1 : 0;
    }
  // 96 of 144 bits are values. The sign bit of a cell and the bits that lift it beyond twice its capacity are
  // seen.
  EXPECT_LE(invented, 96U);
  EXPECT_GE(dropped, 30U);
  EXPECT_EQ(invented + dropped + harmless, 144U);
}

}  // namespace
}  // namespace vigil::drivers::phidget_bridge

#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "drivers/bench_port.hpp"
#include "drivers/child.hpp"
#include "drivers/port/serial_port.hpp"
#include "drivers/settings.hpp"
#include "drivers/witmotion/driver.hpp"
#include "drivers/witmotion/protocol.hpp"
#include "support/torture.hpp"

namespace vigil::drivers::witmotion {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

Bytes hex(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 3)
    out.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}
Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<Frame> frames_of(const Reads& reads, Damage* damage = nullptr) {
  FrameFinder finder;
  std::vector<Frame> out;
  for (auto read : reads) {
    while (const auto frame = finder.next(read))
      out.push_back(*frame);
    EXPECT_TRUE(read.empty());
  }
  if (damage != nullptr) *damage = finder.take_damage();
  return out;
}
std::vector<Acceleration> ble_of(const Reads& reads, Damage* damage = nullptr) {
  BleFinder finder;
  std::vector<Acceleration> out;
  for (auto read : reads) {
    while (const auto g = finder.next(read))
      out.push_back(*g);
    EXPECT_TRUE(read.empty());
  }
  if (damage != nullptr) *damage = finder.take_damage();
  return out;
}

Bytes frame(std::uint8_t id, std::array<int, 4> words) {
  Bytes out{std::byte{0x55}, std::byte{id}};
  for (const int word : words) {
    out.push_back(static_cast<std::byte>(word & 0xFF));
    out.push_back(static_cast<std::byte>(word >> 8 & 0xFF));
  }
  unsigned sum = 0;
  for (const auto byte : out)
    sum += std::to_integer<unsigned>(byte);
  out.push_back(static_cast<std::byte>(sum & 0xFF));
  return out;
}
Bytes ble_frame(std::array<int, 9> words) {
  Bytes out{std::byte{0x55}, std::byte{0x61}};
  for (const int word : words) {
    out.push_back(static_cast<std::byte>(word & 0xFF));
    out.push_back(static_cast<std::byte>(word >> 8 & 0xFF));
  }
  return out;
}

const auto still = hex("55 51 00 00 00 00 00 08 C4 09 7B");
const auto tilted = hex("55 51 00 FC 00 02 EE 06 F0 0C 94");
const auto at_rest = hex("55 52 00 00 00 00 00 00 00 00 A7");
const auto turning = hex("55 52 A4 00 B8 FE 52 00 00 00 53");
const auto angles = hex("55 53 00 20 AB EA 00 40 14 27 D8");
const auto clock_frame = hex("55 50 1A 09 15 17 3B 3A EE 02 59");
const auto registers = hex("55 5F 09 00 06 00 00 00 00 00 C3");

TEST(WitmotionProtocol, the_sheets_examples) {
  const auto all = frames_of({clock_frame + tilted + turning + angles + still + at_rest + registers});
  ASSERT_EQ(all.size(), 7U);
  const auto g = acceleration(all[1]);
  EXPECT_FLOAT_EQ(g[0], -0.5F);
  EXPECT_FLOAT_EQ(g[1], 0.25F);
  EXPECT_NEAR(g[2], 0.866F, 5e-4);
  EXPECT_EQ(all[3].words[3], 0x2714);
  EXPECT_THAT(acceleration(all[4]), ElementsAre(0.0F, 0.0F, 1.0F));
  EXPECT_EQ(all[6].id, id_registers);
  EXPECT_THAT(all[6].words, ElementsAre(9, 6, 0, 0));

  const auto as_bytes = [](Command c) { return Bytes(c.begin(), c.end()); };
  EXPECT_EQ(as_bytes(unlock_registers()), hex("FF AA 69 88 B5"));
  EXPECT_EQ(as_bytes(set_register(register_rate, *rate_code(100))), hex("FF AA 03 09 00"));
  EXPECT_EQ(as_bytes(set_register(register_content, content_acceleration | content_gyro)),
            hex("FF AA 02 06 00"));
  EXPECT_EQ(as_bytes(ask_registers(register_motion)), hex("FF AA 27 34 00"));
}

TEST(WitmotionProtocol, a_frame_waits_for_what_follows_it_but_an_answer_does_not) {
  EXPECT_TRUE(frames_of({still}).empty());
  EXPECT_EQ(frames_of({registers}).size(), 1U);
  EXPECT_EQ(frames_of({still + hex("55")}).size(), 1U);
  Damage damage;
  // A byte is lost and the next frame's 55 is by chance the sum of what is left: only one damage, no sample.
  auto torn = hex("55 51 00 00 00 00 00 08 A7");
  torn.push_back(std::byte{0x00});
  unsigned sum = 0;
  for (const auto byte : torn)
    sum += std::to_integer<unsigned>(byte);
  ASSERT_EQ(sum & 0xFF, 0x55U);
  EXPECT_EQ(frames_of({torn + at_rest + still + at_rest}, &damage).size(), 2U);
  EXPECT_EQ(damage, (Damage{1, 0, 0}));
}

TEST(WitmotionProtocol, payload_full_of_headers_and_a_half_frame_first) {
  const auto rich = frame(0x51, {0x5555, 0x5555, 0x5555, 0x5555});
  for (std::size_t from = 0; from < frame_size; ++from) {
    const auto all = frames_of(
        {Bytes(rich.begin() + static_cast<std::ptrdiff_t>(from), rich.end()) + rich + rich + at_rest});
    ASSERT_GE(all.size(), 2U) << from;
    for (const auto& one : all)
      ASSERT_TRUE(one.id != id_acceleration || acceleration(one)[2] == acceleration(all.front())[2]);
    EXPECT_FLOAT_EQ(acceleration(all.front())[0], 0x5555 * 16.0F / 32768);
  }
}

TEST(WitmotionProtocol, split_at_every_byte_and_each_byte_corrupted) {
  Bytes stream;
  for (int i = 0; i < 8; ++i)
    stream = stream + frame(0x51, {i * 100, 0x5551, 2048 - i, 2500}) + frame(0x52, {0x55, i, -i, 0});
  split_at_every_byte(stream, [](const Reads& r) { return frames_of(r); });
  const auto harm = corrupt_every_byte(stream, [](const Reads& r) { return frames_of(r); });
  EXPECT_EQ(harm.invented, 0U);
  EXPECT_LE(harm.worst_lost, 2U);
}

TEST(WitmotionProtocol, noise_is_no_frame) {
  std::uint32_t state = 1;
  Bytes noise;
  for (int i = 0; i < 1'000'000; ++i) {
    state = state * 1664525 + 1013904223;
    noise.push_back(static_cast<std::byte>(state >> 24));
  }
  // One in 2^20 places looks like a frame, a good half of them need no header after them.
  EXPECT_LE(frames_of({noise}).size(), 4U);
  EXPECT_TRUE(ble_of({noise}).empty());
}

Bytes lying_still(int frames, std::array<int, 9> words = {12, -30, 2048, 1, -1, 0, 100, 200, 300}) {
  Bytes out;
  for (int i = 0; i < frames; ++i) {
    words[0] = 12 + i;
    out = out + ble_frame(words);
  }
  return out;
}

TEST(WitmotionBle, one_g_and_what_holds_it_back) {
  const auto all = ble_of({lying_still(6)});
  ASSERT_EQ(all.size(), 4U);  // the first has no neighbour before it, the last none after it
  EXPECT_FLOAT_EQ(all[0][0], 13 * 16.0F / 32768);
  EXPECT_FLOAT_EQ(all[0][2], 1);
  EXPECT_TRUE(ble_of({lying_still(2)}).empty());
}

TEST(WitmotionBle, a_header_in_a_measurement_that_stands_still_is_not_taken_for_one) {
  // 55 61 in each of the nine places, from each byte of the first frame on.
  for (std::size_t place = 3; place < 9; ++place) {
    std::array<int, 9> words{12, -30, 2048, 1, -1, 0, 100, 200, 300};
    words[place] = 0x6155;
    const auto stream = lying_still(8, words);
    for (std::size_t from = 0; from < ble_frame_size; ++from) {
      const auto all = ble_of({std::span(stream).subspan(from)});
      ASSERT_GE(all.size(), 3U) << place << " " << from;
      // With 760 degrees/s that stand still it cannot be told; nothing on a bed turns so.
      if (place < 6) continue;
      for (const auto& g : all)
        ASSERT_FLOAT_EQ(g[2], 1) << place << " " << from;
    }
  }
}

TEST(WitmotionBle, split_at_every_byte_and_each_byte_corrupted_stays_within_the_bound) {
  const auto stream = lying_still(12);
  split_at_every_byte(stream, [](const Reads& r) { return ble_of(r); });
  // No checksum: one wrong byte of twenty hits an axis, and may move it by 2 g; no more.
  const auto harm = corrupt_every_byte(
      stream, [](const Reads& r) { return ble_of(r); }, {.lost = 3, .invented = 1},
      [](const Acceleration& g) {
        const auto near = [](float is, float was) {
          return std::abs(is - was) <= BleFinder::spike_g + 12 * 16.0F / 32768;
        };
        return near(g[0], 12 * 16.0F / 32768) && near(g[1], -30 * 16.0F / 32768) && near(g[2], 1);
      });
  std::printf("BLE frames: a byte damaged gives a wrong sample in %.1f %% of cases, by at most 2 g\n",
              100 * harm.share_invented());
  EXPECT_LT(harm.share_invented(), 0.25);
  EXPECT_LE(harm.worst_lost, 3U);
}

TEST(WitmotionBle, a_spike_is_no_measurement_but_a_turn_is) {
  const std::array<int, 9> flat{0, 0, 2048, 0, 0, 0, 0, 0, 0}, over{0, 0, -2048, 0, 0, 0, 0, 0, 0},
      spike{0, 0, 0x7FFF, 0, 0, 0, 0, 0, 0}, hard{0, 6000, 2048, 0, 0, 0, 0, 0, 0};
  Damage damage;
  auto all =
      ble_of({ble_frame(flat) + ble_frame(flat) + ble_frame(flat) + ble_frame(spike) + ble_frame(flat) +
              ble_frame(over) + ble_frame(over) + ble_frame(hard) + ble_frame(hard) + ble_frame(over)},
             &damage);
  EXPECT_EQ(all.size(), 7U);
  EXPECT_EQ(damage, (Damage{0, 0, 1}));
}

TEST(WitmotionProtocol, what_a_line_carries) {
  const auto at = [](double hz, std::uint32_t baud) { return plan(hz, baud); };
  EXPECT_EQ(at(100, 115200).output, (Output{6, 9}));
  EXPECT_EQ(at(20, 9600).output, (Output{6, 7}));
  EXPECT_EQ(at(50, 9600).output, (Output{2, 8}));  // without the gyro: 550 of 960 bytes/s
  EXPECT_EQ(at(100, 9600).output, (Output{2, 8}));
  EXPECT_EQ(at(100, 9600).rate_hz, 50);
  EXPECT_EQ(at(200, 4800).rate_hz, 20);
  EXPECT_FALSE(rate_code(64));
  EXPECT_EQ(nearest_rate(11), 10);
  EXPECT_EQ(nearest_rate(97), 100);
}

/// The driver on the simulator's pty, at its speed.
class WitmotionSimulated : public testing::Test {
 protected:
  static constexpr double speed = 5;

  std::string start(std::vector<std::string> options = {}) {
    link_ = testing::TempDir() + "/ttyUSB-wit-" + std::to_string(getpid());
    options.insert(options.begin(), {std::string(VIGIL_SIMULATORS) + "/witmotion_simulator", "--link", link_,
                                     "--speed", std::to_string(speed)});
    device_.emplace(options);
    return device_->hear("ready");
  }

  /// Until `enough` holds, it ended, or a deadline passed. What it threw.
  std::string run(const std::function<bool()>& enough, WrittenSettings::Written written = {}) {
    asio::io_context loop;
    std::string ended;
    bool over = false;
    try {
      SerialPort port(loop.get_executor(), clock_, link_);
      const WrittenSettings settings(driver, std::move(written));
      const auto done = [&](const std::exception_ptr& error) {
        over = true;
        try {
          if (error) std::rethrow_exception(error);
        } catch (const std::exception& e) {
          ended = e.what();
        }
      };
      asio::co_spawn(loop, driver.run(port, settings, heard_), done);
      const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
      while (!over && !enough() && std::chrono::steady_clock::now() < give_up)
        loop.run_one_for(milliseconds(100));
      EXPECT_LT(std::chrono::steady_clock::now(), give_up) << "it took too long";
      loop.stop();
    } catch (const std::exception& error) {
      ended = error.what();
    }
    return ended;
  }
  std::string run(std::size_t samples, WrittenSettings::Written written = {}) {
    const auto until = heard_.samples.size() + samples;
    const std::function<bool()> enough = [this, until] { return heard_.samples.size() >= until; };
    return run(enough, std::move(written));
  }
  void expect_worn(std::size_t from = 0) const {
    for (std::size_t i = from; i < heard_.samples.size(); ++i) {
      const auto& v = heard_.samples[i].values;
      ASSERT_NEAR(std::hypot(v[0], v[1], v[2]), 1, 0.35) << i;
      ASSERT_TRUE(i == from || heard_.samples[i].at > heard_.samples[i - 1].at) << i;
    }
  }
  std::string registers() {
    device_->tell("show");
    return device_->hear("registers");
  }

  [[nodiscard]] std::string note() const { return heard_.notes.empty() ? "" : heard_.notes.back(); }

  std::string link_;
  std::optional<Child> device_;
  Clock clock_{speed};
  Heard heard_;
};

TEST_F(WitmotionSimulated, as_it_comes_from_the_factory_is_found_and_set_and_nothing_is_saved) {
  ASSERT_FALSE(start().empty());
  EXPECT_EQ(run(400), "");
  ASSERT_EQ(heard_.channels.size(), 1U);
  EXPECT_EQ(heard_.channels[0].quantity, Quantity::acceleration);
  EXPECT_EQ(heard_.channels[0].rate_hz, 50);
  EXPECT_EQ(heard_.what, "WitMotion, standard protocol, 9600 baud, firmware 10004");
  EXPECT_EQ(note(), "");
  EXPECT_EQ(heard_.identity, "");  // nothing tells it from another
  expect_worn();
  EXPECT_EQ(registers(), "registers output 02 rate 08 baud 9600");
  EXPECT_EQ(device_->said().find("saved"), std::string::npos);
  EXPECT_EQ(device_->said().find("refused"), std::string::npos);  // it was unlocked first
  const double took = seconds(heard_.samples.back().at - heard_.samples.front().at);
  EXPECT_NEAR(took, static_cast<double>(heard_.samples.size() - 1) / 50, 1);
}

TEST_F(WitmotionSimulated, is_found_at_another_baud_and_one_that_says_nothing_by_itself_is_asked) {
  ASSERT_FALSE(start({"--baud", "115200", "--mute"}).empty());
  EXPECT_EQ(run(200, {{"rate_hz", "100"}}), "");
  EXPECT_EQ(heard_.what.substr(0, 41), "WitMotion, standard protocol, 115200 baud");
  EXPECT_EQ(heard_.channels.at(0).rate_hz, 100);
  EXPECT_EQ(registers(), "registers output 06 rate 09 baud 115200");
  expect_worn();
}

TEST_F(WitmotionSimulated, the_configured_baud_is_tried_first) {
  ASSERT_FALSE(start({"--baud", "921600", "--rate", "100"}).empty());
  const auto began = clock_.now();
  EXPECT_EQ(run(1, {{"baud", "921600"}}), "");
  EXPECT_LT(seconds(clock_.now() - began), 3);  // the other eight would take 5 s
}

TEST_F(WitmotionSimulated, says_what_a_slow_line_does_not_carry) {
  ASSERT_FALSE(start().empty());
  EXPECT_EQ(run(100, {{"rate_hz", "200"}}), "");
  EXPECT_EQ(heard_.channels.at(0).rate_hz, 50);
  EXPECT_THAT(note(), HasSubstr("9600 baud carry no more than 50 Hz, asked for 200"));
}

TEST_F(WitmotionSimulated, lost_and_wrong_bytes_cost_samples_and_never_make_one) {
  ASSERT_FALSE(start({"--baud", "115200"}).empty());
  std::size_t ordered = 0;
  const std::array<const char*, 4> faults{"drop 3", "flip 3", "half", "drop 5"};
  const std::function<bool()> enough = [&] {
    if (ordered < faults.size() && heard_.samples.size() >= 100 * (ordered + 1))
      device_->tell(faults[ordered++]);
    return heard_.samples.size() >= 600;
  };
  EXPECT_EQ(run(enough, {{"rate_hz", "100"}, {"baud", "115200"}}), "");
  EXPECT_EQ(ordered, 4U);
  expect_worn();
  EXPECT_GE(heard_.rejects[Reject::framing] + heard_.rejects[Reject::checksum], 3U);
  EXPECT_EQ(heard_.rejects[Reject::range], 0U);
}

TEST_F(WitmotionSimulated, measurements_full_of_headers_are_read) {
  ASSERT_FALSE(start({"--baud", "115200", "--rich"}).empty());
  EXPECT_EQ(run(100, {{"baud", "115200"}}), "");
  for (const auto& one : heard_.samples)
    for (const float axis : one.values)
      ASSERT_FLOAT_EQ(axis, 0x5555 * 16.0F / 32768);
  EXPECT_TRUE(heard_.rejects.empty());
}

TEST_F(WitmotionSimulated, another_baud_in_the_middle_is_found_without_reopening) {
  ASSERT_FALSE(start({"--baud", "115200"}).empty());
  bool changed = false;
  std::size_t before = 0;
  const std::function<bool()> enough = [&] {
    if (heard_.samples.size() >= 100 && !std::exchange(changed, true)) {
      device_->tell("baud 19200");
      before = heard_.samples.size();
    }
    return changed && heard_.samples.size() >= before + 100;
  };
  EXPECT_EQ(run(enough, {{"baud", "115200"}}), "");
  EXPECT_THAT(heard_.what, HasSubstr("19200 baud"));
  expect_worn();
}

TEST_F(WitmotionSimulated, what_it_forgets_with_its_power_is_set_again) {
  ASSERT_FALSE(start({"--baud", "115200"}).empty());
  bool failed = false;
  const std::function<bool()> enough = [&] {
    if (heard_.samples.size() >= 100 && !std::exchange(failed, true)) device_->tell("restart");
    return heard_.samples.size() >= 600;
  };
  EXPECT_EQ(run(enough, {{"baud", "115200"}}), "");
  EXPECT_EQ(registers(), "registers output 06 rate 08 baud 115200");
  EXPECT_EQ(note(), "");
  EXPECT_EQ(heard_.channels.size(), 1U);
  expect_worn();
}

TEST_F(WitmotionSimulated, one_that_takes_no_setting_is_read_as_it_is_and_that_is_said) {
  ASSERT_FALSE(start({"--baud", "115200", "--rate", "20"}).empty());
  device_->tell("stuck");
  EXPECT_EQ(run(40, {{"baud", "115200"}}), "");
  EXPECT_EQ(heard_.channels.at(0).rate_hz, 20);
  EXPECT_EQ(note(),
            "does not take its settings: sends 20 Hz, asked for 50; set it with the maker's software");
  expect_worn();
}

TEST_F(WitmotionSimulated, one_that_says_no_registers_is_counted) {
  ASSERT_FALSE(start({"--baud", "115200", "--no-reads"}).empty());
  device_->tell("stuck");
  EXPECT_EQ(run(40, {{"baud", "115200"}}), "");
  EXPECT_EQ(heard_.channels.at(0).rate_hz, 10);
  EXPECT_THAT(note(), HasSubstr("taken to send 10 Hz, as counted"));
}

TEST_F(WitmotionSimulated, one_that_sends_less_than_it_says_is_told) {
  ASSERT_FALSE(start({"--baud", "115200"}).empty());
  bool lazy = false;
  const std::function<bool()> enough = [&] {
    if (!heard_.samples.empty() && !std::exchange(lazy, true)) device_->tell("lazy 2");
    return !note().empty();
  };
  EXPECT_EQ(run(enough, {{"baud", "115200"}}), "");
  EXPECT_THAT(note(), HasSubstr("Hz of the 50 Hz that it is set to"));
}

TEST_F(WitmotionSimulated, ble_frames_are_known_by_themselves_and_left_as_they_are) {
  ASSERT_FALSE(start({"--baud", "115200", "--ble", "--rate", "20"}).empty());
  bool damaged = false;
  const std::function<bool()> enough = [&] {
    if (heard_.samples.size() >= 60 && !std::exchange(damaged, true)) device_->tell("drop 2");
    return heard_.samples.size() >= 120;
  };
  EXPECT_EQ(run(enough), "");
  EXPECT_EQ(heard_.what, "WitMotion, BLE frames, 115200 baud");
  EXPECT_EQ(heard_.channels.at(0).rate_hz, 20);
  EXPECT_THAT(note(), HasSubstr("sends 20 Hz, asked for 50"));
  expect_worn();
  EXPECT_GE(heard_.rejects[Reject::framing], 1U);
  heard_ = {};
  EXPECT_THAT(run(1, {{"protocol", "standard"}}), HasSubstr("expected frames of a WitMotion sensor"));
  EXPECT_EQ(run(20, {{"protocol", "ble"}, {"baud", "115200"}}), "");
}

TEST_F(WitmotionSimulated, one_that_vanishes_is_lost_and_comes_back) {
  ASSERT_FALSE(start({"--baud", "115200"}).empty());
  bool pulled = false;
  const std::function<bool()> pull = [&] {
    if (heard_.samples.size() >= 50 && !std::exchange(pulled, true)) device_->tell("vanish 0.2");
    return false;
  };
  EXPECT_NE(run(pull, {{"baud", "115200"}}), "");
  ASSERT_FALSE(device_->hear("ready").empty());
  EXPECT_EQ(run(50, {{"baud", "115200"}}), "");
  EXPECT_EQ(heard_.channels.size(), 1U);
}

TEST_F(WitmotionSimulated, one_that_answers_but_sends_nothing_is_lost) {
  ASSERT_FALSE(start({"--baud", "115200"}).empty());
  device_->tell("stall");
  EXPECT_THAT(run(1, {{"baud", "115200"}}), HasSubstr("answers, but sends no acceleration"));
}

TEST_F(WitmotionSimulated, a_wrong_setting_is_refused_with_what_there_is) {
  ASSERT_FALSE(start().empty());
  EXPECT_THAT(run(1, {{"rate_hz", "64"}}),
              HasSubstr("expected 1, 2, 5, 10, 20, 50, 100, 125 or 200, found 64"));
  EXPECT_THAT(run(1, {{"baud", "14400"}}), HasSubstr("found 14400"));
  EXPECT_THAT(run(1, {{"protocol", "modbus"}}), HasSubstr("expected auto, standard or ble, found 'modbus'"));
}

}  // namespace
}  // namespace vigil::drivers::witmotion

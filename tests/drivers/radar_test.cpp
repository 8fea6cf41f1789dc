#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include <gtest/gtest.h>

#include "drivers/bench_port.hpp"
#include "drivers/child.hpp"
#include "drivers/port/serial_port.hpp"
#include "drivers/radar/driver.hpp"
#include "drivers/radar/protocol.hpp"
#include "drivers/settings.hpp"
#include "support/torture.hpp"

namespace vigil::drivers::radar {
namespace {

using std::chrono::milliseconds;

Bytes hex(const std::string& text) {
  Bytes out;
  std::istringstream words(text);
  for (std::string word; words >> word;)
    out.push_back(static_cast<std::byte>(std::stoi(word, nullptr, 16)));
  return out;
}

/// One frame as a value: what it is and what it says.
struct One {
  std::uint16_t type;
  Bytes data;
  Meaning meaning;
  bool operator==(const One&) const = default;
};

std::vector<One> decode(const Reads& reads, std::optional<Family> family = {}) {
  Decoder decoder(family);
  std::vector<One> out;
  const auto take = [&](std::span<const std::byte> bytes) {
    while (const auto frame = decoder.next(bytes))
      out.push_back({frame->type, {frame->data.begin(), frame->data.end()}, radar::meaning(*frame)});
  };
  for (const auto read : reads)
    take(read);
  decoder.quiet();
  take({});
  return out;
}

Meaning of(const std::string& text) {
  const auto bytes = hex(text);
  const auto frames = decode({bytes});
  EXPECT_EQ(frames.size(), 1U) << text;
  return frames.empty() ? Meaning{} : frames[0].meaning;
}

TEST(RadarProtocol, the_sheets_frames) {
  EXPECT_EQ(of("53 59 85 02 00 01 47 7B 54 43"), (Meaning{Says::heart_rate, 71}));
  EXPECT_EQ(of("53 59 85 02 00 01 41 75 54 43"), (Meaning{Says::heart_rate, 65}));
  EXPECT_EQ(of("53 59 80 05 00 06 00 1F 00 32 00 00 88 54 43"), Meaning{});
  EXPECT_EQ(of("53 59 80 05 00 06 80 1F 00 32 00 00 08 54 43"), Meaning{});
  EXPECT_EQ(of("53 59 80 03 00 01 03 33 54 43"), (Meaning{Says::motion, 3}));
  EXPECT_EQ(of("53 59 80 01 00 01 01 2F 54 43"), (Meaning{Says::presence, 1}));
  EXPECT_EQ(of("53 59 81 02 00 01 10 40 54 43"), (Meaning{Says::breath_rate, 16}));
  EXPECT_EQ(of("53 59 81 05 00 05 80 82 7E 81 7F B7 54 43"), Meaning{});
  EXPECT_EQ(of("53 59 84 01 00 01 01 33 54 43"), (Meaning{Says::in_bed, 1}));
  EXPECT_EQ(of("53 59 84 0C 00 08 01 01 0F 3E 03 05 0C 00 A7 54 43"), Meaning{});
  EXPECT_EQ(of("01 00 10 00 04 0A 15 F5 00 00 8C 42 31"), (Meaning{Says::heart_rate, 70}));
  EXPECT_EQ(of("01 00 11 00 04 0A 14 F5 00 00 98 41 26"), (Meaning{Says::breath_rate, 19}));
  EXPECT_EQ(of("01 00 12 00 0C 0A 13 F9 00 00 C0 3F 00 00 00 3F 00 00 80 BE 01"), Meaning{});
  EXPECT_EQ(of("01 00 13 00 08 0A 16 F9 01 00 00 00 00 00 48 42 F4"), Meaning{});
  EXPECT_EQ(of("01 00 14 00 01 0F 09 ED 01 FE"), (Meaning{Says::presence, 1}));
}

TEST(RadarProtocol, frames_of_real_radars) {
  std::ifstream file(std::string(VIGIL_SHARED_DIR) + "/protocols/samples/sip_radar_real_frames.hex");
  if (!file) GTEST_SKIP() << "the shared samples are not here";
  std::size_t frames = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    const auto bytes = hex(line);
    EXPECT_EQ(decode({bytes}).size(), 1U) << line;
    ++frames;
  }
  EXPECT_EQ(frames, 5U);
}

TEST(RadarProtocol, zero_is_no_rate_and_what_nobody_has_is_implausible) {
  const auto r60 = [](std::uint16_t type, int value) {
    const Bytes data{static_cast<std::byte>(value)};
    return meaning({Family::r60abd1, type, data});
  };
  EXPECT_EQ(r60(0x8502, 0), Meaning{Says::no_heart});
  EXPECT_EQ(r60(0x8102, 0), Meaning{Says::no_breath});
  for (const int value : {1, 29, 201, 255})
    EXPECT_EQ(r60(0x8502, value), Meaning{Says::implausible}) << value;
  for (const int value : {1, 3, 41, 255})
    EXPECT_EQ(r60(0x8102, value), Meaning{Says::implausible}) << value;
  EXPECT_EQ(r60(0x8502, 30), (Meaning{Says::heart_rate, 30}));
  EXPECT_EQ(r60(0x8502, 200), (Meaning{Says::heart_rate, 200}));
  EXPECT_EQ(r60(0x8102, 4), (Meaning{Says::breath_rate, 4}));
  EXPECT_EQ(r60(0x8102, 40), (Meaning{Says::breath_rate, 40}));
  EXPECT_EQ(r60(0x8003, 101), Meaning{});
  EXPECT_EQ(r60(0x8401, 2), Meaning{}) << "neither in nor out";
  const auto bha2 = [](const char* bytes) {
    const auto data = hex(bytes);
    return meaning({Family::mr60bha2, 0x0A15, data});
  };
  EXPECT_EQ(bha2("00 00 00 00"), Meaning{Says::no_heart});
  EXPECT_EQ(bha2("00 00 00 80"), Meaning{Says::no_heart}) << "-0";
  EXPECT_EQ(bha2("00 00 C0 7F"), Meaning{Says::implausible}) << "NaN";
  EXPECT_EQ(bha2("00 00 80 7F"), Meaning{Says::implausible}) << "infinite";
  EXPECT_EQ(bha2("00 00 8C C2"), Meaning{Says::implausible}) << "-70";
}

TEST(RadarProtocol, commands_are_the_sheets) {
  const auto is = [](const Command& command, const char* bytes) {
    return Bytes(command.bytes.begin(), command.bytes.end()) == hex(bytes);
  };
  EXPECT_TRUE(is(command(0x80, 0x00, 1), "53 59 80 00 00 01 01 2E 54 43"));
  EXPECT_TRUE(is(command(0x81, 0x00, 1), "53 59 81 00 00 01 01 2F 54 43"));
  EXPECT_TRUE(is(command(0x85, 0x00, 1), "53 59 85 00 00 01 01 33 54 43"));
  EXPECT_TRUE(is(command(0x84, 0x81, ask), "53 59 84 81 00 01 0F C1 54 43"));
  EXPECT_TRUE(is(command(0x01, 0x02, ask), "53 59 01 02 00 01 0F BF 54 43"));
}

TEST(RadarProtocol, the_sheets_wrong_sum_is_not_believed) {
  Decoder decoder;
  const auto bytes = hex("53 59 80 03 00 01 03 3D 54 43");
  std::span<const std::byte> left(bytes);
  EXPECT_FALSE(decoder.next(left));
  EXPECT_EQ(decoder.take_bad_sums(), 1U);
  EXPECT_EQ(decoder.take_junk(), 0U);
  EXPECT_FALSE(decoder.family());
}

TEST(RadarProtocol, chance_does_not_decide_the_family) {
  // In an R60ABD1's stream: eight bytes that pass for an MR60BHA2's header of an unknown type.
  const auto bytes =
      hex("01 02 10 00 01 54 43 FB 01 FE 53 59 85 02 00 01 47 7B 54 43 53 59 81 02 00 01 10 40 54 43");
  const auto frames = decode({bytes});
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].meaning, (Meaning{Says::heart_rate, 71}));
}

const char* const r60_stream =
    "53 59 84 01 00 01 01 33 54 43 53 59 85 02 00 01 47 7B 54 43 53 59 81 02 00 01 10 40 54 43 "
    "53 59 81 05 00 05 80 82 7E 81 7F B7 54 43 53 59 80 03 00 01 03 33 54 43 "
    "53 59 80 05 00 06 00 1F 00 32 00 00 88 54 43 53 59 85 02 00 01 41 75 54 43 "
    "53 59 84 0C 00 08 01 01 0F 3E 03 05 0C 00 A7 54 43 53 59 80 01 00 01 01 2F 54 43";
const char* const bha2_stream =
    "01 00 10 00 04 0A 15 F5 00 00 8C 42 31 01 00 11 00 04 0A 14 F5 00 00 98 41 26 "
    "01 00 12 00 0C 0A 13 F9 00 00 C0 3F 00 00 00 3F 00 00 80 BE 01 "
    "01 00 13 00 08 0A 16 F9 01 00 00 00 00 00 48 42 F4 01 00 14 00 01 0F 09 ED 01 FE "
    "01 00 15 00 11 01 00 FB 69 6E 76 61 6C 69 64 20 42 52 20 3D 20 37 30 38 32 8E "
    "01 00 16 00 08 0A 16 FC 01 00 00 00 71 3D 95 42 65";

TEST(RadarTorture, split_at_every_byte) {
  for (const auto* const text : {r60_stream, bha2_stream}) {
    const auto stream = hex(text);
    split_at_every_byte(stream, [](const Reads& reads) { return decode(reads); });
  }
}

TEST(RadarTorture, every_byte_corrupted_loses_its_own_frame_and_invents_none) {
  const auto stream = hex(r60_stream);
  const auto harm = corrupt_every_byte(
      stream, [](const Reads& reads) { return decode(reads); }, Bearable{.lost = 1, .invented = 0});
  EXPECT_GT(harm.damages, 1000U);
}

TEST(RadarTorture, every_byte_of_an_mr60bha2_corrupted_invents_no_sample) {
  // Its check is an XOR: where a byte 01 is left out, the next frame's 01 makes up for it. What is read then
  // is shifted by a byte, and none of it a rate or a presence.
  const auto stream = hex(bha2_stream);
  const auto no_sample = [](const One& one) {
    return one.meaning.says == Says::nothing || one.meaning.says == Says::implausible;
  };
  const auto harm = corrupt_every_byte(
      stream, [](const Reads& reads) { return decode(reads); }, Bearable{.lost = 2, .invented = 1},
      no_sample);
  EXPECT_GT(harm.damages, 1000U);
  EXPECT_LT(harm.share_invented(), 0.003);
}

class Radar : public testing::Test {
 protected:
  void SetUp() override { link_ = testing::TempDir() + "/radar-" + std::to_string(getpid()); }

  Child start(std::vector<std::string> more = {}) {
    std::vector<std::string> command{std::string(VIGIL_SIMULATORS) + "/radar_simulator", "--link", link_,
                                     "--speed", "20"};
    command.insert(command.end(), more.begin(), more.end());
    return Child(command, {{"RADAR_WARM_UP_S", "9"}});
  }

  /// Runs the driver on the simulator's pty, twentyfold, until `enough` or it ended; what ended it.
  std::string run(const std::function<bool()>& enough, const WrittenSettings::Written& written = {}) {
    asio::io_context loop;
    std::string ended;
    bool over = false;
    try {
      SerialPort port(loop.get_executor(), clock_, link_);
      const WrittenSettings settings(driver, written);
      const auto done = [&](const std::exception_ptr& error) {
        over = true;
        try {
          if (error) std::rethrow_exception(error);
        } catch (const std::exception& e) {
          ended = e.what();
        }
      };
      asio::co_spawn(loop, driver.run(port, settings, heard_), done);
      const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      while (!over && !enough() && std::chrono::steady_clock::now() < give_up)
        loop.run_one_for(milliseconds(100));
      EXPECT_TRUE(over || enough()) << "not within 20 s";
      loop.stop();
    } catch (const std::exception& error) {
      ended = error.what();
    }
    return ended;
  }

  struct Noting : Heard {
    std::vector<std::string> notes;
    void note(std::string text) override { notes.push_back(std::move(text)); }
  };
  [[nodiscard]] std::size_t of(Quantity quantity) const {
    std::size_t n = 0;
    for (const auto& s : heard_.samples)
      n += heard_.channels[s.channel].quantity == quantity ? 1 : 0;
    return n;
  }
  [[nodiscard]] float last(Quantity quantity) const {
    float value = -1;
    for (const auto& s : heard_.samples)
      if (heard_.channels[s.channel].quantity == quantity) value = s.values[0];
    return value;
  }
  [[nodiscard]] bool noted(const std::string& part) const {
    return std::ranges::any_of(heard_.notes,
                               [&](const auto& n) { return n.find(part) != std::string::npos; });
  }

  std::string link_;
  Clock clock_{20};
  Noting heard_;
};

TEST_F(Radar, warms_up_then_tells_rates_presence_and_motion) {
  auto device = start({"--silent", "--heart", "64", "--breath", "13"});
  ASSERT_FALSE(device.hear("ready").empty());
  // All its reports are off: only being asked makes it speak.
  EXPECT_EQ(run([&] { return of(Quantity::heart_rate) >= 5 && of(Quantity::breath_rate) >= 5; }), "");
  EXPECT_EQ(heard_.what, "60-GHz radar, R60ABD1 family (indicative)");
  ASSERT_EQ(heard_.channels.size(), 4U);
  EXPECT_EQ(last(Quantity::heart_rate), 64);
  EXPECT_EQ(last(Quantity::breath_rate), 13);
  EXPECT_EQ(last(Quantity::occupancy), 1);
  EXPECT_GT(of(Quantity::motion), 3U);
  ASSERT_GE(heard_.notes.size(), 2U);
  EXPECT_EQ(heard_.notes[0], "warming up: it gives no rates for about 30 s");
  EXPECT_EQ(heard_.notes[1], "");
  for (const auto* const wanted : {"switched 80 1", "switched 81 1", "switched 85 1", "asked 84 81"})
    EXPECT_FALSE(device.hear(wanted).empty()) << wanted;
  EXPECT_TRUE(heard_.rejects.empty());
}

TEST_F(Radar, switches_the_heart_on_again_after_30_s_without) {
  auto device = start();
  ASSERT_FALSE(device.hear("ready").empty());
  bool lost = false;
  std::size_t before = 0;
  EXPECT_EQ(run([&] {
              if (of(Quantity::heart_rate) >= 2 && !std::exchange(lost, true)) {
                device.tell("lose");
                before = heard_.notes.size();
              }
              return lost && noted("stopped telling the heart rate") && heard_.notes.back().empty();
            }),
            "");
  EXPECT_GT(heard_.notes.size(), before);
}

TEST_F(Radar, survives_every_fault_of_the_sheet) {
  auto device = start();
  ASSERT_FALSE(device.hear("ready").empty());
  std::size_t step = 0, mark = 0;
  const std::vector<std::string> faults{"sum",  "tail", "inside",     "endless", "garbage",
                                        "torn", "odd",  "apnoea 0.3", "reset",   "leave"};
  EXPECT_EQ(run([&] {
              if (step < faults.size() && of(Quantity::motion) >= mark + 4) {
                mark = of(Quantity::motion);
                device.tell(faults[step++]);
              }
              return step == faults.size() && last(Quantity::occupancy) == 0;
            }),
            "");
  for (const auto& s : heard_.samples)
    if (heard_.channels[s.channel].quantity == Quantity::heart_rate) {
      ASSERT_EQ(s.values[0], 62);
    } else if (heard_.channels[s.channel].quantity == Quantity::breath_rate) {
      ASSERT_EQ(s.values[0], 15);
    }
  EXPECT_GE(heard_.rejects[Reject::checksum], 1U);
  EXPECT_GE(heard_.rejects[Reject::framing], 3U);
  EXPECT_GE(heard_.rejects[Reject::range], 1U);
}

TEST_F(Radar, gives_no_rates_of_an_empty_bed_and_says_when_it_is_gone) {
  auto device = start();
  ASSERT_FALSE(device.hear("ready").empty());
  bool left = false, back = false;
  std::size_t rates = 0;
  const auto ended = run([&] {
    if (of(Quantity::heart_rate) >= 2 && !std::exchange(left, true)) device.tell("leave");
    if (left && last(Quantity::occupancy) == 0 && !std::exchange(back, true)) {
      rates = of(Quantity::heart_rate);
      device.tell("return");
    }
    if (back && of(Quantity::heart_rate) > rates + 1) device.tell("vanish 0.2");
    return false;
  });
  EXPECT_NE(ended, "");
  EXPECT_TRUE(back);
  ASSERT_FALSE(device.hear("ready").empty());
  const auto before = heard_.samples.size();
  EXPECT_EQ(run([&] { return heard_.samples.size() > before + 10; }), "");
}

TEST_F(Radar, tells_the_mr60bha2_by_what_it_sends) {
  auto device = start({"--model", "mr60bha2", "--heart", "71.5", "--breath", "14.25"});
  ASSERT_FALSE(device.hear("ready").empty());
  bool told = false;
  EXPECT_EQ(run([&] {
              if (of(Quantity::heart_rate) >= 3 && !std::exchange(told, true))
                for (const auto* const fault : {"sum", "garbage", "torn", "inside", "endless", "odd"})
                  device.tell(fault);
              return of(Quantity::heart_rate) >= 8 && heard_.rejects.contains(Reject::range);
            }),
            "");
  ASSERT_EQ(heard_.channels.size(), 3U);
  EXPECT_NE(heard_.what.find("MR60BHA2"), std::string::npos);
  EXPECT_NE(heard_.what.find("indicative"), std::string::npos);
  EXPECT_NEAR(last(Quantity::heart_rate), 71.5, 1e-4);
  EXPECT_NEAR(last(Quantity::breath_rate), 14.25, 1e-4);
  EXPECT_EQ(last(Quantity::occupancy), 1);
}

TEST_F(Radar, puts_a_c1001_to_sleep_mode) {
  auto device = start();
  ASSERT_FALSE(device.hear("ready").empty());
  EXPECT_EQ(run([&] { return of(Quantity::motion) >= 20; }, {{"work_mode", "sleep"}}), "");
  EXPECT_FALSE(device.hear("mode 2").empty());
  EXPECT_FALSE(noted("work mode"));
}

TEST(RadarDriver, says_what_a_wrong_setting_should_be) {
  Heard heard;
  PassingTime port(Instant{}, Instant{std::chrono::minutes(1)});
  const auto ended = [&](const WrittenSettings::Written& written) {
    return run_to_end(driver, port, WrittenSettings(driver, written), heard);
  };
  EXPECT_EQ(ended({{"model", "60"}}), "radar: model: expected auto, r60abd1 or mr60bha2, found '60'");
  EXPECT_EQ(ended({{"work_mode", "deep"}}), "radar: work_mode: expected sleep or fall, found 'deep'");
}

TEST(RadarDriver, says_what_to_look_at_when_nothing_comes) {
  struct Noting : Heard {
    std::string last;
    void note(std::string text) override { last = std::move(text); }
  } heard;
  PassingTime port(Instant{}, Instant{std::chrono::minutes(1)});
  EXPECT_EQ(run_to_end(driver, port, WrittenSettings(driver), heard), "the test is over");
  EXPECT_EQ(heard.last, "sends nothing: is it powered, are RX and TX the right way round?");
  EXPECT_TRUE(heard.channels.empty());
}

}  // namespace
}  // namespace vigil::drivers::radar

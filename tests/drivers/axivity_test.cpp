#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "drivers/axivity/driver.hpp"
#include "drivers/axivity/protocol.hpp"
#include "drivers/bench_port.hpp"
#include "drivers/child.hpp"
#include "drivers/metronome.hpp"
#include "drivers/port/capture_port.hpp"
#include "drivers/port/serial_port.hpp"
#include "drivers/settings.hpp"
#include "support/torture.hpp"

namespace vigil::drivers::axivity {
namespace {

using std::chrono::milliseconds;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::vector<std::string> lines_of(LineSplitter& splitter, std::string_view text) {
  std::vector<std::string> out;
  auto bytes = bytes_of(text);
  while (const auto line = splitter.next(bytes))
    out.emplace_back(*line);
  return out;
}

TEST(AxivityProtocol, identity) {
  const auto id = parse_identity("ID=CWA,17,50,123,0");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->serial(), "CWA17_00123");
  EXPECT_EQ(id->what(), "AX3 17, firmware 50");
  EXPECT_FALSE(id->is_ax6());
  const auto six = parse_identity("ID=AX6,64,56,6001234,7");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->serial(), "AX664_6001234");
  EXPECT_TRUE(six->is_ax6());
  for (const auto* const bad : {"", "ID=", "ID=CWA", "ID=CWA,17,50,123", "ID=XYZ,17,50,123,0",
                                "ID=CWA,17,x,123,0", "ID=CWA,,50,123,0", "ID=CWA,17,50,99999999999,0", "OK"})
    EXPECT_FALSE(parse_identity(bad)) << bad;
}

TEST(AxivityProtocol, rate_codes_of_the_sheet) {
  const auto rate = parse_rate("RATE=74,100");
  ASSERT_TRUE(rate);
  EXPECT_EQ(rate->hz, 100);
  EXPECT_EQ(rate->range_g, 8);
  EXPECT_EQ(rate_of(138).range_g, 4);
  EXPECT_EQ(rate_of(202).range_g, 2);
  EXPECT_EQ(rate_of(10).range_g, 16);
  EXPECT_TRUE(parse_rate("RATE=74,100,2000"));
  EXPECT_FALSE(parse_rate("RATE=,100"));
  EXPECT_FALSE(parse_rate("RATE=300,100"));
}

TEST(AxivityProtocol, battery) {
  const auto battery = parse_battery("$BATT=700,4101,mV,87,0");
  ASSERT_TRUE(battery);
  EXPECT_EQ(battery->percent, 87);
  EXPECT_EQ(battery->millivolt, 4101);
  EXPECT_FALSE(parse_battery("$BATT=700,4101,mV,187,0"));
  EXPECT_FALSE(parse_battery("$BATT=700,4101"));
}

TEST(AxivityProtocol, samples) {
  const auto raw = parse_sample("-12,3,251");
  ASSERT_TRUE(raw.has_value());
  const auto g = to_g(raw->acceleration, 256);
  ASSERT_TRUE(g.has_value());
  EXPECT_NEAR((*g)[0], -0.0469, 1e-4);
  EXPECT_NEAR((*g)[1], 0.0117, 1e-4);
  EXPECT_NEAR((*g)[2], 0.9805, 1e-4);
  EXPECT_EQ(raw->columns, 3U);
  EXPECT_EQ(parse_sample("1,2,3,4,5,6")->acceleration[2], 3);
  EXPECT_EQ(parse_sample("1,2,3,4,5,6")->columns, 6U);
  EXPECT_TRUE(parse_sample("0,0,-10").has_value());
  EXPECT_EQ(parse_sample("1,2").error(), Reject::length);
  EXPECT_EQ(parse_sample("1,2,3,4").error(), Reject::length);
  EXPECT_EQ(parse_sample("1,2,3,4,5,6,7").error(), Reject::length);
  for (const auto* const bad : {"", "1,,3", "1,2,x", "~1,2,3", "1,2,3 ", "1,2,99999999999999", "01,2,3",
                                "-0,2,3", "+1,2,3", "ERROR: Locked."})
    EXPECT_EQ(parse_sample(bad).error(), Reject::syntax) << bad;
  EXPECT_EQ(to_g({6000, 0, 0}, 256).error(), Reject::range);
}

TEST(AxivityProtocol, a_change_of_columns_is_believed_at_its_third_line) {
  Columns columns;
  EXPECT_TRUE(columns.take(6));
  EXPECT_TRUE(columns.take(6));
  EXPECT_FALSE(columns.take(3));  // a line torn in two
  EXPECT_FALSE(columns.take(3));
  EXPECT_TRUE(columns.take(6));
  EXPECT_FALSE(columns.take(3));  // the gyroscope was switched off
  EXPECT_FALSE(columns.take(3));
  EXPECT_TRUE(columns.take(3));
  EXPECT_FALSE(columns.take(6));
  EXPECT_TRUE(columns.take(3));
}

/// What the driver makes of the bytes of a stream under way.
std::vector<std::array<float, 3>> decode(const Reads& reads, std::size_t printed, float lsb_per_g) {
  LineSplitter lines;
  Columns columns;
  EXPECT_TRUE(columns.take(printed));
  std::vector<std::array<float, 3>> out;
  for (auto bytes : reads)
    while (const auto line = lines.next(bytes)) {
      const auto raw = parse_sample(*line);
      if (!raw || !columns.take(raw->columns)) continue;
      if (const auto g = to_g(raw->acceleration, lsb_per_g)) out.push_back(*g);
    }
  return out;
}

TEST(AxivityProtocol, a_stream_survives_every_cut_and_every_damaged_byte) {
  std::string three, six;
  for (int i = 0; i < 8; ++i) {
    three += std::to_string(i - 12) + "," + std::to_string(3 * i) + ",251\r\n";
    six += std::to_string(i - 192) + "," + std::to_string(48 * i) + ",4016," + std::to_string(i - 3) +
           ",1400,-17\r\n";
  }
  const auto plausible = [](const std::array<float, 3>& g) {
    return std::ranges::all_of(g, [](float axis) { return std::abs(axis) <= 20; });
  };
  double invented = 0;
  for (const bool gyro : {false, true}) {
    const auto& stream = gyro ? six : three;
    const auto read = [gyro](const Reads& reads) {
      return decode(reads, gyro ? 6 : 3, gyro ? 4096.F : 256.F);
    };
    split_at_every_byte(bytes_of(stream), read);
    // Nothing protects a line: another digit is another sample, never more than the one, and never the
    // gyroscope's numbers.
    const auto harm = corrupt_every_byte(bytes_of(stream), read, {.lost = 2, .invented = 1}, plausible);
    EXPECT_LE(harm.worst_lost, 2U);
    invented = std::max(invented, harm.share_invented());
  }
  // What protocol.hpp says of it.
  EXPECT_LT(invented, 0.6);
}

TEST(AxivityProtocol, lines_split_at_every_byte_are_the_same) {
  const std::string text = "ID=CWA,17,50,123,0\r\n-12,3,251\r\n\r\n\n-12,4,250\r\n";
  const std::vector<std::string> expected{"ID=CWA,17,50,123,0", "-12,3,251", "-12,4,250"};
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    LineSplitter splitter;
    auto got = lines_of(splitter, text.substr(0, cut));
    for (auto& line : lines_of(splitter, text.substr(cut)))
      got.push_back(std::move(line));
    ASSERT_EQ(got, expected) << cut;
  }
  LineSplitter one_by_one;
  std::vector<std::string> got;
  for (const char c : text)
    for (auto& line : lines_of(one_by_one, std::string_view(&c, 1)))
      got.push_back(std::move(line));
  EXPECT_EQ(got, expected);
}

TEST(AxivityProtocol, overlong_lines_are_dropped_to_their_end) {
  LineSplitter splitter;
  EXPECT_EQ(lines_of(splitter, std::string(64, '1') + "\n2,3,4\n").size(), 2U);
  EXPECT_EQ(splitter.take_dropped(), 0U);
  EXPECT_EQ(lines_of(splitter, std::string(65, '1') + "\n2,3,4\n"), std::vector<std::string>{"2,3,4"});
  EXPECT_EQ(splitter.take_dropped(), 1U);
  EXPECT_TRUE(lines_of(splitter, std::string(10000, '\xff')).empty());
  EXPECT_EQ(lines_of(splitter, "\n2,3,4\n"), std::vector<std::string>{"2,3,4"});
}

TEST(AxivityProtocol, each_byte_corrupted_resyncs_within_two_lines) {
  std::string text;
  for (int i = 0; i < 8; ++i)
    text += std::to_string(i - 4) + ",3,251\r\n";
  for (std::size_t at = 0; at < text.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      auto bad = text;
      bad[at] = static_cast<char>(value);
      LineSplitter splitter;
      const auto got = lines_of(splitter, bad);
      const auto line = static_cast<std::size_t>(
          std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
      // All lines after the one it hit and its neighbour are whole.
      for (std::size_t i = line + 2; i < 8; ++i) {
        const auto wanted = std::to_string(static_cast<int>(i) - 4) + ",3,251";
        ASSERT_NE(std::ranges::find(got, wanted), got.end()) << at << " " << value;
      }
    }
}

TEST(Metronome, smooths_bunches_and_keeps_the_rate) {
  Metronome metronome(stream_hz);
  std::mt19937 random(1);
  std::vector<double> moments;
  double made = 0, read_at = 0;
  std::size_t unread = 0;
  // The device's clock is 50 ppm fast; the host looks every 1 to 30 ms.
  const double period = 1 / stream_hz * (1 - 50e-6);
  while (made < 120) {
    read_at += 0.001 + 0.029 * (static_cast<double>(random()) / 4294967296.0);
    for (; made + period <= read_at; made += period)
      ++unread;
    if (unread == 0) continue;
    metronome.arrive(Instant{from_seconds(100 + read_at)}, unread);
    for (std::size_t i = 0; i < unread; ++i)
      moments.push_back(seconds(metronome.moment(i) - Instant{}) - 100);
    ASSERT_LE(moments.back(), read_at + 1e-9);
    unread = 0;
  }
  ASSERT_GT(moments.size(), 11000U);
  EXPECT_EQ(metronome.gaps(), 0U);
  double worst = 0;
  for (std::size_t i = 200; i < moments.size(); ++i) {
    ASSERT_GT(moments[i], moments[i - 1]);
    worst = std::max(worst, std::abs(moments[i] - period * static_cast<double>(i + 1)));
  }
  EXPECT_LT(worst, 0.03);
  EXPECT_NEAR((moments.back() - moments[1000]) / static_cast<double>(moments.size() - 1001), 1 / stream_hz,
              1e-5);
}

TEST(Metronome, leaves_gaps_and_goes_on_after_them) {
  Metronome metronome(100);
  Instant at{std::chrono::seconds(10)};
  for (int i = 0; i < 100; ++i)
    metronome.arrive(at += milliseconds(10), 1);
  const auto before = metronome.moment(0);
  metronome.arrive(at += std::chrono::seconds(2), 1);
  EXPECT_NEAR(seconds(metronome.moment(0) - before), 2, 0.03);
  EXPECT_EQ(metronome.gaps(), 1U);
  for (int i = 0; i < 50; ++i)
    metronome.arrive(at += milliseconds(10), 1);
  EXPECT_EQ(metronome.gaps(), 1U);
  EXPECT_NEAR(seconds(at - metronome.moment(0)), 0, 0.02);
}

/// A capture made from what the sheet says passes, in its order: text from the device 'r', from us 'w', a
/// time-out 't'.
class Script {
 public:
  Script() : writer_(header()) {}
  Script& r(std::string_view text, int ms = 10) { return add(0, text, ms); }
  Script& w(std::string_view text) { return add(2, text, 0); }
  Script& t(int ms = 250) { return add(1, "", ms); }
  Script& hello(std::string_view id = "ID=CWA,17,50,123,0\r\n", std::string_view rate = "RATE=74,100\r\n") {
    return w("\r\n")
        .t()
        .w("ID\r")
        .r(id)
        .w("RATE\r")
        .r(rate)
        .w("SAMPLE 1\r")
        .r("$BATT=700,4101,mV,87,0\r\n")
        .w("STREAM\r");
  }
  [[nodiscard]] std::vector<std::byte> file() {
    std::vector<std::byte> out(writer_.preamble().begin(), writer_.preamble().end());
    const auto chunk = writer_.finish_chunk();
    out.insert(out.end(), chunk.begin(), chunk.end());
    return out;
  }

 private:
  Script& add(std::uint8_t kind, std::string_view text, int ms) {
    writer_.add(now_ += milliseconds(ms), kind, bytes_of(text));
    return *this;
  }
  static wire::CaptureHeader header() {
    wire::CaptureHeader out;
    out.device = "axivity:CWA17_00123", out.driver = "axivity", out.at = {std::chrono::seconds(50)};
    return out;
  }
  wire::CaptureWriter writer_;
  Instant now_{std::chrono::seconds(50)};
};

std::string play(const std::vector<std::byte>& file, Heard& heard) {
  CapturePort port({file}, "script");
  const auto ended = run_to_end(driver, port, WrittenSettings(driver), heard);
  return port.ended() ? "" : ended;
}

TEST(AxivityDriver, the_sheets_session) {
  Script script;
  script.hello();
  for (int i = 0; i < 100; ++i)
    script.r("-12,3,251\r\n");
  Heard heard;
  EXPECT_EQ(play(script.file(), heard), "");
  EXPECT_EQ(heard.identity, "axivity:CWA17_00123");
  EXPECT_EQ(heard.what, "AX3 17, firmware 50");
  EXPECT_EQ(heard.battery_percent, 87);
  ASSERT_EQ(heard.channels.size(), 1U);
  EXPECT_NEAR(heard.channels[0].rate_hz, 100.05, 0.01);
  ASSERT_EQ(heard.samples.size(), 100U);
  EXPECT_NEAR(heard.samples[99].values[2], 0.9805, 1e-4);
  EXPECT_TRUE(heard.rejects.empty());
}

TEST(AxivityDriver, ax6_scales_by_its_range_and_ignores_the_gyro) {
  Heard heard;
  EXPECT_EQ(play(Script()
                     .hello("ID=AX6,64,56,77,0\r\n", "RATE=74,100,2000\r\n")
                     .r("0,0,4096,-5,6,7\r\n0,0,4096,-5,6,7\r\n")
                     .r("0,4096,0\r\n0,4096,0\r\n0,4096,0\r\n")
                     .file(),
                 heard),
            "");
  ASSERT_EQ(heard.samples.size(), 3U);
  EXPECT_FLOAT_EQ(heard.samples[1].values[2], 1);
  EXPECT_FLOAT_EQ(heard.samples[2].values[1], 1);
  EXPECT_EQ(heard.rejects[Reject::length], 2U);  // a change is believed at its third line
  EXPECT_EQ(heard.identity, "axivity:AX664_00077");
}

TEST(AxivityDriver, a_probes_leftovers_and_a_running_stream_do_no_harm) {
  Script script;
  script.w("\r\n").r("2,251\r\n-12,3,251\r\n").r("OK\r\n").t().w("ID\r").r("ERROR: Unknown command: ~~~\r\n");
  script.r("ID=CWA,17,50,123,0\r\n")
      .w("RATE\r")
      .r("RATE=74,100\r\n")
      .w("SAMPLE 1\r")
      .r("$BATT=700,4101,mV,87,0\r\n");
  script.w("STREAM\r").r("-12,3,251\r\n~-12,3,251\r\n\x80\xff\r\n1,2\r\n-12,3,251\r\n");
  Heard heard;
  EXPECT_EQ(play(script.file(), heard), "");
  EXPECT_EQ(heard.samples.size(), 2U);
  EXPECT_EQ(heard.rejects[Reject::syntax], 2U);
  EXPECT_EQ(heard.rejects[Reject::length], 1U);
}

TEST(AxivityDriver, a_stalled_stream_is_begun_again) {
  Script script;
  script.hello().r("-12,3,251\r\n").t(2000).hello().r("-12,3,251\r\n");
  Heard heard;
  EXPECT_EQ(play(script.file(), heard), "");
  EXPECT_EQ(heard.samples.size(), 2U);
  EXPECT_EQ(heard.channels.size(), 1U);
}

TEST(AxivityDriver, refuses_another_device_a_locked_one_and_gives_up_a_silent_one) {
  Heard heard;
  EXPECT_NE(
      play(Script().w("\r\n").t().w("ID\r").r("GPS 3.1\r\n").t(2000).t(2000).t(2000).t(2000).file(), heard)
          .find("expected an Axivity AX3 or AX6"),
      std::string::npos);
  EXPECT_NE(play(Script()
                     .w("\r\n")
                     .t()
                     .w("ID\r")
                     .r("ID=CWA,17,50,123,0\r\n")
                     .w("RATE\r")
                     .r("ERROR: Locked.\r\n")
                     .t(2000)
                     .file(),
                 heard)
                .find("found it locked; unlock it"),
            std::string::npos);
  EXPECT_NE(
      play(Script().w("\r\n").t().w("ID\r").t(2000).w("ID\r").t(2000).w("ID\r").t(2000).t(2000).file(), heard)
          .find("does not answer ID"),
      std::string::npos);
  EXPECT_TRUE(heard.samples.empty());
}

TEST(AxivityDriver, each_byte_of_a_session_corrupted_never_invents_or_crashes) {
  const std::string good = "-12,3,251\r\n-12,4,250\r\n-12,5,249\r\n";
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char flip : {'\x01', '\x10', '\x80', '\xff'}) {
      auto bad = good;
      bad[at] = static_cast<char>(bad[at] ^ flip);
      Heard heard;
      ASSERT_EQ(play(Script().hello().r(bad).r("-12,6,248\r\n-12,7,247\r\n").file(), heard), "");
      ASSERT_GE(heard.samples.size(), 3U) << at;
      ASSERT_LE(heard.samples.size(), 5U) << at;
    }
}

class Simulated : public testing::Test {
 protected:
  void SetUp() override { link_ = testing::TempDir() + "/ttyACM-" + std::to_string(getpid()); }

  /// Runs the driver on the simulator's pty, at its speed, until so many samples came or it ended.
  std::string run(std::size_t samples, const std::function<void(std::size_t)>& at = {}) {
    asio::io_context loop;
    std::string ended;
    bool over = false;
    try {
      SerialPort port(loop.get_executor(), clock_, link_);
      const WrittenSettings settings(driver);
      const auto done = [&](const std::exception_ptr& error) {
        over = true;
        try {
          if (error) std::rethrow_exception(error);
        } catch (const std::exception& e) {
          ended = e.what();
        }
      };
      asio::co_spawn(loop, driver.run(port, settings, heard_), done);
      const auto until = heard_.samples.size() + samples;
      const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      for (std::size_t before = 0;
           !over && heard_.samples.size() < until && std::chrono::steady_clock::now() < give_up;
           before = heard_.samples.size()) {
        loop.run_one_for(milliseconds(100));
        if (at && heard_.samples.size() != before) at(heard_.samples.size());
      }
      loop.stop();
    } catch (const std::exception& error) {
      ended = error.what();
    }
    return ended;
  }

  std::string link_;
  Clock clock_{5};
  Heard heard_;
};

TEST_F(Simulated, streams_and_survives_faults) {
  Child device({std::string(VIGIL_SIMULATORS) + "/axivity_simulator", "--link", link_, "--speed", "5"});
  ASSERT_FALSE(device.hear("ready").empty());
  bool disturbed = false;
  const auto disturb = [&](std::size_t count) {
    if (count < 500 || std::exchange(disturbed, true)) return;
    device.tell("garbage"), device.tell("tilde");
  };
  EXPECT_EQ(run(1500, disturb), "");
  EXPECT_EQ(heard_.identity, "axivity:CWA17_00123");
  EXPECT_EQ(heard_.battery_percent, 87);
  EXPECT_GT(heard_.rejects[Reject::syntax] + heard_.rejects[Reject::length] + heard_.rejects[Reject::range],
            2U);
  for (std::size_t i = 1; i < heard_.samples.size(); ++i) {
    ASSERT_GT(heard_.samples[i].at, heard_.samples[i - 1].at);
    ASSERT_NEAR(heard_.samples[i].values[2], 0.98, 0.01);
  }
  // Most samples are one period apart, whatever the machine was doing meanwhile.
  std::vector<double> apart;
  for (std::size_t i = 1; i < heard_.samples.size(); ++i)
    apart.push_back(seconds(heard_.samples[i].at - heard_.samples[i - 1].at));
  std::ranges::nth_element(apart, apart.begin() + static_cast<std::ptrdiff_t>(apart.size() / 2));
  EXPECT_NEAR(apart[apart.size() / 2], 1 / stream_hz, 0.1 / stream_hz);
}

TEST_F(Simulated, comes_back_under_another_number_and_says_when_it_is_locked) {
  Child device({std::string(VIGIL_SIMULATORS) + "/axivity_simulator", "--link", link_, "--speed", "5"});
  ASSERT_FALSE(device.hear("ready").empty());
  bool pulled = false;
  const auto pull = [&](std::size_t count) {
    if (count >= 500 && !std::exchange(pulled, true)) device.tell("vanish 0.2");
  };
  EXPECT_NE(run(100000, pull), "");
  ASSERT_FALSE(device.hear("ready").empty());
  EXPECT_EQ(run(500), "");
  device.tell("lock");
  EXPECT_NE(run(3000).find("locked"), std::string::npos);
}

}  // namespace
}  // namespace vigil::drivers::axivity

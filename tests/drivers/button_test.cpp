#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include "core/press.hpp"
#include "drivers/bench_port.hpp"
#include "drivers/button/driver.hpp"
#include "drivers/button/gestures.hpp"
#include "drivers/button/protocol.hpp"
#include "drivers/child.hpp"
#include "drivers/port/capture_port.hpp"
#include "drivers/port/finder.hpp"
#include "drivers/settings.hpp"
#include "support/torture.hpp"
#include "wire/capture.hpp"

namespace vigil::drivers::button {
namespace {

using std::chrono::milliseconds;

Bytes bytes(std::initializer_list<int> values) {
  Bytes out;
  for (const int v : values)
    out.push_back(static_cast<std::byte>(v));
  return out;
}
const auto enter = bytes({0, 0, 0x28, 0, 0, 0, 0, 0});
const auto up = bytes({0, 0, 0, 0, 0, 0, 0, 0});

std::vector<int> keys(std::initializer_list<int> report) {
  const auto held = decode(bytes(report));
  std::vector<int> out;
  for (std::size_t i = 0; held && *held && i < (*held)->size(); ++i)
    if ((*held)->test(i)) out.push_back(static_cast<int>(i));
  return out;
}

TEST(ButtonReport, the_sheets_examples) {
  EXPECT_EQ(keys({0, 0, 0x28, 0, 0, 0, 0, 0}), std::vector{0x28});
  EXPECT_EQ(keys({0, 0, 0, 0, 0, 0, 0, 0}), std::vector<int>{});
  EXPECT_EQ(keys({2, 0, 0x04, 0, 0, 0, 0, 0}), (std::vector{0x04, 0xE1}));
  EXPECT_EQ(keys({0, 0, 0x59, 0x5A, 0, 0, 0, 0}), (std::vector{0x59, 0x5A}));
  EXPECT_EQ(keys({0x81, 0x77, 0, 0, 0, 0, 0, 0x62}), (std::vector{0x62, 0xE0, 0xE7}));
  const auto rollover = decode(bytes({0, 0, 1, 1, 1, 1, 1, 1}));
  ASSERT_TRUE(rollover);
  EXPECT_FALSE(*rollover) << "it says nothing of what is held";
}

TEST(ButtonReport, each_way_of_being_wrong_has_its_reason) {
  for (std::size_t n = 0; n < report_size; ++n)
    EXPECT_EQ(decode(std::span(enter).first(n)).error(), Reject::length) << n;
  EXPECT_EQ(decode(bytes({1, 0, 0, 0x28, 0, 0, 0, 0, 0})).error(), Reject::length);
  EXPECT_EQ(decode(bytes({0, 0, 2, 2, 2, 2, 2, 2})).error(), Reject::sensor_fault);
  EXPECT_EQ(decode(bytes({0, 0, 3, 3, 3, 3, 3, 3})).error(), Reject::sensor_fault);
  EXPECT_EQ(decode(bytes({0, 0, 0x28, 1, 0, 0, 0, 0})).error(), Reject::syntax);
}

TEST(ButtonReport, keys_have_names) {
  const std::vector<std::pair<const char*, int>> named{
      {"a", 0x04},     {"Z", 0x1D},      {"1", 0x1E},        {"9", 0x26},    {"0", 0x27},   {"Enter", 0x28},
      {"f1", 0x3A},    {"F12", 0x45},    {"KP1", 0x59},      {"kp9", 0x61},  {"KP0", 0x62}, {"kpenter", 0x58},
      {"space", 0x2C}, {"PageUp", 0x4B}, {"pagedown", 0x4E}, {"0x28", 0x28}, {"0xE7", 0xE7}};
  for (const auto& [name, usage] : named)
    EXPECT_EQ(usage_of(name), usage) << name;
  for (const char* name :
       {"", "F0", "F13", "F1x", "KP", "KP10", "0x", "0x3", "0xE8", "0x128", "kp-1", "Ente", "?"})
    EXPECT_FALSE(usage_of(name)) << name;
}

// ---- gestures: "down 0, brief 620" of "0 down, 120 up, 1000".

struct Script {
  Gestures::Times times{};
  std::string said{};
  Gestures gestures{times};

  auto out() {
    return [this](Gestures::Said what, Instant at) {
      constexpr const char* names[] = {"down", "brief", "lengthy", "twice", "stuck"};
      said += (said.empty() ? "" : ", ") + std::string(names[static_cast<int>(what)]) + " " +
              std::to_string(std::chrono::duration_cast<milliseconds>(at.since_boot).count());
    };
  }
  Script& held(int ms, bool down) {
    gestures.held({milliseconds(ms)}, down, out());
    return *this;
  }
  Script& down(int ms) { return held(ms, true); }
  Script& up(int ms) { return held(ms, false); }
  Script& until(int ms) {
    gestures.pass({milliseconds(ms)}, out());
    return *this;
  }
  Script& gone(int ms) {
    gestures.gone({milliseconds(ms)}, out());
    return *this;
  }
};

TEST(ButtonGestures, short_long_double) {
  EXPECT_EQ(Script().down(0).up(120).until(619).said, "down 0");
  EXPECT_EQ(Script().down(0).up(120).until(620).said, "down 0, brief 620");
  EXPECT_EQ(Script().down(0).up(699).until(5000).said, "down 0, brief 1199");
  EXPECT_EQ(Script().down(0).until(700).said, "down 0, lengthy 700") << "while it is still held";
  EXPECT_EQ(Script().down(0).up(700).until(5000).said, "down 0, lengthy 700");
  EXPECT_EQ(Script().down(0).up(100).down(400).up(500).until(5000).said, "down 0, down 400, twice 530");
  EXPECT_EQ(Script().down(0).up(100).down(599).up(700).until(5000).said, "down 0, down 599, twice 730");
  EXPECT_EQ(Script().down(0).up(100).down(600).up(700).until(5000).said,
            "down 0, brief 600, down 600, brief 1200");
  EXPECT_EQ(Script().down(0).up(100).down(300).until(5000).said, "down 0, down 300, brief 1000, lengthy 1000")
      << "a short and then a long one are both";
  EXPECT_EQ(Script().down(0).up(90).down(200).up(300).down(400).up(500).until(5000).said,
            "down 0, down 200, twice 330, down 400, brief 1000");
}

TEST(ButtonGestures, without_doubles_a_short_one_is_told_at_once) {
  EXPECT_EQ(Script{.times = {.doubles = false}}.down(0).up(100).until(130).down(300).up(400).until(900).said,
            "down 0, brief 130, down 300, brief 430");
}

TEST(ButtonGestures, bounce_is_no_second_press) {
  EXPECT_EQ(Script().down(0).up(2).down(5).up(9).down(12).up(140).until(2000).said, "down 0, brief 640");
  EXPECT_EQ(Script().down(0).up(100).down(129).up(200).until(2000).said, "down 0, brief 700");
  EXPECT_EQ(Script().down(0).up(100).down(130).up(200).until(2000).said, "down 0, down 130, twice 230");
  EXPECT_EQ(Script().down(0).up(690).down(710).up(900).until(2000).said, "down 0, lengthy 710")
      << "held for 700 ms but for the bounce";
}

TEST(ButtonGestures, a_stuck_key_is_one_press_and_said_once) {
  EXPECT_EQ(Script().down(0).until(700).until(29'999).said, "down 0, lengthy 700");
  EXPECT_EQ(Script().down(0).until(60'000).until(90'000).up(100'000).until(200'000).said,
            "down 0, lengthy 700, stuck 30000");
  EXPECT_EQ(Script().down(0).until(40'000).up(50'000).down(60'000).up(60'100).until(70'000).said,
            "down 0, lengthy 700, stuck 30000, down 60000, brief 60600");
}

TEST(ButtonGestures, unplugged_while_held_counts_as_let_go_and_nothing_is_lost) {
  EXPECT_EQ(Script().down(0).gone(300).said, "down 0, brief 300");
  EXPECT_EQ(Script().down(0).up(100).gone(300).said, "down 0, brief 300");
  EXPECT_EQ(Script().down(0).up(100).down(200).gone(300).said, "down 0, down 200, twice 300");
  EXPECT_EQ(Script().down(0).gone(900).said, "down 0, lengthy 700");
  EXPECT_EQ(Script().down(0).gone(31'000).said, "down 0, lengthy 700, stuck 30000");
  EXPECT_EQ(Script().gone(10).said, "");
}

TEST(ButtonGestures, says_when_it_will_speak_and_never_out_of_order) {
  // Every sequence of 7 moments at which the button may be down or up, at uneven steps.
  for (int steps : {5, 29, 31, 150, 333, 600, 701, 15'000})
    for (unsigned pattern = 0; pattern < 128; ++pattern) {
      Gestures gestures{Gestures::Times{}};
      Instant last;
      int downs = 0, meanings = 0;
      const auto out = [&](Gestures::Said said, Instant at) {
        ASSERT_GE(at, last);
        last = at;
        downs += said == Gestures::Said::down ? 1 : 0;
        meanings += said == Gestures::Said::brief || said == Gestures::Said::lengthy ? 1 : 0;
        meanings += said == Gestures::Said::twice ? 2 : 0;
      };
      Instant now;
      for (unsigned i = 0; i < 7; ++i) {
        gestures.held(now, (pattern >> i & 1) != 0, out);
        const Instant then = now + milliseconds(steps);
        for (auto next = gestures.next(); next && *next <= then; next = gestures.next()) {
          ASSERT_GT(*next, now) << "it would be waited for without end";
          now = *next;
          gestures.pass(now, out);
        }
        now = then;
      }
      gestures.gone(now, out);
      ASSERT_EQ(downs, meanings) << "each press has one meaning: " << steps << " ms, pattern " << pattern;
      ASSERT_FALSE(gestures.next());
    }
}

// ---- the driver

struct At {
  int ms;
  Bytes report;
};

/// "1@1000 2@1620" of the reports.
std::string play(const std::vector<At>& reports, Heard& heard,
                 const WrittenSettings::Written& settings = {}) {
  wire::CaptureHeader header;
  header.device = "button:usb-1-1", header.driver = "button";
  wire::CaptureWriter writer(header);
  writer.add({}, 3, {});
  writer.add({}, 3, {});
  for (const auto& r : reports)
    writer.add({milliseconds(r.ms)}, 0, r.report);
  std::vector<std::byte> file(writer.preamble().begin(), writer.preamble().end());
  const auto chunk = writer.finish_chunk();
  file.insert(file.end(), chunk.begin(), chunk.end());
  CapturePort port({file}, "script");
  const auto ended = run_to_end(driver, port, WrittenSettings(driver, settings), heard);
  if (!port.ended()) return ended;
  std::string said;
  for (const auto& s : heard.samples)
    said += (said.empty() ? "" : " ") + std::to_string(static_cast<int>(s.values[0])) + "@" +
            std::to_string(std::chrono::duration_cast<milliseconds>(s.at.since_boot).count());
  return said;
}

TEST(ButtonDriver, tells_the_press_at_once_and_its_meaning_when_known) {
  Heard heard;
  EXPECT_EQ(play({{1000, enter},
                  {1100, up},
                  {5000, enter},
                  {6000, up},
                  {9000, enter},
                  {9100, up},
                  {9300, enter},
                  {9400, up},
                  {20000, up}},
                 heard),
            "1@1000 2@1600 1@5000 3@5700 1@9000 1@9300 4@9430");
  ASSERT_EQ(heard.channels.size(), 1U);
  EXPECT_EQ(heard.channels[0].quantity, Quantity::button);
  EXPECT_EQ(heard.channels[0].rate_hz, 0);
  EXPECT_TRUE(heard.rejects.empty());
}

TEST(ButtonDriver, a_mistake_in_its_settings_is_named) {
  Heard heard;
  EXPECT_EQ(play({}, heard, {{"short", "scream"}}),
            "button: short: expected pain, call, awake or none, found 'scream'");
  EXPECT_EQ(play({}, heard, {{"key", "Any"}}),
            "button: key: expected a key such as Enter, Space, F5, KP0, a or 0x28, found 'Any'");
}

struct Noting : Heard {
  std::vector<std::string> notes;
  void note(std::string text) override { notes.push_back(std::move(text)); }
};

TEST(ButtonDriver, notes_what_lies_on_it_and_what_is_no_keyboard) {
  Noting stuck;
  EXPECT_EQ(play({{0, enter}, {40'000, enter}, {50'000, up}, {60'000, up}}, stuck), "1@0 3@700 6@30000");
  ASSERT_EQ(stuck.notes.size(), 2U);
  EXPECT_NE(stuck.notes[0].find("does something lie on it?"), std::string::npos);
  EXPECT_EQ(stuck.notes[1], "");

  Noting strange;
  const auto nine = bytes({1, 0, 0, 0x28, 0, 0, 0, 0, 0});
  EXPECT_EQ(play({{0, nine}, {10, nine}, {20, nine}, {30, nine}, {40, enter}, {50, up}}, strange),
            "1@40 2@50");
  ASSERT_EQ(strange.notes.size(), 2U);
  EXPECT_NE(strange.notes[0].find("9 bytes where a boot keyboard's have 8"), std::string::npos);
  EXPECT_EQ(strange.notes[1], "");
  EXPECT_EQ(strange.rejects[Reject::length], 4U);
}

// No checksum guards a report: altered, it may press or release a key. It never costs more than this one
// press and the next, and never says what a button cannot.
TEST(ButtonDriver, each_byte_damaged_costs_or_invents_one_press_at_the_most) {
  std::vector<At> reports;
  for (int i = 0; i < 6; ++i) {
    reports.push_back({10'000 * i + 1000, enter});
    reports.push_back({10'000 * i + 1100, up});
    reports.push_back({10'000 * i + 5000, up});  // as those send that do not know SET_IDLE
  }
  const auto presses = [](const std::vector<At>& played) {
    Heard heard;
    play(played, heard);
    std::vector<Instant> downs;
    for (const auto& s : heard.samples) {
      EXPECT_TRUE(s.values[0] >= 1 && s.values[0] <= 6) << s.values[0];
      if (s.values[0] == 1) downs.push_back(s.at);
    }
    return downs;
  };
  const auto clean = presses(reports);
  ASSERT_EQ(clean.size(), 6U);
  std::size_t damages = 0, invented = 0, lost = 0;
  for (auto& r : reports) {
    const auto was = r.report;
    const auto judge = [&] {
      const auto got = presses(reports);
      std::size_t same = 0;
      for (const auto at : clean)
        same += std::ranges::count(got, at) > 0 ? 1 : 0;
      ASSERT_GE(same + 1, clean.size()) << "more than one press lost";
      ASSERT_LE(got.size(), same + 1) << "more than one press invented";
      ++damages;
      lost += clean.size() - same;
      invented += got.size() - same;
    };
    for (std::size_t at = 0; at < report_size; ++at)
      for (int value : {0x00, 0x01, 0x02, 0x04, 0x28, 0x59, 0x80, 0xFF}) {
        r.report[at] = static_cast<std::byte>(value);
        judge();
        r.report = was;
      }
    for (std::size_t n = 1; n < report_size; ++n) {
      r.report.resize(n);
      judge();
      r.report = was;
    }
    r.report.insert(r.report.begin(), std::byte{0});
    judge();
    r.report = was;
  }
  EXPECT_EQ(damages, 18U * (8 * 8 + 7 + 1));
  // Where a report is altered at all: a third cost a press, a fourth invent one.
  EXPECT_LT(lost, damages / 3);
  EXPECT_LT(invented, damages / 4);
}

// The rest runs twice: as the test that drives the simulator, and, started by it inside umockdev's testbed
// with VIGIL_BUTTON_PROBE set, as the program under test: real finder, real USB port, real driver. The probe
// takes what the variable names, as a person would by assigning it, and nothing else.

class Told : public SampleSink {
 public:
  explicit Told(std::string identity) : identity_(std::move(identity)) {}
  ChannelIndex announce(const Channel&) override {
    std::cout << "open " << identity_ << std::endl;
    return 0;
  }
  void sample(ChannelIndex, Instant, std::span<const float> values) override {
    constexpr const char* names[] = {"?", "down", "pain", "call", "awake", "none", "stuck"};
    std::cout << names[static_cast<int>(values[0])] << " " << identity_ << std::endl;
  }
  void reject(Reject reason, std::uint64_t) override { std::cout << "reject " << name(reason) << std::endl; }
  void describe(std::string) override {}
  void battery(float) override {}
  std::string identity_;
};

struct Running {
  std::unique_ptr<Port> port;
  std::unique_ptr<Told> sink;
  std::unique_ptr<WrittenSettings> settings;
};

void serve(asio::io_context& loop, Finder& finder, const Attached& device) {
  auto running = std::make_shared<Running>();
  const auto identity = device.identity;
  const auto done = [running, identity](const std::exception_ptr& error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const std::exception& e) {
      std::cout << "lost " << identity << " " << e.what() << std::endl;
    }
    running->port.reset();
  };
  try {
    running->port = finder.open(device);
    running->sink = std::make_unique<Told>(identity);
    running->settings = std::make_unique<WrittenSettings>(driver);
    asio::co_spawn(loop, driver.run(*running->port, *running->settings, *running->sink), done);
  } catch (const std::exception& error) {
    std::cout << "refused " << identity << " " << error.what() << std::endl;
  }
}

asio::awaitable<void> watch(asio::io_context& loop, Finder& finder, std::string assigned) {
  co_await finder.first_look();
  std::cout << "looked " << finder.present().size() << std::endl;
  for (;;) {
    const Finder::Change change = co_await finder.next();
    const auto& d = change.device;
    std::cout << (change.arrived ? "arrived " : "left ") << d.identity << " " << d.model
              << (d.keyboard ? " (a keyboard)" : "") << std::endl;
    if (!change.arrived) continue;
    std::cout << "mend '" << finder.mend(d) << "'" << std::endl;
    if (assigned.find(d.identity) != std::string::npos) serve(loop, finder, d);
  }
}

TEST(ButtonProbe, runs_inside_the_testbed) {
  const char* assigned = std::getenv("VIGIL_BUTTON_PROBE");
  if (assigned == nullptr) GTEST_SKIP() << "started by ButtonOnUsb only";
  asio::io_context loop;
  const Clock clock;
  Finder finder(loop.get_executor(), clock);
  const auto done = [](const std::exception_ptr&) {};
  asio::co_spawn(loop, watch(loop, finder, assigned), done);
  asio::signal_set signals(loop, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { loop.stop(); });
  asio::steady_timer deadline(loop, std::chrono::seconds(60));
  deadline.async_wait([&](const boost::system::error_code&) { loop.stop(); });
  loop.run();
  std::cout << "over" << std::endl;
}

std::vector<std::pair<std::string, std::string>> testbed(const std::string& assigned) {
  std::string preload = "libumockdev-preload.so.0";
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (const auto at = line.find('/');
        at != std::string::npos && line.find("/libasan.so", at) != std::string::npos) {
      preload = line.substr(at) + ":" + preload;
      break;
    }
  return {{"LD_PRELOAD", preload}, {"VIGIL_BUTTON_PROBE", assigned}, {"ASAN_OPTIONS", "detect_leaks=0"}};
}

std::vector<std::string> simulator(const std::vector<std::string>& options) {
  std::vector<std::string> words{std::string(VIGIL_SIMULATORS) + "/button_simulator"};
  words.insert(words.end(), options.begin(), options.end());
  char self[4096]{};
  if (::readlink("/proc/self/exe", self, sizeof self - 1) <= 0) throw std::runtime_error("who am I?");
  words.insert(words.end(), {"--", self, "--gtest_filter=ButtonProbe.*"});
  return words;
}

TEST(ButtonOnUsb, presses_of_every_kind_beside_a_keyboard_that_nobody_touches) {
  Child child(simulator({"--plugged", "--keyboard", "--stall"}), testbed("button:usb-1-1"));
  ASSERT_EQ(child.hear("looked"), "looked 2") << child.said();
  ASSERT_EQ(child.hear("open"), "open button:usb-1-1") << child.said();
  EXPECT_NE(child.said().find("sim: set_protocol 0 1-1"), std::string::npos) << child.said();
  child.tell("press");
  EXPECT_FALSE(child.hear("down").empty());
  EXPECT_FALSE(child.hear("pain").empty()) << child.said();
  child.tell("hold");
  EXPECT_FALSE(child.hear("down").empty());
  EXPECT_FALSE(child.hear("call").empty()) << "while it is held";
  child.tell("release"), child.tell("wait 100");  // sooner it would be the contact's bounce
  child.tell("double");
  EXPECT_FALSE(child.hear("down").empty());
  EXPECT_FALSE(child.hear("down").empty());
  EXPECT_FALSE(child.hear("awake").empty()) << child.said();
  child.tell("rollover"), child.tell("hex 000028"), child.tell("err 71"), child.tell("err 32");
  EXPECT_EQ(child.hear("reject"), "reject length");
  child.tell("key 3A");
  EXPECT_FALSE(child.hear("down").empty()) << "after a transfer that failed and a halt: " << child.said();
  child.tell("release");
  EXPECT_FALSE(child.hear("pain").empty());
  child.tell("quit");
  EXPECT_EQ(child.end(), 0) << child.said();
  const auto& said = child.said();
  EXPECT_EQ(said.find("lost"), std::string::npos) << said;
  EXPECT_EQ(said.find("sim: keyboard"), std::string::npos) << "not even looked at: " << said;
  EXPECT_NE(said.find("arrived button:K120 Office Keyboard (a keyboard)"), std::string::npos) << said;
}

TEST(ButtonOnUsb, bounce_is_one_press_and_unplugged_while_held_is_one_too) {
  Child child(simulator({"--plugged", "--serial", "RED"}), testbed("button:RED"));
  ASSERT_FALSE(child.hear("open button:RED").empty()) << child.said();
  child.tell("bounce");
  EXPECT_FALSE(child.hear("pain").empty()) << child.said();
  child.tell("hold");
  EXPECT_FALSE(child.hear("down").empty());
  child.tell("unplug");
  EXPECT_FALSE(child.hear("pain").empty()) << "said before it is gone: " << child.said();
  EXPECT_FALSE(child.hear("left button:RED").empty()) << child.said();
  child.tell("plug");
  EXPECT_FALSE(child.hear("open button:RED").empty()) << child.said();
  child.tell("press");
  EXPECT_FALSE(child.hear("pain").empty());
  child.tell("quit");
  EXPECT_EQ(child.end(), 0) << child.said();
  std::size_t downs = 0;
  for (auto at = child.said().find("\ndown"); at != std::string::npos;
       at = child.said().find("\ndown", at + 1))
    ++downs;
  EXPECT_EQ(downs, 3U) << child.said();
}

TEST(ButtonOnUsb, two_alike_are_told_apart_by_port_and_only_the_assigned_one_is_taken) {
  Child child(simulator({"--plugged"}), testbed("button:usb-1-2"));
  ASSERT_EQ(child.hear("arrived"), "arrived button:usb-1-1 FootSwitch (a keyboard)") << child.said();
  child.tell("plug two");
  ASSERT_EQ(child.hear("arrived"), "arrived button:usb-1-2 FootSwitch (a keyboard)") << child.said();
  EXPECT_FALSE(child.hear("open button:usb-1-2").empty()) << child.said();
  child.tell("press"), child.tell("press two");
  EXPECT_EQ(child.hear("pain"), "pain button:usb-1-2") << child.said();
  child.tell("quit");
  EXPECT_EQ(child.end(), 0);
  EXPECT_EQ(child.said().find("claimed 1-1"), std::string::npos) << child.said();
}

}  // namespace
}  // namespace vigil::drivers::button

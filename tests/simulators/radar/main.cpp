// A 60-GHz bed radar on a pty, written from the protocol sheet and from nothing else.
//
//   radar_simulator --link PATH [--model r60abd1|mr60bha2] [--speed X] [--heart N] [--breath N] [--silent]
//
// PATH becomes a symbolic link to the pty. RADAR_WARM_UP_S (30) is how long the rates are 0 after power-on.
// An R60ABD1 answers queries, obeys its switches, has work modes like the C1001 and fills in 07/07; three
// frames a second or so. --silent: its switches are off at power-on. Says on standard output, a line each:
// `ready PATH`, `asked CC KK`, `switched CC V`, `mode V`, `lost heart`. Commands on standard input:
//   sum         the next frame's sum is wrong           tail      the next frame's trailer is wrong
//   inside      data that contain 53 59                 endless   a frame whose length field says FFFF
//   garbage     bytes that are no frame                 torn      half a frame, then the stream goes on
//   apnoea S    breath 0 and state 4 for S seconds      leave     84/01 0, presence 0, rates 0
//   return      84/01 1, presence 1                     lose      the heart switch falls off
//   odd         rates that nobody has (255, NaN)        stall, go, reset, vanish S, quit
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "../pty.hpp"

namespace {

using pty::say;

using Steady = std::chrono::steady_clock;
using Frame = std::vector<std::uint8_t>;

struct Options {
  std::string link, model = "r60abd1";
  double speed = 1, heart = 62, breath = 15, warm_up_s = 30;
  bool silent = false;
};

class Radar {
 public:
  explicit Radar(Options options) : options_(std::move(options)) {
    power_on();
    line_.appear();
  }

  void run() {
    while (running_) {
      if (!line_.there() && Steady::now() >= back_at_) {
        power_on();
        line_.appear();
      }
      pollfd watched[2] = {{0, static_cast<short>(commands_.open() ? POLLIN : 0), 0},
                           {line_.fd(), POLLIN, 0}};
      poll(watched, 2, 2);
      if ((watched[0].revents & (POLLIN | POLLHUP)) != 0)
        commands_.read([this](const std::string& line) { command(line); });
      if (line_.there() && (watched[1].revents & POLLIN) != 0) read_host();
      if (line_.there() && (watched[1].revents & POLLHUP) != 0) usleep(2000);
      if (!stalled_) stream();
    }
  }

 private:
  void close_pty() {
    line_.vanish();
    heard_.clear();
  }

  void power_on() {
    on_since_ = Steady::now();
    ticks_ = 0;
    presence_on_ = breath_on_ = heart_on_ = !options_.silent;
    in_bed_ = true;
  }
  [[nodiscard]] double on_for_s() const {
    return std::chrono::duration<double>(Steady::now() - on_since_).count() * options_.speed;
  }

  void put(const Frame& bytes) {
    if (line_.there()) (void)!write(line_.fd(), bytes.data(), bytes.size());
  }

  // ---- R60ABD1 ----
  void r60(std::uint8_t ctrl, std::uint8_t cmd, const Frame& data) {
    Frame out{0x53,
              0x59,
              ctrl,
              cmd,
              static_cast<std::uint8_t>(data.size() >> 8),
              static_cast<std::uint8_t>(data.size() & 0xFF)};
    out.insert(out.end(), data.begin(), data.end());
    unsigned sum = 0;
    for (const auto b : out)
      sum += b;
    out.push_back(static_cast<std::uint8_t>(sum + (wrong_sum_ ? 1 : 0)));
    out.push_back(0x54);
    out.push_back(wrong_tail_ ? 0x44 : 0x43);
    wrong_sum_ = wrong_tail_ = false;
    put(out);
  }
  // ---- MR60BHA2 ----
  void bha2(std::uint16_t type, const Frame& data) {
    const auto id = ++id_;
    Frame out{0x01,
              static_cast<std::uint8_t>(id >> 8),
              static_cast<std::uint8_t>(id),
              static_cast<std::uint8_t>(data.size() >> 8),
              static_cast<std::uint8_t>(data.size()),
              static_cast<std::uint8_t>(type >> 8),
              static_cast<std::uint8_t>(type)};
    std::uint8_t check = 0;
    for (const auto b : out)
      check = static_cast<std::uint8_t>(check ^ b);
    out.push_back(static_cast<std::uint8_t>(~check ^ (wrong_tail_ ? 1 : 0)));
    check = 0;
    for (const auto b : data)
      check = static_cast<std::uint8_t>(check ^ b);
    out.insert(out.end(), data.begin(), data.end());
    out.push_back(static_cast<std::uint8_t>(~check ^ (wrong_sum_ ? 1 : 0)));
    wrong_sum_ = wrong_tail_ = false;
    put(out);
  }
  static Frame f32(std::initializer_list<double> values) {
    Frame out;
    for (const double value : values) {
      const auto f = static_cast<float>(value);
      std::uint8_t bytes[4];
      std::memcpy(bytes, &f, 4);
      out.insert(out.end(), bytes, bytes + 4);
    }
    return out;
  }

  [[nodiscard]] bool warm() const { return on_for_s() >= options_.warm_up_s; }
  [[nodiscard]] bool breathing() const { return Steady::now() >= breathes_at_; }
  [[nodiscard]] double heart() const { return in_bed_ && warm() ? options_.heart : 0; }
  [[nodiscard]] double breath() const { return in_bed_ && warm() && breathing() ? options_.breath : 0; }

  /// One tick is a second of the radar's: waves and movement each, distance every 2, rates every 3 s.
  void stream() {
    while (static_cast<double>(ticks_) < on_for_s() && line_.there()) {
      const auto t = ticks_++;
      options_.model == "r60abd1" ? r60_tick(t) : bha2_tick(t);
    }
  }

  void r60_tick(long t) {
    const double phase = 2 * 3.14159265 * static_cast<double>(t) * breath() / 60;
    if (t % 60 == 0) r60(0x01, 0x01, {0x0F});
    if (t % 7 == 3) r60(0x07, 0x07, {static_cast<std::uint8_t>(t / 7 % 2)});
    if (presence_on_) {
      r60(0x80, 0x03, {static_cast<std::uint8_t>(in_bed_ ? 2 + t % 3 : 0)});
      if (t % 2 == 0) r60(0x80, 0x04, {0x00, 0x4B});
      if (t % 2 == 1) r60(0x80, 0x05, {0x80, 0x1F, 0x00, 0x32, 0x00, 0x00});
      if (std::exchange(told_, in_bed_ ? 1 : 0) != (in_bed_ ? 1 : 0)) {
        r60(0x80, 0x01, {static_cast<std::uint8_t>(in_bed_)});
        r60(0x84, 0x01, {static_cast<std::uint8_t>(in_bed_)});
      }
    }
    if (breath_on_) {
      const auto wave = static_cast<std::uint8_t>(128 + std::lround(40 * std::sin(phase)));
      r60(0x81, 0x05, {wave, wave, wave, wave, wave});
      if (t % 3 == 0) {
        r60(0x81, 0x01, {static_cast<std::uint8_t>(breath() > 0 ? 1 : 4)});
        r60(0x81, 0x02, {static_cast<std::uint8_t>(odd_ ? 255 : std::lround(breath()))});
      }
    }
    if (heart_on_ && t % 3 == 1) {
      r60(0x85, 0x02, {static_cast<std::uint8_t>(odd_ ? 255 : std::lround(heart()))});
      odd_ = false;
    }
  }

  void bha2_tick(long t) {
    bha2(0x0A13, f32({1.5, 0.5, -0.25}));
    if (t % 5 == 0) bha2(0x0100, {'i', 'n', 'v', 'a', 'l', 'i', 'd', ' ', 'B', 'R', ' ', '=', ' ', '7'});
    if (t == 0) bha2(0xFFFF, {1, 2, 3});
    if (t % 3 == 0) bha2(0x0A14, f32({odd_ ? std::numeric_limits<double>::quiet_NaN() : breath()}));
    if (t % 3 == 1) {
      bha2(0x0A15, f32({odd_ ? 1e30 : heart()}));
      odd_ = false;
    }
    if (t % 2 == 0) bha2(0x0F09, {static_cast<std::uint8_t>(in_bed_)});
    auto distance = Frame{1, 0, 0, 0};
    const auto cm = f32({74.62});
    distance.insert(distance.end(), cm.begin(), cm.end());
    bha2(0x0A16, distance);
  }

  // ---- what the host sends: only an R60ABD1 listens ----
  void read_host() {
    std::uint8_t buffer[256];
    const auto n = read(line_.fd(), buffer, sizeof buffer);
    if (n <= 0 || options_.model != "r60abd1") return;
    heard_.insert(heard_.end(), buffer, buffer + n);
    while (heard_.size() >= 10) {
      unsigned sum = 0;
      for (int i = 0; i < 7; ++i)
        sum += heard_[static_cast<std::size_t>(i)];
      if (heard_[0] != 0x53 || heard_[1] != 0x59 || heard_[5] != 1 ||
          heard_[7] != static_cast<std::uint8_t>(sum) || heard_[8] != 0x54 || heard_[9] != 0x43) {
        heard_.erase(heard_.begin());
        continue;
      }
      obey(heard_[2], heard_[3], heard_[6]);
      heard_.erase(heard_.begin(), heard_.begin() + 10);
    }
  }
  void obey(std::uint8_t ctrl, std::uint8_t cmd, std::uint8_t value) {
    char text[32];
    if (ctrl == 0x02 && cmd == 0x08) {
      mode_ = value;
      say("mode " + std::to_string(value));
      r60(0x02, 0x08, {value});
    } else if ((cmd & 0x80) != 0 && value == 0x0F) {
      std::snprintf(text, sizeof text, "asked %02X %02X", ctrl, cmd);
      say(text);
      if (ctrl == 0x02 && cmd == 0xA8) r60(ctrl, cmd, {mode_});
      if (ctrl == 0x84 && cmd == 0x81) r60(ctrl, cmd, {static_cast<std::uint8_t>(in_bed_)});
      if (ctrl == 0x80 && cmd == 0x81) r60(ctrl, cmd, {static_cast<std::uint8_t>(in_bed_)});
    } else if (cmd == 0x00 && value <= 1) {
      (ctrl == 0x80 ? presence_on_ : ctrl == 0x81 ? breath_on_ : heart_on_) = value == 1;
      std::snprintf(text, sizeof text, "switched %02X %u", ctrl, unsigned{value});
      say(text);
      r60(ctrl, 0x00, {value});
    }
  }

  // ---- faults ----
  void command(const std::string& line) {
    const auto word = line.substr(0, line.find(' '));
    const double number = word.size() < line.size() ? std::stod(line.substr(word.size())) : 0;
    const auto in = [](double s) { return Steady::now() + std::chrono::milliseconds(std::lround(s * 1000)); };
    if (word == "sum")
      wrong_sum_ = true;
    else if (word == "tail")
      wrong_tail_ = true;
    else if (word == "inside")
      options_.model == "r60abd1" ? r60(0x84, 0x0D, {1, 0x53, 0x59, 0x85, 0x02, 0, 1, 200, 0, 0x54, 0x43, 0})
                                  : bha2(0x0100, {0x01, 0x00, 0x01, 0x00, 0x04, 0x0A, 0x15, 0xE5, 0, 0});
    else if (word == "endless")
      put(options_.model == "r60abd1" ? Frame{0x53, 0x59, 0x84, 0x0D, 0xFF, 0xFF, 1, 2, 3}
                                      : Frame{0x01, 0, 0, 0xFF, 0xFF, 0x0A, 0x14, 0xE0, 1, 2, 3});
    else if (word == "garbage")
      put({0x00, 0xFF, 0x53, 0x53, 0x59, 0x01, 0x01, 0x00, 0x54, 0x43, 0x80, 0x53});
    else if (word == "torn")
      put(options_.model == "r60abd1" ? Frame{0x53, 0x59, 0x85, 0x02, 0x00}
                                      : Frame{0x01, 0x00, 0x10, 0x00, 0x04, 0x0A, 0x15, 0xF5, 0x00});
    else if (word == "apnoea")
      breathes_at_ = in(number);
    else if (word == "leave")
      in_bed_ = false;
    else if (word == "return")
      in_bed_ = true;
    else if (word == "odd")
      odd_ = true;
    else if (word == "lose")
      heart_on_ = false, say("lost heart");
    else if (word == "stall")
      stalled_ = true;
    else if (word == "go")
      stalled_ = false, ticks_ = static_cast<long>(on_for_s());
    else if (word == "reset")
      power_on(), r60(0x01, 0x02, {0x0F});
    else if (word == "vanish")
      close_pty(), back_at_ = in(number);
    else if (word == "quit")
      running_ = false;
    else
      std::fprintf(stderr, "radar_simulator: unknown command '%s'\n", line.c_str());
  }

  Options options_;
  pty::Line line_{options_.link};
  int told_ = -1;
  long ticks_ = 0;
  bool running_ = true, stalled_ = false;
  bool presence_on_ = true, breath_on_ = true, heart_on_ = true, in_bed_ = true;
  bool wrong_sum_ = false, wrong_tail_ = false, odd_ = false;
  std::uint8_t mode_ = 1;
  std::uint16_t id_ = 0x0F;
  pty::Commands commands_;
  Frame heard_;
  Steady::time_point on_since_{}, back_at_{}, breathes_at_{};
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (const char* warm = std::getenv("RADAR_WARM_UP_S")) options.warm_up_s = std::atof(warm);
  const auto option = [&](std::string_view word, const auto& value) {
    if (word == "--link")
      options.link = value();
    else if (word == "--model")
      options.model = value();
    else if (word == "--speed")
      options.speed = std::stod(value());
    else if (word == "--heart")
      options.heart = std::stod(value());
    else if (word == "--breath")
      options.breath = std::stod(value());
    else if (word == "--silent")
      options.silent = true;
    else
      return false;
    return true;
  };
  const auto run = [&] {
    if (options.link.empty()) throw std::runtime_error("--link PATH is needed");
    Radar(options).run();
  };
  return pty::main("radar_simulator", argc, argv, option, run);
}

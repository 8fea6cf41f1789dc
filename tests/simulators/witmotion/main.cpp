// A WitMotion sensor on a pty, written from the protocol sheet and from nothing else.
//
//   witmotion_simulator [--link PATH] [--baud N] [--rate HZ] [--speed X] [--ble] [--ppm N] [--rich] [--mute]
//                       [--no-reads]
//
// Somebody wears it: gravity that turns slowly, breath, a stir now and then. PATH becomes a symbolic link to
// the pty. Saved registers are those of the factory: clock, acceleration, rate, angle and magnetic field at
// 10 Hz and 9600 baud, or as given. Without its baud the host hears rubbish and is not heard. --rich: all
// three axes 5555 with a valid sum; --mute: rate "none"; --no-reads: asks for registers are not answered.
// Says on standard output, a line each: `ready PATH`, `opened`, `set REGISTER VALUE`, `refused REGISTER`
// (locked), `saved`, `restarted`, `vanished`, `back`, and on `show` its registers. Commands on standard
// input:
//   drop [N]     one byte left out of each of the next N frames
//   flip [N]     one bit turned in each of the next N frames
//   half         half a frame now, as at each opening
//   rich         turns --rich on and off
//   stall, go    says nothing; goes on
//   baud N       another baud from now on
//   restart      the power fails: back to what is saved
//   stuck        takes no setting any more, on and off
//   lazy N       only one sample of N is sent
//   vanish SECONDS, show, quit
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "../pty.hpp"

namespace {

using pty::say;

using Steady = std::chrono::steady_clock;
using Packet = std::vector<std::uint8_t>;

constexpr std::uint8_t save = 0x00, rsw = 0x02, rrate = 0x03, baud_register = 0x04, read_register = 0x27,
                       motion = 0x34, key = 0x69;
constexpr std::uint16_t unlock_value = 0xB588;
constexpr double unlocked_for_s = 10;

const std::map<int, double> rates{{1, 0.2}, {2, 0.5}, {3, 1},   {4, 2},      {5, 5},     {6, 10},
                                  {7, 20},  {8, 50},  {9, 100}, {0x0A, 125}, {0x0B, 200}};
const std::map<int, std::pair<long, speed_t>> speeds{
    {1, {4800, B4800}},     {2, {9600, B9600}},     {3, {19200, B19200}},
    {4, {38400, B38400}},   {5, {57600, B57600}},   {6, {115200, B115200}},
    {7, {230400, B230400}}, {8, {460800, B460800}}, {9, {921600, B921600}}};

struct Options {
  std::string link;
  long baud = 9600;
  double rate = 10, speed = 1, ppm = 100;
  bool ble = false, rich = false, mute = false, reads = true;
};

class Device {
 public:
  explicit Device(Options options) : options_(std::move(options)), began_(Steady::now()) {
    saved_[rsw] = 0x1F;
    saved_[rrate] = 0x0D;
    for (const auto& [code, hz] : rates)
      if (!options_.mute && hz == options_.rate) saved_[rrate] = static_cast<std::uint16_t>(code);
    if (!options_.mute && saved_[rrate] == 0x0D) throw std::runtime_error("no such --rate");
    saved_[baud_register] = code_of(options_.baud);
    registers_ = saved_;
    line_.appear();
  }

  void run() {
    while (running_) {
      if (!line_.there() && Steady::now() >= back_at_) {
        line_.appear();
        say("back");
      }
      pollfd watched[2] = {{0, static_cast<short>(commands_.open() ? POLLIN : 0), 0},
                           {line_.fd(), POLLIN, 0}};
      poll(watched, 2, 1);
      if ((watched[0].revents & (POLLIN | POLLHUP)) != 0)
        commands_.read([this](const std::string& line) { command(line); });
      if (!line_.there()) continue;
      const bool listened_to = (watched[1].revents & POLLHUP) == 0;
      if (!listened_to) {
        // What is written now would wait there for the next who opens it.
        opened_ = false;
        waiting_.clear();
        due_s_ = now_s();
        usleep(2000);
        continue;
      } else if (!opened_) {
        opened_ = true;
        say("opened");
        half();
      }
      if ((watched[1].revents & POLLIN) != 0) read_host();
      send();
      measure();
    }
  }

 private:
  static std::uint16_t code_of(long baud) {
    for (const auto& [code, speed] : speeds)
      if (speed.first == baud) return static_cast<std::uint16_t>(code);
    throw std::runtime_error("no such baud");
  }

  void close_pty() {
    line_.vanish();
    opened_ = false;
    host_.clear(), waiting_.clear();
  }

  [[nodiscard]] double now_s() const {
    return std::chrono::duration<double>(Steady::now() - began_).count() * options_.speed;
  }
  [[nodiscard]] long baud() const { return speeds.at(registers_.at(baud_register)).first; }
  /// The host drives the line at the device's baud.
  [[nodiscard]] bool in_tune() const {
    termios host{};
    return tcgetattr(line_.fd(), &host) == 0 &&
           cfgetospeed(&host) == speeds.at(registers_.at(baud_register)).second;
  }

  void put(Packet bytes) {
    if (!line_.there() || bytes.empty()) return;
    if (!in_tune())
      for (auto& byte : bytes) {
        rubbish_ = rubbish_ * 1664525 + 1013904223 + byte;
        byte = static_cast<std::uint8_t>(rubbish_ >> 24);
      }
    waiting_.insert(waiting_.end(), bytes.begin(), bytes.end());
    send();
  }
  /// What the host does not take at once waits.
  void send() {
    if (waiting_.empty()) return;
    const auto put = write(line_.fd(), waiting_.data(), waiting_.size());
    if (put > 0) waiting_.erase(waiting_.begin(), waiting_.begin() + put);
  }

  static void add16(Packet& to, int value) {
    const auto bits = static_cast<std::uint16_t>(value);
    to.push_back(static_cast<std::uint8_t>(bits & 0xFF));
    to.push_back(static_cast<std::uint8_t>(bits >> 8));
  }
  static Packet frame(std::uint8_t id, const std::array<int, 4>& values) {
    Packet out{0x55, id};
    for (const int value : values)
      add16(out, value);
    unsigned sum = 0;
    for (const auto byte : out)
      sum += byte;
    out.push_back(static_cast<std::uint8_t>(sum & 0xFF));
    return out;
  }
  /// As it was ordered to be damaged.
  Packet damaged(Packet out) {
    damage_at_ = damage_at_ * 1103515245 + 12345;
    const auto at = static_cast<std::ptrdiff_t>((damage_at_ >> 16) % out.size());
    if (drops_ > 0) {
      --drops_;
      out.erase(out.begin() + at);
    } else if (flips_ > 0) {
      --flips_;
      out[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1U << ((damage_at_ >> 8) % 8));
    }
    return out;
  }
  void half() {
    const auto whole = frame(0x51, {0x0123, 0x0456, 0x0789, 2500});
    put({whole.begin() + 5, whole.end()});
  }

  struct Felt {
    std::array<int, 3> acceleration{}, rate{}, angle{};
  };
  [[nodiscard]] Felt felt(double t) const {
    Felt out;
    if (options_.rich) {
      out.acceleration = {0x5555, 0x5555, 0x5555};
      return out;
    }
    const double roll = 0.4 * std::sin(t / 300), breath = 0.01 * std::sin(2 * M_PI * 0.25 * t);
    const double in_stir = std::fmod(t, 90.0);
    const double stir = in_stir > 60 && in_stir < 63 ? 0.3 * std::sin(2 * M_PI * 1.7 * t) : 0;
    const std::array<double, 3> g{std::sin(roll) + stir, breath, std::cos(roll)};
    for (std::size_t i = 0; i < 3; ++i)
      out.acceleration[i] = static_cast<int>(std::lround(g[i] / 16 * 32768));
    out.angle[0] = static_cast<int>(std::lround(roll * 180 / M_PI / 180 * 32768));
    return out;
  }

  Packet burst(double t) {
    const Felt now = felt(t);
    const auto& a = now.acceleration;
    const auto& w = now.rate;
    const auto& o = now.angle;
    if (options_.ble) {
      Packet out{0x55, 0x61};
      for (const auto* three : {&a, &w, &o})
        for (const int value : *three)
          add16(out, value);
      return damaged(out);
    }
    Packet out;
    const auto add = [&](int bit, const Packet& one) {
      if ((registers_[rsw] >> bit & 1) == 0) return;
      const auto bytes = damaged(one);
      out.insert(out.end(), bytes.begin(), bytes.end());
    };
    // Its clock was never set: seconds since it was switched on, in 2000.
    const int second = static_cast<int>(t);
    add(0, frame(0x50, {0 | 1 << 8, 1 | (second / 3600 % 24) << 8, (second / 60 % 60) | (second % 60) << 8,
                        static_cast<int>(t * 1000) % 1000}));
    add(1, frame(0x51, {a[0], a[1], a[2], 2500}));
    add(2, frame(0x52, {w[0], w[1], w[2], 0}));
    add(3, frame(0x53, {o[0], o[1], o[2], 0x2714}));
    add(4, frame(0x54, {100, -200, 300, 2500}));
    return out;
  }

  void measure() {
    const auto rate = rates.find(registers_[rrate]);
    const double t = now_s();
    if (rate == rates.end() || stalled_) {
      due_s_ = t;
      return;
    }
    const double period = 1 / rate->second / (1 + options_.ppm * 1e-6);
    if (due_s_ + 1 + 3 * period < t) due_s_ = t;
    // The wire carries so much; what does not fit is left out whole.
    const double bytes_a_second = static_cast<double>(baud()) / 10;
    room_ = std::min(room_ + (t - room_at_s_) * bytes_a_second, bytes_a_second);
    room_at_s_ = t;
    Packet out;
    for (; due_s_ + period <= t; due_s_ += period) {
      const auto one = burst(due_s_);
      if (static_cast<double>(one.size()) > room_) continue;
      if (lazy_ > 1 && ++lazy_count_ % lazy_ != 0) continue;
      room_ -= static_cast<double>(one.size());
      out.insert(out.end(), one.begin(), one.end());
    }
    put(out);
  }

  void read_host() {
    std::array<std::uint8_t, 256> buffer{};
    const auto n = read(line_.fd(), buffer.data(), buffer.size());
    if (n <= 0) return;
    if (!in_tune()) return;
    host_.insert(host_.end(), buffer.begin(), buffer.begin() + n);
    while (host_.size() >= 5) {
      if (host_[0] != 0xFF || host_[1] != 0xAA) {
        host_.erase(host_.begin());
        continue;
      }
      obey(host_[2], static_cast<std::uint16_t>(host_[3] | host_[4] << 8));
      host_.erase(host_.begin(), host_.begin() + 5);
    }
  }
  void obey(std::uint8_t which, std::uint16_t value) {
    if (options_.ble) return;  // what it answers is not known
    const auto name = [](unsigned number) {
      std::array<char, 16> text{};
      std::snprintf(text.data(), text.size(), "%02X", number);
      return std::string(text.data());
    };
    if (which == read_register) {
      if (!options_.reads) return;
      const auto now = felt(now_s());
      for (std::size_t i = 0; i < 3; ++i)
        registers_[static_cast<std::uint8_t>(motion + i)] = static_cast<std::uint16_t>(now.acceleration[i]);
      std::array<int, 4> four{};
      for (std::size_t i = 0; i < 4; ++i)
        four[i] = registers_[static_cast<std::uint8_t>(value + i)];
      put(frame(0x5F, four));
    } else if (which == key && value == unlock_value) {
      unlocked_until_s_ = now_s() + unlocked_for_s;
    } else if (now_s() > unlocked_until_s_ || stuck_) {
      say("refused " + name(which));
    } else if (which == save && value == 0xFF) {
      restart();
    } else if (which == save) {
      saved_ = registers_;
      say("saved");
    } else if (which != baud_register || speeds.count(value) != 0) {
      registers_[which] = value;
      say("set " + name(which) + " " + name(value));
    }
  }
  void restart() {
    registers_ = saved_;
    unlocked_until_s_ = -1;
    say("restarted");
  }

  void command(const std::string& line) {
    std::istringstream words(line);
    std::string word;
    double number = 1;
    words >> word;
    if (!(words >> number)) number = 1;
    if (word == "drop")
      drops_ = static_cast<int>(number);
    else if (word == "flip")
      flips_ = static_cast<int>(number);
    else if (word == "half")
      half();
    else if (word == "rich")
      options_.rich = !options_.rich;
    else if (word == "stall")
      stalled_ = true;
    else if (word == "go")
      stalled_ = false;
    else if (word == "baud")
      registers_[baud_register] = code_of(static_cast<long>(number));
    else if (word == "restart")
      restart();
    else if (word == "stuck")
      stuck_ = !stuck_;
    else if (word == "lazy")
      lazy_ = static_cast<int>(number);
    else if (word == "quit")
      running_ = false;
    else if (word == "show")
      std::printf("registers output %02X rate %02X baud %ld\n", unsigned{registers_[rsw]},
                  unsigned{registers_[rrate]}, baud()),
          std::fflush(stdout);
    else if (word == "vanish") {
      close_pty();
      back_at_ = Steady::now() + std::chrono::milliseconds(std::lround(number * 1000));
      restart();
      say("vanished");
    } else {
      std::fprintf(stderr, "witmotion_simulator: unknown command '%s'\n", word.c_str());
    }
  }

  Options options_;
  pty::Line line_{options_.link};
  Steady::time_point began_, back_at_{};
  std::map<std::uint8_t, std::uint16_t> registers_, saved_;
  bool running_ = true, opened_ = false, stalled_ = false, stuck_ = false;
  pty::Commands commands_;
  Packet host_, waiting_;
  double unlocked_until_s_ = -1, due_s_ = 0, room_ = 0, room_at_s_ = 0;
  int drops_ = 0, flips_ = 0, lazy_ = 0;
  std::uint64_t lazy_count_ = 0;
  std::uint32_t damage_at_ = 1, rubbish_ = 1;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  const auto option = [&](std::string_view word, const auto& value) {
    if (word == "--link")
      options.link = value();
    else if (word == "--baud")
      options.baud = std::stol(value());
    else if (word == "--rate")
      options.rate = std::stod(value());
    else if (word == "--speed")
      options.speed = std::stod(value());
    else if (word == "--ppm")
      options.ppm = std::stod(value());
    else if (word == "--ble")
      options.ble = true;
    else if (word == "--rich")
      options.rich = true;
    else if (word == "--mute")
      options.mute = true;
    else if (word == "--no-reads")
      options.reads = false;
    else
      return false;
    return true;
  };
  const auto run = [&] { Device(options).run(); };
  return pty::main("witmotion_simulator", argc, argv, option, run);
}

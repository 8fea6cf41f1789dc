// A Phidget Bridge 1046_0 with four load cells under a bed, in user space (umockdev), and the program under
// test as a child; written from the protocol sheet and from nothing else.
//
//   umockdev-wrapper phidget_bridge_simulator [--plugged] [--version N] [--no-out] [--descriptor HEX]
//   [--split]
//                    [--kg W] [--breaths N] [--beats N] -- PROGRAM [ARG ...]
//
// --version: bcdDevice as hi*100+lo (102). --no-out: one endpoint, settings come by SET_REPORT. --descriptor:
// of the HID reports. --split: the cells of one sample come in two packets. --kg: who lies on the bed (0,
// nobody); cells are 50 kg, 2 mV/V, the frame weighs 40 kg. Model: split 30 30 20 20 %, breathing 0.4 % of
// the body shifted between head and foot, beats as bursts, noise of 1 uV/V.
//
// Commands on standard input: plug, unplug, vanish (off the bus, nobody is told), kg W, move (another split),
// off CELL (its cable comes off), on CELL, silent CELL (never fresh), fresh CELL, short N (packets of 9
// bytes), stall MS, mute, speak, echo N (N packets with another echo), forget (settings gone, as after a dip
// of the supply), deaf N (so many settings are not taken), err ERRNO, refuse ERRNO, hold, release, wait MS,
// quit. Each is answered on standard error by `sim: WORD`; settings taken by `sim: told HEX`.
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>

#include "../usbfs.hpp"

namespace {

using Steady = std::chrono::steady_clock;
using usbfs::Bytes;

struct Options {
  bool plugged = false, no_out = false, split = false;
  int version = 102;
  double kg = 0, breaths = 15, beats = 66;
  // A vendor's page, 18 bytes in and 8 out, no report ids.
  Bytes descriptor = usbfs::from_hex(
      "0600FF0901A1011500"
      "26FF0075089512"
      "09028102"
      "9508"
      "09039102"
      "C0");
  char** program = nullptr;
};

constexpr auto packet_every = std::chrono::milliseconds(8);
constexpr double frame_kg = 40, capacity_kg = 50, sensitivity_mv = 2;

class Bridge final : public usbfs::Device {
 public:
  Bridge(UMockdevTestbed* bed, const Options& options, int number)
      : Device(bed, "1-1", number), options_(options), kg_(options.kg) {
    plug(descriptors(), {0x06C2, 0x003B, "Phidgets Inc.", "PhidgetBridge", "141234"});
  }

  void command(const std::string& word, int value) {
    const std::lock_guard lock(mutex_);
    if (word == "kg")
      kg_ = value;
    else if (word == "move")
      tilt_ = -tilt_;
    else if (word == "off" || word == "on")
      mark(off_, value, word == "off");
    else if (word == "silent" || word == "fresh")
      mark(silent_, value, word == "silent");
    else if (word == "short")
      short_ = value;
    else if (word == "stall")
      next_ += std::chrono::milliseconds(value);
    else if (word == "mute" || word == "speak")
      mute_ = word == "mute";
    else if (word == "echo")
      wrong_ = value;
    else if (word == "forget")
      set_.fill(0);
    else if (word == "deaf")
      deaf_ = value;
    else
      std::fprintf(stderr, "sim: unknown command '%s'\n", word.c_str());
  }

 private:
  static void mark(unsigned& set, int cell, bool on) { set = on ? set | 1U << cell : set & ~(1U << cell); }

  [[nodiscard]] Bytes descriptors() const {
    const auto n = options_.descriptor.size();
    Bytes all = {0x12, 1, 0, 2, 0, 0, 0, 8, 0xC2, 0x06, 0x3B, 0x00};
    all.push_back(static_cast<std::uint8_t>(options_.version % 100));
    all.push_back(static_cast<std::uint8_t>(options_.version / 100));
    for (const int b : {1, 2, 3, 1})
      all.push_back(static_cast<std::uint8_t>(b));
    device_ = all;
    const auto in = usbfs::from_hex("07058103400008"), out = usbfs::from_hex("07050103400008");
    auto body = usbfs::from_hex(options_.no_out ? "090400000103000000"
                                                  "09211001000122"
                                                : "090400000203000000"
                                                  "09211001000122");
    body.push_back(static_cast<std::uint8_t>(n & 0xFF));
    body.push_back(static_cast<std::uint8_t>(n >> 8));
    body.insert(body.end(), in.begin(), in.end());
    if (!options_.no_out) body.insert(body.end(), out.begin(), out.end());
    const Bytes head = {9, 2, static_cast<std::uint8_t>(9 + body.size()), 0, 1, 1, 0, 0x80, 0xFA};
    all.insert(all.end(), head.begin(), head.end());
    all.insert(all.end(), body.begin(), body.end());
    return all;
  }

  std::optional<Bytes> control(const std::uint8_t* setup, const Bytes& data) override {
    const int request = setup[0] << 8 | setup[1], value = setup[2] | setup[3] << 8;
    if (request == 0x8006 && value == 0x0100) return device_;
    if (request == 0x8006 && value == 0x0303) return string_descriptor("141234");
    if (request == 0x8006 && value == 0x0304) return string_descriptor("bed 4");
    if (request == 0x8106 && value == 0x2200) return options_.descriptor;
    if (request == 0x2109 && value == 0x0200 && options_.no_out) {
      take(data);
      return Bytes();
    }
    return std::nullopt;
  }
  bool out(const Bytes& bytes) override {
    take(bytes);
    return true;
  }
  void reset() override { short_ = 0, deaf_ = 0, mute_ = false, set_.fill(0); }

  void take(const Bytes& report) {
    std::string text;
    for (const auto b : report) {
      char two[3];
      std::snprintf(two, sizeof two, "%02X", b);
      text += two;
    }
    std::fprintf(stderr, "sim: told %s\n", text.c_str());
    if (deaf_ > 0 || report.size() < 5) {
      --deaf_;
      return;
    }
    std::copy_n(report.begin(), 5, set_.begin());
    packets_ = 0;
  }

  [[nodiscard]] int interval() const { return std::max(1, set_[3] | (set_[4] & 3) << 8); }
  [[nodiscard]] int gain(unsigned cell) const {
    const int byte = set_[1 + cell / 2];
    const int code = cell % 2 == 0 ? byte >> 4 : byte & 0xF;
    return code == 0 ? 1 : 1 << code;  // 3: x8 ... 7: x128
  }

  /// mV/V of a cell, t seconds after the plug.
  double millivolts(unsigned cell, double t) {
    const double share = cell < 2 ? 0.25 + tilt_ : 0.25 - tilt_;
    double kg = frame_kg / 4 + kg_ * share;
    const double toward_head = cell < 2 ? 1 : -1;
    kg += kg_ * 0.004 * toward_head * std::sin(2 * M_PI * options_.breaths / 60 * t);
    const double beat = std::fmod(t * options_.beats / 60, 1.0);
    if (beat < 0.35) kg += kg_ * 0.0006 * toward_head * std::sin(2 * M_PI * beat / 0.07) * (1 - beat / 0.35);
    return kg / capacity_kg * sensitivity_mv + noise_(random_);
  }

  std::optional<Bytes> due() override {
    const auto now = Steady::now();
    if (mute_) next_ = now;
    if (mute_ || now < next_) return std::nullopt;
    next_ = std::max(next_ + packet_every, now - packet_every);
    ++packets_;
    if (short_ > 0) {
      --short_;
      return Bytes(9, 0xFF);
    }
    const unsigned enabled = set_[0] & 0xF;
    unsigned fresh = packets_ % interval() == 0 ? enabled : 0;
    if (options_.split) fresh &= packets_ % 2 == 0 ? 0x3U : 0xCU;
    fresh &= ~silent_;
    Bytes p(18);
    p[0] = static_cast<std::uint8_t>(fresh << 4 | enabled);
    p[1] = static_cast<std::uint8_t>(fresh & off_);
    p[2] = set_[1], p[3] = set_[2];
    p[4] = static_cast<std::uint8_t>(set_[4] & 3), p[5] = set_[3];
    if (wrong_ > 0) --wrong_, p[5] ^= 0x40;
    const double t = std::chrono::duration<double>(now - start_).count();
    for (unsigned i = 0; i < 4; ++i) {
      if ((fresh >> i & 1) != 0) {
        const double value = 8388608.0 * (1 + millivolts(i, t) / 1000 * gain(i));
        left_[i] = (off_ >> i & 1) != 0
                       ? 0xFFFFFF
                       : static_cast<std::uint32_t>(std::clamp(std::round(value), 0.0, 16777215.0));
      }
      p[6 + 3 * i] = static_cast<std::uint8_t>(left_[i] >> 16);
      p[7 + 3 * i] = static_cast<std::uint8_t>(left_[i] >> 8);
      p[8 + 3 * i] = static_cast<std::uint8_t>(left_[i]);
    }
    return p;
  }

  const Options& options_;
  mutable Bytes device_;
  std::array<std::uint8_t, 5> set_{};
  std::array<std::uint32_t, 4> left_{};
  double kg_, tilt_ = 0.05;
  unsigned off_ = 0, silent_ = 0;
  int short_ = 0, wrong_ = 0, deaf_ = 0;
  long packets_ = 0;
  bool mute_ = false;
  Steady::time_point start_ = Steady::now(), next_ = start_;
  std::mt19937 random_{1046};
  std::normal_distribution<double> noise_{0, 0.001};
};

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options), bed_(umockdev_testbed_new()) {
    if (options_.plugged) plug();
    child_ = fork();
    if (child_ == 0) {
      dup2(open("/dev/null", O_RDONLY), 0);
      execvp(options_.program[0], options_.program);
      _exit(127);
    }
  }
  int run() {
    std::thread([this] { commands(); }).detach();
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  void pass_on(int signal) const {
    if (child_ > 0) kill(child_, signal);
  }

 private:
  void plug() {
    all_.push_back(
        std::make_unique<Bridge>(bed_, options_, ++number_));  // kept: libusb may hold the old node
    bridge_ = all_.back().get();
  }
  void commands() {
    for (std::string line; std::getline(std::cin, line);) {
      std::istringstream words(line);
      std::string word;
      int value = 0;
      words >> word >> value;
      if (word == "quit")
        pass_on(SIGTERM);
      else if (word == "wait")
        std::this_thread::sleep_for(std::chrono::milliseconds(value));
      else if (word == "plug")
        plug();
      else if (bridge_ == nullptr)
        std::fprintf(stderr, "sim: nothing is plugged in for '%s'\n", line.c_str());
      else if (word == "unplug")
        std::exchange(bridge_, nullptr)->unplug();
      else if (word == "vanish")
        bridge_->vanish();
      else if (word == "err")
        bridge_->queue({value, {}});
      else if (word == "refuse")
        bridge_->refuse(value);
      else if (word == "hold" || word == "release")
        bridge_->hold(word == "hold");
      else
        bridge_->command(word, value);
      std::fprintf(stderr, "sim: %s\n", word.c_str());
    }
  }

  const Options& options_;
  UMockdevTestbed* bed_;
  std::vector<std::unique_ptr<Bridge>> all_;
  Bridge* bridge_ = nullptr;
  int number_ = 20;
  pid_t child_ = -1;
};

Bench* bench = nullptr;

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&] {
      if (i + 1 >= argc) throw std::runtime_error(std::string(word) + " wants a value");
      return std::string(argv[++i]);
    };
    if (word == "--") {
      options.program = argv + i + 1;
      break;
    }
    if (word == "--plugged")
      options.plugged = true;
    else if (word == "--no-out")
      options.no_out = true;
    else if (word == "--split")
      options.split = true;
    else if (word == "--version")
      options.version = std::stoi(value());
    else if (word == "--descriptor")
      options.descriptor = usbfs::from_hex(value());
    else if (word == "--kg")
      options.kg = std::stod(value());
    else if (word == "--breaths")
      options.breaths = std::stod(value());
    else if (word == "--beats")
      options.beats = std::stod(value());
    else
      throw std::runtime_error("unknown option " + std::string(word));
  }
  if (options.program == nullptr || *options.program == nullptr)
    throw std::runtime_error("-- PROGRAM is needed, to run with the bridge");
  usbfs::expect_wrapper();
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = parse(argc, argv);
    Bench it(options);
    bench = &it;
    std::signal(SIGTERM, [](int s) { bench->pass_on(s); });
    std::signal(SIGINT, [](int s) { bench->pass_on(s); });
    const int status = it.run();
    std::fflush(stdout);  // all streams would wait for standard input, which the command thread is reading
    _exit(status);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "phidget_bridge_simulator: %s\n", e.what());
    return 2;
  }
}

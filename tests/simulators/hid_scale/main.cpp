// One or two USB HID weighing scales in user space (umockdev), and the program under test as a child; written
// from the protocol sheet and from nothing else.
//
//   umockdev-wrapper hid_scale_simulator [--plugged] [--speed X] [--every MS] [--descriptor FILE]
//   [--composite]
//                                        [--stall-idle] [--ignore-idle] [--stall-get] [--on-change] [--lie]
//                                        [--broken]
//                                        [--play FILE] -- PROGRAM [ARG ...]
//
// --plugged: a scale is there when the program starts. --play: lines `seconds kg`, in the program's time,
// from the moment the first transfer is queued. --every: one report each so many ms of the program's time
// (500).
// --on-change: only while the weight changes, and as often as SET_IDLE asked for, unless --ignore-idle or
// --stall-idle; --stall-get: GET_REPORT is not answered. --lie: the configuration claims more interfaces
// and a longer report descriptor than there is; --broken: and more endpoints, with which libusb does not put
// up.
//
// Commands on standard input: plug, plug two, unplug, unplug two, weight KG, status N, unit kg|g|lb|oz, hex
// BYTES, err ERRNO, silence, speak, refuse ERRNO (transfers are not taken; 0: again), hold, release (control
// transfers are not answered; of the next plug neither), again (the kernel says `add` twice), vanish (off the
// bus, nobody is told), wait MS, quit. They speak to the first scale unless `two` stands behind. The exit
// status is the program's. Every command is answered on standard error, once it is done, by `sim: WORD`.
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../usbfs.hpp"

namespace {

using Steady = std::chrono::steady_clock;
using usbfs::Bytes;

// Weighing page 0x8D, usage 0x20, application; report 3: status, unit, exponent, weight.
const Bytes plain_descriptor = {0x05, 0x8D, 0x09, 0x20, 0xA1, 0x01, 0x09, 0x21, 0xA1, 0x02, 0x85,
                                0x03, 0x09, 0x70, 0x15, 0x01, 0x25, 0x08, 0x75, 0x08, 0x95, 0x01,
                                0x81, 0x00, 0x09, 0x51, 0x15, 0x00, 0x25, 0x0C, 0x81, 0x00, 0x09,
                                0x41, 0x15, 0x80, 0x25, 0x7F, 0x81, 0x00, 0x09, 0x40, 0x15, 0x00,
                                0x27, 0xFF, 0xFF, 0x00, 0x00, 0x75, 0x10, 0x81, 0x00, 0xC0, 0xC0};

struct Options {
  bool plugged = false, composite = false, stall_idle = false, ignore_idle = false, stall_get = false;
  bool on_change = false;
  bool lie = false, broken = false, hold = false;
  int refuse = 0;
  double speed = 1;
  double every_ms = 500;
  Bytes descriptor = plain_descriptor;
  std::vector<std::pair<double, double>> play;  // s, kg
  char** program = nullptr;
};

/// One plug of one scale. After an unplug the next plug is another object under another device number.
class Scale final : public usbfs::Device {
 public:
  Scale(UMockdevTestbed* bed, const Options& options, std::string port, int number, double last_kg)
      : Device(bed, std::move(port), number), options_(options), kg_(last_kg), stale_kg_(last_kg + 31.4) {
    hold(options.hold), refuse(options.refuse);
    plug(descriptors(), {0x0922, 0x8009, "DYMO", "S250", ""});
  }

  void weigh(double kg) {
    const std::lock_guard lock(mutex_);
    if (std::abs(kg - kg_) >= 0.05) moving_ = 3;  // reports that say "in motion" before it settles
    kg_ = kg;
    status_ = kg < 0 ? 5 : 4;
  }
  void status(int status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
    moving_ = 0;
  }
  void unit(const std::string& unit) {
    const std::lock_guard lock(mutex_);
    unit_ = unit;
  }
  void silent(bool silent) {
    const std::lock_guard lock(mutex_);
    silent_ = silent;
  }
  [[nodiscard]] double kg() const { return kg_; }

 private:
  [[nodiscard]] std::uint8_t interface_number() const { return options_.composite ? 1 : 0; }

  [[nodiscard]] Bytes descriptors() const {
    // Device: full speed, 0922:8009, no serial number.
    Bytes all = {0x12, 0x01, 0x10, 0x01, static_cast<std::uint8_t>(options_.composite ? 0xEF : 0),
                 0,    0,    0x08, 0x22, 0x09,
                 0x09, 0x80, 0x00, 0x01, 0x01,
                 0x02, 0x00, 0x01};
    Bytes body;
    if (options_.composite) body = {0x09, 0x04, 0x00, 0x00, 0x00, 0xFF, 0x00, 0x00, 0x00};
    const auto length = options_.lie ? 0xFFFF : options_.descriptor.size();
    const Bytes hid = {0x09,
                       0x04,
                       interface_number(),
                       0x00,
                       static_cast<std::uint8_t>(options_.broken ? 5 : 1),  // endpoints
                       0x03,
                       0x00,
                       0x00,
                       0x00,  // interface
                       0x09,
                       0x21,
                       0x01,
                       0x01,
                       0x00,
                       0x01,
                       0x22,
                       static_cast<std::uint8_t>(length & 0xFF),  // HID
                       static_cast<std::uint8_t>(length >> 8),
                       0x07,
                       0x05,
                       0x82,
                       0x03,
                       0x08,
                       0x00,
                       0x0A};  // IN 0x82
    body.insert(body.end(), hid.begin(), hid.end());
    const auto total = 9 + body.size();
    const Bytes head = {0x09,
                        0x02,
                        static_cast<std::uint8_t>(total),
                        0x00,
                        static_cast<std::uint8_t>(options_.lie         ? 9
                                                  : options_.composite ? 2
                                                                       : 1),
                        0x01,
                        0x00,
                        0x80,
                        0x32};
    all.insert(all.end(), head.begin(), head.end());
    all.insert(all.end(), body.begin(), body.end());
    return all;
  }

  Bytes report() {
    double kg = kg_;
    int status = status_;
    if (stale_) {  // the first report after power-up is the weighing before
      stale_ = false;
      kg = stale_kg_;
      status = 4;
    } else if (moving_ > 0) {
      --moving_;
      status = 3;
    }
    double shown = std::abs(kg);
    std::uint8_t code = 3;
    std::int8_t exponent = -1;
    if (unit_ == "lb")
      shown /= 0.45359237, code = 12;
    else if (unit_ == "oz")
      shown /= 0.028349523125, code = 11;
    else if (unit_ == "g")
      shown *= 1000, code = 2, exponent = 1;
    const auto raw = static_cast<std::uint16_t>(std::lround(shown / std::pow(10.0, exponent)));
    if (raw == 0 && status == 4) status = 2;
    return {3,
            static_cast<std::uint8_t>(status),
            code,
            static_cast<std::uint8_t>(exponent),
            static_cast<std::uint8_t>(raw & 0xFF),
            static_cast<std::uint8_t>(raw >> 8)};
  }

  std::optional<Bytes> control(const std::uint8_t* setup, const Bytes&) override {
    const auto value = static_cast<std::uint16_t>(setup[2] | setup[3] << 8);
    const auto index = static_cast<std::uint16_t>(setup[4] | setup[5] << 8);
    const int request = setup[0] << 8 | setup[1];
    switch (request) {
      case 0x8106:  // GET_DESCRIPTOR of an interface: report
        if (value != 0x2200 || index != interface_number()) return std::nullopt;
        return options_.descriptor;
      case 0x8006:  // of the device: string
        if (value >> 8 != 3) return std::nullopt;
        if ((value & 0xFF) == 0) return Bytes{4, 3, 9, 4};
        if ((value & 0xFF) == 1) return string_descriptor("DYMO");
        if ((value & 0xFF) == 2) return string_descriptor("S250");
        return std::nullopt;
      case 0x210A:  // SET_IDLE: the upper byte in units of 4 ms
        if (options_.stall_idle) return std::nullopt;
        std::fprintf(stderr, "sim: idle %d ms\n", 4 * (value >> 8));
        idle_ = std::chrono::milliseconds(options_.ignore_idle ? 0 : 4 * (value >> 8));
        return Bytes();
      case 0xA101:  // GET_REPORT
        std::fprintf(stderr, "sim: asked\n");
        if (options_.stall_get || value != 0x0103 || index != interface_number()) return std::nullopt;
        return report();
      case 0x2109:  // SET_REPORT
        std::fprintf(stderr, "sim: set_report\n");
        return Bytes();
      default:
        return std::nullopt;
    }
  }

  std::optional<Bytes> due() override {
    const auto now = Steady::now();
    if (silent_ || now < next_) return std::nullopt;
    next_ = now + std::chrono::microseconds(std::lround(1000 * options_.every_ms / options_.speed));
    // The last report is repeated when nothing changes, once the idle rate says so; 0 is never.
    const bool repeat = idle_.count() > 0 && now >= last_sent_ + idle_ / options_.speed;
    if (options_.on_change && !stale_ && moving_ == 0 && sent_ && *sent_ == report() && !repeat)
      return std::nullopt;
    last_sent_ = now;
    const bool first = stale_;
    auto bytes = report();
    if (!first) sent_ = bytes;
    return bytes;
  }

  const Options& options_;
  Steady::time_point next_{}, last_sent_{};
  std::chrono::milliseconds idle_{};
  std::optional<Bytes> sent_;
  double kg_, stale_kg_;
  int status_ = 4, moving_ = 0;
  std::string unit_ = "kg";
  bool silent_ = false, stale_ = true;
};

/// The ports of one bus, the program under test, and the script.
class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)), bed_(umockdev_testbed_new()) {
    if (options_.plugged) plug(0);
    child_ = fork();
    if (child_ == 0) {
      const int nothing = open("/dev/null", O_RDONLY);
      dup2(nothing, 0);
      execvp(options_.program[0], options_.program);
      std::fprintf(stderr, "sim: %s: %s\n", options_.program[0], std::strerror(errno));
      _exit(127);
    }
  }

  int run() {
    std::thread([this] { commands(); }).detach();
    if (!options_.play.empty()) std::thread([this] { play(); }).detach();
    int status = 0;
    while (waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  void pass_on(int signal) const {
    if (child_ > 0) kill(child_, signal);
  }

 private:
  void plug(std::size_t which) {
    const std::lock_guard lock(mutex_);
    if (scales_[which] != nullptr) return;
    // Objects stay: libusb may still hold the old node open.
    scales_[which] =
        std::make_shared<Scale>(bed_, options_, which == 0 ? "1-1" : "1-2", ++number_, kg_[which]);
    all_.push_back(scales_[which]);
  }
  void unplug(std::size_t which) {
    const std::lock_guard lock(mutex_);
    if (scales_[which] == nullptr) return;
    scales_[which]->unplug();
    scales_[which] = nullptr;
  }
  std::shared_ptr<Scale> scale(std::size_t which) {
    const std::lock_guard lock(mutex_);
    return scales_[which];
  }
  void weigh(std::size_t which, double kg) {
    {
      const std::lock_guard lock(mutex_);
      kg_[which] = kg;
    }
    if (auto s = scale(which)) s->weigh(kg);
  }

  void play() {
    for (;;) {
      if (auto s = scale(0); s != nullptr && s->listened_to()) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    const auto start = Steady::now();
    for (const auto& [t, kg] : options_.play) {
      std::this_thread::sleep_until(start + std::chrono::microseconds(std::lround(1e6 * t / options_.speed)));
      weigh(0, kg);
    }
    std::fprintf(stderr, "sim: played\n");
  }

  void commands() {
    std::string line;
    int c = 0;
    while ((c = std::getchar()) != EOF) {
      if (c != '\n') {
        line.push_back(static_cast<char>(c));
        continue;
      }
      std::istringstream words(line);
      std::string word, value, last;
      words >> word >> value >> last;
      const std::size_t which = value == "two" || last == "two" ? 1 : 0;
      auto s = scale(which);
      if (word == "plug")
        plug(which);
      else if (word == "unplug")
        unplug(which);
      else if (word == "weight")
        weigh(which, std::stod(value));
      else if (word == "wait")
        std::this_thread::sleep_for(std::chrono::milliseconds(std::stol(value)));
      else if (word == "quit")
        pass_on(SIGTERM);
      else if (word == "refuse")
        options_.refuse = std::stoi(value), s ? s->refuse(options_.refuse) : void();
      else if (word == "hold" || word == "release")
        options_.hold = word == "hold", s ? s->hold(options_.hold) : void();
      else if (s == nullptr)
        std::fprintf(stderr, "sim: no scale is plugged in for '%s'\n", line.c_str());
      else if (word == "status")
        s->status(std::stoi(value));
      else if (word == "unit")
        s->unit(value);
      else if (word == "silence")
        s->silent(true);
      else if (word == "speak")
        s->silent(false);
      else if (word == "err")
        s->queue({std::stoi(value), {}});
      else if (word == "hex")
        s->queue({0, usbfs::from_hex(value)});
      else if (word == "again")
        s->tell_again();
      else if (word == "vanish")
        s->vanish();
      else {
        std::fprintf(stderr, "sim: unknown command '%s'\n", line.c_str());
      }
      std::fprintf(stderr, "sim: %s\n", word.c_str());
      line.clear();
    }
  }

  Options options_;
  UMockdevTestbed* bed_;
  std::mutex mutex_;
  std::shared_ptr<Scale> scales_[2];
  std::vector<std::shared_ptr<Scale>> all_;
  double kg_[2] = {0, 0};
  int number_ = 4;
  pid_t child_ = -1;
};

Bench* bench = nullptr;

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  return {std::istreambuf_iterator<char>(file), {}};
}

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
    else if (word == "--composite")
      options.composite = true;
    else if (word == "--stall-idle")
      options.stall_idle = true;
    else if (word == "--ignore-idle")
      options.ignore_idle = true;
    else if (word == "--stall-get")
      options.stall_get = true;
    else if (word == "--on-change")
      options.on_change = true;
    else if (word == "--lie")
      options.lie = true;
    else if (word == "--broken")
      options.broken = true;
    else if (word == "--speed")
      options.speed = std::stod(value());
    else if (word == "--every")
      options.every_ms = std::stod(value());
    else if (word == "--descriptor")
      options.descriptor = read_file(value());
    else if (word == "--play") {
      std::ifstream file(value());
      double t = 0, kg = 0;
      while (file >> t >> kg)
        options.play.emplace_back(t, kg);
      if (options.play.empty()) throw std::runtime_error("--play: no line `seconds kg`");
    } else {
      throw std::runtime_error("unknown option " + std::string(word));
    }
  }
  if (options.program == nullptr || *options.program == nullptr)
    throw std::runtime_error("-- PROGRAM is needed, to run with the scale");
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
    std::fprintf(stderr, "hid_scale_simulator: %s\n", e.what());
    return 2;
  }
}

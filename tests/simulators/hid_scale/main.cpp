// One or two USB HID weighing scales in user space (umockdev), and the program under test as a child; written
// from the protocol sheet and from nothing else.
//
//   umockdev-wrapper hid_scale_simulator [--plugged] [--speed X] [--every MS] [--descriptor FILE]
//   [--composite]
//                                        [--stall-idle] [--play FILE] -- PROGRAM [ARG ...]
//
// --plugged: a scale is there when the program starts. --play: lines `seconds kg`, in the program's time,
// from the moment the first transfer is queued. --every: one report each so many ms of the program's time
// (500). Commands on standard input: plug, plug two, unplug, unplug two, weight KG, status N, unit
// kg|g|lb|oz, hex BYTES, err ERRNO, silence, speak, wait MS, quit. They speak to the first scale unless `two`
// stands behind. The exit status is the program's. Every command is answered on standard error, once it is
// done, by `sim: WORD`.
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <umockdev.h>
#include <unistd.h>

namespace {

using Steady = std::chrono::steady_clock;
using Bytes = std::vector<std::uint8_t>;

// Weighing page 0x8D, usage 0x20, application; report 3: status, unit, exponent, weight.
const Bytes plain_descriptor = {0x05, 0x8D, 0x09, 0x20, 0xA1, 0x01, 0x09, 0x21, 0xA1, 0x02, 0x85,
                                0x03, 0x09, 0x70, 0x15, 0x01, 0x25, 0x08, 0x75, 0x08, 0x95, 0x01,
                                0x81, 0x00, 0x09, 0x51, 0x15, 0x00, 0x25, 0x0C, 0x81, 0x00, 0x09,
                                0x41, 0x15, 0x80, 0x25, 0x7F, 0x81, 0x00, 0x09, 0x40, 0x15, 0x00,
                                0x27, 0xFF, 0xFF, 0x00, 0x00, 0x75, 0x10, 0x81, 0x00, 0xC0, 0xC0};

struct Options {
  bool plugged = false, composite = false, stall_idle = false;
  double speed = 1;
  double every_ms = 500;
  Bytes descriptor = plain_descriptor;
  std::vector<std::pair<double, double>> play;  // s, kg
  char** program = nullptr;
};

std::string hex(const Bytes& bytes) {
  std::string text;
  char two[3];
  for (const auto b : bytes) {
    std::snprintf(two, sizeof two, "%02X", b);
    text += two;
  }
  return text;
}

struct Urb {
  UMockdevIoctlData* urb;
  UMockdevIoctlData* buffer;
  [[nodiscard]] usbdevfs_urb* get() const { return reinterpret_cast<usbdevfs_urb*>(urb->data); }
};

struct Queued {
  int error = 0;  // errno, 0: the bytes
  Bytes bytes;
};

/// One plug of one scale. After an unplug the next plug is another object under another device number.
class Scale {
 public:
  Scale(UMockdevTestbed* bed, const Options& options, std::string port, int number, double last_kg)
      : bed_(bed),
        options_(options),
        port_(std::move(port)),
        number_(number),
        kg_(last_kg),
        stale_kg_(last_kg + 31.4) {
    char node[64];
    std::snprintf(node, sizeof node, "bus/usb/001/%03d", number_);
    ioctls_ = umockdev_ioctl_base_new();
    g_signal_connect_after(ioctls_, "handle-ioctl", G_CALLBACK(&Scale::on_ioctl), this);
    GError* error = nullptr;
    if (!umockdev_testbed_attach_ioctl(bed_, ("/dev/" + std::string(node)).c_str(), ioctls_, &error))
      throw std::runtime_error(error->message);
    char digits[8];
    std::snprintf(digits, sizeof digits, "%03d", number_);
    const std::string text =
        "P: /devices/pci0000:00/0000:00:14.0/usb1/" + port_ + "\nN: " + node +
        "\nE: SUBSYSTEM=usb\nE: DRIVER=usb\nE: DEVTYPE=usb_device\nE: BUSNUM=001\nE: DEVNUM=" + digits +
        "\nE: DEVNAME=/dev/" + node +
        "\nE: ID_VENDOR_ID=0922\nE: ID_MODEL_ID=8009\nA: bConfigurationValue=1\\n\nA: busnum=1\\n"
        "\nA: devnum=" +
        std::to_string(number_) + "\\n\nA: devpath=" + port_.substr(2) +
        "\\n\nA: speed=12\\n\nA: idVendor=0922\\n\nA: idProduct=8009\\n\nA: product=S250\\n"
        "\nA: manufacturer=DYMO\\n\nH: descriptors=" +
        hex(descriptors()) + "\n";
    if (!umockdev_testbed_add_from_string(bed_, text.c_str(), &error))
      throw std::runtime_error(error->message);
  }

  void unplug() {
    {
      const std::lock_guard lock(mutex_);
      gone_ = true;
    }
    const std::string path = "/sys/devices/pci0000:00/0000:00:14.0/usb1/" + port_;
    umockdev_testbed_uevent(bed_, path.c_str(), "remove");
    umockdev_testbed_remove_device(bed_, path.c_str());
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
  void queue(Queued report) {
    const std::lock_guard lock(mutex_);
    queued_.push_back(std::move(report));
  }
  void silent(bool silent) {
    const std::lock_guard lock(mutex_);
    silent_ = silent;
  }
  [[nodiscard]] double kg() const { return kg_; }
  [[nodiscard]] bool listened_to() {
    const std::lock_guard lock(mutex_);
    return !waiting_.empty();
  }

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
    const auto length = options_.descriptor.size();
    const Bytes hid = {0x09,
                       0x04,
                       interface_number(),
                       0x00,
                       0x01,
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
                        static_cast<std::uint8_t>(options_.composite ? 2 : 1),
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

  /// Answers one control request; nullopt is a stall.
  std::pair<bool, Bytes> control(const std::uint8_t* setup) const {
    const auto value = static_cast<std::uint16_t>(setup[2] | setup[3] << 8);
    const auto index = static_cast<std::uint16_t>(setup[4] | setup[5] << 8);
    if (setup[0] == 0x81 && setup[1] == 0x06 && value == 0x2200)
      return index == interface_number() ? std::pair(true, options_.descriptor) : std::pair(false, Bytes{});
    if (setup[0] == 0x80 && setup[1] == 0x06 && (value >> 8) == 3) {
      static const std::map<int, std::string> strings = {{1, "DYMO"}, {2, "S250"}};
      if ((value & 0xFF) == 0) return {true, {4, 3, 9, 4}};
      const auto found = strings.find(value & 0xFF);
      if (found == strings.end()) return {false, {}};
      Bytes text = {static_cast<std::uint8_t>(2 + 2 * found->second.size()), 3};
      for (const char c : found->second)
        text.push_back(static_cast<std::uint8_t>(c)), text.push_back(0);
      return {true, text};
    }
    if (setup[0] == 0x21 && setup[1] == 0x0A) return {!options_.stall_idle, {}};
    if (setup[0] == 0x21 && setup[1] == 0x09) {
      std::fprintf(stderr, "sim: set_report\n");
      return {true, {}};
    }
    return {(setup[0] & 0x80) == 0, {}};
  }

  static void finish(const Urb& urb, int status, std::size_t offset, const Bytes& bytes) {
    auto* r = urb.get();
    const auto room = static_cast<std::size_t>(r->buffer_length) - offset;
    if (bytes.size() > room) status = -EOVERFLOW;
    const auto n = std::min(bytes.size(), room);
    if (n > 0)
      umockdev_ioctl_data_update(urb.buffer, offset, const_cast<guint8*>(bytes.data()), static_cast<gint>(n));
    r->status = status;
    r->actual_length = static_cast<int>(n);
  }

  /// A transfer that is done by now, if there is one.
  UMockdevIoctlData* reap() {
    if (!done_.empty()) {
      auto* urb = done_.front();
      done_.pop_front();
      return urb;
    }
    if (waiting_.empty()) return nullptr;
    const auto urb = waiting_.front();
    if (gone_) {
      finish(urb, -ESHUTDOWN, 0, {});
    } else if (!queued_.empty()) {
      const auto next = std::move(queued_.front());
      queued_.pop_front();
      finish(urb, -next.error, 0, next.bytes);
    } else if (!silent_ && Steady::now() >= next_) {
      finish(urb, 0, 0, report());
      next_ =
          Steady::now() + std::chrono::microseconds(std::lround(1000 * options_.every_ms / options_.speed));
    } else {
      return nullptr;
    }
    waiting_.pop_front();
    return urb.urb;
  }

  gboolean handle(UMockdevIoctlClient* client) {
    const std::lock_guard lock(mutex_);
    const auto request = umockdev_ioctl_client_get_request(client);
    auto* argument = umockdev_ioctl_client_get_arg(client);
    const auto answer = [client](long result, int error) {
      umockdev_ioctl_client_complete(client, result, error);
      return TRUE;
    };
    const bool reaping = request == USBDEVFS_REAPURB || request == USBDEVFS_REAPURBNDELAY;
    if (gone_ && !reaping && request != USBDEVFS_DISCARDURB) return answer(-1, ENODEV);
    switch (request) {
      case USBDEVFS_GET_CAPABILITIES: {
        auto* data = umockdev_ioctl_data_resolve(argument, 0, 4, nullptr);
        guint32 can =
            USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
        umockdev_ioctl_data_update(data, 0, reinterpret_cast<guint8*>(&can), sizeof can);
        return answer(0, 0);
      }
      case USBDEVFS_GETDRIVER: {
        if (detached_) return answer(-1, ENODATA);
        auto* data = umockdev_ioctl_data_resolve(argument, 0, sizeof(usbdevfs_getdriver), nullptr);
        std::strncpy(reinterpret_cast<usbdevfs_getdriver*>(data->data)->driver, "usbhid",
                     USBDEVFS_MAXDRIVERNAME);
        return answer(0, 0);
      }
      case USBDEVFS_IOCTL:  // detach or attach the kernel's driver
        detached_ = !detached_;
        return answer(0, 0);
      case USBDEVFS_CLAIMINTERFACE:
        return detached_ ? answer(0, 0) : answer(-1, EBUSY);
      case USBDEVFS_RELEASEINTERFACE:
      case USBDEVFS_CLEAR_HALT:
      case USBDEVFS_RESET:
      case USBDEVFS_SETCONFIGURATION:
      case USBDEVFS_SETINTERFACE:
        return answer(0, 0);
      case USBDEVFS_SUBMITURB: {
        Urb urb{};
        urb.urb = umockdev_ioctl_data_resolve(argument, 0, sizeof(usbdevfs_urb), nullptr);
        urb.buffer = umockdev_ioctl_data_resolve(urb.urb, G_STRUCT_OFFSET(usbdevfs_urb, buffer),
                                                 static_cast<gsize>(urb.get()->buffer_length), nullptr);
        if (urb.get()->type == USBDEVFS_URB_TYPE_CONTROL) {
          auto [ok, bytes] = control(urb.buffer->data);
          const auto wanted = static_cast<std::size_t>(urb.buffer->data[6] | urb.buffer->data[7] << 8);
          if (bytes.size() > wanted) bytes.resize(wanted);
          finish(urb, ok ? 0 : -EPIPE, 8, bytes);
          done_.push_back(urb.urb);
        } else if (urb.get()->endpoint == 0x82) {
          waiting_.push_back(urb);
        } else {
          finish(urb, -EPIPE, 0, {});
          done_.push_back(urb.urb);
        }
        return answer(0, 0);
      }
      case USBDEVFS_DISCARDURB: {
        const auto which = *reinterpret_cast<gulong*>(argument->data);
        for (auto it = waiting_.begin(); it != waiting_.end(); ++it)
          if (it->urb->client_addr == which) {
            finish(*it, -ENOENT, 0, {});
            done_.push_back(it->urb);
            waiting_.erase(it);
            return answer(0, 0);
          }
        return answer(-1, EINVAL);
      }
      case USBDEVFS_REAPURB:
      case USBDEVFS_REAPURBNDELAY: {
        auto* urb = reap();
        if (urb == nullptr) {
          // The node is a plain file and always ready: without a nap the other side spins.
          if (!gone_) usleep(500);
          return answer(-1, gone_ ? ENODEV : EAGAIN);
        }
        auto* place = umockdev_ioctl_data_resolve(argument, 0, sizeof(gpointer), nullptr);
        umockdev_ioctl_data_set_ptr(place, 0, urb);
        return answer(0, 0);
      }
      default:
        return answer(-1, ENOTTY);
    }
  }
  static gboolean on_ioctl(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
    return static_cast<Scale*>(self)->handle(client);
  }

  UMockdevTestbed* bed_;
  const Options& options_;
  std::string port_;
  int number_;
  UMockdevIoctlBase* ioctls_ = nullptr;
  std::mutex mutex_;
  std::deque<Urb> waiting_;
  std::deque<UMockdevIoctlData*> done_;
  std::deque<Queued> queued_;
  Steady::time_point next_{};
  double kg_, stale_kg_;
  int status_ = 4, moving_ = 0;
  std::string unit_ = "kg";
  bool gone_ = false, detached_ = false, silent_ = false, stale_ = true;
};

/// The ports of one bus, the program under test, and the script.
class Bench {
 public:
  explicit Bench(const Options& options) : options_(options), bed_(umockdev_testbed_new()) {
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
      else if (word == "hex") {
        Queued report;
        for (std::size_t i = 0; i + 1 < value.size(); i += 2)
          report.bytes.push_back(static_cast<std::uint8_t>(std::stoi(value.substr(i, 2), nullptr, 16)));
        s->queue(std::move(report));
      } else {
        std::fprintf(stderr, "sim: unknown command '%s'\n", line.c_str());
      }
      std::fprintf(stderr, "sim: %s\n", word.c_str());
      line.clear();
    }
  }

  const Options& options_;
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
  const char* preload = std::getenv("LD_PRELOAD");
  if (preload == nullptr || std::strstr(preload, "umockdev-preload") == nullptr)
    throw std::runtime_error("must be started by umockdev-wrapper");
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

// USB keyboards in user space (umockdev) and the program under test as a child: a button, a second one that
// is alike, and somebody's keyboard beside them. Written from the protocol sheet and from nothing else.
//
//   umockdev-wrapper button_simulator [--plugged] [--keyboard] [--serial TEXT] [--stall] [--speed X] --
//   PROGRAM [ARG ...]
//
// --plugged: the first button is there when the program starts, at port 1-1; --keyboard: a real keyboard is
// too, at 1-3.
// --stall: SET_PROTOCOL and SET_IDLE are stalled. --serial: the first button has this serial
// number; the second, at 1-2, never has one. Milliseconds are of the program's time, which passes --speed
// times as fast. Commands on standard input, to the first button unless `two` stands behind:
//   plug, unplug, press MS, double, bounce, hold, release, key HH, rollover, hex BYTES, err ERRNO, wait MS,
//   quit
// Each is answered on standard error, once done, by `sim: WORD`; whatever is done to the real keyboard is
// told as `sim: keyboard WHAT`, the first claim of a button as `sim: claimed PORT`. The exit status is the
// program's.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
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

using Bytes = std::vector<std::uint8_t>;

struct Options {
  bool plugged = false, keyboard = false, stall = false;
  double speed = 1;
  std::string serial;
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

// Generic desktop, keyboard: 8 modifiers, a reserved byte, 6 keys; no report id.
const Bytes report_descriptor = {0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7,
                                 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01,
                                 0x75, 0x08, 0x81, 0x01, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00, 0x25, 0xFF,
                                 0x05, 0x07, 0x19, 0x00, 0x29, 0xFF, 0x81, 0x00, 0xC0};

struct Urb {
  UMockdevIoctlData* urb;
  UMockdevIoctlData* buffer;
  [[nodiscard]] usbdevfs_urb* get() const { return reinterpret_cast<usbdevfs_urb*>(urb->data); }
};

struct Queued {
  int error = 0;  // errno, 0: the bytes
  Bytes bytes;
};

/// One plug of one keyboard. After an unplug the next plug is another object under another device number.
class Keyboard {
 public:
  Keyboard(UMockdevTestbed* bed, std::string port, int number, std::string product, std::string serial,
           bool stall, bool owned)
      : bed_(bed),
        port_(std::move(port)),
        number_(number),
        product_(std::move(product)),
        serial_(std::move(serial)),
        stall_(stall),
        owned_(owned) {
    char node[64];
    std::snprintf(node, sizeof node, "bus/usb/001/%03d", number_);
    ioctls_ = umockdev_ioctl_base_new();
    g_signal_connect_after(ioctls_, "handle-ioctl", G_CALLBACK(&Keyboard::on_ioctl), this);
    GError* error = nullptr;
    if (!umockdev_testbed_attach_ioctl(bed_, ("/dev/" + std::string(node)).c_str(), ioctls_, &error))
      throw std::runtime_error(error->message);
    char digits[8];
    std::snprintf(digits, sizeof digits, "%03d", number_);
    const std::string text =
        "P: /devices/pci0000:00/0000:00:14.0/usb1/" + port_ + "\nN: " + node +
        "\nE: SUBSYSTEM=usb\nE: DRIVER=usb\nE: DEVTYPE=usb_device\nE: BUSNUM=001\nE: DEVNUM=" + digits +
        "\nE: DEVNAME=/dev/" + node +
        "\nE: ID_VENDOR_ID=0c45\nE: ID_MODEL_ID=7403\nA: bConfigurationValue=1\\n\nA: busnum=1\\n"
        "\nA: devnum=" +
        std::to_string(number_) + "\\n\nA: devpath=" + port_.substr(2) +
        "\\n\nA: speed=12\\n\nA: idVendor=0c45\\n\nA: idProduct=7403\\n\nA: product=" + product_ + "\\n\n" +
        (serial_.empty() ? "" : "A: serial=" + serial_ + "\\n\n") + "H: descriptors=" + hex(descriptors()) +
        "\n";
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
  /// Nobody listens: the report is lost, as on the wire.
  void say(Queued report) {
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty() || claimed_) queued_.push_back(std::move(report));
  }

 private:
  [[nodiscard]] Bytes descriptors() const {
    const auto serial_index = static_cast<std::uint8_t>(serial_.empty() ? 0 : 3);
    Bytes all = {0x12, 0x01, 0x10, 0x01, 0,    0,    0,    0x08,         0x45,
                 0x0C, 0x03, 0x74, 0x00, 0x01, 0x01, 0x02, serial_index, 0x01};
    const auto length = static_cast<std::uint8_t>(report_descriptor.size());
    const Bytes body = {
        0x09, 0x04, 0x00, 0x00, 0x01, 0x03, 0x01, 0x01,   0x00,  // interface: HID, boot, keyboard
        0x09, 0x21, 0x11, 0x01, 0x00, 0x01, 0x22, length, 0x00,  // HID
        0x07, 0x05, 0x81, 0x03, 0x08, 0x00, 0x0A};               // interrupt IN 0x81
    const Bytes head = {0x09, 0x02, static_cast<std::uint8_t>(9 + body.size()), 0x00, 0x01, 0x01, 0x00,
                        0xA0, 0x32};
    all.insert(all.end(), head.begin(), head.end());
    all.insert(all.end(), body.begin(), body.end());
    return all;
  }

  void touched(const char* what) const {
    if (owned_) std::fprintf(stderr, "sim: keyboard %s\n", what);
  }

  /// Answers one control request; false is a stall.
  std::pair<bool, Bytes> control(const std::uint8_t* setup) {
    const auto value = static_cast<std::uint16_t>(setup[2] | setup[3] << 8);
    if (setup[0] == 0x81 && setup[1] == 0x06 && value == 0x2200) return {true, report_descriptor};
    if (setup[0] == 0x21 && (setup[1] == 0x0A || setup[1] == 0x0B)) {
      std::fprintf(stderr, "sim: %s %u %s\n", setup[1] == 0x0B ? "set_protocol" : "set_idle", unsigned{value},
                   port_.c_str());
      return {!stall_, {}};
    }
    return {false, {}};
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
        touched("opened");
        auto* data = umockdev_ioctl_data_resolve(argument, 0, 4, nullptr);
        guint32 can =
            USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
        umockdev_ioctl_data_update(data, 0, reinterpret_cast<guint8*>(&can), sizeof can);
        return answer(0, 0);
      }
      case USBDEVFS_GETDRIVER: {
        touched("asked for its driver");
        if (detached_) return answer(-1, ENODATA);
        auto* data = umockdev_ioctl_data_resolve(argument, 0, sizeof(usbdevfs_getdriver), nullptr);
        std::strncpy(reinterpret_cast<usbdevfs_getdriver*>(data->data)->driver, "usbhid",
                     USBDEVFS_MAXDRIVERNAME);
        return answer(0, 0);
      }
      case USBDEVFS_IOCTL:  // detach or attach the kernel's driver
        touched("taken from the kernel");
        detached_ = !detached_;
        return answer(0, 0);
      case USBDEVFS_CLAIMINTERFACE:
        touched("claimed");
        if (!detached_) return answer(-1, EBUSY);
        claimed_ = true;
        std::fprintf(stderr, "sim: claimed %s\n", port_.c_str());
        return answer(0, 0);
      case USBDEVFS_RELEASEINTERFACE:
        claimed_ = false;
        return answer(0, 0);
      case USBDEVFS_CLEAR_HALT:
      case USBDEVFS_RESET:
      case USBDEVFS_SETCONFIGURATION:
      case USBDEVFS_SETINTERFACE:
        touched("set");
        return answer(0, 0);
      case USBDEVFS_SUBMITURB: {
        touched("read");
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
        } else if (urb.get()->endpoint == 0x81) {
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
    return static_cast<Keyboard*>(self)->handle(client);
  }

  UMockdevTestbed* bed_;
  std::string port_;
  int number_;
  std::string product_, serial_;
  bool stall_, owned_;
  UMockdevIoctlBase* ioctls_ = nullptr;
  std::mutex mutex_;
  std::deque<Urb> waiting_;
  std::deque<UMockdevIoctlData*> done_;
  std::deque<Queued> queued_;
  bool gone_ = false, detached_ = false, claimed_ = false;
};

/// The ports of one bus, the program under test, and the script.
class Bench {
 public:
  explicit Bench(const Options& options) : options_(options), bed_(umockdev_testbed_new()) {
    if (options_.keyboard)
      all_.push_back(owner_ = std::make_shared<Keyboard>(bed_, "1-3", ++number_, "Office Keyboard", "K120",
                                                         false, true));
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
    if (buttons_[which] != nullptr) return;
    // Objects stay: libusb may still hold the old node open.
    buttons_[which] = std::make_shared<Keyboard>(bed_, which == 0 ? "1-1" : "1-2", ++number_, "FootSwitch",
                                                 which == 0 ? options_.serial : "", options_.stall, false);
    all_.push_back(buttons_[which]);
  }
  void unplug(std::size_t which) {
    if (buttons_[which] == nullptr) return;
    buttons_[which]->unplug();
    buttons_[which] = nullptr;
  }

  void pass(double ms) const {
    std::this_thread::sleep_for(
        std::chrono::microseconds(static_cast<std::int64_t>(1000 * ms / options_.speed)));
  }

  static constexpr std::uint8_t enter = 0x28;
  static Bytes held(std::uint8_t key) { return {0, 0, key, 0, 0, 0, 0, 0}; }

  bool act(Keyboard& button, const std::string& word, const std::string& value) {
    const auto down = [&](std::uint8_t key = enter) { button.say({0, held(key)}); };
    const auto up = [&] { button.say({0, held(0)}); };
    const auto press = [&](double ms) {
      down();
      pass(ms);
      up();
    };
    if (word == "press") {
      press(value.empty() || value == "two" ? 120 : std::stod(value));
    } else if (word == "double") {
      press(100);
      pass(150);
      press(100);
    } else if (word == "bounce") {
      // All at once: a busy machine could stretch a pause of milliseconds into two presses.
      for (int i = 0; i < 4; ++i)
        down(), up();
      press(120);
    } else if (word == "hold") {
      down();
    } else if (word == "release") {
      up();
    } else if (word == "key") {
      down(static_cast<std::uint8_t>(std::stoi(value, nullptr, 16)));
    } else if (word == "rollover") {
      button.say({0, {0, 0, 1, 1, 1, 1, 1, 1}});
    } else if (word == "err") {
      button.say({std::stoi(value), {}});
    } else if (word == "hex") {
      Queued report;
      for (std::size_t i = 0; i + 1 < value.size(); i += 2)
        report.bytes.push_back(static_cast<std::uint8_t>(std::stoi(value.substr(i, 2), nullptr, 16)));
      button.say(std::move(report));
    } else {
      return false;
    }
    return true;
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
      const auto button = buttons_[which];
      if (word == "plug")
        plug(which);
      else if (word == "unplug")
        unplug(which);
      else if (word == "wait")
        pass(std::stod(value));
      else if (word == "quit")
        pass_on(SIGTERM);
      else if (word == "kill")
        pass_on(SIGKILL);
      else if (button == nullptr)
        std::fprintf(stderr, "sim: no button is plugged in for '%s'\n", line.c_str());
      else if (!act(*button, word, value))
        std::fprintf(stderr, "sim: unknown command '%s'\n", line.c_str());
      std::fprintf(stderr, "sim: %s\n", word.c_str());
      line.clear();
    }
  }

  const Options& options_;
  UMockdevTestbed* bed_;
  std::shared_ptr<Keyboard> buttons_[2], owner_;
  std::vector<std::shared_ptr<Keyboard>> all_;
  int number_ = 4;
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
    else if (word == "--keyboard")
      options.keyboard = true;
    else if (word == "--stall")
      options.stall = true;
    else if (word == "--serial")
      options.serial = value();
    else if (word == "--speed")
      options.speed = std::stod(value());
    else
      throw std::runtime_error("unknown option " + std::string(word));
  }
  if (options.program == nullptr || *options.program == nullptr)
    throw std::runtime_error("-- PROGRAM is needed, to run with the button");
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
    std::fflush(stdout);
    _exit(status);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "button_simulator: %s\n", e.what());
    return 2;
  }
}

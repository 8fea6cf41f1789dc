// USB devices in user space that this very kernel enumerates: USB/IP into vhci_hcd through a socket pair; no
// network, no usbipd. Written from the protocol sheets and the kernel's Documentation/usb/usbip_protocol.rst,
// and from nothing of ours.
//
//   usb_devices FILE     FILE: the HID report descriptor that the scales give
//
// Commands on standard input, a line each; each is answered on standard output by `ok` or by what went wrong.
// NAME is a word of the caller's.
//   plug NAME scale|bridge|keyboard PORT     into port 0 to 7 of vhci_hcd.0
//   unplug NAME                     between two replies; what is queued ends as it does when a cable is
//   pulled tear NAME                       in the middle of a reply to a queued transfer weight NAME KG what
//   lies on it from now on; a bridge shares it among its four cells status NAME N                   a scale's
//   status byte (4 stable, 6 over limit, ...) every NAME MS                   how often a scale reports by
//   itself (500); 0: never hex NAME BYTES                  one more report, as it stands err NAME ERRNO the
//   next transfer fails so (75 overflow, 71 protocol) stall NAME [TIMES]              the endpoint halts, as
//   often as said, each time until its halt is cleared cell NAME 0|1|2|3 off|on        a bridge's cell: its
//   cable asked NAME                      answered by: ok SET_IDLEs CLEAR_HALTs OUT_REPORTs quit
#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t low(std::size_t n) { return static_cast<std::uint8_t>(n & 0xFF); }

struct Setup {
  std::uint8_t type = 0, request = 0;
  std::uint16_t value = 0, index = 0, length = 0;
};

/// What a device is, apart from how it is attached.
class Model {
 public:
  virtual ~Model() = default;
  [[nodiscard]] virtual Bytes device() const = 0;
  [[nodiscard]] virtual Bytes configuration() const = 0;
  [[nodiscard]] virtual Bytes report_descriptor() const = 0;
  [[nodiscard]] virtual std::string text(std::uint8_t index) const = 0;  ///< empty: there is no such string
  /// The time between two reports of its own; 0: none.
  [[nodiscard]] virtual milliseconds every() const = 0;
  virtual Bytes report() = 0;
  virtual void out(std::span<const std::uint8_t> bytes) { static_cast<void>(bytes); }
  /// false: it does not know the command.
  virtual bool command(const std::string& word, std::istream& rest) = 0;
};

/// DYMO S250: full speed, no serial number. Every report is six bytes: 3, status, unit, exponent, weight.
class Scale final : public Model {
 public:
  explicit Scale(Bytes descriptor) : descriptor_(std::move(descriptor)) {}
  [[nodiscard]] Bytes device() const override {
    return {0x12, 1, 0x10, 0x01, 0, 0, 0, 8, 0x22, 0x09, 0x09, 0x80, 0, 1, 1, 2, 0, 1};
  }
  [[nodiscard]] Bytes configuration() const override {
    const auto n = descriptor_.size();
    return {9, 2, 34,   0, 1, 1, 0, 0x80, 0x32,   9,           4, 0, 0,    1, 3, 0, 0,
            0, 9, 0x21, 1, 1, 0, 1, 0x22, low(n), low(n >> 8), 7, 5, 0x82, 3, 8, 0, 0x0A};
  }
  [[nodiscard]] Bytes report_descriptor() const override { return descriptor_; }
  [[nodiscard]] std::string text(std::uint8_t index) const override {
    return index == 1 ? "DYMO" : index == 2 ? "S250 113 kg" : "";
  }
  [[nodiscard]] milliseconds every() const override { return every_; }
  Bytes report() override {
    // The first one may still be the weighing before.
    const double kg = std::exchange(fresh_, false) ? kg_ + 31.4 : kg_;
    const auto tenths = static_cast<std::size_t>(std::lround(std::abs(kg) * 10));
    return {3, static_cast<std::uint8_t>(kg < 0 ? 5 : status_), 3, 0xFF, low(tenths), low(tenths >> 8)};
  }
  bool command(const std::string& word, std::istream& rest) override {
    int number = 0;
    if (word == "weight") return static_cast<bool>(rest >> kg_);
    if (!(rest >> number)) return false;
    if (word == "status")
      status_ = static_cast<std::uint8_t>(number);
    else if (word == "every")
      every_ = milliseconds(number);
    else
      return false;
    return true;
  }

 private:
  Bytes descriptor_;
  double kg_ = 0;
  std::uint8_t status_ = 4;
  milliseconds every_{500};
  bool fresh_ = true;
};

/// Phidget Bridge 1046_0: four load cells, one packet an interval of 8 ms units; nothing before it was told
/// to.
class Bridge final : public Model {
 public:
  static constexpr double capacity_kg = 200, sensitivity_mv_v = 2;

  [[nodiscard]] Bytes device() const override {
    return {0x12, 1, 0x00, 0x02, 0, 0, 0, 8, 0xC2, 0x06, 0x3B, 0x00, 0x02, 0x01, 1, 2, 3, 1};
  }
  [[nodiscard]] Bytes configuration() const override {
    return {9, 2, 41, 0,    1, 1,    0,    0x80, 0xFA, 9, 4,    0,    0,
            2, 3, 0,  0,    0, 9,    0x21, 0x10, 1,    0, 1,    0x22, low(report_descriptor().size()),
            0, 7, 5,  0x81, 3, 0x40, 0,    8,    7,    5, 0x01, 3,    0x40,
            0, 8};
  }
  [[nodiscard]] Bytes report_descriptor() const override {
    return {0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08,
            0x95, 0x12, 0x09, 0x02, 0x81, 0x02, 0x95, 0x08, 0x09, 0x03, 0x91, 0x02, 0xC0};
  }
  [[nodiscard]] std::string text(std::uint8_t index) const override {
    return index == 1 ? "Phidgets Inc." : index == 2 ? "PhidgetBridge 4-input" : index == 3 ? "141414" : "";
  }
  [[nodiscard]] milliseconds every() const override { return milliseconds(8 * units_); }
  Bytes report() override {
    Bytes packet(18, 0);
    packet[0] = static_cast<std::uint8_t>(enabled_ | enabled_ << 4);
    packet[1] = static_cast<std::uint8_t>(off_ & enabled_);
    packet[2] = gains_[0], packet[3] = gains_[1];
    packet[4] = low(units_ >> 8 & 3), packet[5] = low(units_);
    constexpr std::array<double, 4> shares{0.3, 0.25, 0.2, 0.25};
    constexpr std::array<int, 8> gain{1, 0, 0, 8, 16, 32, 64, 128};
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if ((enabled_ >> i & 1) == 0) continue;
      const auto code = gains_[i / 2] >> (i % 2 == 0 ? 4 : 0) & 7;
      const double mv_v = kg_ * shares[i] / capacity_kg * sensitivity_mv_v;
      auto raw = static_cast<std::uint32_t>(0x800000 + std::lround(mv_v / 1000 * gain[code] * 0x800000));
      if ((off_ >> i & 1) != 0) raw = 0xFFFFFF;
      packet[6 + 3 * i] = low(raw >> 16), packet[7 + 3 * i] = low(raw >> 8), packet[8 + 3 * i] = low(raw);
    }
    return packet;
  }
  void out(std::span<const std::uint8_t> bytes) override {
    if (bytes.size() < 5) return;
    enabled_ = bytes[0] & 0x0F;
    gains_ = {bytes[1], bytes[2]};
    units_ = static_cast<std::uint32_t>((bytes[4] & 3) << 8 | bytes[3]);
  }
  bool command(const std::string& word, std::istream& rest) override {
    if (word == "weight") return static_cast<bool>(rest >> kg_);
    unsigned number = 0;
    std::string how;
    if (word != "cell" || !(rest >> number >> how) || number > 3) return false;
    off_ = how == "off" ? off_ | 1U << number : off_ & ~(1U << number);
    return true;
  }

 private:
  double kg_ = 0;
  std::uint32_t enabled_ = 0, units_ = 0, off_ = 0;
  std::array<std::uint8_t, 2> gains_{};
};

/// A boot keyboard: what its keys do is given by `hex`.
class Keyboard final : public Model {
 public:
  [[nodiscard]] Bytes device() const override {
    return {0x12, 1, 0x10, 0x01, 0, 0, 0, 8, 0x4D, 0x04, 0x10, 0x15, 0, 1, 0, 1, 0, 1};
  }
  [[nodiscard]] Bytes configuration() const override {
    return {9, 2, 34, 0,    1, 1, 0,    0xA0, 0x32, 9, 4, 0,    0,
            1, 3, 1,  1,    0, 9, 0x21, 0x10, 1,    0, 1, 0x22, low(report_descriptor().size()),
            0, 7, 5,  0x81, 3, 8, 0,    0x0A};
  }
  [[nodiscard]] Bytes report_descriptor() const override {  // HID 1.11, appendix B.1, without the lamps
    return {0x05, 0x01, 0x09, 0x06, 0xA1, 0x01, 0x05, 0x07, 0x19, 0xE0, 0x29, 0xE7, 0x15, 0x00, 0x25,
            0x01, 0x75, 0x01, 0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, 0x95, 0x06,
            0x75, 0x08, 0x15, 0x00, 0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xC0};
  }
  [[nodiscard]] std::string text(std::uint8_t index) const override { return index == 1 ? "Keyboard" : ""; }
  [[nodiscard]] milliseconds every() const override { return milliseconds(0); }
  Bytes report() override { return Bytes(8, 0); }
  bool command(const std::string&, std::istream&) override { return false; }
};

/// The header of every message: twelve words in network order, the last two of a submission being the set-up
/// packet.
struct Header {
  enum Command : std::uint32_t { submit = 1, unlink = 2, submitted = 3, unlinked = 4 };
  static constexpr std::size_t size = 48;
  std::array<std::uint32_t, 10> word{};  ///< command, sequence, device, direction, endpoint, then by command
  std::array<std::uint8_t, 8> setup{};

  static std::uint32_t swap(std::uint32_t v) {
    static_assert(std::endian::native == std::endian::little);
    return __builtin_bswap32(v);
  }
  [[nodiscard]] Bytes bytes() const {
    Bytes all(size);
    for (std::size_t i = 0; i < word.size(); ++i) {
      const auto v = swap(word[i]);
      std::memcpy(all.data() + 4 * i, &v, 4);
    }
    return all;
  }
  static Header of(std::span<const std::uint8_t, size> bytes) {
    Header h;
    for (std::size_t i = 0; i < h.word.size(); ++i) {
      std::memcpy(&h.word[i], bytes.data() + 4 * i, 4);
      h.word[i] = swap(h.word[i]);
    }
    std::ranges::copy(bytes.subspan<40>(), h.setup.begin());
    return h;
  }
};

/// One plugged-in device: the kernel's requests of it.
class Plug {
 public:
  Plug(std::unique_ptr<Model> model, unsigned port) : model_(std::move(model)) {
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
      throw std::runtime_error("no socket pair to be had");
    fd_ = pair[0];
    constexpr int full_speed = 2;
    const auto line = std::to_string(port) + " " + std::to_string(pair[1]) + " " +
                      std::to_string(0x10001 + port) + " " + std::to_string(full_speed);
    // The kernel may still be clearing away what was there before.
    bool taken = false;
    int error = 0;
    const auto give_up = Steady::now() + std::chrono::seconds(10);
    do {
      const int attach = open("/sys/devices/platform/vhci_hcd.0/attach", O_WRONLY | O_CLOEXEC);
      taken = attach >= 0 && write(attach, line.data(), line.size()) == static_cast<ssize_t>(line.size());
      error = errno;
      if (attach >= 0) close(attach);
    } while (!taken && error == EBUSY && Steady::now() < give_up && usleep(5'000) == 0);
    close(pair[1]);
    if (taken) return;
    close(fd_);
    throw std::runtime_error(std::string("vhci_hcd does not take it: ") + std::strerror(error));
  }
  ~Plug() { close(fd_); }
  Plug(const Plug&) = delete;
  Plug& operator=(const Plug&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] Model& model() { return *model_; }
  [[nodiscard]] std::string asked() const {
    return std::to_string(idles_) + " " + std::to_string(clears_) + " " + std::to_string(outs_);
  }

  void queue(Bytes bytes) { replies_.push_back({0, std::move(bytes)}); }
  void fail(int error) { replies_.push_back({error, {}}); }
  void stall(int times) {
    halted_ = true;
    stalls_left_ = times - 1;
  }
  void tear() {
    torn_ = true;
    replies_.push_back({0, Bytes(6, 0)});
  }

  /// Reads one request and answers it. false: the kernel let go of the device.
  bool serve() {
    std::array<std::uint8_t, Header::size> head{};
    if (!read_all(head)) return false;
    const auto request = Header::of(head);
    const auto sequence = request.word[1];
    if (request.word[0] == Header::unlink) {
      const auto victim = std::ranges::find(waiting_, request.word[5], &In::sequence);
      const bool found = victim != waiting_.end();
      if (found) waiting_.erase(victim);
      return answer(
          {Header::unlinked, sequence, 0, 0, 0, static_cast<std::uint32_t>(found ? -ECONNRESET : 0)}, {});
    }
    const bool in = request.word[3] == 1;
    const auto endpoint = request.word[4], length = request.word[6];
    if (length > 65536) return false;
    Bytes data(in ? 0 : length);
    if (!read_all(data)) return false;
    if (endpoint == 0) return control(sequence, request.setup, in, data);
    if (in) {
      waiting_.push_back({sequence, length});
      return true;
    }
    ++outs_;
    model_->out(data);
    return done(sequence, 0, {}, length);
  }

  /// Answers queued transfers with what there is by now.
  bool pump(Steady::time_point now) {
    while (!waiting_.empty()) {
      const auto urb = waiting_.front();
      if (halted_) {
        waiting_.pop_front();
        if (!done(urb.sequence, -EPIPE, {}, 0)) return false;
        continue;
      }
      if (replies_.empty() && model_->every().count() > 0 && now >= next_) {
        replies_.push_back({0, model_->report()});
        next_ = std::max(next_ + model_->every(), now);
      }
      if (replies_.empty()) return true;
      auto reply = std::move(replies_.front());
      replies_.pop_front();
      waiting_.pop_front();
      if (reply.bytes.size() > urb.length) reply = {EOVERFLOW, {}};
      if (!done(urb.sequence, -reply.error, reply.bytes, static_cast<std::uint32_t>(reply.bytes.size())))
        return false;
    }
    return true;
  }
  [[nodiscard]] milliseconds patience(Steady::time_point now) const {
    if (waiting_.empty()) return milliseconds(1000);
    if (halted_ || !replies_.empty()) return milliseconds(0);
    if (model_->every().count() == 0) return milliseconds(1000);
    return std::clamp(std::chrono::ceil<milliseconds>(next_ - now), milliseconds(0), milliseconds(1000));
  }

 private:
  struct In {
    std::uint32_t sequence, length;
  };
  struct Reply {
    int error;
    Bytes bytes;
  };

  bool read_all(std::span<std::uint8_t> to) const {
    while (!to.empty()) {
      const auto n = recv(fd_, to.data(), to.size(), 0);
      if (n <= 0) return false;
      to = to.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }
  bool answer(const std::array<std::uint32_t, 10>& words, const Bytes& data) {
    auto all = Header{.word = words, .setup = {}}.bytes();
    all.insert(all.end(), data.begin(), data.end());
    if (torn_ && !data.empty()) all.resize(Header::size + data.size() / 2);
    const bool whole = !torn_ || data.empty();
    return send(fd_, all.data(), all.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(all.size()) && whole;
  }
  bool done(std::uint32_t sequence, int status, const Bytes& data, std::uint32_t actual) {
    return answer({Header::submitted, sequence, 0, 0, 0, static_cast<std::uint32_t>(status), actual}, data);
  }

  bool control(std::uint32_t sequence, const std::array<std::uint8_t, 8>& raw, bool in, const Bytes& data) {
    const auto word = [&](std::size_t i) { return static_cast<std::uint16_t>(raw[i] | raw[i + 1] << 8); };
    const Setup setup{raw[0], raw[1], word(2), word(4), word(6)};
    Bytes out;
    if (in) {
      if (!read_request(setup, out)) return done(sequence, -EPIPE, {}, 0);
      if (out.size() > setup.length) out.resize(setup.length);
      return done(sequence, 0, out, static_cast<std::uint32_t>(out.size()));
    }
    constexpr std::uint8_t clear_feature = 1, set_report = 9, set_idle = 0x0A;
    if (setup.type == 0x02 && setup.request == clear_feature) {
      ++clears_;
      halted_ = stalls_left_ > 0;
      --stalls_left_;
    } else if (setup.type == 0x21 && setup.request == set_idle) {
      ++idles_;
    } else if (setup.type == 0x21 && setup.request == set_report) {
      ++outs_;
      model_->out(data);
    }
    return done(sequence, 0, {}, setup.length);
  }

  bool read_request(const Setup& setup, Bytes& out) const {
    constexpr std::uint8_t get_status = 0, get_descriptor = 6, get_configuration = 8;
    if (setup.request == get_status && (setup.type & 0xE0) == 0x80) return out = {0, 0}, true;
    if (setup.type == 0x80 && setup.request == get_configuration) return out = {1}, true;
    if (setup.request != get_descriptor) return false;
    const auto kind = setup.value >> 8;
    const auto index = low(setup.value);
    if (setup.type == 0x81 && kind == 0x22) return out = model_->report_descriptor(), true;
    if (setup.type != 0x80) return false;
    if (kind == 1) return out = model_->device(), true;
    if (kind == 2 && index == 0) return out = model_->configuration(), true;
    if (kind != 3) return false;
    if (index == 0) return out = {4, 3, 0x09, 0x04}, true;
    const auto text = model_->text(index);
    if (text.empty()) return false;
    out = {low(2 + 2 * text.size()), 3};
    for (const char c : text)
      out.insert(out.end(), {static_cast<std::uint8_t>(c), 0});
    return true;
  }

  std::unique_ptr<Model> model_;
  int fd_ = -1;
  std::deque<In> waiting_;
  std::deque<Reply> replies_;
  Steady::time_point next_{};
  bool halted_ = false, torn_ = false;
  int stalls_left_ = 0, idles_ = 0, clears_ = 0, outs_ = 0;
};

class Bench {
 public:
  explicit Bench(Bytes descriptor) : descriptor_(std::move(descriptor)) {}

  void run() {
    while (!ended_) {
      std::vector<pollfd> watched{{STDIN_FILENO, POLLIN, 0}};
      std::vector<std::string> names;
      auto now = Steady::now();
      auto patience = milliseconds(1000);
      for (auto& [name, plug] : plugs_) {
        watched.push_back({plug->fd(), POLLIN, 0});
        names.push_back(name);
        patience = std::min(patience, plug->patience(now));
      }
      poll(watched.data(), watched.size(), static_cast<int>(patience.count()));
      now = Steady::now();
      for (std::size_t i = 0; i < names.size(); ++i) {
        auto& plug = *plugs_.at(names[i]);
        const bool asked = (watched[i + 1].revents & (POLLIN | POLLHUP)) != 0;
        if ((asked && !plug.serve()) || !plug.pump(now)) {
          std::fprintf(stderr, "%s: let go\n", names[i].c_str());
          plugs_.erase(names[i]);
        }
      }
      if ((watched[0].revents & (POLLIN | POLLHUP)) != 0) read_commands();
    }
  }

 private:
  void read_commands() {
    std::array<char, 4096> some{};
    const auto n = read(STDIN_FILENO, some.data(), some.size());
    if (n <= 0) {
      ended_ = true;
      return;
    }
    heard_.append(some.data(), static_cast<std::size_t>(n));
    for (auto end = heard_.find('\n'); end != std::string::npos; end = heard_.find('\n')) {
      std::string answer;
      try {
        answer = command(heard_.substr(0, end));
      } catch (const std::exception& error) {
        answer = error.what();
      }
      heard_.erase(0, end + 1);
      std::printf("%s\n", answer.c_str());
      std::fflush(stdout);
    }
  }

  std::string command(const std::string& line) {
    std::istringstream words(line);
    std::string word, name;
    words >> word >> name;
    if (word == "quit") return ended_ = true, "ok";
    if (word == "plug") {
      std::string model;
      unsigned port = 0;
      if (!(words >> model >> port) || plugs_.contains(name)) return "cannot plug: " + line;
      std::unique_ptr<Model> made;
      if (model == "scale") made = std::make_unique<Scale>(descriptor_);
      if (model == "bridge") made = std::make_unique<Bridge>();
      if (model == "keyboard") made = std::make_unique<Keyboard>();
      if (made == nullptr) return "no model is called " + model;
      plugs_.emplace(name, std::make_unique<Plug>(std::move(made), port));
      return "ok";
    }
    const auto found = plugs_.find(name);
    if (found == plugs_.end()) return "nothing is plugged in as " + name;
    auto& plug = *found->second;
    int number = 1;
    std::string text;
    if (word == "unplug")
      plugs_.erase(found);
    else if (word == "tear")
      plug.tear();
    else if (word == "asked")
      return "ok " + plug.asked();
    else if (word == "err" && words >> number)
      plug.fail(number);
    else if (word == "stall")
      words >> number, plug.stall(words ? number : 1);
    else if (word == "hex" && words >> text)
      plug.queue(from_hex(text));
    else if (!plug.model().command(word, words))
      return "not understood: " + line;
    return "ok";
  }

  static Bytes from_hex(const std::string& text) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
      bytes.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
    return bytes;
  }

  Bytes descriptor_;
  std::map<std::string, std::unique_ptr<Plug>> plugs_;
  std::string heard_;
  bool ended_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::runtime_error("takes the scales' report descriptor, a file");
    std::ifstream file(argv[1], std::ios::binary);
    if (!file) throw std::runtime_error(std::string(argv[1]) + ": cannot be read");
    Bytes descriptor{std::istreambuf_iterator<char>(file), {}};
    std::signal(SIGPIPE, SIG_IGN);
    Bench(std::move(descriptor)).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "usb_devices: %s\n", error.what());
    return 2;
  }
}

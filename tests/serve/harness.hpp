#pragma once
// A real Server on any port over a log in memory, and a peer with a plain blocking socket that shares no code
// with it.
#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/event.hpp"
#include "serve/server.hpp"
#include "wire/definitions.hpp"
#include "wire/drivers.hpp"
#include "wire/event_json.hpp"
#include "wire/history.hpp"

namespace vigil::serve::test {

using nlohmann::json;
using namespace std::chrono_literals;

inline constexpr auto log_id = "6f9619ff-8b86-4011-b42d-00cf4fc964ff";
inline constexpr WallTime evening{std::chrono::microseconds(1'795'000'000'000'000), std::chrono::minutes(60)};

inline Event note(std::string text, const Name& bed = "bed-1") {
  Event e;
  e.bed = bed;
  e.boot = "boot";
  e.zone = "Europe/Berlin";
  e.wall = evening;
  e.payload = event::NoteAdded{std::move(text)};
  return e;
}

inline std::vector<Event> notes(std::size_t n, const Name& bed = "bed-1") {
  std::vector<Event> events;
  for (std::size_t i = 0; i < n; ++i)
    events.push_back(note("note " + std::to_string(i + 1), bed));
  return events;
}

/// What the store is to the server: it numbers and keeps.
class MemoryLog {
 public:
  std::vector<Event> append(std::vector<Event> events) {
    const std::lock_guard lock(mutex_);
    for (auto& e : events) {
      e.seq = events_.size() + 1;
      events_.push_back(e);
    }
    return events;
  }
  std::vector<Event> since(std::uint64_t seq, std::size_t limit, const Name& bed) const {
    const std::lock_guard lock(mutex_);
    std::vector<Event> page;
    for (auto i = static_cast<std::size_t>(seq); i < events_.size() && page.size() < limit; ++i)
      if (bed.empty() || events_[i].bed == bed) page.push_back(events_[i]);
    return page;
  }
  std::optional<Event> entered(const std::string& client_id) const {
    const std::lock_guard lock(mutex_);
    for (const auto& e : events_)
      if (e.client_id == client_id) return e;
    return {};
  }
  [[nodiscard]] std::uint64_t head() const {
    const std::lock_guard lock(mutex_);
    return events_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Event> events_;
};

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  [[nodiscard]] json parsed() const { return json::parse(body); }
  [[nodiscard]] std::string code() const { return parsed().at("error").at("code"); }
  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

struct WsFrame {
  int opcode = 0;
  std::string payload;
  [[nodiscard]] int close_code() const {
    return payload.size() < 2
               ? 1005
               : static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
  }
};

class Peer {
 public:
  explicit Peer(std::uint16_t port, int receive_buffer = 0) : port_(port) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const int one = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      throw std::runtime_error("cannot connect");
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;  // the other side closed: what it said before is what the test looks at
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

  void request(const std::string& method, const std::string& target, const std::string& headers = "",
               const std::string& body = "") {
    send(method + " " + target + " HTTP/1.1\r\nHost: " + host() + "\r\n" + headers +
         (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body);
  }
  HttpAnswer get(const std::string& target, const std::string& headers = "") {
    request("GET", target, headers);
    return answer();
  }
  HttpAnswer post(const std::string& target, const std::string& body,
                  const std::string& headers = "Content-Type: application/json\r\n") {
    request("POST", target, headers, body);
    return answer();
  }

  HttpAnswer answer(bool head = false) {
    HttpAnswer a;
    const auto status = line();
    if (status.size() < 12) throw std::runtime_error("no status line: '" + status + "'");
    a.status = std::stoi(status.substr(9, 3));
    for (auto l = line(); !l.empty(); l = line()) {
      const auto colon = l.find(':');
      auto name = l.substr(0, colon);
      for (auto& c : name)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      a.headers[name] = l.substr(colon + 2);
    }
    if (!head && a.headers.contains("content-length")) a.body = take(std::stoul(a.headers["content-length"]));
    return a;
  }

  HttpAnswer upgrade(const std::string& query = "", const std::string& headers = "") {
    request("GET", "/api/v1/live" + query,
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                headers);
    return answer();
  }

  static std::string masked(int opcode, std::string_view payload, bool fin = true, bool mask = true) {
    std::string f(1, static_cast<char>((fin ? 0x80 : 0) | opcode));
    const auto size = payload.size();
    const int bit = mask ? 0x80 : 0;
    if (size < 126) {
      f += static_cast<char>(bit | static_cast<int>(size));
    } else if (size < 65536) {
      f += static_cast<char>(bit | 126);
      f += static_cast<char>(size >> 8);
      f += static_cast<char>(size & 255);
    } else {
      f += static_cast<char>(bit | 127);
      for (int s = 56; s >= 0; s -= 8)
        f += static_cast<char>(size >> s & 255);
    }
    constexpr std::string_view key = "\x11\x92\x7f\xe3";
    if (mask) f += key;
    for (std::size_t i = 0; i < size; ++i)
      f += mask ? static_cast<char>(payload[i] ^ key[i % 4]) : payload[i];
    return f;
  }
  void ws_send(int opcode, std::string_view payload) { send(masked(opcode, payload)); }

  /// nullopt: the connection ended.
  std::optional<WsFrame> frame() {
    try {
      const auto head = take(2);
      if ((head[1] & 0x80) != 0) throw std::logic_error("a server frame is masked");
      auto size = static_cast<std::uint64_t>(head[1] & 0x7F);
      if (size >= 126) {
        const auto length = take(size == 126 ? 2 : 8);
        size = 0;
        for (const char c : length)
          size = size << 8 | static_cast<unsigned char>(c);
      }
      return WsFrame{head[0] & 0x0F, take(size)};
    } catch (const std::runtime_error&) {
      return {};
    }
  }
  /// The next text frame as JSON; pings are passed over.
  json message() {
    for (;;) {
      auto f = frame();
      if (!f) throw std::runtime_error("the connection ended");
      if (f->opcode == 1) return json::parse(f->payload);
      if (f->opcode == 8) throw std::runtime_error("closed with " + std::to_string(f->close_code()));
    }
  }
  json message(std::string_view kind) {
    for (;;)
      if (auto m = message(); m.at("kind") == kind) return m;
  }
  /// The close frame, whatever comes before it; nullopt: it ended without one.
  std::optional<WsFrame> close_frame() {
    while (auto f = frame())
      if (f->opcode == 8) return f;
    return {};
  }
  [[nodiscard]] bool at_end() {
    try {
      take(1);
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  }

 private:
  bool more() {
    pollfd p{fd_, POLLIN, 0};
    if (::poll(&p, 1, 20'000) <= 0) throw std::logic_error("nothing came for 20 s");
    char scratch[65536];
    const auto n = ::recv(fd_, scratch, sizeof scratch, 0);
    if (n <= 0) return false;
    pending_.append(scratch, static_cast<std::size_t>(n));
    return true;
  }
  std::string take(std::size_t n) {
    while (pending_.size() - at_ < n)
      if (!more()) throw std::runtime_error("the connection ended");
    auto out = pending_.substr(at_, n);
    at_ += n;
    if (at_ > (1U << 20U)) pending_.erase(0, at_), at_ = 0;
    return out;
  }
  std::string line() {
    std::size_t end = 0;
    while ((end = pending_.find("\r\n", at_)) == std::string::npos)
      if (!more()) throw std::runtime_error("the connection ended");
    auto out = pending_.substr(at_, end - at_);
    at_ = end + 2;
    return out;
  }

  std::uint16_t port_;
  int fd_ = -1;
  std::string pending_;
  std::size_t at_ = 0;
};

inline wire::BedSnapshot snapshot(const Name& bed) {
  wire::BedSnapshot b;
  b.bed = bed;
  b.label = "Bed " + bed.str();
  b.simulated = true;
  b.reading.bed = bed;
  b.reading.why = "no sensor yet";
  return b;
}

/// The server with its log, and rows of each history table.
struct Running {
  MemoryLog log;
  Options options;
  Backend backend;
  std::atomic<bool> log_unreadable = false;
  std::atomic<std::size_t> pages_read = 0;
  wire::Now now{Instant{std::chrono::hours(5)}, evening};
  std::unique_ptr<Server> server;

  Running() {
    options.port = 0;
    options.version = "0.1.0-test";
    options.log_id = log_id;
    backend.enter = [this](Event draft, auto answer) {
      if (const auto before = log.entered(draft.client_id)) {
        if (before->payload.index() != draft.payload.index()) return answer(Backend::Refusal::conflict);
        return answer(Backend::Accepted{*before, true});
      }
      draft.boot = "boot";
      draft.zone = "Europe/Berlin";
      auto committed = log.append({std::move(draft)});
      answer(Backend::Accepted{committed[0], false});
      server->publish(std::move(committed));
    };
    backend.events = [this](std::uint64_t since, std::size_t limit, const Name& bed) {
      if (log_unreadable) throw std::runtime_error("database disk image is malformed");
      ++pages_read;
      return log.since(since, limit, bed);
    };
    backend.nights = [](const Name&, std::size_t) { return wire::nights_text(std::vector{a_night()}); };
    backend.night = [](const Name& name) -> std::string {
      if (name != a_night().night) return {};
      auto entry = note("so");
      entry.seq = 1;
      return wire::night_text(a_night(), std::vector{entry}, std::vector{an_epoch()});
    };
    backend.epochs = [](const Name&, WallTime, WallTime) {
      return wire::epochs_text(std::vector{an_epoch()});
    };
    backend.readings = [](const Name&, WallTime from, WallTime) {
      ReadingRow row;
      row.wall = from;
      row.load_kg = 71.2F;
      return wire::readings_text(std::vector{row});
    };
    backend.objection = [](const Name& driver, const event::DeviceAssigned& assigned) -> std::string {
      if (driver.empty()) return "driver: expected one of line";
      return assigned.settings == "bad" ? "settings:1:1: expected lines" : "";
    };
    backend.definitions = [] { return wire::definitions_text({"night", "3"}); };
    backend.validation = [this] {
      std::optional<Event> newest;
      for (auto& e : log.since(0, SIZE_MAX, {}))
        if (std::holds_alternative<event::ValidationStored>(e.payload)) newest = std::move(e);
      return wire::validation_answer(newest);
    };
    backend.drivers = [] {
      const wire::DriverNote::Setting setting{.key = "rate_hz",
                                              .type = "number",
                                              .unit = "Hz",
                                              .minimum = 1,
                                              .maximum = 100,
                                              .fallback = "50",
                                              .help = "how often"};
      return wire::drivers_text(std::vector{
          wire::DriverNote{.name = "line", .title = "lines", .choosable = true, .settings = {setting}}});
    };
    backend.now = [this] { return now; };
    backend.health = [] { return std::string(R"({"queues":{"store":3},"raw":{"bytes":17}})"); };
  }

  static NightRow a_night() {
    NightRow n;
    n.night = "bed-1-20261122T2200Z";
    n.bed = "bed-1";
    n.opened = evening;
    n.figures = NightFigures{};
    n.algorithm = {"sleep", "1"};
    return n;
  }
  static EpochRow an_epoch() {
    EpochRow row;
    row.from = evening;
    row.epoch.scorer = "estimator 1";
    row.epoch.counts = 12.F;
    return row;
  }

  /// `with`: what the log already holds; the server learns only its head.
  void start(std::vector<Event> with = {}) {
    log.append(std::move(with));
    options.head = log.head();
    server = std::make_unique<Server>(options, backend);
    server->publish_beds({snapshot("bed-1"), snapshot("bed-2")});
    server->start();
  }
  void commit(std::vector<Event> events) { server->publish(log.append(std::move(events))); }
  void commit(std::string text, const Name& bed = "bed-1") {
    std::vector<Event> one;
    one.push_back(note(std::move(text), bed));
    commit(std::move(one));
  }
  [[nodiscard]] std::uint16_t port() const { return server->port(); }
};

}  // namespace vigil::serve::test

// links: vigil_serve vigil_wire
//
// What it costs to tell many clients the same: the real server in a process of its own publishes ten events a
// second to N loopback clients; CPU of that process per delivered frame, beside the floor, a loop of raw
// send() of the same bytes in the same run. Both are measured for the same number of deliveries, and the idle
// cost is left in: ten wake-ups a second are part of the bill.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/event.hpp"
#include "serve/server.hpp"
#include "wire/event_json.hpp"

namespace {

using namespace vigil;
using namespace std::chrono_literals;

constexpr auto interval = 100ms;
constexpr int settle = 5;  // messages before measuring

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

Duration boottime() {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

double cpu_us() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto us = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return us(u.ru_utime) + us(u.ru_stime);
}

double resident_kb() {
  std::FILE* f = std::fopen("/proc/self/statm", "r");
  long total = 0;
  long resident = 0;
  if (f == nullptr || std::fscanf(f, "%ld %ld", &total, &resident) != 2) fail("statm");
  std::fclose(f);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1024;
}

/// An event of some 400 bytes; its at_ns is the moment it was published.
Event happening(std::uint64_t seq) {
  Event e;
  e.seq = seq;
  e.bed = "bed-1";
  e.boot = "4a1d4f5c-3c5e-4b8e-9d52-6f0f6f3f8c11";
  e.zone = "Europe/Berlin";
  e.at = {boottime()};
  e.wall = {std::chrono::microseconds(1'795'000'000'000'000), std::chrono::minutes(60)};
  e.algorithm = {"movement", "1"};
  e.simulated = true;
  e.payload = event::AwakeningConfirmed{3, 12s, "60 s awake"};
  return e;
}

/// What a server says when it has ended: its CPU, its memory.
struct Bill {
  double cpu_us = 0, idle_kb = 0, full_kb = 0;
};

struct Child {
  pid_t pid = -1;
  int to = -1, from = -1;  ///< pipes: 'g' go, then the bill comes back
  std::uint16_t port = 0;
};

template <class T>
void put(int fd, const T& value) {
  if (::write(fd, &value, sizeof value) != sizeof value) fail("write");
}
template <class T>
T take(int fd) {
  T value{};
  if (::read(fd, &value, sizeof value) != sizeof value) fail("read");
  return value;
}

template <class Run>
Child spawn(Run run) {
  std::array<int, 2> to{};
  std::array<int, 2> from{};
  if (pipe(to.data()) != 0 || pipe(from.data()) != 0) fail("pipe");
  Child c;
  c.pid = fork();
  if (c.pid < 0) fail("fork");
  if (c.pid == 0) {
    run(to[0], from[1]);
    std::_Exit(0);
  }
  close(to[0]), close(from[1]);
  c.to = to[1], c.from = from[0];
  c.port = take<std::uint16_t>(c.from);
  return c;
}

/// Calls publish(k) ten times a second on time.
template <class Publish>
void ten_a_second(int messages, Publish publish) {
  auto at = std::chrono::steady_clock::now();
  for (int k = 0; k < messages; ++k) {
    publish(k);
    std::this_thread::sleep_until(at += interval);
  }
}

void vigil_server(int go, int out, int messages) {
  serve::Options options;
  options.port = 0;
  options.max_clients = 20'000;
  options.log_id = "bench";
  serve::Backend backend;
  backend.now = [] { return wire::Now{{boottime()}, {}}; };
  backend.events = [](std::uint64_t, std::size_t, const Name&) { return std::vector<Event>(); };
  serve::Server server(std::move(options), std::move(backend));
  server.start();
  const auto idle = resident_kb();
  put(out, server.port());
  take<char>(go);
  Bill bill;
  double before = 0;
  ten_a_second(messages + settle, [&](int k) {
    if (k == settle) before = cpu_us();
    server.publish(std::vector{happening(static_cast<std::uint64_t>(k) + 1)});
  });
  bill = {cpu_us() - before, idle, resident_kb()};
  put(out, bill);
  take<char>(go);  // the clients have all: the end
}

/// The floor: accept, and send() the same bytes to each.
void raw_server(int go, int out, int messages) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof any;
  if (bind(listener, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 || listen(listener, 4096) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&any), &size) != 0)
    fail("listen");
  const auto idle = resident_kb();
  put(out, ntohs(any.sin_port));
  const auto clients = take<int>(go);
  std::vector<int> fds;
  for (int i = 0; i < clients; ++i) {
    const int fd = accept(listener, nullptr, nullptr);
    if (fd < 0) fail("accept");
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fds.push_back(fd);
  }
  put(out, 'r');
  take<char>(go);
  double before = 0;
  ten_a_second(messages + settle, [&](int k) {
    if (k == settle) before = cpu_us();
    const auto text = wire::to_line(happening(static_cast<std::uint64_t>(k) + 1));
    std::string frame = {'\x81', '\x7e', static_cast<char>(text.size() >> 8U),
                         static_cast<char>(text.size() & 255U)};
    frame += text;
    for (const int fd : fds)
      if (send(fd, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT) !=
          static_cast<ssize_t>(frame.size()))
        fail("send");
  });
  put(out, Bill{cpu_us() - before, idle, resident_kb()});
  take<char>(go);
}

struct Client {
  int fd = -1;
  std::string pending;
  int events = 0;
};

int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fail("connect");
  return fd;
}

/// Takes whole frames out of what came; an event's delay goes to `delays`.
void hear(Client& c, std::vector<double>& delays) {
  std::size_t at = 0;
  const auto now = boottime();
  while (c.pending.size() - at >= 4) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(c.pending[at + i]); };
    std::size_t length = byte(1) & 0x7FU;
    std::size_t head = 2;
    if (length == 126) length = static_cast<std::size_t>(byte(2)) << 8U | byte(3), head = 4;
    if (c.pending.size() - at < head + length) break;
    const auto text = std::string_view(c.pending).substr(at + head, length);
    at += head + length;
    constexpr std::string_view mark = "\"at_ns\":";
    const auto found = text.find(mark);
    if (found == std::string_view::npos || text.find("\"history\"") != std::string_view::npos) continue;
    if (++c.events <= settle) continue;
    const auto sent = std::strtoll(text.data() + found + mark.size(), nullptr, 10);
    delays.push_back(static_cast<double>(now.count() - sent) / 1e6);
  }
  c.pending.erase(0, at);
}

struct Outcome {
  double us = 0, p50 = 0, p99 = 0, kb = 0;
};

Outcome measure(const Child& server, int clients, int messages, bool websocket) {
  std::vector<Client> all(static_cast<std::size_t>(clients));
  const int poll = epoll_create1(0);
  const auto add = [&](std::size_t i) {
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.u64 = i;
    epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &e);
  };
  if (!websocket) put(server.to, clients);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].fd = connect_to(server.port);
    if (websocket) {
      const auto request = "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port) +
                           "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
      if (send(all[i].fd, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size()))
        fail("send");
      std::string answer;
      std::array<char, 4096> scratch{};
      while (answer.find("\"through\":0") == std::string::npos) {  // hello and the (empty) history
        const auto n = recv(all[i].fd, scratch.data(), scratch.size(), 0);
        if (n <= 0) fail("handshake");
        answer.append(scratch.data(), static_cast<std::size_t>(n));
      }
    }
    add(i);
  }
  if (!websocket) take<char>(server.from);
  put(server.to, 'g');

  std::vector<double> delays;
  delays.reserve(static_cast<std::size_t>(clients) * static_cast<std::size_t>(messages));
  std::array<epoll_event, 256> ready{};
  std::vector<char> scratch(64 * 1024);
  const auto expected = static_cast<std::size_t>(clients) * static_cast<std::size_t>(messages);
  while (delays.size() < expected) {
    const int n = epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), 10'000);
    if (n <= 0) fail("nothing came for 10 s");
    for (int i = 0; i < n; ++i) {
      auto& c = all[ready[static_cast<std::size_t>(i)].data.u64];
      const auto got = recv(c.fd, scratch.data(), scratch.size(), 0);
      if (got <= 0) fail("a client was closed");
      c.pending.append(scratch.data(), static_cast<std::size_t>(got));
      hear(c, delays);
    }
  }
  const auto bill = take<Bill>(server.from);
  put(server.to, 'e');
  for (auto& c : all)
    close(c.fd);
  close(poll);
  std::sort(delays.begin(), delays.end());
  const auto at = [&](double q) {
    return delays[static_cast<std::size_t>(q * static_cast<double>(delays.size() - 1))];
  };
  return {bill.cpu_us / static_cast<double>(expected), at(0.5), at(0.99),
          (bill.full_kb - bill.idle_kb) / clients};
}

void end(const Child& c) {
  close(c.to), close(c.from);
  waitpid(c.pid, nullptr, 0);
}

void row(const std::string& name, double value, const char* unit, double floor, const char* aim) {
  std::printf(R"j({"row":"%s","value":%.2f,"unit":"%s","floor":%.2f,"floor_name":"raw send()","ratio":%.2f)j",
              name.c_str(), value, unit, floor, value / floor);
  if (*aim != 0) std::printf(R"(,"aim":"%s")", aim);
  std::printf("}\n");
  std::fflush(stdout);
}

}  // namespace

int main() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  constexpr int rounds = 3;  // floor and server in turn: the machine is not alone
  for (const int clients : {100, 1000}) {
    const int messages = clients <= 100 ? 40 : 20;
    std::vector<Outcome> floors;
    std::vector<Outcome> ours;
    for (int i = 0; i < rounds; ++i) {
      const auto raw = spawn([=](int go, int out) { raw_server(go, out, messages); });
      floors.push_back(measure(raw, clients, messages, false));
      end(raw);
      const auto real = spawn([=](int go, int out) { vigil_server(go, out, messages); });
      ours.push_back(measure(real, clients, messages, true));
      end(real);
    }
    const auto median = [](std::vector<Outcome> all, double Outcome::* what) {
      std::sort(all.begin(), all.end(),
                [&](const Outcome& a, const Outcome& b) { return a.*what < b.*what; });
      return all[all.size() / 2].*what;
    };
    const auto n = std::to_string(clients) + " clients";
    row("fan-out CPU a frame, " + n, median(ours, &Outcome::us), "us", median(floors, &Outcome::us),
        "<= 1.3x");
    row("fan-out delay p50, " + n, median(ours, &Outcome::p50), "ms", median(floors, &Outcome::p50), "");
    row("fan-out delay p99, " + n, median(ours, &Outcome::p99), "ms", median(floors, &Outcome::p99), "");
    std::printf(R"({"row":"memory a client, %s","value":%.1f,"unit":"KB"})"
                "\n",
                n.c_str(), median(ours, &Outcome::kb));
  }
}

// The real daemon, from outside: start-up, memory, a sensor's byte until its event stands at 100 clients, a
// replay.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;
using Time = std::chrono::steady_clock;

double ms_since(Time::time_point start) {
  return std::chrono::duration<double, std::milli>(Time::now() - start).count();
}

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + (errno != 0 ? std::string(": ") + std::strerror(errno) : ""));
}

struct Row {
  std::string what;
  double value;
  std::string unit;
  std::optional<double> floor;
  std::string floor_name, aim;
};

void print(const Row& row) {
  std::printf(R"({"row":"%s","value":%.6g,"unit":"%s")", row.what.c_str(), row.value, row.unit.c_str());
  if (row.floor)
    std::printf(R"(,"floor":%.6g,"floor_name":"%s","ratio":%.4g)", *row.floor, row.floor_name.c_str(),
                row.value / *row.floor);
  if (!row.aim.empty()) std::printf(R"(,"aim":"%s")", row.aim.c_str());
  std::printf("}\n");
  std::fflush(stdout);
}

double at(std::vector<double> values, double share) {
  if (values.empty()) throw std::runtime_error("nothing was measured");
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

/// A folder that goes with its owner.
class Folder {
 public:
  Folder() {
    auto pattern = (fs::temp_directory_path() / "vigil-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) fail("mkdtemp");
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

/// A child process; its standard output is read here, its standard error goes to `log`.
class Child {
 public:
  Child(const std::vector<std::string>& arguments, const fs::path& log) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
    started_ = Time::now();
    pid_ = fork();
    if (pid_ < 0) fail("fork");
    if (pid_ == 0) {
      const int error = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
      dup2(ends[1], 1);
      dup2(error, 2);
      std::vector<char*> argv;
      for (const auto& a : arguments)
        argv.push_back(const_cast<char*>(a.c_str()));
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(ends[1]);
    out_ = ends[0];
  }
  ~Child() {
    if (pid_ > 0) {
      kill(pid_, SIGTERM);
      waitpid(pid_, nullptr, 0);
    }
    if (out_ >= 0) close(out_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The next line, or what came before the end.
  std::string line() {
    std::string text;
    for (char c = 0; read(out_, &c, 1) == 1 && c != '\n';)
      text += c;
    return text;
  }
  /// Reads to the end; the exit status.
  int finish() {
    std::array<char, 65536> sink{};
    while (read(out_, sink.data(), sink.size()) > 0) {
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] Time::time_point started() const noexcept { return started_; }

 private:
  Time::time_point started_;
  pid_t pid_ = -1;
  int out_ = -1;
};

/// A running daemon and its port.
class Daemon {
 public:
  Daemon(const fs::path& folder, const std::vector<std::string>& more)
      : child_(arguments(folder, more), folder / "log") {
    const auto line = child_.line();
    const auto colon = line.rfind(':');
    if (colon == std::string::npos)
      throw std::runtime_error("vigild did not say its address; it said: " + line);
    port_ = static_cast<std::uint16_t>(std::stoi(line.substr(colon + 1)));
  }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] const Child& child() const noexcept { return child_; }

  [[nodiscard]] double resident_mb() const {
    std::ifstream status("/proc/" + std::to_string(child_.pid()) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) * 1024 / 1e6;
    throw std::runtime_error("no VmRSS");
  }

 private:
  static std::vector<std::string> arguments(const fs::path& folder, const std::vector<std::string>& more) {
    std::vector<std::string> all{VIGILD,        "run",    "--listen",
                                 "127.0.0.1:0", "--data", (folder / "data").string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Child child_;
  std::uint16_t port_ = 0;
};

int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail("connect");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = write(fd, text.data(), text.size());
    if (n <= 0) fail("write");
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string get(std::uint16_t port, const std::string& target) {
  const int fd = connect_to(port);
  send_all(fd, "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                   "\r\nConnection: close\r\n\r\n");
  std::string answer;
  std::array<char, 16384> buffer{};
  for (ssize_t n = 0; (n = read(fd, buffer.data(), buffer.size())) > 0;)
    answer.append(buffer.data(), static_cast<std::size_t>(n));
  close(fd);
  return answer;
}

/// A WebSocket client that only listens: what arrived and was not looked at yet.
struct Listener {
  int fd = -1;
  std::string waiting;
  std::size_t heard = 0;  ///< events of the awaited kind so far

  /// Counts whole frames that hold `word`.
  void take(std::string_view word) {
    std::array<char, 65536> buffer{};
    const auto n = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n == 0) throw std::runtime_error("the daemon closed a client");
    if (n < 0) return;
    waiting.append(buffer.data(), static_cast<std::size_t>(n));
    for (;;) {
      if (waiting.size() < 2) return;
      const auto byte = [this](std::size_t i) {
        return static_cast<std::size_t>(static_cast<unsigned char>(waiting[i]));
      };
      std::size_t length = byte(1) & 127U;
      std::size_t head = 2;
      if (length == 126) {
        if (waiting.size() < 4) return;
        length = byte(2) << 8U | byte(3);
        head = 4;
      } else if (length == 127) {
        if (waiting.size() < 10) return;
        length = 0;
        for (std::size_t i = 2; i < 10; ++i)
          length = length << 8U | byte(i);
        head = 10;
      }
      if (waiting.size() < head + length) return;
      const std::string_view body(waiting.data() + head, length);
      if (body.starts_with("{") && body.find(word) != std::string_view::npos) ++heard;
      waiting.erase(0, head + length);
    }
  }
};

Listener listen_to(std::uint16_t port) {
  Listener client{connect_to(port), {}, 0};
  send_all(client.fd, "GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  std::string head;
  for (char c = 0; !head.ends_with("\r\n\r\n");) {
    if (read(client.fd, &c, 1) != 1) fail("the upgrade was refused: " + head);
    head += c;
  }
  if (!head.starts_with("HTTP/1.1 101")) throw std::runtime_error("the upgrade was refused: " + head);
  return client;
}

/// An AX3 on a pty: answers what the driver asks, then streams a line when told.
class Wrist {
 public:
  Wrist() {
    master_ = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0) fail("posix_openpt");
    name_ = ptsname(master_);
    termios raw{};
    tcgetattr(master_, &raw);
    cfmakeraw(&raw);
    tcsetattr(master_, TCSANOW, &raw);
    fcntl(master_, F_SETFL, O_NONBLOCK);
  }
  ~Wrist() { close(master_); }
  Wrist(const Wrist&) = delete;
  Wrist& operator=(const Wrist&) = delete;
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool streaming() const noexcept { return streaming_; }

  /// Answers what waits.
  void serve() {
    std::array<char, 256> buffer{};
    const auto n = read(master_, buffer.data(), buffer.size());
    for (ssize_t i = 0; i < n; ++i) {
      const char c = buffer[static_cast<std::size_t>(i)];
      if (c == '\n') continue;
      if (c != '\r') {
        line_ += c;
        continue;
      }
      streaming_ = false;
      if (line_.starts_with("ID"))
        send_all(master_, "ID=CWA,17,50,123,0\r\n");
      else if (line_.starts_with("RATE"))
        send_all(master_, "RATE=74,100\r\n");
      else if (line_.starts_with("SAMPLE 1"))
        send_all(master_, "$BATT=700,4101,mV,87,0\r\n");
      else if (line_.starts_with("STREAM"))
        streaming_ = true;
      line_.clear();
    }
  }
  void sample(int z) { send_all(master_, "-12,3," + std::to_string(z) + "\r\n"); }

 private:
  int master_ = -1;
  std::string name_, line_;
  bool streaming_ = false;
};

std::vector<double> commit_floor(const fs::path& folder) {
  const auto file = folder / "floor";
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) fail(file.string());
  const std::vector<char> zeros(1 << 20);
  if (write(fd, zeros.data(), zeros.size()) < 0 || fsync(fd) != 0) fail("fsync");
  std::vector<double> took;
  for (int i = 0; i < 300; ++i) {
    const auto start = Time::now();
    if (pwrite(fd, zeros.data(), 512, (i % 2000) * 512) != 512 || fdatasync(fd) != 0) fail("fdatasync");
    took.push_back(ms_since(start));
  }
  close(fd);
  return took;
}

void start_up() {
  std::vector<double> ready, bare;
  for (int i = 0; i < 10; ++i) {
    const Folder folder;
    const Daemon daemon(folder.path(), {"--demo"});
    if (!get(daemon.port(), "/api/v1/health").starts_with("HTTP/1.1 200"))
      throw std::runtime_error("no health");
    ready.push_back(ms_since(daemon.child().started()));
    const auto start = Time::now();
    Child version({VIGILD, "--version"}, folder.path() / "log");
    version.finish();
    bare.push_back(ms_since(start));
  }
  print({"start until /api/v1/health answers", at(ready, .5), "ms", at(bare, .5), "vigild --version", ""});
}

void memory() {
  const Folder folder;
  const Daemon daemon(folder.path(), {"--demo", "--time-scale", "60"});
  const auto client = listen_to(daemon.port());
  double most = 0;
  for (const auto start = Time::now(); ms_since(start) < 8000;) {
    most = std::max(most, daemon.resident_mb());
    std::array<char, 65536> sink{};
    pollfd waiting{client.fd, POLLIN, 0};
    if (poll(&waiting, 1, 200) > 0 && read(client.fd, sink.data(), sink.size()) <= 0) break;
  }
  close(client.fd);
  print({"resident, two beds, 8 min of a night at 60x", most, "MB", {}, "", "< 40 MB"});
}

void byte_to_event() {
  constexpr std::size_t clients = 100, probes = 120;
  const Folder folder;
  Wrist wrist;
  {
    std::ofstream config(folder.path() / "vigil.toml");
    config << "[[bed]]\nname = \"bed-1\"\n\n[[device]]\ndriver = \"axivity\"\nbed = \"bed-1\"\nport = \""
           << wrist.name() << "\"\n";
  }
  // Twenty times as fast, so that the sensor's silence is noticed twenty times as soon.
  const Daemon daemon(folder.path(),
                      {"--config", (folder.path() / "vigil.toml").string(), "--time-scale", "20"});
  std::vector<Listener> listeners;
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < clients; ++i) {
    listeners.push_back(listen_to(daemon.port()));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    epoll_ctl(epoll, EPOLL_CTL_ADD, listeners.back().fd, &event);
  }
  // Takes what comes until `done`; every arrival of the awaited event is passed to `heard`.
  std::string_view word;
  const auto pump = [&](auto done, auto heard) {
    std::array<epoll_event, 128> events{};
    for (const auto start = Time::now(); !done();) {
      if (ms_since(start) > 20000)
        throw std::runtime_error("waited 20 s for " + std::string(word) + " in vain");
      wrist.serve();
      const int n = epoll_wait(epoll, events.data(), events.size(), 2);
      for (int i = 0; i < n; ++i) {
        auto& client = listeners[events[static_cast<std::size_t>(i)].data.u64];
        const auto before = client.heard;
        client.take(word);
        if (client.heard != before) heard();
      }
    }
  };
  const auto reset = [&](std::string_view next) {
    word = next;
    for (auto& client : listeners)
      client.heard = 0;
  };
  const auto all_heard = [&] {
    return std::all_of(listeners.begin(), listeners.end(), [](const Listener& c) { return c.heard > 0; });
  };
  const auto nothing = [] {};
  reset("\"device.attached\"");
  pump([&] { return wrist.streaming(); }, nothing);
  std::vector<double> took;
  int z = 251;
  wrist.sample(z);
  for (std::size_t i = 0; i < probes; ++i) {
    reset("\"device.stale\"");
    pump(all_heard, nothing);
    if (!wrist.streaming()) pump([&] { return wrist.streaming(); }, nothing);
    reset("\"device.recovered\"");
    const auto start = Time::now();
    wrist.sample(z = z == 251 ? 250 : 251);
    pump(all_heard, [&] { took.push_back(ms_since(start)); });
  }
  const auto floor = commit_floor(folder.path());
  print({"sensor byte to event at 100 clients, p50", at(took, .5), "ms", at(floor, .5),
         "overwrite + fdatasync p50", ""});
  print({"sensor byte to event at 100 clients, p99", at(took, .99), "ms", at(floor, .99),
         "overwrite + fdatasync p99", "< 5 ms + the commit"});
  for (const auto& client : listeners)
    close(client.fd);
  close(epoll);
}

void replay() {
  const auto night = fs::path(VIGIL_SHARED_DIR) / "data/wrist_nights/p7n1.TXT.gz";
  if (!fs::exists(night)) {
    std::fprintf(stderr, "no real night at hand: its replay is not measured\n");
    return;
  }
  const Folder folder;
  std::vector<double> took, read;
  for (int i = 0; i < 3; ++i) {
    auto start = Time::now();
    Child program({VIGILD, "replay", "--preset", "wrist_nights", night.string()}, folder.path() / "log");
    if (program.finish() != 0) throw std::runtime_error("vigild replay failed");
    took.push_back(ms_since(start) / 1000);
    start = Time::now();
    Child gunzip({"/usr/bin/gzip", "-dc", night.string()}, folder.path() / "log");
    gunzip.finish();
    read.push_back(ms_since(start) / 1000);
  }
  print(
      {"replay of a real night (wrist, p7n1)", at(took, .5), "s", at(read, .5), "gzip -dc of the file", ""});
}

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  int failed = 0;
  for (const auto part : {start_up, memory, byte_to_event, replay}) {
    errno = 0;
    try {
      part();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "daemon_bench: %s\n", error.what());
      failed = 1;
    }
  }
  return failed;
}

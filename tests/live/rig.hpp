#pragma once
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/// What the tests of the running daemon are made of: a folder, a program, an HTTP request, a WebSocket client
/// written from RFC 6455 on plain sockets. Nothing sleeps: each wait is for something to read, with a
/// deadline.
namespace vigil::live {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// A simulated USB device runs umockdev's threads: glib's own memory is not built for ThreadSanitizer, and
/// what it does there is no race of ours.
inline constexpr auto quiet_glib = "TSAN_OPTIONS=ignore_noninstrumented_modules=1";

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Sanitizers and a busy machine make all of this slower: a deadline says that something hangs, not how fast
/// it is.
inline constexpr seconds patience{60};

inline void wait_readable(int fd, Steady::time_point deadline, const std::string& what) {
  pollfd p{fd, POLLIN, 0};
  const auto left = std::chrono::ceil<milliseconds>(deadline - Steady::now()).count();
  if (left <= 0 || poll(&p, 1, static_cast<int>(left)) <= 0)
    throw std::runtime_error("waited too long for " + what);
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "vigil-live-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder to be had");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

/// A child with its standard output on a pipe, its standard input on another, its standard error in a file.
class Program {
 public:
  struct Options {
    std::optional<unsigned> as_user;  ///< uid to run as
    std::vector<std::string> environment;
    std::string vigild = VIGILD;  ///< a copy, where another user may not reach the build tree
  };
  Program(std::vector<std::string> command, const fs::path& errors)
      : Program(std::move(command), errors, Options{}) {}
  Program(std::vector<std::string> command, const fs::path& errors, const Options& options)
      : errors_(errors) {
    int out[2], in[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(in, O_CLOEXEC) != 0)
      throw std::runtime_error("no pipe to be had");
    const int err = open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    std::vector<char*> argv;
    for (auto& word : command)
      argv.push_back(word.data());
    argv.push_back(nullptr);
    auto environment = options.environment;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(in[0], 0), dup2(out[1], 1), dup2(err, 2);
      for (auto& one : environment)
        putenv(one.data());
      if (options.as_user && (setgid(*options.as_user) != 0 || setuid(*options.as_user) != 0)) _exit(126);
      execvp(argv[0], argv.data());
      _exit(127);
    }
    close(out[1]), close(in[0]), close(err);
    out_ = out[0], in_ = in[1];
  }
  ~Program() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(out_), close(in_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// The next line of standard output without its end. Throws when it does not come.
  std::string line(seconds within = patience) {
    const auto deadline = Steady::now() + within;
    for (;;) {
      if (const auto end = heard_.find('\n'); end != std::string::npos) {
        auto one = heard_.substr(0, end);
        heard_.erase(0, end + 1);
        return one;
      }
      wait_readable(out_, deadline, "a line of its output; it said:\n" + errors());
      std::array<char, 4096> some{};
      const auto n = read(out_, some.data(), some.size());
      if (n <= 0) throw std::runtime_error("it ended without saying it; it said:\n" + heard_ + errors());
      heard_.append(some.data(), static_cast<std::size_t>(n));
    }
  }
  /// All that is left of standard output, to its end.
  std::string rest() {
    std::array<char, 4096> some{};
    const auto deadline = Steady::now() + patience;
    for (;;) {
      wait_readable(out_, deadline, "the end of its output");
      const auto n = read(out_, some.data(), some.size());
      if (n <= 0) return std::exchange(heard_, {});
      heard_.append(some.data(), static_cast<std::size_t>(n));
    }
  }
  void tell(const std::string& command) {
    const auto text = command + "\n";
    if (write(in_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("it does not listen");
  }
  void signal(int which) const { kill(pid_, which); }
  /// Its exit status; 128 + the signal that ended it.
  int finish(seconds within = patience) {
    const auto deadline = Steady::now() + within;
    int status = 0;
    // Standard output ends with the program; nothing is polled in a loop.
    try {
      std::array<char, 4096> some{};
      for (;;) {
        wait_readable(out_, deadline, "its end");
        const auto n = read(out_, some.data(), some.size());
        if (n <= 0) break;
        heard_.append(some.data(), static_cast<std::size_t>(n));
      }
    } catch (const std::runtime_error&) {
      kill(pid_, SIGKILL);
    }
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string errors() const {
    std::ifstream in(errors_);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
  }

 private:
  fs::path errors_;
  pid_t pid_ = -1;
  int out_ = -1, in_ = -1;
  std::string heard_;
};

inline int connect_to(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    close(fd);
    throw std::runtime_error("nobody listens on port " + std::to_string(port));
  }
  return fd;
}

inline void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) throw std::runtime_error("the daemon closed the connection");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

struct Answer {
  int status = 0;
  std::string head, body;
  [[nodiscard]] Json json() const { return Json::parse(body); }
};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// One request on a connection of its own. Headers given replace the usual ones of the same name.
inline Answer ask(std::uint16_t port, const std::string& method, const std::string& target,
                  const std::string& body = {}, const Headers& given = {}) {
  Headers headers{{"Host", "127.0.0.1:" + std::to_string(port)}, {"Connection", "close"}};
  if (method == "POST")
    headers.insert(headers.end(),
                   {{"Content-Type", "application/json"}, {"Content-Length", std::to_string(body.size())}});
  for (const auto& one : given) {
    const auto same = std::ranges::find(headers, one.first, &Headers::value_type::first);
    if (same != headers.end())
      same->second = one.second;
    else
      headers.push_back(one);
  }
  auto text = method + " " + target + " HTTP/1.1\r\n";
  for (const auto& [key, value] : headers)
    text += key + ": " + value + "\r\n";
  text += "\r\n" + body;
  const int fd = connect_to(port);
  std::string heard;
  try {
    send_all(fd, text);
    const auto deadline = Steady::now() + patience;
    std::array<char, 16384> some{};
    for (;;) {
      wait_readable(fd, deadline, "an answer to " + method + " " + target);
      const auto n = recv(fd, some.data(), some.size(), 0);
      if (n <= 0) break;
      heard.append(some.data(), static_cast<std::size_t>(n));
    }
  } catch (...) {
    close(fd);
    throw;
  }
  close(fd);
  Answer answer;
  const auto end = heard.find("\r\n\r\n");
  if (end == std::string::npos || heard.size() < 12)
    throw std::runtime_error("no answer to " + target + ": " + heard);
  answer.status = std::stoi(heard.substr(9, 3));
  answer.head = heard.substr(0, end);
  answer.body = heard.substr(end + 4);
  return answer;
}

/// A client of /api/v1/live.
class Live {
 public:
  explicit Live(std::uint16_t port, const std::string& query = {}, const Headers& extra = {})
      : fd_(connect_to(port)) {
    auto request = "GET /api/v1/live" + query +
                   " HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    bool hosted = false;
    for (const auto& [key, value] : extra) {
      request += key + ": " + value + "\r\n";
      hosted = hosted || key == "Host";
    }
    if (!hosted) request += "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
    send_all(fd_, request + "\r\n");
    const auto deadline = Steady::now() + patience;
    while (heard_.find("\r\n\r\n") == std::string::npos)
      fill(deadline);
    const auto end = heard_.find("\r\n\r\n");
    status = std::stoi(heard_.substr(9, 3));
    // The key's answer is that of RFC 6455's own example.
    if (status == 101 && heard_.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos)
      throw std::runtime_error("the handshake's answer is wrong: " + heard_.substr(0, end));
    heard_.erase(0, end + 4);
  }
  ~Live() { close(fd_); }
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  struct Frame {
    int opcode = 0;
    std::string bytes;
    [[nodiscard]] int close_code() const {
      return bytes.size() < 2
                 ? 0
                 : (static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]));
    }
  };
  /// The next frame that is no ping, which is answered.
  Frame frame(Steady::time_point deadline) {
    for (;;) {
      need(2, deadline);
      const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(heard_[i]); };
      const int opcode = byte(0) & 0x0F;
      std::uint64_t length = byte(1) & 0x7F;
      std::size_t at = 2;
      if (length >= 126) {
        const std::size_t more = length == 126 ? 2 : 8;
        need(2 + more, deadline);
        length = 0;
        for (std::size_t i = 0; i < more; ++i)
          length = length << 8 | byte(at + i);
        at += more;
      }
      need(at + length, deadline);
      Frame one{opcode, heard_.substr(at, length)};
      heard_.erase(0, at + length);
      if (opcode == 9)
        send(10, one.bytes);
      else
        return one;
    }
  }

  /// The next message as JSON; binary ones are only counted. Each event's number is one more than the one
  /// before.
  Json next(Steady::time_point deadline) {
    for (;;) {
      const auto one = frame(deadline);
      if (one.opcode == 2) {
        ++waves;
        continue;
      }
      if (one.opcode != 1)
        throw std::runtime_error("the daemon closed with " + std::to_string(one.close_code()));
      auto message = Json::parse(one.bytes);
      if (message["kind"] == "history")
        for (const auto& event : message["events"])
          note(event);
      else if (message.contains("seq"))
        note(message);
      return message;
    }
  }
  /// Goes on until a message is right, and gives it.
  Json until(const std::function<bool(const Json&)>& right, const std::string& what,
             seconds within = patience) {
    const auto deadline = Steady::now() + within;
    try {
      for (;;)
        if (auto message = next(deadline); right(message)) return message;
    } catch (const std::runtime_error& error) {
      throw std::runtime_error("while waiting for " + what + ": " + error.what() +
                               "; events so far: " + said());
    }
  }
  /// The next message of a kind.
  Json kind(const std::string& which, seconds within = patience) {
    return until([&](const Json& m) { return m["kind"] == which; }, which, within);
  }
  /// The first event of a kind for a bed, out of those that came already or will.
  Json event(const std::string& which, const std::string& bed = {}, seconds within = patience) {
    const auto right = [&](const Json& e) {
      return e["kind"] == which && (bed.empty() || e.value("bed", "") == bed);
    };
    for (const auto& e : events)
      if (right(e)) return e;
    until([&](const Json&) { return !events.empty() && std::ranges::any_of(events, right); }, which, within);
    return *std::ranges::find_if(events, right);
  }
  /// All history, up to the head of hello.
  void catch_up() {
    hello = kind("hello");
    if (hello["head"].get<std::uint64_t>() == 0) return;
    until([](const Json& m) { return m["kind"] == "history" && m["through"] == m["head"]; }, "history");
  }

  void send(int opcode, std::string_view payload) {
    std::string out(1, static_cast<char>(0x80 | opcode));
    const auto length = payload.size();
    if (length < 126) {
      out += static_cast<char>(0x80 | length);
    } else {
      const std::size_t more = length < 65536 ? 2 : 8;
      out += static_cast<char>(0x80 | (more == 2 ? 126 : 127));
      for (std::size_t i = more; i-- > 0;)
        out += static_cast<char>(length >> (8 * i) & 0xFF);
    }
    out += std::string(4, '\0');  // a mask of zeroes masks nothing
    out += payload;
    send_all(fd_, out);
  }

  int status = 0;  ///< of the handshake
  Json hello;
  std::vector<Json> events;  ///< recorded ones, in order
  std::uint64_t waves = 0;
  std::uint64_t last = 0;  ///< number of the last event

 private:
  void note(const Json& event) {
    const auto seq = event["seq"].get<std::uint64_t>();
    if (last != 0 && seq != last + 1)
      throw std::runtime_error("event " + std::to_string(seq) + " came after " + std::to_string(last));
    last = seq;
    events.push_back(event);
  }
  [[nodiscard]] std::string said() const {
    std::string all;
    for (const auto& e : events)
      all += e["kind"].get<std::string>() + " ";
    return all;
  }
  void fill(Steady::time_point deadline) {
    wait_readable(fd_, deadline, "the stream");
    std::array<char, 65536> some{};
    const auto n = recv(fd_, some.data(), some.size(), 0);
    if (n <= 0) throw std::runtime_error("the daemon hung up");
    heard_.append(some.data(), static_cast<std::size_t>(n));
  }
  void need(std::size_t n, Steady::time_point deadline) {
    while (heard_.size() < n)
      fill(deadline);
  }

  int fd_;
  std::string heard_;
};

/// `vigild run` on any free port.
class Daemon {
 public:
  Daemon(const fs::path& data, std::vector<std::string> more, std::vector<std::string> before = {},
         const Program::Options& options = {})
      : program_(command(options.vigild, data, std::move(more), std::move(before)),
                 fs::path(data).concat(".err"), options) {
    auto said = program_.line();
    while (!said.starts_with("Vigil is at http://"))
      said = program_.line();
    port_ = static_cast<std::uint16_t>(std::stoi(said.substr(said.rfind(':') + 1)));
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  Program& program() { return program_; }

  [[nodiscard]] Answer get(const std::string& target) const { return ask(port_, "GET", target); }
  [[nodiscard]] Answer enter(const std::string& bed, const Json& entry) const {
    return ask(port_, "POST", "/api/v1/beds/" + bed + "/entries", entry.dump());
  }
  int stop() {
    program_.signal(SIGTERM);
    return program_.finish();
  }
  void kill_at_once() {
    program_.signal(SIGKILL);
    EXPECT_EQ(program_.finish(), 128 + SIGKILL);
  }

 private:
  static std::vector<std::string> command(const std::string& vigild, const fs::path& data,
                                          std::vector<std::string> more, std::vector<std::string> before) {
    auto all = std::move(before);
    all.insert(all.end(), {vigild, "run", "--listen", "127.0.0.1:0", "--data", data.string()});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Program program_;
  std::uint16_t port_ = 0;
};

/// A program that ends by itself: its status, what it said.
struct Ended {
  int status = 0;
  std::string out, err;
};
inline Ended run(std::vector<std::string> arguments, const fs::path& folder,
                 const Program::Options& options = {}) {
  arguments.insert(arguments.begin(), options.vigild);
  const auto errors = folder / "ended.err";
  std::error_code ignored;
  fs::remove(errors, ignored);
  Program program(std::move(arguments), errors, options);
  Ended ended;
  ended.out = program.rest();
  ended.status = program.finish();
  ended.err = program.errors();
  return ended;
}

/// A copy that everybody may run.
inline std::string public_copy(const Folder& folder) {
  const auto to = folder / "vigild";
  fs::permissions(folder.path(), fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
  fs::copy_file(VIGILD, to);
  fs::permissions(to, fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
  return to.string();
}

inline Json checkin(const std::string& id, int score) {
  return {
      {"id", id},
      {"kind", "pain.checkin"},
      {"data", {{"score", score}, {"regions", {"lower back"}}, {"qualities", Json::array()}, {"note", ""}}}};
}

}  // namespace vigil::live

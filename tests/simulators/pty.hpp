#pragma once
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

/// A serial device in user space: what simulators of sensors at a tty have in common. Knows nothing of the
/// program under test.
namespace pty {

inline void say(const std::string& what) {
  std::printf("%s\n", what.c_str());
  std::fflush(stdout);
}

/// One end of a raw pty. `link`, where given, leads to the other end for as long as it is there.
class Line {
 public:
  explicit Line(std::string link) : link_(std::move(link)) {}
  ~Line() { vanish(); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  /// Says `ready PATH`.
  void appear() {
    end_ = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (end_ < 0 || grantpt(end_) != 0 || unlockpt(end_) != 0) throw std::runtime_error("no pty to be had");
    termios raw{};
    tcgetattr(end_, &raw);
    cfmakeraw(&raw);
    tcsetattr(end_, TCSANOW, &raw);
    const std::string other = ptsname(end_);
    // Held open once, or the first poll knows nothing of whether somebody has it.
    close(open(other.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (!link_.empty()) {
      const std::string fresh = link_ + ".new";
      std::filesystem::remove(fresh);
      std::filesystem::create_symlink(other, fresh);
      std::filesystem::rename(fresh, link_);
    }
    say("ready " + other);
  }
  void vanish() {
    if (end_ < 0) return;
    close(end_);
    end_ = -1;
    std::error_code ignored;
    if (!link_.empty()) std::filesystem::remove(link_, ignored);
  }
  [[nodiscard]] bool there() const { return end_ >= 0; }
  [[nodiscard]] int fd() const { return end_; }

 private:
  std::string link_;
  int end_ = -1;
};

/// Lines on standard input.
class Commands {
 public:
  [[nodiscard]] bool open() const { return open_; }
  /// Reads what is there and calls `each(line)`.
  template <class F>
  void read(F&& each) {
    char buffer[256];
    const auto n = ::read(0, buffer, sizeof buffer);
    open_ = n > 0;
    if (!open_) return;
    text_.append(buffer, static_cast<std::size_t>(n));
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      const auto line = text_.substr(0, end);
      text_.erase(0, end + 1);
      each(line);
    }
  }

 private:
  bool open_ = true;
  std::string text_;
};

/// A simulator's main: `option(word, value)` for each word of the command line, `value()` being the next one;
/// false: there is no such option. Then `run()`. 2 when either throws.
template <class Option, class Run>
int main(const char* name, int argc, char** argv, Option&& option, Run&& run) {
  try {
    for (int i = 1; i < argc; ++i) {
      const std::string_view word = argv[i];
      const auto value = [&] {
        if (i + 1 >= argc) throw std::runtime_error(std::string(word) + " wants a value");
        return std::string(argv[++i]);
      };
      if (!option(word, value)) throw std::runtime_error("unknown option " + std::string(word));
    }
    run();
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s: %s\n", name, e.what());
    return 2;
  }
}

}  // namespace pty

#pragma once
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vigil::drivers {

/// A program started by a test: what it says line by line, and a script for its standard input.
class Child {
 public:
  Child(std::vector<std::string> command,
        const std::vector<std::pair<std::string, std::string>>& environment = {}) {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], 0), ::dup2(out[1], 1), ::dup2(out[1], 2);
      for (const auto& [key, value] : environment)
        ::setenv(key.c_str(), value.c_str(), 1);
      std::vector<char*> words;
      for (auto& word : command)
        words.push_back(word.data());
      words.push_back(nullptr);
      ::execvp(words[0], words.data());
      ::_exit(127);
    }
    ::close(in[0]), ::close(out[1]);
    in_ = in[1], out_ = out[0];
  }
  ~Child() {
    ::close(in_);
    if (pid_ > 0) ::kill(pid_, SIGTERM), ::waitpid(pid_, nullptr, 0);
    ::close(out_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void tell(const std::string& line) {
    const auto text = line + "\n";
    if (::write(in_, text.data(), text.size()) < 0) throw std::runtime_error("the child does not listen");
  }

  /// The next line that begins so; other lines before it are kept in said(). "" when none came within 20 s.
  std::string hear(const std::string& beginning) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
      for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
        const auto line = text_.substr(0, end);
        text_.erase(0, end + 1);
        said_ += line + "\n";
        if (line.starts_with(beginning)) return line;
      }
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(give_up - std::chrono::steady_clock::now());
      pollfd fd{out_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&fd, 1, static_cast<int>(left.count())) <= 0) return "";
      char buffer[4096];
      const auto got = ::read(out_, buffer, sizeof buffer);
      if (got <= 0) return "";
      text_.append(buffer, static_cast<std::size_t>(got));
    }
  }
  [[nodiscard]] const std::string& said() const { return said_; }

  /// Waits for its end; its exit status, 128 + signal otherwise.
  int end() {
    int status = 0;
    while (!hear("\x01").empty()) {
    }
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1;
  std::string text_, said_;
};

}  // namespace vigil::drivers

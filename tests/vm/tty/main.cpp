// Passes bytes both ways between two terminal lines (a simulator's pty and the device side of a cable), and
// opens either anew when it was pulled or is not there yet.
//
//   tty_bridge NEAR FAR
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace {

class End {
 public:
  explicit End(const char* path) : path_(path) {}
  ~End() { shut(); }
  End(const End&) = delete;
  End& operator=(const End&) = delete;

  [[nodiscard]] int fd() {
    if (fd_ >= 0) return fd_;
    fd_ = open(path_, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    termios raw{};
    if (fd_ >= 0 && tcgetattr(fd_, &raw) == 0) {  // not a terminal: a virtio port passes every byte as it is
      cfmakeraw(&raw);
      tcsetattr(fd_, TCSANOW, &raw);
    }
    return fd_;
  }
  void shut() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  const char* path_;
  int fd_ = -1;
};

/// What the other end does not take now is lost, as on a real line. false: the end it came from has hung up.
bool pass(End& from, End& to) {
  std::array<char, 4096> some{};
  const auto n = read(from.fd(), some.data(), some.size());
  if (n == 0 || (n < 0 && errno != EAGAIN)) return false;
  if (n > 0 && to.fd() >= 0 && write(to.fd(), some.data(), static_cast<std::size_t>(n)) < 0 &&
      errno != EAGAIN)
    to.shut();
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "tty_bridge NEAR FAR\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  End near(argv[1]), far(argv[2]);
  for (;;) {
    std::array<pollfd, 2> watched{{{near.fd(), POLLIN, 0}, {far.fd(), POLLIN, 0}}};
    poll(watched.data(), watched.size(), 100);
    bool idle = false;
    if (watched[0].revents != 0 && !pass(near, far)) near.shut(), idle = true;
    if (watched[1].revents != 0 && !pass(far, near)) far.shut(), idle = true;
    // A line that nobody has at its other end hangs up at once and for ever.
    if (idle) usleep(50'000);
  }
}

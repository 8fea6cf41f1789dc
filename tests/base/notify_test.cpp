#include "base/notify.hpp"

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace vigil {
namespace {

/// What a service manager hears.
class Ear {
 public:
  Ear() {
    fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const socklen_t only_family = sizeof(sa_family_t);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), only_family),
              0);  // the kernel picks an abstract name
    socklen_t length = sizeof address;
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    name_ = "@" + std::string(address.sun_path + 1, length - sizeof(sa_family_t) - 1);
  }
  ~Ear() { close(fd_); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string hear() const {
    std::array<char, 256> text{};
    const auto n = recv(fd_, text.data(), text.size(), 0);
    return n < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(n));
  }

 private:
  int fd_ = -1;
  std::string name_;
};

TEST(ServiceManager, says_nothing_where_nobody_listens) {
  unsetenv("NOTIFY_SOCKET");
  ServiceManager manager;
  manager.ready("up");
  EXPECT_FALSE(manager.watchdog());
}

TEST(ServiceManager, tells_each_state_as_one_datagram) {
  const Ear ear;
  setenv("NOTIFY_SOCKET", ear.name().c_str(), 1);
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  ServiceManager manager;
  EXPECT_EQ(manager.watchdog(), std::chrono::seconds(30));
  manager.ready("at http://127.0.0.1:8580/");
  EXPECT_EQ(ear.hear(), "READY=1\nSTATUS=at http://127.0.0.1:8580/");
  manager.alive();
  EXPECT_EQ(ear.hear(), "WATCHDOG=1");
  manager.stopping();
  EXPECT_EQ(ear.hear(), "STOPPING=1");
  EXPECT_EQ(ear.hear(), "");
}

TEST(ServiceManager, a_watchdog_of_another_process_is_not_ours) {
  const Ear ear;
  setenv("NOTIFY_SOCKET", ear.name().c_str(), 1);
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(ServiceManager().watchdog());
  setenv("WATCHDOG_USEC", "soon", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_FALSE(ServiceManager().watchdog());
}

}  // namespace
}  // namespace vigil

#include "base/notify.hpp"

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace vigil {
namespace {

std::optional<long long> number(const char* text) {
  if (text == nullptr) return std::nullopt;
  long long value = 0;
  const auto* end = text + std::strlen(text);
  const auto [at, error] = std::from_chars(text, end, value);
  if (error != std::errc{} || at != end) return std::nullopt;
  return value;
}

}  // namespace

ServiceManager::ServiceManager() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@') || path[1] == '\0') return;
  address_ = path;
  if (address_.size() >= sizeof(sockaddr_un::sun_path)) return;
  if (address_.front() == '@') address_.front() = '\0';  // the abstract namespace
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  const auto usec = number(std::getenv("WATCHDOG_USEC"));
  const auto pid = number(std::getenv("WATCHDOG_PID"));
  if (usec && *usec > 0 && (!pid || *pid == getpid())) watchdog_ = std::chrono::microseconds(*usec);
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) close(socket_);
}

void ServiceManager::ready(std::string_view status) noexcept {
  send("READY=1\nSTATUS=" + std::string(status));
}
void ServiceManager::stopping() noexcept { send("STOPPING=1"); }
void ServiceManager::status(std::string_view text) noexcept { send("STATUS=" + std::string(text)); }
void ServiceManager::alive() noexcept { send("WATCHDOG=1"); }

void ServiceManager::send(std::string_view text) noexcept {
  if (socket_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  // What is lost here is a status line, or a ping that the next one makes good.
  (void)sendto(socket_, text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
               length);
}

}  // namespace vigil

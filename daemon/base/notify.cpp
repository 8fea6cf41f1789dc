#include "base/notify.hpp"

#include <cstdint>
#include <string>

#include <systemd/sd-daemon.h>

namespace vigil {
namespace {

// What is lost here is a status line, or a ping that the next one makes good.
void send(const std::string& text) noexcept { static_cast<void>(sd_notify(0, text.c_str())); }

}  // namespace

ServiceManager::ServiceManager() {
  std::uint64_t usec = 0;
  if (sd_watchdog_enabled(0, &usec) > 0) watchdog_ = std::chrono::microseconds(usec);
}

void ServiceManager::ready(std::string_view status) noexcept {
  send("READY=1\nSTATUS=" + std::string(status));
}
void ServiceManager::stopping() noexcept { send("STOPPING=1"); }
void ServiceManager::status(std::string_view text) noexcept { send("STATUS=" + std::string(text)); }
void ServiceManager::alive() noexcept { send("WATCHDOG=1"); }

}  // namespace vigil

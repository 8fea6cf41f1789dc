#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace vigil {

/// The service manager that started us (Type=notify), reached by the datagram socket in $NOTIFY_SOCKET: the
/// protocol of sd_notify(3), which needs no library. All calls are no-ops where nobody asked to be told.
/// Not thread-safe; one per daemon.
class ServiceManager {
 public:
  ServiceManager();  ///< reads $NOTIFY_SOCKET, $WATCHDOG_USEC, $WATCHDOG_PID
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  void ready(std::string_view status) noexcept;
  void stopping() noexcept;
  void status(std::string_view text) noexcept;  ///< the line that `systemctl status` shows
  void alive() noexcept;                        ///< feeds the watchdog

  /// How often `alive` is expected at least; none: no watchdog is set for this process.
  [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const noexcept { return watchdog_; }

 private:
  void send(std::string_view text) noexcept;

  int socket_ = -1;
  std::string address_;
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace vigil

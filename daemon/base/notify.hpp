#pragma once
#include <chrono>
#include <optional>
#include <string_view>

namespace vigil {

/// The service manager that started us (Type=notify), by sd_notify(3). All calls are no-ops where nobody
/// asked to be told. One per daemon, one thread.
class ServiceManager {
 public:
  ServiceManager();

  void ready(std::string_view status) noexcept;
  void stopping() noexcept;
  void status(std::string_view text) noexcept;  ///< the line that `systemctl status` shows
  void alive() noexcept;                        ///< feeds the watchdog

  /// How often `alive` is expected at least; none: no watchdog is set for this process.
  [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const noexcept { return watchdog_; }

 private:
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace vigil

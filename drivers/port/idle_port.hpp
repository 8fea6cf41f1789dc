#pragma once
#include <string>

#include "base/clock.hpp"
#include "drivers/driver.hpp"
#include "drivers/port/wakeup.hpp"

namespace vigil::drivers {

/// A port without hardware: read(timeout) waits that long in the daemon's time and brings nothing. What needs
/// no bytes (synthetic, files) paces itself with it.
class IdlePort final : public Port {
 public:
  IdlePort(const asio::any_io_executor& executor, const Clock& clock, std::string where)
      : clock_(clock), wakeup_(executor, clock), where_(std::move(where)) {}

  asio::awaitable<Arrival> read(std::optional<std::chrono::milliseconds> timeout) override;
  asio::awaitable<void> write(std::span<const std::byte>) override;
  [[nodiscard]] Instant now() const override { return clock_.now(); }
  [[nodiscard]] std::string_view where() const override { return where_; }

 private:
  const Clock& clock_;
  Wakeup wakeup_;
  std::string where_;
};

}  // namespace vigil::drivers

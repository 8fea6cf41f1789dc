#pragma once
#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "drivers/driver.hpp"
#include "drivers/port/tap.hpp"

namespace vigil::drivers {

/// A tty, opened raw 8N1 without flow control, DTR and RTS high, for this process alone (TIOCEXCL, flock).
/// Closed by the destructor, from any point of a cancelled coroutine. One thread.
class SerialPort final : public Port {
 public:
  /// Throws: DeviceRefused when it may not be opened or another program holds it (what() says the mend);
  /// DeviceLost when there is no such device (any more).
  SerialPort(const asio::any_io_executor& executor, const Clock& clock, const std::filesystem::path& device,
             Tap tap = {});
  ~SerialPort() override;

  asio::awaitable<Arrival> read(std::optional<std::chrono::milliseconds> timeout) override;
  asio::awaitable<void> write(std::span<const std::byte> bytes) override;
  void line(const Line& line) override;
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] std::string_view where() const override;

 private:
  struct Inside;
  std::shared_ptr<Inside> in_;
};

}  // namespace vigil::drivers

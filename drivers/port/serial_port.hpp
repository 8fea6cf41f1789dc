#pragma once
#include <filesystem>
#include <memory>

#include "base/clock.hpp"
#include "drivers/driver.hpp"
#include "drivers/port/tap.hpp"

namespace vigil::drivers {

/// A tty, opened raw 8N1 without flow control, DTR and RTS high, for this process alone (TIOCEXCL, flock).
/// Closed by the destructor, from any point of a cancelled coroutine. One thread, which it shares fairly: a
/// device that sends without end gets one buffer of 4 KiB a turn of the loop, and 256 KiB a second after a
/// burst of as much (a line of 921,600 baud carries 90). More than that waits in the kernel, which makes the
/// device wait.
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
  /// Lets DTR and RTS down where they were up, and ends a read that waits with DeviceLost.
  bool reset() noexcept override;
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] std::string_view where() const override;

 private:
  struct Inside;
  std::shared_ptr<Inside> in_;
};

}  // namespace vigil::drivers

#pragma once
#include <filesystem>

#include "drivers/port/idle_port.hpp"

namespace vigil::drivers {

/// A file that a driver reads by itself (replay): proves that it can be read, says where it is, and keeps
/// time.
class FilePort final : public Port {
 public:
  /// Throws: DeviceRefused when the path is no readable regular file.
  FilePort(const asio::any_io_executor& executor, const Clock& clock, const std::filesystem::path& file);

  asio::awaitable<Arrival> read(std::optional<std::chrono::milliseconds> timeout) override;
  asio::awaitable<void> write(std::span<const std::byte> bytes) override;
  [[nodiscard]] Instant now() const override { return idle_.now(); }
  /// The path as given.
  [[nodiscard]] std::string_view where() const override { return idle_.where(); }

 private:
  IdlePort idle_;
};

}  // namespace vigil::drivers

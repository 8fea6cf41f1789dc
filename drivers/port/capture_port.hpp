#pragma once
#include <string>
#include <vector>

#include "drivers/driver.hpp"
#include "wire/capture.hpp"

namespace vigil::drivers {

/// Plays a capture to a driver as if the device were there: reads bring the recorded bytes with their
/// Instants, time-outs pass in the capture's time, writes are swallowed, control transfers answer what was
/// answered then. DeviceLost at the capture's end. Each read yields to the loop once, so that one run_one()
/// is one read.
class CapturePort final : public Port {
 public:
  /// Several files: one session that the recorder rolled over, in order. They are borrowed.
  /// Throws: std::runtime_error when one is no capture.
  CapturePort(const std::vector<std::span<const std::byte>>& files, std::string where);

  asio::awaitable<Arrival> read(std::optional<std::chrono::milliseconds> timeout) override;
  asio::awaitable<void> write(std::span<const std::byte> bytes) override;
  asio::awaitable<std::vector<std::byte>> control(std::uint8_t request_type, std::uint8_t request,
                                                  std::uint16_t value, std::uint16_t index,
                                                  std::span<const std::byte> out,
                                                  std::uint16_t in_length) override;
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] std::string_view where() const override { return where_; }
  /// All that was recorded has been read.
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  [[nodiscard]] std::uint64_t damaged_chunks() const noexcept;

 private:
  using Readers = std::vector<wire::CaptureReader>;
  static std::optional<wire::CaptureRecord> next_of(Readers& readers, std::size_t& current);

  Readers readers_, answers_;
  std::size_t reading_ = 0, answering_ = 0;
  bool ended_ = false;
  std::string where_;
  Instant now_;
  std::optional<wire::CaptureRecord> next_;
};

}  // namespace vigil::drivers

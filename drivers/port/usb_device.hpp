#pragma once
#include <memory>

#include "base/clock.hpp"
#include "drivers/driver.hpp"
#include "drivers/port/tap.hpp"
#include "drivers/port/usb_context.hpp"

namespace vigil::drivers {

class UsbPipe;

/// One claimed interface of a USB device: interrupt reports in (several transfers always queued), reports
/// out, control transfers. A kernel driver that holds the interface is detached and put back at the end. One
/// thread.
class UsbDevice final : public Port {
 public:
  /// Throws: DeviceRefused when the device may not be opened (udev rule, sandbox), another program has the
  /// interface, or the bus has no room for it; DeviceLost when it is gone or being reset.
  enum class KernelDriver : bool { keep, detach };
  UsbDevice(UsbContext& context, const asio::any_io_executor& executor, const Clock& clock,
            const UsbSighting& sighting, std::uint8_t interface, Tap tap = {},
            KernelDriver kernel_driver = KernelDriver::detach);
  ~UsbDevice() override;

  asio::awaitable<Arrival> read(std::optional<std::chrono::milliseconds> timeout) override;
  /// An OUT report: by the interrupt-OUT endpoint where there is one, else SET_REPORT. Its id is the first
  /// byte, or 0 once the device gave a report descriptor without ids. Throws DeviceLost also where it stalls.
  asio::awaitable<void> write(std::span<const std::byte> bytes) override;
  /// Requests to "an interface" (recipient 1) go to the interface claimed here: the low byte of `index` is
  /// filled in. GET_DESCRIPTOR(report) with in_length 0 asks for as many bytes as the configuration says
  /// there are.
  asio::awaitable<std::vector<std::byte>> control(std::uint8_t request_type, std::uint8_t request,
                                                  std::uint16_t value, std::uint16_t index,
                                                  std::span<const std::byte> out,
                                                  std::uint16_t in_length) override;
  /// Does not wait: no read is given any more, and once this port is closed the device is reset in a thread
  /// of its own. Until then openings of the device throw DeviceLost. Where it comes back as it was it is
  /// simply opened anew; where not, the kernel tells that it left and that another arrived. False: unplugged.
  bool reset() noexcept override;
  [[nodiscard]] Instant now() const override;
  [[nodiscard]] std::string_view where() const override;

 private:
  asio::awaitable<std::optional<std::vector<std::byte>>> request(std::uint8_t request_type,
                                                                 std::uint8_t request, std::uint16_t value,
                                                                 std::uint16_t index,
                                                                 std::span<const std::byte> out,
                                                                 std::uint16_t in_length);
  void close() noexcept;

  const Clock& clock_;
  UsbContext::Inside& context_;
  std::shared_ptr<UsbPipe> pipe_;
};

}  // namespace vigil::drivers

#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

struct libusb_device;

namespace vigil::drivers {

namespace asio = boost::asio;

struct UsbEndpoint {
  std::uint8_t address = 0;
  std::uint16_t max_packet = 0;  ///< in one turn
};

struct UsbInterface {
  std::uint8_t number = 0, alternate = 0, klass = 0, subclass = 0, protocol = 0;
  std::optional<UsbEndpoint> interrupt_in, interrupt_out;
  std::uint16_t hid_report_length = 0;  ///< wDescriptorLength of the HID descriptor; 0: none
};

/// One attached USB device, as its descriptors and sysfs tell without opening it.
struct UsbSighting {
  std::shared_ptr<libusb_device>
      device;             ///< compare by pointer: the same port may carry another device later
  std::string port_path;  ///< "1-1.2", as the kernel names it
  std::uint16_t vendor = 0, product = 0;
  std::string serial, manufacturer, product_name;  ///< empty: the device has none, or sysfs cannot be read
  std::vector<UsbInterface> interfaces;
};

struct UsbChange {
  bool arrived = false;
  std::shared_ptr<const UsbSighting> sighting;
};

class UsbPipe;

/// libusb, its event loop within asio and its hot-plug notices. Each device arrives once and leaves once,
/// whatever libusb says (ARRIVED twice; LEFT after the next ARRIVED); what is attached at the start arrives
/// too. Where epoll refuses a descriptor of libusb's, a 2-ms timer turns it instead. One thread; outlives its
/// devices.
class UsbContext {
 public:
  /// Throws: std::runtime_error when libusb cannot start (no /dev/bus/usb, no netlink).
  UsbContext(const asio::any_io_executor& executor, std::function<void(UsbChange)> on_change);
  ~UsbContext();
  UsbContext(const UsbContext&) = delete;
  UsbContext& operator=(const UsbContext&) = delete;

  /// An opening said NO_DEVICE: libusb will say so for ever. It leaves now, without waiting for the notice.
  void forget(const UsbSighting& sighting);

 private:
  friend class UsbPipe;
  friend class UsbDevice;
  struct Inside;
  std::shared_ptr<Inside> in_;
};

}  // namespace vigil::drivers

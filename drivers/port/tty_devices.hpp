#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

namespace vigil::drivers {

namespace asio = boost::asio;

/// A tty of a USB device.
struct TtySighting {
  std::string path;   ///< "/dev/ttyACM0"
  std::string by_id;  ///< "/dev/serial/by-id/...", empty without udevd
  std::string syspath;
  std::uint16_t vendor = 0, product = 0;
  std::string serial, manufacturer, product_name;
  std::string port_path;       ///< of the USB device: "1-1.2"
  std::uint8_t interface = 0;  ///< of it: adapters with several ports have one for each
};

struct TtyChange {
  bool arrived = false;
  TtySighting tty;
};

/// The ttys of USB devices, now and as they come and go (libudev, over netlink). One thread.
class TtyDevices {
 public:
  /// Those attached already arrive during construction. Throws: std::runtime_error when libudev cannot start.
  TtyDevices(const asio::any_io_executor& executor, std::function<void(TtyChange)> on_change);
  ~TtyDevices();
  TtyDevices(const TtyDevices&) = delete;
  TtyDevices& operator=(const TtyDevices&) = delete;

 private:
  struct Inside;
  std::shared_ptr<Inside> in_;
};

}  // namespace vigil::drivers

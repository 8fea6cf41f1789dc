#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "drivers/driver.hpp"
#include "drivers/port/tap.hpp"
#include "drivers/port/usb_context.hpp"

namespace vigil::drivers {

/// An attached device that a driver of this build claims, or a serial port that none does. Equal identity:
/// the same device, plugged in again.
struct Attached {
  std::string identity;  ///< "axivity:CWA17_00123"; without a serial number by port: "hid_scale:usb-1-1.2"
  const Driver* driver = nullptr;          ///< none: a person may choose one that needs its port told
  std::string model;                       ///< of the match, for people
  std::string where;                       ///< "/dev/ttyACM0", "usb 1-1.2 interface 0"
  std::string tty;                         ///< serial: the path to open
  std::shared_ptr<const UsbSighting> usb;  ///< usb: the device
  std::uint8_t interface = 0;
  /// A keyboard, as far as anybody knows: opened only for whom a person assigned this very device to.
  bool keyboard = false;
};

/// Finds devices by what they are, not by port number, and opens ports. For one consumer on one thread.
///   Finder finder(executor, clock);
///   co_await finder.first_look();                      // what was attached at the start has been looked at
///   for (;;) { auto change = co_await finder.next(); ... finder.open(change.device, tap) ... }
class Finder {
 public:
  struct Change {
    bool arrived = false;
    Attached device;
  };

  /// Never fails for want of USB or udev: troubles() says what is missing, the rest works.
  Finder(const asio::any_io_executor& executor, const Clock& clock);
  ~Finder();

  /// The next arrival or departure, in order; devices attached at the start arrive first. A departure may
  /// come after DeviceLost of its port, or before. Throws only on cancellation.
  asio::awaitable<Change> next();
  /// Returns once all that was attached at the start has been looked at (at most 3 s of the machine's time).
  asio::awaitable<void> first_look();
  [[nodiscard]] std::vector<Attached> present() const;
  [[nodiscard]] std::vector<std::string> troubles() const;

  /// Throws: DeviceRefused (what() names the mend), DeviceLost.
  std::unique_ptr<Port> open(const Attached& device, Tap tap = {});
  /// What the configuration names itself: a tty or pty path (serial), "1-1.2" (usb), a file (file); nothing
  /// for drivers without hardware. Throws as above, DeviceLost when nothing is there (yet).
  std::unique_ptr<Port> open(const Driver& driver, const std::string& port, Tap tap = {});
  /// Empty when the device can be opened now, else what stands in the way and the mend (`vigild devices`).
  std::string mend(const Attached& device);

 private:
  struct Inside;
  std::shared_ptr<Inside> in_;
};

}  // namespace vigil::drivers

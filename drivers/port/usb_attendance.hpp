#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vigil::drivers {

/// Who is attached where, out of libusb's notices: ARRIVED may come twice for one device, and LEFT after the
/// next ARRIVED at the same port, or never. A device is told by its pointer, which must be kept alive as long
/// as it is in here. A value.
template <class Device, class Seen>
class UsbAttendance {
 public:
  [[nodiscard]] bool knows(const Device* device) const { return find(device) != here_.end(); }

  /// A device that is not known yet is at this port now. Gives what was there before: it has left by this.
  std::optional<Seen> arrive(const Device* device, std::string port, Seen seen) {
    std::optional<Seen> before;
    const auto at_port = std::ranges::find(here_, port, &Here::port);
    if (at_port != here_.end()) {
      before = std::move(at_port->seen);
      here_.erase(at_port);
    }
    here_.push_back({device, std::move(port), std::move(seen)});
    return before;
  }
  /// nullopt: it has left already, or never was here.
  std::optional<Seen> leave(const Device* device) {
    const auto found = find(device);
    if (found == here_.end()) return std::nullopt;
    std::optional<Seen> gone = std::move(found->seen);
    here_.erase(found);
    return gone;
  }
  void clear() { here_.clear(); }

 private:
  struct Here {
    const Device* device;
    std::string port;
    Seen seen;
  };
  auto find(const Device* device) const { return std::ranges::find(here_, device, &Here::device); }

  std::vector<Here> here_;
};

}  // namespace vigil::drivers

#include "drivers/port/tty_devices.hpp"

#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <libudev.h>

namespace vigil::drivers {
namespace {

struct Release {
  void operator()(udev* u) const { udev_unref(u); }
  void operator()(udev_device* d) const { udev_device_unref(d); }
  void operator()(udev_enumerate* e) const { udev_enumerate_unref(e); }
  void operator()(udev_monitor* m) const { udev_monitor_unref(m); }
};
template <class T>
using Held = std::unique_ptr<T, Release>;

std::string text(const char* s) { return s == nullptr ? std::string() : std::string(s); }

std::uint16_t hex(const char* s) {
  return s == nullptr ? std::uint16_t{0} : static_cast<std::uint16_t>(std::strtoul(s, nullptr, 16));
}

/// nullopt: no tty of a USB device. Reads sysfs itself, so that it works where no udevd runs.
std::optional<TtySighting> look(udev_device* device) {
  // Borrowed from `device`: not to be released.
  auto* usb = udev_device_get_parent_with_subsystem_devtype(device, "usb", "usb_device");
  const char* node = udev_device_get_devnode(device);
  if (usb == nullptr || node == nullptr) return std::nullopt;
  TtySighting tty;
  tty.path = node;
  tty.syspath = text(udev_device_get_syspath(device));
  tty.vendor = hex(udev_device_get_sysattr_value(usb, "idVendor"));
  tty.product = hex(udev_device_get_sysattr_value(usb, "idProduct"));
  tty.serial = text(udev_device_get_sysattr_value(usb, "serial"));
  tty.manufacturer = text(udev_device_get_sysattr_value(usb, "manufacturer"));
  tty.product_name = text(udev_device_get_sysattr_value(usb, "product"));
  tty.port_path = text(udev_device_get_sysname(usb));
  if (auto* interface = udev_device_get_parent_with_subsystem_devtype(device, "usb", "usb_interface"))
    tty.interface =
        static_cast<std::uint8_t>(hex(udev_device_get_sysattr_value(interface, "bInterfaceNumber")));
  udev_list_entry* link = nullptr;
  udev_list_entry_foreach(link, udev_device_get_devlinks_list_entry(device)) {
    const std::string_view name = udev_list_entry_get_name(link);
    if (name.starts_with("/dev/serial/by-id/")) tty.by_id = name;
  }
  return tty;
}

}  // namespace

struct TtyDevices::Inside : std::enable_shared_from_this<Inside> {
  Inside(const asio::any_io_executor& executor, std::function<void(TtyChange)> hear)
      : on_change(std::move(hear)), udev(udev_new()), notices(executor) {
    if (udev == nullptr) throw std::runtime_error("libudev cannot start");
  }

  void start() {
    // The monitor first: what arrives between it and the enumeration is then seen twice, never missed.
    monitor.reset(udev_monitor_new_from_netlink(udev.get(), "udev"));
    if (monitor == nullptr ||
        udev_monitor_filter_add_match_subsystem_devtype(monitor.get(), "tty", nullptr) < 0 ||
        udev_monitor_enable_receiving(monitor.get()) < 0)
      throw std::runtime_error("libudev cannot listen for serial ports that come and go (netlink refused)");
    notices.assign(udev_monitor_get_fd(monitor.get()));
    wait();

    Held<udev_enumerate> all(udev_enumerate_new(udev.get()));
    udev_enumerate_add_match_subsystem(all.get(), "tty");
    udev_enumerate_scan_devices(all.get());
    udev_list_entry* entry = nullptr;
    udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(all.get())) {
      Held<udev_device> device(udev_device_new_from_syspath(udev.get(), udev_list_entry_get_name(entry)));
      if (device != nullptr) arrive(device.get());
    }
  }

  void arrive(udev_device* device) {
    auto tty = look(device);
    if (!tty) return;
    const auto [place, fresh] = present.try_emplace(tty->syspath, *tty);
    if (!fresh) return;
    on_change({true, *tty});
  }

  void leave(udev_device* device) {
    const auto found = present.find(text(udev_device_get_syspath(device)));
    if (found == present.end()) return;
    const auto gone = found->second;
    present.erase(found);
    on_change({false, gone});
  }

  void wait() {
    notices.async_wait(asio::posix::descriptor_base::wait_read,
                       [weak = weak_from_this()](const boost::system::error_code& error) {
                         const auto self = weak.lock();
                         if (error || self == nullptr) return;
                         self->take();
                         self->wait();
                       });
  }

  void take() {
    // The descriptor is non-blocking: nullptr when all is taken.
    while (true) {
      Held<udev_device> device(udev_monitor_receive_device(monitor.get()));
      if (device == nullptr) return;
      const std::string_view action = udev_device_get_action(device.get());
      if (action == "add" || action == "change" || action == "bind")
        arrive(device.get());
      else if (action == "remove")
        leave(device.get());
    }
  }

  std::function<void(TtyChange)> on_change;
  Held<struct udev> udev;
  Held<udev_monitor> monitor;
  asio::posix::stream_descriptor notices;
  std::map<std::string, TtySighting> present;
};

TtyDevices::TtyDevices(const asio::any_io_executor& executor, std::function<void(TtyChange)> on_change)
    : in_(std::make_shared<Inside>(executor, std::move(on_change))) {
  in_->start();
}

TtyDevices::~TtyDevices() {
  // The monitor owns its descriptor.
  if (in_->notices.is_open()) in_->notices.release();
}

}  // namespace vigil::drivers

#include "drivers/port/finder.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include <boost/asio/co_spawn.hpp>

#include "base/log.hpp"
#include "drivers/port/file_port.hpp"
#include "drivers/port/hid_descriptor.hpp"
#include "drivers/port/idle_port.hpp"
#include "drivers/port/serial_port.hpp"
#include "drivers/port/tty_devices.hpp"
#include "drivers/port/usb_device.hpp"
#include "drivers/port/wakeup.hpp"

namespace vigil::drivers {
namespace {

constexpr std::uint8_t hid_class = 3;

bool is_keyboard(const UsbInterface& i) noexcept {
  constexpr std::uint8_t boot_subclass = 1, keyboard_protocol = 1;
  return i.klass == hid_class && i.subclass == boot_subclass && i.protocol == keyboard_protocol &&
         i.interrupt_in.has_value();
}

const BootKeyboard* takes_keyboards(const Driver& driver) noexcept {
  for (const auto& match : driver.matches)
    if (const auto* keyboard = std::get_if<BootKeyboard>(&match)) return keyboard;
  return nullptr;
}

/// What a person may type and a file may be called: other bytes of a serial number become '_'.
std::string plain(std::string_view text) {
  std::string out(text.substr(0, 30));
  for (auto& c : out)
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
          c == '-' || c == '.'))
      c = '_';
  return out;
}

/// The report descriptor where a kernel driver has the interface: sysfs has it then, and nothing is
/// disturbed.
std::vector<std::byte> descriptor_from_sysfs(const std::string& port_path, std::uint8_t interface) {
  std::error_code error;
  const std::filesystem::path devices("/sys/bus/usb/devices");
  for (int configuration = 1; configuration <= 4; ++configuration) {
    const auto folder =
        devices / (port_path + ":" + std::to_string(configuration) + "." + std::to_string(interface));
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      std::ifstream file(entry.path() / "report_descriptor", std::ios::binary);
      if (!file) continue;
      const std::string content(std::istreambuf_iterator<char>(file), {});
      const auto bytes = std::as_bytes(std::span(content));
      if (!bytes.empty()) return {bytes.begin(), bytes.end()};
    }
  }
  return {};
}

/// Adapters are sold by the thousand with one serial number ("0001") or with none: then the port tells them
/// apart.
std::string unclaimed_identity(const TtySighting& tty) {
  const bool told =
      tty.serial.size() >= 6 && tty.serial.find_first_not_of(tty.serial.front()) != std::string::npos;
  auto identity = "tty:" + (told ? plain(tty.serial) : "usb-" + plain(tty.port_path));
  if (tty.interface != 0) identity += "-" + std::to_string(tty.interface);
  return identity;
}

}  // namespace

struct Finder::Inside : std::enable_shared_from_this<Inside> {
  Inside(const asio::any_io_executor& ex, const Clock& c)
      : executor(ex), clock(c), changed(ex, c), looked(ex, c) {}

  void start();
  void on_tty(const TtyChange& change);
  void on_usb(const UsbChange& change);
  asio::awaitable<void> examine(std::shared_ptr<const UsbSighting> sighting);
  asio::awaitable<std::vector<std::byte>> report_descriptor(std::shared_ptr<const UsbSighting> sighting,
                                                            std::uint8_t interface);
  void claim_usb(const std::shared_ptr<const UsbSighting>& sighting, std::uint8_t interface,
                 const Driver& driver, std::string_view model, bool keyboard = false);
  void announce(Attached device);
  void leave(const std::function<bool(const Attached&)>& which);
  [[nodiscard]] bool gone(const UsbSighting& sighting) const {
    return std::ranges::none_of(sightings, [&](const auto& s) { return s.get() == &sighting; });
  }

  asio::any_io_executor executor;
  const Clock& clock;
  Wakeup changed, looked;
  std::deque<Change> changes;
  std::vector<Attached> present;
  std::vector<std::shared_ptr<const UsbSighting>> sightings;
  std::vector<std::string> troubles;
  int examining = 0;
  std::optional<UsbContext> usb;
  std::optional<TtyDevices> ttys;
};

void Finder::Inside::start() {
  const auto weak = weak_from_this();
  try {
    usb.emplace(executor, [weak](const UsbChange& change) {
      if (const auto self = weak.lock()) self->on_usb(change);
    });
  } catch (const std::runtime_error& error) {
    troubles.emplace_back(error.what());
  }
  try {
    ttys.emplace(executor, [weak](const TtyChange& change) {
      if (const auto self = weak.lock()) self->on_tty(change);
    });
  } catch (const std::runtime_error& error) {
    troubles.emplace_back(error.what());
  }
}

void Finder::Inside::announce(Attached device) {
  present.push_back(device);
  changes.push_back({true, std::move(device)});
  changed.wake();
}

void Finder::Inside::leave(const std::function<bool(const Attached&)>& which) {
  for (std::size_t i = 0; i < present.size();) {
    if (!which(present[i])) {
      ++i;
      continue;
    }
    changes.push_back({false, present[i]});
    present.erase(present.begin() + static_cast<std::ptrdiff_t>(i));
    changed.wake();
  }
}

void Finder::Inside::on_tty(const TtyChange& change) {
  const auto& tty = change.tty;
  if (!change.arrived) {
    leave([&](const Attached& device) { return device.usb == nullptr && device.tty == tty.path; });
    return;
  }
  for (const auto* driver : all())
    for (const auto& match : driver->matches) {
      const auto* serial = std::get_if<SerialMatch>(&match);
      if (serial == nullptr || serial->vendor != tty.vendor || serial->product != tty.product ||
          !tty.serial.starts_with(serial->serial_prefix))
        continue;
      Attached device;
      device.driver = driver;
      device.identity = std::string(driver->name) + ":" + plain(tty.serial);
      device.model = serial->model;
      device.where = device.tty = tty.path;
      // udevd may tell of its new number before it tells of the old one's end.
      leave([&](const Attached& other) {
        std::error_code error;
        return other.identity == device.identity && !std::filesystem::exists(other.tty, error);
      });
      announce(std::move(device));
      return;
    }
  Attached device;
  device.identity = unclaimed_identity(tty);
  device.model = tty.product_name.empty() ? "serial port" : tty.product_name;
  if (!tty.manufacturer.empty()) device.model += " (" + tty.manufacturer + ")";
  device.where = device.tty = tty.path;
  announce(std::move(device));
}

void Finder::Inside::on_usb(const UsbChange& change) {
  const auto sighting = change.sighting;
  if (!change.arrived) {
    std::erase(sightings, sighting);
    leave([&](const Attached& device) { return device.usb == sighting; });
    return;
  }
  sightings.push_back(sighting);
  if (std::ranges::none_of(sighting->interfaces,
                           [](const UsbInterface& i) { return i.klass == hid_class && i.interrupt_in; }))
    return;
  ++examining;
  const auto done = [weak = weak_from_this(), sighting](const std::exception_ptr& error) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    --self->examining;
    self->looked.wake();
    try {
      if (error) std::rethrow_exception(error);
    } catch (const std::exception& e) {
      log::debug("usb {}: not examined: {}", sighting->port_path, e.what());
    }
  };
  asio::co_spawn(executor, examine(sighting), done);
}

asio::awaitable<std::vector<std::byte>> Finder::Inside::report_descriptor(
    std::shared_ptr<const UsbSighting> sighting, std::uint8_t interface) {
  const auto self = shared_from_this();
  // The kernel's HID driver may be about to bind: then sysfs has the descriptor a moment later. An interface
  // that it has is never taken from it just to look (it may be somebody's keyboard).
  for (int attempt = 0; attempt < 3 && !self->gone(*sighting); ++attempt) {
    auto bytes = descriptor_from_sysfs(sighting->port_path, interface);
    if (!bytes.empty()) co_return bytes;
    try {
      UsbDevice device(*self->usb, self->executor, self->clock, *sighting, interface, {},
                       UsbDevice::KernelDriver::keep);
      constexpr std::uint8_t from_interface = 0x81, get_descriptor = 6;
      constexpr std::uint16_t report = 0x2200;
      auto answer = co_await device.control(from_interface, get_descriptor, report, 0, {}, 0);
      co_return answer;
    } catch (const DeviceRefused&) {
    } catch (const DeviceLost&) {
      break;
    }
    Wakeup pause(self->executor, self->clock);
    co_await pause.wait(std::chrono::milliseconds(static_cast<int>(200 * self->clock.scale())));
  }
  co_return std::vector<std::byte>();
}

asio::awaitable<void> Finder::Inside::examine(std::shared_ptr<const UsbSighting> sighting) {
  const auto self = shared_from_this();
  std::vector<UsbInterface> candidates;
  std::ranges::copy_if(sighting->interfaces, std::back_inserter(candidates),
                       [](const UsbInterface& i) { return i.klass == hid_class && i.interrupt_in; });
  // A known id with one interface needs no look at its report descriptor.
  for (const auto* driver : all())
    for (const auto& match : driver->matches) {
      const auto* known = std::get_if<UsbMatch>(&match);
      if (known == nullptr || known->vendor != sighting->vendor ||
          (known->product != 0 && known->product != sighting->product))
        continue;
      if (candidates.size() == 1) {
        self->claim_usb(sighting, candidates.front().number, *driver, known->model);
        co_return;
      }
    }
  // A keyboard is told by its descriptors; nothing of such a device is opened to look at it.
  const bool types = std::ranges::any_of(candidates, is_keyboard);
  for (const auto& candidate : candidates) {
    if (is_keyboard(candidate)) {
      for (const auto* driver : all())
        if (const auto* keyboard = takes_keyboards(*driver))
          self->claim_usb(sighting, candidate.number, *driver,
                          sighting->product_name.empty() ? keyboard->model : sighting->product_name, true);
      continue;
    }
    const auto descriptor = types ? descriptor_from_sysfs(sighting->port_path, candidate.number)
                                  : co_await self->report_descriptor(sighting, candidate.number);
    for (const auto* driver : all())
      for (const auto& match : driver->matches) {
        const auto* usage = std::get_if<HidUsageMatch>(&match);
        if (usage == nullptr || !has_application(descriptor, usage->page, usage->usage)) continue;
        std::string_view model = usage->model;
        for (const auto& other : driver->matches)
          if (const auto* known = std::get_if<UsbMatch>(&other);
              known != nullptr && known->vendor == sighting->vendor && known->product == sighting->product)
            model = known->model;
        self->claim_usb(sighting, candidate.number, *driver, model);
        break;
      }
  }
}

void Finder::Inside::claim_usb(const std::shared_ptr<const UsbSighting>& sighting, std::uint8_t interface,
                               const Driver& driver, std::string_view model, bool keyboard) {
  if (gone(*sighting)) return;  // left while it was looked at
  const auto taken = [&](const std::string& identity) {
    return std::ranges::any_of(present, [&](const Attached& d) { return d.identity == identity; });
  };
  const std::string name = std::string(driver.name) + ":";
  const std::string by_port = name + "usb-" + plain(sighting->port_path);
  Attached device;
  device.driver = &driver;
  device.model = model;
  device.usb = sighting;
  device.interface = interface;
  device.keyboard = keyboard;
  device.where = "usb " + sighting->port_path + " interface " + std::to_string(interface);
  device.identity = sighting->serial.empty() ? by_port : name + plain(sighting->serial);
  // Makers that give every device the same "serial number" exist; then the port tells them apart.
  if (taken(device.identity)) device.identity = by_port;
  if (taken(device.identity)) device.identity += "-" + std::to_string(interface);
  announce(std::move(device));
}

Finder::Finder(const asio::any_io_executor& executor, const Clock& clock)
    : in_(std::make_shared<Inside>(executor, clock)) {
  in_->start();
}

Finder::~Finder() {
  in_->ttys.reset();
  in_->usb.reset();
}

asio::awaitable<Finder::Change> Finder::next() {
  const auto in = in_;
  while (in->changes.empty())
    co_await in->changed.wait({});
  auto change = std::move(in->changes.front());
  in->changes.pop_front();
  co_return change;
}

asio::awaitable<void> Finder::first_look() {
  const auto in = in_;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (in->examining > 0 && std::chrono::steady_clock::now() < give_up) {
    const auto patience = std::chrono::milliseconds(static_cast<int>(100 * in->clock.scale()));
    co_await in->looked.wait(patience);
  }
}

std::vector<Attached> Finder::present() const { return in_->present; }

std::vector<std::string> Finder::troubles() const { return in_->troubles; }

std::unique_ptr<Port> Finder::open(const Attached& device, Tap tap) {
  if (device.usb != nullptr) {
    if (!in_->usb) throw DeviceLost("USB cannot be used");
    return std::make_unique<UsbDevice>(*in_->usb, in_->executor, in_->clock, *device.usb, device.interface,
                                       std::move(tap));
  }
  return std::make_unique<SerialPort>(in_->executor, in_->clock, device.tty, std::move(tap));
}

std::unique_ptr<Port> Finder::open(const Driver& driver, const std::string& port, Tap tap) {
  switch (driver.transport) {
    case Transport::none:
      return std::make_unique<IdlePort>(in_->executor, in_->clock,
                                        port.empty() ? std::string(driver.name) : port);
    case Transport::file:
      return std::make_unique<FilePort>(in_->executor, in_->clock, port);
    case Transport::serial:
      return std::make_unique<SerialPort>(in_->executor, in_->clock, port, std::move(tap));
    case Transport::usb:
      break;
  }
  if (!in_->usb) throw DeviceLost(in_->troubles.empty() ? "USB cannot be used" : in_->troubles.front());
  for (const auto& device : in_->present)
    if (device.usb != nullptr && device.driver == &driver && device.usb->port_path == port)
      return open(device, std::move(tap));
  for (const auto& sighting : in_->sightings) {
    if (sighting->port_path != port) continue;
    if (takes_keyboards(driver) != nullptr)
      throw DeviceRefused(
          "usb " + port +
          ": expected a boot keyboard (a button, foot switch or keypad), found another kind of "
          "device: plug the button in there, or change `port`");
    for (const auto& interface : sighting->interfaces)
      if (interface.klass == hid_class && interface.interrupt_in)
        return std::make_unique<UsbDevice>(*in_->usb, in_->executor, in_->clock, *sighting, interface.number,
                                           std::move(tap));
    throw DeviceRefused("usb " + port + ": expected a HID device, found none of its interfaces to be one");
  }
  throw DeviceLost("usb " + port + ": nothing is plugged in there");
}

std::string Finder::mend(const Attached& device) {
  if (device.keyboard) return {};  // never opened just to look
  try {
    open(device);
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace vigil::drivers

#include "drivers/port/usb_context.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include <boost/asio/post.hpp>
#include <poll.h>
#include <sys/stat.h>

#include "base/log.hpp"
#include "base/thread.hpp"
#include "drivers/port/usb_inside.hpp"

namespace vigil::drivers {
namespace {

/// How often libusb is turned where its descriptors cannot be waited for.
constexpr auto poll_every = std::chrono::milliseconds(2);

std::string attribute(const std::string& port_path, const char* name) {
  std::ifstream file("/sys/bus/usb/devices/" + port_path + "/" + name);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string port_path_of(libusb_device* device) {
  std::array<std::uint8_t, 8> ports{};
  const int depth = libusb_get_port_numbers(device, ports.data(), static_cast<int>(ports.size()));
  if (depth <= 0) return {};  // a root hub
  std::string path = std::to_string(libusb_get_bus_number(device));
  for (int i = 0; i < depth; ++i)
    path += (i == 0 ? "-" : ".") + std::to_string(ports[static_cast<std::size_t>(i)]);
  return path;
}

/// wDescriptorLength of the report descriptor, out of the HID descriptor among an interface's extra bytes.
std::uint16_t report_length(std::span<const std::uint8_t> extra) {
  constexpr std::uint8_t hid = 0x21, report = 0x22;
  while (extra.size() >= 2 && extra[0] >= 2 && extra[0] <= extra.size()) {
    if (extra[1] == hid)
      for (std::size_t i = 6; i + 3 <= extra[0]; i += 3)
        if (extra[i] == report) return static_cast<std::uint16_t>(extra[i + 1] | extra[i + 2] << 8);
    extra = extra.subspan(extra[0]);
  }
  return 0;
}

std::vector<UsbInterface> interfaces_of(libusb_device* device, const std::string& port_path) {
  libusb_config_descriptor* config = nullptr;
  if (libusb_get_active_config_descriptor(device, &config) != 0) {
    if (const int error = libusb_get_config_descriptor(device, 0, &config); error != 0) {
      log::warn("usb {}: left alone: its configuration cannot be understood ({}): is it broken?", port_path,
                libusb_error_name(error));
      return {};
    }
  }
  std::vector<UsbInterface> out;
  for (int i = 0; i < config->bNumInterfaces; ++i) {
    if (config->interface[i].num_altsetting < 1) continue;
    const auto& alt = config->interface[i].altsetting[0];
    UsbInterface one{.number = alt.bInterfaceNumber,
                     .alternate = alt.bAlternateSetting,
                     .klass = alt.bInterfaceClass,
                     .subclass = alt.bInterfaceSubClass,
                     .protocol = alt.bInterfaceProtocol,
                     .interrupt_in = {},
                     .interrupt_out = {}};
    if (alt.extra_length > 0)
      one.hid_report_length = report_length({alt.extra, static_cast<std::size_t>(alt.extra_length)});
    for (int e = 0; e < alt.bNumEndpoints; ++e) {
      const auto& endpoint = alt.endpoint[e];
      if ((endpoint.bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) != LIBUSB_TRANSFER_TYPE_INTERRUPT) continue;
      // High-speed endpoints may send up to three packets in a turn: bits 11 and 12.
      const auto packets = 1 + (endpoint.wMaxPacketSize >> 11 & 3);
      const UsbEndpoint found{endpoint.bEndpointAddress,
                              static_cast<std::uint16_t>((endpoint.wMaxPacketSize & 0x7FF) * packets)};
      auto& place = (found.address & LIBUSB_ENDPOINT_IN) != 0 ? one.interrupt_in : one.interrupt_out;
      if (!place) place = found;
    }
    out.push_back(one);
  }
  libusb_free_config_descriptor(config);
  return out;
}

}  // namespace

void UsbContext::Inside::start() {
  if (const int error = libusb_init(&library->context); error != 0) {
    library->context = nullptr;
    throw std::runtime_error(std::string("USB cannot be used: ") + libusb_error_name(error) + " (" +
                             libusb_strerror(error) + ")");
  }
  auto* const context = library->context;
  if (const libusb_pollfd** fds = libusb_get_pollfds(context); fds != nullptr) {
    for (std::size_t i = 0; fds[i] != nullptr; ++i)
      watch(fds[i]->fd, fds[i]->events);
    libusb_free_pollfds(fds);
  }
  libusb_set_pollfd_notifiers(
      context, [](int fd, short events, void* self) { static_cast<Inside*>(self)->watch(fd, events); },
      [](int fd, void* self) { static_cast<Inside*>(self)->unwatch(fd); }, this);
  if (libusb_pollfds_handle_timeouts(context) == 0)
    ++polled, poll_soon();  // no timerfd: time-outs need turning
  const int error = libusb_hotplug_register_callback(
      context, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
      LIBUSB_HOTPLUG_ENUMERATE, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
      &Inside::on_hotplug, this, &hotplug);
  if (error != 0) {
    stop();
    throw std::runtime_error(std::string("USB devices that come and go cannot be noticed: ") +
                             libusb_error_name(error));
  }
  listening = true;
  turn();
}

void UsbContext::Inside::stop() {
  if (stopped) return;
  stopped = true;
  poll.cancel();
  auto* const context = library->context;
  if (context == nullptr) return;
  if (listening) libusb_hotplug_deregister_callback(context, hotplug);
  for (const auto& pipe : pipes)
    pipe->close();
  // Cancelled transfers come back within a millisecond or two; a device that keeps them is waited for up to 1
  // s.
  for (int i = 0; i < 100 && !pipes.empty(); ++i) {
    timeval a_while{0, 10'000};
    libusb_handle_events_timeout_completed(context, &a_while, nullptr);
    std::erase_if(pipes, [](const auto& pipe) { return pipe->settle(); });
  }
  for (auto& one : resets)
    one.thread.join();
  resets.clear();
  if (!pipes.empty()) {
    log::warn("usb: {} transfers did not come back; libusb is left as it is", pipes.size());
    // Freeing what the kernel may still write to would be worse than not freeing it at the end of the
    // process.
    for (auto& pipe : pipes)
      new std::shared_ptr<UsbPipe>(std::move(pipe));
    pipes.clear();
  }
  for (auto& [arrived, device] : noticed)
    libusb_unref_device(device);
  noticed.clear();
  present.clear();
  libusb_set_pollfd_notifiers(context, nullptr, nullptr, nullptr);
  for (auto& [fd, one] : watched)
    if (one->descriptor.is_open()) one->descriptor.release();
  watched.clear();
}

int UsbContext::Inside::on_hotplug(libusb_context*, libusb_device* device, libusb_hotplug_event event,
                                   void* self) {
  // Within a callback libusb may not be asked anything that talks to a device: only note it.
  static_cast<Inside*>(self)->noticed.emplace_back(event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED,
                                                   libusb_ref_device(device));
  return 0;
}

void UsbContext::Inside::turn() {
  if (stopped) return;
  if (turning) {  // something that a notice set off asked for another turn
    again = true;
    return;
  }
  turning = true;
  const auto self = shared_from_this();
  do {
    again = false;
    timeval at_once{0, 0};
    libusb_handle_events_timeout_completed(library->context, &at_once, nullptr);
    for (std::size_t i = 0; i < pipes.size();) {
      if (!pipes[i]->settle()) {
        ++i;
        continue;
      }
      const auto over = std::move(pipes[i]);
      pipes.erase(pipes.begin() + static_cast<std::ptrdiff_t>(i));
      if (over->reset_wanted()) reset_apart(over);
    }
    while (!noticed.empty()) {
      const auto [arrived, device] = noticed.front();
      noticed.pop_front();
      if (arrived)
        arrive(device);
      else
        leave(device);
      libusb_unref_device(device);
    }
  } while (again && !stopped);
  turning = false;
}

void UsbContext::Inside::reset_apart(const std::shared_ptr<UsbPipe>& pipe) {
  const auto ended = [weak = weak_from_this(), pipe = pipe.get()] {
    const auto self = weak.lock();
    if (self == nullptr) return;
    const auto which =
        std::ranges::find_if(self->resets, [&](const Reset& r) { return r.pipe.get() == pipe; });
    if (which == self->resets.end()) return;
    which->thread.join();
    self->resets.erase(which);
  };
  resets.push_back({pipe, {}});
  resets.back().thread = start_thread("usb reset", [pipe = pipe.get(), ended, ex = executor] {
    pipe->reset_device();
    asio::post(ex, ended);
  });
}

bool UsbContext::Inside::resetting(const libusb_device* device) const noexcept {
  const auto is_it = [device](const std::shared_ptr<UsbPipe>& p) { return p->is_of(device); };
  return std::ranges::any_of(resets, [&](const Reset& r) { return is_it(r.pipe); }) ||
         std::ranges::any_of(pipes, [&](const auto& p) { return p->reset_wanted() && is_it(p); });
}

void UsbContext::Inside::turn_soon() {
  asio::post(executor, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->turn();
  });
}

void UsbContext::Inside::arrive(libusb_device* device) {
  if (present.knows(device)) return;
  auto sighting = std::make_shared<UsbSighting>();
  sighting->port_path = port_path_of(device);
  if (sighting->port_path.empty()) return;
  libusb_device_descriptor descriptor{};
  if (libusb_get_device_descriptor(device, &descriptor) != 0) return;
  const auto keep = library;  // a reference must not outlive libusb
  sighting->device = {libusb_ref_device(device), [keep](libusb_device* d) { libusb_unref_device(d); }};
  sighting->vendor = descriptor.idVendor;
  sighting->product = descriptor.idProduct;
  sighting->serial = descriptor.iSerialNumber == 0 ? std::string() : attribute(sighting->port_path, "serial");
  sighting->manufacturer = attribute(sighting->port_path, "manufacturer");
  sighting->product_name = attribute(sighting->port_path, "product");
  sighting->interfaces = interfaces_of(device, sighting->port_path);
  if (const auto before = present.arrive(device, sighting->port_path, sighting)) on_change({false, *before});
  on_change({true, sighting});
}

void UsbContext::Inside::leave(libusb_device* device) {
  if (const auto gone = present.leave(device)) on_change({false, *gone});
}

void UsbContext::Inside::watch(int fd, short events) {
  auto one = std::make_shared<Watched>(executor);
  one->events = events;
  boost::system::error_code error;
  one->descriptor.assign(fd, error);
  watched[fd] = one;
  struct stat about{};
  if (error || (::fstat(fd, &about) == 0 && S_ISREG(about.st_mode))) {
    refuse(*one);
    return;
  }
  if ((events & POLLIN) != 0) arm(fd, one, asio::posix::descriptor_base::wait_read);
  if ((events & POLLOUT) != 0) arm(fd, one, asio::posix::descriptor_base::wait_write);
}

void UsbContext::Inside::arm(int fd, const std::shared_ptr<Watched>& one,
                             asio::posix::descriptor_base::wait_type what) {
  one->descriptor.async_wait(
      what, [weak = weak_from_this(), fd, one, what](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (self == nullptr || self->stopped || error == asio::error::operation_aborted) return;
        const auto still = self->watched.find(fd);
        if (still == self->watched.end() || still->second != one) return;
        if (error) {
          self->refuse(*one);
          return;
        }
        self->turn();
        const auto after = self->watched.find(fd);
        if (after != self->watched.end() && after->second == one && !one->refused) self->arm(fd, one, what);
      });
}

void UsbContext::Inside::refuse(Watched& one) {
  if (one.refused) return;
  one.refused = true;
  ++polled;
  poll_soon();
}

void UsbContext::Inside::poll_soon() {
  if (polling || stopped) return;
  polling = true;
  poll.expires_after(poll_every);
  poll.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    self->polling = false;
    if (error) return;
    self->turn();
    if (self->polled > 0) self->poll_soon();
  });
}

void UsbContext::Inside::unwatch(int fd) {
  const auto found = watched.find(fd);
  if (found == watched.end()) return;
  if (found->second->refused) --polled;
  if (found->second->descriptor.is_open()) found->second->descriptor.release();
  watched.erase(found);
}

UsbContext::UsbContext(const asio::any_io_executor& executor, std::function<void(UsbChange)> on_change)
    : in_(std::make_shared<Inside>(executor, std::move(on_change))) {
  in_->start();
}

UsbContext::~UsbContext() { in_->stop(); }

void UsbContext::forget(const UsbSighting& sighting) {
  asio::post(in_->executor, [weak = in_->weak_from_this(), device = sighting.device] {
    if (const auto self = weak.lock(); self != nullptr && !self->stopped) self->leave(device.get());
  });
}

}  // namespace vigil::drivers

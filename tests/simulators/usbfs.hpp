#pragma once
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>
#include <umockdev.h>
#include <unistd.h>

/// A USB device in user space, as usbfs shows it to libusb within umockdev's testbed: what simulators of HID
/// devices have in common. Knows nothing of the program under test.
namespace usbfs {

using Bytes = std::vector<std::uint8_t>;

struct Reply {
  int error = 0;  ///< errno; 0: the bytes
  Bytes bytes;
};

/// What sysfs says of a device without opening it.
struct Sysfs {
  std::uint16_t vendor = 0, product = 0;
  std::string manufacturer, product_name, serial;  ///< empty: none
  int speed = 12;
};

/// One plug of one device under one device number. After an unplug the next plug is another object.
class Device {
 public:
  Device(UMockdevTestbed* bed, std::string port, int number)
      : bed_(bed), port_(std::move(port)), number_(number) {}
  virtual ~Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  /// Once, when all is made. `descriptors`: of the device and its configuration, as the kernel has them.
  void plug(const Bytes& descriptors, const Sysfs& sysfs) {
    char node[64];
    std::snprintf(node, sizeof node, "bus/usb/001/%03d", number_);
    ioctls_ = umockdev_ioctl_base_new();
    g_signal_connect_after(ioctls_, "handle-ioctl", G_CALLBACK(&Device::on_ioctl), this);
    GError* error = nullptr;
    if (!umockdev_testbed_attach_ioctl(bed_, ("/dev/" + std::string(node)).c_str(), ioctls_, &error))
      throw std::runtime_error(error->message);
    char text[1024];
    std::snprintf(text, sizeof text,
                  "P: %s\nN: %s\nE: SUBSYSTEM=usb\nE: DRIVER=usb\nE: DEVTYPE=usb_device\nE: BUSNUM=001\n"
                  "E: DEVNUM=%03d\nE: DEVNAME=/dev/%s\nE: ID_VENDOR_ID=%04x\nE: ID_MODEL_ID=%04x\n"
                  "A: bConfigurationValue=1\\n\nA: busnum=1\\n\nA: devnum=%d\\n\nA: devpath=%s\\n\n"
                  "A: speed=%d\\n\nA: idVendor=%04x\\n\nA: idProduct=%04x\\n\n",
                  path().c_str() + std::strlen("/sys"), node, number_, node, sysfs.vendor, sysfs.product,
                  number_, port_.c_str() + 2, sysfs.speed, sysfs.vendor, sysfs.product);
    std::string all = text;
    for (const auto& [name, value] :
         {std::pair{"manufacturer", sysfs.manufacturer}, std::pair{"product", sysfs.product_name},
          std::pair{"serial", sysfs.serial}})
      if (!value.empty()) all += "A: " + std::string(name) + "=" + value + "\\n\n";
    all += "H: descriptors=";
    for (const auto byte : descriptors) {
      std::snprintf(text, sizeof text, "%02X", byte);
      all += text;
    }
    if (!umockdev_testbed_add_from_string(bed_, (all + "\n").c_str(), &error))
      throw std::runtime_error(error->message);
  }
  void unplug() {
    {
      const std::lock_guard lock(mutex_);
      gone_ = true;
    }
    umockdev_testbed_uevent(bed_, path().c_str(), "remove");
    umockdev_testbed_remove_device(bed_, path().c_str());
  }
  /// The kernel says once more that it was added.
  void tell_again() { umockdev_testbed_uevent(bed_, path().c_str(), "add"); }
  /// Off the bus, but nobody is told yet.
  void vanish() {
    const std::lock_guard lock(mutex_);
    gone_ = true;
  }

  void queue(Reply report) {
    const std::lock_guard lock(mutex_);
    queued_.push_back(std::move(report));
  }
  /// Transfers are refused so when they are handed in (ENOSPC: no bandwidth); 0: no more.
  void refuse(int error) {
    const std::lock_guard lock(mutex_);
    refused_ = error;
  }
  /// Control transfers are not answered any more, or again.
  void hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
  }
  [[nodiscard]] bool listened_to() {
    const std::lock_guard lock(mutex_);
    return !waiting_.empty();
  }

 protected:
  /// Answers one control request, `out` being its data; nullopt: it stalls. Called with the lock held.
  virtual std::optional<Bytes> control(const std::uint8_t* setup, const Bytes& out) = 0;
  /// What came on an interrupt-OUT endpoint; false: it stalls. Called with the lock held.
  virtual bool out(const Bytes& bytes) {
    static_cast<void>(bytes);
    return false;
  }
  /// A report, when one is due. Called with the lock held, whenever somebody waits for one.
  virtual std::optional<Bytes> due() = 0;
  /// The device was reset.
  virtual void reset() {}

  static Bytes string_descriptor(const std::string& text) {
    Bytes out = {static_cast<std::uint8_t>(2 + 2 * text.size()), 3};
    for (const char c : text)
      out.push_back(static_cast<std::uint8_t>(c)), out.push_back(0);
    return out;
  }

  std::mutex mutex_;

 private:
  struct Urb {
    UMockdevIoctlData* urb;
    UMockdevIoctlData* buffer;
    [[nodiscard]] usbdevfs_urb* get() const { return reinterpret_cast<usbdevfs_urb*>(urb->data); }
  };

  [[nodiscard]] std::string path() const { return "/sys/devices/pci0000:00/0000:00:14.0/usb1/" + port_; }

  static void finish(const Urb& urb, int status, std::size_t offset, const Bytes& bytes) {
    auto* r = urb.get();
    const auto room = static_cast<std::size_t>(r->buffer_length) - offset;
    if (bytes.size() > room) status = -EOVERFLOW;
    const auto n = std::min(bytes.size(), room);
    if (n > 0)
      umockdev_ioctl_data_update(urb.buffer, offset, const_cast<guint8*>(bytes.data()), static_cast<gint>(n));
    r->status = status;
    r->actual_length = static_cast<int>(n);
  }

  void submit(const Urb& urb) {
    constexpr std::size_t setup_size = 8;
    const auto* data = reinterpret_cast<const std::uint8_t*>(urb.buffer->data);
    const auto size = static_cast<std::size_t>(urb.get()->buffer_length);
    if (urb.get()->type == USBDEVFS_URB_TYPE_CONTROL) {
      if (held_) {
        std::fprintf(stderr, "sim: held\n");
        waiting_.push_back(urb);
        return;
      }
      const bool in = (data[0] & 0x80) != 0;
      auto answer = control(data, in ? Bytes() : Bytes(data + setup_size, data + size));
      if (!answer) {
        finish(urb, -EPIPE, setup_size, {});
      } else {
        answer->resize(
            std::min<std::size_t>(answer->size(), static_cast<std::size_t>(data[6] | data[7] << 8)));
        finish(urb, 0, setup_size, *answer);
        if (!in) urb.get()->actual_length = static_cast<int>(size - setup_size);
      }
      done_.push_back(urb.urb);
    } else if ((urb.get()->endpoint & 0x80) != 0) {
      waiting_.push_back(urb);
    } else {
      const bool taken = out(Bytes(data, data + size));
      finish(urb, taken ? 0 : -EPIPE, 0, {});
      if (taken) urb.get()->actual_length = static_cast<int>(size);
      done_.push_back(urb.urb);
    }
  }

  /// A transfer that is done by now, if there is one.
  UMockdevIoctlData* reap() {
    const auto take = [](auto& from, auto which) {
      const auto one = *which;
      from.erase(which);
      return one;
    };
    if (!done_.empty()) return take(done_, done_.begin());
    if (gone_ && !waiting_.empty()) {
      finish(waiting_.front(), -ESHUTDOWN, 0, {});
      return take(waiting_, waiting_.begin()).urb;
    }
    const auto reader = std::ranges::find_if(
        waiting_, [](const Urb& u) { return u.get()->type != USBDEVFS_URB_TYPE_CONTROL; });
    if (reader == waiting_.end()) return nullptr;
    if (!queued_.empty()) {
      const auto next = std::move(queued_.front());
      queued_.pop_front();
      finish(*reader, -next.error, 0, next.bytes);
    } else if (const auto report = due()) {
      finish(*reader, 0, 0, *report);
    } else {
      return nullptr;
    }
    return take(waiting_, reader).urb;
  }

  gboolean handle(UMockdevIoctlClient* client) {
    const std::lock_guard lock(mutex_);
    const auto request = umockdev_ioctl_client_get_request(client);
    auto* argument = umockdev_ioctl_client_get_arg(client);
    const auto answer = [client](long result, int error) {
      umockdev_ioctl_client_complete(client, result, error);
      return TRUE;
    };
    const bool reaping = request == USBDEVFS_REAPURB || request == USBDEVFS_REAPURBNDELAY;
    if (gone_ && !reaping && request != USBDEVFS_DISCARDURB) return answer(-1, ENODEV);
    switch (request) {
      case USBDEVFS_GET_CAPABILITIES: {
        auto* data = umockdev_ioctl_data_resolve(argument, 0, 4, nullptr);
        guint32 can =
            USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
        umockdev_ioctl_data_update(data, 0, reinterpret_cast<guint8*>(&can), sizeof can);
        return answer(0, 0);
      }
      case USBDEVFS_GETDRIVER: {
        if (detached_) return answer(-1, ENODATA);
        auto* data = umockdev_ioctl_data_resolve(argument, 0, sizeof(usbdevfs_getdriver), nullptr);
        std::strncpy(reinterpret_cast<usbdevfs_getdriver*>(data->data)->driver, "usbhid",
                     USBDEVFS_MAXDRIVERNAME);
        return answer(0, 0);
      }
      case USBDEVFS_IOCTL:  // detach or attach the kernel's driver
        detached_ = !detached_;
        return answer(0, 0);
      case USBDEVFS_CLAIMINTERFACE:
        return detached_ ? answer(0, 0) : answer(-1, EBUSY);
      case USBDEVFS_RESET:
        std::fprintf(stderr, "sim: reset\n");
        reset();
        return answer(0, 0);
      case USBDEVFS_RELEASEINTERFACE:
      case USBDEVFS_CLEAR_HALT:
      case USBDEVFS_SETCONFIGURATION:
      case USBDEVFS_SETINTERFACE:
        return answer(0, 0);
      case USBDEVFS_SUBMITURB: {
        if (refused_ != 0) return answer(-1, refused_);
        Urb urb{};
        urb.urb = umockdev_ioctl_data_resolve(argument, 0, sizeof(usbdevfs_urb), nullptr);
        urb.buffer = umockdev_ioctl_data_resolve(urb.urb, G_STRUCT_OFFSET(usbdevfs_urb, buffer),
                                                 static_cast<gsize>(urb.get()->buffer_length), nullptr);
        submit(urb);
        return answer(0, 0);
      }
      case USBDEVFS_DISCARDURB: {
        const auto which = *reinterpret_cast<gulong*>(argument->data);
        const auto found =
            std::ranges::find_if(waiting_, [&](const Urb& u) { return u.urb->client_addr == which; });
        if (found == waiting_.end()) return answer(-1, EINVAL);
        finish(*found, -ENOENT, 0, {});
        done_.push_back(found->urb);
        waiting_.erase(found);
        return answer(0, 0);
      }
      case USBDEVFS_REAPURB:
      case USBDEVFS_REAPURBNDELAY: {
        auto* urb = reap();
        if (urb == nullptr) {
          // The node is a plain file and always ready: without a nap the other side spins.
          if (!gone_) usleep(500);
          return answer(-1, gone_ ? ENODEV : EAGAIN);
        }
        auto* place = umockdev_ioctl_data_resolve(argument, 0, sizeof(gpointer), nullptr);
        umockdev_ioctl_data_set_ptr(place, 0, urb);
        return answer(0, 0);
      }
      default:
        return answer(-1, ENOTTY);
    }
  }
  static gboolean on_ioctl(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer self) {
    return static_cast<Device*>(self)->handle(client);
  }

  UMockdevTestbed* bed_;
  std::string port_;
  int number_;
  UMockdevIoctlBase* ioctls_ = nullptr;
  std::deque<Urb> waiting_;
  std::deque<UMockdevIoctlData*> done_;
  std::deque<Reply> queued_;
  int refused_ = 0;
  bool gone_ = false, detached_ = false, held_ = false;
};

/// "0304FF" as bytes.
inline Bytes from_hex(const std::string& text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return out;
}

/// Throws unless umockdev's testbed can be seen by this process's children.
inline void expect_wrapper() {
  const char* preload = std::getenv("LD_PRELOAD");
  if (preload == nullptr || std::strstr(preload, "umockdev-preload") == nullptr)
    throw std::runtime_error("must be started by umockdev-wrapper");
}

}  // namespace usbfs

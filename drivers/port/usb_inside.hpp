#pragma once
#include <array>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <libusb.h>

#include "base/clock.hpp"
#include "drivers/driver.hpp"
#include "drivers/port/tap.hpp"
#include "drivers/port/usb_attendance.hpp"
#include "drivers/port/usb_context.hpp"
#include "drivers/port/wakeup.hpp"

namespace vigil::drivers {

/// What a claimed interface needs for as long as libusb holds one of its transfers, which may be longer than
/// its UsbDevice lives: the context keeps it until the last has come back.
class UsbPipe {
 public:
  UsbPipe(std::shared_ptr<UsbContext::Inside> context, const asio::any_io_executor& executor,
          const Clock& clock, Tap tap)
      : context_(std::move(context)),
        executor_(executor),
        clock_(clock),
        tap_(std::move(tap)),
        arrived_(executor, clock) {}
  ~UsbPipe();
  UsbPipe(const UsbPipe&) = delete;
  UsbPipe& operator=(const UsbPipe&) = delete;

  /// Throws: DeviceRefused, DeviceLost; `gone` is set when libusb says that there is no such device any more.
  void open(const UsbSighting& sighting, std::uint8_t interface, bool detach, bool& gone);
  void start();           ///< queues the interrupt transfers. Throws: DeviceRefused without bandwidth
  void close() noexcept;  ///< no more bytes; cancels what is under way
  /// Lost from now on; reset once it is closed and nothing of it is under way. False: it is unplugged.
  bool want_reset() noexcept;
  [[nodiscard]] bool reset_wanted() const noexcept { return reset_wanted_; }
  void reset_device() noexcept;  ///< takes its time; any thread, while nothing else uses the pipe
  [[nodiscard]] bool is_of(const libusb_device* device) const noexcept;
  /// After libusb's events, outside its callbacks: clears a halted endpoint. true: closed and finished.
  bool settle();

  asio::awaitable<Arrival> read(std::optional<std::chrono::milliseconds> timeout);
  asio::awaitable<std::optional<std::vector<std::byte>>> transfer(std::uint8_t endpoint,
                                                                  std::vector<std::uint8_t> buffer);
  void tap(Passed kind, Instant at, std::span<const std::byte> bytes) {
    if (tap_) tap_(at, static_cast<std::uint8_t>(kind), bytes);
  }
  void lose(std::string reason);

  UsbInterface interface_;
  std::string where_;
  bool report_ids_ = true;  ///< until its report descriptor says otherwise

 private:
  struct Flight {
    UsbPipe* pipe = nullptr;
    libusb_transfer* transfer = nullptr;
    std::vector<std::uint8_t> buffer;
    bool in_flight = false;
    ~Flight() { libusb_free_transfer(transfer); }
  };
  /// A single transfer that a coroutine waits for: control or OUT.
  struct Errand : Flight {
    explicit Errand(const asio::any_io_executor& executor, const Clock& clock) : done(executor, clock) {}
    Wakeup done;
    bool finished = false;
  };
  static void LIBUSB_CALL on_report(libusb_transfer* transfer) noexcept;
  static void LIBUSB_CALL on_errand(libusb_transfer* transfer) noexcept;
  bool submit(Flight& flight) noexcept;
  void fail(const char* what) noexcept;
  [[nodiscard]] bool reports_in_flight() const noexcept;

  std::shared_ptr<UsbContext::Inside> context_;
  asio::any_io_executor executor_;
  const Clock& clock_;
  Tap tap_;
  Wakeup arrived_;
  libusb_device_handle* handle_ = nullptr;
  bool claimed_ = false;
  std::array<Flight, 4> reports_;  ///< two would do; four ride out a slow turn of the loop
  std::list<std::shared_ptr<Errand>> errands_;
  struct Report {
    Instant at;
    std::vector<std::byte> bytes;
  };
  std::deque<Report> received_;
  Report current_;
  std::string lost_;
  bool closing_ = false;
  bool halted_ = false, cleared_ = false;
  int errors_in_a_row_ = 0;
  bool unplugged_ = false, no_bandwidth_ = false, reset_wanted_ = false;
};

/// libusb itself; a sighting's reference to a device keeps it, so that it ends last.
struct UsbLibrary {
  libusb_context* context = nullptr;
  ~UsbLibrary() {
    if (context != nullptr) libusb_exit(context);
  }
};

struct UsbContext::Inside : std::enable_shared_from_this<UsbContext::Inside> {
  Inside(const asio::any_io_executor& ex, std::function<void(UsbChange)> hear)
      : executor(ex), on_change(std::move(hear)), poll(ex) {}

  void start();
  void stop();
  void turn();  ///< lets libusb handle what is there, then does what its callbacks may not
  void turn_soon();
  void reset_apart(const std::shared_ptr<UsbPipe>& pipe);
  [[nodiscard]] bool resetting(const libusb_device* device) const noexcept;
  void watch(int fd, short events);
  void unwatch(int fd);

  struct Watched {
    explicit Watched(const asio::any_io_executor& ex) : descriptor(ex) {}
    asio::posix::stream_descriptor descriptor;
    short events = 0;
    bool refused = false;  ///< epoll does not take it: polled
  };
  void arm(int fd, const std::shared_ptr<Watched>& watched, asio::posix::descriptor_base::wait_type what);
  void refuse(Watched& watched);
  void poll_soon();
  void arrive(libusb_device* device);
  void leave(libusb_device* device);
  static int LIBUSB_CALL on_hotplug(libusb_context*, libusb_device* device, libusb_hotplug_event event,
                                    void* self);

  asio::any_io_executor executor;
  std::function<void(UsbChange)> on_change;
  asio::steady_timer poll;
  int polled = 0;  ///< descriptors that epoll refused
  bool polling = false, turning = false, again = false, stopped = false;
  std::shared_ptr<UsbLibrary> library = std::make_shared<UsbLibrary>();
  libusb_hotplug_callback_handle hotplug{};
  bool listening = false;
  std::map<int, std::shared_ptr<Watched>> watched;
  std::deque<std::pair<bool, libusb_device*>> noticed;  ///< each with a reference
  UsbAttendance<libusb_device, std::shared_ptr<const UsbSighting>> present;
  std::vector<std::shared_ptr<UsbPipe>> pipes;
  /// The kernel resets a port in a call that takes up to some seconds: apart, so that no other device waits.
  struct Reset {
    std::shared_ptr<UsbPipe> pipe;
    std::thread thread;
  };
  std::list<Reset> resets;
};

}  // namespace vigil::drivers

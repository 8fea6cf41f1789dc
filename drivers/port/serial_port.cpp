#include "drivers/port/serial_port.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace vigil::drivers {

namespace {

/// A device that does not take what is written for this long is gone or wedged.
constexpr auto write_deadline = std::chrono::seconds(3);

constexpr double bytes_a_second = 256 * 1024;
constexpr double burst = bytes_a_second;

constexpr auto speeds = std::to_array<std::pair<std::uint32_t, speed_t>>({
    {1200, B1200},
    {2400, B2400},
    {4800, B4800},
    {9600, B9600},
    {19200, B19200},
    {38400, B38400},
    {57600, B57600},
    {115200, B115200},
    {230400, B230400},
    {460800, B460800},
    {921600, B921600},
});

[[nodiscard]] std::string reason(int error) { return std::strerror(error); }

}  // namespace

struct SerialPort::Inside : std::enable_shared_from_this<Inside> {
  Inside(const asio::any_io_executor& executor, const Clock& c, std::string where, Tap t)
      : clock(c), path(std::move(where)), tap(std::move(t)), tty(executor), timer(executor) {}

  void open();
  void drive(const Line& line);

  /// Waits until the tty is ready or the deadline passes: true = ready. Throws when the coroutine is
  /// cancelled.
  asio::awaitable<bool> ready(asio::posix::descriptor_base::wait_type what, std::optional<Duration> within) {
    const auto turn = ++turns;
    if (within) {
      timer.expires_after(*within);
      timer.async_wait([self = shared_from_this(), turn](const boost::system::error_code& error) {
        // A time-out that was already on its way when the wait ended must not end the next one.
        if (error || self->turns != turn) return;
        self->late = true;
        self->tty.cancel();
      });
    }
    boost::system::error_code error;
    late = false;
    co_await tty.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
    ++turns;
    timer.cancel();
    if (std::exchange(late, false)) co_return false;
    if (error) {
      if (cut) throw DeviceLost(path + ": was reset");
      if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
      throw DeviceLost(path + ": " + error.message());
    }
    co_return true;
  }

  /// Whoever found bytes waiting lets the others have their turn first, and one that sends more than its
  /// share waits.
  asio::awaitable<void> turn() {
    found_waiting = false;
    const auto now = clock.now();
    credit = std::min(burst, credit + seconds(now - paid) * bytes_a_second);
    paid = now;
    if (credit >= 0) {
      co_await asio::post(tty.get_executor(), asio::use_awaitable);
      co_return;
    }
    timer.expires_after(clock.machine(from_seconds(-credit / bytes_a_second)));
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error && !cut) throw boost::system::system_error(error);
  }

  const Clock& clock;
  std::string path;
  Tap tap;
  asio::posix::stream_descriptor tty;
  asio::steady_timer timer;
  std::uint64_t turns = 0;
  bool late = false;
  bool cut = false;            ///< reset
  int raised = 0;              ///< modem lines
  bool found_waiting = false;  ///< the last read had to wait for nothing
  double credit = burst;       ///< bytes that may be read at once; below 0: to be waited for
  Instant paid{};
  std::array<std::byte, 4096> buffer{};
};

void SerialPort::Inside::open() {
  // O_NONBLOCK: an open must not wait for a carrier. O_NOCTTY: this must not become our terminal.
  const int fd = ::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) {
    const int error = errno;
    switch (error) {
      case EACCES:
      case EPERM:
        throw DeviceRefused(path + ": may not be opened (" + reason(error) +
                            "): install Vigil's udev rule, or add the daemon's user to the group of " + path);
      case EBUSY:
        throw DeviceRefused(path + ": another program has it for itself; close that program (fuser -v " +
                            path + " names it)");
      default:
        throw DeviceLost(path + ": " + reason(error));
    }
  }
  tty.assign(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      throw DeviceRefused(path + ": another program holds its lock; close that program (fuser -v " + path +
                          " names it)");
    throw DeviceLost(path + ": cannot be locked: " + reason(errno));
  }
  drive({});
  // Root is let in by the kernel all the same; the lock above still keeps a second daemon out.
  ::ioctl(fd, TIOCEXCL);
}

void SerialPort::Inside::drive(const Line& line) {
  const auto speed = std::ranges::find(speeds, line.baud, &std::pair<std::uint32_t, speed_t>::first);
  if (speed == speeds.end())
    throw DeviceRefused(
        path + ": " + std::to_string(line.baud) +
        " baud is no rate of a serial port; expected one of 1200 to 921600, such as 9600 or 115200");
  const int fd = tty.native_handle();
  termios settings{};
  if (::tcgetattr(fd, &settings) != 0) {
    if (errno == ENOTTY)
      throw DeviceRefused(path + ": expected a serial port, found something that is no tty");
    throw DeviceLost(path + ": " + reason(errno));
  }
  ::cfmakeraw(&settings);
  settings.c_cflag &= ~static_cast<tcflag_t>(CSIZE | CSTOPB | PARENB | PARODD | HUPCL | CRTSCTS);
  settings.c_cflag |= static_cast<tcflag_t>(CLOCAL | CREAD | (line.data_bits == 7 ? CS7 : CS8));
  if (line.stop_bits == 2) settings.c_cflag |= CSTOPB;
  if (line.parity != 'N') settings.c_cflag |= PARENB;
  if (line.parity == 'O') settings.c_cflag |= PARODD;
  if (line.hang_up) settings.c_cflag |= HUPCL;
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  ::cfsetspeed(&settings, speed->second);
  if (::tcsetattr(fd, TCSANOW, &settings) != 0) throw DeviceLost(path + ": " + reason(errno));
  // A pty has no modem lines: it refuses, and nothing is lost.
  raised = (line.dtr ? TIOCM_DTR : 0) | (line.rts ? TIOCM_RTS : 0);
  const int dropped = (TIOCM_DTR | TIOCM_RTS) & ~raised;
  ::ioctl(fd, TIOCMBIS, &raised);
  ::ioctl(fd, TIOCMBIC, &dropped);
  ::tcflush(fd, TCIOFLUSH);
}

SerialPort::SerialPort(const asio::any_io_executor& executor, const Clock& clock,
                       const std::filesystem::path& device, Tap tap)
    : in_(std::make_shared<Inside>(executor, clock, device.string(), std::move(tap))) {
  in_->open();
}

SerialPort::~SerialPort() {
  in_->timer.cancel();
  ++in_->turns;
  boost::system::error_code ignored;
  if (in_->tty.is_open()) {
    ::ioctl(in_->tty.native_handle(), TIOCNXCL);
    in_->tty.close(ignored);
  }
}

asio::awaitable<Arrival> SerialPort::read(std::optional<std::chrono::milliseconds> timeout) {
  const auto in = in_;
  const auto give_up = timeout ? std::optional(in->clock.now() + *timeout) : std::nullopt;
  if (in->found_waiting) co_await in->turn();
  if (in->cut) throw DeviceLost(in->path + ": was reset");
  for (bool waited = false, last = false;; waited = true) {
    const auto got = ::read(in->tty.native_handle(), in->buffer.data(), in->buffer.size());
    const int error = errno;
    if (got > 0) {
      in->found_waiting = !waited;
      in->credit -= static_cast<double>(got);
      const Arrival arrival{std::span(in->buffer.data(), static_cast<std::size_t>(got)), in->clock.now()};
      if (in->tap) in->tap(arrival.at, static_cast<std::uint8_t>(Passed::read), arrival.bytes);
      co_return arrival;
    }
    if (got == 0) throw DeviceLost(in->path + ": hung up");
    if (error != EAGAIN && error != EINTR) throw DeviceLost(in->path + ": " + reason(error));
    if (last) break;
    std::optional<Duration> within;
    if (give_up) within = in->clock.machine(std::max(*give_up - in->clock.now(), Duration{}));
    // Late may be this process and not the device: what has come meanwhile is no silence.
    last = !co_await in->ready(asio::posix::descriptor_base::wait_read, within);
  }
  const Arrival nothing{{}, in->clock.now()};
  if (in->tap) in->tap(nothing.at, static_cast<std::uint8_t>(Passed::time_out), {});
  co_return nothing;
}

asio::awaitable<void> SerialPort::write(std::span<const std::byte> bytes) {
  const auto in = in_;
  const auto whole = bytes;
  while (!bytes.empty()) {
    const auto put = ::write(in->tty.native_handle(), bytes.data(), bytes.size());
    const int error = errno;
    if (put > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(put));
      continue;
    }
    if (put < 0 && error != EAGAIN && error != EINTR) throw DeviceLost(in->path + ": " + reason(error));
    const Duration within = in->clock.machine(write_deadline);
    const bool ready = co_await in->ready(asio::posix::descriptor_base::wait_write, within);
    if (!ready) throw DeviceLost(in->path + ": does not take what is written to it");
  }
  if (in->tap) in->tap(in->clock.now(), static_cast<std::uint8_t>(Passed::written), whole);
}

void SerialPort::line(const Line& line) {
  in_->drive(line);
  // A driver that only listens writes nothing: this tells where its sessions begin in a capture.
  if (in_->tap) in_->tap(in_->clock.now(), static_cast<std::uint8_t>(Passed::written), {});
}

bool SerialPort::reset() noexcept {
  auto& in = *in_;
  in.cut = true;
  const int raised = in.raised;
  const bool dropped = raised != 0 && ::ioctl(in.tty.native_handle(), TIOCMBIC, &raised) == 0;
  boost::system::error_code ignored;
  in.tty.cancel(ignored);
  in.timer.cancel();
  return dropped;
}

Instant SerialPort::now() const { return in_->clock.now(); }

std::string_view SerialPort::where() const { return in_->path; }

}  // namespace vigil::drivers

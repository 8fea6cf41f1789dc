#include "drivers/port/usb_device.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "drivers/port/hid_descriptor.hpp"
#include "drivers/port/usb_inside.hpp"

namespace vigil::drivers {
namespace {

/// Control transfers and OUT reports: the machine's time after which a device that does not answer is taken
/// as having stalled.
constexpr unsigned answer_within_ms = 1000;
/// What usbfs carries in one control transfer, and as long as Linux lets a report descriptor be; one that
/// claims more is asked for this much.
constexpr std::uint16_t longest_answer = 4096;
/// Transport errors in a row after which the device is given up (an unplug announces itself by some of them).
constexpr int errors_too_many = 8;
/// Reports nobody has read; more mean that the driver has stopped reading.
constexpr std::size_t most_unread = 4096;

}  // namespace

UsbPipe::~UsbPipe() {
  if (handle_ == nullptr) return;
  if (claimed_) libusb_release_interface(handle_, interface_.number);
  libusb_close(handle_);
}

void UsbPipe::open(const UsbSighting& sighting, std::uint8_t interface, bool detach, bool& gone) {
  const auto found = std::ranges::find(sighting.interfaces, interface, &UsbInterface::number);
  where_ = "usb " + sighting.port_path + " interface " + std::to_string(interface);
  if (found == sighting.interfaces.end()) throw DeviceRefused(where_ + ": the device has no such interface");
  interface_ = *found;
  if (!interface_.interrupt_in)
    throw DeviceRefused(where_ + ": expected an interrupt-IN endpoint, the interface has none");

  if (context_->resetting(sighting.device.get())) throw DeviceLost(where_ + ": is being reset");

  if (const int error = libusb_open(sighting.device.get(), &handle_); error != 0) {
    handle_ = nullptr;
    gone = error == LIBUSB_ERROR_NO_DEVICE;
    if (error == LIBUSB_ERROR_IO)
      throw DeviceRefused(where_ +
                          ": may not be opened: the service's sandbox keeps its device node out "
                          "(DeviceAllow=char-usb_device rw in vigil.service lets it in)");
    if (error == LIBUSB_ERROR_ACCESS)
      throw DeviceRefused(
          where_ +
          ": may not be opened: install Vigil's udev rule (systemd/*.rules), or give the daemon's "
          "user the right to write to the device node");
    throw DeviceLost(where_ + ": " + libusb_error_name(error));
  }
  if (detach) libusb_set_auto_detach_kernel_driver(handle_, 1);
  if (const int error = libusb_claim_interface(handle_, interface); error != 0) {
    if (error == LIBUSB_ERROR_BUSY)
      throw DeviceRefused(where_ + ": another program or kernel driver holds it; close that program");
    if (error == LIBUSB_ERROR_ACCESS)
      throw DeviceRefused(where_ + ": may not be claimed: install Vigil's udev rule");
    gone = error == LIBUSB_ERROR_NO_DEVICE;
    throw DeviceLost(where_ + ": cannot be claimed: " + libusb_error_name(error));
  }
  claimed_ = true;
}

bool UsbPipe::submit(Flight& flight) noexcept {
  errno = 0;
  const int error = libusb_submit_transfer(flight.transfer);
  // libusb has no error of its own for a bus without room; the kernel's shines through.
  no_bandwidth_ = no_bandwidth_ || (error == LIBUSB_ERROR_IO && errno == ENOSPC);
  flight.in_flight = error == 0;
  if (error == LIBUSB_ERROR_NO_DEVICE)
    fail(nullptr);
  else if (error != 0)
    fail(libusb_error_name(error));
  return error == 0;
}

void UsbPipe::fail(const char* what) noexcept {
  unplugged_ = unplugged_ || what == nullptr;
  lose(what == nullptr ? std::string("unplugged") : std::string("cannot be talked to: ") + what);
}

bool UsbPipe::want_reset() noexcept {
  if (unplugged_ || handle_ == nullptr) return false;
  reset_wanted_ = true;
  lose("was reset");
  return true;
}

void UsbPipe::reset_device() noexcept {
  // Whatever comes of it: where the device is another one afterwards, the kernel says LEFT and ARRIVED.
  libusb_reset_device(handle_);
}

bool UsbPipe::is_of(const libusb_device* device) const noexcept {
  return handle_ != nullptr && libusb_get_device(handle_) == device;
}

void UsbPipe::start() {
  // A buffer of one packet: a report that is longer would be an overflow of the device's own making.
  const auto& endpoint = *interface_.interrupt_in;
  for (auto& flight : reports_) {
    flight.pipe = this;
    flight.transfer = libusb_alloc_transfer(0);
    if (flight.transfer == nullptr) throw std::bad_alloc();
    flight.buffer.resize(std::max<std::size_t>(endpoint.max_packet, 8));
    libusb_fill_interrupt_transfer(flight.transfer, handle_, endpoint.address, flight.buffer.data(),
                                   static_cast<int>(flight.buffer.size()), &UsbPipe::on_report, &flight, 0);
    if (!submit(flight)) break;
  }
  if (no_bandwidth_)
    throw DeviceRefused(
        where_ +
        ": the USB bus has no bandwidth left for it: plug it in at another controller or hub, "
        "or unplug another device there");
}

bool UsbPipe::reports_in_flight() const noexcept {
  return std::ranges::any_of(reports_, [](const Flight& f) { return f.in_flight; });
}

void LIBUSB_CALL UsbPipe::on_report(libusb_transfer* transfer) noexcept {
  auto& flight = *static_cast<Flight*>(transfer->user_data);
  auto& pipe = *flight.pipe;
  flight.in_flight = false;
  if (pipe.closing_) return;
  switch (transfer->status) {
    case LIBUSB_TRANSFER_COMPLETED: {
      pipe.errors_in_a_row_ = 0;
      pipe.cleared_ = false;
      const auto bytes =
          std::as_bytes(std::span(transfer->buffer, static_cast<std::size_t>(transfer->actual_length)));
      if (!bytes.empty()) {
        if (pipe.received_.size() >= most_unread) pipe.received_.pop_front();
        pipe.received_.push_back({pipe.clock_.now(), {bytes.begin(), bytes.end()}});
        pipe.arrived_.wake();
      }
      break;
    }
    case LIBUSB_TRANSFER_STALL:
      // Cleared by settle() once no transfer is under way: clearing is not for a callback.
      if (std::exchange(pipe.halted_, true)) return;
      for (auto& other : pipe.reports_)
        if (other.in_flight) libusb_cancel_transfer(other.transfer);
      return;
    case LIBUSB_TRANSFER_NO_DEVICE:
      pipe.fail(nullptr);
      return;
    case LIBUSB_TRANSFER_CANCELLED:
      if (pipe.halted_) return;
      break;
    case LIBUSB_TRANSFER_OVERFLOW:
    case LIBUSB_TRANSFER_ERROR:
    case LIBUSB_TRANSFER_TIMED_OUT:
      if (++pipe.errors_in_a_row_ >= errors_too_many) {
        pipe.lose(transfer->status == LIBUSB_TRANSFER_OVERFLOW
                      ? "sends reports longer than the " + std::to_string(flight.buffer.size()) +
                            " bytes that its descriptor says"
                      : "too many transfers failed in a row");
        return;
      }
      break;
  }
  if (pipe.lost_.empty() && !pipe.halted_) pipe.submit(flight);
}

void LIBUSB_CALL UsbPipe::on_errand(libusb_transfer* transfer) noexcept {
  auto& errand = *static_cast<Errand*>(transfer->user_data);
  auto& pipe = *errand.pipe;
  errand.in_flight = false;
  errand.finished = true;
  errand.done.wake();
  if (transfer->status == LIBUSB_TRANSFER_NO_DEVICE) pipe.fail(nullptr);
  // The waiting coroutine shares it; where that was cancelled this frees it.
  const auto self = std::ranges::find_if(pipe.errands_, [&](const auto& e) { return e.get() == &errand; });
  if (self != pipe.errands_.end()) pipe.errands_.erase(self);
}

void UsbPipe::lose(std::string reason) {
  if (!lost_.empty()) return;
  lost_ = where_ + ": " + reason;
  arrived_.wake();
}

void UsbPipe::close() noexcept {
  closing_ = true;
  tap_ = nullptr;
  for (auto& flight : reports_)
    if (flight.in_flight) libusb_cancel_transfer(flight.transfer);
  for (const auto& errand : errands_)
    if (errand->in_flight) libusb_cancel_transfer(errand->transfer);
}

bool UsbPipe::settle() {
  if (closing_) return !reports_in_flight() && errands_.empty();
  if (halted_ && !reports_in_flight() && lost_.empty()) {
    halted_ = false;
    if (cleared_) {
      lose("stalled again after its halt was cleared");
    } else if (const int error = libusb_clear_halt(handle_, interface_.interrupt_in->address); error != 0) {
      lose(std::string("stalled, and the halt cannot be cleared: ") + libusb_error_name(error));
    } else {
      cleared_ = true;
      for (auto& flight : reports_)
        if (!submit(flight)) break;
    }
  }
  return false;
}

asio::awaitable<Arrival> UsbPipe::read(std::optional<std::chrono::milliseconds> timeout) {
  const auto give_up = timeout ? std::optional(clock_.now() + *timeout) : std::nullopt;
  // What arrived before the loss is still handed out.
  while (received_.empty()) {
    if (!lost_.empty()) throw DeviceLost(lost_);
    std::optional<std::chrono::milliseconds> left;
    if (give_up) left = std::chrono::ceil<std::chrono::milliseconds>(*give_up - clock_.now());
    if (left && left->count() <= 0 && timeout->count() > 0) break;
    const bool woken = co_await arrived_.wait(left);
    if (!woken && received_.empty() && lost_.empty()) break;
  }
  if (received_.empty()) {
    if (!lost_.empty()) throw DeviceLost(lost_);
    const Instant now = clock_.now();
    tap(Passed::time_out, now, {});
    co_return Arrival{{}, now};
  }
  current_ = std::move(received_.front());
  received_.pop_front();
  tap(Passed::read, current_.at, current_.bytes);
  co_return Arrival{current_.bytes, current_.at};
}

asio::awaitable<std::optional<std::vector<std::byte>>> UsbPipe::transfer(std::uint8_t endpoint,
                                                                         std::vector<std::uint8_t> buffer) {
  if (!lost_.empty()) throw DeviceLost(lost_);
  const auto errand = std::make_shared<Errand>(executor_, clock_);
  errand->pipe = this;
  errand->buffer = std::move(buffer);
  errand->transfer = libusb_alloc_transfer(0);
  if (errand->transfer == nullptr) throw std::bad_alloc();
  if (endpoint == 0)
    libusb_fill_control_transfer(errand->transfer, handle_, errand->buffer.data(), &UsbPipe::on_errand,
                                 errand.get(), answer_within_ms);
  else
    libusb_fill_interrupt_transfer(errand->transfer, handle_, endpoint, errand->buffer.data(),
                                   static_cast<int>(errand->buffer.size()), &UsbPipe::on_errand, errand.get(),
                                   answer_within_ms);
  errands_.push_back(errand);
  if (!submit(*errand)) {
    errands_.remove(errand);
    throw DeviceLost(lost_);
  }
  try {
    while (!errand->finished)
      co_await errand->done.wait({});
  } catch (...) {  // cancelled: libusb gives it back later, to this pipe
    if (errand->in_flight) libusb_cancel_transfer(errand->transfer);
    throw;
  }
  if (errand->transfer->status == LIBUSB_TRANSFER_NO_DEVICE) throw DeviceLost(lost_);
  if (errand->transfer->status != LIBUSB_TRANSFER_COMPLETED) co_return std::nullopt;
  std::vector<std::byte> answer;
  if (endpoint == 0) {
    const auto* data = libusb_control_transfer_get_data(errand->transfer);
    const auto bytes =
        std::as_bytes(std::span(data, static_cast<std::size_t>(errand->transfer->actual_length)));
    answer.assign(bytes.begin(), bytes.end());
  }
  co_return answer;
}

UsbDevice::UsbDevice(UsbContext& context, const asio::any_io_executor& executor, const Clock& clock,
                     const UsbSighting& sighting, std::uint8_t interface, Tap tap, KernelDriver kernel_driver)
    : clock_(clock),
      context_(*context.in_),
      pipe_(std::make_shared<UsbPipe>(context.in_, executor, clock, std::move(tap))) {
  bool gone = false;
  try {
    pipe_->open(sighting, interface, kernel_driver == KernelDriver::detach, gone);
  } catch (const DeviceLost&) {
    if (gone) context.forget(sighting);
    throw;
  }
  context.in_->pipes.push_back(pipe_);
  try {
    pipe_->start();
  } catch (...) {
    close();
    throw;
  }
}

UsbDevice::~UsbDevice() { close(); }

void UsbDevice::close() noexcept {
  pipe_->close();
  // Where nothing of it is under way no event of libusb's would ever end it, and its interface stay claimed.
  context_.turn_soon();
}

bool UsbDevice::reset() noexcept { return pipe_->want_reset(); }

asio::awaitable<Arrival> UsbDevice::read(std::optional<std::chrono::milliseconds> timeout) {
  return pipe_->read(timeout);
}

asio::awaitable<void> UsbDevice::write(std::span<const std::byte> bytes) {
  const auto pipe = pipe_;
  if (const auto& out = pipe->interface_.interrupt_out) {
    std::vector<std::uint8_t> buffer(bytes.size());
    std::ranges::transform(bytes, buffer.begin(),
                           [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
    const auto done = co_await pipe->transfer(out->address, std::move(buffer));
    if (!done) throw DeviceLost(pipe->where_ + ": does not take reports");
    pipe->tap(Passed::written, clock_.now(), bytes);
    co_return;
  }
  constexpr std::uint8_t class_to_interface = 0x21, set_report = 0x09;
  constexpr std::uint16_t output = 0x0200;
  const auto id =
      bytes.empty() || !pipe->report_ids_ ? std::uint16_t{0} : std::to_integer<std::uint16_t>(bytes.front());
  // Not by control(): a capture swallows what is written, and answers only what was asked.
  const auto done =
      co_await request(class_to_interface, set_report, static_cast<std::uint16_t>(output | id), 0, bytes, 0);
  if (!done) throw DeviceLost(pipe->where_ + ": does not take reports");
  pipe->tap(Passed::written, clock_.now(), bytes);
}

asio::awaitable<std::vector<std::byte>> UsbDevice::control(std::uint8_t request_type, std::uint8_t request,
                                                           std::uint16_t value, std::uint16_t index,
                                                           std::span<const std::byte> out,
                                                           std::uint16_t in_length) {
  const auto pipe = pipe_;
  auto answer = co_await this->request(request_type, request, value, index, out, in_length);
  const bool in = (request_type & LIBUSB_ENDPOINT_IN) != 0;
  if (!answer || !in) answer.emplace();
  if (in && request == LIBUSB_REQUEST_GET_DESCRIPTOR && value >> 8 == LIBUSB_DT_REPORT && !answer->empty())
    pipe->report_ids_ = report_lengths(*answer).ids;
  pipe->tap(Passed::control_answer, clock_.now(), *answer);
  co_return std::move(*answer);
}

/// nullopt: it stalls, or does not answer.
asio::awaitable<std::optional<std::vector<std::byte>>> UsbDevice::request(
    std::uint8_t request_type, std::uint8_t request, std::uint16_t value, std::uint16_t index,
    std::span<const std::byte> out, std::uint16_t in_length) {
  const auto pipe = pipe_;
  const bool in = (request_type & LIBUSB_ENDPOINT_IN) != 0;
  if ((request_type & 0x1F) == LIBUSB_RECIPIENT_INTERFACE)
    index = static_cast<std::uint16_t>((index & 0xFF00) | pipe->interface_.number);
  if (in && in_length == 0 && request == LIBUSB_REQUEST_GET_DESCRIPTOR && value >> 8 == LIBUSB_DT_REPORT)
    in_length = std::min(pipe->interface_.hid_report_length, longest_answer);
  const auto length = in ? in_length : static_cast<std::uint16_t>(out.size());
  std::vector<std::uint8_t> buffer(LIBUSB_CONTROL_SETUP_SIZE + length);
  libusb_fill_control_setup(buffer.data(), request_type, request, value, index, length);
  if (!in)
    std::ranges::transform(out, buffer.begin() + LIBUSB_CONTROL_SETUP_SIZE,
                           [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  auto answer = co_await pipe->transfer(0, std::move(buffer));
  co_return answer;
}

Instant UsbDevice::now() const { return clock_.now(); }

std::string_view UsbDevice::where() const { return pipe_->where_; }

}  // namespace vigil::drivers

#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "core/channel.hpp"
#include "core/instant.hpp"
#include "core/sample.hpp"

namespace vigil::drivers {

namespace asio = boost::asio;

/// The device is gone or cannot be talked to any more. supervise() logs it once, backs off and reopens.
struct DeviceLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// It is not what the driver takes it for, or refuses in a way that trying again will not mend.
/// `what()` names the object, what was expected and what to do.
struct DeviceRefused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What arrived in one read. Empty bytes: the time-out passed. Borrowed until the next read.
struct Arrival {
  std::span<const std::byte> bytes;
  Instant at;
};

/// How a serial line is driven.
struct Line {
  std::uint32_t baud = 115200;
  char parity = 'N';  ///< N, E, O
  std::uint8_t data_bits = 8, stop_bits = 1;
  bool dtr = true, rts = true;
  bool hang_up = true;  ///< drop DTR on closing, which resets some boards at the next opening
};

/// Bytes from and to one open device, in the device's own time: for a live port that is now, for a capture
/// or a file the time of the recording, so that a driver's time-outs repeat exactly.
/// All calls from the acquire thread. Every read is offered to the recorder before it is returned.
class Port {
 public:
  virtual ~Port() = default;
  /// Throws DeviceLost. No time-out: waits until bytes arrive or the device is lost.
  virtual asio::awaitable<Arrival> read(std::optional<std::chrono::milliseconds> timeout = {}) = 0;
  /// Serial: all bytes. USB: OUT report. A capture swallows them. Throws DeviceLost.
  virtual asio::awaitable<void> write(std::span<const std::byte> bytes) = 0;
  /// USB control transfer IN/OUT; empty when the device stalls it. Only on USB ports and their captures.
  /// To recipient "interface" the port fills in its own interface; GET_DESCRIPTOR(report) with in_length 0
  /// asks for as many bytes as the configuration says there are. Throws DeviceLost.
  virtual asio::awaitable<std::vector<std::byte>> control(std::uint8_t request_type, std::uint8_t request,
                                                          std::uint16_t value, std::uint16_t index,
                                                          std::span<const std::byte> out,
                                                          std::uint16_t in_length);
  /// Serial: from now on; what was received before is dropped. Other ports and captures ignore it.
  /// Throws: DeviceRefused when the port cannot be driven so, DeviceLost.
  virtual void line(const Line& line);
  /// Resets the device, once it has stalled: the USB device; serial: DTR and RTS go down, by which many
  /// boards start anew. The port is of no use afterwards and is to be opened anew. False: nothing of the kind
  /// here.
  virtual bool reset() noexcept { return false; }
  [[nodiscard]] virtual Instant now() const = 0;
  /// "/dev/ttyACM0", "usb 1-1.2 interface 0", "night.cwa".
  [[nodiscard]] virtual std::string_view where() const = 0;
};

/// Where a driver puts what it understood. Announce before the first sample. Acquire thread only.
class SampleSink {
 public:
  virtual ~SampleSink() = default;
  virtual ChannelIndex announce(const Channel& channel) = 0;
  virtual void sample(ChannelIndex channel, Instant at, std::span<const float> values) = 0;
  virtual void reject(Reject reason, std::uint64_t count = 1) = 0;
  /// For people and the health page: model and firmware.
  virtual void describe(std::string what) = 0;
  virtual void battery(float percent) = 0;
  /// What is wrong with it now although it runs, for people, and what to do: "cell 2 gives no number: is its
  /// cable in?". Empty: nothing any more. Of a load channel's values, those of such cells are NaN.
  virtual void note(std::string what) { static_cast<void>(what); }
  /// The device said who it is, before its first sample: "axivity:CWA17_00123". An implementation may throw
  /// DeviceRefused when another was expected. At most 47 bytes.
  virtual void identify(std::string_view identity) { static_cast<void>(identity); }
};

/// How a device is recognised.
struct UsbMatch {  ///< vendor and product; product 0 = any
  std::uint16_t vendor, product;
  std::string_view model;
};
struct HidUsageMatch {  ///< the HID report descriptor has this application collection
  std::uint16_t page, usage;
  std::string_view model;
};
struct SerialMatch {  ///< a tty of this USB vendor and product whose serial number matches the pattern
  std::uint16_t vendor, product;
  std::string_view serial_prefix;
  std::string_view model;
};
struct BootKeyboard {  ///< a USB HID boot keyboard: never opened before a person assigned it to a bed
  std::string_view model;
};
struct Adapter {  ///< a common USB adapter behind which it may be: no sign of the sensor, but kept free for
                  ///< it
  std::uint16_t vendor, product;
  std::string_view model;
};
struct ExplicitOnly {  ///< only where the configuration says so
  std::string_view model;
};
using Match = std::variant<UsbMatch, HidUsageMatch, SerialMatch, BootKeyboard, Adapter, ExplicitOnly>;

/// One key of `[[device]]` in the configuration that this driver understands.
struct Setting {
  enum class Type : std::uint8_t { text, number, boolean, list };  ///< list: of texts
  std::string_view key;
  Type type = Type::text;
  std::string_view unit;
  double minimum = 0, maximum = 0;  ///< numbers
  std::string_view fallback;        ///< as it would be written; empty: required or absent
  std::string_view help;
};

/// The values of a device's settings after validation: text as written, numbers in range, defaults filled in.
class Settings {
 public:
  virtual ~Settings() = default;
  [[nodiscard]] virtual std::string text(std::string_view key) const = 0;
  [[nodiscard]] virtual double number(std::string_view key) const = 0;
  [[nodiscard]] virtual bool boolean(std::string_view key) const = 0;
  [[nodiscard]] virtual std::vector<std::string> list(std::string_view key) const = 0;
};

struct Wrong;  ///< drivers/settings.hpp

enum class Transport : std::uint8_t { serial, usb, none, file };

/// A driver is this description and one coroutine. It runs until DeviceLost, DeviceRefused, cancellation, or
/// (files, finished nights) its data ends.
struct Driver {
  std::string_view name;   ///< = folder = configuration key = log tag = JSON value
  std::string_view title;  ///< for people
  Transport transport;
  std::span<const Match> matches;
  std::span<const Setting> settings;
  std::chrono::milliseconds stale_after;
  bool simulated;  ///< what it says is labelled SIMULATED everywhere
  asio::awaitable<void> (*run)(Port&, const Settings&, SampleSink&);
  /// What in its settings, each in range by itself, is still wrong. A driver without such settings has none.
  std::vector<Wrong> (*check)(const Settings&) = nullptr;
};

/// All drivers of this build (registry.cpp).
std::span<const Driver* const> all();
/// Whether only a person can say where it is: it needs a port, and nothing attached would be known as it.
bool port_needed(const Driver& driver) noexcept;
/// nullptr when there is none of that name.
const Driver* find(std::string_view name) noexcept;

}  // namespace vigil::drivers

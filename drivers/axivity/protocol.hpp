#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "core/sample.hpp"

/// Axivity AX3 and AX6 over CDC-ACM: ASCII lines.
///
///   host    ID\r          RATE\r        SAMPLE 1\r                    STREAM\r
///   device  ID=CWA,17,50,123,0\r\n      $BATT=700,4101,mV,87,0\r\n    -12,3,251\r\n ... (no acknowledgement)
///              |   |  |  |   session    RATE=74,100\r\n               ax,ay,az,gx,gy,gz\r\n (AX6 with gyro)
///              |   |  |  device id      code, Hz
///              |   |  firmware
///              |   hardware (BCD printed as hex)
///              type: CWA (AX3) or AX6
///
/// Any line from the host stops the stream. The device answers a line that begins with AT with OK (a modem
/// probe may have left bytes behind). A locked one answers STREAM with "ERROR: Locked.". Nothing protects a
/// line: of all damages to a byte of a stream fewer than three in five give a sample that was not sent,
/// within 20 g on each axis (tests); the cable's own checksum is what keeps them out. Source: the firmware,
/// openmovementproject/openmovement @4abb1202, where it and the published documents disagree. Unconfirmed on
/// hardware: what an AX6 prints while its gyro is off.
namespace vigil::drivers::axivity {

/// The stream is sampled by the device's tick of 655/65536 s, whatever RATE says of its recording.
inline constexpr double stream_hz = 65536.0 / 655;
/// A line is at most this long; longer is no line.
inline constexpr std::size_t longest_line = 64;

struct Identity {
  std::string type;      ///< "CWA" or "AX6"
  std::string hardware;  ///< as printed: "17"
  unsigned firmware = 0;
  unsigned long device = 0, session = 0;
  [[nodiscard]] bool is_ax6() const noexcept { return type == "AX6"; }
  [[nodiscard]] std::string serial() const;  ///< "CWA17_00123", as its USB serial number
  [[nodiscard]] std::string what() const;    ///< "AX3 17, firmware 50"
};
/// nullopt: not an ID line of an AX3 or AX6.
[[nodiscard]] std::optional<Identity> parse_identity(std::string_view line);

struct Rate {
  unsigned code = 0;
  double hz = 0;    ///< of its recording
  int range_g = 0;  ///< 2, 4, 8 or 16
};
[[nodiscard]] std::optional<Rate> parse_rate(std::string_view line);
/// Hz = 3200 / 2^(15 - (code & 15)), range = 16 >> (code >> 6) g.
[[nodiscard]] Rate rate_of(unsigned code) noexcept;

struct Battery {
  int percent = 0;
  int millivolt = 0;
};
[[nodiscard]] std::optional<Battery> parse_battery(std::string_view line);

/// A line of the stream as it is printed: raw units; of six numbers the last three are the gyroscope's.
struct StreamLine {
  std::array<int, 3> acceleration{};
  std::size_t columns = 0;  ///< 3 or 6
};
/// Whole numbers as the firmware prints them (no "+1", "01", "-0"). Errors: length (neither three nor six),
/// syntax.
[[nodiscard]] boost::system::result<StreamLine, Reject> parse_sample(std::string_view line) noexcept;

/// Whether a line has as many columns as the stream. An AX6's gyroscope may be switched while it streams; a
/// line of six torn in two looks like two of three, whose second would pass the gyroscope off as
/// acceleration. So a change is believed at its third line, and the two before are not. The first
/// line of a stream is believed at once: were it the torn one, the next two would be lost for it.
class Columns {
 public:
  [[nodiscard]] bool take(std::size_t columns) noexcept;
  void clear() noexcept { columns_ = changed_ = 0; }

 private:
  std::size_t columns_ = 0;  ///< 0: the first line says it
  std::size_t changed_ = 0;
};

/// To g. Error: range (beyond 20 g).
[[nodiscard]] boost::system::result<std::array<float, 3>, Reject> to_g(const std::array<int, 3>& raw,
                                                                       float lsb_per_g) noexcept;

/// Takes bytes as they come, gives lines without CR and LF. Lines longer than `longest_line` are dropped up
/// to their LF and counted.
class LineSplitter {
 public:
  /// The next complete line in `bytes`, which is advanced; nullopt when they are used up. Valid until the
  /// next call.
  std::optional<std::string_view> next(std::span<const std::byte>& bytes);
  void clear() noexcept { size_ = 0, dropping_ = false; }
  /// How many were dropped since the last call.
  [[nodiscard]] std::uint64_t take_dropped() noexcept;

 private:
  std::array<char, longest_line> line_{};
  std::size_t size_ = 0;
  bool dropping_ = false;
  std::uint64_t dropped_ = 0;
};

}  // namespace vigil::drivers::axivity

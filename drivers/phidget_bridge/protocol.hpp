#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include <boost/system/result.hpp>

#include "core/instant.hpp"
#include "core/sample.hpp"

/// Phidget Bridge 1046_0: up to four load cells, 24 bit, one packet every 8 ms on the interrupt-IN endpoint.
///
///   in   0      low nibble: cell i is enabled; high nibble: cell i has a fresh sample in this packet
///        1      low nibble: cell i is out of range
///        2, 3   gain codes of cells 0 and 1, 2 and 3, the lower cell in the high nibble
///        4, 5   data interval in units of 8 ms, 10 bits, high byte first
///        6+3i   cell i, 24 bit, big endian, offset binary; what is not fresh is left from before
///   out  0      cells to enable      1, 2  gain codes as above      3, 4  interval, low byte first      rest
///   0
///
///   FF 00 77 77 00 01 88 31 27 85 14 3C 7F AC 1D 80 00 00 = four fresh cells at x128, every 8 ms:
///   0.5, 0.31, -0.02 and 0 mV/V
///
/// Gain codes: 0 = x1, 3 = x8, 4 = x16, 5 = x32, 6 = x64, 7 = x128. V/V = (raw - 0x800000) / 0x800000 /
/// gain.
///
/// **One sample of the bed is one round of its cells.** A round is open until every enabled cell has spoken
/// in it, in one packet or in several; it is stamped with the arrival of the last. A cell that speaks again
/// before the others did ends the round as it is, and so does a pause: cells that did not speak have no
/// number in it (NaN), never their last one.
///
/// No checksum of its own (USB has one): what slips through damage is bounded by the echo of the settings,
/// which every packet carries, and by twice the cells' capacity.
///
/// Sources: libphidget21 cphidgetbridge.c, libphidget22 bridgedevice.c (facts only; they agree). Unconfirmed
/// on hardware: the HID report descriptor (read at run time), whether fresh cells come in one packet, and
/// the state after power-up (always configured anew).
namespace vigil::drivers::phidget_bridge {

inline constexpr std::size_t most_cells = 4;
inline constexpr std::size_t packet_size = 18;  ///< at least
inline constexpr std::size_t setup_size = 8;    ///< of an OUT report, unless its descriptor says otherwise
inline constexpr int unit_ms = 8;               ///< of the data interval, and between packets

/// nullopt: not 1, 8, 16, 32, 64 or 128.
[[nodiscard]] std::optional<std::uint8_t> gain_code(double factor) noexcept;
/// nullopt: a code that is none.
[[nodiscard]] std::optional<int> gain_factor(std::uint8_t code) noexcept;

/// What the board is told, and what each packet says that it does.
struct BoardSetup {
  std::uint8_t enabled = 0;  ///< bit i: cell i
  std::array<std::uint8_t, most_cells> gains{};
  std::uint16_t interval = 1;  ///< in units of 8 ms

  [[nodiscard]] bool has(std::size_t cell) const noexcept { return (enabled >> cell & 1) != 0; }
  /// Whether a packet that says `this` was made under `wanted`; gains of cells that are off are not compared.
  [[nodiscard]] bool echoes(const BoardSetup& wanted) const noexcept;
};
[[nodiscard]] std::array<std::byte, setup_size> encode(const BoardSetup& setup) noexcept;

struct Packet {
  BoardSetup setup;
  std::uint8_t fresh = 0, error = 0;  ///< bit i: cell i
  std::array<std::uint32_t, most_cells> raw{};
};
/// Errors: length (shorter than a packet). What is longer is taken: its end is not known here.
[[nodiscard]] boost::system::result<Packet, Reject> decode(std::span<const std::byte> bytes) noexcept;

/// mV/V of one cell; nullopt: the board's own end of range (beyond 0.995 of it; x1: all of it), or no gain.
[[nodiscard]] std::optional<double> millivolts_per_volt(std::uint32_t raw, std::uint8_t gain) noexcept;

/// How one cell turns mV/V into kg.
struct Calibration {
  double capacity_kg = 100;
  double sensitivity = 2;  ///< mV/V at its capacity; negative where it hangs upside down
  double zero = 0;         ///< mV/V without load
};
/// Beyond this many times its capacity no cell tells the truth; its calibration is wrong.
inline constexpr double most_capacities = 2;
[[nodiscard]] constexpr double kilograms(double mv_per_v, const Calibration& cell) noexcept {
  return (mv_per_v - cell.zero) / cell.sensitivity * cell.capacity_kg;
}

/// One sample of all cells.
struct Round {
  Instant at;                           ///< when its last part arrived
  std::uint8_t spoken = 0;              ///< bit i: cell i said something in it
  std::array<double, most_cells> mv{};  ///< mV/V, NaN: no number
};

/// Puts the fresh cells of packets together to rounds. A value, for one setup; anew after each change.
class Rounds {
 public:
  explicit Rounds(const BoardSetup& setup) noexcept : setup_(setup), waking_(setup.enabled) { begin(); }

  /// Takes a packet that echoes the setup; `out(const Round&)` for each round that is over, at most two.
  /// False: it held a cell's first sample after enabling, which is no measurement and was left out.
  template <class OUT>
  bool feed(const Packet& packet, Instant at, OUT&& out) {
    const auto fresh = static_cast<std::uint8_t>(packet.fresh & setup_.enabled);
    const auto first = static_cast<std::uint8_t>(fresh & waking_);
    waking_ = static_cast<std::uint8_t>(waking_ & ~first);
    const auto speaking = static_cast<std::uint8_t>(fresh & ~first);
    if (speaking == 0) return first == 0;
    if (round_.spoken != 0 && ((round_.spoken & speaking) != 0 || at - begun_ > apart())) {
      out(std::as_const(round_));
      begin();
    }
    if (round_.spoken == 0) begun_ = at;
    take(packet, speaking);
    round_.at = at;
    if (round_.spoken == setup_.enabled) {
      out(std::as_const(round_));
      begin();
    }
    return first == 0;
  }

 private:
  void begin() noexcept {
    round_.spoken = 0;
    round_.mv.fill(std::numeric_limits<double>::quiet_NaN());
  }
  void take(const Packet& packet, std::uint8_t speaking) noexcept;
  /// Cells that speak further apart than this belong to different rounds.
  [[nodiscard]] Duration apart() const noexcept {
    return std::chrono::milliseconds(unit_ms * (2 * setup_.interval + 2));
  }

  BoardSetup setup_;
  std::uint8_t waking_;  ///< cells that have not spoken since they were enabled
  Round round_;
  Instant begun_;  ///< when the round's first part arrived
};

}  // namespace vigil::drivers::phidget_bridge

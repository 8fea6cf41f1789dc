#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "core/instant.hpp"

namespace vigil::drivers::line {

/// A device's own clock (an Arduino's millis()) put on ours: unwrapped, and a straight line (offset and skew)
/// fitted below the arrivals, since a line can be late but never early. A device whose clock jumps was reset,
/// or a digit of its line was torn: until a second line agrees with the jump, our own clock is used. Pure.
class DeviceClock {
 public:
  /// `wrap_bits` 0: never wraps.
  DeviceClock(double tick_s, unsigned wrap_bits) noexcept;

  enum class Step : std::uint8_t {
    on,        ///< as it should
    fell_back  ///< it jumped back: stamped by arrival; the second such in a row begins anew
  };
  struct Moment {
    Instant at;
    Step step = Step::on;
  };
  /// Never later than `arrival`, never before the moment before. nullopt: further ahead than time has passed,
  /// and no line before agreed: this one is not to be believed.
  [[nodiscard]] std::optional<Moment> at(double ticks, Instant arrival) noexcept;

  [[nodiscard]] std::uint64_t resets() const noexcept { return resets_; }
  /// How much faster than ours it goes, 1e-6; 0 until it is known.
  [[nodiscard]] double fast_ppm() const noexcept;

 private:
  /// The line with the least delay of one stretch of time.
  struct Low {
    double device_s = 0, offset_s = 0;
  };
  void begin(double device_s, Instant arrival) noexcept;
  void fit() noexcept;
  [[nodiscard]] bool plausible(double step_s, Duration passed) const noexcept;

  double tick_s_, wrap_s_;
  bool running_ = false, jumped_ = false;
  double last_raw_s_ = 0, unwrapped_s_ = 0;
  Instant last_arrival_, last_;
  double jump_raw_s_ = 0;
  Instant jump_arrival_;
  Instant zero_;  ///< our clock at the fit's beginning; offsets count from it
  std::array<Low, 64> lows_{};
  std::size_t count_ = 0;
  Low now_;  ///< of the present stretch
  double stretch_began_s_ = 0;
  double skew_ = 0, base_s_ = 0;  ///< offset = base + skew * device time
  std::uint64_t resets_ = 0;
};

}  // namespace vigil::drivers::line

#pragma once
#include "core/event.hpp"
#include "core/instant.hpp"

namespace vigil {

/// The three clocks of the kernel, unscaled and read together: by their differences one sees that the machine
/// slept (boottime gains on monotonic) or that somebody set the time (realtime against boottime).
struct KernelClocks {
  Duration boottime{}, monotonic{}, realtime{};
};
KernelClocks kernel_clocks() noexcept;

/// The machine's clocks, read together. The only place that asks what time it is. Thread-safe: all const.
class Clock {
 public:
  /// scale > 1 lets the daemon's time run faster than the machine's (tests, demonstrations); it is said
  /// wherever times are shown.
  /// `ahead`: the wall clock stands so far ahead at the start. Only where time is scaled: a log written in
  /// scaled time may end in what is still the future of the machine's clock, and a restart goes on from
  /// there.
  explicit Clock(double scale = 1, Duration ahead = {});

  [[nodiscard]] Instant now() const noexcept;    ///< CLOCK_BOOTTIME, scaled from the moment of construction
  [[nodiscard]] WallTime wall() const noexcept;  ///< CLOCK_REALTIME with the local offset, scaled likewise
  /// By the present relation of the two clocks, with the zone's offset at that moment.
  [[nodiscard]] WallTime wall_at(Instant t) const noexcept;
  [[nodiscard]] double scale() const noexcept { return scale_; }
  /// How long a timer of the machine must run for `d` of the daemon's time.
  [[nodiscard]] Duration machine(Duration d) const noexcept;
  [[nodiscard]] const BootId& boot() const noexcept { return boot_; }
  [[nodiscard]] const Name& zone() const noexcept { return zone_; }

 private:
  double scale_;
  Duration ahead_{};
  Duration boottime_start_{};
  BootId boot_;
  Name zone_;
};

}  // namespace vigil

#pragma once
#include "core/event.hpp"
#include "core/instant.hpp"

namespace vigil {

/// The machine's clocks, read together. The only place that asks what time it is. Thread-safe: all const.
class Clock {
 public:
  /// scale > 1 lets the daemon's time run faster than the machine's (tests, demonstrations); it is said
  /// wherever times are shown.
  explicit Clock(double scale = 1);

  [[nodiscard]] Instant now() const noexcept;       ///< CLOCK_BOOTTIME, scaled from the moment of construction
  [[nodiscard]] WallTime wall() const noexcept;     ///< CLOCK_REALTIME with the local offset, scaled likewise
  [[nodiscard]] WallTime wall_at(Instant t) const noexcept;  ///< by the present relation of the two clocks
  [[nodiscard]] double scale() const noexcept { return scale_; }
  /// How long a timer of the machine must run for `d` of the daemon's time.
  [[nodiscard]] Duration machine(Duration d) const noexcept;
  [[nodiscard]] const BootId& boot() const noexcept { return boot_; }
  [[nodiscard]] const Name& zone() const noexcept { return zone_; }

 private:
  double scale_;
  Duration boottime_start_{};
  BootId boot_;
  Name zone_;
};

}  // namespace vigil

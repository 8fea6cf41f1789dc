#pragma once
#include <cstddef>
#include <optional>

#include "core/instant.hpp"
#include "drivers/rate_fit.hpp"

namespace vigil::drivers {

/// Gives samples of a device that sends no time of its own their moments: a phase-locked loop of the rate
/// that the device really has, as fitted. Bytes arrive in bunches and late, never early; the newest sample of
/// a bunch is the freshest. Moments are evenly spaced but for a slow pull of the phase; they never run
/// backwards and never lie after the arrival. Where less arrived than should have, the gap is left as it is.
/// Pure; one device.
class Metronome {
 public:
  /// `gap`: what is missing for longer than this is a gap, no jitter; more where bytes arrive more seldom,
  /// since nothing finer can be seen then.
  explicit Metronome(double rate_hz, Duration gap = std::chrono::milliseconds(25)) noexcept;

  /// `count` > 0 samples have arrived at `at`: afterwards moment(0) .. moment(count - 1) are theirs.
  void arrive(Instant at, std::size_t count) noexcept;
  [[nodiscard]] Instant moment(std::size_t i) const noexcept;
  /// The stream was interrupted: the next arrival sets the phase anew.
  void restart() noexcept {
    running_ = false;
    fit_.gap();
  }
  [[nodiscard]] std::size_t gaps() const noexcept { return gaps_; }
  /// Absent until ten seconds have been seen.
  [[nodiscard]] std::optional<double> fitted_hz() const noexcept { return fit_.hz(); }

 private:
  RateFit fit_;
  Duration nominal_, period_, gap_;
  bool running_ = false;
  Instant next_;  ///< when the next sample is due
  Instant last_;  ///< the latest moment given
  Instant arrived_;
  Duration between_{};  ///< mean time between arrivals
  Instant first_;       ///< of the present bunch
  Duration step_{};
  std::size_t gaps_ = 0;
};

}  // namespace vigil::drivers

#pragma once
#include "core/instant.hpp"
#include "signal/band_pass.hpp"
#include "signal/tracker.hpp"

namespace vigil::signal {

/// Heart rate out of load cells (ballistocardiogram): the body's recoil from each beat, 0.8 to 8.5 Hz
/// (detection.md), of which 3 to 8.5 Hz is used, where breathing has no harmonics left; its size on each
/// cell, limited to a few times its mean and told in means, freed of what is slower than a beat, summed over
/// the cells and followed by a Tracker. 40 to 150 beats a minute, from cells of at least 50 Hz. A movement
/// or a gap leaves what was known of the rate, wider by the time that it takes, but it is told again only
/// after 3 s that agree.
class Heart {
 public:
  static constexpr double lowest_rate_hz = 50;
  static constexpr double low_hz = 3.0, high_hz = 8.5;
  static constexpr double point_hz = 25;
  /// Below this the rate is unknown. Justified by tests/bench/rates.
  static constexpr float least_quality = 0.6F;

  explicit Heart(double rate_hz) noexcept;

  void step(Axes kg, Instant at) noexcept;
  void disturb() noexcept;
  /// Of now, some seconds back. Rate 0: too little seen.
  [[nodiscard]] Rate estimate() const noexcept { return tracker_.estimate(); }

 private:
  BandPass3 filter_;
  BandPass3 beat_;
  float mean_share_ = 0;
  Duration point_;
  Tracker tracker_;
  bool begun_ = false;
  Instant last_, next_, settled_;
  Axes mean_{};  ///< of the size
};

}  // namespace vigil::signal

#pragma once
#include "core/instant.hpp"
#include "signal/band_pass.hpp"
#include "signal/periodicity.hpp"

namespace vigil::signal {

/// Heart rate out of load cells (ballistocardiogram): the body's recoil from each beat, 0.8 to 8.5 Hz
/// (detection.md), of which 3 to 8.5 Hz is used, where breathing has no harmonics left; its size,
/// limited to a few times its mean and freed of what is slower than a beat, repeats once a beat, and the
/// autocorrelation of the newest 30 s finds the period. 40 to 150 beats a minute, from cells of at least 50
/// Hz. As with Respiration a movement or a gap begins the window anew; it answers after 12 s.
class Heart {
 public:
  static constexpr double lowest_rate_hz = 50;
  static constexpr double low_hz = 3.0, high_hz = 8.5;
  static constexpr double point_hz = 25;
  /// Below this the rate is unknown. Justified by tests/bench/rates.
  static constexpr float least_quality = 0.3F;

  explicit Heart(double rate_hz) noexcept;

  void step(Axes kg, Instant at) noexcept;
  void disturb() noexcept;
  /// Of the newest 30 s; rate 0: too little seen.
  [[nodiscard]] Rate estimate() const noexcept;

 private:
  static constexpr std::size_t points = 750;        // 30 s
  static constexpr std::size_t least_points = 300;  // 12 s
  static constexpr std::size_t shortest = 10;       // 0.4 s: 150 a minute
  static constexpr std::size_t longest = 38;        // 1.52 s: 39.5 a minute

  BandPass3 filter_;
  BandPass3 beat_;
  float mean_share_ = 0;
  Duration point_;
  Periodicity<points, longest + 1> window_;
  bool begun_ = false;
  Instant last_, next_, settled_;
  Axes mean_{};  ///< of the size
};

}  // namespace vigil::signal

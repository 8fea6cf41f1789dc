#pragma once
#include <optional>

#include "core/instant.hpp"
#include "signal/band_pass.hpp"
#include "signal/periodicity.hpp"

namespace vigil::signal {

/// Breathing out of load cells: 0.1 to 0.5 Hz (detection.md), by the autocorrelation of the newest 30 s.
/// Cells slower than 10 Hz are not looked at. A movement, or a gap of more than a second, begins the window
/// anew, and it answers again after 15 s (a breath of 0.1 Hz after 20 s): nothing is carried over what was
/// not seen. In a pause, when the newest 8 s hold less than a third of the amplitude before, there is no
/// rate.
class Respiration {
 public:
  static constexpr double lowest_rate_hz = 10;
  static constexpr double low_hz = 0.08, high_hz = 0.6;  ///< corners of the filter
  static constexpr double point_hz = 2.5;
  /// Below this the rate is unknown. Justified by tests/bench/rates: noise alone stays below.
  static constexpr float least_quality = 0.7F;

  explicit Respiration(double rate_hz) noexcept;

  /// kg of up to four cells, in order of time.
  void step(Axes kg, Instant at) noexcept;
  /// The body moves.
  void disturb() noexcept;

  /// Of the newest 30 s. The rate is 0 while nothing is known: too little seen, or a pause.
  [[nodiscard]] Rate estimate() const noexcept;
  /// Fine enough to see a person breathe: the cells' steps are of some 10 g or less, and the window is full
  /// enough for an answer. A sensor that shows kilograms in tenths is not, however still it is.
  [[nodiscard]] bool sees() const noexcept { return fine_ && window_.filled() >= least_points; }
  /// It would see a person breathe, and in the newest 10 s there is nothing: less than 4 g (RMS) on the cell
  /// that swings most. A breath of 15 g a cell gives 10 g; the noise of a fine cell in this band is 1 to 2 g.
  [[nodiscard]] bool lifeless() const noexcept {
    return sees() && window_.strongest(still_points) < still_kg;
  }

 private:
  static constexpr std::size_t points = 75;        // 30 s
  static constexpr std::size_t least_points = 38;  // 15 s
  static constexpr std::size_t shortest = 5;       // 2 s: 30 a minute
  static constexpr std::size_t longest = 25;       // 10 s: 6 a minute
  static constexpr std::size_t pause_points = 20;  // 8 s
  static constexpr std::size_t still_points = 25;  // 10 s
  static constexpr float still_kg = 0.004F;

  BandPass3 filter_;
  Duration point_;
  Periodicity<points, longest + 1> window_;
  bool begun_ = false;
  bool fine_ = false;
  Instant last_, next_;
  Axes kg_{};
};

}  // namespace vigil::signal

#pragma once
#include <array>
#include <optional>

#include "core/instant.hpp"
#include "signal/band_pass.hpp"

namespace vigil::signal {

/// Actigraphy counts of a worn accelerometer, in the manner of ActiGraph: band-pass, rectify, deadband, sum.
/// Not ActiGraph's own filter (Neishabouri et al. 2022, Sci Rep 12:11958, from which the deadband of 0.068 g,
/// the clip at 2.13 g and the step of 1/61 g at 10 Hz are): the pass band is 0.25 to 2.5 Hz, designed at the
/// channel's own rate, so any rate from 5 to 125 Hz gives the same counts for the same movement (within some
/// per cent; at 5 Hz the upper corner is 2.25 Hz and nothing above 2.5 Hz is seen).
///
/// Scale: a sample adds sqrt(x^2 + y^2 + z^2) / sqrt(3) of the axes' excess max(|y| - 0.068 g, 0), times 61 /
/// g, times 10 Hz / rate: counts of the mean axis, since the scorers' constants are for one axis. A sustained
/// 1-Hz swing of 0.5 g peak on one axis gives 5,300 counts a minute.
class Counts {
 public:
  static constexpr float deadband_g = 0.068F;
  static constexpr float clip_g = 2.13F;
  static constexpr float steps_per_g = 61.0F;
  static constexpr double low_hz = 0.25;
  static constexpr double high_hz = 2.5;
  static constexpr float lowest_rate_hz = 5;  ///< below this no counts are made
  static constexpr float reference_hz = 10;

  /// `rate_hz` >= lowest_rate_hz.
  explicit Counts(double rate_hz) noexcept;

  /// What this sample adds. After a silence of more than a second the filter settles anew and adds nothing.
  float step(const std::array<float, 3>& g, Instant at) noexcept;

 private:
  BandPass3 filter_;
  float per_sample_ = 0;
  Instant last_;
  bool begun_ = false;
};

}  // namespace vigil::signal

#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/event.hpp"
#include "core/instant.hpp"
#include "core/reading.hpp"

/// van Hees, Sabia, Anderson et al. 2015 (PLoS ONE 10:e0142533): sustained inactivity bouts of a worn sensor.
/// The angle of its z axis to the horizontal, atan(z / sqrt(x^2 + y^2)), from accelerations smoothed by a
/// running median of 5 s, averaged over 5-s epochs. Where it changes by more than 5 degrees from one epoch to
/// the next, the posture changed; more than 5 min without a change is sustained inactivity, here called
/// sleep. Raw acceleration in, no counts. Wake is known at once, sleep 5 min late.
namespace vigil::sleep::sib {

const Algorithm& algorithm();

inline constexpr double epoch_s = 5;
inline constexpr float posture_deg = 5;
inline constexpr std::size_t sustained_epochs = 60;  ///< 5 min

/// Angles of z over 5-s epochs, from samples in order of time. Keeps 5 s of samples; allocates when made.
class Angles {
 public:
  /// `rate_hz` of the samples, 1 to 1000.
  explicit Angles(double rate_hz);
  /// Takes a sample (g, x y z); gives the angle (degrees) of the epoch that it ended. An epoch without a
  /// sample is NaN: as many of them are given, one a call of next().
  void sample(const std::array<float, 3>& g, Instant at);
  /// The next finished epoch's angle; nullopt: none yet.
  std::optional<float> next();
  /// The record is over: the last epoch is finished.
  void end();

 private:
  float median(std::size_t axis);
  void finish();

  std::size_t window_;
  std::array<std::vector<float>, 3> ring_, sorted_;
  std::size_t newest_ = 0, held_ = 0;
  std::optional<Instant> began_;
  Instant last_;
  std::int64_t epoch_ = 0;
  double sum_ = 0;
  std::size_t n_ = 0;
  std::vector<float> done_;
  std::size_t given_ = 0;
};

/// Sleep and wake of 5-s epochs; NaN is unknown and counts as a change of posture. `out` as long as `angles`.
void score(std::span<const float> angles, std::span<EpochState> out) noexcept;

}  // namespace vigil::sleep::sib

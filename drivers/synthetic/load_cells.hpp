#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "drivers/synthetic/random.hpp"

namespace vigil::drivers::synthetic {

/// What four load cells under a bed's legs show of a body, 125 times a second, with the body's true rates for
/// those who judge the detection. Made to be humbling, not to be pretty (amplitudes by orders of magnitude as
/// published for bed load cells; none of it is a claim about a person):
/// - breathing shifts the weight between the legs by 15 to 60 g a cell, in opposite directions; its rate
///   wanders (6 %) and differs from breath to breath (5 %), its depth by a third; asleep it pauses now and
///   then for 10 to 30 s
/// - each heart beat rings at about 5.5 and 3.5 Hz with 5 to 18 g a cell; intervals vary with breathing (4
/// %),
///   slowly (4 %) and from beat to beat (1.2 %), strength by 15 %; after moving the heart is faster
/// - 6 g of white noise and a slow drift a cell, and a few seconds of rumble (a lorry, a door) six times an
/// hour
/// - a movement swings all cells, each by its own share; a turn shifts the weight and changes every gain
class LoadCells {
 public:
  static constexpr double rate_hz = 125;
  static constexpr std::size_t count = 4;
  using Kg = std::array<float, count>;

  /// The body at one moment, as the sleeper's plan has it.
  struct Body {
    bool asleep = false;
    double on = 0;  ///< 0 out of bed, 1 in it
    double weight_kg = 0;
    double swing_kg = 0;  ///< what a movement adds now
    bool turns = false;   ///< a turn is going on
  };

  explicit LoadCells(std::uint64_t seed);
  Kg step(const Body& body);

  /// The truth of this moment, a minute; 0: a pause in breathing, or nobody there.
  [[nodiscard]] double breath_rpm() const noexcept { return breath_rpm_; }
  [[nodiscard]] double heart_bpm() const noexcept { return heart_bpm_; }

 private:
  struct Beat {
    double since_s = 10, strength = 0;
  };
  void lie();  ///< draws how this position lies on the cells
  [[nodiscard]] double breathe(const Body& body);
  void pulse(const Body& body);

  Random random_;
  std::array<double, count> tare_{}, drift_{}, share_{}, swing_share_{}, breath_kg_{}, heart_kg_{},
      late_kg_{};
  std::array<double, count> share_now_{};
  bool was_on_ = false, was_turning_ = false, was_asleep_ = false;

  double breath_base_hz_ = 0.25, breath_wander_ = 0, breath_jitter_ = 0, breath_phase_ = 0;
  double depth_wander_ = 0, depth_jitter_ = 0, depth_now_ = 1;
  double pause_left_s_ = 0, to_pause_s_ = 600;
  double heart_base_hz_ = 1, heart_wander_ = 0, heart_excited_ = 0, to_beat_s_ = 0;
  std::array<Beat, 2> beats_{};
  double rumble_left_s_ = 0, to_rumble_s_ = 300, rumble_hz_ = 1, rumble_kg_ = 0, rumble_phase_ = 0;
  double breath_rpm_ = 0, heart_bpm_ = 0;
};

}  // namespace vigil::drivers::synthetic

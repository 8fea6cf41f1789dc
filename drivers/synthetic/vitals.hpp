#pragma once
#include <array>
#include <cstdint>

#include "drivers/synthetic/person.hpp"
#include "drivers/synthetic/random.hpp"

namespace vigil::drivers::synthetic {

/// How a body breathes and its heart beats, a tenth of a second at a time. Made after (what no source is
/// named for is chosen here):
/// - a heart of 59 /min in stage 4, 64 awake, and about as awake in REM sleep: Somers et al., N Engl J Med
///   328:303 (1993); here 1 to 16 % between quiet wake and NREM sleep, each person's own, and as much again
///   between people, so that a level alone tells little
/// - the heart slows over minutes, before and after falling asleep, and quickens within seconds; it wanders
///   (4 % in 40 s, 4 % in 8 min), falls and rises again by 5 % over a night, varies with breathing (4 %) and
///   from beat to beat (1.2 %); an arousal or movement adds up to a tenth for a quarter of a minute
/// - breathing is 5 % faster awake, less so drowsy; its rate wanders (6 % in 25 s, 4 % in 10 min), and
/// breaths
///   differ from one to the next by 5 % in NREM sleep, 10 % in REM sleep, 6 to 10 % awake and still, 13 %
///   fidgety; that itself swings by a third within minutes, so that the ranges overlap
/// - after a pause breathing is deeper for half a minute
class Vitals {
 public:
  struct Moment {
    Truth truth{};
    bool arousal = false, rem = false, fidgety = false, moving = false, pause = false;
    double drowsy = 0;      ///< awake: 0..1, as sleep comes
    double night_part = 0;  ///< 0 getting into bed, 1 rising
  };
  struct Beat {
    double at_s = -10, strength = 0;  ///< since the generator's start
  };

  Vitals(const Traits& traits, std::uint64_t seed);
  /// The next step, from `at_s` on.
  void step(const Moment& moment, double at_s, double step_s);

  /// -1..1 and a little beyond: the chest at `in_s` within the step.
  [[nodiscard]] double breath(double in_s) const noexcept;
  [[nodiscard]] const std::array<Beat, 2>& beats() const noexcept { return beats_; }
  /// The truth in the end of the step, a minute; 0: a pause in breathing.
  [[nodiscard]] double breath_rpm() const noexcept { return depth_ < 0.3 ? 0 : 60 * breath_hz_; }
  [[nodiscard]] double heart_bpm() const noexcept { return heart_bpm_; }

 private:
  void breathe(const Moment& moment, double step_s);
  void beat(const Moment& moment, double at_s, double step_s);

  Traits traits_;
  Random random_;
  double breath_hz_ = 0.25, breath_wander_ = 0, breath_slow_ = 0, breath_jitter_ = 0, phase_ = 0, unrest_ = 0;
  double depth_ = 1, depth_wander_ = 0, depth_jitter_ = 0, recovery_ = 0;
  double heart_level_ = 0.2, heart_wander_ = 0, heart_slow_ = 0, heart_rem_ = 0, excited_ = 0;
  double next_beat_s_ = 0, heart_bpm_ = 60;
  std::array<Beat, 2> beats_{};
};

/// A burst of `hz` about `centre_s` after a beat.
double burst(double since_s, double centre_s, double width_s, double hz) noexcept;

}  // namespace vigil::drivers::synthetic

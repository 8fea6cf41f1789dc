#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/instant.hpp"

namespace vigil::drivers::synthetic {

/// What the sleeper really does: known here, to be found out by the detection.
enum class Truth : std::uint8_t { out_of_bed, awake, asleep };

/// Whose night it is (hypnogram.hpp and movement.hpp say what each does).
enum class Kind : std::uint8_t { ordinary, quiet_waker, pain, restless_legs, gets_up, two_in_bed, apnoea };
inline constexpr std::array kinds{Kind::ordinary, Kind::quiet_waker, Kind::pain,  Kind::restless_legs,
                                  Kind::gets_up,  Kind::two_in_bed,  Kind::apnoea};
/// "quiet_waker"
std::string_view name(Kind kind) noexcept;
std::optional<Kind> kind_of(std::string_view name) noexcept;

/// A movement of a real night, for the simulated body to repeat.
struct Episode {
  Duration start{};  ///< since the record's start; in the simulation since getting into bed
  Duration duration{};
  double strength_g = 0;  ///< its largest change of acceleration within 0.2 s

  friend bool operator==(const Episode&, const Episode&) = default;
};

/// One sample of a worn accelerometer.
struct Worn {
  double s = 0;
  std::array<float, 3> g{};
};
/// The movements in a record, in order: seconds in which the acceleration changes by more than 0.05 g within
/// 0.2 s (wider than a stored digit of 0.01 g makes), joined over pauses of up to 2 s. `record` in order of
/// time, 5 to 100 Hz; a gap is no movement.
std::vector<Episode> episodes_of(std::span<const Worn> record);

struct Person {
  std::uint64_t seed = 1;
  double weight_kg = 72;
  double pain = 0;     ///< 0..1: shorter sleep bouts, longer wake, more turning
  double night_h = 8;  ///< time in bed
  double day_h = 16;   ///< then out of bed, then the next night
  bool cells = false;  ///< four load cells at 125 Hz as well (load_cells.hpp)

  Kind kind = Kind::ordinary;
  double age = 45;
  double heart_bpm = 0;   ///< in quiet NREM sleep; 0: as the seed has it
  double partner_kg = 0;  ///< two_in_bed: the other's weight; 0: as the seed has it
  /// What is made at all; leaving one out changes nothing of the others, and saves its time.
  bool load = true, wrist = true;
  /// Movements of a real night: while in bed the body then makes these and no others. Sleep and wake remain
  /// those of the plan and have nothing to do with them: such a night tests what sees movement, not what
  /// tells sleep.
  std::vector<Episode> moves{};
};

/// What is this person's own, the same every night. Made of the seed, the age and the kind.
struct Traits {
  double heart_bpm = 57, heart_dip = 0.08;         ///< in NREM sleep; how much more in quiet wake, a part
  double breath_rpm = 14.5, breath_irregular = 1;  ///< times what others have
  double arousals_per_h = 15, turns_per_h = 1.6;
  double pain = 0;
  double sleep_bout_min = 21, wake_exponent = 1.2, latency_min = 12, trip_chance = 0.3;
  double still_share = 0.6;    ///< of the wake in bed
  double moves_on_waking = 1;  ///< how often an awakening begins with a movement
  double vigour = 1;           ///< times others' strength of movement
  double moves_in_arousal = 0.5;
  double pauses_per_h = 3;   ///< of breathing, asleep
  double limbs_per_h = 0;    ///< periodic limb movements, asleep
  double limb_period_s = 0;  ///< from one to the next
};
Traits traits_of(const Person& person);

}  // namespace vigil::drivers::synthetic

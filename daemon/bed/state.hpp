#pragma once
#include <optional>

#include "core/reading.hpp"

namespace vigil::bed {

/// What decides the one word for a bed.
struct Evidence {
  bool has_bed_sensor = false;  ///< presence could be told: load, occupancy or a pressure image
  std::optional<bool> in_bed;   ///< nullopt: its sensor is silent, or learning
  bool sleep_known = false;     ///< movement or counts are fresh
  bool decided = false;         ///< something has said asleep or awake since the last silence
  bool asleep = false;
  bool restless = false;
};

/// The stated precedence, highest first: unknown, out_of_bed, restless, awake, asleep.
/// - unknown: a bed sensor is silent (then only a wrist that says asleep is believed: awake might be
///   anywhere); or nothing tells sleep from wake; or nothing has told yet;
/// - out_of_bed: the bed sensor says so, whatever the wrist does;
/// - restless: an episode is on, awake or asleep;
/// - awake: what is left and not asleep. Without any bed sensor this means awake, in bed or not.
constexpr BedState state_of(const Evidence& e) noexcept {
  if (e.has_bed_sensor && !e.in_bed)
    return e.sleep_known && e.decided && e.asleep ? BedState::asleep : BedState::unknown;
  if (e.in_bed && !*e.in_bed) return BedState::out_of_bed;
  if (!e.sleep_known) return BedState::unknown;
  if (e.restless) return BedState::restless;
  if (!e.decided) return BedState::unknown;
  return e.asleep ? BedState::asleep : BedState::awake;
}

}  // namespace vigil::bed

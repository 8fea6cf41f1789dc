#pragma once
#include <optional>
#include <span>

#include "core/instant.hpp"
#include "core/night.hpp"
#include "core/reading.hpp"

namespace vigil::sleep {

/// A night to take the figures of.
struct NightRecord {
  std::span<const EpochState> epochs;  ///< one after the other, unknown where nothing is known
  Instant first_epoch;                 ///< start of epochs[0]
  Instant into_bed;                    ///< B
  Instant out_of_bed;                  ///< R; of a night that goes on: now
  std::optional<Instant> lights_out;   ///< T, if somebody said so
  bool beginning_known = true;         ///< false: B is where sleep was first seen, so SOL cannot be said
  int exits = 0;                       ///< but the final one
  int position_changes = 0;
  int restless_episodes = 0;
};

/// TIB, SOL, WASO, TST, SE and the rest by the definitions of core/night.hpp (Consensus Sleep Diary terms):
/// - an epoch belongs to the night if its middle lies between B and R;
/// - onset is the first sleep epoch of 10 min of sleep without a break (an unknown epoch breaks it);
/// - the final awakening is the end of the last sleep epoch; WASO is the wake between onset and it;
/// - an awakening is the wake between two sleeps after onset, and ends only where sleep is seen again;
/// - unknown epochs within an awakening neither lengthen nor divide it: NWAK is what is known at least;
/// - SE = 100 TST / TIB; its upper bound takes every unknown epoch for sleep.
NightFigures figures(const NightRecord& night) noexcept;

}  // namespace vigil::sleep

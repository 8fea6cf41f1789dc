#pragma once
#include <cstdint>
#include <optional>
#include <span>

#include "core/instant.hpp"
#include "core/night.hpp"
#include "core/reading.hpp"

namespace vigil::sleep {

inline constexpr float p_not_stated = -1;            ///< an epoch scored without P(asleep)
inline constexpr std::uint8_t moving_unknown = 255;  ///< an epoch of which movement is not known

/// An epoch is sure when its P(asleep) is at least this for sleep, at most 1 - this for wake: for the range
/// of SOL.
inline constexpr float sure = 0.93F;
/// A whole night may be slept better or worse than believed: the odds of sleep of every epoch may be so many
/// times higher or lower. So chosen that the ranges of TST and WASO held the truth of nine in ten of 32
/// simulated nights that were neither fitted nor reported on, by whatever sensors.
inline constexpr double odds_doubted = 3.5;

/// A night to take the figures of. `live`, `p_asleep` and `moving` are as long as `epochs`, or empty: not
/// known of any.
struct NightRecord {
  std::span<const EpochState> epochs;    ///< the best that is known of each, unknown where nothing is
  std::span<const EpochState> live;      ///< what was said of it when it ended
  std::span<const float> p_asleep;       ///< of `epochs`; p_not_stated
  std::span<const std::uint8_t> moving;  ///< seconds moved within the epoch, 0 to 30; moving_unknown
  Instant first_epoch;                   ///< start of epochs[0]
  Instant into_bed;                      ///< B
  Instant out_of_bed;                    ///< R; of a night that goes on: now
  std::optional<Instant> lights_out;     ///< T, if somebody said so
  bool beginning_known = true;           ///< false: B is where sleep was first seen, so SOL cannot be said
  int exits = 0;                         ///< but the final one
  int position_changes = 0;
  int restless_episodes = 0;
};

/// The figures by the definitions of core/night.hpp (Consensus Sleep Diary terms):
/// - an epoch belongs to the night if its middle lies between B and R;
/// - onset is the first sleep epoch of 10 min of sleep without a break (an unknown epoch breaks it);
/// - the final awakening is the end of the last sleep epoch; WASO is the wake between onset and it; SPT is
/// the
///   time between them, unknown epochs included; TWAK goes on from it to R;
/// - an awakening is the wake between two sleeps after onset, and ends only where sleep is seen again;
/// - unknown epochs within an awakening neither lengthen nor divide it: NWAK is what is known at least;
/// - a sleep bout is what lies between two wakes of the SPT, unknown epochs within it included;
/// - SE = 100 TST / TIB; the sleep of maintenance is that after onset;
/// - the movement index is of the epochs of which movement is known;
/// - the range of TST, SE and WASO: the sum of what each known epoch has of sleep or wake, with its odds
///   divided and with its odds multiplied by odds_doubted, unknown epochs added at the top; widened to the
///   figure itself where that lies outside, WASO also to what it were had every unknown epoch been slept. An
///   epoch without P is sure, and so are P = 0 and 1;
/// - the range of SOL: taken three times, as scored; with each unknown or unsure epoch as wake; with each as
///   sleep. Low and high are the least and the most of the three; where one has no onset there is no high.
NightFigures figures(const NightRecord& night) noexcept;

}  // namespace vigil::sleep

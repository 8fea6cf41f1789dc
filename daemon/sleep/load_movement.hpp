#pragma once
#include <cstddef>
#include <optional>

#include "core/event.hpp"
#include "core/reading.hpp"
#include "signal/windows.hpp"

namespace vigil::sleep {

/// Sleep and wake from a bed sensor alone, version 1. Each threshold with its reason.
///
/// A second moves when the RMS of its load deviates by 0.3 kg or more: three steps of a 0.1 kg scale, above
/// the 0.05 to 0.15 kg of breathing and heartbeat, below the 1 to 10 kg of turning; in a pressure image by
/// 0.1 of the image (people lying still: 0.02 to 0.05); a motion sensor's own figure by 10 of 100 (the 60-GHz
/// radars say 1 of a body at rest and up to 30 of small movements; their scale is not documented further).
///
/// Stirring is 3 moving seconds within 15 s: a twitch of a second or two is not being awake.
///
/// Asleep after 5 min without stirring: the sustained inactivity of van Hees 2015, and Tudor-Locke's 5 min.
///
/// An epoch within sleep is wake when 10 of its 30 s moved (a turn that arouses), else sleep; until asleep it
/// is wake. Awake again by a confirmed awakening or by leaving the bed.
///
/// Quiet wake looks like sleep to it (as to every movement sensor: specificity .37 to .76).
class LoadMovementRule {
 public:
  static const Algorithm& algorithm();
  static constexpr float moving_kg = 0.3F;
  static constexpr float moving_image = 0.1F;
  static constexpr float moving_motion = 10;
  static constexpr std::size_t stir_seconds = 3;
  static constexpr std::size_t stir_window = 15;
  static constexpr Duration still_before_sleep = std::chrono::minutes(5);
  static constexpr int wake_seconds = 10;

  /// One second in bed that ended at `now`. An unknown second begins the stillness anew.
  void second(Instant now, signal::Moved moved) noexcept;
  /// Something certain said that the person is awake now: in bed just now, an entry, a confirmed awakening.
  void awake(Instant now) noexcept { still_since_ = now, window_.clear(); }
  /// Nothing is known any more.
  void forget() noexcept { still_since_.reset(), window_.clear(); }

  /// Still for long enough: asleep, since this moment.
  [[nodiscard]] std::optional<Instant> asleep_since(Instant now) const noexcept;
  /// Still since; nullopt: unknown.
  [[nodiscard]] std::optional<Instant> still_since() const noexcept { return still_since_; }

  /// An epoch's score, from whether the person was asleep and for how many seconds they moved.
  static EpochState score(bool asleep, int moving_seconds) noexcept {
    return asleep && moving_seconds < wake_seconds ? EpochState::sleep : EpochState::wake;
  }

 private:
  signal::MovingWindow<stir_window> window_;
  std::optional<Instant> still_since_;
};

}  // namespace vigil::sleep

#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/event.hpp"
#include "core/instant.hpp"
#include "core/reading.hpp"
#include "signal/windows.hpp"

namespace vigil::sleep {

/// What the machine says in one step: at most two things, in order.
struct AwakeningSays {
  std::array<Payload, 2> payloads;
  std::size_t count = 0;
  void add(Payload p) { payloads[count++] = std::move(p); }
};

/// Awakenings out of sleep, in two stages, numbered within the night:
///
///   asleep    -> suspected   by stirring, by the belief, by leaving, by an entry
///   suspected -> confirmed   by the belief, 60 s or more after it began; by leaving the bed, by an entry
///   suspected -> withdrawn   by the belief, or by silence: asleep again
///   confirmed -> ended       when the belief has been asleep again for a while
///
/// Stirring: 2 seconds within 15 s that move at all (Clues::move), so it is suspected within 15 s of the
/// first movement and a twitch is not. The belief is P(asleep). However it stands, 3 min after the beginning
/// it is decided: nothing stays suspected for longer.
class Awakenings {
 public:
  static const Algorithm& algorithm();
  static constexpr std::size_t stir_seconds = 2;
  static constexpr std::size_t stir_window = 15;
  static constexpr float suspect_below = 0.5F;
  static constexpr float confirm_below = 0.45F;
  static constexpr float withdraw_above = 0.9F;
  static constexpr float decide_at = 0.5F;
  static constexpr Duration confirm_after = std::chrono::seconds(60);
  static constexpr Duration withdraw_after = std::chrono::seconds(30);
  static constexpr Duration decide_after = std::chrono::seconds(180);

  enum class Phase : std::uint8_t {
    none,  ///< not within sleep
    asleep,
    suspected,
    awake,  ///< a confirmed awakening goes on
  };

  /// A night begins: numbers from 1.
  void night_opened() noexcept { number_ = 0; }
  /// Sleep began (or, awake, the person is asleep again since then: ended).
  AwakeningSays asleep(Instant now, Instant since);
  /// Sleep is over for this night.
  void sleep_ended() noexcept { phase_ = Phase::none; }

  /// One second that ended at `now`, whether anything moved. `cause` names what: "movement" or "activity".
  AwakeningSays second(Instant now, signal::Moved moved, float p_asleep, const Name& cause);
  /// The load is going: suspected at once.
  AwakeningSays leaving(Instant now, Instant since);
  AwakeningSays left_bed(Instant now, Instant since);
  /// A person entered something: certain.
  AwakeningSays entry(Instant now, const Name& cause);
  /// Nothing is known for a while.
  AwakeningSays silent(Instant now);

  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  /// Of the awakening suspected or confirmed.
  [[nodiscard]] Instant began() const noexcept { return began_; }
  [[nodiscard]] std::int64_t number() const noexcept { return number_; }

  /// The fold.
  void restore(Phase phase, Instant began, std::int64_t number) noexcept;

 private:
  AwakeningSays suspect(Instant now, Instant began, const Name& cause);
  void confirm(Instant now, const Name& cause, AwakeningSays& says);
  void withdraw(Instant now, const Name& cause, AwakeningSays& says);

  Phase phase_ = Phase::none;
  std::int64_t number_ = 0;
  Instant began_;
  bool believed_ = false;  ///< since the last suspicion the belief was asleep
  signal::MovingWindow<stir_window> window_;
};

}  // namespace vigil::sleep

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
///   asleep    -> suspected   by stirring, leaving, an entry
///   suspected -> confirmed   by 60 s awake, by leaving the bed, by an entry
///   suspected -> withdrawn   when still for 45 s, 120 s after the first movement, or by silence: asleep
///   again confirmed -> ended       when the scorer says asleep again
///
/// Stirring: 3 moving seconds within 15 s, so it is suspected within 15 s of the first movement and a twitch
/// is not. 60 s awake: sixty seconds since the first movement that had a movement within the 15 s before
/// them; a turn of 10 s has 25 of them.
///
/// Where only epochs are known (counts from another device): a wake epoch suspects, the second in a row
/// confirms, two sleep epochs withdraw.
class Awakenings {
 public:
  static const Algorithm& algorithm();
  static constexpr std::size_t stir_seconds = 3;
  static constexpr std::size_t stir_window = 15;
  static constexpr Duration confirm_after = std::chrono::seconds(60);
  static constexpr Duration still_again = std::chrono::seconds(45);
  static constexpr Duration withdraw_after = std::chrono::seconds(120);

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

  /// One second that ended at `now`. `cause` names what moved: "movement" or "activity".
  AwakeningSays second(Instant now, signal::Moved moved, const Name& cause);
  /// The load is going: suspected at once.
  AwakeningSays leaving(Instant now, Instant since);
  AwakeningSays left_bed(Instant now, Instant since);
  /// A person entered something: certain.
  AwakeningSays entry(Instant now, const Name& cause);
  /// A scored 30-s epoch where seconds say nothing.
  AwakeningSays epoch(Instant now, EpochState score);
  /// Nothing is known for a while.
  AwakeningSays silent(Instant now);

  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  [[nodiscard]] Instant began() const noexcept {
    return began_;
  }  ///< of the awakening suspected or confirmed
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
  Duration awake_{};
  Instant moved_;  ///< the last moving second, while suspected
  int wake_epochs_ = 0;
  int sleep_epochs_ = 0;
  bool by_epochs_ = false;  ///< this suspicion came from an epoch
  signal::MovingWindow<stir_window> window_;
};

}  // namespace vigil::sleep

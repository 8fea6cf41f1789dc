#pragma once
#include <cstddef>
#include <optional>

#include "core/event.hpp"
#include "core/instant.hpp"
#include "signal/windows.hpp"

namespace vigil::sleep {

/// Restless episodes, version 2: movement beyond the person's own, sustained. It begins when four times as
/// many of the last 300 s moved as is this person's own share asleep, at least 24 s and at most 60; while
/// that is not known 30 s (10 %: several times the 1 to 3 % of quiet sleep). It ends when fewer than 3/10 of
/// that did. Getting into bed is not restlessness: the first 3 min of a stay are not looked at. At least half
/// of the 300 s must be known.
class Restlessness {
 public:
  static const Algorithm& algorithm();
  static constexpr std::size_t window_s = 300;
  static constexpr std::size_t unknown_own_s = 30, least_s = 24, most_s = 60;
  static constexpr Duration settling = std::chrono::minutes(3);

  /// The share of the seconds asleep that move, by this person's nights; nullopt: not known.
  void own(std::optional<double> moving_percent) noexcept;
  [[nodiscard]] std::size_t begin_s() const noexcept { return begin_s_; }
  [[nodiscard]] std::size_t end_s() const noexcept { return begin_s_ * 3 / 10; }

  /// One second in bed that ended at `now`.
  std::optional<Payload> second(Instant now, signal::Moved moved);
  /// Somebody came to bed at this moment.
  void entered(Instant at) noexcept { window_.clear(), looked_from_ = at + settling; }
  /// The person left, or nothing is known any more: an episode ends with its last movement.
  std::optional<Payload> stop(Instant now);

  [[nodiscard]] bool restless() const noexcept { return began_.has_value(); }
  void restore(std::optional<Instant> began) noexcept { began_ = began, restored_ = began.has_value(); }

 private:
  std::size_t begin_s_ = unknown_own_s;
  signal::MovingWindow<window_s> window_;
  std::optional<Instant> began_;
  std::optional<Instant> looked_from_;
  Instant last_moved_;
  bool restored_ = false;  ///< the window must fill again before it can say that an episode is over
};

}  // namespace vigil::sleep

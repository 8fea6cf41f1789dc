#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/instant.hpp"

namespace vigil::drivers::button {

/// What a hand does with one button, from when it is down and up. Pure: time is passed in and never runs
/// backwards; nothing allocates.
///
///   down    at once, with the report that shows it, again for each press
///   brief   let go after less than `lengthy`. Where doubles are listened for, once the time for a second
///           press has passed
///   twice   two brief presses, the second less than `between` after the first was let go
///   lengthy held for `lengthy`: said while it is still held
///   stuck   held for `stuck_after`: something lies on it. Nothing more is said of this press
///
/// A gap of less than `bounce` within a press is the contact's, not the hand's. A brief press followed within
/// `between` by a lengthy one is both, in this order.
class Gestures {
 public:
  static constexpr Duration bounce = std::chrono::milliseconds(30);
  static constexpr Duration stuck_after = std::chrono::seconds(30);

  struct Times {
    Duration lengthy = std::chrono::milliseconds(700);
    Duration between = std::chrono::milliseconds(500);
    bool doubles = true;
  };
  enum class Said : std::uint8_t { down, brief, lengthy, twice, stuck };

  explicit Gestures(const Times& times) noexcept : times_(times) {}

  /// The button is found held, or not, at `now`; the same again changes nothing. `out(Said, Instant)`, with
  /// the moments at which things were so, in order.
  template <class OUT>
  void held(Instant now, bool is_held, OUT&& out) {
    pass(now, out);
    if (is_held)
      press(now, out);
    else if (phase_ == Phase::down)
      phase_ = Phase::releasing, released_ = now;
    pass(now, out);
  }

  /// Time has come this far without news.
  template <class OUT>
  void pass(Instant now, OUT&& out) {
    if (phase_ == Phase::releasing && now - released_ >= bounce) let_go(released_ + bounce, out);
    if (phase_ == Phase::down && !said_ && now - pressed_ >= times_.lengthy) {
      const Instant at = std::max(pressed_ + times_.lengthy, resumed_);
      if (brief_) out(Said::brief, at);
      brief_.reset();
      said_ = true;
      out(Said::lengthy, at);
    }
    if (phase_ == Phase::down && !stuck_ && now - pressed_ >= stuck_after) {
      stuck_ = true;
      out(Said::stuck, std::max(pressed_ + stuck_after, resumed_));
    }
    if (phase_ == Phase::up && brief_ && now - *brief_ >= times_.between) {
      out(Said::brief, *brief_ + times_.between);
      brief_.reset();
    }
  }

  /// The button is gone: what it held counts as let go, and nothing is waited for.
  template <class OUT>
  void gone(Instant now, OUT&& out) {
    held(now, false, out);
    if (phase_ == Phase::releasing) let_go(now, out);
    if (brief_) out(Said::brief, now);
    brief_.reset();
  }

  /// When time alone will say something; nullopt: only the next report can.
  [[nodiscard]] std::optional<Instant> next() const noexcept {
    switch (phase_) {
      case Phase::up:
        return brief_ ? std::optional(*brief_ + times_.between) : std::nullopt;
      case Phase::releasing:
        return released_ + bounce;
      case Phase::down:
        if (!said_) return pressed_ + times_.lengthy;
        return stuck_ ? std::nullopt : std::optional(pressed_ + stuck_after);
    }
    return std::nullopt;
  }

 private:
  enum class Phase : std::uint8_t { up, down, releasing };

  template <class OUT>
  void press(Instant now, OUT&& out) {
    if (phase_ == Phase::down) return;
    resumed_ = now;
    if (phase_ == Phase::up) {
      pressed_ = now;
      said_ = stuck_ = false;
      out(Said::down, now);
    }
    phase_ = Phase::down;
  }

  template <class OUT>
  void let_go(Instant now, OUT&& out) {
    phase_ = Phase::up;
    if (said_ || stuck_) return;
    if (brief_) {
      brief_.reset();
      out(Said::twice, now);
    } else if (times_.doubles) {
      brief_ = released_;
    } else {
      out(Said::brief, now);
    }
  }

  Times times_;
  Phase phase_ = Phase::up;
  Instant pressed_, released_;
  Instant resumed_;               ///< the contact closed last
  std::optional<Instant> brief_;  ///< a brief press was let go then, and a second may follow
  bool said_ = false;             ///< lengthy, of this press
  bool stuck_ = false;
};

}  // namespace vigil::drivers::button

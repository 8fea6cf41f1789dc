#pragma once
#include <optional>

#include "core/instant.hpp"

namespace vigil::sleep {

/// When sleep began, or began again: the belief has been asleep without a break for a minute where a bed
/// sensor tells that somebody lies there; but for some seconds for ten minutes where a wrist alone might as
/// well be sitting still, for twenty where it tells no more than its counts of a minute (who turns often is
/// never believed for so long at a stretch). Told back-dated to where that began.
class FallingAsleep {
 public:
  static constexpr Duration in_bed = std::chrono::seconds(60);
  static constexpr Duration anywhere = std::chrono::minutes(10);
  static constexpr Duration by_minutes = std::chrono::minutes(20);

  /// A second that ended at `now`, whether it is believed to be sleep.
  void second(Instant now, bool asleep) noexcept {
    constexpr Duration one = std::chrono::seconds(1);
    if (asleep) {
      if (!unbroken_) unbroken_ = now - one;
      if (!since_) since_ = unbroken_, broken_ = {};
      return;
    }
    unbroken_.reset();
    broken_ += one;
    if (since_ && broken_ > at_first + (now - *since_) / every) since_.reset();
  }
  void clear() noexcept {
    since_.reset();
    unbroken_.reset();
  }
  [[nodiscard]] std::optional<Instant> asleep_since(Instant now, Duration lasting) const noexcept {
    const auto& since = lasting == in_bed ? unbroken_ : since_;
    if (!unbroken_ || !since || now - *since < lasting) return {};
    return since;
  }

 private:
  /// Breaks may add up to this, and to one part in so many of the time.
  static constexpr Duration at_first = std::chrono::seconds(30);
  static constexpr int every = 5;
  std::optional<Instant> unbroken_, since_;
  Duration broken_{};  ///< since `since_`
};

}  // namespace vigil::sleep

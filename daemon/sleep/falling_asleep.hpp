#pragma once
#include <optional>

#include "core/instant.hpp"

namespace vigil::sleep {

/// When sleep began, or began again: the belief has been asleep without a break for a minute where a bed
/// sensor tells that somebody lies there, for ten where a wrist alone might as well be sitting still, for
/// twenty where it tells no more than its counts of a minute; told back-dated to where that began.
class FallingAsleep {
 public:
  static constexpr Duration in_bed = std::chrono::seconds(60);
  static constexpr Duration anywhere = std::chrono::minutes(10);
  static constexpr Duration by_minutes = std::chrono::minutes(20);

  /// A second that ended at `now`, whether it is believed to be sleep.
  void second(Instant now, bool asleep) noexcept {
    if (!asleep) since_.reset();
    if (asleep && !since_) since_ = now - std::chrono::seconds(1);
  }
  void clear() noexcept { since_.reset(); }
  [[nodiscard]] std::optional<Instant> asleep_since(Instant now, Duration lasting) const noexcept {
    if (!since_ || now - *since_ < lasting) return {};
    return since_;
  }

 private:
  std::optional<Instant> since_;
};

}  // namespace vigil::sleep

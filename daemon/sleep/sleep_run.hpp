#pragma once
#include <optional>

#include "core/instant.hpp"
#include "core/reading.hpp"

namespace vigil::sleep {

/// Falling asleep by scored epochs: 5 min of sleep without a break (Tudor-Locke 2014: in bed after 5 sleep
/// minutes), seen with hindsight from where the run began.
class SleepRun {
 public:
  static constexpr int epochs = 10;

  /// The score of the epoch that began at `from`.
  void step(Instant from, EpochState score) noexcept {
    if (score != EpochState::sleep) {
      length_ = 0;
      return;
    }
    if (length_++ == 0) since_ = from;
  }
  void clear() noexcept { length_ = 0; }
  [[nodiscard]] std::optional<Instant> asleep_since() const noexcept {
    if (length_ < epochs) return {};
    return since_;
  }

 private:
  int length_ = 0;
  Instant since_;
};

}  // namespace vigil::sleep

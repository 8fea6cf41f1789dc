#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "core/instant.hpp"

namespace vigil::acquire {

/// How many samples a second over the last minute (over what there was of it, when it is younger). A value.
class Rate {
 public:
  void count(Instant at) noexcept;
  /// 0 before the first whole second.
  [[nodiscard]] double hz(Instant now) const noexcept;

 private:
  static constexpr std::int64_t window_s = 60;
  struct Second {
    std::int64_t second = -1;
    std::uint32_t samples = 0;
  };
  std::array<Second, window_s + 1> seconds_{};  ///< one more for the second that is not over yet
  std::optional<std::int64_t> first_;
};

/// What the kernel's three clocks say of the time between two looks.
struct ClockNews {
  std::optional<Duration> step;       ///< somebody set the wall clock: positive forward
  std::optional<Duration> suspended;  ///< the machine slept
  std::optional<Duration> held_up;    ///< the daemon did not run though the machine was awake
};

/// Sees steps of the wall clock and times in which the daemon did not run. A value; times in the machine's
/// scale.
class ClockWatch {
 public:
  /// To be called about once a second, `expected` apart.
  [[nodiscard]] ClockNews look(Duration boottime, Duration monotonic, Duration realtime,
                               Duration expected) noexcept;

 private:
  struct Seen {
    Duration boottime, monotonic, realtime;
  };
  std::optional<Seen> last_;
  Duration drift_{};  ///< of realtime against boottime since it was last reported or forgiven
};

inline constexpr Duration clock_step_reported = std::chrono::seconds(2);
inline constexpr Duration absence_reported = std::chrono::seconds(5);

}  // namespace vigil::acquire

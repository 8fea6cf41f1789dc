#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "core/baseline.hpp"
#include "core/instant.hpp"

namespace vigil::sleep {

/// What speaks for sleep or for wake, each a number of its own unit. Shares are of the seconds of a window,
/// "since" is in seconds.
enum class Clue : std::uint8_t {
  bed_moving_30s,  ///< share of the seconds that moved
  bed_moving_2min,
  bed_moving_5min,
  bed_moving_15min,
  bed_strong_2min,  ///< the same of strong movement: a turn
  bed_since_moved,
  bed_since_strong,
  bed_level,       ///< log of the movement against the bed's own rest, mean of 30 s
  wrist_some_30s,  ///< share of the seconds with a count or more
  wrist_some_2min,
  wrist_some_5min,
  wrist_some_15min,
  wrist_moving_5min,  ///< with ten or more
  wrist_log_5min,     ///< mean of log(1 + counts)
  wrist_since_some,
  wrist_since_moved,
  counts_minute,       ///< of the last whole minute, where a device tells no seconds
  counts_5min,         ///< mean of log(1 + counts) over the last five of them
  counts_since_some,   ///< minutes without any
  since_turned,        ///< since a change of position was held
  breath_spread_1min,  ///< deviation of the rate, /min
  breath_spread_3min,
  breath_quality_30s,  ///< mean quality, 0 where no rate was seen
  breath_quality_3min,
  breath_from_own,  ///< rate less the person's own, mean of 30 s, /min
  heart_from_own,   ///< the same of the heart
  heart_from_own_2min,
  heart_spread_2min,
  heart_from_before,       ///< less its own mean of the last half hour
  heart_from_rest,         ///< less its lower quartile, slowly followed
  breath_spread_from_own,  ///< log of the spread of 3 min over its median, slowly followed
  in_bed_for,              ///< since the bed entry
  durations,               ///< log odds of sleep by how long its states last (sleep/durations.hpp)
};
inline constexpr std::size_t move_classes = 4, ago_classes = 7;
inline constexpr std::size_t clue_count = 33;
constexpr std::size_t at(Clue c) noexcept { return static_cast<std::size_t>(c); }
inline constexpr float not_seen = std::numeric_limits<float>::quiet_NaN();

/// Which sensors tell movement: what a bed's stillness is worth depends on whether a wrist is seen beside it.
enum class Movers : std::uint8_t { none, bed, wrist, both };

struct Clues {
  std::array<float, clue_count> values;  ///< by Clue; not_seen where nothing tells it
  Movers movers = Movers::none;
  std::optional<bool> in_bed;
  /// Of this second, by bed or wrist, whichever moves more: 0 still, 1 hardly, 2 moving, 3 strongly; and
  /// since when it last moved: up to 1, 4, 9, 29, 89, 299 s, longer. -1: not known.
  std::int8_t move = -1, ago = -1;
  bool awake = false;  ///< certain: a hand did something
  Clues() noexcept { values.fill(not_seen); }
  /// Some sensor says something of asleep and awake.
  [[nodiscard]] bool any() const noexcept;
};

/// Sum and spread of the newest N numbers, some of them missing.
template <std::size_t N>
class Spread {
 public:
  void push(float x) noexcept {
    drop(ring_[next_]);
    ring_[next_] = x;
    next_ = next_ + 1 == N ? 0 : next_ + 1;
    if (x == x) ++n_, sum_ += x, squares_ += double{x} * double{x};
    if (next_ == 0) settle();
  }
  void clear() noexcept { *this = {}; }
  Spread() noexcept { ring_.fill(not_seen); }
  [[nodiscard]] std::size_t n() const noexcept { return n_; }
  [[nodiscard]] float mean() const noexcept { return static_cast<float>(sum_ / static_cast<double>(n_)); }
  [[nodiscard]] float deviation() const noexcept {
    const double mean = sum_ / static_cast<double>(n_);
    return static_cast<float>(std::sqrt(std::max(squares_ / static_cast<double>(n_) - mean * mean, 0.0)));
  }

 private:
  void drop(float x) noexcept {
    if (x == x) --n_, sum_ -= x, squares_ -= double{x} * double{x};
  }
  /// What subtracting leaves behind does not pile up.
  void settle() noexcept {
    sum_ = squares_ = 0;
    for (const float x : ring_)
      if (x == x) sum_ += x, squares_ += double{x} * double{x};
  }
  std::array<float, N> ring_;
  std::size_t next_ = 0, n_ = 0;
  double sum_ = 0, squares_ = 0;
};

/// Turns what a bed's sensors give into clues, a second at a time, and keeps what they are measured against:
/// how still the bed is when nobody moves, and the person's own heart and breath, which tonight's sleep
/// corrects. Pure, no allocation.
class Watch {
 public:
  struct Seen {
    Instant now;  ///< end of the second
    std::optional<bool> in_bed;
    std::optional<float> bed_movement;  ///< as a multiple of what counts as moving
    std::optional<float> wrist_counts;  ///< of this very second
    std::optional<float> counts_a_min;  ///< a minute of counts ended with this second
    std::optional<float> breath_rpm, breath_quality, heart_bpm;
    bool turned = false;  ///< a change of position was seen
    bool awake = false;   ///< certain
    float p_asleep = 0;   ///< what was believed until now: whose rates these are
  };
  Watch() noexcept { learned({}); }
  [[nodiscard]] Clues second(const Seen& seen) noexcept;

  /// What is known of the person; kept from night to night by whoever keeps the log.
  void learned(const Baseline& baseline) noexcept;
  /// What this night would make of it; nullopt: not enough sleep was seen (an hour).
  [[nodiscard]] std::optional<Baseline> learn(std::optional<float> load_kg) const noexcept;
  void night_opened() noexcept { tonight_ = {}; }
  /// Nothing was seen for minutes: what was before says nothing of now. What is the person's own stays.
  void silence() noexcept;
  /// Somebody else lies here: a new version of the baseline.
  void forget_person() noexcept;
  [[nodiscard]] const Baseline& baseline() const noexcept { return baseline_; }

  /// Seconds since bed or wrist last moved; nullopt: neither is seen.
  [[nodiscard]] std::optional<int> still_s() const noexcept;
  /// Deviation of the breath rate within 3 min, /min; nullopt: not seen.
  [[nodiscard]] std::optional<float> breath_spread() const noexcept;
  /// Heart rate now less the person's own, /min; nullopt: one of them is not known well.
  [[nodiscard]] std::optional<float> heart_over_own() const noexcept;

 private:
  /// A person's own value: a mean with its variance, corrected by what is seen in sleep.
  struct Own {
    float mean = 0, variance = 0;
    void see(float value, float noise) noexcept;
    /// Deviation, drawn to none as far as the own value is in doubt.
    [[nodiscard]] float from(float value, float doubt_free) const noexcept;
  };
  struct Tonight {
    float asleep_s = 0, watched_s = 0, moving_s = 0;  ///< asleep; of that with movement seen; moving
    float heart_sum = 0, heart_n = 0, breath_sum = 0, breath_n = 0;
  };
  void bed(const Seen& seen, Clues& clues) noexcept;
  void wrist(const Seen& seen, Clues& clues) noexcept;
  void minute(const Seen& seen, Clues& clues) noexcept;
  void breath(const Seen& seen, Clues& clues) noexcept;
  void heart(const Seen& seen, Clues& clues) noexcept;

  Baseline baseline_;
  Tonight tonight_;
  Own heart_own_, breath_own_;
  float rest_ = 0.25F;      ///< bed movement of a person at rest, as a multiple of moving: its lower quartile
  float breathing_ = 0.4F;  ///< and what it exceeds in one of twenty seconds, as breath swings it

  Spread<30> bed_30s_, level_30s_;
  Spread<120> bed_2min_, strong_2min_;
  Spread<300> bed_5min_;
  Spread<900> bed_15min_;
  Spread<30> wrist_30s_;
  Spread<120> wrist_2min_;
  Spread<300> wrist_5min_, moving_5min_, log_5min_;
  Spread<900> wrist_15min_;
  Spread<5> minutes_;
  Spread<60> breath_1min_;
  Spread<180> breath_3min_, quality_3min_;
  Spread<30> quality_30s_, breath_30s_, heart_30s_;
  Spread<120> heart_2min_;
  Spread<1800> heart_30min_;
  float since_moved_ = not_seen, since_strong_ = not_seen, since_some_ = not_seen, since_wrist_ = not_seen;
  float since_turned_ = not_seen, since_count_ = not_seen, minute_ = not_seen, in_bed_for_ = not_seen;
  int minute_age_s_ = 0;
  float heart_rest_ = not_seen, spread_own_ = not_seen;
};

}  // namespace vigil::sleep

#pragma once
#include <cstdint>
#include <optional>

#include "core/event.hpp"
#include "core/instant.hpp"
#include "core/night.hpp"
#include "sleep/trail.hpp"

namespace vigil::sleep {

/// One night as an episode, version 3 (its figures: sleep/figures.hpp).
/// With a sensor that tells presence: it opens, back-dated to the bed entry, when the stay has lasted
/// `minimum_night`, at the first sleep, or when somebody says lights out; a shorter stay is a sit-down. It
/// closes when the bed has been empty for `ends_after`, back-dated to the exit; a trip to the bathroom does
/// not end it. Presence unknown for 4 h closes it, back-dated to when it was last known (a suspended machine
/// or a pulled plug in the night does not; a sensor taken away in the morning does). With a wrist alone: it
/// opens at the first sleep (sleep/falling_asleep.hpp) or at lights out, and closes 60 min after the last
/// sleep, back-dated to it; 3 h after lights out without any. A night is at most 24 h: a person who never
/// leaves the bed gets a new one.
class Night {
 public:
  static const Algorithm& algorithm();
  static constexpr Duration unknown_ends_after = std::chrono::hours(4);
  static constexpr Duration wrist_ends_after = std::chrono::minutes(60);
  static constexpr Duration sleepless_ends_after = std::chrono::hours(3);
  static constexpr Duration longest = std::chrono::hours(24);

  struct Settings {
    Duration ends_after = std::chrono::minutes(90);
    Duration minimum_night = std::chrono::minutes(20);
  };
  explicit Night(const Settings& settings) : settings_(settings) {}

  /// What is known at a second that ended at `now`.
  struct Seen {
    Instant now;
    bool has_bed_sensor = false;          ///< presence could be told (now or when its sensor is back)
    std::optional<bool> in_bed;           ///< nullopt: unknown
    bool asleep = false;                  ///< the scorer's word, now
    std::optional<Instant> asleep_since;  ///< the first second that it says so: back-dated onset
  };
  enum class Turn : std::uint8_t { none, opens, closes, renews };
  /// What the night does now. `renews`: it closes at 24 h and the next opens in the same moment.
  [[nodiscard]] Turn turn(const Seen& seen);

  /// When the night that turn() says opens began; when the one that closes ended.
  [[nodiscard]] Instant opens_at() const noexcept { return opens_at_; }
  [[nodiscard]] Instant ends_at() const noexcept { return ends_at_; }
  void open(Instant at);
  void close() noexcept;

  void entered(Instant at);
  void left(Instant at);
  void lights_out(Instant at) noexcept;
  void position_changed() noexcept { position_changes_ += open_; }
  void restless_began() noexcept { restless_ += open_; }

  [[nodiscard]] bool is_open() const noexcept { return open_; }
  [[nodiscard]] Instant opened() const noexcept { return opened_; }
  /// R of the open night as far as it went: the last exit, or `now` while in bed.
  [[nodiscard]] Instant so_far(Instant now) const noexcept { return left_ ? *left_ : now; }
  /// Of the open night with R = `until`; epochs up to `now` are there.
  [[nodiscard]] NightFigures figures(const Trail& trail, Instant until, Instant now) const noexcept;

  /// The fold: presence was known then; asleep then.
  void known(Instant at) noexcept { known_ = at; }
  void slept(Instant at) noexcept { slept_ = at; }

 private:
  Turn opens_by_bed(const Seen& seen);
  Turn opens_by_wrist(const Seen& seen);
  Turn closes_by_bed(const Seen& seen);
  Turn closes_by_wrist(const Seen& seen);

  Settings settings_;
  bool open_ = false;
  Instant opened_;
  Instant opens_at_;
  Instant ends_at_;
  std::optional<Instant> entered_;  ///< in bed since
  std::optional<Instant> left_;     ///< out of bed since
  std::optional<Instant> known_;    ///< presence last known
  std::optional<Instant> lights_out_;
  std::optional<Instant> slept_;  ///< last asleep
  std::optional<Instant> first_;  ///< first second seen of all
  bool beginning_known_ = false;  ///< a bed entry or lights out: the latency can be said
  int exits_ = 0;                 ///< that a return followed
  int position_changes_ = 0;
  int restless_ = 0;
};

/// Of sleep that is found out at `since`, when a wrist alone has been sure for long enough: when it began, as
/// the epochs before were scored. Stretches of 10 min and more count, as long as no 20 min lie between them.
Instant slept_from(const Trail& trail, Instant since) noexcept;

}  // namespace vigil::sleep

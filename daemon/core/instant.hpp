#pragma once
#include <chrono>
#include <compare>
#include <cstdint>

namespace vigil {

using Duration = std::chrono::nanoseconds;

/// A point on CLOCK_BOOTTIME of the current boot: it goes on while the machine sleeps and never steps.
/// All measuring of how long something took is done with it. Comparable only within one boot.
struct Instant {
  Duration since_boot{};

  auto operator<=>(const Instant&) const = default;
  constexpr Instant& operator+=(Duration d) noexcept {
    since_boot += d;
    return *this;
  }
};

constexpr Instant operator+(Instant t, Duration d) noexcept { return {t.since_boot + d}; }
constexpr Instant operator-(Instant t, Duration d) noexcept { return {t.since_boot - d}; }
constexpr Duration operator-(Instant a, Instant b) noexcept { return a.since_boot - b.since_boot; }

/// Seconds as a number, for arithmetic with signals.
constexpr double seconds(Duration d) noexcept { return std::chrono::duration<double>(d).count(); }
constexpr Duration from_seconds(double s) noexcept {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(s));
}

/// What the wall clock said: UTC microseconds since 1970 and the local zone's offset at that moment.
/// For people and for joining boots; never for measuring durations within a boot.
struct WallTime {
  std::chrono::microseconds since_epoch{};
  std::chrono::minutes offset{};  ///< local time = UTC + offset

  auto operator<=>(const WallTime&) const = default;
};

constexpr WallTime operator+(WallTime t, std::chrono::microseconds d) noexcept {
  return {t.since_epoch + d, t.offset};
}

}  // namespace vigil

#pragma once
#include <cstdint>

#include "core/instant.hpp"

namespace vigil::signal {

/// Number of a cell of the grid of step `step` on CLOCK_BOOTTIME: cell k holds [k * step, (k + 1) * step).
/// Instants before the boot (a night that an earlier boot began) have negative numbers.
constexpr std::int64_t cell(Instant t, Duration step) noexcept {
  const std::int64_t n = t.since_boot.count();
  const std::int64_t s = step.count();
  return n >= 0 ? n / s : -((-n + s - 1) / s);
}
constexpr Instant cell_start(std::int64_t index, Duration step) noexcept { return {step * index}; }

inline constexpr Duration tenth = std::chrono::milliseconds(100);  ///< the waves' grid
inline constexpr Duration second = std::chrono::seconds(1);        ///< the readings' grid
inline constexpr int tenths_a_second = 10;

}  // namespace vigil::signal

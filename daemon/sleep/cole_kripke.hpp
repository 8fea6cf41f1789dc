#pragma once
#include <array>
#include <span>
#include <vector>

#include "core/event.hpp"
#include "core/reading.hpp"

/// Cole, Kripke, Gruen, Mullaney, Gillin 1992 (Sleep 15:461): a weighted sum over minutes -4..+2, sleep
/// below 1. Decided two minutes late.
namespace vigil::sleep::cole_kripke {

const Algorithm& algorithm();

/// The form ActiLife 6 uses on 1-min epochs: D = .001 [106 54 58 76 230 74 67] . min(axis1 / 100, 300),
/// minutes -4..+2. Agrees with ActiLife on 1,500 of 1,500 minutes of its own day.
double d(const std::array<float, 7>& axis1) noexcept;
inline bool asleep(const std::array<float, 7>& axis1) noexcept { return d(axis1) < 1; }

/// The form for the largest 30-s count of each minute: D = .0001 [50 30 14 28 121 8 50]. (Copies with 12 for
/// 121 exist and are wrong.) In the counts of the original device, unscaled.
double d_of_30s_maxima(const std::array<float, 7>& largest) noexcept;
inline bool asleep_of_30s_maxima(const std::array<float, 7>& largest) noexcept {
  return d_of_30s_maxima(largest) < 1;
}

/// The form for the largest (non-overlapping) 10-s count of each minute: D = .00001 [550 378 413 699 1736 287
/// 309].
double d_of_10s_maxima(const std::array<float, 7>& largest) noexcept;
inline bool asleep_of_10s_maxima(const std::array<float, 7>& largest) noexcept {
  return d_of_10s_maxima(largest) < 1;
}

/// Minutes -4..+2 around `minute`; beyond the record's ends 0.
std::array<float, 7> around(std::span<const float> minutes, std::size_t minute) noexcept;

/// A whole record at once, minutes beyond its ends taken as 0. `out` as long as `axis1`.
void score(std::span<const float> axis1, std::span<EpochState> out) noexcept;
/// The same from 30-s epochs (an even number of them, two a minute), by the largest of each minute; `out` a
/// minute each.
void score_30s(std::span<const float> counts, std::span<EpochState> out);

/// The same from 10-s epochs, six a minute.
void score_10s(std::span<const float> counts, std::span<EpochState> out);
/// The largest of each minute.
std::vector<float> largest(std::span<const float> epochs, std::size_t in_a_minute);

}  // namespace vigil::sleep::cole_kripke

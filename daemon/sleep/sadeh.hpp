#pragma once
#include <span>

#include "core/event.hpp"
#include "core/reading.hpp"

/// Sadeh, Sharkey, Carskadon 1994 (Sleep 17:201) on 1-min epochs, as ActiLife 6 applies it:
/// PS = 7.601 - .065 mean(-5..+5) - 1.08 NAT - .056 SD(-5..0) - .703 ln(x + 1) with x = min(axis1, 300), NAT
/// the minutes of -5..+5 with 50 <= x < 100, SD that of a sample (n - 1); sleep if PS > -4. Decided five
/// minutes late. Agrees with ActiLife on 1,500 of 1,500 minutes of its own day.
namespace vigil::sleep::sadeh {

const Algorithm& algorithm();

/// PS of one minute; minutes beyond the record's ends are 0.
double ps(std::span<const float> axis1, std::size_t minute) noexcept;

/// A whole record at once, minutes beyond its ends taken as 0. `out` as long as `axis1`.
void score(std::span<const float> axis1, std::span<EpochState> out) noexcept;

}  // namespace vigil::sleep::sadeh

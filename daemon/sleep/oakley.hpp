#pragma once
#include <span>

#include "core/event.hpp"
#include "core/reading.hpp"

/// Oakley 1997 (Validation with polysomnography of the Sleepwatch, as Actiware applies it): total activity of
/// an epoch is its own count plus those of its neighbours, weighted; wake above the threshold.
///   60-s epochs: [.04 .2 1 .2 .04] over -2..+2
///   30-s epochs: [.04 .04 .2 .2 2 .2 .2 .04 .04] over -4..+4
/// Decided two minutes late. Counts are those of the original device (Actiwatch), unscaled.
namespace vigil::sleep::oakley {

const Algorithm& algorithm();

/// The published thresholds: 20 takes the most for wake, 80 the least.
enum class Threshold : std::uint8_t { low = 20, medium = 40, high = 80 };

/// A whole record at once, epochs beyond its ends taken as 0; a negative or NaN count is not known, and
/// neither is an epoch whose own count is not. `out` as long as `counts`.
void score_60s(std::span<const float> counts, std::span<EpochState> out,
               Threshold threshold = Threshold::medium) noexcept;
void score_30s(std::span<const float> counts, std::span<EpochState> out,
               Threshold threshold = Threshold::medium) noexcept;

/// The weighted total that is held against the threshold, for one epoch.
float total_60s(std::span<const float> counts, std::size_t epoch) noexcept;
float total_30s(std::span<const float> counts, std::size_t epoch) noexcept;

}  // namespace vigil::sleep::oakley

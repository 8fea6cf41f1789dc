#pragma once

/// When a second counts as moving, each threshold with its reason.
namespace vigil::sleep::moving {

/// RMS of the load's deviation: three steps of a 0.1 kg scale, above the 0.05 to 0.15 kg of breathing and
/// heartbeat, below the 1 to 10 kg of turning.
inline constexpr float kg = 0.3F;
/// A fraction of the pressure image: people lying still give 0.02 to 0.05 (PMD, Pouyan 2017).
inline constexpr float image = 0.1F;
/// A motion sensor's own figure of 100: the 60-GHz radars say 1 of a body at rest and up to 30 of small
/// movements; their scale is not documented further.
inline constexpr float motion = 10;
/// Counts of a wrist within the second: some 0.1 g within the band for half of it.
inline constexpr float counts = 10;

}  // namespace vigil::sleep::moving

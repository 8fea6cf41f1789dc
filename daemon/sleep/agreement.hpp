#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/instant.hpp"
#include "core/reading.hpp"
#include "core/validation.hpp"

/// Vigil against a truth, epoch by epoch, awakening by awakening, night by night. Pure.
///
/// The night is the true one: from the true onset (that of sleep/figures: a run of 10 min of sleep) to the
/// true final awakening. After onset specificity is what is hard, so figures of the whole record, with its
/// easy wake at both ends, are given beside it and say so.
///
/// Awakenings are wake between two sleeps within the night, by the rules of sleep/figures: unknown epochs
/// neither lengthen nor divide one. Live ones are those that were confirmed. Two meet when they overlap, each
/// stretched by `meets_within`: a true one of >= L is found by a said one of >= L / 2, one said of >= L is
/// invented when it meets no true one of >= L / 2 (so that a border is not two mistakes). One said finds at
/// most one true; its other pieces are no inventions.
namespace vigil::sleep {

inline constexpr Duration meets_within = epoch_length;
/// A night counts for Bland-Altman with at least this share of its record known to both.
inline constexpr double enough_percent = 90;

/// An epoch as Vigil scored it, on its own grid.
struct SaidEpoch {
  Instant from;
  EpochState live = EpochState::unknown;
  EpochState hindsight = EpochState::unknown;  ///< rescored, or else as live
  std::optional<float> p_asleep;
};

/// An awakening as it was said live and confirmed.
struct SaidAwakening {
  Instant from, to;
  Instant suspected, confirmed;  ///< when that was said
};

struct NightToJudge {
  std::span<const EpochState> truth;  ///< 30-s epochs from `first` on
  Instant first;
  std::optional<Duration> lights_out, lights_on;  ///< since `first`, within it
  std::span<const SaidEpoch> said;                ///< in order of time
  std::span<const SaidAwakening> awakenings;      ///< in order of time
};

/// Fills all of it but names, start, scorers and remarks. `said` is laid onto the truth's epochs by the state
/// that fills most of each, what is not covered being unknown; of two that fill as much, the earlier.
ValidatedNight judge(const NightToJudge& night);

/// All nights together. Intervals: of one night Wilson's and kappa's large-sample error, of several a
/// percentile bootstrap over them (over people, when each night names its person and there are two or more);
/// 2,000 samples of a fixed seed, so the same nights give the same numbers.
Validation judge(std::vector<ValidatedNight> nights);

// What these are made of.

/// Wilson 1927: of `hits` in `n`.
Estimate wilson(std::uint64_t hits, std::uint64_t n) noexcept;
/// Cohen 1960 with the large-sample error of Fleiss, Cohen, Everitt 1969; nullopt where chance alone agrees
/// fully.
Estimate kappa(const Confusion& confusion) noexcept;
/// With the intervals of one night.
EpochAgreement agreement(const Confusion& confusion) noexcept;
/// Bias, limits and slope of pairs; `left_out` is the caller's.
BlandAltman bland_altman(std::vector<BlandAltman::Pair> pairs);
/// The 97.5-% point of Student's t; df >= 1.
double student_975(double df) noexcept;
Latency latency(std::vector<double> seconds);
/// nullopt when no epoch has both p and truth.
std::optional<Calibration> calibration(std::span<const ValidatedNight> nights);

}  // namespace vigil::sleep

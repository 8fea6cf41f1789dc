#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/instant.hpp"
#include "core/reading.hpp"

/// A scored night, the truth that Vigil is validated against: bytes in, 30-s epochs out. Pure.
///
///   EDF+  annotations "Sleep stage W | N1 | N2 | N3 | R | 1..4 | ?", "Movement time", "Lights off", "Lights
///   on";
///         without a duration a stage lasts until the next. Local time, as EDF has it.
///   CSV   a header names the columns: t | time | onset | epoch (or none: row after row), stage | state, and
///         duration where rows are runs; comma, semicolon or tab. Times are seconds, or dates and times with
///         or without zone. One column of stages needs no header.
///   XML   of the NSRR: PSGAnnotation/ScoredEvents/ScoredEvent with EventType Stages|Stages; Compumedics
///         Profusion: CMPStudyConfig/SleepStages/SleepStage. Seconds since the recording's start.
///
/// Stages are words (wake, n2, rem, sleep, ...) or numbers (0 wake, 1 to 5 sleep, others not scored). What is
/// movement, artefact, not scored or not there is unknown, never sleep or wake. Epochs longer than 30 s are
/// taken apart; others than multiples of 30 s are refused. Unknown epochs at both ends are cut off.
namespace vigil::wire {

inline constexpr std::size_t hypnogram_most_bytes = std::size_t{64} << 20;
inline constexpr std::size_t hypnogram_most_epochs = 40 * 120;  ///< 40 h

struct Hypnogram {
  enum class Clock : std::uint8_t {
    relative,  ///< to the recording's start
    local,     ///< to the wall of where it was recorded; the format has no zone
    zoned,
  };
  Clock clock = Clock::relative;
  /// Of epochs[0]: since the recording's start; or since 1970, local time taken for UTC; or UTC.
  std::chrono::microseconds start{};
  std::chrono::microseconds zero{};  ///< the same of what the file's times count from; relative: 0
  std::vector<EpochState> epochs;
  std::optional<Duration> lights_out, lights_on;  ///< since `start`, may lie outside
  std::string format;                             ///< for people: "EDF+ annotations"
  std::vector<std::string> remarks;               ///< what was passed over
};

/// `name` is the file's, for what is said of it; `epoch_s`: of CSV rows, where their times do not say it.
/// Throws: std::runtime_error "NAME:LINE: ..." or "NAME: ELEMENT: ..." with what was expected and found.
Hypnogram read_hypnogram(std::string_view name, std::span<const std::byte> file,
                         std::optional<double> epoch_s = {});

/// "N2", "Sleep stage W", "REM sleep|5", "0": what it says; nullopt: no stage.
std::optional<EpochState> stage_of(std::string_view text);

}  // namespace vigil::wire

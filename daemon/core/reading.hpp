#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/instant.hpp"
#include "core/name.hpp"

namespace vigil {

/// What one glance at a bed says. Precedence, highest first: unknown, out_of_bed, restless, awake, asleep.
enum class BedState : std::uint8_t { unknown, out_of_bed, awake, restless, asleep };

constexpr std::string_view name(BedState s) noexcept {
  switch (s) {
    case BedState::unknown:
      return "unknown";
    case BedState::out_of_bed:
      return "out_of_bed";
    case BedState::awake:
      return "awake";
    case BedState::restless:
      return "restless";
    case BedState::asleep:
      return "asleep";
  }
  return "?";
}

/// A number with the moment it was measured. Its age is what a reader subtracts from his own now.
struct Measure {
  float value = 0;
  Instant at;
};

/// Where a rate comes from; none: nothing here could tell it now.
enum class RateSource : std::uint8_t {
  none,
  load,    ///< Vigil's own, out of the load cells: indicative
  sensor,  ///< the sensor's own word (a radar): indicative
};

constexpr std::string_view name(RateSource s) noexcept {
  switch (s) {
    case RateSource::none:
      return "none";
    case RateSource::load:
      return "load";
    case RateSource::sensor:
      return "sensor";
  }
  return "?";
}

/// Once a second, one bed: what is known now. An empty optional is "unknown", never the last number.
struct Reading {
  Name bed;
  Instant at;
  BedState state = BedState::unknown;
  Instant state_since;
  Name why;                            ///< a short reason: "scale silent", "no movement for 6 min"
  std::optional<bool> in_bed;          ///< by whatever tells presence; also while sleep and wake are unknown
  std::optional<Measure> load_kg;      ///< above tare
  std::optional<Measure> movement_kg;  ///< RMS of the load's deviation within the last second
  std::optional<Measure> movement_percent;  ///< without load sensors: movement as a share of the pressure
                                            ///< image, or as a motion sensor says it, 0 to 100
  std::optional<Measure> activity_mg;       ///< worn sensor: mean of | |a| - 1 g | over the last second
  std::optional<Measure> counts;            ///< actigraphy counts of the last complete 30-s epoch
  std::optional<Measure> breath_rpm;
  std::optional<Measure> heart_bpm;
  /// 0 to 1; told also while the rate is unknown for want of it. nullopt: the source states none.
  std::optional<float> breath_quality, heart_quality;
  RateSource breath_from = RateSource::none;
  RateSource heart_from = RateSource::none;
  std::optional<float> p_asleep;  ///< P(asleep), 0 to 1, by the estimator; 0 out of bed; nullopt: not known
};

/// One 30-s epoch, scored. `score` is the live decision; `hindsight` the delayed one of the same epoch.
enum class EpochState : std::uint8_t { unknown, wake, sleep };

constexpr std::string_view name(EpochState s) noexcept {
  switch (s) {
    case EpochState::unknown:
      return "unknown";
    case EpochState::wake:
      return "wake";
    case EpochState::sleep:
      return "sleep";
  }
  return "?";
}

inline constexpr Duration epoch_length = std::chrono::seconds(30);

struct Epoch {
  Name bed;
  Instant from;                            ///< start of the 30 s
  EpochState score = EpochState::unknown;  ///< causal, decided when the epoch ended
  BedState state = BedState::unknown;      ///< the state that filled most of the epoch
  std::optional<float> counts;
  std::optional<float> movement_kg;  ///< RMS over the epoch
  std::optional<float> load_kg;      ///< mean above tare
  Name scorer;                       ///< name and version of what decided `score`
  std::optional<float>
      p_asleep;  ///< mean over the epoch of the live P(asleep); 0: out of bed, or a hand did something
};

/// A delayed decision about earlier epochs, by what came after them.
struct Rescore {
  Name bed;
  Instant from;
  EpochState score = EpochState::unknown;
  Name scorer;
  std::optional<float> p_asleep;  ///< P(asleep) in hindsight; nullopt: the scorer states none
};

/// A point of a moving trace, on a fixed 10-Hz grid.
enum class Trace : std::uint8_t {
  load,
  movement
};  ///< load: 0.01 kg above tare; movement: 0.01 kg, 0.1 % (pressure image, motion sensor) or 1 mg (worn):
    ///< the first that the bed has sensors for, a worn one before a motion sensor
inline constexpr double wave_rate_hz = 10;
inline constexpr std::int16_t wave_absent = INT16_MIN;

struct WavePoint {
  Instant at;
  Trace trace{};
  std::int16_t value = wave_absent;
};

}  // namespace vigil

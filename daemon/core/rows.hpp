#pragma once
#include <optional>

#include "core/event.hpp"
#include "core/night.hpp"
#include "core/reading.hpp"

namespace vigil {

/// What history is read as: plain rows, in wall time, since they may come from several boots.
struct NightRow {
  Name night;
  Name bed;
  WallTime opened;
  std::optional<WallTime> closed;  ///< nullopt: goes on
  bool simulated = false;
  std::optional<NightFigures> figures;
  Algorithm algorithm;
};

/// One second of one bed, decoded.
struct ReadingRow {
  WallTime wall;
  BedState state = BedState::unknown;
  std::optional<float> load_kg, movement_kg, activity_mg, breath_rpm, heart_bpm;
  std::optional<float> p_asleep;  ///< in hundredths
};

struct EpochRow {
  WallTime from;
  Epoch epoch;                         ///< epoch.from is not meaningful across boots: use `from`
  std::optional<EpochState> rescored;  ///< the delayed decision, once there
  std::optional<float> rescored_p_asleep;
  Name rescorer;  ///< name and version of what decided `rescored`; empty: not there
};

}  // namespace vigil

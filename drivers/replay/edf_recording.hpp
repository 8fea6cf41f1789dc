#pragma once
#include "drivers/replay/recording.hpp"

namespace vigil::drivers::replay {

/// EDF and EDF+. Signals are taken by their label, whatever its case: Activity, Act, Counts, Actigraphy,
/// Axis1 (counts); X, Y, Z or Acc X, Y, Z (g, mg, m/s2); HR, Heart rate, Pulse; RR, Resp rate, Breath rate;
/// Load, Weight (kg). `options.columns` names others: counts=ACT-L. EDF has no time zone: its start is taken
/// as UTC. Throws: std::runtime_error "FILE: ..." when it is no EDF or has no such signal (naming those it
/// has).
std::unique_ptr<Recording> open_edf(const std::filesystem::path& file, const Options& options);

}  // namespace vigil::drivers::replay

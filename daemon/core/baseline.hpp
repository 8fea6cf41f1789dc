#pragma once
#include <cstdint>
#include <optional>

namespace vigil {

/// What is a person's own, learned over nights: against it a heart is fast and a night restless. The version
/// counts resets, `nights` what was learned since; an empty optional is not known yet.
struct Baseline {
  std::int64_t version = 1;
  std::int64_t nights = 0;
  std::optional<double> heart_bpm;       ///< mean while asleep
  std::optional<double> breath_rpm;      ///< mean while asleep
  std::optional<double> moving_percent;  ///< of the seconds asleep, those that moved
  std::optional<double> load_kg;         ///< above tare
};

}  // namespace vigil

#pragma once
#include <array>
#include <vector>

#include "detection/played.hpp"
#include "sleep/estimator.hpp"

/// What the fit looks at: nights played with each set of sensors, and the true hidden state of their seconds.
namespace vigil::detection {

inline constexpr std::array all_sensors{Sensors::scale,  Sensors::wrist, Sensors::all,
                                        Sensors::counts, Sensors::cells, Sensors::known};
template <class T>
using OfSensors = std::array<T, all_sensors.size()>;  ///< as in all_sensors

inline sleep::Movers movers_of(Sensors s) {
  return s == Sensors::all || s == Sensors::known ? sleep::Movers::both
         : s == Sensors::wrist                    ? sleep::Movers::wrist
         : s == Sensors::counts                   ? sleep::Movers::none
                                                  : sleep::Movers::bed;
}

struct Night {
  Played played;
  std::vector<sleep::Hidden> hidden;  ///< by second, as `name_states` calls it
};
using Nights = OfSensors<std::vector<Night>>;

/// One look at the scorecard in so many seconds: neighbours say the same.
inline constexpr std::size_t look_s = 10;

}  // namespace vigil::detection

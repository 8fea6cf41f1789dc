#pragma once
#include "drivers/driver.hpp"

namespace vigil::drivers::witmotion {

/// WitMotion inertial sensors, worn or on the mattress: acceleration. Finds the baud by itself; sets what the
/// device sends and its rate anew at each opening and reads both back, but never writes them to its flash.
extern const Driver driver;

}  // namespace vigil::drivers::witmotion

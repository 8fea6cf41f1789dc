#pragma once
#include "drivers/driver.hpp"

namespace vigil::drivers::replay {

/// Plays a recording (recording.hpp) as if its sensor were here, at a speed factor. Spacings of time stay as
/// they were: a fast replay begins in the past and ends now.
extern const Driver driver;

}  // namespace vigil::drivers::replay

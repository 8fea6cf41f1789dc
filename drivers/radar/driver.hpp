#pragma once
#include "drivers/driver.hpp"

namespace vigil::drivers::radar {

/// 60-GHz radars over the bed: heart and breath rate, presence and motion, all of them indicative. Reports
/// are switched on where the radar has switches, and again when the heart's stop.
extern const Driver driver;

}  // namespace vigil::drivers::radar

#pragma once
#include "drivers/driver.hpp"

namespace vigil::drivers::phidget_bridge {

/// Phidget Bridge 1046_0: one channel of load, kg a cell, in the order of the board's inputs. A cell without
/// a number is NaN and is named in a note.
extern const Driver driver;

}  // namespace vigil::drivers::phidget_bridge

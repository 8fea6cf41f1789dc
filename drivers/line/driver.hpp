#pragma once
#include "drivers/driver.hpp"

namespace vigil::drivers::line {

/// Any sensor that prints lines over a serial port: what they mean is in the configuration. Sends nothing but
/// what the configuration says, never a break, and leaves the modem lines as they are on closing.
extern const Driver driver;

}  // namespace vigil::drivers::line

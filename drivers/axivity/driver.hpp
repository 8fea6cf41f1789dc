#pragma once
#include "drivers/driver.hpp"

namespace vigil::drivers::axivity {

/// AX3 and AX6 live over USB: acceleration at 100.05 Hz. Never sends what would change a participant's
/// device.
extern const Driver driver;

}  // namespace vigil::drivers::axivity

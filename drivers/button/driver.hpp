#pragma once
#include "drivers/driver.hpp"

namespace vigil::drivers::button {

/// A button at the bed: any USB boot keyboard that a person assigned. It is taken away from the kernel, so
/// that it types nowhere else; one that nobody assigned is never opened.
extern const Driver driver;

}  // namespace vigil::drivers::button

#pragma once
#include "drivers/driver.hpp"

namespace vigil::drivers::hid_scale {

/// USB HID weighing scales as bed load: never told to zero (some stop reporting then), tare is found in
/// software.
extern const Driver driver;

}  // namespace vigil::drivers::hid_scale

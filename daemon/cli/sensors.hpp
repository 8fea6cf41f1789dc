#pragma once
#include <span>
#include <string>

#include "drivers/driver.hpp"

namespace vigil::cli {

/// The sensors that these drivers read, as README's table: one row a driver, how it is connected and
/// recognised.
std::string sensors_markdown(std::span<const drivers::Driver* const> drivers);

/// The same as udev rules: the group vigil and the local user may open them, ModemManager leaves serial ones
/// alone, and no volume of theirs is mounted by itself. What is recognised by a HID usage alone has no rule
/// of its own.
std::string sensors_udev(std::span<const drivers::Driver* const> drivers);

}  // namespace vigil::cli

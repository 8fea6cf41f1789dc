#pragma once
#include "drivers/driver.hpp"

namespace vigil::drivers::synthetic {

/// A simulated sleeper (physiology.hpp), paced by the port's time-outs. Its raw record is its settings: the
/// same settings give the same night.
extern const Driver driver;

}  // namespace vigil::drivers::synthetic

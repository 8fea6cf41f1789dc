#pragma once
#include "drivers/driver.hpp"

namespace vigil::drivers::sensing_tex {

/// Sensing Tex textile mats: the pressure image under the sleeper. Only at a port that the configuration
/// names: what it sends to start could disturb another device.
extern const Driver driver;

}  // namespace vigil::drivers::sensing_tex

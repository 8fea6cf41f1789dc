#pragma once
#include "drivers/replay/recording.hpp"

namespace vigil::drivers::replay {

/// Actiwatch's text: name, date ("21-nov-2026"), time ("22:15"), length of an epoch in units of 15 s, age,
/// serial number, sex, a line each; then a count a line, perhaps with a mark ("12 M") or the light
/// ("12, 40.5") behind it. Throws: std::runtime_error "FILE:LINE: ...".
std::unique_ptr<Recording> open_awd(const std::filesystem::path& file, const Options& options);

}  // namespace vigil::drivers::replay

#pragma once
#include "drivers/replay/recording.hpp"

namespace vigil::drivers::replay {

/// Throws: std::runtime_error "FILE[:LINE]: ...".
std::unique_ptr<Recording> open_table(const std::filesystem::path& file, const Options& options);

}  // namespace vigil::drivers::replay

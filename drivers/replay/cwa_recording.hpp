#pragma once
#include "drivers/replay/recording.hpp"

namespace vigil::drivers::replay {

/// Throws: std::runtime_error "FILE: ..." when it is empty, has no header or not one good block.
std::unique_ptr<Recording> open_cwa(const std::filesystem::path& file, const Options& options);

}  // namespace vigil::drivers::replay

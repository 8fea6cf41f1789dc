#pragma once
#include "drivers/replay/recording.hpp"

namespace vigil::drivers::replay {

/// Captures of one device in order of time, each session run through the driver that made it.
/// Throws: std::runtime_error "FILE: ...".
std::unique_ptr<Recording> open_captures(const std::vector<std::filesystem::path>& files);
/// Whether the file begins as a capture does.
bool is_capture(const std::filesystem::path& file);

}  // namespace vigil::drivers::replay

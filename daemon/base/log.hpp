#pragma once
#include <string_view>

#include <spdlog/spdlog.h>

namespace vigil {

/// Standard error, one line an entry; under systemd with its priority prefixes and without a time of its own.
/// Throws: std::invalid_argument when `level` is none of trace debug info warn error off.
void start_log(std::string_view level);

namespace log = spdlog;

}  // namespace vigil

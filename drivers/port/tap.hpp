#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "core/instant.hpp"

namespace vigil::drivers {

/// What passed through a live port, as `wire::CaptureRecord::kind` counts it.
enum class Passed : std::uint8_t { read = 0, time_out = 1, written = 2, control_answer = 3 };

/// Called by a live port, on its thread, before the driver sees what passed: the recorder's ear. May be
/// empty. The bytes are borrowed for the call.
using Tap = std::function<void(Instant at, std::uint8_t kind, std::span<const std::byte> bytes)>;

}  // namespace vigil::drivers

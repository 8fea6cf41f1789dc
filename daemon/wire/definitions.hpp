#pragma once
#include <string>

#include "core/event.hpp"

namespace vigil::wire {

/// What GET /api/v1/definitions says of a night's figures, as `figures` of this version makes them:
/// {"algorithm","version","caution","definitions":[{"key","title","unit","definition"}]}
std::string definitions_text(const Algorithm& figures);

}  // namespace vigil::wire

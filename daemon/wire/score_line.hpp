#pragma once
#include <optional>
#include <string>

#include "core/instant.hpp"
#include "core/reading.hpp"

namespace vigil::wire {

/// What `score` prints of an epoch: {"t":"2026-11-22T22:00:00Z","state":"sleep","score":0.321|null}
std::string score_line(WallTime from, EpochState state, std::optional<double> score);

}  // namespace vigil::wire

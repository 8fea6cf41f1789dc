#include "wire/score_line.hpp"

#include <nlohmann/json.hpp>

#include "wire/event_json.hpp"
#include "wire/rounded.hpp"

namespace vigil::wire {

std::string score_line(WallTime from, EpochState state, std::optional<double> score) {
  return nlohmann::ordered_json{{"t", iso_utc(from)}, {"state", name(state)}, {"score", rounded(score)}}
      .dump();
}

}  // namespace vigil::wire

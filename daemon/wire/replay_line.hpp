#pragma once
#include <string>

#include "core/rows.hpp"
#include "wire/event_json.hpp"
#include "wire/live.hpp"

namespace vigil::wire {

// What `replay` prints, one object a line, each with its `kind`; events as to_line has them.

/// {"kind":"reading","bed","t","state",...} as on the WebSocket.
std::string replay_line(const Reading& reading, const Now& now);
/// {"kind":"epoch",...}
std::string replay_line(const Epoch& epoch, const Now& now);
/// {"kind":"rescore","bed","from","score","scorer","p_asleep"|null}
std::string replay_line(const Rescore& rescore, const Now& now);
/// {"kind":"night.figures","night","bed","opened","closed"|null,"simulated","figures":{...}|null,"algorithm","version"}
std::string replay_line(const NightRow& night);

}  // namespace vigil::wire

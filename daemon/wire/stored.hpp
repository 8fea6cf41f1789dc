#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "core/event.hpp"
#include "wire/event_json.hpp"

namespace vigil::wire {

/// An event's header as the log stores and hashes it: one JSON object of everything but the payload, whose
/// kind it names. Keys in a fixed order, empty ones left out:
///   {"seq":12,"kind":"bed.left","bed":"bed-1","person":"p-017","wall_us":1795315267123456,"offset_min":60,
///    "zone":"Europe/Berlin","boot":"...","at_ns":123,"algorithm":"presence","version":"1","simulated":1,
///    "client_id":"..."}
std::string stored_header(const Event& event);

/// The event of a stored header and payload (payload_to_text). No payload: it was erased; the event comes
/// with its kind and defaults. Errors: not such a header, a kind this program does not know, a payload of
/// another shape.
boost::system::result<Event, Malformed> event_from_stored(std::string_view header,
                                                          std::optional<std::string_view> payload);

}  // namespace vigil::wire

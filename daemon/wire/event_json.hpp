#pragma once
#include <boost/system/result.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/event.hpp"

namespace vigil::wire {

/// One event as one JSON object, the same in the log's export, in `replay`'s lines, in history and on the
/// WebSocket:
///   {"kind":"bed.left","seq":12,"bed":"bed-1","t":"2026-11-22T02:41:07.123Z","local":"2026-11-22T03:41:07.123+01:00",
///    "zone":"Europe/Berlin","boot":"...","at_ns":123,"algorithm":"presence","version":"1","simulated":true,
///    "client_id":"...", "data":{"ago_s":10.0,"stay_s":1234.5,"tare_kg":4.2}}
/// Absent: person, algorithm/version, client_id when empty; seq when 0 (then "unrecorded":true); null never stands
/// for "not given", a missing optional is written as null inside data ("unknown").
nlohmann::json to_json(const Event& event);
std::string to_line(const Event& event);

/// The payload alone, as stored. `payload_from_json` is its inverse; an unknown kind or a field of the wrong type is
/// an error whose text names both.
nlohmann::json payload_to_json(const Payload& payload);
struct Malformed {
  std::string what;   ///< names the field, what was expected
};
boost::system::result<Payload, Malformed> payload_from_json(std::string_view kind, const nlohmann::json& data);

/// A request body that enters something: {"id":"<client id, 8..64 of [A-Za-z0-9-]>","kind":"pain.checkin","data":{...}}.
/// Ranges are checked here (score 0..10, texts at most 2,000 bytes, valid UTF-8, regions and qualities at most 8).
struct EntryDraft {
  std::string client_id;
  Payload payload;
};
boost::system::result<EntryDraft, Malformed> entry_from_json(std::string_view body);

std::string iso_utc(WallTime t);      ///< "2026-11-22T02:41:07.123Z"
std::string iso_local(WallTime t);    ///< "2026-11-22T03:41:07.123+01:00"

}  // namespace vigil::wire

#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>
#include <nlohmann/json_fwd.hpp>

#include "core/event.hpp"

namespace vigil::wire {

/// One event as one JSON object, the same in the log's export, in `replay`'s lines, in history and on the
/// WebSocket:
///   {"kind":"bed.left","seq":12,"bed":"bed-1","t":"2026-11-22T02:41:07.123Z","local":"2026-11-22T03:41:07.123+01:00",
///    "zone":"Europe/Berlin","boot":"...","at_ns":123,"algorithm":"presence","version":"1","simulated":true,
///    "client_id":"...", "data":{"ago_s":10.0,"stay_s":1234.5,"tare_kg":4.2}}
/// Absent: person, algorithm/version, client_id when empty; seq when 0 (then "unrecorded":true); null never
/// stands for "not given", a missing optional is written as null inside data ("unknown"). Strings that are
/// not UTF-8 are mended, so that any JSON made here can be written.
nlohmann::json to_json(const Event& event);
std::string to_line(const Event& event);

/// The payload alone, as stored. `payload_from_json` is its inverse; an unknown kind or a field of the wrong
/// type is an error whose text names both. A field that is absent keeps its default and one that is unknown
/// is passed over, so that what an older or newer program stored can be read.
nlohmann::json payload_to_json(const Payload& payload);
struct Malformed {
  std::string what;  ///< names the field, what was expected
};
boost::system::result<Payload, Malformed> payload_from_json(std::string_view kind,
                                                            const nlohmann::json& data);

/// The same two as text, for those who hold no JSON.
std::string payload_to_text(const Payload& payload);
boost::system::result<Payload, Malformed> payload_from_text(std::string_view kind, std::string_view data);
/// A payload of this kind with its defaults (an erased one); nullopt when the kind is unknown.
std::optional<Payload> empty_payload(std::string_view kind);

/// A request body that enters something: {"id":"<client id, 8..64 of
/// [A-Za-z0-9-]>","kind":"pain.checkin","data":{...}}. Ranges are checked here (score 0..10, texts at most
/// 2,000 bytes, valid UTF-8, at most 8 regions and qualities, all of core/pain_terms.hpp); unlike stored
/// payloads nothing unknown, missing or given twice is passed over. Bodies over 64 KiB or nested deeper than
/// 8 are refused before they are parsed.
struct EntryDraft {
  std::string client_id;
  Payload payload;
};
boost::system::result<EntryDraft, Malformed> entry_from_json(std::string_view body);

/// A request body that gives a device a bed, or (`taken`) takes it from that bed:
/// {"id":"...","device":"hid_scale:usb-1-1.2","bed":"bed-1"[,"taken":true][,"driver":"...","settings":"key =
/// value\n..."]}. As strict as an entry's.
struct AssignmentDraft {
  std::string client_id;
  Name bed;
  event::DeviceAssigned assigned;
};
boost::system::result<AssignmentDraft, Malformed> assignment_from_json(std::string_view body);

/// A request body that stores what a validation measured, or (an empty lab) withdraws it:
/// {"id":"...","data":{all of event::ValidationStored}[,"simulated":true]}. As strict as an entry's: shares
/// from 0 to 1, an interval that holds its value, no more found than true, a lab's name of at most 120 bytes.
struct ValidationDraft {
  std::string client_id;
  bool simulated = false;
  event::ValidationStored stored;
};
boost::system::result<ValidationDraft, Malformed> validation_from_json(std::string_view body);
/// The body of such a request.
std::string validation_body(const ValidationDraft& draft);
/// {"validation":{"seq","stored","simulated",...its data}|null}; null where `newest` is none or withdrawn.
std::string validation_answer(const std::optional<Event>& newest);

std::string iso_utc(WallTime t);    ///< "2026-11-22T02:41:07.123Z"
std::string iso_local(WallTime t);  ///< "2026-11-22T03:41:07.123+01:00"
/// Both of these forms, with or without (up to 9 digits of) a fraction, at most microseconds are kept. "Z" or
/// an offset is required. nullopt when it is not a date and time of the years 1970 to 9999.
std::optional<WallTime> parse_iso(std::string_view text);

/// One line, no line breaks; strings that are not UTF-8 are mended.
std::string text(const nlohmann::json& json);

/// By which boost::system::result::value() throws. Throws: std::runtime_error(what).
[[noreturn]] void throw_exception_from_error(const Malformed& error, const boost::source_location& where);

}  // namespace vigil::wire

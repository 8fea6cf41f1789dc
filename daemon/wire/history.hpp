#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/event.hpp"
#include "core/rows.hpp"

namespace vigil::wire {

// The answers of the history routes, as JSON text.

/// {"events":[...],"head":N}
std::string events_text(std::span<const Event> events, std::uint64_t head);
/// {"nights":[{"night","bed","opened","closed"|null,"simulated","figures"|null,"algorithm","version"}]}
std::string nights_text(std::span<const NightRow> nights);
/// The night's object plus "events":[...],"epochs":[...].
std::string night_text(const NightRow& night, std::span<const Event> events,
                       std::span<const EpochRow> epochs);
/// {"epochs":[{"from","score","rescored"|null,"state","counts"|null,"movement_kg"|null,"load_kg"|null,"scorer","rescorer"|null,
/// "p_asleep"|null,"rescored_p_asleep"|null}]}
std::string epochs_text(std::span<const EpochRow> epochs);
/// {"readings":[{"t","state","load_kg"|null,"movement_kg"|null,"activity_mg"|null,"breath_rpm"|null,"heart_bpm"|null,"p_asleep"|null}]}
std::string readings_text(std::span<const ReadingRow> readings);

/// The answer to an entry: {"event":{...},"repeated":bool}.
std::string entered_text(const Event& event, bool repeated);
/// {"error":{"code":"bad_entry","message":"..."}}
std::string error_text(std::string_view code, std::string_view message);
/// What such an answer says to people; of any other body its first 200 bytes.
std::string error_message(std::string_view body);

/// "a=1&b=two%20words" -> {a: 1, b: two words}; '+' is a space, the first of two equal keys counts, a key
/// without '=' is empty. nullopt: a bad escape, more than 32 keys, or what is decoded is not UTF-8 or holds a
/// zero byte.
std::optional<std::map<std::string, std::string, std::less<>>> parse_query(std::string_view query);

}  // namespace vigil::wire

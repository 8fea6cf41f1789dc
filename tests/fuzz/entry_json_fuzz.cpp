// links: vigil_wire
// What a browser may send: entries, subscriptions, queries, times; and what the log may hold.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "wire/event_json.hpp"
#include "wire/history.hpp"
#include "wire/live.hpp"
#include "wire/stored.hpp"
#include "wire/utf8.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vigil;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto entry = wire::entry_from_json(text)) {
    // What was taken can be stored, and comes back as it went.
    const auto stored = wire::payload_to_text(entry->payload);
    const auto back = wire::payload_from_text(kind(entry->payload), stored);
    if (!back || wire::payload_to_text(*back) != stored) std::abort();
  } else if (!wire::is_utf8(entry.error().what) || entry.error().what.empty()) {
    std::abort();
  }
  (void)wire::watch_from_json(text);
  (void)wire::parse_query(text);
  if (const auto t = wire::parse_iso(text); t && !wire::parse_iso(wire::iso_local(*t))) std::abort();
  if (!wire::is_utf8(wire::mended_utf8(text))) std::abort();
  const auto split = text.find('\n');
  if (split != std::string_view::npos)
    if (const auto event = wire::event_from_stored(text.substr(0, split), text.substr(split + 1)))
      (void)wire::to_line(*event);
  return 0;
}

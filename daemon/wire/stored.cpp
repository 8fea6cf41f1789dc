#include "wire/stored.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "wire/utf8.hpp"

namespace vigil::wire {
namespace {

using nlohmann::json;

/// Written by hand, since the order of the keys is part of what is hashed and this is on the way of every
/// commit.
class HeaderText {
 public:
  void put(std::string_view key, std::string_view value) {
    if (value.empty()) return;
    name(key);
    if (plain(value))
      (out_ += '"') += value, out_ += '"';
    else
      out_ += text(json(mended_utf8(value)));
  }
  void put(std::string_view key, std::int64_t value) {
    name(key);
    out_ += std::to_string(value);
  }
  std::string finish() && { return std::move(out_ += '}'); }

 private:
  static bool plain(std::string_view value) noexcept {
    for (const char c : value)
      if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F) return false;
    return true;
  }
  void name(std::string_view key) {
    out_ += out_.empty() ? "{\"" : ",\"";
    (out_ += key) += "\":";
  }
  std::string out_;
};

}  // namespace

std::string stored_header(const Event& event) {
  HeaderText out;
  out.put("seq", static_cast<std::int64_t>(event.seq));
  out.put("kind", kind(event));
  out.put("bed", event.bed.view());
  out.put("person", event.person.view());
  out.put("wall_us", event.wall.since_epoch.count());
  out.put("offset_min", event.wall.offset.count());
  out.put("zone", event.zone.view());
  out.put("boot", event.boot.view());
  out.put("at_ns", event.at.since_boot.count());
  out.put("algorithm", event.algorithm.name.view());
  out.put("version", event.algorithm.version.view());
  if (event.simulated) out.put("simulated", std::int64_t{1});
  out.put("client_id", event.client_id);
  return std::move(out).finish();
}

boost::system::result<Event, Malformed> event_from_stored(std::string_view header,
                                                          std::optional<std::string_view> payload) {
  const auto parsed = json::parse(header, nullptr, false);
  if (!parsed.is_object()) return Malformed{"the stored header is not a JSON object"};
  std::optional<Malformed> bad;
  const auto number = [&](const char* key) -> std::int64_t {
    const auto at = parsed.find(key);
    if (at == parsed.end()) return 0;
    if (!at->is_number_integer()) {
      bad = Malformed{"the stored header's " + std::string(key) + ": expected a whole number"};
      return 0;
    }
    return at->get<std::int64_t>();
  };
  const auto string = [&](const char* key, std::size_t most) -> std::string {
    const auto at = parsed.find(key);
    if (at == parsed.end()) return {};
    const auto* found = at->get_ptr<const std::string*>();
    if (found == nullptr || found->size() > most) {
      bad = Malformed{"the stored header's " + std::string(key) + ": expected a text of at most " +
                      std::to_string(most) + " bytes"};
      return {};
    }
    return *found;
  };
  Event event;
  event.seq = static_cast<std::uint64_t>(number("seq"));
  event.bed = string("bed", Name::capacity);
  event.person = string("person", Name::capacity);
  event.wall = {std::chrono::microseconds(number("wall_us")), std::chrono::minutes(number("offset_min"))};
  event.zone = string("zone", Name::capacity);
  event.boot = string("boot", Name::capacity);
  event.at = {Duration(number("at_ns"))};
  event.algorithm = {string("algorithm", Name::capacity), string("version", Name::capacity)};
  event.simulated = number("simulated") != 0;
  event.client_id = string("client_id", 256);
  const auto kind = string("kind", 256);
  if (bad) return *bad;
  if (payload) {
    auto read = payload_from_text(kind, *payload);
    if (!read) return read.error();
    event.payload = *std::move(read);
  } else if (auto empty = empty_payload(kind)) {
    event.payload = *std::move(empty);
  } else {
    return Malformed{"\"" + kind + "\" is not a kind of event"};
  }
  return event;
}

}  // namespace vigil::wire

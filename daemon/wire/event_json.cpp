#include "wire/event_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <set>
#include <span>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/pain_terms.hpp"
#include "wire/utf8.hpp"

namespace vigil::wire {
namespace {

using nlohmann::json;

constexpr std::size_t body_limit = 64 * 1024;
constexpr std::size_t depth_limit = 8;
constexpr std::size_t text_limit = 2000;
constexpr std::size_t list_limit = 8;
constexpr double duration_limit_s = 9e9;  // an int64 of nanoseconds holds 9.2e9 s

json value(const Name& v) { return mended_utf8(v.view()); }
json value(const std::string& v) { return mended_utf8(v); }
json value(bool v) { return v; }
json value(std::int64_t v) { return v; }
json value(int v) { return v; }
json value(double v) { return v; }
json value(Duration v) { return seconds(v); }
json value(const std::vector<std::string>& v) {
  auto list = json::array();
  for (const auto& s : v)
    list.push_back(mended_utf8(s));
  return list;
}
template <class T>
json value(const std::optional<T>& v) {
  return v ? value(*v) : json(nullptr);
}

std::string found(const json& v) {
  if (!v.is_primitive()) return v.is_array() ? "found a list" : "found an object";
  auto shown = text(v);
  constexpr std::size_t most = 60;
  if (shown.size() > most) {
    while (shown.size() > most || !is_utf8(shown))
      shown.pop_back();
    shown += "...\"";
  }
  return "found " + shown;
}

/// Reads the fields of one payload. `exact` (entries): no number may be missing and nothing unknown be there.
class FieldReader {
 public:
  FieldReader(std::string where, const json& data, bool exact)
      : where_(std::move(where)), data_(data), exact_(exact) {}

  template <class T>
  void operator()(std::string_view name, T& out) {
    if (error_) return;
    known_.push_back(name);
    const auto at = data_.find(name);
    if (at != data_.end()) return read(name, *at, out);
    if (exact_ && std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) fail(name, "is missing");
  }

  [[nodiscard]] std::optional<Malformed> finish() {
    if (!error_ && exact_)
      for (const auto& [key, v] : data_.items())
        if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
          std::string expected = known_.empty() ? "no fields" : "";
          for (const auto& k : known_)
            expected += (expected.empty() ? "" : ", ") + std::string(k);
          fail(found(key).substr(6), "is not known: expected " + expected);
          break;
        }
    return error_;
  }

 private:
  void fail(std::string_view name, const std::string& what) {
    if (!error_)
      error_ = Malformed{where_ + "." + std::string(name) + (what.starts_with("is ") ? " " : ": ") + what};
  }
  void expected(std::string_view name, std::string_view what, const json& v) {
    fail(name, "expected " + std::string(what) + ", " + found(v));
  }

  void read(std::string_view name, const json& v, Name& out) {
    if (!v.is_string() || v.get_ref<const std::string&>().size() > Name::capacity)
      return expected(name, "a text of at most 47 bytes", v);
    out = Name(v.get_ref<const std::string&>());
  }
  void read(std::string_view name, const json& v, std::string& out) {
    if (!v.is_string()) return expected(name, "a text", v);
    out = v.get<std::string>();
  }
  void read(std::string_view name, const json& v, bool& out) {
    if (!v.is_boolean()) return expected(name, "true or false", v);
    out = v.get<bool>();
  }
  void read(std::string_view name, const json& v, std::int64_t& out) {
    if (!v.is_number_integer() || (v.is_number_unsigned() && v.get<std::uint64_t>() > INT64_MAX))
      return expected(name, "a whole number", v);
    out = v.get<std::int64_t>();
  }
  void read(std::string_view name, const json& v, int& out) {
    std::int64_t wide = 0;
    read(name, v, wide);
    if (error_) return;
    if (wide < INT32_MIN || wide > INT32_MAX) return expected(name, "a whole number of 32 bits", v);
    out = static_cast<int>(wide);
  }
  void read(std::string_view name, const json& v, double& out) {
    if (!exact_ && v.is_null()) {  // JSON has no other way to write what is not a number
      out = std::nan("");
      return;
    }
    if (!v.is_number()) return expected(name, "a number", v);
    out = v.get<double>();
  }
  void read(std::string_view name, const json& v, Duration& out) {
    if (!v.is_number() || !(std::abs(v.get<double>()) < duration_limit_s))
      return expected(name, "a number of seconds", v);
    out = Duration(std::llround(v.get<double>() * 1e9));
  }
  void read(std::string_view name, const json& v, std::vector<std::string>& out) {
    if (!v.is_array() || !std::all_of(v.begin(), v.end(), [](const json& s) { return s.is_string(); }))
      return expected(name, "a list of texts", v);
    out = v.get<std::vector<std::string>>();
  }
  template <class T>
  void read(std::string_view name, const json& v, std::optional<T>& out) {
    if (v.is_null()) {
      out.reset();
      return;
    }
    T inner{};
    read(name, v, inner);
    if (!error_) out = std::move(inner);
  }

  std::string where_;
  const json& data_;
  bool exact_;
  std::vector<std::string_view> known_;
  std::optional<Malformed> error_;
};

template <std::size_t I = 0>
std::optional<Payload> make(std::string_view kind) {
  if constexpr (I == std::variant_size_v<Payload>) {
    return std::nullopt;
  } else {
    using E = std::variant_alternative_t<I, Payload>;
    if (kind == E::kind) return Payload(std::in_place_index<I>);
    return make<I + 1>(kind);
  }
}

boost::system::result<Payload, Malformed> read_payload(std::string_view kind, const json& data, bool exact,
                                                       const std::string& where) {
  auto payload = make(kind);
  if (!payload) return Malformed{"kind: " + found(std::string(kind)).substr(6) + " is not a kind of event"};
  if (!data.is_object()) return Malformed{where + ": expected an object, " + found(data)};
  const auto error = std::visit(
      [&](auto& event) {
        FieldReader reader(where, data, exact);
        std::decay_t<decltype(event)>::fields(event, reader);
        return reader.finish();
      },
      *payload);
  if (error) return *error;
  return *std::move(payload);
}

/// Deepest nesting of the text, as far as brackets outside strings tell.
std::size_t nesting(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

struct GivenTwice {
  std::string key;
};

json parse_once(std::string_view body) {
  std::vector<std::set<std::string>> open;
  return json::parse(body, [&open](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end) open.pop_back();
    if (event == json::parse_event_t::key && !open.back().insert(parsed.get<std::string>()).second)
      throw GivenTwice{parsed.get<std::string>()};
    return true;
  });
}

/// "[json.exception.parse_error.101] parse error at line 1, column 2: ..." without the library's own prefix.
std::string parse_message(const json::exception& e) {
  std::string_view what = e.what();
  if (const auto end = what.find("] "); end != std::string_view::npos) what.remove_prefix(end + 2);
  return "the body is not JSON: " + mended_utf8(what.substr(0, 200));
}

std::optional<Malformed> check_text(std::string_view name, const std::string& text) {
  const auto fail = [&](const std::string& what) {
    return Malformed{"data." + std::string(name) + ": " + what};
  };
  if (text.size() > text_limit)
    return fail("expected at most 2000 bytes, found " + std::to_string(text.size()));
  if (!is_utf8(text)) return fail("expected UTF-8");
  if (std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r';
      }))
    return fail("expected a text without control characters");
  return {};
}

template <std::size_t N>
std::optional<Malformed> check_terms(std::string_view name, const std::vector<std::string>& labels,
                                     const std::array<PainTerm, N>& terms) {
  const auto at = "data." + std::string(name);
  if (labels.size() > list_limit)
    return Malformed{at + ": expected at most 8, found " + std::to_string(labels.size())};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (find_term(terms, labels[i]) == nullptr) {
      std::string known;
      for (const auto& t : terms)
        known += (known.empty() ? "" : ", ") + std::string(t.label);
      return Malformed{at + "[" + std::to_string(i) + "]: expected one of " + known + "; " +
                       found(labels[i])};
    }
    if (std::find(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(i), labels[i]) !=
        labels.begin() + static_cast<std::ptrdiff_t>(i))
      return Malformed{at + "[" + std::to_string(i) + "]: " + labels[i] + " is given twice"};
  }
  return {};
}

std::optional<Malformed> check_score(std::int64_t score) {
  if (score >= 0 && score <= 10) return {};
  return Malformed{"data.score: expected a whole number from 0 to 10, found " + std::to_string(score)};
}

std::optional<Malformed> check(const event::PainCheckin& e) {
  if (auto bad = check_score(e.score)) return bad;
  if (auto bad = check_terms("regions", e.regions, pain_regions)) return bad;
  if (auto bad = check_terms("qualities", e.qualities, pain_qualities)) return bad;
  return check_text("note", e.note);
}
std::optional<Malformed> check(const event::NoteAdded& e) {
  if (e.text.empty()) return Malformed{"data.text: expected a text, found none"};
  return check_text("text", e.text);
}
std::optional<Malformed> check(const event::EntryCorrected& e) {
  if (e.corrects < 1)
    return Malformed{"data.corrects: expected the seq of an entry, found " + std::to_string(e.corrects)};
  if (e.score)
    if (auto bad = check_score(*e.score)) return bad;
  if (!e.withdrawn && !e.score && e.note.empty())
    return Malformed{"data: corrects nothing: expected withdrawn, a score or a note"};
  return check_text("note", e.note);
}
std::optional<Malformed> check(const event::LightsOut&) { return {}; }
std::optional<Malformed> check(const event::LightsOn&) { return {}; }
std::optional<Malformed> check(const event::CallSeen& e) {
  if (e.call >= 1) return {};
  return Malformed{"data.call: expected the seq of a call, found " + std::to_string(e.call)};
}

/// Three numbers of one measure: the middle one between the others where they are told.
struct Measured {
  std::string_view name;
  const std::optional<double>&value, &low, &high;
  double least, most;
};
std::optional<Malformed> check(const Measured& m) {
  for (const auto* v : {&m.value, &m.low, &m.high})
    if (*v && !(**v >= m.least && **v <= m.most))
      return Malformed{"data." + std::string(m.name) + ": expected " + text(json(m.least)) + " to " +
                       text(json(m.most)) + ", found " + text(json(**v))};
  if ((m.low || m.high) && !m.value)
    return Malformed{"data." + std::string(m.name) + ": expected a value where its interval is told"};
  if ((m.low && *m.low > *m.value) || (m.high && *m.high < *m.value))
    return Malformed{"data." + std::string(m.name) + ": expected a value within its interval"};
  return {};
}

std::optional<Malformed> check(const event::ValidationStored& e) {
  constexpr std::size_t longest_lab = 120;
  constexpr double most_min = 24.0 * 60;
  if (e.lab.size() > longest_lab)
    return Malformed{"data.lab: expected at most 120 bytes, found " + std::to_string(e.lab.size())};
  if (auto bad = check_text("lab", e.lab)) return bad;
  if (e.measured.size() > longest_lab) return Malformed{"data.measured: expected a date"};
  if (auto bad = check_text("measured", e.measured)) return bad;
  for (const auto& m :
       {Measured{"sensitivity", e.sensitivity, e.sensitivity_low, e.sensitivity_high, 0, 1},
        Measured{"specificity", e.specificity, e.specificity_low, e.specificity_high, 0, 1},
        Measured{"kappa", e.kappa, e.kappa_low, e.kappa_high, -1, 1},
        Measured{"tst_bias_min", e.tst_bias_min, e.tst_low_min, e.tst_high_min, -most_min, most_min},
        Measured{"sol_bias_min", e.sol_bias_min, e.sol_low_min, e.sol_high_min, -most_min, most_min},
        Measured{"waso_bias_min", e.waso_bias_min, e.waso_low_min, e.waso_high_min, -most_min, most_min}})
    if (auto bad = check(m)) return bad;
  for (const auto& [name, n] : {std::pair{"nights", e.nights},
                                {"people", e.people},
                                {"epochs", e.epochs},
                                {"awakenings_true_1min", e.awakenings_true_1min},
                                {"awakenings_found_1min", e.awakenings_found_1min},
                                {"awakenings_invented_1min", e.awakenings_invented_1min},
                                {"awakenings_true_5min", e.awakenings_true_5min},
                                {"awakenings_found_5min", e.awakenings_found_5min},
                                {"awakenings_invented_5min", e.awakenings_invented_5min}})
    if (n < 0)
      return Malformed{"data." + std::string(name) + ": expected 0 or more, found " + std::to_string(n)};
  if (e.awakenings_found_1min > e.awakenings_true_1min || e.awakenings_found_5min > e.awakenings_true_5min)
    return Malformed{"data: expected no more awakenings found than there were"};
  if (!e.lab.empty() && e.nights == 0)
    return Malformed{"data.nights: expected 1 or more, found 0; an empty lab withdraws"};
  return {};
}

template <std::size_t I = 0>
std::string entry_kinds() {
  if constexpr (I == std::variant_size_v<Payload>) {
    return {};
  } else {
    using E = std::variant_alternative_t<I, Payload>;
    auto rest = entry_kinds<I + 1>();
    if constexpr (EntryKind<E>) return std::string(E::kind) + (rest.empty() ? "" : ", ") + rest;
    return rest;
  }
}

constexpr std::chrono::microseconds wall_limit =
    std::chrono::seconds(253402300799);  // the end of the year 9999

/// "2026-11-22T02:41:07.123"
std::string date_time(std::chrono::microseconds since_epoch) {
  using namespace std::chrono;
  const auto t = std::clamp(since_epoch, microseconds(0), wall_limit);
  const auto day = floor<days>(t);
  const year_month_day date{sys_days(day)};
  const auto ms = floor<milliseconds>(t - day).count();
  std::array<char, 40> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(ms / 3'600'000), static_cast<int>(ms / 60'000 % 60),
                static_cast<int>(ms / 1000 % 60), static_cast<int>(ms % 1000));
  return out.data();
}

/// `n` decimal digits at the start of `text`, taken off it.
std::optional<int> digits(std::string_view& text, std::size_t n) {
  if (text.size() < n) return {};
  int number = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (text[i] < '0' || text[i] > '9') return {};
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(n);
  return number;
}

bool literal(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string text(const json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void throw_exception_from_error(const Malformed& error, const boost::source_location&) {
  throw std::runtime_error(error.what);
}

json payload_to_json(const Payload& payload) {
  auto data = json::object();
  std::visit(
      [&data](const auto& event) {
        std::decay_t<decltype(event)>::fields(event, [&data](std::string_view name, const auto& v) {
          data.emplace(std::string(name), value(v));
        });
      },
      payload);
  return data;
}

boost::system::result<Payload, Malformed> payload_from_json(std::string_view kind, const json& data) {
  return read_payload(kind, data, false, std::string(kind));
}

std::string payload_to_text(const Payload& payload) { return text(payload_to_json(payload)); }

boost::system::result<Payload, Malformed> payload_from_text(std::string_view kind, std::string_view data) {
  const auto parsed = json::parse(data, nullptr, false);
  if (parsed.is_discarded()) return Malformed{std::string(kind) + ": the data is not JSON"};
  return payload_from_json(kind, parsed);
}

std::optional<Payload> empty_payload(std::string_view kind) { return make(kind); }

json to_json(const Event& event) {
  json out = {{"kind", kind(event)},
              {"bed", mended_utf8(event.bed.view())},
              {"t", iso_utc(event.wall)},
              {"local", iso_local(event.wall)},
              {"zone", mended_utf8(event.zone.view())},
              {"boot", mended_utf8(event.boot.view())},
              {"at_ns", event.at.since_boot.count()},
              {"simulated", event.simulated},
              {"data", payload_to_json(event.payload)}};
  if (event.seq != 0)
    out["seq"] = event.seq;
  else
    out["unrecorded"] = true;
  if (!event.person.empty()) out["person"] = mended_utf8(event.person.view());
  if (!event.algorithm.name.empty()) {
    out["algorithm"] = mended_utf8(event.algorithm.name.view());
    out["version"] = mended_utf8(event.algorithm.version.view());
  }
  if (!event.client_id.empty()) out["client_id"] = mended_utf8(event.client_id);
  return out;
}

std::string to_line(const Event& event) { return text(to_json(event)); }

namespace {

/// The object of a request's body, and the client's id in it.
struct Body {
  json object;
  std::string id;
};

boost::system::result<Body, Malformed> read_body(std::string_view text,
                                                 std::span<const std::string_view> keys,
                                                 std::string_view expected) {
  if (text.size() > body_limit)
    return Malformed{"the body has " + std::to_string(text.size()) + " bytes: expected at most 65536"};
  if (nesting(text) > depth_limit)
    return Malformed{"the body is nested too deeply: expected at most 8 levels"};
  json parsed;
  try {
    parsed = parse_once(text);
  } catch (const GivenTwice& twice) {
    return Malformed{"the key " + found(twice.key).substr(6) + " is given twice"};
  } catch (const json::exception& e) {
    return Malformed{parse_message(e)};
  }
  if (!parsed.is_object())
    return Malformed{"expected an object with " + std::string(expected) + ", " + found(parsed)};
  for (const auto& [key, v] : parsed.items())
    if (std::find(keys.begin(), keys.end(), key) == keys.end())
      return Malformed{found(key).substr(6) + " is not known: expected " + std::string(expected)};

  const auto id = parsed.find("id");
  if (id == parsed.end()) return Malformed{"id is missing"};
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  };
  const auto* id_text = id->get_ptr<const std::string*>();
  if (id_text == nullptr || id_text->size() < 8 || id_text->size() > 64 ||
      !std::all_of(id_text->begin(), id_text->end(), plain))
    return Malformed{"id: expected 8 to 64 letters, digits or hyphens, " + found(*id)};
  auto text_of_id = *id_text;
  return Body{std::move(parsed), std::move(text_of_id)};
}

}  // namespace

boost::system::result<EntryDraft, Malformed> entry_from_json(std::string_view text) {
  constexpr std::array<std::string_view, 3> keys{"id", "kind", "data"};
  auto body = read_body(text, keys, "id, kind and data");
  if (!body) return body.error();

  const auto kind = body->object.find("kind");
  if (kind == body->object.end()) return Malformed{"kind is missing"};
  if (!kind->is_string()) return Malformed{"kind: expected a text, " + found(*kind)};
  const auto& kind_text = kind->get_ref<const std::string&>();
  const auto enterable = [](const auto& e) { return EntryKind<std::decay_t<decltype(e)>>; };
  if (const auto empty = make(kind_text); !empty || !std::visit(enterable, *empty))
    return Malformed{"kind: expected one of " + entry_kinds() + "; " + found(*kind)};

  const auto data = body->object.find("data");
  auto payload = read_payload(kind_text, data == body->object.end() ? json::object() : *data, true, "data");
  if (!payload) return payload.error();
  const auto bad = std::visit(
      [](const auto& e) -> std::optional<Malformed> {
        if constexpr (EntryKind<std::decay_t<decltype(e)>>) return check(e);
        return {};
      },
      *payload);
  if (bad) return *bad;
  return EntryDraft{std::move(body->id), *std::move(payload)};
}

boost::system::result<AssignmentDraft, Malformed> assignment_from_json(std::string_view text) {
  constexpr std::array<std::string_view, 6> keys{"id", "device", "bed", "taken", "driver", "settings"};
  auto body = read_body(text, keys, "id, device, bed, taken, driver and settings");
  if (!body) return body.error();
  AssignmentDraft draft{.client_id = std::move(body->id), .bed = {}, .assigned = {}};
  const auto bed = body->object.find("bed");
  if (bed == body->object.end()) return Malformed{"bed is missing"};
  if (!bed->is_string() || bed->get_ref<const std::string&>().size() > Name::capacity)
    return Malformed{"bed: expected the name of a bed, " + found(*bed)};
  draft.bed = bed->get_ref<const std::string&>();
  body->object.erase("id");
  body->object.erase("bed");
  auto payload = read_payload(event::DeviceAssigned::kind, body->object, true, "assignment");
  if (!payload) return payload.error();
  draft.assigned = std::get<event::DeviceAssigned>(*std::move(payload));
  if (draft.assigned.device.empty()) return Malformed{"device is missing"};
  if (draft.bed.empty() && !draft.assigned.taken)
    return Malformed{"bed: expected the name of a bed, found none"};
  if (auto bad = check_text("settings", draft.assigned.settings)) return *bad;
  return draft;
}

boost::system::result<ValidationDraft, Malformed> validation_from_json(std::string_view text) {
  constexpr std::array<std::string_view, 3> keys{"id", "data", "simulated"};
  auto body = read_body(text, keys, "id, data and simulated");
  if (!body) return body.error();
  ValidationDraft draft{.client_id = std::move(body->id), .simulated = false, .stored = {}};
  if (const auto simulated = body->object.find("simulated"); simulated != body->object.end()) {
    if (!simulated->is_boolean()) return Malformed{"simulated: expected true or false, " + found(*simulated)};
    draft.simulated = simulated->get<bool>();
  }
  const auto data = body->object.find("data");
  if (data == body->object.end()) return Malformed{"data is missing"};
  auto payload = read_payload(event::ValidationStored::kind, *data, true, "data");
  if (!payload) return payload.error();
  draft.stored = std::get<event::ValidationStored>(*std::move(payload));
  if (auto bad = check(draft.stored)) return *bad;
  return draft;
}

std::string validation_body(const ValidationDraft& draft) {
  return text({{"id", mended_utf8(draft.client_id)},
               {"simulated", draft.simulated},
               {"data", payload_to_json(draft.stored)}});
}

std::string validation_answer(const std::optional<Event>& newest) {
  json told = nullptr;
  const auto* stored = newest ? std::get_if<event::ValidationStored>(&newest->payload) : nullptr;
  if (stored != nullptr && !stored->lab.empty()) {
    told = payload_to_json(newest->payload);
    told["seq"] = newest->seq;
    told["stored"] = iso_utc(newest->wall);
    told["simulated"] = newest->simulated;
  }
  return text({{"validation", std::move(told)}});
}

std::string iso_utc(WallTime t) { return date_time(t.since_epoch) + "Z"; }

std::string iso_local(WallTime t) {
  const auto offset = std::clamp<std::int64_t>(t.offset.count(), -24 * 60 + 1, 24 * 60 - 1);
  const auto size = static_cast<int>(std::abs(offset));
  std::array<char, 24> zone{};
  std::snprintf(zone.data(), zone.size(), "%c%02d:%02d", offset < 0 ? '-' : '+', size / 60, size % 60);
  return date_time(std::clamp(t.since_epoch, std::chrono::microseconds(0), wall_limit) +
                   std::chrono::minutes(offset)) +
         zone.data();
}

std::optional<WallTime> parse_iso(std::string_view text) {
  using namespace std::chrono;
  const auto y = digits(text, 4);
  if (!y || !literal(text, '-')) return {};
  const auto mo = digits(text, 2);
  if (!mo || !literal(text, '-')) return {};
  const auto d = digits(text, 2);
  if (!d || (!literal(text, 'T') && !literal(text, 't') && !literal(text, ' '))) return {};
  const auto h = digits(text, 2);
  if (!h || !literal(text, ':')) return {};
  const auto mi = digits(text, 2);
  if (!mi || !literal(text, ':')) return {};
  const auto s = digits(text, 2);
  if (!s) return {};
  std::int64_t us = 0;
  if (literal(text, '.')) {
    std::size_t n = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++n)
      if (n < 6) us = us * 10 + (text.front() - '0');
    if (n == 0 || n > 9) return {};
    for (; n < 6; ++n)
      us *= 10;
  }
  minutes offset{0};
  if (!literal(text, 'Z') && !literal(text, 'z')) {
    const bool west = !text.empty() && text.front() == '-';
    if (!literal(text, '-') && !literal(text, '+')) return {};
    const auto oh = digits(text, 2);
    if (!oh || !literal(text, ':')) return {};
    const auto om = digits(text, 2);
    if (!om || *oh > 23 || *om > 59) return {};
    offset = minutes((west ? -1 : 1) * (*oh * 60 + *om));
  }
  const year_month_day date{year(*y), month(static_cast<unsigned>(*mo)), day(static_cast<unsigned>(*d))};
  if (!text.empty() || !date.ok() || *h > 23 || *mi > 59 || *s > 59) return {};
  const microseconds t = sys_days(date).time_since_epoch() + hours(*h) + minutes(*mi) +
                         std::chrono::seconds(*s) - offset + microseconds(us);
  if (t < microseconds(0) || t > wall_limit) return {};
  return WallTime{t, offset};
}

}  // namespace vigil::wire

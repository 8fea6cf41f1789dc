#include "serve/routes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>

#include "base/log.hpp"
#include "serve/openapi.hpp"
#include "wire/event_json.hpp"
#include "wire/health.hpp"
#include "wire/history.hpp"

namespace vigil::serve {
namespace {

using namespace std::string_view_literals;

// ---- reading a query

struct Refused {
  Response answer;
};

template <class T>
T number(const Target& target, std::string_view key, T fallback, T least, T most) {
  const auto given = target.value(key);
  if (!given) return fallback;
  T value{};
  const auto* end = given->data() + given->size();
  const auto r = std::from_chars(given->data(), end, value);
  if (given->empty() || r.ec != std::errc{} || r.ptr != end || value < least || value > most)
    throw Refused{error_answer(400, "bad_query",
                               std::string(key) + ": expected a whole number from " + std::to_string(least) +
                                   " to " + std::to_string(most) + ", found " + std::string(*given))};
  return value;
}

Name bed_name(std::string_view text) {
  if (text.size() > Name::capacity) throw Refused{error_answer(404, "no_such_bed", "there is no such bed")};
  return text;
}

WallTime moment(const Target& target, std::string_view key, WallTime fallback) {
  const auto given = target.value(key);
  if (!given) return fallback;
  std::string iso(*given);
  std::ranges::replace(iso, ' ', '+');  // "+01:00" that was not escaped
  const auto t = wire::parse_iso(iso);
  if (!t)
    throw Refused{error_answer(
        400, "bad_query",
        std::string(key) + ": expected a time such as 2026-11-22T02:41:07Z, found " + std::string(*given))};
  return *t;
}

struct Period {
  WallTime from, to;
};

/// Without from and to: the last `reach` until now.
Period period(const House& house, const Target& target, std::chrono::microseconds reach) {
  const auto now = house.backend.now().wall;
  const auto to = moment(target, "to", now);
  const auto from = moment(target, "from", {to.since_epoch - reach, to.offset});
  if (from.since_epoch > to.since_epoch)
    throw Refused{error_answer(400, "bad_query", "from: expected a time before to")};
  return {from, to};
}

const wire::BedSnapshot& known_bed(const House& house, const std::string& name) {
  const auto* bed = house.hub.bed(name);
  if (bed == nullptr) throw Refused{error_answer(404, "no_such_bed", "there is no bed " + name)};
  return *bed;
}

Response busy(std::string_view code, std::string_view message) {
  auto r = error_answer(503, code, message);
  r.headers.emplace_back("Retry-After", "1");
  return r;
}

/// Has `job` make the body on the work thread; an empty body: 404.
void on_work(House& house, Reply reply, std::function<std::string()> job) {
  auto answer = reply;
  auto run = [door = house.door, reply = std::move(reply), job = std::move(job)]() mutable {
    Response r;
    try {
      auto body = job();
      r = body.empty() ? error_answer(404, "not_found", "there is no such thing")
                       : json_answer(200, std::move(body));
    } catch (const std::exception& e) {
      log::error("history cannot be read: {}", e.what());
      r = busy("log_unreadable", "the log cannot be read at present");
    }
    auto back = [reply = std::move(reply), r = std::move(r)] { reply(r); };  // ends on the serve thread
    door->post(std::move(back));
  };
  if (!house.work.post(std::move(run))) answer(busy("busy", "too many ask for history; try again"));
}

// ---- the handlers

void get_openapi(House&, Call call) { call.reply(json_answer(200, std::string(openapi()))); }

void get_health(House& house, Call call) {
  wire::Health h;
  h.version = house.options.version;
  h.log_id = house.options.log_id;
  h.head = house.hub.head();
  h.time_scale = house.options.time_scale;
  h.writing = house.hub.writing();
  h.trouble = house.hub.trouble();
  h.clients = house.hub.clients();
  h.work_queued = house.work.depth();
  h.devices = house.hub.devices();
  call.reply(json_answer(200, wire::health_text(h, house.backend.health(), house.backend.now())));
}

void get_beds(House& house, Call call) {
  call.reply(json_answer(200, wire::beds_text(house.hub.beds(), house.backend.now())));
}

void get_devices(House& house, Call call) {
  call.reply(json_answer(200, wire::devices_text(house.hub.devices(), house.backend.now())));
}

void get_drivers(House& house, Call call) { call.reply(json_answer(200, house.backend.drivers())); }

void get_definitions(House& house, Call call) { call.reply(json_answer(200, house.backend.definitions())); }

void get_events(House& house, Call call) {
  const auto& target = call.request.target;
  const auto since = number<std::uint64_t>(target, "since", 0, 0, INT64_MAX);
  const auto limit = number<std::size_t>(target, "limit", 500, 1, 500);
  const auto bed = bed_name(target.value("bed").value_or(""));
  on_work(
      house, std::move(call.reply), [&backend = house.backend, since, limit, bed, head = house.hub.head()] {
        auto events = backend.events(since, limit, bed);
        std::erase_if(events, [&](const Event& e) { return e.seq > head; });  // head tells where it goes on
        return wire::events_text(events, head);
      });
}

void get_nights(House& house, Call call) {
  const auto limit = number<std::size_t>(call.request.target, "limit", 30, 1, 500);
  const auto bed = bed_name(call.request.target.value("bed").value_or(""));
  on_work(house, std::move(call.reply),
          [&backend = house.backend, bed, limit] { return backend.nights(bed, limit); });
}

void get_night(House& house, Call call) {
  const auto& night = call.arguments[0];
  if (night.size() > Name::capacity) throw Refused{error_answer(404, "not_found", "there is no such night")};
  on_work(house, std::move(call.reply),
          [&backend = house.backend, night = Name(night)] { return backend.night(night); });
}

void get_epochs(House& house, Call call) {
  const Name bed = known_bed(house, call.arguments[0]).bed;
  const auto p = period(house, call.request.target, std::chrono::hours(16));
  on_work(house, std::move(call.reply),
          [&backend = house.backend, bed, p] { return backend.epochs(bed, p.from, p.to); });
}

void get_readings(House& house, Call call) {
  const Name bed = known_bed(house, call.arguments[0]).bed;
  const auto p = period(house, call.request.target, std::chrono::hours(1));
  on_work(house, std::move(call.reply),
          [&backend = house.backend, bed, p] { return backend.readings(bed, p.from, p.to); });
}

Response entry_answer(const boost::system::result<Backend::Accepted, Backend::Refusal>& result) {
  if (result)
    return json_answer(result->repeated ? 200 : 201, wire::entered_text(result->event, result->repeated));
  switch (result.error()) {
    case Backend::Refusal::disk:
      return error_answer(507, "disk",
                          "the disk refuses: nothing is recorded at present; keep the entry and try again");
    case Backend::Refusal::conflict:
      return error_answer(409, "conflict", "id: was used before for another entry");
    case Backend::Refusal::busy:
      return busy("busy", "too many entries wait; try again");
    case Backend::Refusal::closing:
      break;
  }
  return busy("closing", "the daemon is stopping; try again");
}

void expect_json(const Call& call) {
  const auto& type = call.request.content_type;
  auto plain = type.substr(0, type.find(';'));
  std::ranges::transform(plain, plain.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  while (plain.ends_with(' '))
    plain.pop_back();
  if (plain != "application/json")
    throw Refused{error_answer(
        415, "not_json", "Content-Type: expected application/json, found " + (type.empty() ? "none" : type))};
}

/// Answered once the store has committed it, or refused.
void enter(House& house, Event draft, Reply reply) {
  const auto now = house.backend.now();
  draft.at = now.at;
  draft.wall = now.wall;
  house.backend.enter(std::move(draft), [door = house.door, reply = std::move(reply)](auto result) {
    auto back = [reply, r = entry_answer(result)] { reply(r); };
    door->post(std::move(back));
  });
}

void post_entry(House& house, Call call) {
  const auto& bed = known_bed(house, call.arguments[0]);
  expect_json(call);
  auto entry = wire::entry_from_json(call.request.body);
  if (!entry) throw Refused{error_answer(400, "bad_entry", entry.error().what)};
  Event draft;
  draft.bed = bed.bed;
  if (bed.person.size() <= Name::capacity) draft.person = bed.person;
  draft.simulated = bed.simulated;
  draft.client_id = std::move(entry->client_id);
  draft.payload = std::move(entry->payload);
  enter(house, std::move(draft), std::move(call.reply));
}

void post_assignment(House& house, Call call) {
  expect_json(call);
  auto asked = wire::assignment_from_json(call.request.body);
  if (!asked) throw Refused{error_answer(400, "bad_entry", asked.error().what)};
  auto& assigned = asked->assigned;
  const auto& devices = house.hub.devices();
  const auto device = std::ranges::find(devices, assigned.device, &DeviceHealth::device);
  if (device == devices.end())
    throw Refused{
        error_answer(404, "no_such_device", "there is no device " + assigned.device.str() + " here")};
  // What is set twice is mended by taking it back here.
  if (!device->fixed.empty() && !(assigned.taken && device->state == DeviceState::refused))
    throw Refused{error_answer(409, "fixed", assigned.device.str() + ": " + device->fixed)};
  if (!assigned.taken) {
    known_bed(house, asked->bed.str());
    if (!device->unclaimed) {
      if (!assigned.driver.empty() && assigned.driver != device->driver)
        throw Refused{error_answer(400, "bad_entry",
                                   "driver: expected none, or " + device->driver.str() +
                                       ", which knows this device; found " + assigned.driver.str())};
      assigned.driver = {};
    }
    const auto wrong =
        house.backend.objection(device->unclaimed ? assigned.driver : device->driver, assigned);
    if (!wrong.empty()) throw Refused{error_answer(400, "bad_entry", wrong)};
  }
  Event draft;  // of the machine, not of the person in the bed: what is erased for a person leaves it
  draft.bed = asked->bed;
  draft.simulated = device->simulated;
  draft.client_id = std::move(asked->client_id);
  draft.payload = std::move(assigned);
  enter(house, std::move(draft), std::move(call.reply));
}

void get_validation(House& house, Call call) { call.reply(json_answer(200, house.backend.validation())); }

void post_validation(House& house, Call call) {
  expect_json(call);
  auto asked = wire::validation_from_json(call.request.body);
  if (!asked) throw Refused{error_answer(400, "bad_entry", asked.error().what)};
  Event draft;  // of the daemon as a whole
  draft.simulated = asked->simulated;
  draft.client_id = std::move(asked->client_id);
  draft.algorithm = {asked->stored.algorithm, asked->stored.version};
  draft.payload = std::move(asked->stored);
  enter(house, std::move(draft), std::move(call.reply));
}

// ---- the table

constexpr std::array page_query = {"bed"sv, "limit"sv};
constexpr std::array events_query = {"since"sv, "limit"sv, "bed"sv};
constexpr std::array period_query = {"from"sv, "to"sv};
constexpr std::array live_query = {"since"sv, "log"sv, "beds"sv, "waves"sv};

constexpr std::array table = {
    Route{"GET", "/api/v1/openapi.json", {}, get_openapi},
    Route{"GET", "/api/v1/health", {}, get_health},
    Route{"GET", "/api/v1/beds", {}, get_beds},
    Route{"GET", "/api/v1/devices", {}, get_devices},
    Route{"GET", "/api/v1/drivers", {}, get_drivers},
    Route{"GET", "/api/v1/definitions", {}, get_definitions},
    Route{"POST", "/api/v1/assignments", {}, post_assignment},
    Route{"GET", "/api/v1/events", events_query, get_events},
    Route{"POST", "/api/v1/beds/{bed}/entries", {}, post_entry},
    Route{"GET", "/api/v1/beds/{bed}/epochs", period_query, get_epochs},
    Route{"GET", "/api/v1/beds/{bed}/readings", period_query, get_readings},
    Route{"GET", "/api/v1/validation", {}, get_validation},
    Route{"POST", "/api/v1/validation", {}, post_validation},
    Route{"GET", "/api/v1/nights", page_query, get_nights},
    Route{"GET", "/api/v1/nights/{night}", {}, get_night},
    Route{"GET", "/api/v1/live", live_query, nullptr},
};

/// What stands where the template has {...}; nullopt: another path.
std::optional<std::vector<std::string>> fit(std::string_view path, const std::vector<std::string>& segments) {
  std::vector<std::string> arguments;
  std::size_t i = 0;
  for (path.remove_prefix(1); !path.empty(); ++i) {
    const auto slash = std::min(path.find('/'), path.size());
    const auto part = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (i == segments.size()) return {};
    if (part.front() == '{')
      arguments.push_back(segments[i]);
    else if (part != segments[i])
      return {};
  }
  if (i != segments.size()) return {};
  return arguments;
}

bool serves(const Route& route, std::string_view method) noexcept {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

void answer_api(House& house, Request request, Reply reply) {
  std::string allow;
  for (const auto& route : table) {
    auto arguments = fit(route.path, request.target.segments);
    if (!arguments) continue;
    if (!serves(route, request.method)) {
      allow +=
          (allow.empty() ? "" : ", ") + std::string(route.method) + (route.method == "GET" ? ", HEAD" : "");
      continue;
    }
    if (route.handle == nullptr) {
      auto r = error_answer(426, "websocket_only", "this is a WebSocket: ask for an upgrade, version 13");
      r.headers.emplace_back("Upgrade", "websocket");
      r.headers.emplace_back("Sec-WebSocket-Version", "13");
      return reply(std::move(r));
    }
    try {
      route.handle(house, {std::move(request), std::move(*arguments), reply});
    } catch (Refused& refused) {
      reply(std::move(refused.answer));
    }
    return;
  }
  if (allow.empty()) return reply(error_answer(404, "not_found", "there is no " + request.target.path()));
  auto r = error_answer(405, "method_not_allowed", request.method + " is not allowed here");
  r.headers.emplace_back("Allow", allow);
  reply(std::move(r));
}

}  // namespace

std::span<const Route> routes() noexcept { return table; }

bool is_live(const Request& request) noexcept {
  const auto& s = request.target.segments;
  return request.method == "GET" && s.size() == 3 && s[0] == "api" && s[1] == "v1" && s[2] == "live";
}

Asking live_wish(const Target& target) {
  Wish wish;
  try {
    if (target.value("since")) wish.since = number<std::uint64_t>(target, "since", 0, 0, INT64_MAX);
    wish.log = target.value("log").value_or("");
    wish.waves = number<int>(target, "waves", 0, 0, 1) == 1;
    auto beds = target.value("beds").value_or("");
    while (!beds.empty()) {
      const auto comma = std::min(beds.find(','), beds.size());
      const auto bed = beds.substr(0, comma);
      beds.remove_prefix(std::min(comma + 1, beds.size()));
      if (bed.size() > Name::capacity)
        throw Refused{
            error_answer(400, "bad_query", "beds: expected names of at most 47 bytes, comma between")};
      if (!bed.empty()) wish.beds.emplace_back(bed);
    }
  } catch (Refused& refused) {
    return {{}, std::move(refused.answer)};
  }
  return {std::move(wish), {}};
}

void dispatch(House& house, Request request, Reply reply) {
  const auto& s = request.target.segments;
  if (!s.empty() && s[0] == "api") return answer_api(house, std::move(request), std::move(reply));
  reply(house.pages.answer(request));
}

}  // namespace vigil::serve

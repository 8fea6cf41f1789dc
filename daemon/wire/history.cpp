#include "wire/history.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "wire/event_json.hpp"
#include "wire/live.hpp"
#include "wire/replay_line.hpp"
#include "wire/rounded.hpp"
#include "wire/utf8.hpp"

namespace vigil::wire {
namespace {

using nlohmann::json;

json night_json(const NightRow& night) {
  return {{"night", mended_utf8(night.night.view())},
          {"bed", mended_utf8(night.bed.view())},
          {"opened", iso_utc(night.opened)},
          {"closed", night.closed ? json(iso_utc(*night.closed)) : json(nullptr)},
          {"simulated", night.simulated},
          {"figures", night.figures ? to_json(*night.figures) : json(nullptr)},
          {"algorithm", mended_utf8(night.algorithm.name.view())},
          {"version", mended_utf8(night.algorithm.version.view())}};
}

json event_list(std::span<const Event> events) {
  auto list = json::array();
  for (const auto& e : events)
    list.push_back(to_json(e));
  return list;
}

json epoch_list(std::span<const EpochRow> epochs) {
  auto list = json::array();
  for (const auto& row : epochs)
    list.push_back({{"from", iso_utc(row.from)},
                    {"score", name(row.epoch.score)},
                    {"rescored", row.rescored ? json(name(*row.rescored)) : json(nullptr)},
                    {"state", name(row.epoch.state)},
                    {"counts", rounded(row.epoch.counts)},
                    {"movement_kg", rounded(row.epoch.movement_kg)},
                    {"load_kg", rounded(row.epoch.load_kg)},
                    {"scorer", mended_utf8(row.epoch.scorer.view())},
                    {"rescorer", row.rescored ? json(mended_utf8(row.rescorer.view())) : json(nullptr)},
                    {"p_asleep", rounded(row.epoch.p_asleep)},
                    {"rescored_p_asleep", rounded(row.rescored_p_asleep)}});
  return list;
}

std::optional<int> hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return {};
}

std::optional<std::string> unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return {};
    const auto high = hex(text[i + 1]);
    const auto low = hex(text[i + 2]);
    if (!high || !low) return {};
    plain += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  if (!is_utf8(plain) || plain.find('\0') != std::string::npos) return {};
  return plain;
}

}  // namespace

std::string events_text(std::span<const Event> events, std::uint64_t head) {
  return text({{"events", event_list(events)}, {"head", head}});
}

std::string nights_text(std::span<const NightRow> nights) {
  auto list = json::array();
  for (const auto& n : nights)
    list.push_back(night_json(n));
  return text({{"nights", std::move(list)}});
}

std::string night_text(const NightRow& night, std::span<const Event> events,
                       std::span<const EpochRow> epochs) {
  auto out = night_json(night);
  out["events"] = event_list(events);
  out["epochs"] = epoch_list(epochs);
  return text(out);
}

std::string epochs_text(std::span<const EpochRow> epochs) { return text({{"epochs", epoch_list(epochs)}}); }

std::string readings_text(std::span<const ReadingRow> readings) {
  auto list = json::array();
  for (const auto& r : readings)
    list.push_back({{"t", iso_utc(r.wall)},
                    {"state", name(r.state)},
                    {"load_kg", rounded(r.load_kg)},
                    {"movement_kg", rounded(r.movement_kg)},
                    {"activity_mg", rounded(r.activity_mg)},
                    {"breath_rpm", rounded(r.breath_rpm)},
                    {"heart_bpm", rounded(r.heart_bpm)},
                    {"p_asleep", rounded(r.p_asleep)}});
  return text({{"readings", std::move(list)}});
}

std::string entered_text(const Event& event, bool repeated) {
  return text({{"event", to_json(event)}, {"repeated", repeated}});
}

std::string error_text(std::string_view code, std::string_view message) {
  return text({{"error", {{"code", mended_utf8(code)}, {"message", mended_utf8(message)}}}});
}

std::string error_message(std::string_view body) {
  const auto answer = json::parse(body, nullptr, false);
  if (answer.is_object() && answer.contains("error") && answer["error"].is_object() &&
      answer["error"].contains("message") && answer["error"]["message"].is_string())
    return answer["error"]["message"].get<std::string>();
  return mended_utf8(body.substr(0, 200));
}

std::optional<std::map<std::string, std::string, std::less<>>> parse_query(std::string_view query) {
  std::map<std::string, std::string, std::less<>> found;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto key = unescape(pair.substr(0, equals));
    auto value = unescape(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    if (!key || !value || found.size() >= 32) return {};
    found.emplace(*std::move(key), *std::move(value));
  }
  return found;
}

std::string replay_line(const NightRow& night) {
  auto out = night_json(night);
  out["kind"] = "night.figures";
  return text(out);
}

}  // namespace vigil::wire

#include "wire/live.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "wire/event_json.hpp"
#include "wire/replay_line.hpp"
#include "wire/rounded.hpp"
#include "wire/utf8.hpp"

namespace vigil::wire {
namespace {

using nlohmann::json;

WallTime wall_at(Instant t, const Now& now) {
  return now.wall + std::chrono::duration_cast<std::chrono::microseconds>(t - now.at);
}

json age(Instant t, const Now& now) { return rounded(std::max(0.0, seconds(now.at - t))); }

json measure(const std::optional<Measure>& m, const Now& now) {
  if (!m || !std::isfinite(m->value)) return nullptr;
  return {{"v", rounded(m->value)}, {"age_s", age(m->at, now)}};
}

json from(RateSource source) { return source == RateSource::none ? json(nullptr) : json(name(source)); }

json list(std::span<const BedSnapshot> beds, const Now& now) {
  auto out = json::array();
  for (const auto& b : beds)
    out.push_back(to_json(b, now));
  return out;
}

json list(std::span<const DeviceHealth> devices, const Now& now) {
  auto out = json::array();
  for (const auto& d : devices)
    out.push_back(to_json(d, now));
  return out;
}

template <class T>
void put(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little, "frames are little endian");
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

json to_json(const Reading& reading, const Now& now) {
  return {{"bed", mended_utf8(reading.bed.view())},
          {"t", iso_utc(wall_at(reading.at, now))},
          {"state", name(reading.state)},
          {"state_since", iso_utc(wall_at(reading.state_since, now))},
          {"why", mended_utf8(reading.why.view())},
          {"in_bed", reading.in_bed ? json(*reading.in_bed) : json(nullptr)},
          {"load_kg", measure(reading.load_kg, now)},
          {"movement_kg", measure(reading.movement_kg, now)},
          {"movement_percent", measure(reading.movement_percent, now)},
          {"activity_mg", measure(reading.activity_mg, now)},
          {"counts", measure(reading.counts, now)},
          {"breath_rpm", measure(reading.breath_rpm, now)},
          {"breath_quality", rounded(reading.breath_quality)},
          {"breath_from", from(reading.breath_from)},
          {"heart_bpm", measure(reading.heart_bpm, now)},
          {"heart_quality", rounded(reading.heart_quality)},
          {"heart_from", from(reading.heart_from)},
          {"p_asleep", rounded(reading.p_asleep)}};
}

json to_json(const Epoch& epoch, const Now& now) {
  return {{"kind", "epoch"},
          {"bed", mended_utf8(epoch.bed.view())},
          {"from", iso_utc(wall_at(epoch.from, now))},
          {"score", name(epoch.score)},
          {"state", name(epoch.state)},
          {"counts", rounded(epoch.counts)},
          {"movement_kg", rounded(epoch.movement_kg)},
          {"load_kg", rounded(epoch.load_kg)},
          {"scorer", mended_utf8(epoch.scorer.view())},
          {"p_asleep", rounded(epoch.p_asleep)}};
}

json to_json(const NightFigures& figures) {
  auto out = json::object();
  NightFigures::fields(figures, [&]<class T>(const char* name, const T& value) {
    if constexpr (std::is_same_v<T, int> || std::is_same_v<T, bool>)
      out[name] = value;
    else if constexpr (std::is_same_v<T, std::optional<int>>)
      out[name] = value ? json(*value) : json(nullptr);
    else
      out[name] = rounded(value);
  });
  return out;
}

json to_json(const BedSnapshot& bed, const Now& now) {
  json night = nullptr;
  if (bed.night_open)
    night = {{"night", mended_utf8(bed.night.view())},
             {"opened", iso_utc(bed.night_opened)},
             {"figures", to_json(bed.figures)}};
  return {{"bed", mended_utf8(bed.bed.view())}, {"label", mended_utf8(bed.label)},
          {"person", mended_utf8(bed.person)},  {"simulated", bed.simulated},
          {"night", std::move(night)},          {"reading", to_json(bed.reading, now)}};
}

json to_json(const DeviceHealth& device, const Now& now) {
  auto rejects = json::object();
  for (std::size_t i = 0; i < reject_count; ++i)
    if (device.rejects[i] != 0) rejects[std::string(name(static_cast<Reject>(i)))] = device.rejects[i];
  return {{"device", mended_utf8(device.device.view())},
          {"driver", mended_utf8(device.driver.view())},
          {"bed", mended_utf8(device.bed.view())},
          {"what", mended_utf8(device.what)},
          {"where", mended_utf8(device.where)},
          {"state", name(device.state)},
          {"mend", mended_utf8(device.mend)},
          {"note", mended_utf8(device.note)},
          {"simulated", device.simulated},
          {"age_s", device.last_sample ? age(*device.last_sample, now) : json(nullptr)},
          {"nominal_hz", rounded(device.nominal_hz)},
          {"measured_hz", rounded(device.measured_hz)},
          {"fitted_hz", rounded(device.fitted_hz)},
          {"samples", device.samples},
          {"bytes", device.bytes},
          {"rejects", std::move(rejects)},
          {"battery_percent", rounded(device.battery_percent)},
          {"newest", device.newest ? json{{"v", rounded(*device.newest)},
                                          {"quantity", name(device.newest_of)},
                                          {"unit", unit(device.newest_of)}}
                                   : json(nullptr)},
          {"fixed", mended_utf8(device.fixed)},
          {"unclaimed", device.unclaimed},
          {"settings", mended_utf8(device.settings)}};
}

std::string readings_frame(std::span<const Reading> readings, const Now& now) {
  auto beds = json::array();
  for (const auto& r : readings)
    beds.push_back(to_json(r, now));
  return text({{"kind", "readings"}, {"t", iso_utc(now.wall)}, {"beds", std::move(beds)}});
}

std::string hello_frame(const Hello& hello, const Now& now) {
  return text({{"kind", "hello"},
               {"t", iso_utc(now.wall)},
               {"version", hello.version},
               {"log", hello.log_id},
               {"head", hello.head},
               {"time_scale", hello.time_scale},
               {"recording", {{"writing", hello.writing}, {"trouble", mended_utf8(hello.trouble)}}},
               {"reset", hello.reset},
               {"beds", list(hello.beds, now)},
               {"devices", list(hello.devices, now)}});
}

std::string history_frame(std::span<const Event> events, std::uint64_t through, std::uint64_t head) {
  auto out = json::array();
  for (const auto& e : events)
    out.push_back(to_json(e));
  return text({{"kind", "history"}, {"events", std::move(out)}, {"through", through}, {"head", head}});
}

std::string beds_frame(std::span<const BedSnapshot> beds, const Now& now) {
  return text({{"kind", "beds"}, {"t", iso_utc(now.wall)}, {"beds", list(beds, now)}});
}

std::string devices_frame(std::span<const DeviceHealth> devices, const Now& now) {
  return text({{"kind", "devices"}, {"t", iso_utc(now.wall)}, {"devices", list(devices, now)}});
}

std::string recording_frame(bool writing, std::string_view trouble) {
  return text({{"kind", "recording"}, {"writing", writing}, {"trouble", mended_utf8(trouble)}});
}

std::string beds_text(std::span<const BedSnapshot> beds, const Now& now) {
  return text({{"t", iso_utc(now.wall)}, {"beds", list(beds, now)}});
}

std::string devices_text(std::span<const DeviceHealth> devices, const Now& now) {
  return text({{"devices", list(devices, now)}});
}

boost::system::result<Watch, Malformed> watch_from_json(std::string_view message) {
  if (message.size() > 4096) return Malformed{"the message is larger than 4096 bytes"};
  const auto parsed = json::parse(message, nullptr, false);
  if (!parsed.is_object()) return Malformed{"the message is not a JSON object"};
  Watch watch;
  for (const auto& [key, v] : parsed.items()) {
    if (key == "kind") {
      if (v != "watch") return Malformed{"kind: expected \"watch\""};
    } else if (key == "waves") {
      if (!v.is_boolean()) return Malformed{"waves: expected true or false"};
      watch.waves = v.get<bool>();
    } else if (key == "beds") {
      if (!v.is_array()) return Malformed{"beds: expected a list of names"};
      for (const auto& bed : v) {
        const auto* text = bed.get_ptr<const std::string*>();
        if (text == nullptr || text->empty() || text->size() > Name::capacity)
          return Malformed{"beds: expected a list of names of at most 47 bytes"};
        watch.beds.emplace_back(*text);
      }
    } else {
      return Malformed{"a key is not known: expected kind, beds and waves"};
    }
  }
  if (!parsed.contains("kind")) return Malformed{"kind is missing"};
  return watch;
}

std::string waves_frame(std::span<const BedWave> waves, WallTime first) {
  constexpr std::size_t longest = 254;  // even, so that every part stays a multiple of 2 bytes
  std::string out;
  std::size_t size = 16;
  for (const auto& w : waves)
    size += 4 + 2 * w.values.size();
  out.reserve(size);
  const auto count = std::min<std::size_t>(waves.size(), UINT16_MAX);
  out += "VW";
  put(out, std::uint8_t{1});
  put(out, std::uint8_t{0});
  put(out, static_cast<std::uint16_t>(count));
  put(out, std::uint16_t{0});
  put(out, std::chrono::duration<double>(first.since_epoch).count());
  for (const auto& w : waves.first(count)) {
    const auto n = std::min(w.values.size(), longest);
    put(out, w.bed);
    put(out, static_cast<std::uint8_t>(w.trace));
    put(out, static_cast<std::uint8_t>(n));
    out.append(reinterpret_cast<const char*>(w.values.data()), 2 * n);
  }
  return out;
}

std::string replay_line(const Reading& reading, const Now& now) {
  auto out = to_json(reading, now);
  out["kind"] = "reading";
  return text(out);
}

std::string replay_line(const Epoch& epoch, const Now& now) { return text(to_json(epoch, now)); }

std::string replay_line(const Rescore& rescore, const Now& now) {
  return text({{"kind", "rescore"},
               {"bed", mended_utf8(rescore.bed.view())},
               {"from", iso_utc(wall_at(rescore.from, now))},
               {"score", name(rescore.score)},
               {"scorer", mended_utf8(rescore.scorer.view())},
               {"p_asleep", rounded(rescore.p_asleep)}});
}

}  // namespace vigil::wire

#include "wire/devices_told.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace vigil::wire {
namespace {

using nlohmann::json;

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::string age(double seconds) {
  if (seconds < 60) return number(std::max(seconds, 0.0)) + " s ago";
  const auto minutes = static_cast<long>(seconds / 60);
  return minutes < 120 ? std::to_string(minutes) + " min ago" : std::to_string(minutes / 60) + " h ago";
}

DeviceTold told(const json& d) {
  DeviceTold out;
  auto& h = out.health;
  const auto name_of = [](const std::string& text) {
    return Name(std::string_view(text).substr(0, Name::capacity));
  };
  h.device = name_of(d.at("device").get<std::string>());
  h.driver = name_of(d.value("driver", ""));
  h.bed = name_of(d.value("bed", ""));
  h.what = d.value("what", "");
  h.where = d.value("where", "");
  h.mend = d.value("mend", "");
  h.note = d.value("note", "");
  h.fixed = d.value("fixed", "");
  h.simulated = d.value("simulated", false);
  h.unclaimed = d.value("unclaimed", false);
  const auto state = d.at("state").get<std::string>();
  for (const auto s : {DeviceState::opening, DeviceState::live, DeviceState::stale, DeviceState::lost,
                       DeviceState::refused, DeviceState::unassigned})
    if (name(s) == state) h.state = s;
  const auto maybe = [&](const char* key) -> std::optional<double> {
    const auto found = d.find(key);
    if (found == d.end() || !found->is_number()) return {};
    return found->get<double>();
  };
  h.nominal_hz = maybe("nominal_hz").value_or(0);
  h.measured_hz = maybe("measured_hz").value_or(0);
  h.fitted_hz = maybe("fitted_hz");
  h.samples = d.value("samples", std::uint64_t{0});
  h.bytes = d.value("bytes", std::uint64_t{0});
  if (const auto percent = maybe("battery_percent")) h.battery_percent = static_cast<float>(*percent);
  out.age_s = maybe("age_s");
  if (const auto rejects = d.find("rejects"); rejects != d.end() && rejects->is_object())
    for (std::size_t i = 0; i < reject_count; ++i)
      h.rejects[i] = rejects->value(std::string(name(static_cast<Reject>(i))), std::uint64_t{0});
  return out;
}

bool needs_somebody(const DeviceTold& d) {
  const auto s = d.health.state;
  return !(s == DeviceState::live || s == DeviceState::opening) || !d.health.note.empty();
}

}  // namespace

std::optional<std::vector<DeviceTold>> devices_told(std::string_view text) {
  try {
    std::vector<DeviceTold> out;
    const auto answer = json::parse(text);
    for (const auto& d : answer.at("devices"))
      out.push_back(told(d));
    return out;
  } catch (const json::exception&) {
    return {};
  }
}

std::string devices_table(const std::vector<DeviceTold>& devices) {
  auto sorted = devices;
  std::ranges::stable_sort(sorted, std::ranges::greater(), needs_somebody);
  std::string out;
  const auto line = [&](const char* label, const std::string& text) {
    std::array<char, 16> head{};
    std::snprintf(head.data(), head.size(), "  %-8s", label);
    out += head.data() + text + "\n";
  };
  for (const auto& d : sorted) {
    const auto& h = d.health;
    out += h.device.str() + (h.simulated ? "  SIMULATED" : "") + "\n";
    line("driver", (h.driver.empty() ? std::string("none knows it") : h.driver.str()) +
                       (h.what.empty() ? "" : " (" + h.what + ")"));
    if (!h.where.empty()) line("at", h.where);
    line("bed", h.bed.empty() ? "none" : h.bed.str());
    line("state", std::string(name(h.state)) + (d.age_s ? ", last sample " + age(*d.age_s) : ""));
    if (!h.mend.empty()) line("", h.mend);
    if (!h.note.empty()) line("note", h.note);
    if (h.samples > 0) {
      auto rate = std::to_string(h.samples) + " samples";
      if (h.nominal_hz > 0)
        rate += ", " + number(h.measured_hz) + " of " + number(h.nominal_hz) + " a second";
      if (h.fitted_hz)
        rate += " (" + number((*h.fitted_hz / h.nominal_hz - 1) * 1e6) + " ppm by its own clock)";
      line("rate", rate);
    }
    std::string rejects;
    for (std::size_t i = 0; i < reject_count; ++i)
      if (h.rejects[i] > 0)
        rejects += (rejects.empty() ? "" : ", ") + std::to_string(h.rejects[i]) + " " +
                   std::string(name(static_cast<Reject>(i)));
    if (!rejects.empty()) line("rejects", rejects);
    if (h.battery_percent) line("battery", number(double{*h.battery_percent}) + " %");
  }
  return out;
}

}  // namespace vigil::wire

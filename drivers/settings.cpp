#include "drivers/settings.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

namespace vigil::drivers {
namespace {

std::optional<double> as_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

WrittenSettings::WrittenSettings(const Driver& driver, Written written) {
  for (const auto& setting : driver.settings)
    if (!setting.fallback.empty()) values_.emplace(setting.key, setting.fallback);
  for (auto& [key, value] : written) {
    const auto rule = std::ranges::find(driver.settings, std::string_view(key), &Setting::key);
    if (rule == driver.settings.end())
      throw std::invalid_argument("driver " + std::string(driver.name) + " has no setting '" + key + "'");
    if (rule->type == Setting::Type::number) {
      const auto number = as_number(value);
      if (!number || *number < rule->minimum || *number > rule->maximum)
        throw std::invalid_argument(key + ": expected a number from " + std::to_string(rule->minimum) +
                                    " to " + std::to_string(rule->maximum) + ", found '" + value + "'");
    } else if (rule->type == Setting::Type::boolean && value != "true" && value != "false") {
      throw std::invalid_argument(key + ": expected true or false, found '" + value + "'");
    }
    values_.insert_or_assign(key, std::move(value));
  }
}

std::string WrittenSettings::text(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::string() : found->second;
}

double WrittenSettings::number(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? 0 : as_number(found->second).value_or(0);
}

bool WrittenSettings::boolean(std::string_view key) const { return text(key) == "true"; }

WrittenSettings::Written settings_of_table(std::string_view toml) {
  WrittenSettings::Written out;
  while (!toml.empty()) {
    const auto end = std::min(toml.find('\n'), toml.size());
    auto line = trimmed(toml.substr(0, end));
    toml.remove_prefix(std::min(end + 1, toml.size()));
    const auto equals = line.find('=');
    if (line.empty() || line.front() == '#' || line.front() == '[' || equals == std::string_view::npos)
      continue;
    const auto key = trimmed(line.substr(0, equals));
    auto value = trimmed(line.substr(equals + 1));
    if (!value.empty() && (value.front() == '"' || value.front() == '\'')) {
      const auto close = value.find(value.front(), 1);
      value = close == std::string_view::npos ? value.substr(1) : value.substr(1, close - 1);
    } else {
      value = trimmed(value.substr(0, value.find('#')));
    }
    if (key == "driver" || key == "bed" || key == "device" || key == "port") continue;
    out.insert_or_assign(std::string(key), std::string(value));
  }
  return out;
}

}  // namespace vigil::drivers

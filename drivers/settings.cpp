#include "drivers/settings.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

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

/// As much of TOML as a device's table needs.
struct Table {
  std::string_view left;

  void skip(std::string_view what) {
    left.remove_prefix(std::min(left.find_first_not_of(what), left.size()));
  }
  std::string_view rest_of_line() {
    const auto end = std::min(left.find('\n'), left.size());
    const auto line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    return line;
  }

  /// After the opening quote. Of escapes those that TOML writes for what has no other form.
  std::string quoted(char quote) {
    std::string out;
    while (!left.empty() && left.front() != quote && left.front() != '\n') {
      char c = left.front();
      left.remove_prefix(1);
      if (c == '\\' && quote == '"' && !left.empty()) {
        c = left.front();
        left.remove_prefix(1);
        if (c == 'u' || c == 'x') {
          const std::size_t digits = c == 'u' ? 4 : 2;
          unsigned code = 0;
          const auto number = left.substr(0, digits);
          std::from_chars(number.data(), number.data() + number.size(), code, 16);
          left.remove_prefix(number.size());
          c = static_cast<char>(code);
        } else {
          constexpr std::string_view letters = "btnfre", meant = "\b\t\n\f\r\x1b";
          if (const auto at = letters.find(c); at != std::string_view::npos) c = meant[at];
        }
      }
      out += c;
    }
    if (!left.empty() && left.front() == quote) left.remove_prefix(1);
    return out;
  }

  /// nullopt: neither a text, a word nor a list of them.
  std::optional<std::string> value() {
    skip(" \t\r");
    if (left.empty() || left.front() == '{') return std::nullopt;
    const char first = left.front();
    if (first == '[') {
      left.remove_prefix(1);
      return list();
    }
    if (first == '"' || first == '\'') {
      left.remove_prefix(1);
      return quoted(first);
    }
    const auto end = std::min(left.find_first_of("#\n,]"), left.size());
    const auto word = trimmed(left.substr(0, end));
    left.remove_prefix(end);
    return std::string(word);
  }

  std::string list() {
    std::string out;
    bool first = true;
    for (;;) {
      skip(" \t\r\n,");
      if (left.empty()) return out;
      if (left.front() == ']') {
        left.remove_prefix(1);
        return out;
      }
      if (left.front() == '#') {
        rest_of_line();
        continue;
      }
      if (left.front() == '[' || left.front() == '{') {
        left.remove_prefix(1);
        continue;
      }
      auto element = value();
      if (!std::exchange(first, false)) out += between_elements;
      out += element.value_or("");
      if (!element) left.remove_prefix(std::min<std::size_t>(1, left.size()));
    }
  }
};

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

std::vector<std::string> WrittenSettings::list(std::string_view key) const {
  std::vector<std::string> out;
  const auto whole = text(key);
  for (std::size_t from = 0; from < whole.size();) {
    const auto end = std::min(whole.find(between_elements, from), whole.size());
    out.push_back(whole.substr(from, end - from));
    from = end + 1;
  }
  return out;
}

bool WrittenSettings::boolean(std::string_view key) const { return text(key) == "true"; }

std::chrono::milliseconds stale_after(const Driver& driver, const Settings& settings) {
  constexpr std::string_view key = "stale_after_s";
  if (std::ranges::find(driver.settings, key, &Setting::key) == driver.settings.end() ||
      settings.text(key).empty())
    return driver.stale_after;
  return std::chrono::milliseconds(static_cast<std::int64_t>(settings.number(key) * 1000));
}

WrittenSettings::Written settings_of_table(std::string_view toml) {
  WrittenSettings::Written out;
  Table table{toml};
  while (!table.left.empty()) {
    table.skip(" \t\r\n");
    const auto equals = table.left.find_first_of("=\n");
    if (table.left.empty() || table.left.front() == '#' || table.left.front() == '[' ||
        equals == std::string_view::npos || table.left[equals] != '=') {
      table.rest_of_line();
      continue;
    }
    const std::string key(trimmed(table.left.substr(0, equals)));
    table.left.remove_prefix(equals + 1);
    auto value = table.value();
    table.rest_of_line();
    if (key == "driver" || key == "bed" || key == "device" || key == "port" || !value) continue;
    out.insert_or_assign(key, std::move(*value));
  }
  return out;
}

}  // namespace vigil::drivers

#include "config/config.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include <toml++/toml.h>

namespace vigil::config {
namespace {

constexpr std::size_t file_limit = 1024 * 1024;

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, 80)) {
    if (c == '\n')
      out += "\\n";
    else if (c == '"' || c == '\\')
      out += '\\', out += c;
    else if (static_cast<unsigned char>(c) >= 0x20)
      out += c;
  }
  return out + (text.size() > 80 ? "...\"" : "\"");
}

/// The shortest text that reads back as the same number: 12, 0.5, 1e-07.
std::string canonical(double number) {
  std::array<char, 40> out{};
  const auto [end, ec] = std::to_chars(out.data(), out.data() + out.size(), number == 0 ? 0.0 : number);
  return {out.data(), end};
}

std::string found(const toml::node& node) {
  if (const auto* s = node.as_string()) return "found " + in_quotes(s->get());
  if (const auto* i = node.as_integer()) return "found " + std::to_string(i->get());
  if (const auto* f = node.as_floating_point()) return "found " + canonical(f->get());
  if (const auto* b = node.as_boolean()) return b->get() ? "found true" : "found false";
  if (node.is_table()) return "found a table";
  if (node.is_array()) return "found a list";
  return "found a date or time";
}

/// Insertions, deletions and replacements from one word to the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

/// "did you mean "speed"?" when one is near, else "expected a, b or c".
std::string suggestion(std::string_view word, const std::vector<std::string_view>& known) {
  const auto near = std::min_element(known.begin(), known.end(),
                                     [&](auto a, auto b) { return distance(word, a) < distance(word, b); });
  if (near != known.end() && word.size() <= 64 &&
      distance(word, *near) <= std::max<std::size_t>(1, near->size() / 3))
    return "did you mean " + std::string(*near) + "?";
  std::string list;
  for (std::size_t i = 0; i < known.size(); ++i)
    list += (i == 0 ? "" : i + 1 == known.size() ? " or " : ", ") + std::string(known[i]);
  return list.empty() ? "none is known here" : "expected " + list;
}

bool is_name(std::string_view text, std::size_t most) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= most && text.front() != '-' && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), plain);
}

class Mistakes {
 public:
  explicit Mistakes(std::string_view file) : file_(file) {}
  void add(const toml::source_position& at, std::string key, std::string what) {
    list_.push_back({file_, static_cast<std::uint32_t>(at.line), static_cast<std::uint32_t>(at.column),
                     std::move(key), std::move(what)});
  }
  [[nodiscard]] std::size_t size() const { return list_.size(); }
  [[nodiscard]] std::vector<Mistake> in_order() && {
    std::stable_sort(list_.begin(), list_.end(), [](const Mistake& a, const Mistake& b) {
      return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    });
    return std::move(list_);
  }

 private:
  std::string file_;
  std::vector<Mistake> list_;
};

/// One table of the file: takes its keys one by one, then calls those left over unknown.
class Table {
 public:
  Table(const toml::table& table, std::string path, Mistakes& mistakes)
      : table_(table), path_(std::move(path)), mistakes_(mistakes) {}

  [[nodiscard]] const toml::node* take(std::string_view key) {
    known_.push_back(key);
    return table_.get(key);
  }
  [[nodiscard]] const toml::table& toml() const { return table_; }
  [[nodiscard]] std::string path(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  }

  void mistake(const toml::node& node, std::string_view key, std::string what) {
    mistakes_.add(node.source().begin, path(key), std::move(what));
  }
  void expected(const toml::node& node, std::string_view key, const std::string& what) {
    mistake(node, key, "expected " + what + ", " + found(node));
  }
  void missing(std::string_view key, const std::string& what) {
    mistakes_.add(table_.source().begin, path(key), "is missing: expected " + what);
  }

  std::optional<std::string> text(std::string_view key, const std::string& what,
                                  const std::function<bool(const std::string&)>& good) {
    const auto* node = take(key);
    if (node == nullptr) return {};
    const auto* s = node->as_string();
    if (s == nullptr || !good(s->get())) {
      expected(*node, key, what);
      return {};
    }
    return s->get();
  }

  std::optional<bool> boolean(std::string_view key) {
    const auto* node = take(key);
    if (node == nullptr) return {};
    if (const auto* b = node->as_boolean()) return b->get();
    expected(*node, key, "true or false");
    return {};
  }

  /// No range: minimum == maximum.
  std::optional<double> number(std::string_view key, std::string_view unit, double minimum, double maximum) {
    const auto* node = take(key);
    if (node == nullptr) return {};
    const bool bounded = minimum != maximum;
    if (node->is_integer() || node->is_floating_point()) {
      const double value = *node->value<double>();
      if (std::isfinite(value) && (!bounded || (value >= minimum && value <= maximum))) return value;
    }
    auto what = bounded ? "a number from " + canonical(minimum) + " to " + canonical(maximum)
                        : std::string("a number");
    if (!unit.empty()) what += " (" + std::string(unit) + ")";
    expected(*node, key, what);
    return {};
  }

  void unknown() {
    for (const auto& [key, node] : table_)
      if (std::find(known_.begin(), known_.end(), key.str()) == known_.end())
        mistakes_.add(key.source().begin, path(key.str()), "is not known: " + suggestion(key.str(), known_));
  }

 private:
  const toml::table& table_;
  std::string path_;
  Mistakes& mistakes_;
  std::vector<std::string_view> known_;
};

/// Calls `each(table, number)` for every [[key]].
void tables(Table& root, std::string_view key,
            const std::function<void(const toml::table&, std::size_t)>& each) {
  const auto* node = root.take(key);
  if (node == nullptr) return;
  const auto* array = node->as_array();
  const auto heading = "tables headed [[" + std::string(key) + "]]";
  if (array == nullptr) return root.expected(*node, key, heading);
  for (std::size_t i = 0; i < array->size(); ++i) {
    const auto* table = (*array)[i].as_table();
    if (table == nullptr)
      root.expected((*array)[i], std::string(key) + "[" + std::to_string(i + 1) + "]", heading);
    else
      each(*table, i + 1);
  }
}

bool printable(const std::string& s, std::size_t most) {
  return !s.empty() && s.size() <= most && std::none_of(s.begin(), s.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

void read_detection(const toml::table& toml, const std::string& path, DetectionSettings& d,
                    Mistakes& mistakes) {
  Table t(toml, path, mistakes);
  d.present_kg = t.number("present_kg", "kg above tare", 1, 300);
  d.absent_kg = t.number("absent_kg", "kg above tare", 0.5, 300);
  d.enter_after_s = t.number("enter_after_s", "seconds", 1, 120);
  d.leave_after_s = t.number("leave_after_s", "seconds", 1, 300);
  d.night_ends_after_min = t.number("night_ends_after_min", "minutes", 5, 720);
  d.minimum_night_min = t.number("minimum_night_min", "minutes", 0, 240);
  constexpr double present_default = 12;
  constexpr double absent_default = 6;
  if ((d.present_kg || d.absent_kg) &&
      d.absent_kg.value_or(absent_default) >= d.present_kg.value_or(present_default)) {
    const auto* key = d.absent_kg ? "absent_kg" : "present_kg";
    t.mistake(*toml.get(key), key,
              "expected absent_kg below present_kg, found " +
                  canonical(d.absent_kg.value_or(absent_default)) + (d.absent_kg ? "" : " (the default)") +
                  " and " + canonical(d.present_kg.value_or(present_default)) +
                  (d.present_kg ? "" : " (the default)"));
  }
  t.unknown();
}

void read_bed(const toml::table& toml, std::size_t number, std::map<std::string, std::size_t>& lines,
              Config& config, Mistakes& mistakes) {
  const auto path = "bed[" + std::to_string(number) + "]";
  Table t(toml, path, mistakes);
  BedConfig bed;
  const auto* name_rule = "at most 24 letters, digits, '-', '_' or '.'";
  const bool given = toml.contains("name");
  if (const auto name = t.text("name", name_rule, [](const auto& s) { return is_name(s, 24); })) {
    bed.bed = *name;
    const auto [first, fresh] = lines.emplace(*name, toml.source().begin.line);
    if (!fresh)
      t.mistake(
          *toml.get("name"), "name",
          in_quotes(*name) + " is already the name of the bed at line " + std::to_string(first->second));
  } else if (!given) {
    t.missing("name", std::string("a name for the bed, ") + name_rule);
  }
  bed.label = t.text("label", "a text of at most 60 bytes", [](const auto& s) {
                 return printable(s, 60);
               }).value_or(bed.bed.str());
  bed.person =
      t.text("person", "a pseudonym of at most 47 letters, digits, '-', '_' or '.'", [](const auto& s) {
         return is_name(s, Name::capacity);
       }).value_or("");
  if (const auto* node = t.take("detection")) {
    if (const auto* detection = node->as_table())
      read_detection(*detection, path + ".detection", bed.detection, mistakes);
    else
      t.expected(*node, "detection", "a table headed [bed.detection]");
  }
  t.unknown();
  config.beds.push_back(std::move(bed));
}

std::optional<std::string> list_of_texts(Table& t, std::string_view key) {
  const auto* node = t.take(key);
  if (node == nullptr) return {};
  const auto* array = node->as_array();
  if (array == nullptr) {
    t.expected(*node, key, "a list of texts such as [\"...\", \"...\"]");
    return {};
  }
  std::optional<std::string> joined;
  for (std::size_t i = 0; i < array->size(); ++i) {
    const auto& element = (*array)[i];
    const auto* s = element.as_string();
    if (s == nullptr || s->get().empty() || s->get().find(between_elements) != std::string::npos) {
      t.expected(element, std::string(key) + "[" + std::to_string(i + 1) + "]", "a text");
      return {};
    }
    if (!joined)
      joined.emplace();
    else
      *joined += between_elements;
    *joined += s->get();
  }
  return joined;
}

/// What only the driver can judge, at the place it was written, or at the table's head.
void judge_settings(Table& t, const DriverRule& driver, const DeviceConfig& device) {
  if (!driver.check) return;
  for (const auto& wrong : driver.check(device.settings)) {
    const auto* node = t.toml().get(wrong.key);
    auto key = wrong.key;
    if (wrong.element > 0) {
      key += "[" + std::to_string(wrong.element) + "]";
      if (const auto* array = node == nullptr ? nullptr : node->as_array();
          array != nullptr && wrong.element <= array->size())
        node = array->get(wrong.element - 1);
    }
    t.mistake(node != nullptr ? *node : t.toml(), key, wrong.what);
  }
}

void read_settings(Table& t, const DriverRule& driver, DeviceConfig& device) {
  for (const auto& rule : driver.settings) {
    const std::string key(rule.key);
    std::optional<std::string> value;
    switch (rule.type) {
      case SettingRule::Type::text:
        value = t.text(rule.key, "a text" + (rule.unit.empty() ? "" : " (" + std::string(rule.unit) + ")"),
                       [](const auto& s) { return s.size() <= 4096; });
        break;
      case SettingRule::Type::number:
        if (const auto n = t.number(rule.key, rule.unit, rule.minimum, rule.maximum)) value = canonical(*n);
        break;
      case SettingRule::Type::boolean:
        if (const auto b = t.boolean(rule.key)) value = *b ? "true" : "false";
        break;
      case SettingRule::Type::list:
        value = list_of_texts(t, rule.key);
        break;
    }
    if (value)
      device.settings[key] = *value;
    else if (!rule.fallback.empty())
      device.settings[key] = rule.fallback;
  }
}

struct Claims {
  std::map<std::string, std::size_t> identities, ports;  // -> line of the table
};

void read_device(const toml::table& toml, std::size_t number, const std::vector<DriverRule>& drivers,
                 Claims& claims, Config& config, Mistakes& mistakes) {
  Table t(toml, "device[" + std::to_string(number) + "]", mistakes);
  DeviceConfig device;
  const DriverRule* driver = nullptr;
  std::vector<std::string_view> names;
  for (const auto& d : drivers)
    names.push_back(d.name);

  if (const auto* node = t.take("driver")) {
    const auto* s = node->as_string();
    const auto at = s == nullptr ? drivers.end()
                                 : std::find_if(drivers.begin(), drivers.end(),
                                                [&](const DriverRule& d) { return d.name == s->get(); });
    if (s == nullptr) {
      t.expected(*node, "driver", "the name of a driver");
    } else if (at == drivers.end()) {
      t.mistake(*node, "driver", in_quotes(s->get()) + " is not a driver: " + suggestion(s->get(), names));
    } else {
      driver = &*at;
      device.driver = driver->name;
    }
  } else {
    t.missing("driver", "the name of a driver; " + suggestion("", names));
  }

  if (const auto bed = t.text("bed", "the name of a bed", [](const auto& s) { return !s.empty(); })) {
    std::vector<std::string_view> beds;
    for (const auto& b : config.beds)
      if (!b.bed.empty()) beds.push_back(b.bed.view());
    if (std::find(beds.begin(), beds.end(), *bed) == beds.end())
      t.mistake(*toml.get("bed"), "bed",
                "no [[bed]] is named " + in_quotes(*bed) + ": " +
                    (beds.empty() ? "the file has none" : suggestion(*bed, beds)));
    else
      device.bed = *bed;
  }

  const auto claim = [&](std::map<std::string, std::size_t>& taken, const char* key,
                         const std::string& value) {
    const auto [first, fresh] = taken.emplace(value, toml.source().begin.line);
    if (!fresh)
      t.mistake(
          *toml.get(key), key,
          in_quotes(value) + " is already claimed by the device at line " + std::to_string(first->second));
  };
  const auto prefix = driver != nullptr ? std::string(driver->name) + ":" : std::string();
  if (const auto identity =
          t.text("device",
                 prefix.empty() ? "an identity"
                                : "an identity as " + in_quotes(prefix + "...") + ", at most 47 bytes",
                 [&](const auto& s) { return printable(s, Name::capacity) && s.starts_with(prefix); })) {
    device.identity = *identity;
    claim(claims.identities, "device", *identity);
  }
  if (const auto port = t.text("port", "a port or file", [](const auto& s) { return printable(s, 4096); })) {
    device.port = *port;
    claim(claims.ports, "port", *port);
  }
  if (driver != nullptr && driver->port_needed && !toml.contains("port"))
    t.missing("port", "where the " + std::string(driver->name) +
                          " is, such as \"/dev/serial/by-id/...\": nothing else tells it from other devices");
  if (driver != nullptr && driver->named_only && !toml.contains("device") && !toml.contains("port"))
    t.missing(
        "device",
        "which one, as device = " + in_quotes(prefix + "...") +
            " or port = \"1-1.2\" (vigild devices lists those attached): a keyboard is never taken without "
            "its name, since it would go dead for its owner");
  if (driver != nullptr) {
    const auto before = mistakes.size();
    read_settings(t, *driver, device);
    if (mistakes.size() == before) judge_settings(t, *driver, device);
    t.unknown();  // without its driver, what is left cannot be judged
  }
  const auto* bed_node = toml.get("bed");
  device.line = (bed_node != nullptr ? bed_node->source() : toml.source()).begin.line;
  std::ostringstream written;
  // Plain texts only: whoever reads a capture need not know all of TOML.
  written << toml::toml_formatter{
      toml, toml::toml_formatter::default_flags &
                ~(toml::format_flags::allow_literal_strings | toml::format_flags::allow_multi_line_strings)};
  device.toml = written.str();
  config.devices.push_back(std::move(device));
}

}  // namespace

std::string Mistake::text() const {
  auto out = file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": ";
  if (!key.empty()) out += key + (what.starts_with("is ") ? " " : ": ");
  return out + what;
}

std::optional<Listen> parse_listen(std::string_view text, std::string& what) {
  const auto shape = std::string("an address and port such as 127.0.0.1:8580");
  const auto refuse = [&](const std::string& expected) {
    what = "expected " + expected + ", found " + in_quotes(text);
    return std::nullopt;
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse(shape);
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || ec != std::errc{} || end != digits.data() + digits.size())
    return refuse(shape + ", the port from 0 to 65535");
  if (host == "localhost") return Listen{"127.0.0.1", port};
  if (host == "[::1]") return Listen{"::1", port};

  std::array<unsigned, 4> parts{};
  std::size_t count = 0;
  bool numeric = true;
  for (auto rest = host; numeric && !rest.empty() && count < 5; ++count) {
    const auto dot = rest.find('.');
    const auto part = rest.substr(0, dot);
    unsigned n = 0;
    const auto [stop, bad] = std::from_chars(part.data(), part.data() + part.size(), n);
    numeric = count < 4 && !part.empty() && part.size() <= 3 && bad == std::errc{} &&
              stop == part.data() + part.size() && n <= 255 && (part.size() == 1 || part.front() != '0');
    if (numeric) parts[count] = n;
    if (dot == std::string_view::npos) {
      rest = {};
    } else {
      rest.remove_prefix(dot + 1);
      numeric = numeric && !rest.empty();
    }
  }
  if (numeric && count == 4 && parts[0] == 127) return Listen{std::string(host), port};
  what = "expected a loopback address (127.0.0.1 or [::1]): others are refused until accounts exist; found " +
         in_quotes(text);
  return std::nullopt;
}

Loaded parse(std::string_view text, std::string_view file, const std::vector<DriverRule>& drivers) {
  Loaded loaded;
  Mistakes mistakes(file);
  toml::table root_table;
  try {
    root_table = toml::parse(text, file);
  } catch (const toml::parse_error& e) {
    mistakes.add(e.source().begin, "", std::string(e.description()));
    loaded.mistakes = std::move(mistakes).in_order();
    return loaded;
  }

  auto& config = loaded.config;
  Table root(root_table, "", mistakes);
  if (const auto* node = root.take("listen")) {
    const auto* s = node->as_string();
    std::string what;
    if (s == nullptr) {
      root.expected(*node, "listen", "an address and port such as \"127.0.0.1:8580\"");
    } else if (const auto listen = parse_listen(s->get(), what)) {
      config.listen_address = listen->address;
      config.listen_port = listen->port;
    } else {
      root.mistake(*node, "listen", what);
    }
  }
  if (const auto data = root.text("data", "the absolute path of a folder",
                                  [](const auto& s) { return printable(s, 4096) && s.front() == '/'; }))
    config.data = *data;
  constexpr std::array levels{"trace", "debug", "info", "warn", "error", "off"};
  if (const auto level = root.text("log", "trace, debug, info, warn, error or off", [&](const auto& s) {
        return std::find(levels.begin(), levels.end(), s) != levels.end();
      }))
    config.log_level = *level;
  config.record_raw = root.boolean("record_raw").value_or(config.record_raw);

  std::map<std::string, std::size_t> bed_lines;
  tables(root, "bed",
         [&](const toml::table& t, std::size_t n) { read_bed(t, n, bed_lines, config, mistakes); });
  Claims claims;
  tables(root, "device",
         [&](const toml::table& t, std::size_t n) { read_device(t, n, drivers, claims, config, mistakes); });
  root.unknown();
  loaded.mistakes = std::move(mistakes).in_order();
  return loaded;
}

LoadedSettings parse_settings(std::string_view text, const DriverRule& driver) {
  Mistakes mistakes("settings");
  DeviceConfig device;
  try {
    const auto table = toml::parse(text, std::string_view("settings"));
    Table t(table, "", mistakes);
    read_settings(t, driver, device);
    t.unknown();
  } catch (const toml::parse_error& e) {
    mistakes.add(e.source().begin, "", std::string(e.description()));
  }
  return {std::move(device.settings), std::move(mistakes).in_order()};
}

Loaded load(const std::filesystem::path& file, const std::vector<DriverRule>& drivers) {
  std::error_code ec;
  if (std::filesystem::is_directory(file, ec))
    throw std::runtime_error("cannot read the configuration " + file.string() + ": it is a folder");
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw std::runtime_error("cannot read the configuration " + file.string() + ": " + std::strerror(errno));
  std::string text(file_limit + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad())
    throw std::runtime_error("cannot read the configuration " + file.string() + ": " + std::strerror(errno));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > file_limit)
    throw std::runtime_error("cannot read the configuration " + file.string() + ": it is larger than 1 MiB");
  return parse(text, file.string(), drivers);
}

}  // namespace vigil::config

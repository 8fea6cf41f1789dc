#include "drivers/line/layout.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace vigil::drivers::line {
namespace {

using Type = Setting::Type;

}  // namespace

// What a preset may know has no fallback here.
constinit const std::array<Setting, 24> settings{{
    {"preset", Type::text, "", 0, 0, "",
     "openscale, hx711, hx711-full, cells, json, esphome or esphome-raw: what published firmware prints"},
    {"format", Type::text, "", 0, 0, "", "csv, kv, json or regex"},
    {"columns", Type::list, "", 0, 0, "",
     "where each number stands and what it is: \"1 load kg\", \"2-5 load raw tare=84200 scale=0.0000238\""},
    {"rows", Type::number, "", 1, 64, "1", "of a pressure mat; its columns follow row by row"},
    {"fields", Type::number, "", 1, 512, "", "csv: how many a line has; default: up to the last column"},
    {"separator", Type::text, "", 0, 0, "", "between the fields of csv, the pairs of kv; default ','"},
    {"pattern", Type::text, "", 0, 0, "", "regex: its captures are the columns"},
    {"time", Type::text, "", 0, 0, "", "the device's own clock: \"1 ms\", \"t us wrap=32\""},
    {"skip", Type::list, "", 0, 0, "", "lines that begin so are passed over"},
    {"fault", Type::list, "", 0, 0, "", "lines with this in them say that the sensor fails"},
    {"checksum", Type::text, "", 0, 0, "none", "none, or as *HH at a line's end: xor8, crc8, sum8"},
    {"baud", Type::number, "", 1200, 921600, "", "default 115200"},
    {"framing", Type::text, "", 0, 0, "8N1", "data bits, parity N, E or O, stop bits"},
    {"terminator", Type::text, "", 0, 0, "lf", "of a line: lf (a CR before it is dropped) or cr"},
    {"max_line", Type::number, "bytes", 16, 4096, "256", "what is longer is no line"},
    {"init", Type::list, "", 0, 0, "",
     "what to send after opening: \"'start\\\\r'\", \"'tare\\\\r' expect 'OK' within 2 s\""},
    {"poll", Type::text, "", 0, 0, "", "what to send for each record, where the device waits for it"},
    {"poll_ms", Type::number, "ms", 20, 60000, "1000", "how often"},
    {"open_settle_ms", Type::number, "ms", 0, 30000, "", "boards that restart on opening; default 2000"},
    {"dtr", Type::boolean, "", 0, 0, "true", "the line DTR"},
    {"rts", Type::boolean, "", 0, 0, "true", "the line RTS"},
    {"rate_hz", Type::number, "Hz", 0.01, 2000, "", "how many records a second; default: irregular"},
    {"bad_limit", Type::number, "lines", 2, 10000, "20",
     "so many bad lines in a row are told as a wrong setting"},
    {"stale_after_s", Type::number, "s", 1, 3600, "", "silence that is more than a pause; default 10"},
}};

namespace {

std::string quoted(std::string_view text) { return "\"" + std::string(text.substr(0, 80)) + "\""; }

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<std::size_t> whole(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Words between blanks; 'one word' in single quotes. nullopt: a quote is not closed.
std::optional<std::vector<std::string>> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == ' ' || text[i] == '\t') {
      ++i;
      continue;
    }
    const bool quote = text[i] == '\'';
    const auto end = quote ? text.find('\'', i + 1) : std::min(text.find_first_of(" \t", i), text.size());
    if (end == std::string_view::npos) return std::nullopt;
    words.emplace_back(quote ? text.substr(i + 1, end - i - 1) : text.substr(i, end - i));
    i = end + (quote ? 1 : 0);
  }
  return words;
}

/// \r \n \t \\ \xHH. nullopt: another escape.
std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    constexpr std::string_view letters = "rnt\\", meant = "\r\n\t\\";
    if (const auto at = letters.find(text[i]); at != std::string_view::npos) {
      out += meant[at];
    } else if (text[i] == 'x' && i + 2 < text.size()) {
      unsigned code = 0;
      const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16);
      if (error != std::errc{} || end != text.data() + i + 3) return std::nullopt;
      out += static_cast<char>(code);
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

struct UnitRule {
  std::string_view name;
  double to_channel;
};
struct QuantityRule {
  Quantity quantity;
  std::span<const UnitRule> units;  ///< the first is the default, where the quantity needs none written
  bool unit_needed;
  float minimum, maximum;  ///< where the column says nothing else
};
constexpr std::array<UnitRule, 9> mass{{{"kg", 1},
                                        {"g", 1e-3},
                                        {"mg", 1e-6},
                                        {"lb", 0.45359237},
                                        {"lbs", 0.45359237},
                                        {"oz", 0.028349523125},
                                        {"st", 6.35029318},
                                        {"N", 1 / 9.80665},
                                        {"raw", 1}}};
constexpr std::array<UnitRule, 3> acceleration{{{"g", 1}, {"mg", 1e-3}, {"m/s2", 1 / 9.80665}}};
constexpr std::array<UnitRule, 2> rate{{{"/min", 1}, {"Hz", 60}}};
constexpr std::array<UnitRule, 1> plain{{{"raw", 1}}};
constexpr std::array<QuantityRule, 7> quantities{{
    {Quantity::load, mass, true, -200, 1000},
    {Quantity::pressure, plain, false, 0, 65535},
    {Quantity::acceleration, acceleration, true, -16, 16},
    {Quantity::heart_rate, rate, false, 20, 250},
    {Quantity::breath_rate, rate, false, 2, 60},
    {Quantity::occupancy, plain, false, 0, 1},
    {Quantity::motion, plain, false, 0, 100},
}};
constexpr std::size_t most_columns = 512;
constexpr double longest_count = 9e15;

template <class Rules, class Name>
std::string names(const Rules& rules, Name name_of) {
  std::string out;
  for (std::size_t i = 0; i < rules.size(); ++i)
    out += (i == 0 ? "" : i + 1 == rules.size() ? " or " : ", ") + std::string(name_of(rules[i]));
  return out;
}

struct Failed {
  std::string what;
};
[[noreturn]] void expected(const std::string& what, std::string_view found) {
  throw Failed{"expected " + what + ", found " + quoted(found)};
}

/// "2", "2-5", "w[0-3]", "a.b[1]", a key or the name of a capture: as many places as it stands for.
std::vector<Place> places_of(const std::string& text, Format format, const std::optional<Pattern>& pattern) {
  const auto range = [&](std::string_view part, std::size_t lowest) {
    const auto dash = part.find('-');
    const auto first = whole(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : whole(part.substr(dash + 1));
    if (!first || !last || *first < lowest || *last < *first || *last - *first >= most_columns ||
        *last >= most_columns + lowest)
      expected("a number from " + std::to_string(lowest) + ", or a range such as \"2-5\"", part);
    return std::pair(*first, *last);
  };
  std::vector<Place> out;
  switch (format) {
    case Format::csv: {
      const auto [first, last] = range(text, 1);
      for (auto i = first; i <= last; ++i)
        out.emplace_back().index = i - 1;
      break;
    }
    case Format::regex: {
      const auto capture = pattern ? pattern->capture(text) : 1;
      if (capture == 0)
        expected("the number or name of a capture of the pattern (it has " +
                     std::to_string(pattern->captures()) + ")",
                 text);
      out.emplace_back().index = capture;
      break;
    }
    case Format::json: {
      std::vector<Step> path;
      std::pair<std::size_t, std::size_t> last{};
      bool open = false;
      for (std::string_view rest = text; !rest.empty();) {
        if (open) expected("a place in a JSON object such as \"w[0]\", a range only at its end", text);
        if (rest.front() == '[') {
          const auto close = rest.find(']');
          if (path.empty() || close == std::string_view::npos)
            expected("a place in a JSON object such as \"w[0]\" or \"bed.kg\"", text);
          last = range(rest.substr(1, close - 1), 0);
          open = last.first != last.second;
          path.push_back({"", last.first});
          rest.remove_prefix(close + 1);
          if (rest.starts_with('.')) rest.remove_prefix(1);
        } else {
          const auto end = std::min(rest.find_first_of(".["), rest.size());
          if (end == 0) expected("a place in a JSON object such as \"w[0]\" or \"bed.kg\"", text);
          path.push_back({std::string(rest.substr(0, end)), 0});
          rest.remove_prefix(end);
          if (rest.starts_with('.')) rest.remove_prefix(1);
        }
      }
      if (path.empty() || path.size() > deepest_json)
        expected("a place in a JSON object, at most " + std::to_string(deepest_json) + " deep", text);
      for (auto i = last.first; i <= last.second; ++i) {
        if (open) path.back().index = i;
        out.emplace_back().path = path;
      }
      break;
    }
    case Format::kv:
    case Format::openscale:
      if (text.empty()) expected("a key", text);
      out.emplace_back().key = text;
      break;
  }
  return out;
}

struct Draft {
  const QuantityRule* rule;
  Column column;
};

/// FROM QUANTITY [UNIT] [tare= scale= offset= min= max= bits=]: one or, of a range, several columns.
void add_columns(const std::string& text, Format format, const std::optional<Pattern>& pattern,
                 std::vector<Draft>& drafts) {
  const auto shape =
      std::string(R"(a column such as "1 load kg" or "2-5 load raw tare=84200 scale=0.0000238")");
  const auto words = words_of(text);
  if (!words || words->size() < 2) expected(shape, text);
  const auto places = places_of((*words)[0], format, pattern);
  const auto rule =
      std::ranges::find_if(quantities, [&](const auto& q) { return name(q.quantity) == (*words)[1]; });
  if (rule == quantities.end())
    expected(names(quantities, [](const auto& q) { return name(q.quantity); }) + " after the column",
             (*words)[1]);

  Draft draft{&*rule, {}};
  auto& column = draft.column;
  column.minimum = rule->minimum, column.maximum = rule->maximum;
  std::size_t next = 2;
  std::string unit;
  if (next < words->size() && (*words)[next].find('=') == std::string::npos) {
    unit = (*words)[next++];
    const auto known = std::ranges::find(rule->units, std::string_view(unit), &UnitRule::name);
    if (known == rule->units.end())
      expected(names(rule->units, [](const auto& u) { return u.name; }) + " after " +
                   std::string(name(rule->quantity)),
               unit);
    column.to_unit = known->to_channel;
  } else if (rule->unit_needed) {
    expected("a unit after " + std::string(name(rule->quantity)) + ": " +
                 names(rule->units, [](const auto& u) { return u.name; }),
             text);
  }
  bool scaled = false;
  for (; next < words->size(); ++next) {
    const std::string_view word = (*words)[next];
    const auto equals = word.find('=');
    const auto key = word.substr(0, equals);
    const auto value = equals == std::string_view::npos ? std::nullopt : number(word.substr(equals + 1));
    if (!value || std::abs(*value) > longest_count)
      expected("tare=, scale=, offset=, min=, max= or bits= and a number", word);
    if (key == "tare") {
      column.tare = *value;
    } else if (key == "scale") {
      if (*value == 0) expected("a scale that is not 0", word);
      column.scale = *value;
      scaled = true;
    } else if (key == "offset") {
      column.offset = *value;
    } else if (key == "min") {
      column.minimum = static_cast<float>(*value);
    } else if (key == "max") {
      column.maximum = static_cast<float>(*value);
    } else if (key == "bits") {
      if (*value < 8 || *value > 32 || *value != std::floor(*value))
        expected("bits= from 8 to 32: of the converter, two's complement", word);
      column.highest_count = std::ldexp(1, static_cast<int>(*value) - 1) - 1;
      column.lowest_count = -column.highest_count - 1;
    } else {
      expected("tare=, scale=, offset=, min=, max= or bits=", word);
    }
  }
  if (column.minimum >= column.maximum) expected("min= below max=", text);
  if (rule->quantity == Quantity::load && unit == "raw" && !scaled)
    throw Failed{
        "raw counts need scale=, the kg of one count (and tare=, the counts of the empty bed): put a known "
        "weight on it and divide; found " +
        quoted(text)};
  if (drafts.size() + places.size() > most_columns)
    throw Failed{"more than " + std::to_string(most_columns) + " columns"};
  for (const auto& place : places) {
    column.place = place;
    drafts.push_back(draft);
  }
}

Time time_of(const std::string& text, Format format, const std::optional<Pattern>& pattern) {
  const auto words = words_of(text);
  const std::string shape = R"(a column and a unit such as "1 ms" or "t us wrap=32")";
  if (!words || words->size() < 2 || words->size() > 3) expected(shape, text);
  Time time;
  const auto places = places_of((*words)[0], format, pattern);
  if (places.size() != 1) expected(shape, text);
  time.place = places[0];
  constexpr std::array<UnitRule, 3> units{{{"s", 1}, {"ms", 1e-3}, {"us", 1e-6}}};
  const auto unit = std::ranges::find(units, std::string_view((*words)[1]), &UnitRule::name);
  if (unit == units.end()) expected("s, ms or us", (*words)[1]);
  time.tick_s = unit->to_channel;
  if (words->size() == 3) {
    const std::string_view word = (*words)[2];
    const auto bits = word.starts_with("wrap=") ? whole(word.substr(5)) : std::nullopt;
    if (!bits || (*bits != 0 && (*bits < 8 || *bits > 52)))
      expected("wrap= and how many bits its counter has, 8 to 52, or 0: it never wraps", word);
    time.wrap_bits = static_cast<unsigned>(*bits);
  }
  return time;
}

Init init_of(const std::string& text) {
  const std::string shape = R"('what to send\r', or 'tare\r' expect 'OK' within 2 s)";
  const auto words = words_of(text);
  if (!words || words->empty()) expected(shape, text);
  Init init;
  const auto send = unescaped((*words)[0]);
  if (!send || send->empty()) expected("what to send, with \\r \\n \\t \\\\ or \\xHH in it", text);
  init.send = *send;
  if (words->size() == 1) return init;
  if ((*words)[1] != "expect" || words->size() < 3) expected(shape, text);
  init.expected = (*words)[2];
  try {
    init.expect.emplace(init.expected);
  } catch (const std::invalid_argument& error) {
    throw Failed{"expected a regular expression after expect, found " + quoted(init.expected) + ": " +
                 error.what()};
  }
  if (words->size() == 3) return init;
  const auto within = words->size() == 6 && (*words)[3] == "within" && (*words)[5] == "s"
                          ? number((*words)[4])
                          : std::nullopt;
  if (!within || *within < 0.05 || *within > 60) expected(shape + ", within 0.05 to 60 s", text);
  init.within = std::chrono::milliseconds(std::lround(*within * 1000));
  return init;
}

struct Preset {
  std::string_view name;
  Format format;
  std::uint32_t baud;
  std::string_view separator, pattern, column, time, fault;
  double counts_bits;  ///< of raw load columns, 0: none
  std::string_view columns_hint;
  int settle_ms;
};
constexpr std::string_view hint_hx711 =
    R"(columns = ["'HX711 reading' load raw tare=84200 scale=0.0000238"])";
constexpr std::array<Preset, 7> presets{{
    {"openscale", Format::openscale, 9600, ",", "", "", "", "", 0, "", 2000},
    {"hx711", Format::kv, 57600, ",", "", "", "", "HX711 not found", 24, hint_hx711, 2000},
    {"hx711-full", Format::kv, 38400, "|", "", "", "", "HX711 not found", 0,
     R"(columns = ["'one reading' load kg"])", 2000},
    {"cells", Format::csv, 115200, ",", "", "", "1 ms", "", 0, R"(columns = ["2-5 pressure"])", 2000},
    {"json", Format::json, 115200, ",", "", "", "t ms", "", 0, R"(columns = ["w[0-3] load kg"])", 2000},
    {"esphome", Format::regex, 115200, ",",
     R"('(?P<name>[^']*)': Sending state (?P<value>-?[0-9]+(?:\.[0-9]+)?) (?P<unit>.*?) ?with [0-9]+ decimals of accuracy$)",
     "", "", "HX711 is not ready", 0, R"(columns = ["value load kg"])", 0},
    {"esphome-raw", Format::regex, 115200, ",",
     R"(\[hx711:[0-9]+\]: '(?P<name>[^']*)': Got value (?P<value>-?[0-9]+)$)", "", "", "HX711 is not ready",
     24, R"(columns = ["value load raw tare=84200 scale=0.0000238"])", 0},
}};
constexpr std::array<std::pair<std::string_view, Format>, 4> formats{
    {{"csv", Format::csv}, {"kv", Format::kv}, {"json", Format::json}, {"regex", Format::regex}}};
constexpr std::array<std::pair<std::string_view, Checksum>, 4> checksums{
    {{"none", Checksum::none}, {"xor8", Checksum::xor8}, {"crc8", Checksum::crc8}, {"sum8", Checksum::sum8}}};

/// Columns of one quantity are one channel, in the order written.
void group(std::vector<Draft>& drafts, Layout& layout, std::size_t rows) {
  for (const auto& rule : quantities) {
    Stream stream;
    stream.first = layout.columns.size();
    for (const auto& draft : drafts)
      if (draft.rule == &rule) layout.columns.push_back(draft.column);
    const auto count = layout.columns.size() - stream.first;
    if (count == 0) continue;
    const auto quantity = std::string(name(rule.quantity));
    if (rule.quantity == Quantity::acceleration && count != 3)
      throw Failed{"expected three columns of acceleration, x y z, found " + std::to_string(count)};
    if (rule.quantity != Quantity::acceleration && rule.quantity != Quantity::load &&
        rule.quantity != Quantity::pressure && count != 1)
      throw Failed{"expected one column of " + quantity + ", found " + std::to_string(count)};
    auto& channel = stream.channel;
    channel.quantity = rule.quantity;
    channel.columns = static_cast<std::uint16_t>(count);
    if (rule.quantity == Quantity::pressure && rows > 1) {
      if (count % rows != 0)
        throw Failed{"expected a multiple of rows = " + std::to_string(rows) +
                     " columns of pressure, found " + std::to_string(count)};
      channel.rows = static_cast<std::uint16_t>(rows);
      channel.columns = static_cast<std::uint16_t>(count / rows);
    }
    channel.rate_hz = static_cast<float>(layout.rate_hz);
    const auto columns = std::span(layout.columns).subspan(stream.first);
    channel.minimum = std::ranges::min(columns, {}, &Column::minimum).minimum;
    channel.maximum = std::ranges::max(columns, {}, &Column::maximum).maximum;
    layout.streams.push_back(stream);
  }
}

/// Reads the settings one by one; each mistake is kept, and the rest is read all the same.
class Reader {
 public:
  Reader(const Settings& set, std::vector<Wrong>& wrongs) : set_(set), wrongs_(wrongs) {}

  Layout read() {
    choose_preset();
    choose_format();
    line();
    text();
    columns();
    talk();
    return std::move(layout_);
  }

 private:
  void wrong(std::string_view key, std::string what, std::size_t element = 0) {
    wrongs_.push_back({key, element, std::move(what)});
  }
  template <class F>
  void attempt(std::string_view key, std::size_t element, F&& read) {
    try {
      read();
    } catch (const Failed& failed) {
      wrong(key, failed.what, element);
    }
  }
  [[nodiscard]] bool written(std::string_view key) const { return !set_.text(key).empty(); }

  void choose_preset() {
    const auto wanted = set_.text("preset");
    if (wanted.empty()) return;
    const auto found = std::ranges::find(presets, std::string_view(wanted), &Preset::name);
    if (found == presets.end()) {
      wrong("preset",
            "expected " + names(presets, [](const auto& p) { return p.name; }) + ", found " + quoted(wanted));
      return;
    }
    preset_ = &*found;
    layout_.preset = wanted;
    layout_.format = found->format;
    layout_.separator = found->separator;
    if (!found->fault.empty()) layout_.fault.emplace_back(found->fault);
    if (found->format == Format::openscale)
      for (const auto* const key : {"format", "columns", "pattern", "time", "separator", "fields"})
        if (written(key))
          wrong(key, "is not used with preset openscale: its records say themselves what they hold");
  }

  void choose_format() {
    const auto wanted = set_.text("format");
    const auto* const known = "csv, kv, json or regex";
    if (wanted.empty()) {
      if (preset_ == nullptr && !written("preset"))
        wrong("format", std::string("is missing: expected ") + known + ", or a preset");
    } else if (const auto found = std::ranges::find(formats, std::string_view(wanted),
                                                    &std::pair<std::string_view, Format>::first);
               found == formats.end()) {
      wrong("format", std::string("expected ") + known + ", found " + quoted(wanted));
      format_known_ = false;
    } else {
      layout_.format = found->second;
    }
    auto pattern = set_.text("pattern");
    if (pattern.empty() && preset_ != nullptr) pattern = preset_->pattern;
    if (layout_.format != Format::regex) {
      if (written("pattern")) wrong("pattern", "is only used with format = \"regex\"");
      return;
    }
    try {
      if (pattern.empty())
        wrong("pattern", R"(is missing: expected a regular expression such as "Weight: ([-0-9.]+) kg$")");
      else
        layout_.pattern.emplace(pattern);
    } catch (const std::invalid_argument& error) {
      wrong("pattern", "expected a regular expression (RE2: no look-around, no back-references), found " +
                           quoted(pattern) + ": " + error.what());
    }
    if (layout_.pattern && layout_.pattern->captures() == 0)
      wrong("pattern", "expected a capture (...) for each number, found " + quoted(pattern));
  }

  void line() {
    auto& line = layout_.line;
    line.hang_up = false;  // on closing: boards would restart at every opening
    line.baud = preset_ != nullptr ? preset_->baud : 115200;
    if (written("baud")) line.baud = static_cast<std::uint32_t>(set_.number("baud"));
    constexpr std::array<std::uint32_t, 11> rates{1200,  2400,   4800,   9600,   19200, 38400,
                                                  57600, 115200, 230400, 460800, 921600};
    if (std::ranges::find(rates, line.baud) == rates.end())
      wrong("baud", "expected a rate of a serial port, such as 9600, 57600 or 115200, found " +
                        std::to_string(line.baud));
    const auto framing = set_.text("framing");
    if (framing.size() != 3 || (framing[0] != '7' && framing[0] != '8') ||
        std::string_view("NEO").find(framing[1]) == std::string_view::npos ||
        (framing[2] != '1' && framing[2] != '2')) {
      wrong("framing",
            "expected data bits, parity and stop bits such as \"8N1\" or \"7E1\", found " + quoted(framing));
    } else {
      line.data_bits = static_cast<std::uint8_t>(framing[0] - '0');
      line.parity = framing[1];
      line.stop_bits = static_cast<std::uint8_t>(framing[2] - '0');
    }
    line.dtr = set_.boolean("dtr"), line.rts = set_.boolean("rts");
    if (written("open_settle_ms"))
      layout_.open_settle = std::chrono::milliseconds(std::lround(set_.number("open_settle_ms")));
    else if (preset_ != nullptr)
      layout_.open_settle = std::chrono::milliseconds(preset_->settle_ms);
  }

  void text() {
    const auto terminator = set_.text("terminator");
    if (terminator != "lf" && terminator != "cr")
      wrong("terminator", "expected lf or cr, found " + quoted(terminator));
    layout_.terminator = terminator == "cr" ? '\r' : '\n';
    layout_.longest = static_cast<std::size_t>(set_.number("max_line"));
    if (written("separator")) layout_.separator = set_.text("separator");
    layout_.skip = set_.list("skip");
    for (auto& fault : set_.list("fault"))
      layout_.fault.push_back(std::move(fault));
    const auto checksum = set_.text("checksum");
    const auto found = std::ranges::find(checksums, std::string_view(checksum),
                                         &std::pair<std::string_view, Checksum>::first);
    if (found == checksums.end())
      wrong("checksum", "expected none, xor8, crc8 or sum8, found " + quoted(checksum));
    else
      layout_.checksum = found->second;
    layout_.bad_limit = static_cast<unsigned>(set_.number("bad_limit"));
    layout_.rate_hz = set_.number("rate_hz");
  }

  void columns() {
    if (layout_.format == Format::openscale) {
      Column weight;
      weight.minimum = quantities[0].minimum, weight.maximum = quantities[0].maximum;
      layout_.columns = {weight};
      layout_.streams = {{.channel = {.quantity = Quantity::load,
                                      .rate_hz = static_cast<float>(layout_.rate_hz),
                                      .minimum = weight.minimum,
                                      .maximum = weight.maximum}}};
      layout_.time = Time{};
      return;
    }
    // What a column may be depends on the format: without it every one would be called wrong.
    if (!format_known_ || (layout_.format == Format::regex && !layout_.pattern) ||
        (preset_ == nullptr && !written("format")))
      return;
    std::vector<Draft> drafts;
    const auto list = set_.list("columns");
    if (list.empty())
      wrong("columns", "is missing: expected where the numbers stand, such as " +
                           (preset_ != nullptr ? std::string(preset_->columns_hint)
                                               : std::string(R"(columns = ["1 load kg"])")));
    const auto before = wrongs_.size();
    for (std::size_t i = 0; i < list.size(); ++i)
      attempt("columns", i + 1, [&] { add_columns(list[i], layout_.format, layout_.pattern, drafts); });
    if (preset_ != nullptr && preset_->counts_bits > 0)
      for (auto& draft : drafts)
        if (draft.column.highest_count == draft.column.lowest_count) {
          draft.column.highest_count = std::ldexp(1, static_cast<int>(preset_->counts_bits) - 1) - 1;
          draft.column.lowest_count = -draft.column.highest_count - 1;
        }
    auto time = set_.text("time");
    if (time.empty() && preset_ != nullptr && layout_.format == preset_->format) time = preset_->time;
    if (!time.empty() && time != "none")
      attempt("time", 0, [&] { layout_.time = time_of(time, layout_.format, layout_.pattern); });
    if (!list.empty() && wrongs_.size() == before)
      attempt("columns", 0, [&] { group(drafts, layout_, static_cast<std::size_t>(set_.number("rows"))); });

    std::size_t highest = layout_.time ? layout_.time->place.index : 0;
    for (const auto& column : layout_.columns)
      highest = std::max(highest, column.place.index);
    layout_.fields = written("fields") ? static_cast<std::size_t>(set_.number("fields")) : highest + 1;
    if (layout_.format == Format::csv && layout_.fields <= highest)
      wrong("fields", "expected at least " + std::to_string(highest + 1) +
                          ", since columns and time go so far, found " + std::to_string(layout_.fields));
  }

  void talk() {
    const auto list = set_.list("init");
    for (std::size_t i = 0; i < list.size(); ++i)
      attempt("init", i + 1, [&] {
        layout_.init.push_back(init_of(list[i]));
        refuse_menu("init", layout_.init.back().send, i + 1);
      });
    if (!written("poll")) return;
    const auto poll = unescaped(set_.text("poll"));
    if (!poll) {
      wrong("poll", "expected what to send, with \\r \\n \\t \\\\ or \\xHH in it, found " +
                        quoted(set_.text("poll")));
      return;
    }
    layout_.poll = *poll;
    layout_.poll_every = std::chrono::milliseconds(std::lround(set_.number("poll_ms")));
    refuse_menu("poll", layout_.poll, 0);
  }

  /// An OpenScale opens its menu on an x and is silent until somebody leaves it.
  void refuse_menu(std::string_view key, std::string_view send, std::size_t element) {
    if (layout_.format == Format::openscale && send.find('x') != std::string_view::npos)
      wrong(key, "is never sent to an OpenScale with an x in it: that opens its menu, and it falls silent",
            element);
  }

  const Settings& set_;
  std::vector<Wrong>& wrongs_;
  Layout layout_;
  const Preset* preset_ = nullptr;
  bool format_known_ = true;
};

}  // namespace

std::optional<Layout> layout_of(const Settings& set, std::vector<Wrong>& wrongs) {
  const auto before = wrongs.size();
  auto layout = Reader(set, wrongs).read();
  if (wrongs.size() != before) return std::nullopt;
  return layout;
}

}  // namespace vigil::drivers::line

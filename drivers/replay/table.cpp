#include "drivers/replay/table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace vigil::drivers::replay {
namespace {

using std::chrono::microseconds;

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Exactly `digits` digits at the front, taken off.
std::optional<unsigned> digits(std::string_view& text, std::size_t count) noexcept {
  if (text.size() < count) return std::nullopt;
  unsigned value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) noexcept {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<microseconds> civil(unsigned year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                                  unsigned second) noexcept {
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

/// "10:54:00[.5]" at the front.
std::optional<microseconds> clock_time(std::string_view& text) noexcept {
  const auto hour = digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute) return std::nullopt;
  unsigned second = 0;
  microseconds fraction{};
  if (take(text, ':')) {
    const auto s = digits(text, 2);
    if (!s) return std::nullopt;
    second = *s;
    if (take(text, '.')) {
      int scale = 100'000;
      bool any = false;
      for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), any = true) {
        fraction += microseconds((text.front() - '0') * scale);
        scale /= 10;
      }
      if (!any) return std::nullopt;
    }
  }
  if (*hour > 23 || *minute > 59 || second > 60) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(second) + fraction;
}

/// "2020-Jan-01 10:10:20"
std::optional<microseconds> parse_mmash(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto year = digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = std::ranges::find(months, text.substr(0, 3));
  if (month == months.end()) return std::nullopt;
  text.remove_prefix(3);
  if (!take(text, '-')) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day || !take(text, ' ')) return std::nullopt;
  const auto date = civil(*year, static_cast<unsigned>(month - months.begin()) + 1, *day, 0, 0, 0);
  const auto time = clock_time(text);
  if (!date || !time || !text.empty()) return std::nullopt;
  return *date + *time;
}

/// "6/27/2012" and "10:54 AM"
std::optional<microseconds> parse_us(std::string_view date, std::string_view time) noexcept {
  std::array<unsigned, 3> part{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto end = date.find('/');
    const auto text = date.substr(0, end);
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), part[i]);
    if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    if (end == std::string_view::npos && i < 2) return std::nullopt;
    date.remove_prefix(end == std::string_view::npos ? date.size() : end + 1);
  }
  const bool morning = time.ends_with(" AM");
  if (!morning && !time.ends_with(" PM")) return std::nullopt;
  time.remove_suffix(3);
  std::array<unsigned, 2> clock{};
  const auto colon = time.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto one = std::from_chars(time.data(), time.data() + colon, clock[0]);
  const auto two = std::from_chars(time.data() + colon + 1, time.data() + time.size(), clock[1]);
  if (one.ec != std::errc{} || two.ec != std::errc{} || clock[0] < 1 || clock[0] > 12) return std::nullopt;
  return civil(part[2], part[0], part[1], clock[0] % 12 + (morning ? 0 : 12), clock[1], 0);
}

constexpr Channel load{.quantity = Quantity::load, .minimum = -50, .maximum = 1000};
constexpr Channel acceleration{
    .quantity = Quantity::acceleration, .columns = 3, .minimum = -20, .maximum = 20};
constexpr Channel counts{.quantity = Quantity::counts, .minimum = 0, .maximum = 1'000'000};
constexpr Channel heart{.quantity = Quantity::heart_rate, .minimum = 20, .maximum = 300};
constexpr Channel breath{.quantity = Quantity::breath_rate, .minimum = 2, .maximum = 80};
constexpr Channel occupied{.quantity = Quantity::occupancy, .minimum = 0, .maximum = 1};
constexpr std::array<std::string_view, 6> preset_names{"actilife", "wrist_nights", "mmash",
                                                       "bed_imu",  "pressure_map", "bed_pressure_home_a"};

std::string known_presets() {
  std::string known;
  for (const auto name : preset_names)
    known += (known.empty() ? "" : ", ") + std::string(name);
  return known;
}

Channel image(std::uint16_t rows, std::uint16_t columns) {
  return {.quantity = Quantity::pressure, .rows = rows, .columns = columns, .minimum = 0, .maximum = 65535};
}

}  // namespace

std::span<const std::string_view> presets() { return preset_names; }

std::optional<WallTime> parse_iso(std::string_view text) noexcept {
  text = trimmed(text);
  const auto year = digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day || !(take(text, 'T') || take(text, ' '))) return std::nullopt;
  const auto date = civil(*year, *month, *day, 0, 0, 0);
  const auto time = clock_time(text);
  if (!date || !time) return std::nullopt;
  WallTime out{*date + *time, {}};
  if (text.empty() || text == "Z") return out;
  const bool west = text.front() == '-';
  if (!west && text.front() != '+') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = digits(text, 2);
  take(text, ':');
  const auto minutes = text.empty() ? std::optional(0U) : digits(text, 2);
  if (!hours || !minutes || !text.empty() || *hours > 18 || *minutes > 59) return std::nullopt;
  out.offset = (west ? -1 : 1) * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
  out.since_epoch -= out.offset;
  return out;
}

std::optional<double> parse_number(std::string_view text) noexcept {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

Options options(const std::string& preset, const std::string& cells, const std::string& map,
                const std::string& start) {
  Options out;
  if (!preset.empty() && std::ranges::find(preset_names, preset) == preset_names.end()) {
    throw std::invalid_argument("preset: expected one of " + known_presets() + ", found '" + preset + "'");
  }
  out.preset = preset;
  if (!cells.empty()) {
    const auto x = cells.find('x');
    unsigned rows = 0, columns = 0;
    if (x != std::string::npos) {
      std::from_chars(cells.data(), cells.data() + x, rows);
      std::from_chars(cells.data() + x + 1, cells.data() + cells.size(), columns);
    }
    if (rows < 1 || columns < 1 || rows > 512 || columns > 512 ||
        std::to_string(rows) + "x" + std::to_string(columns) != cells)
      throw std::invalid_argument("cells: expected ROWSxCOLUMNS, each 1 to 512, as in 32x64; found '" +
                                  cells + "'");
    out.cells = {static_cast<std::uint16_t>(rows), static_cast<std::uint16_t>(columns)};
  }
  std::string_view rest = map;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto pair = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || trimmed(pair.substr(0, equals)).empty() ||
        trimmed(pair.substr(equals + 1)).empty())
      throw std::invalid_argument("map: expected OURS=THEIRS[,...], as in t=timestamp,counts=axis1; found '" +
                                  std::string(pair) + "'");
    out.columns[std::string(trimmed(pair.substr(0, equals)))] = trimmed(pair.substr(equals + 1));
  }
  if (!start.empty()) {
    out.start = parse_iso(start);
    if (!out.start)
      throw std::invalid_argument("start: expected a time as 2026-11-22T22:00:00+01:00, found '" + start +
                                  "'");
  }
  return out;
}

Table::Table(const Options& options) : options_(options) {
  constexpr std::array<std::string_view, 10> ours{"t_s", "t",      "load_kg",   "x_g",        "y_g",
                                                  "z_g", "counts", "heart_bpm", "breath_rpm", "occupied"};
  for (const auto& [mine, theirs] : options_.columns)
    if (std::ranges::find(ours, mine) == ours.end() && !mine.starts_with("cell_"))
      throw std::invalid_argument(
          "map: '" + mine +
          "' is no column of ours: expected t_s, t, load_kg, x_g, y_g, z_g, counts, heart_bpm, "
          "breath_rpm, occupied or cell_N");
}

std::optional<std::size_t> Table::column(std::string_view ours) const {
  const auto mapped = options_.columns.find(std::string(ours));
  const auto name = mapped == options_.columns.end() ? ours : std::string_view(mapped->second);
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) {
    if (mapped == options_.columns.end()) return std::nullopt;
    throw std::invalid_argument("map: the file has no column '" + mapped->second + "'");
  }
  return static_cast<std::size_t>(found - names_.begin());
}

std::size_t Table::need(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end())
    throw std::invalid_argument("preset " + options_.preset + ": expected a column '" + std::string(name) +
                                "', found none");
  return static_cast<std::size_t>(found - names_.begin());
}

void Table::bind(const Channel& channel, Binding binding) {
  channels_.push_back(channel);
  bindings_.push_back(std::move(binding));
  values_.emplace_back(channel.values());
  present_.push_back(false);
}

void Table::bind_generic() {
  if (const auto t = column("t_s")) {
    time_kind_ = TimeKind::seconds, time_column_ = *t;
  } else if (const auto iso = column("t")) {
    time_kind_ = TimeKind::iso, time_column_ = *iso, absolute_ = true;
  } else {
    std::string found;
    for (std::size_t i = 0; i < names_.size() && i < 8; ++i)
      found += (i == 0 ? "" : ", ") + names_[i].substr(0, 40);
    throw std::invalid_argument(
        "expected a header with a column t_s (seconds) or t (ISO 8601), found: " + found +
        "; name it with map = \"t=THEIRS\", or give a preset (" + known_presets() + ")");
  }
  if (const auto c = column("load_kg")) bind(load, {.first_column = *c, .cells = {}});
  const auto x = column("x_g"), y = column("y_g"), z = column("z_g");
  if (x && y && z)
    bind(acceleration, {.columns = {*x, *y, *z}, .cells = {}});
  else if (x || y || z)
    throw std::invalid_argument("expected x_g, y_g and z_g together, found only some of them");
  if (const auto c = column("counts")) bind(counts, {.first_column = *c, .cells = {}});
  if (const auto c = column("heart_bpm"))
    bind(heart, {.first_column = *c, .cells = {}, .zero_is_absent = true});
  if (const auto c = column("breath_rpm"))
    bind(breath, {.first_column = *c, .cells = {}, .zero_is_absent = true});
  if (const auto c = column("occupied")) bind(occupied, {.first_column = *c, .cells = {}});
  if (column("cell_0")) {
    if (!options_.cells)
      throw std::invalid_argument("cell_0: say how the cells lie: cells = \"ROWSxCOLUMNS\"");
    Binding binding;
    const std::size_t count = std::size_t{options_.cells->first} * options_.cells->second;
    for (std::size_t i = 0; i < count; ++i) {
      const auto cell = column("cell_" + std::to_string(i));
      if (!cell)
        throw std::invalid_argument("expected cell_0 to cell_" + std::to_string(count - 1) +
                                    ", found no cell_" + std::to_string(i));
      binding.cells.push_back(*cell);
    }
    bind(image(options_.cells->first, options_.cells->second), std::move(binding));
  }
  if (channels_.empty())
    throw std::invalid_argument(
        "expected at least one of load_kg, x_g y_g z_g, counts, heart_bpm, breath_rpm, occupied, cell_0.., "
        "found none");
}

// The files as their makers wrote them; what each column means is said in the data's own descriptions.
void Table::bind_preset(std::string_view line) {
  const auto& preset = options_.preset;
  if (preset == "actilife") {
    if (std::ranges::find(names_, "timestamp") != names_.end()) {
      time_kind_ = TimeKind::iso, time_column_ = need("timestamp");
      bind(counts, {.first_column = need("axis1"), .cells = {}});
    } else {
      time_kind_ = TimeKind::us_date_time, date_column_ = need("Date"), time_column_ = need("Time");
      bind(counts, {.first_column = need("Axis1"), .cells = {}});
    }
    absolute_ = true;
  } else if (preset == "mmash") {
    time_kind_ = TimeKind::mmash, time_column_ = need("time"), absolute_ = true;
    // Means of counts per second over 5 s: times 5 they are the counts of the epoch.
    bind(counts, {.first_column = need("Axis1"), .cells = {}, .scale = 5});
    bind(heart, {.first_column = need("HR"), .cells = {}, .zero_is_absent = true});
  } else if (preset == "bed_imu") {
    time_kind_ = TimeKind::milliseconds, time_column_ = need("Millisecond");
    bind(acceleration,
         {.columns = {need("x Accel"), need("y Accel"), need("z Accel")}, .cells = {}, .scale = 1.0 / 16384});
    start_columns_ = {need("Year"), need("Month"), need("Day"), need("Hour"), need("Minute"), need("Second")};
  } else if (preset == "wrist_nights") {
    if (line == "start") {  // raw: ms x y z temperature humidity, after a title
      separator_ = ' ';
      time_kind_ = TimeKind::milliseconds, time_column_ = 0;
      bind(acceleration, {.columns = {1, 2, 3}, .cells = {}});
    } else {  // |a| of each 0.8 s: its direction is not known; given as z so that its deviation from 1 g is
              // right
      time_kind_ = TimeKind::epoch_800ms, time_column_ = need("epoch");
      const auto mean = need("mean_g");
      bind(acceleration, {.columns = {SIZE_MAX, SIZE_MAX, mean}, .cells = {}});
    }
  } else if (preset == "pressure_map") {
    // No header: 2,048 cells a line, 32 across the bed, head first, about one line a second.
    time_kind_ = TimeKind::row_number;
    Binding binding;
    for (std::size_t i = 0; i < 2048; ++i)
      binding.cells.push_back(i);
    bind(image(64, 32), std::move(binding));
  }
}

bool Table::header(std::string_view line) {
  if (line.starts_with("PK\x03\x04"))
    throw std::invalid_argument("expected a table of text, found a ZIP archive: unpack it first");
  if (std::ranges::any_of(line,
                          [](unsigned char c) { return (c < 0x20 && c != '\t' && c != '\r') || c == 0x7F; }))
    throw std::invalid_argument("expected a table of text, found a file of bytes");
  if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  line = trimmed(line);
  if (line.empty() || line.front() == '#') return false;
  separator_ = ',';
  if (options_.preset == "pressure_map" ||
      (line.find(',') == std::string_view::npos && line.find('\t') != std::string_view::npos))
    separator_ = '\t';
  else if (line.find(',') == std::string_view::npos && line.find(';') != std::string_view::npos)
    separator_ = ';';
  split(line);
  names_.assign(fields_.begin(), fields_.end());
  if (options_.preset.empty())
    bind_generic();
  else
    bind_preset(line);
  return true;
}

void Table::split(std::string_view line) {
  fields_.clear();
  if (separator_ == ' ') {
    while (!(line = trimmed(line)).empty()) {
      const auto end = std::min(line.find_first_of(" \t"), line.size());
      fields_.push_back(line.substr(0, end));
      line.remove_prefix(end);
    }
    return;
  }
  for (;;) {
    if (!line.empty() && line.front() == '"') {
      const auto close = line.find('"', 1);
      if (close != std::string_view::npos) {
        fields_.push_back(line.substr(1, close - 1));
        const auto next = line.find(separator_, close);
        if (next == std::string_view::npos) return;
        line.remove_prefix(next + 1);
        continue;
      }
    }
    const auto end = line.find(separator_);
    fields_.push_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + 1);
  }
}

bool Table::fail(Reject reason, std::string what) {
  mistake_ = {reason, std::move(what)};
  return false;
}

bool Table::read_time() {
  const auto text = time_kind_ == TimeKind::row_number ? std::string_view() : fields_[time_column_];
  const auto bad = [&](const char* expected) {
    return fail(Reject::syntax,
                std::string("expected ") + expected + ", found '" + std::string(text.substr(0, 40)) + "'");
  };
  constexpr double longest_s = 1e10;
  switch (time_kind_) {
    case TimeKind::seconds:
    case TimeKind::milliseconds:
    case TimeKind::epoch_800ms: {
      const auto number = parse_number(text);
      if (!number || std::abs(*number) > longest_s) return bad("a time as a number");
      const double factor = time_kind_ == TimeKind::seconds        ? 1e6
                            : time_kind_ == TimeKind::milliseconds ? 1e3
                                                                   : 0.8e6;
      time_ = microseconds(std::llround(*number * factor));
      break;
    }
    case TimeKind::iso: {
      const auto iso = parse_iso(text);
      if (!iso) return bad("a time as 2026-11-22T22:00:00Z");
      time_ = iso->since_epoch, offset_ = iso->offset;
      break;
    }
    case TimeKind::mmash: {
      const auto time = parse_mmash(text);
      if (!time) return bad("a time as 2020-Jan-01 10:10:20");
      time_ = *time;
      break;
    }
    case TimeKind::us_date_time: {
      if (date_column_ >= fields_.size()) return bad("a date");
      const auto time = parse_us(fields_[date_column_], text);
      if (!time) return bad("a time as 6/27/2012, 10:54 AM");
      time_ = *time;
      break;
    }
    case TimeKind::row_number:
      time_ = std::chrono::seconds(rows_);
      break;
    case TimeKind::none:
      return false;
  }
  return true;
}

bool Table::row(std::string_view line) {
  mistake_.reset();
  line = separator_ == '\t' && !line.empty() && line.back() == '\r' ? line.substr(0, line.size() - 1) : line;
  if (trimmed(line).empty() || line.front() == '#') return false;
  split(separator_ == '\t' ? line : trimmed(line));
  if (time_kind_ != TimeKind::row_number && time_column_ >= fields_.size())
    return fail(Reject::length, "expected a time in column " + std::to_string(time_column_ + 1) + ", found " +
                                    std::to_string(fields_.size()) + " columns");
  if (!read_time()) return false;

  bool any = false;
  for (std::size_t c = 0; c < bindings_.size(); ++c) {
    const auto& binding = bindings_[c];
    const auto& channel = channels_[c];
    present_[c] = true;
    for (std::size_t i = 0; i < values_[c].size(); ++i) {
      const std::size_t at = channel.quantity == Quantity::acceleration ? binding.columns[i]
                             : !binding.cells.empty()                   ? binding.cells[i]
                                                                        : binding.first_column;
      if (at == SIZE_MAX) {
        values_[c][i] = 0;
        continue;
      }
      if (at >= fields_.size())
        return fail(Reject::length, "expected at least " + std::to_string(at + 1) + " columns, found " +
                                        std::to_string(fields_.size()));
      const auto text = fields_[at];
      if (text.empty() || text == "NaN" || text == "nan" || text == "NA") {
        present_[c] = false;
        break;
      }
      auto number = parse_number(text);
      if (!number && channel.quantity == Quantity::occupancy) {
        if (text == "true" || text == "on") number = 1;
        if (text == "false" || text == "off") number = 0;
      }
      if (!number)
        return fail(
            Reject::syntax,
            (at < names_.size() && names_.size() == fields_.size() ? names_[at].substr(0, 40)
                                                                   : "column " + std::to_string(at + 1)) +
                ": expected a number, found '" + std::string(text.substr(0, 40)) + "'");
      const double value = *number * binding.scale;
      if (binding.zero_is_absent && value == 0) {
        present_[c] = false;
        break;
      }
      if (value < channel.minimum || value > channel.maximum) {
        return fail(Reject::range, (at < names_.size() && names_.size() == fields_.size()
                                        ? names_[at].substr(0, 40)
                                        : "column " + std::to_string(at + 1)) +
                                       ": " + std::string(text.substr(0, 40)) + " is not possible");
      }
      values_[c][i] = static_cast<float>(value);
    }
    any = any || present_[c];
  }
  ++rows_;
  if (!start_columns_.empty() && !known_start_) {
    std::array<unsigned, 6> part{};
    for (std::size_t i = 0; i < part.size(); ++i)
      if (start_columns_[i] < fields_.size())
        part[i] = static_cast<unsigned>(
            std::clamp(parse_number(fields_[start_columns_[i]]).value_or(0), 0.0, 9999.0));
    if (const auto begun = civil(part[0], part[1], part[2], part[3], part[4], part[5]))
      known_start_ = {*begun, {}};
  }
  return any;
}

std::span<const float> Table::values(std::size_t channel) const noexcept {
  return present_[channel] ? std::span<const float>(values_[channel]) : std::span<const float>();
}

}  // namespace vigil::drivers::replay

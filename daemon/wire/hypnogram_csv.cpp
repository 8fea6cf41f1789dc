#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "wire/event_json.hpp"
#include "wire/hypnogram_runs.hpp"

namespace vigil::wire::hypnogram {
namespace {

using namespace std::string_view_literals;
using std::chrono::microseconds;

constexpr std::size_t most_rows = 1'000'000;
constexpr double default_epoch_s = 30;

std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  bool quoted = false;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') quoted = !quoted;
    if (i < line.size() && (quoted || line[i] != separator)) continue;
    auto field = trimmed(line.substr(from, i - from));
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
      field = trimmed(field.substr(1, field.size() - 2));
    fields.push_back(field);
    from = i + 1;
  }
  return fields;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

constexpr std::array time_names{"t"sv,         "t_s"sv,      "time"sv,    "onset"sv,
                                "onset_s"sv,   "start"sv,    "start_s"sv, "start_time"sv,
                                "timestamp"sv, "datetime"sv, "seconds"sv, "from"sv};
constexpr std::array number_names{"epoch"sv, "epoch_number"sv, "epoch number"sv};
constexpr std::array stage_names{"stage"sv,       "state"sv,     "sleep_stage"sv,
                                 "sleep stage"sv, "hypnogram"sv, "description"sv};
constexpr std::array duration_names{"duration"sv, "duration_s"sv};

struct Columns {
  char separator = ',';
  std::optional<std::size_t> time, number, duration;
  std::size_t stage = 0;
  bool header = true;
};

std::optional<std::size_t> column(const std::vector<std::string_view>& header,
                                  std::span<const std::string_view> names) {
  for (const auto name : names)
    for (std::size_t i = 0; i < header.size(); ++i)
      if (lower(header[i]) == name) return i;
  return {};
}

Columns read_header(std::string_view name, std::size_t number, std::string_view line) {
  Columns c;
  for (const char separator : {'\t', ';', ','})
    if (line.find(separator) != std::string_view::npos) {
      c.separator = separator;
      break;
    }
  const auto header = split(line, c.separator);
  if (header.size() == 1 && stage_of(header[0]) && lower(header[0]) != "sleep") {
    c.header = false;
    return c;
  }
  const auto stage = column(header, stage_names);
  if (!stage)
    throw std::runtime_error(std::string(name) + ":" + std::to_string(number) +
                             ": expected a header with a column 'stage' or 'state', found " + shown(line));
  c.stage = *stage;
  c.time = column(header, time_names);
  c.number = column(header, number_names);
  c.duration = column(header, duration_names);
  return c;
}

struct Moment {
  microseconds at{};
  Hypnogram::Clock clock = Hypnogram::Clock::relative;
};

std::optional<Moment> moment(std::string_view text) {
  constexpr double most_s = 1e9;
  if (const auto s = number_of(text)) {
    if (std::abs(*s) > most_s) return {};
    return Moment{microseconds(std::llround(*s * 1e6)), Hypnogram::Clock::relative};
  }
  if (const auto zoned = parse_iso(text)) return Moment{zoned->since_epoch, Hypnogram::Clock::zoned};
  if (const auto local = parse_iso(std::string(text) + "Z"))
    return Moment{local->since_epoch, Hypnogram::Clock::local};
  return {};
}

/// The length that most rows have to the next.
std::optional<double> spacing(const std::vector<Run>& runs) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < runs.size(); ++i)
    if (runs[i].onset_s > runs[i - 1].onset_s) steps.push_back(runs[i].onset_s - runs[i - 1].onset_s);
  if (steps.empty()) return {};
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>((steps.size() - 1) / 2);
  std::ranges::nth_element(steps, middle);
  return *middle;
}

}  // namespace

Runs read_csv(std::string_view name, std::string_view text, std::optional<double> epoch_s) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const auto fail = [&](std::size_t line, const std::string& what) {
    throw std::runtime_error(std::string(name) + ":" + std::to_string(line) + ": " + what);
  };
  Runs runs;
  runs.format = "CSV";
  std::optional<Columns> columns;
  std::optional<Moment> first;
  std::optional<double> first_number;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    if (!columns) {
      columns = read_header(name, number, line);
      if (columns->header) continue;
    }
    const auto fields = split(line, columns->separator);
    const auto field = [&](std::size_t i, std::string_view what) {
      if (i >= fields.size())
        fail(number, std::string(what) + ": expected in column " + std::to_string(i + 1) +
                         ", found a row of " + std::to_string(fields.size()));
      return fields[i];
    };
    if (runs.stages.size() >= most_rows) fail(number, "expected at most 1,000,000 rows");

    Run run;
    run.where = std::to_string(number);
    const auto said = field(columns->stage, "stage");
    const auto state = stage_of(said);
    if (!state)
      fail(number, "stage: expected W, N1, N2, N3, R, 0 to 5, wake, sleep or unknown, found " + shown(said));
    run.state = *state;
    if (columns->duration) {
      const auto told = field(*columns->duration, "duration");
      const auto s = number_of(told);
      if (!s || *s < 0) fail(number, "duration: expected a number of seconds, found " + shown(told));
      run.duration_s = s;
    }
    if (columns->time) {
      const auto told = field(*columns->time, "time");
      const auto at = moment(told);
      if (!at) fail(number, "time: expected seconds or a time as 2026-11-22T22:00:00, found " + shown(told));
      if (!first) first = at;
      if (at->clock != first->clock)
        fail(number, "time: expected all times of one form, found " + shown(told));
      run.onset_s = static_cast<double>((at->at - first->at).count()) / 1e6;
    } else if (columns->number) {
      const auto told = field(*columns->number, "epoch");
      const auto n = number_of(told);
      if (!n || *n < 0 || *n != std::floor(*n))
        fail(number, "epoch: expected a whole number, found " + shown(told));
      if (!first_number) first_number = n;
      run.onset_s = (*n - (*first_number == 0 ? 0 : 1)) * epoch_s.value_or(default_epoch_s);
    } else {
      run.onset_s = static_cast<double>(runs.stages.size()) * epoch_s.value_or(default_epoch_s);
    }
    runs.stages.push_back(std::move(run));
  }
  if (runs.stages.empty())
    throw std::runtime_error(std::string(name) + ": expected a table of sleep stages, found " +
                             (columns ? "a header alone" : "nothing"));
  if (first) {
    runs.clock = first->clock;
    runs.zero = first->at;
  }
  if (columns->duration) return runs;
  const double length = epoch_s         ? *epoch_s
                        : columns->time ? spacing(runs.stages).value_or(default_epoch_s)
                                        : default_epoch_s;
  const double times = std::round(length / 30);
  if (times < 1 || std::abs(length - times * 30) > .01)
    throw std::runtime_error(std::string(name) + ": expected epochs of 30 s or a multiple, found " +
                             shown(length) + " s");
  for (auto& run : runs.stages)
    run.duration_s = length;
  return runs;
}

}  // namespace vigil::wire::hypnogram

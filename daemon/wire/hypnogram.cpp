#include "wire/hypnogram.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "wire/edf.hpp"
#include "wire/hypnogram_runs.hpp"

namespace vigil::wire {
namespace hypnogram {

namespace {

constexpr double epoch_s = 30;
/// Scorers' clocks are written to the second at worst.
constexpr double on_the_grid_s = .5;
constexpr double longest_s = static_cast<double>(hypnogram_most_epochs) * epoch_s;

}  // namespace

std::optional<double> number_of(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return {};
  return value;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string shown(std::string_view text) {
  std::string out(text.substr(0, 40));
  for (char& c : out)
    if (c < 0x20 || c > 0x7E) c = '?';
  return "'" + out + (text.size() > 40 ? "...'" : "'");
}

std::string shown(double value) {
  std::array<char, 32> out{};
  const auto [end, error] = std::to_chars(out.data(), out.data() + out.size(), value);
  return {out.data(), end};
}

Hypnogram epochs_of(std::string_view name, Runs runs) {
  const auto fail = [&](const std::string& where, const std::string& what) {
    throw std::runtime_error(std::string(name) + ":" +
                             (where.find_first_not_of("0123456789") == std::string::npos ? "" : " ") + where +
                             ": " + what);
  };
  auto& stages = runs.stages;
  if (stages.empty()) throw std::runtime_error(std::string(name) + ": expected sleep stages, found none");
  std::ranges::stable_sort(stages, {}, &Run::onset_s);
  const double origin = stages.front().onset_s;

  Hypnogram out;
  out.format = std::move(runs.format);
  out.clock = runs.clock;
  out.remarks = std::move(runs.remarks);
  std::vector<bool> taken;
  std::size_t broken = 0;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const auto& run = stages[i];
    const double since = run.onset_s - origin;
    if (!(since < longest_s)) {
      if (run.state == EpochState::unknown) continue;
      fail(run.where,
           "expected at most 40 h of epochs, found one " + shown(since / 3600) + " h after the first");
    }
    const double nearest = std::round(since / epoch_s);
    if (std::abs(since - nearest * epoch_s) > on_the_grid_s)
      fail(run.where, "expected an onset a multiple of 30 s after the first at " + shown(origin) +
                          " s, found " + shown(run.onset_s) + " s");
    const double lasts =
        run.duration_s.value_or(i + 1 < stages.size() ? stages[i + 1].onset_s - run.onset_s : epoch_s);
    if (!(lasts >= 0)) fail(run.where, "expected a duration of 0 s or more, found " + shown(lasts));
    const double whole = std::floor((lasts + on_the_grid_s) / epoch_s);
    broken += lasts - whole * epoch_s > on_the_grid_s;
    const auto first = static_cast<std::size_t>(nearest);
    if (nearest + whole > static_cast<double>(hypnogram_most_epochs) && run.state != EpochState::unknown)
      fail(run.where, "expected at most 40 h of epochs, found one that lasts " + shown(lasts / 3600) + " h");
    const auto end =
        static_cast<std::size_t>(std::min(nearest + whole, static_cast<double>(hypnogram_most_epochs)));
    if (out.epochs.size() < end) {
      out.epochs.resize(end, EpochState::unknown);
      taken.resize(end, false);
    }
    for (std::size_t k = first; k < end; ++k) {
      if (taken[k] && out.epochs[k] != run.state)
        fail(run.where, "expected one stage an epoch, found a second for the one at " +
                            shown(origin + static_cast<double>(k) * epoch_s) +
                            " s: " + std::string(vigil::name(run.state)) + " after " +
                            std::string(vigil::name(out.epochs[k])));
      out.epochs[k] = run.state;
      taken[k] = true;
    }
  }
  if (broken > 0)
    out.remarks.push_back(std::to_string(broken) +
                          " stages that are no whole number of 30-s epochs: the rest of each is unknown");
  for (const auto& a : runs.artefacts) {
    const double from = a.onset_s - origin, to = from + std::min(a.duration_s.value_or(0), 2 * longest_s);
    const double first = std::max(std::floor(from / epoch_s), 0.0);
    for (double k = first; k < static_cast<double>(out.epochs.size()) && k * epoch_s < to; ++k)
      if (2 * (std::min(to, (k + 1) * epoch_s) - std::max(from, k * epoch_s)) >= epoch_s)
        out.epochs[static_cast<std::size_t>(k)] = EpochState::unknown;
  }

  const auto scored = [](EpochState s) { return s != EpochState::unknown; };
  const auto first = std::ranges::find_if(out.epochs, scored);
  if (first == out.epochs.end())
    throw std::runtime_error(std::string(name) + ": expected epochs of sleep or wake, found none scored");
  const auto cut = static_cast<double>(first - out.epochs.begin());
  out.epochs.erase(out.epochs.begin(), first);
  while (!scored(out.epochs.back()))
    out.epochs.pop_back();
  const double begins = origin + cut * epoch_s;
  out.zero = runs.zero;
  out.start = runs.zero + std::chrono::microseconds(std::llround(begins * 1e6));
  const auto since_begin = [&](std::optional<double> s) -> std::optional<Duration> {
    if (!s || std::abs(*s - begins) > 2 * longest_s) return {};
    return from_seconds(*s - begins);
  };
  out.lights_out = since_begin(runs.lights_out_s);
  out.lights_on = since_begin(runs.lights_on_s);
  return out;
}

}  // namespace hypnogram

namespace {

using hypnogram::Run;
using hypnogram::Runs;
using hypnogram::shown;
using hypnogram::trimmed;

/// Lower case, one blank for any of blank, '_' and '-'.
std::string plain(std::string_view text) {
  std::string out;
  for (char c : trimmed(text)) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '_' || c == '-' || c == '\t') c = ' ';
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  }
  return std::string(trimmed(out));
}

std::optional<EpochState> word(std::string_view text) {
  using namespace std::string_view_literals;
  constexpr std::array wake{"w"sv, "wake"sv, "awake"sv, "wk"sv, "wakefulness"sv};
  constexpr std::array sleep{"n1"sv,    "n2"sv,   "n3"sv,        "n4"sv,          "s1"sv,
                             "s2"sv,    "s3"sv,   "s4"sv,        "r"sv,           "rem"sv,
                             "sleep"sv, "s"sv,    "asleep"sv,    "nrem"sv,        "non rem"sv,
                             "light"sv, "deep"sv, "rem sleep"sv, "light sleep"sv, "deep sleep"sv};
  constexpr std::array unknown{"?"sv,         "u"sv,        "unknown"sv,  "unscored"sv,      "not scored"sv,
                               "m"sv,         "mt"sv,       "movement"sv, "movement time"sv, "a"sv,
                               "artefact"sv,  "artifact"sv, "na"sv,       "n/a"sv,           "nan"sv,
                               "undefined"sv, "invalid"sv,  ""sv};
  if (std::ranges::find(wake, text) != wake.end()) return EpochState::wake;
  if (std::ranges::find(sleep, text) != sleep.end()) return EpochState::sleep;
  if (std::ranges::find(unknown, text) != unknown.end()) return EpochState::unknown;
  return {};
}

std::optional<EpochState> numbered(std::string_view text) {
  const auto n = hypnogram::number_of(text);
  if (!n || *n != std::floor(*n) || *n < -1 || *n > 9) return {};
  return *n == 0 ? EpochState::wake : *n >= 1 && *n <= 5 ? EpochState::sleep : EpochState::unknown;
}

bool starts(std::string_view text, std::initializer_list<std::string_view> with) {
  return std::ranges::any_of(with, [&](std::string_view w) { return text.starts_with(w); });
}

Runs read_edf_annotations(std::string_view name, std::span<const std::byte> file) {
  Edf edf;
  try {
    edf = read_edf(file);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(std::string(name) + ": " + error.what());
  }
  Runs runs;
  runs.format = "EDF+ annotations";
  runs.clock = Hypnogram::Clock::local;
  runs.zero = edf.start.time_since_epoch();
  runs.remarks = std::move(edf.remarks);
  std::vector<Run> bare;
  for (const auto& a : edf.annotations) {
    const auto text = plain(a.text);
    Run run{a.onset_s, a.duration_s, EpochState::unknown,
            "annotation at " + std::string(a.onset_s < 0 ? "" : "+") + shown(a.onset_s) + " s"};
    if (text.starts_with("sleep stage")) {
      const auto state = stage_of(text);
      if (!state)
        throw std::runtime_error(std::string(name) + ": " + run.where +
                                 ": expected a stage as 'Sleep stage N2', found " + shown(a.text));
      run.state = *state;
      runs.stages.push_back(std::move(run));
    } else if (text == "movement time") {
      runs.stages.push_back(std::move(run));
    } else if (starts(text, {"artefact", "artifact"})) {
      runs.artefacts.push_back(std::move(run));
    } else if (starts(text, {"lights off", "lights out", "light off", "lightsoff", "lightsout"})) {
      if (!runs.lights_out_s) runs.lights_out_s = a.onset_s;
    } else if (starts(text, {"lights on", "light on", "lightson"})) {
      runs.lights_on_s = a.onset_s;
    } else if (const auto state = stage_of(text);
               state && *state != EpochState::unknown && !hypnogram::number_of(text)) {
      run.state = *state;
      bare.push_back(std::move(run));
    }
  }
  if (std::ranges::none_of(runs.stages, [](const Run& r) { return r.state != EpochState::unknown; }))
    runs.stages.insert(runs.stages.end(), bare.begin(), bare.end());
  if (runs.stages.empty())
    throw std::runtime_error(std::string(name) + ": expected annotations as 'Sleep stage N2', found " +
                             (edf.annotations.empty()
                                  ? "none"
                                  : std::to_string(edf.annotations.size()) + " of another kind, the first " +
                                        shown(edf.annotations.front().text)));
  return runs;
}

/// '<' after blanks and a byte order mark, in one or two bytes a character.
bool is_xml(std::span<const std::byte> file) {
  for (const auto b : file.first(std::min<std::size_t>(file.size(), 256))) {
    const auto c = static_cast<unsigned char>(b);
    if (c == '<') return true;
    if (c != 0 && c != ' ' && c != '\t' && c != '\r' && c != '\n' && c < 0xBB) return false;
  }
  return false;
}

}  // namespace

std::optional<EpochState> stage_of(std::string_view text) {
  if (const auto state = numbered(text)) return state;
  const auto bar = text.rfind('|');
  auto said = plain(text.substr(0, bar));
  for (const std::string_view prefix : {"sleep stage ", "stage "})
    if (said.starts_with(prefix)) said.erase(0, prefix.size());
  if (said.size() == 7 && said.ends_with(" sleep")) said.resize(1);  // "stage 1 sleep"
  if (const auto state = word(said)) return state;
  if (const auto state = numbered(said)) return state;
  return bar == std::string_view::npos ? std::nullopt : numbered(text.substr(bar + 1));
}

Hypnogram read_hypnogram(std::string_view name, std::span<const std::byte> file,
                         std::optional<double> epoch_s) {
  if (file.size() > hypnogram_most_bytes)
    throw std::runtime_error(std::string(name) + ": expected a hypnogram of at most 64 MiB, found " +
                             std::to_string(file.size() >> 20) + " MiB");
  if (is_edf(file)) return hypnogram::epochs_of(name, read_edf_annotations(name, file));
  if (is_xml(file)) return hypnogram::epochs_of(name, hypnogram::read_xml(name, file));
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  return hypnogram::epochs_of(name, hypnogram::read_csv(name, text, epoch_s));
}

}  // namespace vigil::wire

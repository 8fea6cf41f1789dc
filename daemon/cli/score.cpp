#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/cli.hpp"
#include "drivers/replay/recording.hpp"
#include "signal/counts.hpp"
#include "sleep/scoring.hpp"
#include "sleep/sib.hpp"
#include "wire/score_line.hpp"

namespace vigil::cli {
namespace {

namespace replay = drivers::replay;

struct Options {
  std::string file, method, rescore, map, preset, start;
  double epoch_s = 0;
  double scale = 0;
  int threshold = 0;
};

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();
/// When neither the file nor --start says when it was.
constexpr WallTime unknown_start{
    std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::hours(24 * 10957)), {}};
/// An epoch counts as known with at least this share of its samples.
constexpr double covered = .8;

std::string plain(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

std::optional<ChannelIndex> channel_of(const replay::Recording& recording, Quantity quantity) {
  for (std::size_t i = 0; i < recording.channels().size(); ++i)
    if (recording.channels()[i].quantity == quantity) return static_cast<ChannelIndex>(i);
  return {};
}

/// The device's own counts, on their own grid; where a row is missing the epoch is unknown.
sleep::Counts told_counts(replay::Recording& recording, ChannelIndex channel) {
  sleep::Counts out{double{recording.channels()[channel].epoch_s}, {}};
  while (const auto sample = recording.next()) {
    if (sample->channel != channel) continue;
    const auto index = std::lround(seconds(sample->at - Instant{}) / out.epoch_s);
    if (index < 0) continue;
    if (out.counts.size() <= static_cast<std::size_t>(index))
      out.counts.resize(static_cast<std::size_t>(index) + 1, unknown);
    out.counts[static_cast<std::size_t>(index)] = sample->values[0];
  }
  return out;
}

/// Counts made here from raw acceleration.
sleep::Counts made_counts(replay::Recording& recording, ChannelIndex channel, double epoch_s,
                          const std::string& file) {
  const auto rate = double{recording.channels()[channel].rate_hz};
  if (rate < double{signal::Counts::lowest_rate_hz})
    throw Refused(file + ": counts need acceleration at 5 Hz or more, found " + plain(rate) + " Hz");
  signal::Counts counts(rate);
  sleep::Counts out{epoch_s, {}};
  std::vector<std::size_t> samples;
  while (const auto sample = recording.next()) {
    if (sample->channel != channel) continue;
    const auto index = static_cast<std::size_t>(seconds(sample->at - Instant{}) / epoch_s);
    if (out.counts.size() <= index) {
      out.counts.resize(index + 1, 0.0F);
      samples.resize(index + 1, 0);
    }
    const std::array<float, 3> g{sample->values[0], sample->values[1], sample->values[2]};
    out.counts[index] += counts.step(g, sample->at);
    ++samples[index];
  }
  for (std::size_t i = 0; i < samples.size(); ++i)
    if (static_cast<double>(samples[i]) < covered * rate * epoch_s) out.counts[i] = unknown;
  return out;
}

sleep::ScoredRecord inactivity(replay::Recording& recording, const std::string& file) {
  const auto channel = channel_of(recording, Quantity::acceleration);
  if (!channel) throw Refused(file + ": sib is scored from raw acceleration, and this has none");
  const auto rate = double{recording.channels()[*channel].rate_hz};
  if (rate < 1 || rate > 1000) throw Refused(file + ": expected acceleration at 1 to 1000 Hz");
  sleep::sib::Angles angles(rate);
  std::vector<float> series;
  const auto take = [&] {
    while (const auto angle = angles.next())
      series.push_back(*angle);
  };
  bool any = false;
  bool directed = false;
  while (const auto sample = recording.next()) {
    if (sample->channel != *channel) continue;
    any = true;
    directed = directed || sample->values[0] != 0 || sample->values[1] != 0;
    angles.sample({sample->values[0], sample->values[1], sample->values[2]}, sample->at);
    take();
  }
  angles.end();
  take();
  if (any && !directed)
    throw Refused(file + ": sib is scored from the direction of gravity, and this has its magnitude only");
  std::vector<EpochState> states(series.size());
  sleep::sib::score(series, states);
  sleep::ScoredRecord out{sleep::sib::epoch_s, {}};
  for (std::size_t i = 0; i < states.size(); ++i)
    out.epochs.push_back(
        {states[i], std::isfinite(series[i]) ? std::optional(double{series[i]}) : std::nullopt});
  return out;
}

sleep::ScoredRecord scored(const Options& options, replay::Recording& recording) {
  if (options.threshold > 0 && options.method != "oakley")
    throw Refused("--threshold: is oakley's; " + options.method + " has one of its own");
  if (options.method == "sib") {
    if (!options.rescore.empty())
      throw Refused("--rescore: Webster's rules are for methods of 1-min epochs, not sib");
    if (options.scale > 0) throw Refused("--scale: sib is scored from angles, not from counts");
    return inactivity(recording, options.file);
  }
  const auto method = sleep::method_of(options.method);
  const auto lengths = sleep::epochs_s(*method);
  sleep::Counts counts;
  if (const auto told = channel_of(recording, Quantity::counts)) {
    counts = told_counts(recording, *told);
    if (options.epoch_s > 0) {
      const double times = std::round(options.epoch_s / counts.epoch_s);
      if (times < 1 || std::abs(times * counts.epoch_s - options.epoch_s) > 1e-3)
        throw Refused(options.file + ": its epochs of " + plain(counts.epoch_s) +
                      " s cannot be added up to --epoch " + plain(options.epoch_s));
      counts = sleep::summed(counts, static_cast<std::size_t>(times));
    }
  } else if (const auto raw = channel_of(recording, Quantity::acceleration)) {
    counts =
        made_counts(recording, *raw, options.epoch_s > 0 ? options.epoch_s : lengths.front(), options.file);
    std::fprintf(stderr, "%s: counts made here from acceleration, not the device's own\n",
                 options.file.c_str());
  } else {
    throw Refused(options.file + ": expected counts or raw acceleration, found neither");
  }
  const auto fitted = sleep::fit(*method, counts);
  if (!fitted) {
    std::string all;
    for (const int s : lengths)
      all += (all.empty() ? "" : ", ") + std::to_string(s);
    throw Refused(options.file + ": " + options.method + " is defined on epochs of " + all + " s; found " +
                  plain(counts.epoch_s) + " s, which do not add up to one");
  }
  const bool webster = !options.rescore.empty();
  sleep::Tuning tuning;
  if (options.threshold > 0) tuning.threshold = static_cast<sleep::oakley::Threshold>(options.threshold);
  if (options.scale > 0) tuning.scale = options.scale;
  if (const double scale = tuning.scale.value_or(sleep::default_scale(*method)); scale != 1)
    std::fprintf(stderr, "%s: counts x %s, the unit that %s is taken to mean; --scale gives another\n",
                 options.file.c_str(), plain(scale).c_str(), options.method.c_str());
  auto out = sleep::score(*method, *fitted, webster, tuning);
  if (webster && out.epoch_s < 59.9)
    throw Refused("--rescore webster: his rules are for epochs of 1 min, these are of " +
                  std::to_string(static_cast<int>(out.epoch_s)) +
                  " s; --epoch 60 where the method allows it");
  return out;
}

int run(const Options& options) {
  std::unique_ptr<replay::Recording> recording;
  try {
    recording = replay::open(options.file, replay::options(options.preset, {}, options.map, options.start));
  } catch (const std::exception& error) {
    throw Refused(error.what());
  }
  const auto result = scored(options, *recording);
  for (const auto& remark : recording->remarks())
    std::fprintf(stderr, "%s\n", remark.c_str());
  if (result.epochs.empty()) throw Refused(options.file + ": no whole epoch");
  const auto start = recording->start().value_or(unknown_start);
  for (std::size_t i = 0; i < result.epochs.size(); ++i) {
    const auto since = from_seconds(static_cast<double>(i) * result.epoch_s);
    const auto line = wire::score_line(start + std::chrono::duration_cast<std::chrono::microseconds>(since),
                                       result.epochs[i].state, result.epochs[i].score);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
  }
  return 0;
}

}  // namespace

void add_score(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "score", "score a recording by a published method: a JSON line an epoch with t, state and score");
  auto options = std::make_shared<Options>();
  command->add_option("FILE", options->file, "CWA, ActiGraph CSV, AWD, EDF, Vigil capture")->required();
  command->add_option("--method", options->method, "cole_kripke, sadeh, scripps, oakley, sazonov or sib")
      ->required()
      ->transform([](std::string name) {
        std::ranges::replace(name, '-', '_');
        return name;
      })
      ->check(CLI::IsMember({"cole_kripke", "sadeh", "scripps", "oakley", "sazonov", "sib"}));
  command->add_option("--rescore", options->rescore, "webster: his rules afterwards")
      ->check(CLI::IsMember({"webster"}));
  command->add_option("--epoch", options->epoch_s, "length of an epoch in seconds; default: the method's")
      ->check(CLI::Range(1.0, 3600.0));
  command->add_option("--threshold", options->threshold, "oakley's: 20, 40 (the default) or 80")
      ->check(CLI::IsMember({20, 40, 80}));
  command
      ->add_option("--scale", options->scale,
                   "multiplies the counts first; default 1, sazonov .01 (ActiGraph's counts / 100)")
      ->check(CLI::Range(1e-6, 1e6));
  command->add_option("--map", options->map, "columns of another name: t=timestamp,counts=axis1");
  command->add_option("--preset", options->preset, "a known layout, as for replay");
  command->add_option("--start", options->start, "when a file of relative times began, ISO 8601");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace vigil::cli

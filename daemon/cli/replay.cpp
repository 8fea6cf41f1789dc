#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>

#include "acquire/admit.hpp"
#include "acquire/bedside.hpp"
#include "base/clock.hpp"
#include "bed/bed.hpp"
#include "cli/cli.hpp"
#include "core/rows.hpp"
#include "drivers/replay/recording.hpp"
#include "wire/replay_line.hpp"

namespace vigil::cli {
namespace {

namespace replay = drivers::replay;

struct Options {
  std::vector<std::string> files;
  std::string cells, map, preset, start, bed = "bed-1";
  double speed = 0;
  bool readings = false;
};

/// Late samples of one file are waited for as long as live ones are.
constexpr Duration slack = std::chrono::milliseconds(300);
/// When neither a file nor --start says when it was.
constexpr WallTime unknown_start{
    std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::hours(24 * 10957)), {}};

/// One recording on its way into the bed.
struct Source {
  std::string name;
  std::unique_ptr<replay::Recording> recording;
  Duration after{};  ///< its start since that of the first
  std::optional<Sample> next;
  std::vector<acquire::Admit> admit;
  std::vector<ChannelIndex> at_bed;
  std::array<std::uint64_t, reject_count> rejects{};
  std::uint64_t samples = 0;

  [[nodiscard]] Instant at() const { return next->at + after; }
};

/// What the bed says, as lines on standard output.
class Printer {
 public:
  Printer(const Options& options, WallTime start, bool simulated)
      : options_(options), start_(start), simulated_(simulated), zone_(Clock().zone()) {}

  void print(bed::Output& out) {
    for (auto& event : out.events) {
      event.wall = wall(event.at);
      event.zone = zone_;
      event.boot = "replay";
      event.simulated = simulated_;
      if (auto* opened = std::get_if<event::NightOpened>(&event.payload)) {
        night_ = {.night = acquire::night_id(event.bed, wall(event.at - opened->ago)),
                  .bed = event.bed,
                  .opened = wall(event.at - opened->ago),
                  .closed = {},
                  .simulated = simulated_,
                  .figures = {},
                  .algorithm = event.algorithm};
        opened->night = night_->night;
      }
      auto* closed = std::get_if<event::NightClosed>(&event.payload);
      if (closed != nullptr && night_) closed->night = night_->night;
      line(wire::to_line(event));
      if (closed != nullptr && night_) {
        night_->closed = wall(event.at - closed->ago);
        figures(closed->figures);
      }
    }
    if (options_.readings)
      for (const auto& reading : out.readings)
        line(wire::replay_line(reading, {reading.at, wall(reading.at)}));
    for (const auto& epoch : out.epochs)
      line(wire::replay_line(epoch, {epoch.from, wall(epoch.from)}));
    for (const auto& rescore : out.rescores)
      line(wire::replay_line(rescore, {rescore.from, wall(rescore.from)}));
    out.clear();
  }

  /// The recording ended within a night: its figures so far.
  void end(const bed::NightSoFar& night) {
    if (night.open && night_) figures(night.figures);
  }

 private:
  [[nodiscard]] WallTime wall(Instant t) const {
    return start_ + std::chrono::duration_cast<std::chrono::microseconds>(t.since_boot);
  }
  void figures(const NightFigures& figures) {
    night_->figures = figures;
    line(wire::replay_line(*night_));
    night_.reset();
  }
  void line(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
    if (options_.speed > 0) std::fflush(stdout);
  }

  const Options& options_;
  const WallTime start_;
  const bool simulated_;
  const Name zone_;
  std::optional<NightRow> night_;
};

std::vector<Source> open_sources(const Options& options) {
  std::vector<Source> sources;
  try {
    const auto how = replay::options(options.preset, options.cells, options.map, options.start);
    std::vector<std::filesystem::path> files(options.files.begin(), options.files.end());
    for (const auto& together : replay::group(files)) {
      auto& source = sources.emplace_back();
      source.name = together.front().string();
      source.recording = replay::open(together, how);
    }
  } catch (const std::exception& error) {
    throw Refused(error.what());
  }
  return sources;
}

/// The common start; each source learns how long after it its own is.
WallTime align(std::vector<Source>& sources) {
  std::optional<WallTime> first;
  for (const auto& source : sources)
    if (const auto& start = source.recording->start())
      if (!first || start->since_epoch < first->since_epoch) first = start;
  if (!first) return unknown_start;
  for (auto& source : sources)
    if (const auto& start = source.recording->start()) source.after = start->since_epoch - first->since_epoch;
  return *first;
}

/// Channels may appear as a capture is read.
void attach(Source& source, bed::Bed& bed, const Name& owner) {
  const auto& channels = source.recording->channels();
  while (source.admit.size() < channels.size()) {
    const auto& channel = channels[source.admit.size()];
    source.admit.emplace_back(channel);
    source.at_bed.push_back(
        bed.attach(owner, channel, source.recording->stale_after(), source.recording->simulated()));
  }
}

void say_remarks(const Source& source) {
  for (const auto& remark : source.recording->remarks())
    std::fprintf(stderr, "%s\n", remark.c_str());
  std::string rejected;
  for (std::size_t i = 0; i < reject_count; ++i)
    if (const auto n = source.rejects[i] + source.recording->rejects()[i]; n > 0)
      rejected += " " + std::string(vigil::name(static_cast<Reject>(i))) + " " + std::to_string(n);
  if (!rejected.empty()) std::fprintf(stderr, "%s: not believed:%s\n", source.name.c_str(), rejected.c_str());
}

int run(const Options& options) {
  if (options.bed.empty() || options.bed.size() > 30)
    throw Refused("--bed: expected a name of 1 to 30 letters");
  auto sources = open_sources(options);
  const auto start = align(sources);
  const bool simulated =
      std::ranges::any_of(sources, [](const Source& s) { return s.recording->simulated(); });
  bed::Bed bed(options.bed, {});
  bed::Output out;
  Printer printer(options, start, simulated);
  const auto owner = [&](const Source& source) {
    return Name(source.recording->device().str().substr(0, 40) + "#" +
                std::to_string(&source - sources.data()));
  };

  std::optional<Instant> from, ticked;
  const auto begun = std::chrono::steady_clock::now();
  try {
    for (auto& source : sources)
      source.next = source.recording->next();
    for (;;) {
      Source* due = nullptr;
      for (auto& source : sources)
        if (source.next && (due == nullptr || source.at() < due->at())) due = &source;
      if (due == nullptr) break;
      attach(*due, bed, owner(*due));
      const auto at = due->at();
      if (!from) from = at;
      if (!ticked || at - slack - *ticked >= std::chrono::seconds(1)) {
        ticked = at - slack;
        bed.step(bed::Tick{*ticked}, out);
        printer.print(out);
        if (options.speed > 0)
          std::this_thread::sleep_until(begun +
                                        std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                            from_seconds(seconds(at - *from) / options.speed)));
      }
      const auto channel = due->next->channel;
      if (const auto why = due->admit[channel](at, due->next->values)) {
        ++due->rejects[static_cast<std::size_t>(*why)];
      } else {
        ++due->samples;
        bed.step(Sample{.channel = due->at_bed[channel], .at = at, .values = due->next->values}, out);
      }
      due->next = due->recording->next();
    }
  } catch (const std::runtime_error& error) {
    throw Refused(error.what());
  }
  if (ticked) {
    bed.step(bed::Tick{*ticked + slack + std::chrono::seconds(1)}, out);
    printer.print(out);
    printer.end(bed.night());
  }
  std::fflush(stdout);
  std::uint64_t samples = 0;
  for (const auto& source : sources) {
    say_remarks(source);
    samples += source.samples;
  }
  if (samples == 0) throw Refused(sources.front().name + ": no sample could be read");
  return 0;
}

std::string known_presets() {
  std::string all;
  for (const auto preset : replay::presets())
    all += (all.empty() ? "" : ", ") + std::string(preset);
  return all;
}

}  // namespace

void add_replay(CLI::App& app, Chosen& chosen) {
  auto* command =
      app.add_subcommand("replay", "score recordings again, as fast as they can be read: JSON lines");
  auto options = std::make_shared<Options>();
  command
      ->add_option("FILE", options->files,
                   "captures, CWA files, CSV (plain or gzip); of one bed, merged by time")
      ->required();
  command->add_flag("--readings", options->readings, "also the readings of each second");
  command->add_option("--bed", options->bed, "name of the bed; default bed-1");
  command->add_option("--cells", options->cells, "how cell_0..N lie: ROWSxCOLUMNS");
  command->add_option("--map", options->map, "columns of another name: t=timestamp,counts=axis1");
  command->add_option("--preset", options->preset, "a known layout: " + known_presets());
  command->add_option("--start", options->start, "when a file of relative times began, ISO 8601");
  command->add_option("--speed", options->speed, "times real time; 0, the default: as fast as possible")
      ->check(CLI::NonNegativeNumber);
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace vigil::cli

#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>

#include "acquire/bedside.hpp"
#include "base/clock.hpp"
#include "bed/bed.hpp"
#include "cli/cli.hpp"
#include "cli/playing.hpp"
#include "core/rows.hpp"
#include "wire/replay_line.hpp"

namespace vigil::cli {
namespace {

struct Options {
  PlayingOptions playing;
  std::string bed = "bed-1";
  double speed = 0;
  bool readings = false;
};

/// What the bed says, as lines on standard output.
class Printer {
 public:
  Printer(const Options& options, const Playing& playing)
      : options_(options), playing_(playing), simulated_(playing.simulated()), zone_(Clock().zone()) {}

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
  }

  /// The recording ended within a night: its figures so far.
  void end(const bed::NightSoFar& night) {
    if (night.open && night_) figures(night.figures);
  }

 private:
  [[nodiscard]] WallTime wall(Instant t) const { return playing_.wall(t); }
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
  const Playing& playing_;
  const bool simulated_;
  const Name zone_;
  std::optional<NightRow> night_;
};

int run(Options options) {
  if (options.bed.empty() || options.bed.size() > 30)
    throw Refused("--bed: expected a name of 1 to 30 letters");
  options.playing.bed = options.bed;
  Playing playing(options.playing);
  Printer printer(options, playing);
  const auto begun = std::chrono::steady_clock::now();
  const auto wait = [&](Duration since) {
    if (options.speed > 0)
      std::this_thread::sleep_until(begun + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                                from_seconds(seconds(since) / options.speed)));
  };
  playing.play({.said = [&](bed::Output& out) { printer.print(out); }, .due = wait});
  printer.end(playing.night());
  std::fflush(stdout);
  for (const auto& remark : playing.remarks())
    std::fprintf(stderr, "%s\n", remark.c_str());
  playing.expect_samples();
  return 0;
}

}  // namespace

void add_replay(CLI::App& app, Chosen& chosen) {
  auto* command =
      app.add_subcommand("replay", "score recordings again, as fast as they can be read: JSON lines");
  auto options = std::make_shared<Options>();
  command
      ->add_option("FILE", options->playing.files,
                   "captures, CWA files, CSV (plain or gzip); of one bed, merged by time")
      ->required();
  command->add_flag("--readings", options->readings, "also the readings of each second");
  command->add_option("--bed", options->bed, "name of the bed; default bed-1");
  add_playing_options(*command, options->playing);
  command->add_option("--speed", options->speed, "times real time; 0, the default: as fast as possible")
      ->check(CLI::NonNegativeNumber);
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace vigil::cli

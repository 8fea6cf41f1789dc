#include "cli/playing.hpp"

#include <algorithm>
#include <chrono>

#include <CLI/CLI.hpp>

#include "cli/cli.hpp"

namespace vigil::cli {
namespace {

namespace replay = drivers::replay;

/// Late samples of one file are waited for as long as live ones are.
constexpr Duration slack = std::chrono::milliseconds(300);
/// When neither a file nor --start says when it was.
constexpr WallTime unknown_start{
    std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::hours(24 * 10957)), {}};

std::string known_presets() {
  std::string all;
  for (const auto preset : replay::presets())
    all += (all.empty() ? "" : ", ") + std::string(preset);
  return all;
}

}  // namespace

void add_playing_options(CLI::App& command, PlayingOptions& options) {
  command.add_option("--cells", options.cells, "how cell_0..N lie: ROWSxCOLUMNS");
  command.add_option("--map", options.map, "columns of another name: t=timestamp,counts=axis1");
  command.add_option("--preset", options.preset, "a known layout: " + known_presets());
  command.add_option("--start", options.start, "when a file of relative times began, ISO 8601");
}

Playing::Playing(const PlayingOptions& options) : bed_(options.bed, {}) {
  try {
    const auto how = replay::options(options.preset, options.cells, options.map, options.start);
    std::vector<std::filesystem::path> files(options.files.begin(), options.files.end());
    for (const auto& together : replay::group(files)) {
      auto& source = sources_.emplace_back();
      source.name = together.front().string();
      source.recording = replay::open(together, how);
    }
  } catch (const std::exception& error) {
    throw Refused(error.what());
  }
  align();
}

/// Each source learns how long after the common start its own is.
void Playing::align() {
  for (const auto& source : sources_)
    if (const auto& start = source.recording->start())
      if (!start_ || start->since_epoch < start_->since_epoch) start_ = start;
  if (!start_) return;
  for (auto& source : sources_)
    if (const auto& start = source.recording->start())
      source.after = start->since_epoch - start_->since_epoch;
}

WallTime Playing::start() const noexcept { return start_.value_or(unknown_start); }

bool Playing::simulated() const noexcept {
  return std::ranges::any_of(sources_, [](const Source& s) { return s.recording->simulated(); });
}

/// Channels may appear as a capture is read.
void Playing::attach(Source& source) {
  const Name owner(source.recording->device().str().substr(0, 40) + "#" +
                   std::to_string(&source - sources_.data()));
  const auto& channels = source.recording->channels();
  while (source.admit.size() < channels.size()) {
    const auto& channel = channels[source.admit.size()];
    source.admit.emplace_back(channel);
    source.at_bed.push_back(
        bed_.attach(owner, channel, source.recording->stale_after(), source.recording->simulated()));
  }
}

void Playing::play(const Hearing& hearing) {
  bed::Output out;
  std::optional<Instant> ticked;
  const auto tick = [&](Instant now) {
    bed_.step(bed::Tick{now}, out);
    hearing.said(out);
    out.clear();
  };
  try {
    for (auto& source : sources_)
      source.next = source.recording->next();
    for (;;) {
      Source* next = nullptr;
      for (auto& source : sources_)
        if (source.next && (next == nullptr || source.at() < next->at())) next = &source;
      if (next == nullptr) break;
      attach(*next);
      const auto at = next->at();
      if (!first_) first_ = at;
      last_ = std::max(last_, at);
      if (!ticked || at - slack - *ticked >= std::chrono::seconds(1)) {
        if (hearing.due) hearing.due(at - *first_);
        ticked = at - slack;
        tick(*ticked);
      }
      const auto channel = next->next->channel;
      if (const auto why = next->admit[channel](at, next->next->values)) {
        ++next->rejects[static_cast<std::size_t>(*why)];
      } else {
        ++next->samples;
        bed_.step(Sample{.channel = next->at_bed[channel], .at = at, .values = next->next->values}, out);
      }
      next->next = next->recording->next();
    }
  } catch (const std::runtime_error& error) {
    throw Refused(error.what());
  }
  if (ticked) tick(*ticked + slack + hearing.settle);
}

std::vector<std::string> Playing::remarks() const {
  std::vector<std::string> all;
  for (const auto& source : sources_) {
    const auto& said = source.recording->remarks();
    all.insert(all.end(), said.begin(), said.end());
    std::string rejected;
    for (std::size_t i = 0; i < reject_count; ++i)
      if (const auto n = source.rejects[i] + source.recording->rejects()[i]; n > 0)
        rejected += " " + std::string(vigil::name(static_cast<Reject>(i))) + " " + std::to_string(n);
    if (!rejected.empty()) all.push_back(source.name + ": not believed:" + rejected);
  }
  return all;
}

void Playing::expect_samples() const {
  for (const auto& source : sources_)
    if (source.samples > 0) return;
  throw Refused(sources_.front().name + ": no sample could be read");
}

}  // namespace vigil::cli

#include "sleep/figures.hpp"

#include <algorithm>
#include <cstddef>

namespace vigil::sleep {
namespace {

constexpr std::size_t onset_epochs = 20;  // 10 min
constexpr std::size_t waking_1min = 2;
constexpr std::size_t waking_5min = 10;
constexpr double epoch_min = 0.5;

double minutes(Duration d) { return seconds(d) / 60; }

std::optional<std::size_t> onset(std::span<const EpochState> e) {
  std::size_t run = 0;
  for (std::size_t i = 0; i < e.size(); ++i) {
    run = e[i] == EpochState::sleep ? run + 1 : 0;
    if (run == onset_epochs) return i + 1 - onset_epochs;
  }
  return {};
}

}  // namespace

NightFigures figures(const NightRecord& night) noexcept {
  NightFigures f;
  f.exits = night.exits;
  f.position_changes = night.position_changes;
  f.restless_episodes = night.restless_episodes;
  f.tib_min = std::max(minutes(night.out_of_bed - night.into_bed), 0.0);

  const auto middle = [&](std::size_t i) {
    return night.first_epoch + epoch_length * static_cast<std::int64_t>(i) + epoch_length / 2;
  };
  std::size_t begin = 0;
  std::size_t end = night.epochs.size();
  while (begin < end && middle(begin) < night.into_bed)
    ++begin;
  while (end > begin && middle(end - 1) >= night.out_of_bed)
    --end;
  const auto e = night.epochs.subspan(begin, end - begin);

  const auto sleep = static_cast<std::size_t>(std::count(e.begin(), e.end(), EpochState::sleep));
  const auto wake = static_cast<std::size_t>(std::count(e.begin(), e.end(), EpochState::wake));
  const std::size_t unknown = e.size() - sleep - wake;
  f.unknown_min = static_cast<double>(unknown) * epoch_min;
  if (!e.empty())
    f.coverage_percent = 100.0 * static_cast<double>(sleep + wake) / static_cast<double>(e.size());

  // Time in bed in which no epoch ended yet is not unknown sleep; the bounds are of whole epochs.
  if (sleep + wake > 0) {
    f.tst_min = static_cast<double>(sleep) * epoch_min;
    if (f.tib_min > 0) f.se_percent = std::min(100 * *f.tst_min / f.tib_min, 100.0);
  }
  if (!e.empty() && f.tib_min > 0) {
    f.se_low_percent = f.se_percent.value_or(0);
    f.se_high_percent = std::min(100 * static_cast<double>(sleep + unknown) * epoch_min / f.tib_min, 100.0);
  }

  const auto first = onset(e);
  if (!first) return f;
  const Instant asleep = night.first_epoch + epoch_length * static_cast<std::int64_t>(begin + *first);
  Instant tried = night.into_bed;
  if (night.lights_out && *night.lights_out > tried && *night.lights_out <= asleep) tried = *night.lights_out;
  if (night.beginning_known || night.lights_out) f.sol_min = std::max(minutes(asleep - tried), 0.0);

  std::size_t last = e.size();
  while (e[last - 1] != EpochState::sleep)
    --last;
  std::size_t waking = 0;
  std::size_t waso = 0;
  for (std::size_t i = *first; i < last; ++i) {
    if (e[i] == EpochState::wake) ++waking, ++waso;
    if (e[i] != EpochState::sleep) continue;
    f.nwak_1min += waking >= waking_1min;
    f.nwak_5min += waking >= waking_5min;
    waking = 0;
  }
  f.waso_min = static_cast<double>(waso) * epoch_min;
  return f;
}

}  // namespace vigil::sleep

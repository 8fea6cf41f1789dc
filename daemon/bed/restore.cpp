#include <algorithm>

#include "bed/inside.hpp"
#include "signal/grid.hpp"

namespace vigil::bed {
namespace {

using Phase = sleep::Awakenings::Phase;

}  // namespace

// Each event says what it changed; in their order they make the state again. What lay in windows and filters
// is gone: it is learned anew from the first samples.
void Bed::Inside::restore(const Event& event, Instant at) {
  const auto presence_was = [&](bool occupied, Instant since, const std::optional<double>& tare) {
    said_in_bed = occupied;
    bed_was_sensed = has_bed_sensor = true;
    presence_since = since;
    const auto kg = tare ? std::optional(static_cast<float>(*tare)) : std::nullopt;
    load_presence.restore(occupied, since, kg);
    sensor_presence.restore(occupied, since, {});
    image_presence.restore(occupied, since, {});
    night.known(at);
  };
  const auto keep_scores = [&](Instant from, Instant to, EpochState score) {
    if (corrections < corrected.size()) corrected[corrections++] = {from, to, score};
  };
  std::visit(
      [&]<class T>(const T& e) {
        if constexpr (std::is_same_v<T, event::BedEntered>) {
          presence_was(true, at - e.ago, e.tare_kg);
          night.entered(at - e.ago);
          awake_evidence = at - e.ago;
        } else if constexpr (std::is_same_v<T, event::BedLeft>) {
          presence_was(false, at - e.ago, e.tare_kg);
          night.left(at - e.ago);
          awake_evidence = at;
        } else if constexpr (std::is_same_v<T, event::BedTared>) {
          tared_said = static_cast<float>(e.tare_kg);
          tared_at = at;
          cells_expected = static_cast<int>(e.cells);
          load_presence.restore(said_in_bed, presence_since.value_or(at), tared_said);
        } else if constexpr (std::is_same_v<T, event::NightOpened>) {
          night.open(at - e.ago);
          awakenings.night_opened();
          corrections = 0;
        } else if constexpr (std::is_same_v<T, event::NightClosed>) {
          night.close();
          bed_was_sensed = false;
          attached_changed();
          awakenings.restore(Phase::none, at, 0);
        } else if constexpr (std::is_same_v<T, event::SleepBegan>) {
          awakenings.restore(Phase::asleep, at, awakenings.number());
          night.slept(at);
          if (e.ago > Duration{}) keep_scores(at - e.ago, at, EpochState::sleep);
        } else if constexpr (std::is_same_v<T, event::SleepEnded>) {
          awakenings.sleep_ended();
        } else if constexpr (std::is_same_v<T, event::AwakeningSuspected>) {
          awakenings.restore(Phase::suspected, at - e.ago, e.number);
          night.slept(at);
        } else if constexpr (std::is_same_v<T, event::AwakeningConfirmed>) {
          awakenings.restore(Phase::awake, at - e.ago, e.number);
          awake_evidence = at;
          keep_scores(at - e.ago, at, EpochState::wake);
        } else if constexpr (std::is_same_v<T, event::AwakeningWithdrawn>) {
          awakenings.restore(Phase::asleep, at, e.number);
          night.slept(at);
        } else if constexpr (std::is_same_v<T, event::AwakeningEnded>) {
          awakenings.restore(Phase::asleep, at, e.number);
          night.slept(at);
          keep_scores(at - e.ago, at, EpochState::sleep);
        } else if constexpr (std::is_same_v<T, event::RestlessBegan>) {
          restlessness.restore(at - e.ago);
          night.restless_began();
        } else if constexpr (std::is_same_v<T, event::RestlessEnded>) {
          restlessness.restore(std::nullopt);
        } else if constexpr (std::is_same_v<T, event::PositionChanged>) {
          night.position_changed();
          position_said = at;
        } else if constexpr (std::is_same_v<T, event::LightsOut>) {
          night.lights_out(at);
          awake_evidence = at;
        } else if constexpr (std::is_same_v<T, event::LightsOn>) {
          awake_evidence = at;
        } else if constexpr (std::is_same_v<T, event::PainPrompted>) {
          if (e.reason.view() == pain::Prompting::flare_reason)
            prompting.asked_of_flare(at);
          else
            prompting.asked(at);
        } else if constexpr (std::is_same_v<T, event::PainCheckin>) {
          prompting.checked_in(at);
          awake_evidence = at;
        } else if constexpr (std::is_same_v<T, event::ButtonPressed>) {
          awake_evidence = at;
        }
      },
      event.payload);
}

// Epochs of the log carry the live score. Hindsight of the wrist is made again from their counts, that of the
// bed from the events that said it.
void Bed::Inside::restore(const Epoch& epoch, Instant from) {
  const std::int64_t index = signal::cell(from + epoch_length / 2, epoch_length);
  if (last_epoch && index <= *last_epoch) return;
  const Instant end = signal::cell_start(index + 1, epoch_length);
  last_epoch = index;
  EpochState score = epoch.score;
  if (!epoch.counts && score != EpochState::unknown)
    for (std::size_t i = 0; i < corrections; ++i) {
      const Correction& c = corrected[i];
      const Instant middle = end - epoch_length / 2;
      if (middle >= c.from && end <= c.to && epoch.state != BedState::out_of_bed) score = c.score;
    }
  trail.write_live(index, epoch.score, epoch.p_asleep);
  if (score != epoch.score) trail.write(index, score);
  const EpochState by_wrist = sazonov.step(epoch.counts);
  const bool out_of_bed = epoch.scorer == scorer_name(signal::Presence::algorithm());
  const auto again = [&](std::int64_t i, EpochState state) { trail.write(i, state); };
  hindsight.step(index, epoch.counts, out_of_bed, again);
  if (by_wrist != EpochState::unknown) sleep_run.step(from, by_wrist);
  if (awake_evidence && from < *awake_evidence) sleep_run.clear();
  if (epoch.score != EpochState::unknown) {
    decided = true;
    last_heard = end;
  }
  if (epoch.counts) {
    last_counts = Measure{*epoch.counts, end};
    wrist_scores = true;
  }
  if (epoch.state != BedState::unknown) night.known(end);
  if (epoch.state == BedState::asleep) night.slept(end);
}

}  // namespace vigil::bed

#include "detection/played.hpp"

#include <algorithm>
#include <cmath>

#include "signal/counts.hpp"

namespace vigil::detection {
namespace {

using drivers::synthetic::LoadCells;
using drivers::synthetic::Person;
using drivers::synthetic::Physiology;
using drivers::synthetic::Truth;

// Long enough for a night to be closed.
constexpr double day_h = 2;

Instant at_ms(std::int64_t ms) { return {std::chrono::milliseconds(ms)}; }

}  // namespace

Played play(const Person& whom, Sensors sensors) {
  Person person = whom;
  const bool known = sensors == Sensors::known;
  person.cells = sensors == Sensors::all || sensors == Sensors::cells || known;
  person.load = sensors == Sensors::scale || person.cells;
  person.wrist = sensors != Sensors::scale && sensors != Sensors::cells;
  person.day_h = known ? day_h : day_h + 1;
  Physiology body(person);
  bed::Bed bed("bed-1", {});
  const bool wears = sensors == Sensors::wrist || sensors == Sensors::all || known;
  ChannelIndex load = 0, wrist = 0, counts = 0;
  const auto stale = std::chrono::seconds(3);
  if (person.load)
    load = bed.attach("load",
                      {.quantity = Quantity::load,
                       .columns = static_cast<std::uint16_t>(person.cells ? LoadCells::count : 1),
                       .rate_hz = static_cast<float>(person.cells ? LoadCells::rate_hz : Physiology::load_hz),
                       .minimum = -50,
                       .maximum = 500},
                      stale, true);
  if (wears)
    wrist = bed.attach("wrist",
                       {.quantity = Quantity::acceleration,
                        .columns = 3,
                        .rate_hz = static_cast<float>(Physiology::wrist_hz),
                        .minimum = -16,
                        .maximum = 16},
                       stale, true);
  if (sensors == Sensors::counts)
    counts =
        bed.attach("counts", {.quantity = Quantity::counts, .minimum = 0, .maximum = 1e6F, .epoch_s = 60},
                   std::chrono::seconds(180), true);
  signal::Counts made(Physiology::wrist_hz);
  float minute = 0;

  Played played;
  bed::Output out;
  const auto seconds_all = static_cast<std::size_t>((person.night_h + day_h) * 3600) / 30 * 30;
  const std::size_t before = known ? seconds_all : 0;  // a night that is only learned from
  played.truth.reserve(seconds_all), played.clues.reserve(seconds_all), played.p_asleep.reserve(seconds_all);
  for (std::size_t second = 0; second < before + seconds_all; ++second) {
    std::array<int, 3> states{};
    int moving = 0, fidgety = 0, arousal = 0;
    const auto start_ms = static_cast<std::int64_t>(second) * 1000;
    for (std::int64_t tenth = 0; tenth < 10; ++tenth) {
      const auto& chunk = body.next();
      ++states[static_cast<std::size_t>(chunk.truth)];
      moving += chunk.moving, fidgety += chunk.fidgety, arousal += chunk.arousal;
      const auto ms = start_ms + 100 * tenth;
      if (sensors == Sensors::scale)
        for (std::size_t i = 0; i < chunk.load_kg.size(); ++i)
          bed.step(
              Sample{load, at_ms(ms + 50 * static_cast<std::int64_t>(i)), std::span(&chunk.load_kg[i], 1)},
              out);
      if (person.cells)
        for (std::size_t i = 0; i < chunk.cells; ++i)
          bed.step(
              Sample{load, at_ms(8 * (chunk.first_cell + static_cast<std::int64_t>(i))), chunk.cells_kg[i]},
              out);
      for (std::size_t i = 0; person.wrist && i < chunk.wrist_g.size(); ++i) {
        const Instant at{std::chrono::microseconds(1000 * ms + 33'333 * static_cast<std::int64_t>(i))};
        if (wears) bed.step(Sample{wrist, at, chunk.wrist_g[i]}, out);
        if (sensors == Sensors::counts) minute += made.step(chunk.wrist_g[i], at);
      }
    }
    if (sensors == Sensors::counts && second % 60 == 59) {
      // A device labels its epoch by its beginning and tells it at its end; a replay knows it beforehand.
      bed.step(Sample{counts, at_ms(start_ms - 59'000), std::span(&minute, 1)}, out);
      minute = 0;
    }
    if (second < before) {
      bed.step(bed::Tick{at_ms(start_ms + 1000)}, out);
      out.clear();
      continue;
    }
    const auto longest = std::ranges::max_element(states) - states.begin();
    played.truth.push_back({static_cast<Truth>(longest), moving >= 5, fidgety >= 5, arousal >= 5});
    if (sensors == Sensors::counts && second % 60 != 59) continue;
    const std::size_t ticks = sensors == Sensors::counts ? 60 : 1;
    for (std::size_t i = ticks; i > 0; --i) {
      bed.step(bed::Tick{at_ms(start_ms + 1000 - 1000 * static_cast<std::int64_t>(i - 1))}, out);
      played.clues.push_back(bed.clues());
      played.p_asleep.push_back(bed.latest().p_asleep.value_or(-1));
      std::ranges::move(out.events, std::back_inserter(played.events));
      std::ranges::move(out.epochs, std::back_inserter(played.epochs));
      std::ranges::move(out.rescores, std::back_inserter(played.rescores));
      out.clear();
    }
  }
  played.truth.resize(played.clues.size());
  // Times count from the night that is looked at.
  const Duration earlier = std::chrono::seconds(before);
  for (Event& e : played.events)
    e.at = e.at - earlier;
  for (Epoch& e : played.epochs)
    e.from = e.from - earlier;
  for (Rescore& r : played.rescores)
    r.from = r.from - earlier;
  return played;
}

std::vector<EpochState> true_epochs(const std::vector<True>& truth) {
  std::vector<EpochState> epochs;
  for (std::size_t i = 0; i + 30 <= truth.size(); i += 30) {
    const auto asleep = std::count_if(truth.begin() + static_cast<std::ptrdiff_t>(i),
                                      truth.begin() + static_cast<std::ptrdiff_t>(i + 30),
                                      [](const True& t) { return t.truth == Truth::asleep; });
    epochs.push_back(asleep > 15 ? EpochState::sleep : EpochState::wake);
  }
  return epochs;
}

}  // namespace vigil::detection

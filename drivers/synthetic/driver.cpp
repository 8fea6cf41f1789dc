#include "drivers/synthetic/driver.hpp"

#include <array>
#include <cstdio>

#include "drivers/synthetic/physiology.hpp"

namespace vigil::drivers::synthetic {
namespace {

constexpr std::array<Match, 1> matches{ExplicitOnly{"simulated sleeper"}};

using Type = Setting::Type;
constexpr std::array<Setting, 10> settings{{
    {"seed", Type::number, "", 0, 4294967295.0, "1", "equal seeds give equal nights"},
    {"weight_kg", Type::number, "kg", 20, 250, "72", "the sleeper's weight"},
    {"pain", Type::number, "", 0, 1, "0", "0 a calm night, 1 a very restless one"},
    {"person", Type::text, "", 0, 0, "ordinary",
     "ordinary, quiet_waker, pain, restless_legs, gets_up, two_in_bed or apnoea"},
    {"hours", Type::number, "h", 0.5, 14, "8", "time in bed"},
    {"day_h", Type::number, "h", 0.1, 24, "16", "time out of bed between nights"},
    {"started_ago_h", Type::number, "h", 0, 48, "0", "begin so long ago: the past comes at once"},
    {"scale", Type::boolean, "", 0, 0, "true", "a load sensor under the bed"},
    {"cells", Type::boolean, "", 0, 0, "false", "that sensor is four load cells at 125 Hz"},
    {"wrist", Type::boolean, "", 0, 0, "true", "an accelerometer on the wrist"},
}};

/// Later than this, samples are left out instead of caught up with, as a real sensor would leave a gap (a
/// machine that was suspended).
constexpr Duration too_late = std::chrono::seconds(10);
/// Chunks of the past between two looks at the loop: a minute of the sleeper's time.
constexpr int chunks_per_yield = 600;

asio::awaitable<void> run(Port& port, const Settings& set, SampleSink& sink) {
  Person person;
  person.seed = static_cast<std::uint64_t>(set.number("seed"));
  person.weight_kg = set.number("weight_kg");
  person.pain = set.number("pain");
  const auto kind = kind_of(set.text("person"));
  if (!kind)
    throw DeviceRefused(
        "synthetic: expected person = ordinary, quiet_waker, pain, restless_legs, gets_up, "
        "two_in_bed or apnoea, found \"" +
        set.text("person") + "\"");
  person.kind = *kind;
  person.night_h = set.number("hours");
  person.day_h = set.number("day_h");
  const bool scale = set.boolean("scale");
  const bool cells = scale && set.boolean("cells");
  person.cells = cells;
  const bool wrist = set.boolean("wrist");
  person.load = scale && !cells, person.wrist = wrist;
  if (!scale && !wrist)
    throw DeviceRefused("synthetic: expected scale = true or wrist = true, found neither");

  std::array<char, 64> what{};
  std::snprintf(what.data(), what.size(), "simulated sleeper, seed %.0f", set.number("seed"));
  sink.describe(what.data());
  ChannelIndex load = 0, acceleration = 0;
  if (scale)
    load = sink.announce({.quantity = Quantity::load,
                          .columns = static_cast<std::uint16_t>(cells ? LoadCells::count : 1),
                          .rate_hz = static_cast<float>(cells ? LoadCells::rate_hz : Physiology::load_hz),
                          .minimum = -50,
                          .maximum = 500});
  if (wrist)
    acceleration = sink.announce({.quantity = Quantity::acceleration,
                                  .columns = 3,
                                  .rate_hz = static_cast<float>(Physiology::wrist_hz),
                                  .minimum = -16,
                                  .maximum = 16});

  Physiology body(person);
  const Instant live_from = port.now();
  const Instant origin = live_from - from_seconds(3600 * set.number("started_ago_h"));
  constexpr Duration load_step = Physiology::step / 2;
  constexpr Duration cell_step = std::chrono::milliseconds(8);
  constexpr Duration wrist_step = Physiology::step / 3;
  int chunks = 0;
  for (;;) {
    const Instant now = port.now();
    for (Instant at = origin + body.position(); at + Physiology::step <= now; at = origin + body.position()) {
      const auto& chunk = body.next();
      if (at >= live_from && now - at > too_late) continue;
      for (std::size_t i = 0; cells && i < chunk.cells; ++i)
        sink.sample(load, origin + cell_step * (chunk.first_cell + static_cast<std::int64_t>(i)),
                    chunk.cells_kg[i]);
      for (std::size_t i = 0; scale && !cells && i < chunk.load_kg.size(); ++i)
        sink.sample(load, at + load_step * static_cast<int>(i), std::span(&chunk.load_kg[i], 1));
      for (std::size_t i = 0; wrist && i < chunk.wrist_g.size(); ++i)
        sink.sample(acceleration, at + wrist_step * static_cast<int>(i), chunk.wrist_g[i]);
      if (++chunks % chunks_per_yield == 0) break;
    }
    const Duration until_next = origin + body.position() + Physiology::step - port.now();
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until_next);
    co_await port.read(std::max(wait, std::chrono::milliseconds(0)));
  }
}

}  // namespace

const Driver driver{.name = "synthetic",
                    .title = "Simulated sleeper",
                    .transport = Transport::none,
                    .matches = matches,
                    .settings = settings,
                    .stale_after = std::chrono::seconds(3),
                    .simulated = true,
                    .run = run};

}  // namespace vigil::drivers::synthetic

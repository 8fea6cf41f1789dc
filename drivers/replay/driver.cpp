#include "drivers/replay/driver.hpp"

#include <array>

#include "drivers/replay/recording.hpp"

namespace vigil::drivers::replay {
namespace {

constexpr std::array<Match, 1> matches{ExplicitOnly{"a recording: Vigil capture, CWA, CSV"}};

using Type = Setting::Type;
constexpr std::array<Setting, 6> settings{{
    {"path", Type::text, "", 0, 0, "", "the file"},
    {"speed", Type::number, "x real time", 0, 100000, "1", "0: as fast as possible; else at least 1"},
    {"cells", Type::text, "", 0, 0, "", "how cell_0..N lie: ROWSxCOLUMNS"},
    {"map", Type::text, "", 0, 0, "", "columns of another name: t=timestamp,counts=axis1"},
    {"start", Type::text, "", 0, 0, "", "when a file of relative times began, ISO 8601"},
    {"preset", Type::text, "", 0, 0, "", "a known file: actilife, wrist_nights, mmash, bed_imu, ..."},
}};

constexpr int samples_per_yield = 4000;

asio::awaitable<void> run(Port& port, const Settings& set, SampleSink& sink) {
  const double speed = set.number("speed");
  if (speed != 0 && speed < 1)
    throw DeviceRefused("replay: speed: expected 0 (as fast as possible) or at least 1, found " +
                        set.text("speed"));
  auto path = set.text("path");
  if (path.empty()) path = port.where();
  std::unique_ptr<Recording> recording;
  try {
    recording = open(std::filesystem::path(path),
                     options(set.text("preset"), set.text("cells"), set.text("map"), set.text("start")));
  } catch (const std::exception& error) {
    throw DeviceRefused(std::string("replay: ") + error.what());
  }
  sink.describe("replay of " + recording->what());

  const Instant begun = port.now();
  Instant origin = begun;
  if (speed != 1) {
    const Duration length = recording->duration();
    origin = begun - (speed == 0 ? length : from_seconds(seconds(length) * (1 - 1 / speed)));
  }
  std::vector<ChannelIndex> indices;
  auto rejected = recording->rejects();
  for (auto& r : rejected)
    r = 0;
  int samples = 0;
  while (const auto sample = recording->next()) {
    while (indices.size() < recording->channels().size())
      indices.push_back(sink.announce(recording->channels()[indices.size()]));
    for (std::size_t i = 0; i < reject_count; ++i) {
      if (const auto more = recording->rejects()[i] - rejected[i]; more > 0)
        sink.reject(static_cast<Reject>(i), more);
      rejected[i] = recording->rejects()[i];
    }
    // The sample's values are the recording's until its next(): nothing else asks it while this waits.
    const Duration passed = sample->at - Instant{};
    if (speed > 0) {
      const Instant due = begun + from_seconds(seconds(passed) / speed);
      while (port.now() < due)
        co_await port.read(std::chrono::ceil<std::chrono::milliseconds>(due - port.now()));
    }
    if (++samples % samples_per_yield == 0) co_await port.read(std::chrono::milliseconds(0));
    sink.sample(indices[sample->channel], origin + passed, sample->values);
  }
}

}  // namespace

const Driver driver{.name = "replay",
                    .title = "A recording",
                    .transport = Transport::file,
                    .matches = matches,
                    .settings = settings,
                    .stale_after = std::chrono::seconds(90),
                    .simulated = true,
                    .run = run};

}  // namespace vigil::drivers::replay

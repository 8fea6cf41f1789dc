#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "core/channel.hpp"
#include "core/event.hpp"
#include "core/reading.hpp"
#include "core/sample.hpp"
#include "sleep/clues.hpp"

namespace vigil::bed {

/// Thresholds a person may set (configuration `[bed.detection]`); defaults are the documented ones.
struct Settings {
  float present_kg = 12;  ///< above tare: somebody is in bed (children's beds: lower)
  float absent_kg = 6;    ///< below: nobody
  Duration enter_after = std::chrono::seconds(5);        ///< must stay above for this long
  Duration leave_after = std::chrono::seconds(10);       ///< must stay below for this long
  Duration night_ends_after = std::chrono::minutes(90);  ///< out of bed for this long closes the night
  Duration minimum_night = std::chrono::minutes(20);     ///< a shorter stay in bed is not a night
};

/// Time has come this far; everything older than a second's grid point can be decided.
struct Tick {
  Instant now;
};

/// What a step produced. The caller clears and reuses it; vectors keep their capacity.
/// Events come with `at`, `bed`, `algorithm`, `payload` (NightOpened.night empty) and seq 0; wall time, zone,
/// boot and night id are stamped by the caller.
struct Output {
  std::vector<Event> events;
  std::vector<Reading> readings;
  std::vector<Epoch> epochs;
  std::vector<Rescore> rescores;
  std::vector<WavePoint> waves;
  void clear() noexcept { events.clear(), readings.clear(), epochs.clear(), rescores.clear(), waves.clear(); }
};

/// The night so far: what the page shows beside the state.
struct NightSoFar {
  bool open = false;
  Instant opened;
  NightFigures figures;
};

/// Everything one bed's stages 4 to 6 know, composed of signal, sleep and pain. A value in spirit: no clock,
/// no I/O, no logging; after `attach` no allocation but in Output. One thread at a time.
class Bed {
 public:
  Bed(Name bed, const Settings& settings);
  Bed(Bed&&) noexcept;
  Bed& operator=(Bed&&) noexcept;
  ~Bed();

  /// A channel of this bed. Several of one quantity are fused (loads add up; the rates take the freshest).
  /// `stale_after`: silence for this long makes its values unknown. Returns the index that its samples carry.
  /// The same (owner, channel) again returns the index it had: a device that comes back.
  ChannelIndex attach(Name owner, const Channel& channel, Duration stale_after, bool simulated);
  /// The device is away: its channels are unknown at once. A load sensor that is away is missed: what the
  /// others carry is not the bed's load.
  void detach(Name owner);
  /// The device is another bed's now: detached, and missed no more.
  void remove(Name owner);

  /// Samples of a channel in order of time; older ones are ignored, but for presses of a button, which are
  /// said at once. Values must have passed admit().
  void step(const Sample& sample, Output& out);
  /// Monotonic. The grid (10 Hz waves, 1 Hz readings, 30-s epochs) advances only here, so the caller decides
  /// how long late samples are waited for (0.3 s live). Steps of any length; each second's output appears in
  /// order.
  void step(Tick tick, Output& out);
  /// What a person entered, after it was committed: evidence of being awake.
  void step(const Event& entry, Output& out);

  /// The fold by which a restart goes on, before any step: the last bed.entered, bed.left, bed.tared and
  /// lights.out before it, this bed's events since its last night.opened, oldest first, then the epochs of
  /// that night. `at` and `from` are Instants of this boot, negative where an earlier boot wrote them.
  void restore(const Event& event, Instant at);
  void restore(const Epoch& epoch, const std::optional<Rescore>& rescored, Instant from);

  [[nodiscard]] const Name& name() const noexcept;
  [[nodiscard]] Reading latest() const;
  /// What the estimator was told of the last second: for those who fit its parameters.
  [[nodiscard]] const sleep::Clues& clues() const noexcept;
  /// What is known of the person who sleeps here.
  [[nodiscard]] const Baseline& baseline() const noexcept;
  [[nodiscard]] NightSoFar night() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

}  // namespace vigil::bed

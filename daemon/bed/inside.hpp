#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "bed/bed.hpp"
#include "bed/feed.hpp"
#include "bed/state.hpp"
#include "pain/prompting.hpp"
#include "signal/load.hpp"
#include "signal/position.hpp"
#include "signal/presence.hpp"
#include "sleep/awakenings.hpp"
#include "sleep/clues.hpp"
#include "sleep/estimator.hpp"
#include "sleep/falling_asleep.hpp"
#include "sleep/hindsight.hpp"
#include "sleep/moving.hpp"
#include "sleep/night.hpp"
#include "sleep/restlessness.hpp"
#include "sleep/trail.hpp"

namespace vigil::bed {

/// A rate as the reading tells it: from where, how sure, and the number if there is one.
struct Told {
  std::optional<Measure> rate;
  std::optional<float> quality;
  RateSource from = RateSource::none;
};

/// What one second came to, before anything is concluded from it.
struct Second {
  Instant now;                      ///< its end
  std::optional<Measure> gross_kg;  ///< sum of the load sensors, tare included
  std::optional<Measure> load_kg;   ///< above tare
  std::optional<Measure> movement_kg;
  std::optional<Measure> image_level;     ///< % of full scale
  std::optional<Measure> image_movement;  ///< a fraction of the image
  std::optional<Measure> motion;          ///< 0 to 100, the sensor's own word
  std::optional<Measure> activity_mg;
  std::optional<float> counts;                   ///< of this second
  bool counts_by_second = false;                 ///< they tell this very second (a raw accelerometer)
  std::optional<bool> occupied;                  ///< the sensor's own word
  std::optional<Measure> heart_bpm, breath_rpm;  ///< a sensor's own word
  struct Rated {
    signal::Rate rate;
    Instant at;
  };
  std::optional<Rated> heart, breath;  ///< out of the load cells, the surest; rate 0: not known
  bool lifeless = false;               ///< a breathing body would have shown on each of the load sensors
  bool steady = false;             ///< the load sensors speak often enough for stillness to mean something
  std::array<float, 3> posture{};  ///< mean acceleration; only with counts_by_second
  signal::Moved bed_moved = signal::Moved::unknown;  ///< by load or image
  signal::Moved wrist_moved = signal::Moved::unknown;
  [[nodiscard]] signal::Moved moved() const noexcept;
};

/// What an epoch gathers from its seconds.
struct Gathering {
  std::array<int, 5> states{};  ///< seconds by BedState
  int out_of_bed = 0;
  int moving = 0;
  int moved_known = 0;  ///< seconds of which the bed sensor said whether they moved
  int believed = 0;     ///< seconds whose P(asleep) was told
  float p_asleep = 0;   ///< its sum
  float log_odds = 0;   ///< the same
  int counted = 0;      ///< seconds with counts
  float counts = 0;
  int loads = 0;
  float load = 0;
  int movements = 0;
  float movement_energy = 0;
  bool entry = false;  ///< somebody entered something: awake
};

/// The stages 4 to 6 of one bed. The files beside this one hold a behaviour each: second.cpp what is known
/// and the machines that follow it, press.cpp what a button says, epoch.cpp scoring, waves.cpp the traces,
/// restore.cpp the fold, why.cpp the words.
struct Bed::Inside {
  Inside(Name bed, const Settings& settings);

  // bed.cpp
  void take(const Sample& sample, Output& out);
  void tick(Instant now, Output& out);
  void enter(const Event& entry, Output& out);
  void certainly_awake(Instant at, const Name& cause, Output& out);
  void begin(Instant at, Output& out);
  void forget_person();
  void attached_changed();
  void say(Instant at, const Algorithm& algorithm, Payload payload, Output& out);

  // press.cpp
  void press(const Sample& sample, Output& out);

  // waves.cpp
  void decide_cell(std::int64_t cell, Output& out);

  // second.cpp
  void second(Instant end, Output& out);
  Second gather(Instant now);
  void say_tare(Instant now, Output& out);
  void follow_presence(const Second& s, Output& out);
  void follow_sleep(const Second& s, bool turned, Output& out);
  bool follow_position(const Second& s, Output& out);
  void believe(const Second& s, bool turned);
  void say_awakening(Instant now, const sleep::AwakeningSays& says, Output& out);
  void fall_asleep(Instant now, Instant since, Output& out);
  void turn_night(const Second& s, Output& out, std::optional<Instant> falls_asleep = {});
  void close_night(Instant now, Instant end, Output& out);
  void learn(Instant now, Output& out);
  void nothing_known(Instant now, Output& out);
  [[nodiscard]] bool silent(Instant now) const noexcept;
  /// A bed sensor is there, and does not tell whether somebody is in bed.
  [[nodiscard]] bool in_doubt() const noexcept { return has_bed_sensor && !in_bed; }
  /// Whether a person moved: in doubt, what moves the bed may be none.
  [[nodiscard]] signal::Moved moved_of(const Second& s) const noexcept {
    return in_doubt() ? s.wrist_moved : s.moved();
  }
  [[nodiscard]] Reading read(const Second& s);
  [[nodiscard]] Told tell(const std::optional<Second::Rated>& own, float least_quality,
                          const std::optional<Measure>& word) const;

  // epoch.cpp
  void gather_epoch(const Second& s);
  void score_epoch(const Second& s, std::int64_t index, Output& out);
  void say_epoch(std::int64_t index, Output& out);
  void rescore(std::int64_t index, float p_asleep, Output& out);
  void end_hindsight(Output& out);
  void skip_epochs(Instant to, Output& out);

  // restore.cpp
  void restore(const Event& event, Instant at);
  void restore(const Epoch& epoch, const std::optional<Rescore>& rescored, Instant from);

  // why.cpp
  [[nodiscard]] Name why(const Second& s, BedState state) const;

  Name bed;
  Settings settings;
  std::vector<Feed> feeds;
  bool has_bed_sensor = false;
  bool bed_was_sensed = false;  ///< the night that was restored: its sensor may not be back yet
  bool has_load = false;
  bool has_image = false;
  bool has_worn = false;
  bool has_motion = false;
  std::uint64_t load_mask = 0;  ///< which feeds are attached load sensors: a tare is theirs

  bool begun = false;
  std::int64_t next_cell = 0;  ///< of the 100-ms grid, not decided yet
  Instant now;                 ///< the last second decided

  int cells = 0;  ///< of the load sensors of this bed, away or not
  int cells_expected =
      0;  ///< that carried it before the restart, by the log; 0: not known, or waited for no more
  std::optional<float> tared_said;
  std::optional<Instant> tared_at;
  std::optional<Instant> started;

  signal::Presence load_presence, sensor_presence, image_presence;
  struct Tare {
    std::uint64_t mask = 0;
    std::optional<float> kg;
  };
  std::array<Tare, 4> tares{};  ///< of other sets of load sensors
  std::size_t next_tare = 0;
  const signal::Presence* presence = nullptr;  ///< the one that is believed now
  std::optional<bool> in_bed;
  bool said_in_bed = false;  ///< by the last bed.entered or bed.left
  std::optional<Instant> presence_since;

  sleep::Awakenings awakenings;
  sleep::Watch watch;
  sleep::Clues clues;
  sleep::Estimator estimator{sleep::parameters()};
  sleep::FallingAsleep falling_asleep;
  sleep::Restlessness restlessness;
  sleep::Night night;
  sleep::Trail trail;
  sleep::Hindsight hindsight{sleep::parameters()};
  pain::Prompting prompting;
  signal::LoadPosition load_position;
  signal::PosturePosition posture_position;
  std::optional<Instant> position_said;

  bool decided = false;                   ///< asleep or awake is known since the last silence
  int watched_s = 0;                      ///< since it
  bool certain = false;                   ///< in this second a hand did something
  std::optional<Instant> awake_evidence;  ///< sleep cannot have begun before
  std::optional<Instant> last_heard;      ///< the last second in which something was known
  float minute_counts = 0;                ///< of a sensor that tells whole epochs only
  int minute_counted_s = 0;
  std::optional<float> person_kg;  ///< above tare, slowly

  Gathering gathering;
  EpochState epoch_score = EpochState::unknown;
  Name epoch_scorer;
  std::optional<float> epoch_counts, epoch_p;
  /// By an epoch's number: an empty bed or a hand said so, and hindsight may not; who told movement.
  std::array<bool, 64> epoch_certain{};
  std::array<sleep::Movers, 64> epoch_movers{};
  std::optional<Measure> last_counts;
  std::optional<std::int64_t> last_epoch;  ///< said or restored

  Reading reading;
};

/// How presence is told from load.
signal::Presence::Settings of_load(const Settings& s);

/// "estimator 1": what an epoch's scorer is called.
Name scorer_name(const Algorithm& algorithm);

}  // namespace vigil::bed

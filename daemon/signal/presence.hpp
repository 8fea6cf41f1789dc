#pragma once
#include <cstdint>
#include <optional>

#include "core/event.hpp"
#include "core/instant.hpp"

namespace vigil::signal {

/// Whether somebody is in bed, from one number that is larger when somebody is: the load (kg), the level of a
/// pressure image (% of full scale), or the sensor's own word (0 or 1).
///
/// Hysteresis: above `present` over the tare for `enter_after` is an entry, below `absent` for `leave_after`
/// an exit; between the two nothing changes. (A home project counted 66 to 109 exits a night that never were
/// before it waited.)
///
/// Tare: learned within the first 5 s if the load is not above `present` then. Else it may be a person or the
/// bed itself: without `proof` somebody is taken to lie there already, the tare is 0 and said to be assumed.
/// A bed whose own weight was taken for a person is put right when the load falls by `present` or more and
/// then lies within 0.5 `absent`, without any movement, for 30 min (3 min where a breath would have shown):
/// then that is the empty bed.
///
/// Proof: what lies there must show life before it is somebody; until then nothing is known and doubt() says
/// why. Life is 3 moving seconds within 2 min, more than 4 s after the load came (putting a suitcase down
/// moves for 3 s, getting into bed for longer), or 10 s of breathing. On sensors too slow or too irregular
/// for their stillness to mean anything, no proof is asked. Where a breath would have shown and neither it
/// nor a movement did for 3 min: what was there at the first start is the bed, what was put down is a thing
/// on an empty bed, what is left after a fall by `present` or more is a thing that somebody left behind, and
/// somebody who lay there is in doubt, but never taken for gone.
///
/// Drift: followed only while empty for a minute, within +-0.5 `absent` of the tare, time constant 10 min. A
/// load that has been further below the tare for a minute cannot be a person: followed with 10 s.
class Presence {
 public:
  static const Algorithm& algorithm();

  struct Settings {
    float present = 12;
    float absent = 6;
    Duration enter_after = std::chrono::seconds(5);
    Duration leave_after = std::chrono::seconds(10);
    bool tared = true;   ///< false: the number has no tare (a sensor's own word)
    bool proof = false;  ///< a load must show life
  };
  /// What one second showed beside the number.
  struct Signs {
    bool moved = false;
    bool breathes = false;  ///< surely
    bool lifeless = false;  ///< a breath would have shown: there is none
    bool steady = true;     ///< the sensor speaks often enough for its stillness to mean something
  };
  enum class Doubt : std::uint8_t {
    none,
    since_start,  ///< never seen empty: a person or the bed itself
    put_down,     ///< came, and has shown no life yet
    lifeless,     ///< somebody lay there: no movement or breath for minutes
  };
  enum class Change : std::uint8_t { none, entered, left };

  explicit Presence(const Settings& settings) : settings_(settings) {}

  /// One second that ended at `now`: the mean load, tare included (nullopt: unknown), and whether it moved.
  /// Call once a second while known; after a silence of any length.
  Change step(Instant now, std::optional<float> load, const Signs& signs);

  /// What the log says: somebody was in bed since then / nobody. Before any step.
  void restore(bool occupied, Instant since, std::optional<float> tare);

  [[nodiscard]] bool known() const noexcept { return known_; }  ///< false: silent, learning, or in doubt
  [[nodiscard]] Doubt doubt() const noexcept { return doubt_; }
  [[nodiscard]] Instant doubt_since() const noexcept { return doubt_since_; }
  [[nodiscard]] bool occupied() const noexcept { return occupied_; }  ///< the last that was known
  [[nodiscard]] Instant since() const noexcept { return since_; }     ///< of the last entry or exit
  [[nodiscard]] std::optional<float> tare() const noexcept { return tare_; }
  [[nodiscard]] bool tare_assumed() const noexcept { return assumed_; }
  /// Load over the tare; nullopt while unknown.
  [[nodiscard]] std::optional<float> above_tare() const noexcept;
  /// The same while it is in doubt; nullopt while no tare is known.
  [[nodiscard]] std::optional<float> load_above() const noexcept {
    return tare_ ? std::optional(load_ - *tare_) : std::nullopt;
  }
  /// Somebody is known to lie there, but the load has gone below `absent`: an exit has perhaps begun at...
  [[nodiscard]] std::optional<Instant> leaving_since() const noexcept;
  /// When the last change really happened: since() of it, before the debounce.
  [[nodiscard]] Duration stay() const noexcept { return stay_; }  ///< of the exit just said

 private:
  Change learn(Instant now, float load, const Signs& signs);
  Change prove(Instant now, float load, const Signs& signs);
  Change out_of_bed(Instant now, float above, const Signs& signs);
  void look_for_life(Instant now, const Signs& signs);
  void question(Doubt doubt, Instant since);
  void follow_drift(Instant now, float above);
  bool fallen_and_still(Instant now, float load, const Signs& signs);
  Change enter(Instant at);
  Change leave(Instant at);

  Settings settings_;
  bool known_ = false;
  bool occupied_ = false;
  bool assumed_ = false;
  Instant since_;
  Duration stay_{};
  std::optional<float> tare_;
  float load_ = 0;

  std::optional<Instant> first_;  ///< of learning
  float least_ = 0;
  std::optional<Instant> last_;    ///< the newest known second
  std::optional<Instant> above_;   ///< above `present` since
  std::optional<Instant> below_;   ///< below `absent` since
  std::optional<Instant> under_;   ///< below the tare since
  float highest_ = 0;              ///< of this stay
  std::optional<Instant> fallen_;  ///< still since, after a fall
  float fallen_to_ = 0;

  Doubt doubt_ = Doubt::none;
  Instant doubt_since_;
  bool thing_ = false;               ///< what lies there above the tare is none
  float thing_kg_ = 0;               ///< above the tare
  int stirs_ = 0;                    ///< moving seconds that the coming of the load does not explain
  int breaths_s_ = 0;                ///< seconds of breathing on end
  std::optional<Instant> stirred_;   ///< the last of them
  std::optional<Instant> came_;      ///< the load whose life is in question
  std::optional<Instant> lifeless_;  ///< nothing since
};

}  // namespace vigil::signal

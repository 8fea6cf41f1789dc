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
/// Tare: learned within the first 5 s if the load is not above `present` then; else somebody is taken to lie
/// there already, the tare is 0 and said to be assumed: nobody is ever tared away. A bed whose own weight was
/// taken for a person this way is put right when the load falls by `present` or more and then lies within
/// 0.5 `absent`, without any movement, for 30 min: then that is the empty bed.
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
    bool tared = true;  ///< false: the number has no tare (a sensor's own word)
  };
  enum class Change : std::uint8_t { none, entered, left };

  explicit Presence(const Settings& settings) : settings_(settings) {}

  /// One second that ended at `now`: the mean load, tare included (nullopt: unknown), and whether it moved.
  /// Call once a second while known; after a silence of any length.
  Change step(Instant now, std::optional<float> load, bool moved);

  /// What the log says: somebody was in bed since then / nobody. Before any step.
  void restore(bool occupied, Instant since, std::optional<float> tare);

  [[nodiscard]] bool known() const noexcept { return known_; }        ///< false: silent, or learning the tare
  [[nodiscard]] bool occupied() const noexcept { return occupied_; }  ///< the last that was known
  [[nodiscard]] Instant since() const noexcept { return since_; }     ///< of the last entry or exit
  [[nodiscard]] std::optional<float> tare() const noexcept { return tare_; }
  [[nodiscard]] bool tare_assumed() const noexcept { return assumed_; }
  /// Load over the tare; nullopt while unknown.
  [[nodiscard]] std::optional<float> above_tare() const noexcept;
  /// Somebody is known to lie there, but the load has gone below `absent`: an exit has perhaps begun at...
  [[nodiscard]] std::optional<Instant> leaving_since() const noexcept;
  /// When the last change really happened: since() of it, before the debounce.
  [[nodiscard]] Duration stay() const noexcept { return stay_; }  ///< of the exit just said

 private:
  Change learn(Instant now, float load);
  void follow_drift(Instant now, float above);
  bool empty_after_all(Instant now, float load, bool moved);
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
  float highest_ = 0;              ///< while the tare is assumed
  std::optional<Instant> fallen_;  ///< still since, after a fall
  float fallen_to_ = 0;
};

}  // namespace vigil::signal

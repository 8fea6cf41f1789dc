#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/instant.hpp"
#include "drivers/synthetic/load_cells.hpp"
#include "drivers/synthetic/random.hpp"

namespace vigil::drivers::synthetic {

/// What the sleeper really does: known here, to be found out by the detection.
enum class Truth : std::uint8_t { out_of_bed, awake, asleep };

struct Person {
  std::uint64_t seed = 1;
  double weight_kg = 72;
  double pain = 0;     ///< 0..1: shorter sleep bouts, longer wake, more turning
  double night_h = 8;  ///< time in bed
  double day_h = 16;   ///< then out of bed, then the next night
  bool cells = false;  ///< four load cells at 125 Hz as well (load_cells.hpp)
};

/// A stretch of one state. Relative to the start of the generator.
struct Stretch {
  Truth truth{};
  Duration from{}, until{};
};

/// A person in a bed, 100 ms at a time, for ever: the plan of each night (hypnogram) drives bed entry and
/// leaving, breathing, heart beat, twitches, arm movements and turns. Equal settings give equal nights, bit
/// for bit, on one machine. Pure: no clock; after construction only the plan of the next night allocates,
/// once a night.
///
/// What it is made after (units as named; none of it is a claim about a person):
/// - sleep bouts exponential, wake bouts a power law, P(> t) ~ t^-1.2: Lo et al., PNAS 101:17545 (2004),
/// which finds
///   the density's exponent near 2.2; the means (22 min of sleep, at least 0.5 min of wake) are chosen here
/// - 1.6 turns an hour asleep: Skarpsno et al., Nat Sci Sleep 9:267 (2017)
/// - breathing 0.2-0.3 Hz, heart 50-70 /min with respiratory arrhythmia: textbook values of quiet adults
/// - half of the wake in bed is spent lying still: wrist actigraphy sees about a third of quiet wake
///   (Marino et al., Sleep 36:1747 (2013))
class Physiology {
 public:
  static constexpr Duration step = std::chrono::milliseconds(100);
  static constexpr double load_hz = 20;
  static constexpr double wrist_hz = 30;

  /// What was measured in one step. The load includes the tare of the bed.
  struct Chunk {
    std::array<float, 2> load_kg{};                 ///< at +0 and +50 ms
    std::array<std::array<float, 3>, 3> wrist_g{};  ///< at +0, +33.3 and +66.7 ms; x y z
    Truth truth{};
    bool moving = false;  ///< a twitch, arm movement or turn is going on

    /// Person::cells: 12 or 13 samples of four cells, of which number k lies at k / 125 s from the start.
    std::array<LoadCells::Kg, 13> cells_kg{};
    std::size_t cells = 0;
    std::int64_t first_cell = 0;
    /// The truth in the end of the step, of the cells where there are some; 0: a pause, or nobody there.
    double breath_rpm = 0, heart_bpm = 0;
  };

  explicit Physiology(const Person& person);

  const Chunk& next();
  /// How far it has come: the start of the chunk that next() will give.
  [[nodiscard]] Duration position() const noexcept { return position_; }
  /// The stretches planned so far, oldest first: the past, and the present night to its end.
  [[nodiscard]] const std::vector<Stretch>& plan() const noexcept { return plan_; }
  /// The state at a moment that is planned. `at` >= 0.
  [[nodiscard]] Truth truth(Duration at) const noexcept;

 private:
  enum class Move : std::uint8_t { none, twitch, arm, turn };
  using Vector = std::array<double, 3>;

  void plan_night();
  void begin_stretch();
  void begin_move(Move move);
  [[nodiscard]] double load_at(double dt);
  void step_cells();
  void wrist_at(double dt, std::array<float, 3>& out);
  [[nodiscard]] Vector direction();

  Person person_;
  Random story_;  ///< draws the plan
  Random body_;   ///< draws what is measured, so that a change there leaves the plan alone
  std::vector<Stretch> plan_;
  std::size_t current_ = 0;
  Duration position_{};
  Chunk chunk_;

  double tare_kg_, drift_kg_ = 0, posture_kg_ = 0;
  double presence_ = 0;  ///< 0 out, 1 in bed; moves within seconds
  double breath_phase_ = 0, breath_hz_ = 0.25, breath_wander_ = 0, breath_kg_ = 0.18;
  double heart_phase_ = 0, heart_hz_ = 1.0, heart_wander_ = 0, heart_kg_ = 0.03;
  double breath_hz_now_ = 0, heart_hz_now_ = 0;
  std::optional<LoadCells> cells_;
  double cells_on_ = 0, cells_phase_ = 0;
  bool fidgety_ = false;  ///< within wake: moving about, or lying still
  double manner_left_s_ = 0;
  bool walking_ = false;
  Move move_ = Move::none;
  double move_s_ = 0, move_length_s_ = 0, move_load_kg_ = 0, move_wrist_g_ = 0, move_hz_ = 1, move_phase_ = 0;
  Vector move_axis_{1, 0, 0};
  Vector gravity_{0, 0, 1}, toward_{0, 0, 1};  ///< what the wrist sees of gravity, and where it turns to
  double step_phase_ = 0;
};

}  // namespace vigil::drivers::synthetic

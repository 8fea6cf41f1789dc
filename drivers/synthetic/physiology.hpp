#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/instant.hpp"
#include "drivers/synthetic/hypnogram.hpp"
#include "drivers/synthetic/load_cells.hpp"
#include "drivers/synthetic/movement.hpp"
#include "drivers/synthetic/person.hpp"
#include "drivers/synthetic/random.hpp"
#include "drivers/synthetic/vitals.hpp"

namespace vigil::drivers::synthetic {

/// A person in a bed, 100 ms at a time, for ever: the plan of each night (Hypnogram) drives bed entry and
/// leaving, how the body moves (Movement), breathes and beats (Vitals), and what a load sensor, four load
/// cells and a wrist show of it. Each says what it is made after. Equal settings give equal nights, bit for
/// bit, on one machine. Pure: no clock; after construction only the plan of the next night allocates, once a
/// night.
///
/// Scored as polysomnography would be: an epoch of 30 s is wake when 15 s of it or more are awake or out of
/// bed; a brief arousal is sleep.
class Physiology {
 public:
  static constexpr Duration step = std::chrono::milliseconds(100);
  static constexpr double load_hz = 20;
  static constexpr double wrist_hz = 30;

  /// What was measured in one step. The load includes the tare of the bed, and the other in it.
  struct Chunk {
    std::array<float, 2> load_kg{};                 ///< at +0 and +50 ms; 0 without Person::load
    std::array<std::array<float, 3>, 3> wrist_g{};  ///< at +0, +33.3 and +66.7 ms; x y z; 0 without
    Truth truth{};
    bool moving = false;   ///< the person makes a movement, if only a small one
    bool turning = false;  ///< a change of position
    bool fidgety = false;  ///< awake in bed: moving about, not lying still
    bool arousal = false;  ///< a brief one, within sleep
    bool rem = false;      ///< REM sleep; no score, an influence

    bool partner = false;  ///< two_in_bed: the other is in bed too
    bool partner_moving = false;

    /// Person::cells: 12 or 13 samples of four cells, of which number k lies at k / 125 s from the start.
    std::array<LoadCells::Kg, 13> cells_kg{};
    std::size_t cells = 0;
    std::int64_t first_cell = 0;
    /// The truth in the end of the step; 0: a pause, or nobody there.
    double breath_rpm = 0, heart_bpm = 0;
  };

  explicit Physiology(const Person& person);
  Physiology(const Physiology&) = delete;
  Physiology& operator=(const Physiology&) = delete;

  const Chunk& next();
  /// How far it has come: the start of the chunk that next() will give.
  [[nodiscard]] Duration position() const noexcept { return position_; }
  /// The stretches planned so far, oldest first: the past, and the present night to its end.
  [[nodiscard]] const std::vector<Stretch>& plan() const noexcept { return one_.hypnogram.plan(); }
  /// What happens within the present night's sleep.
  [[nodiscard]] const Happenings& night() const noexcept { return one_.hypnogram.night(); }
  /// The other's stretches; empty but for two_in_bed.
  [[nodiscard]] const std::vector<Stretch>& partner_plan() const noexcept;
  /// The state at a moment that is planned. `at` >= 0.
  [[nodiscard]] Truth truth(Duration at) const noexcept;
  [[nodiscard]] const Traits& traits() const noexcept { return traits_; }

 private:
  /// One of those in the bed.
  struct Sleeper {
    Hypnogram hypnogram;
    Movement movement;
    Vitals vitals;
    double weight_kg;
    std::size_t current = 0, arousal = 0, rem = 0, pause = 0, limb = 0;  ///< in the plan and the happenings
    double presence = 0, was_presence = 0;  ///< 0 out, 1 in bed; moves within seconds
    double posture_kg = 0, breath_kg = 0.18, heart_kg = 0.03;

    Sleeper(const Traits& traits, Kind kind, std::uint64_t seed, double kg, std::span<const Episode> moves);
    [[nodiscard]] Truth state() const noexcept { return hypnogram.plan()[current].truth; }
    void step(Duration position, bool begins);
    [[nodiscard]] bool in(const std::vector<Span>& spans, std::size_t& at, Duration position) const noexcept;
    [[nodiscard]] double on(double part) const noexcept;  ///< of its weight on the bed, at 0..1 of the step
    [[nodiscard]] double climbing_kg(double part) const noexcept;
    bool aroused = false, dreaming = false;
  };
  void advance(Sleeper& sleeper);
  void plan_night();
  [[nodiscard]] double load_of(const Sleeper& sleeper, double at_s) const;
  void rumble();
  [[nodiscard]] double rumble_kg(double at_s) const noexcept;
  void weigh();
  void weigh_cells();
  void wear();

  Person person_;
  Traits traits_;
  Random story_;  ///< draws what the plans leave open
  Random load_noise_, wrist_noise_, house_;
  Sleeper one_;
  std::optional<Sleeper> other_;
  Duration position_{};
  Chunk chunk_;

  double tare_kg_, drift_kg_ = 0;
  std::optional<LoadCells> cells_;
  double rumble_left_s_ = 0, to_rumble_s_ = 300, rumble_hz_ = 1, rumble_amplitude_kg_ = 0, rumble_phase_ = 0;

  Movement::Vector gravity_{0, 0, 1};  ///< what the wrist sees of it
  Movement::Vector offset_g_{};
  double chest_g_ = 0.002;  ///< of breathing, where the wrist lies now
  double touches_ = 0;      ///< of the other's movements
  bool was_carried_ = false;
  double step_phase_ = 0;
};

}  // namespace vigil::drivers::synthetic

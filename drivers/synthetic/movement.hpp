#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "drivers/synthetic/person.hpp"
#include "drivers/synthetic/random.hpp"

namespace vigil::drivers::synthetic {

/// How a body moves, a tenth of a second at a time: at most one movement goes on at any moment. Made after
/// (what no source is named for is chosen here, so that published scorers fare as published):
/// - asleep most movements come with an arousal; little else but micro-movements, and twitches in REM sleep
/// - 1.6 (SD 0.7) changes of position an hour in bed, each person's own: Skarpsno et al., Nat Sci Sleep 9:267
///   (2017); about seven in ten of them in arousals
/// - awake a person is fidgety or still by turns, each for a while; how much of the wake is still is the
///   person's own, and more of it is in the last minutes before falling asleep
/// - movements come in bouts: two in five are followed by another within seconds
/// - an awakening may begin with a movement, or only with open eyes
/// - who shares a bed answers a fifth of the other's greater movements, which makes a third of the movements
///   shared: Pankhurst and Horne, Sleep 17:308 (1994)
class Movement {
 public:
  enum class Move : std::uint8_t { none, micro, twitch, leg, arm, turn, arrange };
  using Vector = std::array<double, 3>;

  /// The moment as the plan has it.
  struct Moment {
    Truth truth{};
    bool arousal = false, rem = false, limb = false;
    double limb_s = 1;
    bool begins = false;      ///< a stretch of the plan
    bool gets_in = false;     ///< and the one before was out of bed
    double to_sleep_s = 1e9;  ///< awake: until sleep, where that is next
    double since_entered_s = 0;
  };

  /// `replay`: outlives this; empty: the body's own movements.
  Movement(const Traits& traits, std::uint64_t seed, std::span<const Episode> replay = {});

  /// The next 0.1 s; `step_s` long.
  void step(const Moment& moment, double step_s);
  /// Answers the other in the bed, soon.
  void answer();

  [[nodiscard]] Move move() const noexcept { return move_; }
  [[nodiscard]] bool moving() const noexcept { return move_ != Move::none; }
  /// This step began one that another in the bed would feel.
  [[nodiscard]] bool stirs() const noexcept { return stirs_; }
  [[nodiscard]] bool fidgety() const noexcept { return fidgety_; }
  [[nodiscard]] bool walking() const noexcept { return walking_; }

  /// At `at_s` within the step.
  [[nodiscard]] double envelope(double at_s) const noexcept;
  [[nodiscard]] double swing_kg(double at_s) const noexcept;
  [[nodiscard]] double shake_g(double at_s) const noexcept;
  [[nodiscard]] const Vector& axis() const noexcept { return axis_; }
  /// Where the wrist turns to while an arm moves.
  [[nodiscard]] const Vector& toward() const noexcept { return toward_; }
  [[nodiscard]] bool carries_arm() const noexcept;
  /// In about this time it would get there.
  [[nodiscard]] double toward_s() const noexcept;
  /// More than a twitch goes on: the heart answers.
  [[nodiscard]] bool effort() const noexcept { return carries_arm() || move_ == Move::leg; }
  /// Of the same stream: how the body lies after a turn.
  [[nodiscard]] double draw(double low, double high) { return random_.uniform(low, high); }

 private:
  void begin(Move move, double times = 1);
  void begin(const Episode& episode);
  void choose(const Moment& moment, double step_s);
  [[nodiscard]] double manner_mean_s(const Moment& moment) const noexcept;
  void manner(const Moment& moment, double step_s);
  [[nodiscard]] Vector direction();

  Traits traits_;
  Random random_;
  std::span<const Episode> replay_;
  std::size_t next_ = 0;
  bool fidgety_ = false;  ///< within wake: moving about, or lying still
  bool walking_ = false;
  double manner_left_s_ = 0;
  bool was_arousal_ = false, was_limb_ = false, stirs_ = false;
  double answer_in_s_ = -1, again_in_s_ = -1;
  Move move_ = Move::none;
  bool flat_ = false;  ///< a replayed one: as strong all along
  double done_s_ = 0, length_s_ = 1, kg_ = 0, g_ = 0, hz_ = 1, hz_now_ = 1, phase_ = 0;
  Vector axis_{1, 0, 0}, toward_{0, 0, 1};
};

}  // namespace vigil::drivers::synthetic

#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "sleep/clues.hpp"

namespace vigil::sleep {

enum class Hidden : std::uint8_t {
  out_of_bed,
  settling,  ///< awake since the bed entry
  asleep,
  arousal,   ///< brief, within sleep: sleep by the rule of 30-s epochs
  restless,  ///< asleep, but moving again and again
  awake,     ///< in bed, after sleep
};
inline constexpr std::size_t hidden_states = 6;
constexpr std::size_t at(Hidden h) noexcept { return static_cast<std::size_t>(h); }
constexpr bool sleeps(std::size_t hidden) noexcept {
  return hidden >= at(Hidden::asleep) && hidden <= at(Hidden::restless);
}

/// For how long a hidden state lasts: its age in classes that widen, with a chance of leaving in each, so
/// that a duration of any shape can be had (an arousal of seconds, wake with a long tail). Widths in seconds.
inline constexpr std::array<int, 12> age_width_s{1, 2, 3, 6, 13, 25, 50, 100, 200, 400, 800, 1 << 30};
inline constexpr std::size_t ages = age_width_s.size();
inline constexpr std::size_t age_groups = 3;  ///< by which the next state is drawn: below 12 s, 100 s, older
constexpr std::size_t age_group(std::size_t age) noexcept { return age < 4 ? 0 : age < 7 ? 1 : 2; }

/// One number a hidden state.
using PerState = std::array<float, hidden_states>;

/// What is known of durations beforehand: part of sleep/fitted.cpp.
struct DurationTables {
  std::array<std::array<float, ages>, hidden_states> leave;          ///< chance to leave in a second, by age
  std::array<std::array<PerState, age_groups>, hidden_states> next;  ///< where to, once it leaves
  /// How likely each movement is in each state, given when the last one was: by Clues::movers (bed, wrist,
  /// both), ago and move.
  std::array<std::array<std::array<PerState, move_classes>, ago_classes>, 3> moves;
};

/// Which state a sleeper is in by movement alone and by how long such states last: the forward filter of a
/// hidden semi-Markov model, a step a second. Without movement seen it drifts to what is usual. A hand that
/// did something and a bed that is empty are certain. Some hundred multiplications a second; no allocation.
class Durations {
 public:
  explicit Durations(const DurationTables& tables) noexcept : tables_(&tables) { believe(0.5F); }

  void second(const Clues& clues) noexcept;
  /// Nothing more is known than this; for how long it has been so nobody knows.
  void believe(float p_asleep) noexcept;

  /// Sums to 1.
  [[nodiscard]] PerState states() const noexcept;
  /// Within what a float can tell, -9 to 9.
  [[nodiscard]] float log_odds() const noexcept;

 private:
  void step() noexcept;
  [[nodiscard]] PerState likelihood(const Clues& clues) const noexcept;

  const DurationTables* tables_;
  std::array<PerState, ages> mass_{};  ///< [age][state]: the vectoriser goes along the states
};

}  // namespace vigil::sleep

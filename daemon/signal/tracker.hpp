#pragma once
#include <array>
#include <cstddef>

#include "core/instant.hpp"
#include "signal/periodicity.hpp"

namespace vigil::signal {

/// Follows a heart through a signal that swells once a beat, 25 points a second and without a mean: a forward
/// filter over rates of 40 to 150 a minute in steps of 1 %. Each second what is believed spreads by how fast
/// a heart can change, and is weighed by how far the second's points are those of one, two and three beats
/// before, and not those of half a beat earlier, which tells a rate from its half and its double. Each second
/// is news but once. That no heart is seen is believed or not as a rate is, and what the rate was is kept
/// beside it: two bad seconds of a good heart do not lose it, and an empty bed, which swells as it likes, has
/// none. Constant place, no allocation.
class Tracker {
 public:
  static constexpr std::size_t second = 25;  ///< points

  Tracker() noexcept;

  void push(float point) noexcept;
  /// The next point does not follow on the last: `unseen` lies between. What is believed is kept, and widens
  /// with the time; below 0 or above two minutes it is forgotten.
  void resume(Duration unseen) noexcept;
  /// What comes does not follow on what was: no rate until three seconds of it are seen.
  void interrupt() noexcept;

  /// The mean within 5 % of the likeliest rate; the quality is how much is believed of that.
  [[nodiscard]] Rate estimate() const noexcept;

 private:
  static constexpr std::size_t rates = 134;
  static constexpr std::size_t history = 114;  ///< three beats of 40 a minute
  using Belief = std::array<float, rates>;

  void forget() noexcept;
  void spread() noexcept;
  void update() noexcept;

  Belief period_{}, before_{};  ///< points; what is believed of anybody
  Belief seen_{}, unseen_{};    ///< of the rate, and that it is seen or is not: their sum is 1
  std::array<float, history + second> points_{};  ///< the newest second last
  std::size_t past_ = 0;                          ///< of `history`, that follow on
  std::size_t fresh_ = 0;                         ///< of the newest second
  std::size_t seconds_ = 0;                       ///< since the interruption
  float energy_ = 0;                              ///< of a second
  float owed_s_ = 0;                              ///< went by and is not spread yet
};

}  // namespace vigil::signal

#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/event.hpp"
#include "core/reading.hpp"
#include "sleep/estimator.hpp"

namespace vigil::sleep {

/// The estimator's second thoughts: P(asleep) of each 30-s epoch given also what it believed up to ten
/// minutes later (a logistic regression on its log odds then, of the same fit). An epoch is said once, in
/// order, ten minutes after it ended, or when the record breaks off: of what is not there yet the last
/// stands. No allocation.
class Hindsight {
 public:
  static const Algorithm& algorithm();  ///< "estimator_hindsight"
  static constexpr int lag = looks_ahead.back();

  explicit Hindsight(const Parameters& parameters) noexcept : parameters_(&parameters) {}

  /// The epoch `index` (cell of the 30-s grid) is over, with the mean of its log odds; epochs in between are
  /// not known. Calls `say(index, p_asleep)` for the one that is final now.
  template <class Say>
  void epoch_over(std::int64_t index, float log_odds, Say&& say) {
    if (held_ > 0 && index != first_ + held_) end(say);
    if (held_ == 0) first_ = index;
    odds_[static_cast<std::size_t>((index % slots + slots) % slots)] = log_odds;
    ++held_;
    if (held_ > lag) say_oldest(say);
  }
  /// Nothing follows: all that wait are said.
  template <class Say>
  void end(Say&& say) {
    while (held_ > 0)
      say_oldest(say);
  }

 private:
  static constexpr int slots = lag + 1;
  template <class Say>
  void say_oldest(Say& say) {
    say(first_, oldest());
    ++first_;
    --held_;
  }
  [[nodiscard]] float oldest() const noexcept;

  const Parameters* parameters_;
  std::array<float, slots> odds_{};
  std::int64_t first_ = 0;  ///< the oldest that waits
  int held_ = 0;
};

}  // namespace vigil::sleep

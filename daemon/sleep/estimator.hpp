#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/event.hpp"
#include "sleep/clues.hpp"
#include "sleep/durations.hpp"

namespace vigil::sleep {

inline constexpr std::size_t classes = 10;  ///< of a clue
inline constexpr std::size_t company = 2;   ///< 0: bed or wrist tells movement alone, 1: both do
/// Hindsight looks at an epoch's log odds and at those so many epochs later.
inline constexpr std::array<int, 8> looks_ahead{0, 1, 2, 4, 6, 10, 14, 20};

/// What the estimator knows beforehand: sleep/fitted.cpp, made by `./dev fit`.
struct Parameters {
  DurationTables durations;
  /// Log odds of sleep, a sum over the clues that are known: each falls into a class between its edges, and
  /// the class has its weight.
  std::array<std::array<float, classes - 1>, clue_count> edges;
  std::array<std::array<std::array<float, classes>, company>, clue_count> weights;
  std::array<float, company> intercept;
  std::array<float, 4> asleep_from;             ///< by Clues::movers: P(asleep) from which it is called sleep
  std::array<float, 4> asleep_in_hindsight;     ///< the same of hindsight, where TST is right on the whole
  std::array<float, looks_ahead.size()> ahead;  ///< hindsight: what each look is worth,
  float ahead_intercept;                        ///< and what is added
  float usual;  ///< log odds of sleep in bed, where nothing but the time is known
};

/// P(asleep), second by second: a scorecard over whatever clues there are, among them how long states of
/// sleep and wake last (Durations). A clue that is missing adds nothing, so that the belief draws nearer to
/// what is usual. Certain wake is certain: 0 at the moment when a hand did something and while the bed is
/// empty; after a hand never more than the chance that such a wake is over by then. No allocation.
class Estimator {
 public:
  static const Algorithm& algorithm();  ///< "estimator"
  explicit Estimator(const Parameters& parameters) noexcept;

  void second(const Clues& clues) noexcept;
  /// Nothing is known of the person any more, but that somebody may lie there.
  void forget() noexcept { believe(0.5F); }
  /// What the log says of the moment before a restart.
  void believe(float p_asleep) noexcept;

  [[nodiscard]] float p_asleep() const noexcept { return p_asleep_; }
  /// The same as log odds, -7 to 7.
  [[nodiscard]] float log_odds() const noexcept { return log_odds_; }
  /// By movement and durations; sums to 1.
  [[nodiscard]] PerState states() const noexcept { return durations_.states(); }

  /// Whether that is called sleep, by the sensors that told movement then.
  [[nodiscard]] bool asleep(float p_asleep, Movers movers) const noexcept {
    return p_asleep >= parameters_->asleep_from[static_cast<std::size_t>(movers)];
  }
  /// The same of what hindsight believes.
  [[nodiscard]] bool was_asleep(float p_asleep, Movers movers) const noexcept {
    return p_asleep >= parameters_->asleep_in_hindsight[static_cast<std::size_t>(movers)];
  }

  /// The scorecard alone.
  static float scorecard(const Parameters& parameters, const Clues& clues) noexcept;

 private:
  const Parameters* parameters_;
  Durations durations_;
  float p_asleep_ = 0.5F, log_odds_ = 0;
  float over_ = 1;    ///< chance that the wake that was certain is over
  int over_age_ = 0;  ///< s since it was
};

/// Those of sleep/fitted.cpp.
const Parameters& parameters() noexcept;

}  // namespace vigil::sleep

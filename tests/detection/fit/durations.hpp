#pragma once
#include <vector>

#include "detection/fit/nights.hpp"

namespace vigil::detection {

/// The hidden state of every second, by the simulation's truth.
std::vector<sleep::Hidden> name_states(const std::vector<True>& truth);

/// Durations, transitions and movements, counted; with a prior that keeps what was never seen possible.
class Counted {
 public:
  void count(const std::vector<sleep::Hidden>& hidden);
  void count_moves(const Night& night);
  /// Seconds hang together: their likelihoods count to the power `weight`.
  void into(sleep::DurationTables& p, double weight) const;

 private:
  std::array<std::array<float, sleep::ages>, sleep::hidden_states> stayed_{}, left_{};
  std::array<std::array<sleep::PerState, sleep::age_groups>, sleep::hidden_states> to_{};
  std::array<std::array<std::array<std::array<double, sleep::hidden_states>, sleep::move_classes>,
                        sleep::ago_classes>,
             3>
      moves_{};
};

}  // namespace vigil::detection

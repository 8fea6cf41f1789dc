#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "detection/fit/nights.hpp"

namespace vigil::detection {

/// Additive logistic regression over the clues in classes, by Adam's method.
class Scorecard {
 public:
  /// Each edge leaves such a share of what lies above the one before beneath it: what is rare has classes of
  /// its own, since it says most; a value that many share keeps one as well.
  static void edges(const Nights& nights, sleep::Parameters& p);
  /// Looks at a night, every `look_s`, each look counting `worth`.
  void look(const Night& night, Sensors sensors, const sleep::Parameters& p, float worth);
  /// The weights, the intercepts and what is usual.
  void fit(sleep::Parameters& p) const;

 private:
  /// The class of each clue (255: not seen), and the truth.
  struct Look {
    std::array<std::uint8_t, sleep::clue_count> classes;
    std::uint8_t with = 0;
    bool asleep = false;
    float worth = 1;
  };
  std::vector<Look> looks_;
  float in_bed_ = 0, asleep_ = 0;
};

}  // namespace vigil::detection

#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "detection/fit/nights.hpp"

namespace vigil::detection {

/// What the estimator says on a set of nights, epoch by epoch within the night.
struct Epoch {
  float p = 0;          ///< live
  float odds = 0;       ///< mean of its log odds
  bool asleep = false;  ///< truly
  bool counts = false;  ///< within the night, in bed
};
struct Score {
  std::vector<std::vector<Epoch>> nights;
  template <class Each>
  void each(Each&& f) const {
    for (const auto& night : nights)
      for (const Epoch& e : night)
        if (e.counts) f(e);
  }
  [[nodiscard]] double mean_loss() const {
    double loss = 0;
    long n = 0;
    each([&](const Epoch& e) {
      loss -= std::log(std::clamp(e.asleep ? e.p : 1 - e.p, 0.001F, 1.0F));
      ++n;
    });
    return loss / static_cast<double>(n);
  }
};

Score run(const std::vector<Night>& nights, const sleep::Parameters& p);

/// Hindsight: how each epoch's log odds and those after it tell sleep.
void look_ahead(const OfSensors<Score>& scores, sleep::Parameters& p);

/// Live, where sleep is called so from P = `from`.
double sensitivity(const Score& s, float from);
double specificity(const Score& s, float from);
/// The line that still calls so much of the sleep sleep.
float line_of(const Score& s, double least_sensitivity);

/// By which sensors tell movement: P in hindsight from which as many epochs are called sleep as truly were.
std::array<float, 4> even_lines(const OfSensors<Score>& scores, const sleep::Parameters& p);

}  // namespace vigil::detection

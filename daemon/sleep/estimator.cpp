#include "sleep/estimator.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::sleep {
namespace {

constexpr float surest = 7;

std::size_t age_of(int seconds) noexcept {
  int end = 0;
  for (std::size_t a = 0; a + 1 < ages; ++a)
    if (seconds < (end += age_width_s[a])) return a;
  return ages - 1;
}

}  // namespace

const Algorithm& Estimator::algorithm() {
  static constexpr Algorithm it{"estimator", "2"};
  return it;
}

Estimator::Estimator(const Parameters& parameters) noexcept
    : parameters_(&parameters), durations_(parameters.durations) {}

void Estimator::believe(float p_asleep) noexcept {
  durations_.believe(p_asleep);
  p_asleep_ = p_asleep;
  log_odds_ = std::clamp(std::log(p_asleep / (1 - p_asleep)), -surest, surest);
  over_ = 1;
}

float Estimator::scorecard(const Parameters& p, const Clues& clues) noexcept {
  const std::size_t with = clues.movers == Movers::both;
  if (!clues.any()) return p.usual;
  float odds = p.intercept[with];
  for (std::size_t c = 0; c < clue_count; ++c) {
    const float v = clues.values[c];
    if (!(v == v)) continue;
    std::size_t k = 0;
    for (const float edge : p.edges[c])
      k += v >= edge;
    odds += p.weights[c][with][k];
  }
  return odds;
}

void Estimator::second(const Clues& clues) noexcept {
  durations_.second(clues);
  if (clues.awake) {
    over_ = 0;
    over_age_ = 0;
  } else if (over_ < 1) {
    over_ += (1 - over_) * parameters_->durations.leave[at(Hidden::awake)][age_of(over_age_++)];
    if (over_ > 0.99F) over_ = 1;
  }
  if (clues.awake || (clues.in_bed && !*clues.in_bed)) {
    p_asleep_ = 0;
    log_odds_ = -surest;
    return;
  }
  Clues all = clues;
  all.values[at(Clue::durations)] = durations_.log_odds();
  log_odds_ = std::clamp(scorecard(*parameters_, all), -surest, surest);
  p_asleep_ = 1 / (1 + std::exp(-log_odds_));
  if (p_asleep_ > over_) {
    p_asleep_ = over_;
    log_odds_ = std::max(std::log(over_ / (1 - over_)), -surest);
  }
}

}  // namespace vigil::sleep

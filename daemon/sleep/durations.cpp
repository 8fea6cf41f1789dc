#include "sleep/durations.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::sleep {
namespace {

constexpr std::array<float, ages> grow = [] {
  std::array<float, ages> g{};
  for (std::size_t a = 0; a + 1 < ages; ++a)
    g[a] = 1.0F / static_cast<float>(age_width_s[a]);
  return g;
}();

}  // namespace

void Durations::believe(float p_asleep) noexcept {
  mass_ = {};
  constexpr std::size_t a_while = 8;
  mass_[a_while][at(Hidden::asleep)] = p_asleep;
  mass_[a_while][at(Hidden::awake)] = 1 - p_asleep;
}

PerState Durations::likelihood(const Clues& c) const noexcept {
  PerState l;
  l.fill(1);
  if (c.in_bed && !*c.in_bed) {
    l.fill(0);
    l[at(Hidden::out_of_bed)] = 1;
    return l;
  }
  if (c.move >= 0 && c.movers != Movers::none)
    l = tables_->moves[static_cast<std::size_t>(c.movers) - 1][static_cast<std::size_t>(c.ago)]
                      [static_cast<std::size_t>(c.move)];
  if (c.in_bed) l[at(Hidden::out_of_bed)] = 0;
  if (c.awake)
    for (std::size_t s = 0; s < hidden_states; ++s)
      if (sleeps(s)) l[s] = 0;
  return l;
}

void Durations::step() noexcept {
  std::array<PerState, age_groups> leaving{};
  PerState older{};
  for (std::size_t a = 0; a < ages; ++a) {
    PerState& leaves = leaving[age_group(a)];
    for (std::size_t s = 0; s < hidden_states; ++s) {
      const float gone = mass_[a][s] * tables_->leave[s][a];
      leaves[s] += gone;
      const float stays = mass_[a][s] - gone;
      const float ages_on = stays * grow[a];
      mass_[a][s] = stays - ages_on + older[s];
      older[s] = ages_on;
    }
  }
  for (std::size_t g = 0; g < age_groups; ++g)
    for (std::size_t s = 0; s < hidden_states; ++s)
      for (std::size_t to = 0; to < hidden_states; ++to)
        mass_[0][to] += leaving[g][s] * tables_->next[s][g][to];
}

void Durations::second(const Clues& clues) noexcept {
  step();
  const PerState l = likelihood(clues);
  float sum = 0;
  for (PerState& row : mass_)
    for (std::size_t s = 0; s < hidden_states; ++s)
      sum += row[s] *= l[s];
  if (!(sum > 1e-30F)) {
    // What was certain before is not now: somebody came to bed or left it, or woke against all odds.
    const auto is = clues.in_bed && !*clues.in_bed ? Hidden::out_of_bed
                    : clues.awake                  ? Hidden::awake
                                                   : Hidden::settling;
    mass_ = {};
    mass_[0][at(is)] = sum = 1;
  }
  for (PerState& row : mass_)
    for (float& m : row)
      m /= sum;
}

PerState Durations::states() const noexcept {
  PerState all{};
  for (const PerState& row : mass_)
    for (std::size_t s = 0; s < hidden_states; ++s)
      all[s] += row[s];
  return all;
}

float Durations::log_odds() const noexcept {
  const PerState is = states();
  float asleep = 0, awake = 0;
  for (std::size_t s = 0; s < hidden_states; ++s)
    (sleeps(s) ? asleep : awake) += is[s];
  return std::log(std::max(asleep, 1e-4F) / std::max(awake, 1e-4F));
}

}  // namespace vigil::sleep

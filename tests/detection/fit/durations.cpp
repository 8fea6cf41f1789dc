#include "detection/fit/durations.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::detection {

using drivers::synthetic::Truth;
using sleep::at;
using sleep::Clues;
using sleep::DurationTables;
using sleep::Hidden;
using sleep::hidden_states;
using sleep::PerState;

namespace {

// Moving so many of five minutes' seconds while asleep is restless: what the page calls so.
constexpr int restless_window_s = 300, restless_s = 30;

std::size_t age_of(int seconds) {
  int end = 0;
  for (std::size_t a = 0; a + 1 < sleep::ages; ++a)
    if (seconds < (end += sleep::age_width_s[a])) return a;
  return sleep::ages - 1;
}

}  // namespace

std::vector<Hidden> name_states(const std::vector<True>& truth) {
  std::vector<Hidden> hidden(truth.size());
  bool slept = false;
  int moving = 0;
  const auto n = static_cast<std::ptrdiff_t>(truth.size());
  const auto moves = [&](std::ptrdiff_t i) {
    return i >= 0 && i < n && truth[static_cast<std::size_t>(i)].truth == Truth::asleep &&
           truth[static_cast<std::size_t>(i)].moving;
  };
  for (std::ptrdiff_t i = -restless_window_s / 2; i < n; ++i) {
    moving += moves(i + restless_window_s / 2) - moves(i - restless_window_s / 2);
    if (i < 0) continue;
    const True& t = truth[static_cast<std::size_t>(i)];
    Hidden h = Hidden::out_of_bed;
    if (t.truth == Truth::out_of_bed)
      slept = false;
    else if (t.truth == Truth::asleep)
      slept = true, h = t.arousal              ? Hidden::arousal
                        : moving >= restless_s ? Hidden::restless
                                               : Hidden::asleep;
    else
      h = slept ? Hidden::awake : Hidden::settling;
    hidden[static_cast<std::size_t>(i)] = h;
  }
  return hidden;
}

void Counted::count(const std::vector<Hidden>& hidden) {
  int since = 0;
  // What lies before the first bed entry and after the last exit is the day, not a trip.
  const auto in_bed = [](Hidden h) { return h != Hidden::out_of_bed; };
  const auto begin = static_cast<std::size_t>(std::ranges::find_if(hidden, in_bed) - hidden.begin());
  auto end = hidden.size();
  while (end > begin && !in_bed(hidden[end - 1]))
    --end;
  for (std::size_t i = begin; i < end; ++i, ++since) {
    if (i + 1 == hidden.size()) break;
    const auto s = at(hidden[i]);
    const auto age = age_of(since);
    stayed_[s][age] += 1;
    if (hidden[i + 1] == hidden[i]) continue;
    left_[s][age] += 1;
    to_[s][sleep::age_group(age)][at(hidden[i + 1])] += 1;
    since = -1;
  }
}

void Counted::count_moves(const Night& night) {
  for (std::size_t i = 0; i < night.hidden.size(); ++i) {
    const Clues& c = night.played.clues[i];
    if (c.move >= 0 && c.movers != sleep::Movers::none)
      moves_[static_cast<std::size_t>(c.movers) - 1][static_cast<std::size_t>(c.ago)]
            [static_cast<std::size_t>(c.move)][at(night.hidden[i])] += 1;
  }
}

void Counted::into(DurationTables& p, double weight) const {
  for (std::size_t s = 0; s < hidden_states; ++s) {
    float all_stayed = 0, all_left = 0;
    PerState all_to{};
    for (std::size_t a = 0; a < sleep::ages; ++a)
      all_stayed += stayed_[s][a], all_left += left_[s][a];
    for (const auto& group : to_[s])
      for (std::size_t t = 0; t < hidden_states; ++t)
        all_to[t] += group[t];
    const float mean = (all_left + 0.5F) / (all_stayed + 100);
    for (std::size_t a = 0; a < sleep::ages; ++a)
      p.leave[s][a] = std::min((left_[s][a] + mean * 50) / (stayed_[s][a] + 50), 0.95F);
    if (s == at(Hidden::arousal))  // by its definition none is longer than 15 s: what goes on is no arousal
      for (std::size_t a = 5; a < sleep::ages; ++a)
        p.leave[s][a] = 0.9F;
    if (s == at(Hidden::out_of_bed))  // who is up by day lies down some time
      for (float& leaves : p.leave[s])
        leaves = std::max(leaves, 1.0F / 3600);
    for (std::size_t g = 0; g < sleep::age_groups; ++g) {
      float sum = 0;
      for (std::size_t t = 0; t < hidden_states; ++t)
        sum += p.next[s][g][t] =
            t == s ? 0 : to_[s][g][t] + 5 * (all_to[t] + 0.05F) / (all_left + 0.05F * hidden_states);
      for (float& n : p.next[s][g])
        n /= sum;
    }
  }
  // What all states share in a row is the prior, worth 20 seconds; relative to the likeliest state.
  constexpr double prior = 20;
  for (std::size_t by = 0; by < moves_.size(); ++by)
    for (std::size_t ago = 0; ago < sleep::ago_classes; ++ago) {
      std::array<double, sleep::move_classes> shared;
      shared.fill(1);
      double all = sleep::move_classes;
      std::array<double, hidden_states> of_state{};
      for (std::size_t m = 0; m < sleep::move_classes; ++m)
        for (std::size_t s = 0; s < hidden_states; ++s) {
          const double n = moves_[by][ago][m][s];
          shared[m] += n, all += n, of_state[s] += n;
        }
      for (std::size_t m = 0; m < sleep::move_classes; ++m) {
        auto& row = p.moves[by][ago][m];
        const auto share = [&](std::size_t s) {
          return (moves_[by][ago][m][s] + prior * shared[m] / all) / (of_state[s] + prior);
        };
        for (std::size_t s = 0; s < hidden_states; ++s) {
          // Who is awake may move as nobody simulated does, on and on: now and then like somebody roused.
          constexpr double like_roused = 0.3;
          const bool wake = s == at(Hidden::awake) || s == at(Hidden::settling);
          const double is =
              wake ? (1 - like_roused) * share(s) + like_roused * share(at(Hidden::arousal)) : share(s);
          row[s] = static_cast<float>(std::pow(is, weight));
        }
        const float most = *std::ranges::max_element(row);
        for (float& x : row)
          x /= most;
      }
    }
}

}  // namespace vigil::detection

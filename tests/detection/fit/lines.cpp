#include "detection/fit/lines.hpp"

#include <functional>

namespace vigil::detection {

using sleep::Hidden;
using sleep::Parameters;

Score run(const std::vector<Night>& nights, const Parameters& p) {
  Score score;
  for (const Night& night : nights) {
    const auto truth = true_epochs(night.played.truth);
    const auto first = std::ranges::find(truth, EpochState::sleep) - truth.begin();
    const auto last = truth.rend() - std::ranges::find(truth.rbegin(), truth.rend(), EpochState::sleep);
    sleep::Estimator estimator(p);
    auto& epochs = score.nights.emplace_back();
    for (std::size_t e = 0; e < truth.size(); ++e) {
      Epoch epoch;
      for (std::size_t i = 0; i < 30; ++i) {
        estimator.second(night.played.clues[30 * e + i]);
        epoch.p += estimator.p_asleep() / 30, epoch.odds += estimator.log_odds() / 30;
      }
      const auto index = static_cast<std::ptrdiff_t>(e);
      epoch.asleep = truth[e] == EpochState::sleep;
      epoch.counts = index >= first && index < last && night.hidden[30 * e + 15] != Hidden::out_of_bed;
      epochs.push_back(epoch);
    }
  }
  return score;
}

void look_ahead(const OfSensors<Score>& scores, Parameters& p) {
  constexpr std::size_t n = sleep::looks_ahead.size() + 1;
  std::array<double, n> w{};
  w[0] = 0.5;
  for (int round = 0; round < 60; ++round) {
    std::array<double, n> gradient{};
    std::array<std::array<double, n>, n> bend{};
    for (const Score& s : scores)
      for (const auto& night : s.nights)
        for (std::size_t e = 0; e < night.size(); ++e) {
          if (!night[e].counts) continue;
          std::array<double, n> x{};
          x[n - 1] = 1;
          for (std::size_t k = 0; k + 1 < n; ++k)
            x[k] = double{
                night[std::min(e + static_cast<std::size_t>(sleep::looks_ahead[k]), night.size() - 1)].odds};
          double odds = 0;
          for (std::size_t k = 0; k < n; ++k)
            odds += w[k] * x[k];
          const double q = 1 / (1 + std::exp(-odds));
          for (std::size_t k = 0; k < n; ++k) {
            gradient[k] += (q - (night[e].asleep ? 1 : 0)) * x[k];
            for (std::size_t j = 0; j < n; ++j)
              bend[k][j] += q * (1 - q) * x[k] * x[j];
          }
        }
    // Newton's step, by elimination.
    std::array<double, n> step = gradient;
    for (std::size_t k = 0; k < n; ++k)
      bend[k][k] += 1;
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t i = k + 1; i < n; ++i) {
        const double f = bend[i][k] / bend[k][k];
        for (std::size_t j = k; j < n; ++j)
          bend[i][j] -= f * bend[k][j];
        step[i] -= f * step[k];
      }
    for (std::size_t k = n; k-- > 0;) {
      for (std::size_t j = k + 1; j < n; ++j)
        step[k] -= bend[k][j] * step[j];
      step[k] /= bend[k][k];
      w[k] -= step[k];
    }
  }
  for (std::size_t k = 0; k + 1 < n; ++k)
    p.ahead[k] = static_cast<float>(w[k]);
  p.ahead_intercept = static_cast<float>(w[n - 1]);
}

double sensitivity(const Score& s, float from) {
  double hit = 0, all = 0;
  s.each([&](const Epoch& e) {
    if (e.asleep) all += 1, hit += e.p >= from;
  });
  return hit / all;
}
double specificity(const Score& s, float from) {
  double hit = 0, all = 0;
  s.each([&](const Epoch& e) {
    if (!e.asleep) all += 1, hit += e.p < from;
  });
  return hit / all;
}

float line_of(const Score& s, double least_sensitivity) {
  float from = 0.3F;
  while (from < 0.98F && sensitivity(s, from + 0.005F) >= least_sensitivity)
    from += 0.005F;
  return from;
}

std::array<float, 4> even_lines(const OfSensors<Score>& scores, const Parameters& p) {
  std::array<std::vector<float>, 4> said;
  std::array<std::size_t, 4> asleep{};
  for (std::size_t k = 0; k < all_sensors.size(); ++k) {
    const auto by = static_cast<std::size_t>(movers_of(all_sensors[k]));
    for (const auto& night : scores[k].nights)
      for (std::size_t e = 0; e < night.size(); ++e) {
        if (!night[e].counts) continue;
        float odds = p.ahead_intercept;
        for (std::size_t i = 0; i < sleep::looks_ahead.size(); ++i)
          odds += p.ahead[i] *
                  night[std::min(e + static_cast<std::size_t>(sleep::looks_ahead[i]), night.size() - 1)].odds;
        said[by].push_back(1 / (1 + std::exp(-odds)));
        asleep[by] += night[e].asleep;
      }
  }
  std::array<float, 4> lines{};
  for (std::size_t by = 0; by < lines.size(); ++by) {
    std::ranges::sort(said[by], std::greater{});
    lines[by] = said[by].at(asleep[by]);
  }
  return lines;
}

}  // namespace vigil::detection

#include "detection/fit/scorecard.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>

namespace vigil::detection {

using sleep::at;
using sleep::Clues;
using sleep::Hidden;
using sleep::Parameters;

namespace {

bool by_bed(Sensors s) { return s != Sensors::wrist && s != Sensors::counts; }

// What more of a clue may say: -1 never more for sleep, 1 never less. A partner who climbs into bed shakes
// sleepers as nothing else does; without this the strongest movement would speak for sleep.
int direction(std::size_t clue) {
  using sleep::Clue;
  switch (static_cast<Clue>(clue)) {
    case Clue::bed_since_moved:
    case Clue::bed_since_strong:
    case Clue::wrist_since_some:
    case Clue::wrist_since_moved:
    case Clue::counts_since_some:
    case Clue::breath_quality_30s:
    case Clue::breath_quality_3min:
    case Clue::durations:
      return 1;
    case Clue::since_turned:
    case Clue::breath_from_own:
    case Clue::in_bed_for:
      return 0;
    default:
      return -1;
  }
}

// The nearest row that only goes one way: neighbours that go the other are pooled.
void one_way(std::span<double> row, int way) {
  std::vector<std::pair<double, int>> pools;
  for (const double x : row) {
    pools.emplace_back(way * x, 1);
    while (pools.size() > 1 && pools[pools.size() - 2].first > pools.back().first) {
      const auto [last, n] = pools.back();
      pools.pop_back();
      auto& [mean, m] = pools.back();
      mean = (mean * m + last * n) / (m + n);
      m += n;
    }
  }
  std::size_t i = 0;
  for (const auto& [mean, n] : pools)
    for (int k = 0; k < n; ++k)
      row[i++] = way * mean;
}

}  // namespace

void Scorecard::edges(const Nights& nights, Parameters& p) {
  constexpr std::array<double, sleep::classes - 1> beneath{0.1, 0.2, 0.25, 0.35, 0.45, 0.5, 0.6, 0.65, 0.7};
  for (std::size_t c = 0; c < sleep::clue_count; ++c) {
    if (c == at(sleep::Clue::in_bed_for)) {  // the first hour is what matters
      p.edges[c] = {120, 300, 600, 900, 1200, 1800, 2700, 3600, 7200};
      continue;
    }
    std::vector<float> seen;
    for (std::size_t k = 0; k < nights.size(); ++k)
      for (const Night& night : nights[k])
        for (std::size_t i = 0; i < night.hidden.size(); i += 7 * look_s)
          if (const float v = night.played.clues[i].values[c];
              v == v && night.hidden[i] != Hidden::out_of_bed)
            seen.push_back(v);
    std::ranges::sort(seen);
    float last = -1e30F;
    for (std::size_t e = 0; e + 1 < sleep::classes; ++e) {
      float edge = 1e30F;
      if (!seen.empty()) {
        const auto rest = std::ranges::upper_bound(seen, std::max(last, seen.front()));
        const auto n = static_cast<std::size_t>(seen.end() - rest);
        if (n > 0 && c == at(sleep::Clue::durations)) {  // both ends say much
          constexpr std::array<double, sleep::classes - 1> share{0.02, 0.05, 0.1, 0.2, 0.35,
                                                                 0.5,  0.65, 0.8, 0.92};
          edge = seen[static_cast<std::size_t>(share[e] * static_cast<double>(seen.size()))];
        } else if (n > 0)
          edge = *(rest + static_cast<std::ptrdiff_t>(beneath[e] * static_cast<double>(n)));
      }
      p.edges[c][e] = last = edge;
    }
  }
}

void Scorecard::look(const Night& night, Sensors sensors, const Parameters& p, float worth) {
  for (std::size_t i = look_s - 1; i < night.hidden.size(); i += look_s) {
    const Clues& clues = night.played.clues[i];
    const bool up = night.hidden[i] == Hidden::out_of_bed;
    if (up && (by_bed(sensors) || i % (3 * look_s) != look_s - 1)) continue;
    Look l;
    bool any = false;
    for (std::size_t c = 0; c < sleep::clue_count; ++c) {
      const float v = clues.values[c];
      l.classes[c] = 255;
      if (!(v == v)) continue;
      any = any || c < at(sleep::Clue::in_bed_for);
      l.classes[c] = 0;
      for (const float edge : p.edges[c])
        l.classes[c] = static_cast<std::uint8_t>(l.classes[c] + (v >= edge));
    }
    if (!any) continue;
    l.with = clues.movers == sleep::Movers::both;
    l.asleep = sleep::sleeps(at(night.hidden[i]));
    l.worth = worth;
    looks_.push_back(l);
    if (!up) in_bed_ += worth, asleep_ += l.asleep ? worth : 0;
  }
}

void Scorecard::fit(Parameters& p) const {
  constexpr std::size_t n = sleep::clue_count * sleep::company * sleep::classes + sleep::company;
  const auto place = [](std::size_t clue, std::size_t with, std::size_t k) {
    return (clue * sleep::company + with) * sleep::classes + k;
  };
  std::vector<double> w(n), gradient(n), first(n), second(n);
  double worth = 0;
  for (const Look& l : looks_)
    worth += double{l.worth};
  p.usual = static_cast<float>(std::log(asleep_ / (in_bed_ - asleep_)));
  w[n - 2] = w[n - 1] = double{p.usual};
  constexpr double shrink = 2e-5, smooth = 1e-4, rate = 0.04;
  for (int round = 1; round <= 400; ++round) {
    std::ranges::fill(gradient, 0);
    double loss = 0;
    for (const Look& l : looks_) {
      double odds = w[n - 2 + l.with];
      for (std::size_t c = 0; c < sleep::clue_count; ++c)
        if (l.classes[c] != 255) odds += w[place(c, l.with, l.classes[c])];
      const double p_asleep = 1 / (1 + std::exp(-odds));
      loss -= double{l.worth} * std::log(std::max(l.asleep ? p_asleep : 1 - p_asleep, 1e-9));
      const double off = (p_asleep - (l.asleep ? 1 : 0)) * double{l.worth} / worth;
      gradient[n - 2 + l.with] += off;
      for (std::size_t c = 0; c < sleep::clue_count; ++c)
        if (l.classes[c] != 255) gradient[place(c, l.with, l.classes[c])] += off;
    }
    for (std::size_t i = 0; i + 2 < n; ++i) {
      gradient[i] += shrink * w[i];
      if (i % sleep::classes != 0) gradient[i] += smooth * (w[i] - w[i - 1]);
      if (i % sleep::classes != sleep::classes - 1) gradient[i] += smooth * (w[i] - w[i + 1]);
    }
    for (std::size_t i = 0; i < n; ++i) {
      first[i] += 0.1 * (gradient[i] - first[i]);
      second[i] += 0.01 * (gradient[i] * gradient[i] - second[i]);
      const double f = first[i] / (1 - std::pow(0.9, round)), s = second[i] / (1 - std::pow(0.99, round));
      w[i] -= rate * std::min(1.0, 200.0 / round) * f / (std::sqrt(s) + 1e-8);
    }
    for (std::size_t c = 0; c < sleep::clue_count; ++c)
      if (const int way = direction(c); way != 0)
        for (std::size_t with = 0; with < sleep::company; ++with)
          one_way(std::span(w).subspan(place(c, with, 0), sleep::classes), way);
    if (round % 100 == 0) std::fprintf(stderr, "scorecard, round %d: log loss %.4f\n", round, loss / worth);
  }
  for (std::size_t c = 0; c < sleep::clue_count; ++c)
    for (std::size_t with = 0; with < sleep::company; ++with)
      for (std::size_t k = 0; k < sleep::classes; ++k)
        p.weights[c][with][k] = static_cast<float>(w[place(c, with, k)]);
  for (std::size_t with = 0; with < sleep::company; ++with)
    p.intercept[with] = static_cast<float>(w[n - 2 + with]);
}

}  // namespace vigil::detection

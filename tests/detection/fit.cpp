// Fits what the estimator knows beforehand (daemon/sleep/fitted.cpp) on the training part of the simulated
// cohort:
//   fit OUT.cpp
// The truth of the simulation names the hidden state of every second, so durations, transitions and movements
// are counted. The scorecard is an additive logistic regression over the clues in classes, all sensor sets
// together, by Adam's method; hindsight one over what it said later; the line between sleep and wake is drawn
// on the same nights.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <thread>

#include "detection/cohort.hpp"
#include "detection/played.hpp"
#include "sleep/estimator.hpp"

namespace vigil::detection {
namespace {

using drivers::synthetic::Truth;
using sleep::at;
using sleep::Clues;
using sleep::DurationTables;
using sleep::Hidden;
using sleep::hidden_states;
using sleep::Parameters;
using sleep::PerState;
using test::Subject;

// Moving so many of five minutes' seconds while asleep is restless: what the page calls so.
constexpr int restless_window_s = 300, restless_s = 30;
// One look at the scorecard in so many seconds: neighbours say the same.
constexpr std::size_t look_s = 10;

constexpr std::array all_sensors{Sensors::scale,  Sensors::wrist, Sensors::all,
                                 Sensors::counts, Sensors::cells, Sensors::known};
sleep::Movers movers_of(Sensors s) {
  return s == Sensors::all || s == Sensors::known ? sleep::Movers::both
         : s == Sensors::wrist                    ? sleep::Movers::wrist
         : s == Sensors::counts                   ? sleep::Movers::none
                                                  : sleep::Movers::bed;
}
bool by_bed(Sensors s) { return s != Sensors::wrist && s != Sensors::counts; }

struct Night {
  Played played;
  std::vector<Hidden> hidden;
};

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

std::size_t age_of(int seconds) {
  int end = 0;
  for (std::size_t a = 0; a + 1 < sleep::ages; ++a)
    if (seconds < (end += sleep::age_width_s[a])) return a;
  return sleep::ages - 1;
}

// Durations, transitions and movements, counted; with a prior that keeps what was never seen possible.
class Counted {
 public:
  void count(const std::vector<Hidden>& hidden) {
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
  void count_moves(const Night& night) {
    for (std::size_t i = 0; i < night.hidden.size(); ++i) {
      const Clues& c = night.played.clues[i];
      if (c.move >= 0 && c.movers != sleep::Movers::none)
        moves_[static_cast<std::size_t>(c.movers) - 1][static_cast<std::size_t>(c.ago)]
              [static_cast<std::size_t>(c.move)][at(night.hidden[i])] += 1;
    }
  }
  // Seconds hang together: their likelihoods count to the power `weight`.
  void into(DurationTables& p, double weight) const {
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

 private:
  std::array<std::array<float, sleep::ages>, hidden_states> stayed_{}, left_{};
  std::array<std::array<PerState, sleep::age_groups>, hidden_states> to_{};
  std::array<
      std::array<std::array<std::array<double, hidden_states>, sleep::move_classes>, sleep::ago_classes>, 3>
      moves_{};
};

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

// One look: the class of each clue (255: not seen), and the truth.
struct Look {
  std::array<std::uint8_t, sleep::clue_count> classes;
  std::uint8_t with = 0;
  bool asleep = false;
  float worth = 1;
};

class Scorecard {
 public:
  // Each edge leaves such a share of what lies above the one before beneath it: what is rare has classes of
  // its own, since it says most; a value that many share keeps one as well.
  void edges(const std::array<std::vector<Night>, all_sensors.size()>& nights, Parameters& p) {
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
  void look(const Night& night, Sensors sensors, const Parameters& p, float worth) {
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
  void fit(Parameters& p) const {
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

 private:
  std::vector<Look> looks_;
  float in_bed_ = 0, asleep_ = 0;
};

// What it says on a set of nights, epoch by epoch within the night.
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

// How each epoch's log odds and those after it tell sleep.
void look_ahead(const std::array<Score, all_sensors.size()>& scores, Parameters& p) {
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

// By which sensors tell movement: P in hindsight from which as many epochs are called sleep as truly were.
std::array<float, 4> even_lines(const std::array<Score, all_sensors.size()>& scores, const Parameters& p) {
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

// As a constant of C++: four digits, always with a point or an exponent.
std::string number(float x) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", double{x});
  std::string s = text.data();
  if (s.find_first_of(".e") == std::string::npos) s += '.';
  return s + 'F';
}
template <std::size_t N>
void write(std::FILE* out, const std::array<float, N>& row) {
  std::fputs("{", out);
  for (std::size_t i = 0; i < N; ++i)
    std::fprintf(out, "%s%s", i ? ", " : "", number(row[i]).c_str());
  std::fputs("}", out);
}
template <class T, std::size_t N>
void write(std::FILE* out, const std::array<T, N>& rows) {
  std::fputs("{{", out);
  for (std::size_t i = 0; i < N; ++i) {
    write(out, rows[i]);
    std::fputs(i + 1 < N ? ",\n" : "", out);
  }
  std::fputs("}}", out);
}

void write(std::FILE* out, const Parameters& p, const std::string& found) {
  const auto field = [out](const char* name, const char* what, const auto& table) {
    std::fprintf(out, "\n      // %s\n      .%s =\n", what, name);
    write(out, table);
    std::fputs(",\n", out);
  };
  std::fputs(
      "// What the estimator knows beforehand. Made by `./dev fit` out of the training part of the "
      "simulated\n"
      "// cohort (tests/detection/cohort.hpp): not to be edited by hand. Sources, as the simulator names "
      "them at\n"
      "// each number (drivers/synthetic/): durations of sleep and wake after Lo et al. 2004 (PNAS "
      "101:17545),\n"
      "// turns after Skarpsno et al. 2017 (Nat Sci Sleep 9:267), still wake after Marino et al. 2013 "
      "(Sleep\n"
      "// 36:1747); what has no source is marked as chosen there. None of it was seen in a real person.\n",
      out);
  std::fputs(found.c_str(), out);
  std::fputs(
      "#include \"sleep/estimator.hpp\"\n\nnamespace vigil::sleep {\n\n"
      "// A row of states: out_of_bed, settling, asleep, arousal, restless, awake. Clues in the order of "
      "clues.hpp.\n"
      "// clang-format off\n"
      "const Parameters& parameters() noexcept {\n  static constexpr Parameters it{\n",
      out);
  std::fputs("\n      .durations = {\n", out);
  field("leave",
        "a second's chance to leave each state, by its age: 1, 3, 6, 12, 25, 50, 100, 200, 400, 800, 1600 s, "
        "older",
        p.durations.leave);
  field("next", "where each goes, of an age below 12 s, below 100 s, older", p.durations.next);
  field("moves",
        "how likely each moves so (still, hardly, moving, strongly), by bed, wrist, both, and by when it "
        "last moved",
        p.durations.moves);
  std::fputs("      },\n", out);
  field("edges", "a line a clue", p.edges);
  field("weights", "log odds of sleep: two lines a clue, bed or wrist alone and both", p.weights);
  field("intercept", "of bed or wrist alone, of both", p.intercept);
  field("asleep_from",
        "P from which it is sleep, by minutes only, bed, wrist, both: 93.5 % of the sleep fitted on is still "
        "called so",
        p.asleep_from);
  field("asleep_in_hindsight", "the same in hindsight: as much is called sleep as there was, on the whole",
        p.asleep_in_hindsight);
  field("ahead",
        "hindsight: what the log odds of an epoch count for, and those 1, 2, 4, 6, 10, 14, 20 epochs later",
        p.ahead);
  std::fprintf(out,
               "\n      .ahead_intercept = %s,\n"
               "      // log odds of sleep in bed\n      .usual = %s,\n"
               "      };\n  return it;\n}\n// clang-format on\n\n}  // namespace vigil::sleep\n",
               number(p.ahead_intercept).c_str(), number(p.usual).c_str());
}

std::vector<Night> nights_of(const std::vector<Subject>& subjects, Sensors sensors) {
  std::vector<Night> nights(subjects.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < subjects.size(); i = next++) {
      nights[i].played = play(subjects[i].person, sensors);
      nights[i].hidden = name_states(nights[i].played.truth);
    }
  };
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
    others.emplace_back(work);
  work();
  others.clear();
  return nights;
}

int fit(const char* file) {
  const auto subjects = test::training();
  std::array<std::vector<Night>, all_sensors.size()> nights;
  const auto p = std::make_unique<Parameters>();
  Counted counted;
  for (std::size_t k = 0; k < all_sensors.size(); ++k) {
    nights[k] = nights_of(subjects, all_sensors[k]);
    for (const Night& night : nights[k]) {
      if (k == 0) counted.count(night.hidden);
      counted.count_moves(night);
    }
    std::fprintf(stderr, "%s: %zu nights\n", sensors_names[k].data(), nights[k].size());
  }
  const auto each_night = [&](auto&& f) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < all_sensors.size() * subjects.size(); i = next++)
        f(nights[i / subjects.size()][i % subjects.size()]);
    };
    std::jthread other(work);
    work();
  };
  float best = 0;
  double least = 1e30;
  for (const float weight : {0.2F, 0.35F, 0.5F, 0.7F, 1.0F}) {
    counted.into(p->durations, double{weight});
    std::atomic<double> loss{0};
    each_night([&](const Night& night) {
      sleep::Durations d(p->durations);
      double sum = 0;
      for (std::size_t i = 0; i < night.hidden.size(); ++i) {
        d.second(night.played.clues[i]);
        if (night.hidden[i] == Hidden::out_of_bed) continue;
        const double q = 1 / (1 + std::exp(-double{d.log_odds()}));
        sum -= std::log(sleep::sleeps(at(night.hidden[i])) ? q : 1 - q);
      }
      loss += sum;
    });
    std::fprintf(stderr, "movements to the power %.2f: loss %.0f\n", double{weight}, loss.load());
    if (loss < least) least = loss, best = weight;
  }
  counted.into(p->durations, double{best});
  each_night([&](Night& night) {
    sleep::Durations d(p->durations);
    for (Clues& clues : night.played.clues) {
      d.second(clues);
      clues.values[at(sleep::Clue::durations)] = d.log_odds();
    }
  });
  Scorecard scorecard;
  scorecard.edges(nights, *p);
  for (std::size_t k = 0; k < all_sensors.size(); ++k)
    for (const Night& night : nights[k])
      scorecard.look(night, all_sensors[k], *p, all_sensors[k] == Sensors::counts ? 0.5F : 1.0F);
  scorecard.fit(*p);

  std::array<Score, all_sensors.size()> scores;
  {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t k = next++; k < all_sensors.size(); k = next++)
        scores[k] = run(nights[k], *p);
    };
    std::jthread other(work);
    work();
  }
  look_ahead(scores, *p);
  p->asleep_in_hindsight = even_lines(scores, *p);
  // By which sensors tell movement: the line of the least sure set among those.
  p->asleep_from.fill(0.98F);
  for (std::size_t k = 0; k < all_sensors.size(); ++k) {
    float from = 0.3F;
    while (from < 0.98F && sensitivity(scores[k], from + 0.005F) >= 0.935)
      from += 0.005F;
    auto& line = p->asleep_from[static_cast<std::size_t>(movers_of(all_sensors[k]))];
    line = std::min(line, from);
  }
  std::string found = "// Within the nights it was fitted on, live:\n";
  for (std::size_t k = 0; k < all_sensors.size(); ++k) {
    const float from = p->asleep_from[static_cast<std::size_t>(movers_of(all_sensors[k]))];
    std::array<char, 160> line{};
    std::snprintf(line.data(), line.size(), "// - %s: sensitivity %.3f, specificity %.3f, log loss %.3f\n",
                  sensors_names[k].data(), sensitivity(scores[k], from), specificity(scores[k], from),
                  scores[k].mean_loss());
    found += line.data();
  }
  std::fputs(found.c_str(), stderr);
  std::FILE* out = std::fopen(file, "w");
  if (out == nullptr) {
    std::fprintf(stderr, "fit: %s cannot be written\n", file);
    return 2;
  }
  write(out, *p, found);
  std::fclose(out);
  return 0;
}

}  // namespace
}  // namespace vigil::detection

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "fit OUT.cpp\n");
    return 2;
  }
  return vigil::detection::fit(argv[1]);
}

// Fits what the estimator knows beforehand (daemon/sleep/fitted.cpp) on the training part of the simulated
// cohort:
//   fit OUT.cpp
// The truth of the simulation names the hidden state of every second, so durations, transitions and movements
// are counted. The scorecard is an additive logistic regression over the clues in classes, all sensor sets
// together, by Adam's method; hindsight one over what it said later; the line between sleep and wake is drawn
// on the same nights.
#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "detection/cohort.hpp"
#include "detection/fit/durations.hpp"
#include "detection/fit/lines.hpp"
#include "detection/fit/scorecard.hpp"
#include "detection/fit/written.hpp"

namespace vigil::detection {
namespace {

using sleep::at;
using sleep::Clues;
using sleep::Hidden;
using sleep::Parameters;
using test::Subject;

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
  Nights nights;
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
  Scorecard::edges(nights, *p);
  for (std::size_t k = 0; k < all_sensors.size(); ++k)
    for (const Night& night : nights[k])
      scorecard.look(night, all_sensors[k], *p, all_sensors[k] == Sensors::counts ? 0.5F : 1.0F);
  scorecard.fit(*p);

  OfSensors<Score> scores;
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
    auto& line = p->asleep_from[static_cast<std::size_t>(movers_of(all_sensors[k]))];
    line = std::min(line, line_of(scores[k], 0.935));
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

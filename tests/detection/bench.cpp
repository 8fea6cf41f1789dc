// Detection on the simulated people that it was never fitted on, and on real nights: JSON lines as the other
// benchmarks print them (`./dev bench --detection`).
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <thread>

#include "detection/cohort.hpp"
#include "detection/played.hpp"
#include "detection/real_nights.hpp"
#include "sleep/agreement.hpp"

namespace vigil::detection {
namespace {

using drivers::synthetic::Truth;
using test::Subject;

void row(const std::string& name, std::optional<double> value, const char* unit, const char* aim = "") {
  if (value)
    std::printf(R"({"row":"%s","value":%.4g,"unit":"%s")", name.c_str(), *value, unit);
  else
    std::printf(R"({"row":"%s","unit":"not to be had")", name.c_str());
  if (*aim) std::printf(R"(,"aim":"%s")", aim);
  std::printf("}\n");
  std::fflush(stdout);
}
void row(const std::string& name, const Estimate& e, const char* aim = "") {
  if (!e.value) return row(name, std::nullopt, "", aim);
  std::string unit;
  if (e.low && e.high) {
    std::array<char, 40> range{};
    std::snprintf(range.data(), range.size(), "(%.3f to %.3f)", *e.low, *e.high);
    unit = range.data();
  }
  row(name, *e.value, unit.c_str(), aim);
}

/// An awakening of the truth, in seconds: wake within the night, of a minute or more.
struct TrueAwakening {
  std::size_t from, to;
};
std::vector<TrueAwakening> true_awakenings(const std::vector<True>& truth) {
  std::vector<TrueAwakening> found;
  const auto asleep = [&](std::size_t i) { return truth[i].truth == Truth::asleep; };
  std::size_t i = 0;
  while (i < truth.size() && !asleep(i))
    ++i;
  while (i < truth.size()) {
    while (i < truth.size() && asleep(i))
      ++i;
    const std::size_t from = i;
    while (i < truth.size() && !asleep(i))
      ++i;
    if (i < truth.size() && i - from >= 60) found.push_back({from, i});
  }
  return found;
}

struct Judged {
  ValidatedNight night;
  int moved = 0, in_time = 0;           ///< awakenings with a movement; suspected within 15 s of the first
  int shown = 0, shown_in_time = 0;     ///< the same of the first that a sensor shows
  int still = 0;                        ///< awakenings without any movement
  int withdrawn = 0;                    ///< suspicions that were
  std::optional<NightFigures> figures;  ///< as the bed closed it
};

Judged judged(const Subject& subject, const Played& played) {
  Judged out;
  const auto truth = true_epochs(played.truth);
  std::vector<sleep::SaidEpoch> said;
  for (const Epoch& e : played.epochs)
    said.push_back({e.from, e.score, e.score, e.p_asleep});
  for (const Rescore& r : played.rescores)
    if (const auto at = std::ranges::lower_bound(said, r.from, {}, &sleep::SaidEpoch::from);
        at != said.end() && at->from == r.from)
      at->hindsight = r.score;
  std::vector<sleep::SaidAwakening> awakenings;
  std::map<std::int64_t, Instant> suspected;
  std::vector<std::pair<Instant, Instant>> stood;  ///< each suspicion, until it was withdrawn
  for (const Event& e : played.events) {
    if (const auto* s = std::get_if<event::AwakeningSuspected>(&e.payload))
      suspected[s->number] = e.at, stood.emplace_back(e.at, Instant{Duration::max()});
    if (std::holds_alternative<event::AwakeningWithdrawn>(e.payload) && !stood.empty())
      stood.back().second = e.at;
    if (const auto* c = std::get_if<event::AwakeningConfirmed>(&e.payload))
      awakenings.push_back({e.at - c->ago, Instant{Duration::max()}, suspected[c->number], e.at});
    if (const auto* end = std::get_if<event::AwakeningEnded>(&e.payload))
      if (!awakenings.empty()) awakenings.back().to = e.at - end->ago;
    if (const auto* closed = std::get_if<event::NightClosed>(&e.payload)) out.figures = closed->figures;
    out.withdrawn += std::holds_alternative<event::AwakeningWithdrawn>(e.payload);
  }
  const Instant end{std::chrono::seconds(played.truth.size())};
  for (auto& a : awakenings)
    a.to = std::min(a.to, end);
  out.night = sleep::judge(sleep::NightToJudge{truth, Instant{}, {}, {}, said, awakenings});
  out.night.name = std::string(subject.kind) + " " + std::to_string(subject.person.seed);
  out.night.simulated = true;

  for (const auto& a : true_awakenings(played.truth)) {
    std::size_t moves = a.from;
    while (moves < a.to && !played.truth[moves].moving)
      ++moves;
    if (moves == a.to) {
      ++out.still;
      continue;
    }
    ++out.moved;
    const auto said_by = [&](std::size_t second) {
      const Instant first{std::chrono::seconds(second)};
      // Said no later than 15 s after its first movement; or before, and it still stood.
      return std::ranges::any_of(stood,
                                 [&](const auto& s) {
                                   return s.first <= first + std::chrono::seconds(16) && s.second > first &&
                                          s.first > first - std::chrono::minutes(10);
                                 }) ||
             std::ranges::any_of(awakenings, [&](const sleep::SaidAwakening& s) {
               return s.suspected <= first + std::chrono::seconds(16) && s.to > first;
             });
    };
    out.in_time += said_by(moves);
    std::size_t shows = a.from;
    while (shows < a.to && played.clues[shows].move < 1)
      ++shows;
    if (shows == a.to) continue;
    ++out.shown;
    out.shown_in_time += said_by(shows);
  }
  return out;
}

std::vector<Judged> judge_all(const std::vector<Subject>& subjects, Sensors sensors) {
  std::vector<Judged> all(subjects.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < subjects.size(); i = next++)
      all[i] = judged(subjects[i], play(subjects[i].person, sensors));
  };
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
    others.emplace_back(work);
  work();
  return all;
}

/// How often a figure's own range covers the truth.
struct Covered {
  int n = 0, in = 0;
  void add(std::optional<double> truth, std::optional<double> low, std::optional<double> high) {
    if (!truth || !low || !high) return;
    ++n;
    in += *truth >= *low - 0.5 && *truth <= *high + 0.5;
  }
  [[nodiscard]] std::optional<double> percent() const {
    return n > 0 ? std::optional(100.0 * in / n) : std::nullopt;
  }
};

void simulated(const std::vector<Subject>& subjects, bool on_training) {
  struct Aims {
    Sensors sensors;
    const char *specificity, *sensitivity;
  };
  for (const auto& [sensors, specific, sensitive] :
       {Aims{Sensors::known, ">= .75", ">= .93"}, Aims{Sensors::all, ">= .75", ">= .93"},
        Aims{Sensors::scale, ">= .60", ">= .93"}, Aims{Sensors::wrist, ">= .60", ">= .93"},
        Aims{Sensors::counts, "", ""}}) {
    const auto all = judge_all(subjects, sensors);
    const auto name = [set = sensors](const char* what) {
      return std::string(sensors_names[static_cast<std::size_t>(set)]) + ": " + what;
    };
    std::vector<ValidatedNight> nights;
    int moved = 0, in_time = 0, shown = 0, shown_in_time = 0, still = 0, withdrawn = 0;
    Covered tst, waso, sol;
    std::map<std::string, Confusion> by_kind;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Judged& j = all[i];
      nights.push_back(j.night);
      moved += j.moved, in_time += j.in_time, shown += j.shown, shown_in_time += j.shown_in_time,
          still += j.still, withdrawn += j.withdrawn;
      const auto& t = j.night.true_figures;
      const NightFigures h = j.figures.value_or(NightFigures{});
      tst.add(t.tst_min, h.tst_low_min, h.tst_high_min);
      waso.add(t.waso_min, h.waso_low_min, h.waso_high_min);
      sol.add(t.sol_min, h.sol_low_min, h.sol_high_min);
      by_kind[std::string(subjects[i].kind)] += j.night.live_view.night.confusion;
    }
    const Validation v = sleep::judge(std::move(nights));
    row(name("nights"), static_cast<double>(v.nights.size()),
        on_training ? "of those it was fitted on" : "held out");
    row(name("within-night specificity, live"), v.live.all.night.specificity, specific);
    row(name("within-night sensitivity, live"), v.live.all.night.sensitivity, sensitive);
    row(name("kappa, live"), v.live.all.night.kappa);
    row(name("kappa, hindsight"), v.hindsight.all.night.kappa);
    if (v.live.all.night.kappa.value && v.hindsight.all.night.kappa.value)
      row(name("kappa that being live costs"),
          *v.hindsight.all.night.kappa.value - *v.live.all.night.kappa.value, "", "<= .03");
    row(name("specificity, hindsight"), v.hindsight.all.night.specificity);
    row(name("sensitivity, hindsight"), v.hindsight.all.night.sensitivity);
    if (v.calibration) row(name("calibration error of P(asleep)"), v.calibration->error, "", "< .05");
    const auto per_night = [&](int n) { return static_cast<double>(n) / static_cast<double>(all.size()); };
    row(name("awakenings >= 1 min that move, suspected within 15 s"),
        moved > 0 ? std::optional(100.0 * in_time / moved) : std::nullopt, "%", ">= 90 %");
    row(name("the same from the first movement that a sensor shows"),
        shown > 0 ? std::optional(100.0 * shown_in_time / shown) : std::nullopt, "%");
    row(name("awakenings >= 1 min without any movement"), per_night(still), "a night");
    const auto& one = v.live.all.least_1min;
    const auto& five = v.live.all.least_5min;
    row(name("awakenings >= 1 min found"),
        one.truth > 0 ? std::optional(100.0 * one.found / one.truth) : std::nullopt, "%");
    row(name("awakenings >= 1 min invented"), per_night(one.invented), "a night", "<= 1");
    row(name("awakenings >= 5 min found"),
        five.truth > 0 ? std::optional(100.0 * five.found / five.truth) : std::nullopt, "%");
    row(name("awakenings >= 5 min invented"), per_night(five.invented), "a night");
    row(name("suspicions withdrawn"), per_night(withdrawn), "a night");
    row(name("latency of a suspicion, median"), v.suspected.median_s, "s");
    row(name("latency of a confirmation, median"), v.confirmed.median_s, "s");
    row(name("TST less the true one"), v.hindsight.tst.bias.value, "min");
    row(name("TST, 1.96 SD about that"),
        v.hindsight.tst.sd ? std::optional(1.96 * *v.hindsight.tst.sd) : std::nullopt, "min");
    row(name("WASO less the true one"), v.hindsight.waso.bias.value, "min");
    row(name("SOL less the true one"), v.hindsight.sol.bias.value, "min");
    row(name("nights whose TST lies in its own range"), tst.percent(), "%", "90 %");
    row(name("nights whose WASO lies in its own range"), waso.percent(), "%", "90 %");
    row(name("nights whose SOL lies in its own range"), sol.percent(), "%", "90 %");
    for (const auto& [kind, confusion] : by_kind) {
      const auto a = sleep::agreement(confusion);
      row(name(("specificity of " + kind).c_str()), a.specificity.value, "");
      row(name(("sensitivity of " + kind).c_str()), a.sensitivity.value, "");
    }
  }
}

}  // namespace
}  // namespace vigil::detection

int main(int argc, char** argv) {
  namespace detection = vigil::detection;
  const bool on_training = argc > 1 && std::strcmp(argv[1], "--training") == 0;
  detection::simulated(on_training ? detection::test::training() : detection::test::held_out(), on_training);
  if (!on_training) detection::real_nights();
}

#include "drivers/synthetic/hypnogram.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::drivers::synthetic {
namespace {

Duration minutes(double m) { return from_seconds(60 * m); }

constexpr int trips = 4;  // of who gets up
constexpr double apnoeas_a_run = 14, least_apnoeas = 4;
constexpr double apnoea_period_s = 54;  // the mean of a pause and the breathing after it, below
constexpr double limbs_a_run = 25, least_limbs = 5;

}  // namespace

void Happenings::clear() { arousals.clear(), rem.clear(), pauses.clear(), limbs.clear(); }

Hypnogram::Hypnogram(const Traits& traits, Kind kind, std::uint64_t seed)
    : traits_(traits), kind_(kind), random_(seed) {}

void Hypnogram::add(Truth truth, Duration length) {
  const auto from = ends();
  if (!plan_.empty() && plan_.back().truth == truth)
    plan_.back().until = from + length;
  else
    plan_.push_back({truth, from, from + length});
}

void Hypnogram::plan_night(double night_h, double day_h) {
  if (plan_.empty()) add(Truth::out_of_bed, minutes(random_.uniform(2, 5)));
  entered_ = ends();
  rises_ = entered_ + minutes(60 * night_h);
  plan_in_bed();
  add(Truth::out_of_bed, minutes(60 * day_h * random_.uniform(0.97, 1.03)));
}

void Hypnogram::plan_night(Duration entered, Duration rises, Duration day_ends) {
  if (entered > ends()) add(Truth::out_of_bed, entered - ends());
  entered_ = ends();
  rises_ = std::max(rises, entered_ + minutes(2));
  plan_in_bed();
  if (day_ends > ends()) add(Truth::out_of_bed, day_ends - ends());
}

void Hypnogram::trip() {
  add(Truth::awake, minutes(random_.uniform(0.4, 2)));
  add(Truth::out_of_bed, minutes(std::clamp(3.5 * std::exp(0.35 * random_.normal()), 1.5, 9.0)));
  add(Truth::awake, minutes(random_.pareto(2, 1.2, 25)));
}

void Hypnogram::plan_in_bed() {
  const double night_h = seconds(rises_ - entered_) / 3600;
  const auto last_wake = rises_ - minutes(std::min(random_.uniform(4, 15), 6 * night_h));
  add(Truth::awake, minutes(std::clamp(traits_.latency_min * std::exp(0.5 * random_.normal()), 3.0, 90.0)));

  // Who gets up does so four times, about evenly; neither sleep nor wake outlasts the moment.
  std::array<Duration, trips + 1> due{};
  due.fill(last_wake + minutes(1e5));
  const double span = seconds(last_wake - ends());
  for (std::size_t i = 0; kind_ == Kind::gets_up && i < trips; ++i) {
    const double part = (static_cast<double>(i) + random_.uniform(0.35, 0.65)) / trips;
    due[i] = ends() + from_seconds(span * part);
  }
  const Duration* next = due.data();

  while (ends() < last_wake) {
    if (ends() >= *next) ++next, trip();
    add(Truth::asleep, std::clamp(minutes(1 + random_.exponential(traits_.sleep_bout_min)), minutes(1),
                                  std::max(*next - ends(), minutes(1))));
    if (ends() >= last_wake) break;
    if (ends() >= *next) {
      ++next, trip();
      continue;
    }
    const double wake_min = random_.pareto(0.5, traits_.wake_exponent, 40);
    if (wake_min > 4 && random_.chance(traits_.trip_chance)) {
      // Up for a while, then back, then time to fall asleep again.
      add(Truth::awake, minutes(random_.uniform(0.5, 1.5)));
      add(Truth::out_of_bed, minutes(std::min(random_.uniform(2, 7), wake_min)));
      add(Truth::awake, minutes(std::max(2.0, wake_min / 2)));
    } else {
      add(Truth::awake, std::min(minutes(wake_min), std::max(*next - ends(), minutes(0.5))));
    }
  }
  // Whatever was planned beyond the final awakening is cut off there; the person always rises from being
  // awake.
  while (plan_.back().from >= last_wake)
    plan_.pop_back();
  plan_.back().until = last_wake;
  add(Truth::awake, std::max(rises_ - last_wake, minutes(1)));
  happen();
}

bool Hypnogram::rem_at(Duration at) const noexcept {
  return std::ranges::any_of(night_.rem, [at](const Span& s) { return s.from <= at && at < s.until; });
}

void Hypnogram::arouse(Duration at, Duration within) {
  const auto lasts = from_seconds(std::clamp(8 * std::exp(0.45 * random_.normal()), 3.0, 14.9));
  if (at + lasts < within) night_.arousals.push_back({at, at + lasts});
}

void Hypnogram::pause_in(const Stretch& sleep) {
  const bool in_runs = kind_ == Kind::apnoea;
  // Runs, and the time between them which makes it so many an hour.
  const double apart_s =
      in_runs ? std::max(60.0, apnoeas_a_run * 3600 / traits_.pauses_per_h - apnoeas_a_run * apnoea_period_s)
              : 3600 / traits_.pauses_per_h;
  const auto first = sleep.from + minutes(0.75);
  const auto begin_run = [&] {
    next_ += from_seconds(random_.exponential(apart_s));
    run_left_ =
        in_runs ? static_cast<int>(least_apnoeas + random_.exponential(apnoeas_a_run - least_apnoeas)) : 0;
  };
  if (run_left_ <= 0) next_ = first, begin_run();
  if (next_ < first) next_ = first;
  for (;;) {
    const auto lasts = from_seconds(in_runs ? std::clamp(20 * std::exp(0.3 * random_.normal()), 10.0, 40.0)
                                            : random_.uniform(10, 25));
    if (next_ + lasts + std::chrono::seconds(5) >= sleep.until) break;
    night_.pauses.push_back({next_, next_ + lasts});
    if (in_runs && random_.chance(0.8)) arouse(next_ + lasts, sleep.until);
    next_ += lasts + from_seconds(random_.uniform(20, 45));
    if (--run_left_ <= 0) begin_run();
  }
}

void Hypnogram::kick_in(const Stretch& sleep) {
  const double apart_s =
      std::max(60.0, limbs_a_run * 3600 / traits_.limbs_per_h - limbs_a_run * traits_.limb_period_s);
  const auto first = sleep.from + minutes(0.5);
  const auto begin_run = [&] {
    next_ += from_seconds(random_.exponential(apart_s));
    run_left_ = static_cast<int>(least_limbs + random_.exponential(limbs_a_run - least_limbs));
  };
  if (run_left_ <= 0) next_ = first, begin_run();
  if (next_ < first) next_ = first;
  while (next_ + std::chrono::seconds(6) < sleep.until) {
    // REM sleep is all but free of them.
    if (!rem_at(next_)) {
      const auto lasts = from_seconds(std::clamp(1.6 * std::exp(0.45 * random_.normal()), 0.5, 4.0));
      night_.limbs.push_back({next_, next_ + lasts});
      if (random_.chance(0.25)) arouse(next_ + std::chrono::milliseconds(300), sleep.until);
    }
    next_ += from_seconds(traits_.limb_period_s * std::clamp(1 + 0.15 * random_.normal(), 0.5, 1.8));
    if (--run_left_ <= 0) begin_run();
  }
}

void Hypnogram::happen() {
  night_.clear();
  run_left_ = 0;
  const auto first = std::ranges::find_if(
      plan_, [this](const Stretch& s) { return s.from >= entered_ && s.truth == Truth::asleep; });
  if (first == plan_.end()) return;
  int cycle = 0;
  for (auto at = first->from; at < rises_; ++cycle) {
    const auto ends = at + minutes(random_.uniform(85, 105));
    const auto rem = minutes(std::min(30.0, 8 + 6.0 * cycle) * random_.uniform(0.7, 1.3));
    night_.rem.push_back({ends - rem, ends});
    at = ends;
  }
  for (auto s = first; s != plan_.end(); ++s) {
    if (s->truth != Truth::asleep) continue;
    if (traits_.limbs_per_h > 0)
      kick_in(*s);
    else if (traits_.pauses_per_h > 0)
      pause_in(*s);
    for (auto at = s->from + from_seconds(random_.exponential(3600 / traits_.arousals_per_h)); at < s->until;
         at += from_seconds(20 + random_.exponential(3600 / traits_.arousals_per_h - 20)))
      arouse(at, s->until);
  }
  auto& arousals = night_.arousals;
  std::ranges::sort(arousals, {}, &Span::from);
  std::size_t kept = 0;
  for (const Span& a : arousals)
    if (kept == 0 || a.from >= arousals[kept - 1].until + std::chrono::seconds(10)) arousals[kept++] = a;
  arousals.resize(kept);
}

}  // namespace vigil::drivers::synthetic

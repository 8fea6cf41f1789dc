#include "drivers/synthetic/vitals.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::drivers::synthetic {
namespace {

constexpr double two_pi = 2 * std::numbers::pi;

// A step of a wander with this deviation and time constant.
void wander(double& value, double deviation, double time_s, double step_s, Random& random) {
  value += -value * step_s / time_s + deviation * std::sqrt(2 * step_s / time_s) * random.normal();
}

}  // namespace

double burst(double since_s, double centre_s, double width_s, double hz) noexcept {
  const double x = (since_s - centre_s) / width_s;
  return x * x > 12 ? 0.0 : std::exp(-x * x) * std::sin(two_pi * hz * (since_s - centre_s));
}

Vitals::Vitals(const Traits& traits, std::uint64_t seed) : traits_(traits), random_(seed) {}

double Vitals::breath(double in_s) const noexcept {
  double p = phase_ + breath_hz_ * in_s;
  p -= std::floor(p);
  // Breathing in takes two fifths of a breath.
  const double angle = p < 0.4 ? p / 0.4 * 0.5 : 0.5 + (p - 0.4) / 0.6 * 0.5;
  return depth_ * std::max(0.3, 1 + depth_wander_ + depth_jitter_ + recovery_) * -std::cos(two_pi * angle);
}

void Vitals::breathe(const Moment& moment, double step_s) {
  const bool awake = moment.truth != Truth::asleep;
  phase_ += breath_hz_ * step_s;
  wander(breath_wander_, 0.06, 25, step_s, random_);
  wander(breath_slow_, 0.04, 600, step_s, random_);
  wander(depth_wander_, 0.3, 40, step_s, random_);
  wander(unrest_, 0.33, 120, step_s, random_);
  if (phase_ >= 1) {
    phase_ -= 1;
    const double unrest = traits_.breath_irregular * std::exp(unrest_);
    const double varies = moment.rem       ? 0.1
                          : !awake         ? 0.05
                          : moment.fidgety ? 0.13
                                           : 0.1 - 0.04 * moment.drowsy;
    breath_jitter_ = unrest * varies * random_.normal();
    depth_jitter_ = unrest * (moment.rem || awake ? 0.25 : 0.15) * random_.normal();
  }
  depth_ += ((moment.pause ? 0.02 : 1.0) - depth_) * step_s / 0.7;
  if (moment.pause)
    recovery_ = std::min(0.6, recovery_ + 0.04 * step_s);
  else
    recovery_ -= recovery_ * step_s / 15;
  const double faster = awake        ? 0.05 * (1 - 0.7 * moment.drowsy) + (moment.fidgety ? 0.05 : 0)
                        : moment.rem ? 0.03
                                     : 0;
  const double hz = traits_.breath_rpm / 60 * (1 + faster + breath_wander_ + breath_slow_ + breath_jitter_);
  breath_hz_ = std::clamp(hz, 0.13, 0.45);
}

void Vitals::beat(const Moment& moment, double at_s, double step_s) {
  double level = 0;
  if (moment.truth == Truth::out_of_bed)
    level = traits_.heart_dip + 0.25;
  else if (moment.truth == Truth::awake)
    level = traits_.heart_dip * (1 - 0.7 * moment.drowsy) + (moment.fidgety ? 0.04 : 0);
  else if (moment.rem)
    level = 0.8 * traits_.heart_dip;
  heart_level_ += (level - heart_level_) * step_s / (level > heart_level_ ? 10 : 120);
  wander(heart_wander_, 0.04, 40, step_s, random_);
  wander(heart_slow_, 0.04, 500, step_s, random_);
  wander(heart_rem_, moment.rem ? 0.03 : 0.0, 15, step_s, random_);
  if (moment.moving || moment.arousal) excited_ = std::min(0.1, excited_ + 0.03 * step_s);
  excited_ -= excited_ * step_s / 20;
  while (next_beat_s_ < at_s + step_s) {
    const double breath = std::sin(two_pi * phase_);
    // Lowest at seven tenths of the night.
    const double trend = 0.05 * std::cos(two_pi * 0.5 * std::min(1.0, moment.night_part) / 0.7);
    const double rate =
        traits_.heart_bpm / 60 *
        (1 + trend + heart_level_ + heart_wander_ + heart_slow_ + heart_rem_ + excited_ + 0.04 * breath);
    const double interval_s = 1 / std::clamp(rate, 0.6, 2.2) * (1 + 0.012 * random_.normal());
    beats_[0] = beats_[1];
    beats_[1] = {std::max(next_beat_s_, at_s), 1 + 0.15 * random_.normal() + 0.2 * breath};
    next_beat_s_ = beats_[1].at_s + interval_s;
    heart_bpm_ = 60 / interval_s;
  }
}

void Vitals::step(const Moment& moment, double at_s, double step_s) {
  breathe(moment, step_s);
  beat(moment, at_s, step_s);
}

}  // namespace vigil::drivers::synthetic

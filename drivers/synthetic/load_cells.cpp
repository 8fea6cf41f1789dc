#include "drivers/synthetic/load_cells.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::drivers::synthetic {
namespace {

constexpr double two_pi = 2 * std::numbers::pi;
constexpr double dt = 1 / LoadCells::rate_hz;

// A burst of `hz` about `centre_s` after the beat.
double burst(double since_s, double centre_s, double width_s, double hz) {
  const double x = (since_s - centre_s) / width_s;
  return x * x > 12 ? 0.0 : std::exp(-x * x) * std::sin(two_pi * hz * (since_s - centre_s));
}

// A step of a wander with this deviation and time constant.
void wander(double& value, double deviation, double time_s, Random& random) {
  value += -value * dt / time_s + deviation * std::sqrt(2 * dt / time_s) * random.normal();
}

}  // namespace

LoadCells::LoadCells(std::uint64_t seed) : random_(seed ^ 0xCE11CE11CE11CE11U) {
  for (double& tare : tare_)
    tare = random_.uniform(4, 9);
  lie();
  share_now_ = share_;
}

void LoadCells::lie() {
  const double x = random_.uniform(-0.15, 0.15);
  const double y = random_.uniform(-0.15, 0.15);
  share_ = {(0.5 + x) * (0.5 + y), (0.5 - x) * (0.5 + y), (0.5 + x) * (0.5 - y), (0.5 - x) * (0.5 - y)};
  const double head = random_.uniform(0.015, 0.06) * (random_.chance(0.8) ? 1 : -1);
  const double side = random_.uniform(-0.4, 0.4);
  const double beat = random_.uniform(0.005, 0.018);
  for (std::size_t i = 0; i < count; ++i) {
    const double along = i < 2 ? 1 : -1;
    const double across = i % 2 == 0 ? 1 : -1;
    breath_kg_[i] = head * (along + side * across) * random_.uniform(0.6, 1.2);
    heart_kg_[i] = beat * along * random_.uniform(0.3, 1.0);
    late_kg_[i] = beat * random_.uniform(-0.5, 0.5);
    swing_share_[i] = random_.uniform(0.1, 0.6) * (random_.chance(0.7) ? 1 : -1);
  }
}

double LoadCells::breathe(const Body& body) {
  wander(breath_wander_, 0.06, 25, random_);
  wander(depth_wander_, 0.3, 40, random_);
  if (pause_left_s_ > 0) {
    pause_left_s_ -= dt;
  } else if (body.asleep && (to_pause_s_ -= dt) <= 0) {
    pause_left_s_ = random_.uniform(10, 30);
    to_pause_s_ = random_.exponential(1200);
  }
  const bool pauses = pause_left_s_ > 0 && body.asleep;
  depth_now_ += ((pauses ? 0.02 : 1.0) - depth_now_) * dt / 0.7;
  const double hz = std::clamp(breath_base_hz_ * (1 + breath_wander_ + breath_jitter_), 0.13, 0.45);
  breath_rpm_ = pauses || body.on < 0.5 ? 0 : 60 * hz;
  breath_phase_ += hz * dt;
  if (breath_phase_ >= 1) {
    breath_phase_ -= 1;
    breath_jitter_ = 0.05 * random_.normal();
    depth_jitter_ = 0.15 * random_.normal();
  }
  // Breathing in takes two fifths of a breath.
  const double p = breath_phase_;
  const double angle = p < 0.4 ? p / 0.4 * 0.5 : 0.5 + (p - 0.4) / 0.6 * 0.5;
  return depth_now_ * std::max(0.3, 1 + depth_wander_ + depth_jitter_) * -std::cos(two_pi * angle);
}

void LoadCells::pulse(const Body& body) {
  wander(heart_wander_, 0.04, 40, random_);
  if (std::abs(body.swing_kg) > 0.3) heart_excited_ = std::min(0.12, heart_excited_ + 0.03 * dt);
  heart_excited_ -= heart_excited_ * dt / 25;
  for (Beat& beat : beats_)
    beat.since_s += dt;
  to_beat_s_ -= dt;
  if (to_beat_s_ > 0) return;
  const double breath = std::sin(two_pi * breath_phase_);
  const double hz =
      std::clamp(heart_base_hz_ * (1 + heart_wander_ + heart_excited_ + 0.04 * breath), 0.6, 2.0);
  const double interval_s = 1 / hz * (1 + 0.012 * random_.normal());
  heart_bpm_ = 60 / interval_s;
  to_beat_s_ += interval_s;
  beats_[0] = beats_[1];
  beats_[1] = {0, 1 + 0.15 * random_.normal() + 0.2 * breath};
}

LoadCells::Kg LoadCells::step(const Body& body) {
  const bool on = body.on > 0.5;
  if (body.asleep != was_asleep_ || on != was_on_) {
    breath_base_hz_ = body.asleep ? random_.uniform(0.19, 0.27) : random_.uniform(0.22, 0.32);
    heart_base_hz_ = body.asleep ? random_.uniform(0.8, 1.07) : random_.uniform(0.95, 1.28);
  }
  if ((on && !was_on_) || (was_turning_ && !body.turns)) lie();
  was_on_ = on, was_asleep_ = body.asleep, was_turning_ = body.turns;

  const double breath = breathe(body);
  pulse(body);
  if (!on) heart_bpm_ = 0;
  double early = 0, late = 0;
  for (const Beat& beat : beats_) {
    early += beat.strength * burst(beat.since_s, 0.2, 0.09, 5.5);
    late += beat.strength * burst(beat.since_s, 0.42, 0.12, 3.5);
  }
  double rumble = 0;
  if (rumble_left_s_ > 0) {
    rumble_left_s_ -= dt;
    rumble_phase_ += rumble_hz_ * dt;
    rumble = rumble_kg_ * std::sin(two_pi * rumble_phase_);
  } else if ((to_rumble_s_ -= dt) <= 0) {
    rumble_left_s_ = random_.uniform(2, 8), to_rumble_s_ = random_.exponential(600);
    rumble_hz_ = random_.uniform(0.5, 6), rumble_kg_ = random_.uniform(0.005, 0.03);
  }

  Kg kg{};
  for (std::size_t i = 0; i < count; ++i) {
    share_now_[i] += (share_[i] - share_now_[i]) * dt / 0.8;
    drift_[i] += -drift_[i] * dt / 3000 + 0.0006 * std::sqrt(dt) * random_.normal();
    const double lying =
        share_now_[i] * body.weight_kg + breath_kg_[i] * breath + heart_kg_[i] * early + late_kg_[i] * late;
    kg[i] = static_cast<float>(tare_[i] + drift_[i] + body.on * lying + swing_share_[i] * body.swing_kg +
                               rumble + 0.006 * random_.normal());
  }
  return kg;
}

}  // namespace vigil::drivers::synthetic

#include "drivers/synthetic/physiology.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::drivers::synthetic {
namespace {

constexpr double two_pi = 2 * std::numbers::pi;

constexpr std::uint64_t rotated(std::uint64_t x, int k) noexcept { return (x << k) | (x >> (64 - k)); }

Duration minutes(double m) { return from_seconds(60 * m); }

}  // namespace

Random::Random(std::uint64_t seed) noexcept : state_{} {
  for (auto& word : state_) {  // splitmix64, as its authors recommend for seeding
    seed += 0x9E3779B97F4A7C15U;
    auto z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    word = z ^ (z >> 31);
  }
}

std::uint64_t Random::bits() noexcept {
  const auto result = rotated(state_[1] * 5, 7) * 9;
  const auto t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotated(state_[3], 45);
  return result;
}

double Random::uniform() noexcept { return static_cast<double>(bits() >> 11) * 0x1p-53; }
double Random::uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }
double Random::exponential(double mean) noexcept { return -mean * std::log1p(-uniform()); }

double Random::normal() noexcept {
  // Sum of four uniforms, scaled: its tails end at 3.5 deviations, as a sensor's noise does; no rejection
  // loop.
  const auto b = bits();
  const auto sum = static_cast<double>(b & 0xFFFF) + static_cast<double>((b >> 16) & 0xFFFF) +
                   static_cast<double>((b >> 32) & 0xFFFF) + static_cast<double>(b >> 48);
  return (sum / 65535.0 - 2.0) * 1.7320508075688772;
}

double Random::pareto(double shortest, double exponent, double longest) noexcept {
  return std::min(longest, shortest * std::pow(1 - uniform(), -1 / exponent));
}

Physiology::Physiology(const Person& person)
    : person_(person), story_(person.seed), body_(person.seed ^ 0xB0D7B0D7B0D7B0D7U) {
  tare_kg_ = body_.uniform(4, 9);
  if (person.cells) cells_.emplace(person.seed);
  plan_night();
  begin_stretch();
}

// One night and the day after it, in stretches. The first one begins a few minutes from the start, so that a
// demonstration shows the entry soon.
void Physiology::plan_night() {
  const auto add = [this](Truth truth, Duration length) {
    const auto from = plan_.empty() ? Duration{} : plan_.back().until;
    if (!plan_.empty() && plan_.back().truth == truth)
      plan_.back().until = from + length;
    else
      plan_.push_back({truth, from, from + length});
  };
  const double pain = std::clamp(person_.pain, 0.0, 1.0);
  if (plan_.empty()) add(Truth::out_of_bed, minutes(story_.uniform(2, 5)));
  const auto entered = plan_.back().until;
  const auto rises = entered + minutes(60 * person_.night_h);
  const auto last_wake = rises - minutes(std::min(story_.uniform(4, 15), 6 * person_.night_h));

  // Sleep onset latency: log-normal about 12 min, with pain about 30 min.
  add(Truth::awake, minutes(std::clamp((12 + 18 * pain) * std::exp(0.5 * story_.normal()), 3.0, 90.0)));
  while (plan_.back().until < last_wake) {
    add(Truth::asleep, minutes(1 + story_.exponential(21 * (1 - 0.45 * pain))));
    if (plan_.back().until >= last_wake) break;
    const double wake_min = story_.pareto(0.5, 1.2 - 0.3 * pain, 40);
    if (wake_min > 4 && story_.chance(0.5)) {  // up for a while, then back, then time to fall asleep again
      add(Truth::awake, minutes(story_.uniform(0.5, 1.5)));
      add(Truth::out_of_bed, minutes(std::min(story_.uniform(2, 7), wake_min)));
      add(Truth::awake, minutes(std::max(2.0, wake_min / 2)));
    } else {
      add(Truth::awake, minutes(wake_min));
    }
  }
  // Whatever was planned beyond the final awakening is cut off there; the person always rises from being
  // awake.
  while (plan_.back().from >= last_wake)
    plan_.pop_back();
  plan_.back().until = last_wake;
  add(Truth::awake, std::max(rises - last_wake, minutes(1)));
  add(Truth::out_of_bed, minutes(60 * person_.day_h * story_.uniform(0.97, 1.03)));
}

Truth Physiology::truth(Duration at) const noexcept {
  const auto after = std::ranges::upper_bound(plan_, at, {}, &Stretch::from);
  return after == plan_.begin() ? Truth::out_of_bed : std::prev(after)->truth;
}

void Physiology::begin_stretch() {
  manner_left_s_ = 0;
  switch (plan_[current_].truth) {
    case Truth::asleep:
      heart_hz_ = body_.uniform(0.85, 1.0), breath_hz_ = body_.uniform(0.21, 0.27);
      break;
    case Truth::awake:
      heart_hz_ = body_.uniform(1.05, 1.2), breath_hz_ = body_.uniform(0.24, 0.3);
      // Most awakenings begin with a movement, some only with open eyes.
      if (presence_ > 0.5 && body_.chance(0.85)) begin_move(body_.chance(0.35) ? Move::turn : Move::arm);
      fidgety_ = true;
      manner_left_s_ = body_.uniform(15, 60);
      break;
    case Truth::out_of_bed:
      break;
  }
}

Physiology::Vector Physiology::direction() {
  const double z = body_.uniform(-1, 1);
  const double angle = body_.uniform(0, two_pi);
  const double r = std::sqrt(1 - z * z);
  return {r * std::cos(angle), r * std::sin(angle), z};
}

void Physiology::begin_move(Move move) {
  move_ = move;
  move_s_ = 0;
  move_phase_ = body_.uniform(0, two_pi);
  move_axis_ = direction();
  switch (move) {
    case Move::twitch:
      move_length_s_ = body_.uniform(0.4, 1.2), move_hz_ = body_.uniform(2, 4);
      move_load_kg_ = body_.uniform(0.2, 0.8), move_wrist_g_ = body_.uniform(0.04, 0.2);
      break;
    case Move::arm:
      move_length_s_ = body_.uniform(1, 3), move_hz_ = body_.uniform(1, 2.5);
      move_load_kg_ = body_.uniform(0.5, 2.5), move_wrist_g_ = body_.uniform(0.15, 0.6);
      toward_ = direction();
      break;
    case Move::turn:
      move_length_s_ = body_.uniform(3, 8), move_hz_ = body_.uniform(0.6, 1.5);
      move_load_kg_ = body_.uniform(4, 14), move_wrist_g_ = body_.uniform(0.3, 0.8);
      toward_ = direction();
      posture_kg_ = body_.uniform(-0.4, 0.4);
      breath_kg_ = body_.uniform(0.1, 0.28);
      heart_kg_ = body_.uniform(0.015, 0.045);
      break;
    case Move::none:
      break;
  }
}

double Physiology::load_at(double dt) {
  const auto& now = plan_[current_];
  // Getting in and out takes about four seconds; meanwhile the load swings.
  const double wanted = now.truth == Truth::out_of_bed ? 0.0 : 1.0;
  const bool climbing = presence_ != wanted;
  if (climbing)
    presence_ = wanted > presence_ ? std::min(1.0, presence_ + dt / 4) : std::max(0.0, presence_ - dt / 4);
  const double on = presence_ * presence_ * (3 - 2 * presence_);

  double load = tare_kg_ + drift_kg_ + on * (person_.weight_kg + posture_kg_);
  if (climbing) load += on * (1 - on) * 16 * std::sin(two_pi * 1.3 * (presence_ * 4) + 1);

  breath_wander_ += dt * (-0.05 * breath_wander_ + 0.01 * body_.normal());
  const double breaths = std::clamp(breath_hz_ + breath_wander_, 0.16, 0.36);
  breath_hz_now_ = breaths;
  breath_phase_ = std::fmod(breath_phase_ + two_pi * breaths * dt, two_pi);
  load += on * breath_kg_ * (std::sin(breath_phase_) + 0.2 * std::sin(2 * breath_phase_ + 0.6));

  heart_wander_ += dt * (-0.1 * heart_wander_ + 0.02 * body_.normal());
  heart_hz_now_ = std::clamp(heart_hz_ * (1 + 0.04 * std::sin(breath_phase_)) + heart_wander_, 0.7, 1.8);
  heart_phase_ += dt * heart_hz_now_;
  if (heart_phase_ >= 1) heart_phase_ -= 1;
  const double since_beat_s = heart_phase_ / heart_hz_;
  load += on * heart_kg_ * std::exp(-since_beat_s / 0.15) * std::sin(two_pi * 5 * since_beat_s);

  if (move_ != Move::none) {
    const double envelope = std::sin(std::numbers::pi * std::min(1.0, move_s_ / move_length_s_));
    load += on * envelope * move_load_kg_ * (0.7 * std::sin(move_phase_) + 0.35 * body_.normal());
  }
  drift_kg_ += dt * (-0.0005 * drift_kg_ + 0.0006 * body_.normal());
  return load + 0.015 * body_.normal();
}

void Physiology::step_cells() {
  const double before = cells_on_;
  cells_on_ = presence_ * presence_ * (3 - 2 * presence_);
  const std::int64_t first = (position_ / std::chrono::milliseconds(1) + 7) / 8;
  const std::int64_t end = ((position_ + step) / std::chrono::milliseconds(1) + 7) / 8;
  chunk_.first_cell = first;
  chunk_.cells = static_cast<std::size_t>(end - first);
  constexpr double dt = 1 / LoadCells::rate_hz;
  for (std::size_t i = 0; i < chunk_.cells; ++i) {
    const double part = static_cast<double>(i + 1) / static_cast<double>(chunk_.cells);
    LoadCells::Body body;
    body.asleep = plan_[current_].truth == Truth::asleep;
    body.on = before + (cells_on_ - before) * part;
    body.weight_kg = person_.weight_kg;
    body.turns = move_ == Move::turn;
    cells_phase_ = std::fmod(cells_phase_ + two_pi * move_hz_ * dt, two_pi);
    if (move_ != Move::none)
      body.swing_kg =
          std::sin(std::numbers::pi * std::min(1.0, (move_s_ + part * seconds(step)) / move_length_s_)) *
          move_load_kg_ * body.on * std::sin(cells_phase_);
    body.swing_kg += body.on * (1 - body.on) * 16 * std::sin(two_pi * 5.2 * presence_ + 1);
    chunk_.cells_kg[i] = cells_->step(body);
  }
  chunk_.breath_rpm = cells_->breath_rpm();
  chunk_.heart_bpm = cells_->heart_bpm();
}

void Physiology::wrist_at(double dt, std::array<float, 3>& out) {
  const auto& now = plan_[current_];
  const double turning = move_ == Move::arm || move_ == Move::turn ? std::min(1.0, dt / 0.4) : 0;
  double length = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    gravity_[i] += turning * (toward_[i] - gravity_[i]);
    length += gravity_[i] * gravity_[i];
  }
  length = std::max(1e-6, std::sqrt(length));
  for (auto& g : gravity_)
    g /= length;

  double shake = 0;
  if (move_ != Move::none) {
    const double envelope = std::sin(std::numbers::pi * std::min(1.0, move_s_ / move_length_s_));
    shake = envelope * move_wrist_g_ * (std::sin(move_phase_ * 1.7) + 0.4 * body_.normal());
  }
  if (now.truth == Truth::out_of_bed && walking_) {
    step_phase_ = std::fmod(step_phase_ + two_pi * 1.8 * dt, two_pi);
    shake += 0.3 * std::sin(step_phase_) + 0.12 * std::sin(2 * step_phase_ + 1) + 0.05 * body_.normal();
  }
  const double breath = now.truth == Truth::out_of_bed ? 0 : 0.002 * std::sin(breath_phase_);
  for (std::size_t i = 0; i < 3; ++i)
    out[i] = static_cast<float>(gravity_[i] + shake * move_axis_[i] + breath + 0.004 * body_.normal());
}

const Physiology::Chunk& Physiology::next() {
  while (position_ >= plan_[current_].until) {
    if (current_ + 1 == plan_.size()) plan_night();
    if (current_ + 1 < plan_.size()) ++current_, begin_stretch();
  }
  const auto truth = plan_[current_].truth;
  const double dt = seconds(step);

  // The manner of being awake or up: fidgety or still, walking or sitting; each lasts a while.
  manner_left_s_ -= dt;
  if (manner_left_s_ <= 0) {
    fidgety_ = !fidgety_;
    walking_ = fidgety_;
    if (truth == Truth::out_of_bed)
      manner_left_s_ = body_.exponential(walking_ ? 60 : 200);
    else
      manner_left_s_ = body_.exponential(fidgety_ ? 40 * (1 + person_.pain) : 90);
    if (walking_ && truth == Truth::out_of_bed) move_axis_ = direction();
  }

  // Movements an hour: twitches, arms, turns.
  const double more = 1 + 1.5 * person_.pain;
  double twitches = 10, arms = 5 * more, turns = 1.6 * more;
  if (truth == Truth::awake) {
    if (fidgety_)
      twitches = 120, arms = 300, turns = 40 * more;
    else
      twitches = 12, arms = 8, turns = 2;
  } else if (truth == Truth::out_of_bed) {
    twitches = 100, arms = 150, turns = 0;
  }
  if (move_ != Move::none) {
    move_s_ += dt;
    move_phase_ = std::fmod(move_phase_ + two_pi * move_hz_ * dt * (1 + 0.3 * body_.normal()), two_pi * 10);
    if (move_s_ >= move_length_s_) move_ = Move::none;
  } else {
    const double draw = body_.uniform() * 3600 / dt;
    if (draw < turns)
      begin_move(Move::turn);
    else if (draw < turns + arms)
      begin_move(Move::arm);
    else if (draw < turns + arms + twitches)
      begin_move(Move::twitch);
  }

  chunk_.truth = truth;
  chunk_.moving = move_ != Move::none;
  for (auto& load : chunk_.load_kg)
    load = static_cast<float>(load_at(1 / load_hz));
  for (auto& wrist : chunk_.wrist_g)
    wrist_at(1 / wrist_hz, wrist);
  chunk_.breath_rpm = presence_ > 0.5 ? 60 * breath_hz_now_ : 0;
  chunk_.heart_bpm = presence_ > 0.5 ? 60 * heart_hz_now_ : 0;
  if (cells_) step_cells();
  position_ += step;
  return chunk_;
}

}  // namespace vigil::drivers::synthetic

#include "drivers/synthetic/movement.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::drivers::synthetic {
namespace {

constexpr double two_pi = 2 * std::numbers::pi;
constexpr double drowsy_s = 240;  // before sleep comes, people lie ever more still
constexpr double fidgety_mean_s = 45;
constexpr double awake_times = 1.8;  // who moves on purpose moves more than who turns in sleep
constexpr double again = 0.4;
constexpr double answers = 0.2;  // p of 2p / (1 + p) = a third

}  // namespace

Movement::Movement(const Traits& traits, std::uint64_t seed, std::span<const Episode> replay)
    : traits_(traits), random_(seed), replay_(replay) {}

Movement::Vector Movement::direction() {
  const double z = random_.uniform(-1, 1);
  const double angle = random_.uniform(0, two_pi);
  const double r = std::sqrt(1 - z * z);
  return {r * std::cos(angle), r * std::sin(angle), z};
}

bool Movement::carries_arm() const noexcept {
  return move_ == Move::arm || move_ == Move::turn || move_ == Move::arrange;
}

double Movement::toward_s() const noexcept {
  return move_ == Move::turn ? 0.7 : move_ == Move::arrange ? 0.8 : 1.0;
}

void Movement::begin(Move move, double times) {
  struct Range {
    double least, most;
  };
  struct Made {
    Range length_s, hz, kg, g;
  };
  static constexpr std::array<Made, 7> made{{
      {{0.1, 0.1}, {1, 1}, {0, 0}, {0, 0}},              // none
      {{0.3, 1}, {1.5, 4}, {0.03, 0.2}, {0.005, 0.03}},  // micro
      {{0.4, 1.2}, {2, 4}, {0.2, 0.8}, {0.04, 0.2}},     // twitch
      {{0.5, 3}, {1, 2.5}, {0.6, 3}, {0.004, 0.03}},     // leg
      {{1, 3}, {1, 2.5}, {0.5, 2.5}, {0.12, 0.5}},       // arm
      {{3, 8}, {0.6, 1.5}, {4, 14}, {0.2, 0.7}},         // turn
      {{3, 10}, {0.8, 1.8}, {1, 5}, {0.15, 0.6}},        // arrange
  }};
  const Made& m = made[static_cast<std::size_t>(move)];
  const auto draw = [this](Range r) { return random_.uniform(r.least, r.most); };
  move_ = move;
  flat_ = false;
  done_s_ = 0;
  phase_ = random_.uniform(0, two_pi);
  axis_ = direction();
  length_s_ = draw(m.length_s);
  hz_ = hz_now_ = draw(m.hz);
  kg_ = draw(m.kg) * traits_.vigour;
  g_ = draw(m.g) * traits_.vigour * times;
  if (carries_arm()) toward_ = direction();
  stirs_ = effort();
}

void Movement::begin(const Episode& episode) {
  const double length_s = std::max(0.3, seconds(episode.duration));
  const double g = std::clamp(episode.strength_g, 0.06, 1.5);
  begin(length_s >= 4 && g > 0.4 ? Move::turn : g > 0.15 ? Move::arm : Move::twitch);
  flat_ = true;
  length_s_ = length_s;
  g_ = std::max(0.12, 0.6 * g);
  kg_ = std::clamp(8 * g, 0.6, 14.0);
}

void Movement::answer() {
  if (answer_in_s_ < 0 && random_.chance(answers)) answer_in_s_ = random_.uniform(0.3, 8);
}

double Movement::envelope(double at_s) const noexcept {
  const double part = std::min(1.0, (done_s_ + at_s) / length_s_);
  return flat_ ? 1.0 : std::sin(std::numbers::pi * part);
}
double Movement::swing_kg(double at_s) const noexcept {
  return moving() ? envelope(at_s) * kg_ * std::sin(phase_ + two_pi * hz_now_ * at_s) : 0.0;
}
double Movement::shake_g(double at_s) const noexcept {
  return moving() ? envelope(at_s) * g_ * std::sin(1.7 * (phase_ + two_pi * hz_now_ * at_s)) : 0.0;
}

double Movement::manner_mean_s(const Moment& moment) const noexcept {
  if (fidgety_) return fidgety_mean_s;
  const double drowsy = std::clamp(1 - moment.to_sleep_s / drowsy_s, 0.0, 1.0);
  const double still = traits_.still_share + (0.99 - traits_.still_share) * 0.7 * drowsy;
  return fidgety_mean_s * still / (1 - still);
}

// The manner of being awake or up: fidgety or still, walking or sitting; each lasts a while.
void Movement::manner(const Moment& moment, double step_s) {
  const bool up = moment.truth == Truth::out_of_bed;
  if (moment.begins && moment.truth == Truth::awake) {
    fidgety_ = moment.gets_in || random_.chance(traits_.moves_on_waking);
    manner_left_s_ = random_.exponential(manner_mean_s(moment));
    if (moment.gets_in) {
      manner_left_s_ = random_.uniform(20, 60);
      if (replay_.empty()) begin(Move::arrange);
    } else if (fidgety_ && replay_.empty()) {
      begin(random_.chance(0.15 * traits_.turns_per_h / 1.6) ? Move::turn : Move::arm);
    }
  } else if (moment.begins && up) {
    begin(Move::turn);  // out of bed, and on the feet
    walking_ = true;
    manner_left_s_ = random_.uniform(20, 60);
  }
  if (moment.truth == Truth::asleep) {
    fidgety_ = walking_ = false;
    return;
  }
  manner_left_s_ -= step_s;
  if (manner_left_s_ > 0) return;
  if (up) {
    walking_ = !walking_;
    manner_left_s_ = random_.exponential(walking_ ? 60 : 200);
    return;
  }
  fidgety_ = !fidgety_;
  manner_left_s_ = random_.exponential(manner_mean_s(moment));
}

void Movement::choose(const Moment& moment, double step_s) {
  const double turns = traits_.turns_per_h / 1.6;
  if (moment.arousal && !was_arousal_ && random_.chance(traits_.moves_in_arousal)) {
    // About seven in ten of the changes of position are made in arousals.
    const double turn = 0.7 * traits_.turns_per_h / (traits_.arousals_per_h * traits_.moves_in_arousal);
    const double draw = random_.uniform();
    begin(draw < turn          ? Move::turn
          : draw < turn + 0.25 ? Move::arm
          : draw < turn + 0.6  ? Move::twitch
                               : Move::micro);
    return;
  }
  if (moment.limb && !was_limb_) {
    begin(Move::leg);
    length_s_ = moment.limb_s;
    stirs_ = false;
    return;
  }
  // Movements an hour.
  double micro = 25, twitch = moment.rem ? 6 : 1.5, leg = 0, arm = 0.3, turn = 0, arrange = 0;
  const bool legs = traits_.limbs_per_h > 0;
  if (moment.truth == Truth::awake && fidgety_)
    micro = 120, twitch = 100, leg = legs ? 400 : 40, arm = legs ? 200 : 350, turn = 10 * turns, arrange = 45;
  else if (moment.truth == Truth::awake)
    micro = 40, twitch = 6, leg = legs ? 20 : 4, arm = 2, turn = 0.2 * turns;
  else if (moment.truth == Truth::out_of_bed)
    micro = 0, twitch = 100, arm = 150;
  const double awake_g = moment.truth == Truth::awake && fidgety_ ? awake_times : 1;
  double draw = random_.uniform() * 3600 / step_s;
  if ((draw -= micro) < 0) return begin(Move::micro, awake_g);
  if ((draw -= twitch) < 0) return begin(Move::twitch, awake_g);
  if ((draw -= leg) < 0) return begin(Move::leg, awake_g);
  if ((draw -= arm) < 0) return begin(Move::arm, awake_g);
  if ((draw -= turn) < 0) return begin(Move::turn, awake_g);
  if (draw < arrange) begin(Move::arrange, awake_g);
}

void Movement::step(const Moment& moment, double step_s) {
  stirs_ = false;
  if (moving()) {
    phase_ = std::fmod(phase_ + two_pi * hz_now_ * step_s, two_pi * 10);
    hz_now_ = hz_ * (1 + 0.3 * random_.normal());
    done_s_ += step_s;
    if (done_s_ >= length_s_) {
      if ((carries_arm() || move_ == Move::twitch) && random_.chance(again))
        again_in_s_ = random_.uniform(0.2, 3);
      move_ = Move::none;
    }
  }
  manner(moment, step_s);
  if (answer_in_s_ >= 0) answer_in_s_ -= step_s;
  if (again_in_s_ >= 0) again_in_s_ -= step_s;
  if (!replay_.empty() && moment.truth != Truth::out_of_bed) {
    while (next_ < replay_.size() && seconds(replay_[next_].start) <= moment.since_entered_s)
      begin(replay_[next_++]);
  } else if (!moving() && again_in_s_ >= 0) {
    if (again_in_s_ < step_s) begin(random_.chance(0.6) ? Move::arm : Move::twitch), again_in_s_ = -1;
  } else if (!moving()) {
    choose(moment, step_s);
    if (answer_in_s_ >= 0 && answer_in_s_ < step_s && !moving() && moment.truth != Truth::out_of_bed) {
      const double draw = random_.uniform();
      begin(draw < 0.15 ? Move::turn : draw < 0.5 ? Move::arm : Move::twitch);
      stirs_ = false;  // or they would never lie still again
      answer_in_s_ = -1;
    }
  }
  if (moment.truth == Truth::out_of_bed && moment.begins) next_ = 0;
  was_arousal_ = moment.arousal, was_limb_ = moment.limb;
}

}  // namespace vigil::drivers::synthetic

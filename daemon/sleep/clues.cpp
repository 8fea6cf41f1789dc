#include "sleep/clues.hpp"

#include <algorithm>
#include <cmath>

#include "signal/grid.hpp"
#include "sleep/moving.hpp"

namespace vigil::sleep {
namespace {

constexpr float strong = 10.0F / 3;  // of moving: 1 kg, a turn
constexpr float some_count = 1, strong_counts = 40;
constexpr float hardly_moving = 1.4F;  // times what breathing reaches
constexpr float rest_quantile = 0.25F, breathing_quantile = 0.95F;
constexpr float rest_step = 0.016F;
constexpr float least_rest = 0.02F, least_breathing = 0.1F;
constexpr float rest_bpm_step = 0.06F;  // a second: a beat or so in 20 s at the most
constexpr float spread_step = 0.001F;
constexpr float longest_s = 7200;  // "since" does not count further
constexpr int forgotten_s = 150;   // a minute of counts this old says nothing of now
constexpr int slow_s = 30;         // own rates are corrected so often: their windows are 30 s long

// Between persons: 9 and 3 /min deviation; within a person's sleep 4 and 1.5 /min. Textbook spreads.
constexpr float heart_between = 81, breath_between = 9, heart_noise = 16, breath_noise = 2.25F;
constexpr float heart_known = 6, breath_known = 0.7F;  // variance of one that was learned
constexpr float own_drifts = 0.02F;                    // /min^2 a look: a night's own trend
constexpr float heart_free = 6, breath_free = 1;
constexpr float heart_mean = 60, breath_mean = 14.5F;
constexpr float surely_asleep = 0.7F;  // whose rates these are

constexpr float least_sleep_s = 3600;
constexpr double most_nights = 7;  // older ones fade

constexpr std::array<float, ago_classes - 1> ago_s{2, 5, 10, 30, 90, 300};
template <std::size_t N>
std::int8_t class_of(float value, const std::array<float, N>& below) noexcept {
  return static_cast<std::int8_t>(std::upper_bound(below.begin(), below.end(), value) - below.begin());
}

float later(float since_s) noexcept { return std::min(since_s + 1, longest_s); }
template <std::size_t N>
float mean_of(const Spread<N>& s, std::size_t least) noexcept {
  return s.n() >= least ? s.mean() : not_seen;
}

}  // namespace

bool Clues::any() const noexcept {
  return awake || movers != Movers::none ||
         std::any_of(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at(Clue::in_bed_for)),
                     [](float v) { return v == v; });
}

void Watch::Own::see(float value, float noise) noexcept {
  variance += own_drifts;
  const float gain = variance / (variance + noise);
  mean += gain * (value - mean);
  variance *= 1 - gain;
}

float Watch::Own::from(float value, float doubt_free) const noexcept {
  return (value - mean) / std::sqrt(1 + variance / doubt_free);
}

void Watch::learned(const Baseline& baseline) noexcept {
  baseline_ = baseline;
  heart_own_ = {heart_mean, heart_between}, breath_own_ = {breath_mean, breath_between};
  if (baseline.heart_bpm) heart_own_ = {static_cast<float>(*baseline.heart_bpm), heart_known};
  if (baseline.breath_rpm) breath_own_ = {static_cast<float>(*baseline.breath_rpm), breath_known};
}

void Watch::silence() noexcept {
  Watch fresh;
  fresh.baseline_ = baseline_, fresh.tonight_ = tonight_;
  fresh.heart_own_ = heart_own_, fresh.breath_own_ = breath_own_;
  fresh.rest_ = rest_, fresh.breathing_ = breathing_;
  fresh.heart_rest_ = heart_rest_, fresh.spread_own_ = spread_own_;
  *this = fresh;
}

void Watch::forget_person() noexcept {
  Baseline fresh;
  fresh.version = baseline_.version + 1;
  learned(fresh);
  night_opened();
  heart_rest_ = spread_own_ = not_seen;
}

std::optional<Baseline> Watch::learn(std::optional<float> load_kg) const noexcept {
  if (tonight_.asleep_s < least_sleep_s) return {};
  Baseline b = baseline_;
  ++b.nights;
  const double share = 1 / std::min(static_cast<double>(b.nights), most_nights);
  const auto mix = [&](std::optional<double>& kept, double seen) {
    kept = kept ? *kept + share * (seen - *kept) : seen;
  };
  constexpr float least = 20;  // looks: ten minutes
  if (tonight_.heart_n >= least) mix(b.heart_bpm, double{tonight_.heart_sum / tonight_.heart_n});
  if (tonight_.breath_n >= least) mix(b.breath_rpm, double{tonight_.breath_sum / tonight_.breath_n});
  if (tonight_.watched_s >= least_sleep_s)
    mix(b.moving_percent, double{100 * tonight_.moving_s / tonight_.watched_s});
  if (load_kg) mix(b.load_kg, double{*load_kg});
  return b;
}

std::optional<int> Watch::still_s() const noexcept {
  const bool by_bed = since_moved_ == since_moved_, by_wrist = since_wrist_ == since_wrist_;
  if (!by_bed && !by_wrist) return {};
  if (by_bed && by_wrist) return static_cast<int>(std::min(since_moved_, since_wrist_));
  return static_cast<int>(by_bed ? since_moved_ : since_wrist_);
}

std::optional<float> Watch::breath_spread() const noexcept {
  if (breath_3min_.n() < 90) return {};
  return breath_3min_.deviation();
}

std::optional<float> Watch::heart_over_own() const noexcept {
  if (heart_30s_.n() < 10 || heart_own_.variance > heart_free) return {};
  return heart_30s_.mean() - heart_own_.mean;
}

void Watch::bed(const Seen& seen, Clues& clues) noexcept {
  const bool known = seen.bed_movement && seen.in_bed.value_or(true);
  const float moved = known ? *seen.bed_movement : not_seen;
  const auto share = [&](float from) { return known ? (moved >= from ? 1.0F : 0.0F) : not_seen; };
  if (known && moved < 1) {
    rest_ += rest_step * (moved > rest_ ? rest_quantile : rest_quantile - 1) * rest_;
    breathing_ += rest_step * (moved > breathing_ ? breathing_quantile : breathing_quantile - 1) * breathing_;
    // A sensor of coarse steps, or one slower than a second, shows no movement at all.
    rest_ = std::max(rest_, least_rest), breathing_ = std::max(breathing_, least_breathing);
  }
  bed_30s_.push(share(1)), bed_2min_.push(share(1)), bed_5min_.push(share(1)), bed_15min_.push(share(1));
  strong_2min_.push(share(strong));
  level_30s_.push(known ? std::log(std::max(moved, 0.01F) / rest_) : not_seen);
  if (!known) {
    since_moved_ = since_strong_ = not_seen;
    return;
  }
  // What was before is not known: neither just now nor long ago.
  constexpr float a_while = 10;
  since_moved_ = moved >= 1 ? 0 : since_moved_ == since_moved_ ? later(since_moved_) : a_while;
  since_strong_ = moved >= strong ? 0 : since_strong_ == since_strong_ ? later(since_strong_) : a_while;
  auto& v = clues.values;
  v[at(Clue::bed_moving_30s)] = mean_of(bed_30s_, 10);
  v[at(Clue::bed_moving_2min)] = mean_of(bed_2min_, 20);
  v[at(Clue::bed_moving_5min)] = mean_of(bed_5min_, 60);
  v[at(Clue::bed_moving_15min)] = mean_of(bed_15min_, 180);
  v[at(Clue::bed_strong_2min)] = mean_of(strong_2min_, 20);
  v[at(Clue::bed_since_moved)] = since_moved_;
  v[at(Clue::bed_since_strong)] = since_strong_;
  v[at(Clue::bed_level)] = mean_of(level_30s_, 10);
}

void Watch::wrist(const Seen& seen, Clues& clues) noexcept {
  const bool known = seen.wrist_counts.has_value();
  const float counts = seen.wrist_counts.value_or(not_seen);
  const auto share = [&](float from) { return known ? (counts >= from ? 1.0F : 0.0F) : not_seen; };
  wrist_30s_.push(share(some_count)), wrist_2min_.push(share(some_count));
  wrist_5min_.push(share(some_count)), wrist_15min_.push(share(some_count));
  moving_5min_.push(share(moving::counts));
  log_5min_.push(known ? std::log1p(counts) : not_seen);
  if (!known) {
    since_some_ = since_wrist_ = not_seen;
    return;
  }
  constexpr float a_while = 10;
  since_some_ = counts >= some_count ? 0 : since_some_ == since_some_ ? later(since_some_) : a_while;
  since_wrist_ = counts >= moving::counts ? 0 : since_wrist_ == since_wrist_ ? later(since_wrist_) : a_while;
  auto& v = clues.values;
  v[at(Clue::wrist_some_30s)] = mean_of(wrist_30s_, 10);
  v[at(Clue::wrist_some_2min)] = mean_of(wrist_2min_, 20);
  v[at(Clue::wrist_some_5min)] = mean_of(wrist_5min_, 60);
  v[at(Clue::wrist_some_15min)] = mean_of(wrist_15min_, 180);
  v[at(Clue::wrist_moving_5min)] = mean_of(moving_5min_, 60);
  v[at(Clue::wrist_log_5min)] = mean_of(log_5min_, 60);
  v[at(Clue::wrist_since_some)] = since_some_;
  v[at(Clue::wrist_since_moved)] = since_wrist_;
}

void Watch::minute(const Seen& seen, Clues& clues) noexcept {
  if (minute_age_s_ < forgotten_s && ++minute_age_s_ == forgotten_s) {
    minute_ = since_count_ = not_seen;
    minutes_.clear();
  }
  if (seen.counts_a_min) {
    minute_ = *seen.counts_a_min;
    minute_age_s_ = 0;
    minutes_.push(std::log1p(minute_));
    since_count_ = minute_ >= some_count          ? 0
                   : since_count_ == since_count_ ? std::min(since_count_ + 1, 120.0F)
                                                  : 1;
  }
  auto& v = clues.values;
  v[at(Clue::counts_minute)] = minute_;
  v[at(Clue::counts_5min)] = mean_of(minutes_, 2);
  v[at(Clue::counts_since_some)] = since_count_;
}

void Watch::breath(const Seen& seen, Clues& clues) noexcept {
  const float rate = seen.breath_rpm.value_or(not_seen);
  breath_30s_.push(rate), breath_1min_.push(rate), breath_3min_.push(rate);
  // A sensor's own word states no quality; a bed whose breath is looked for and not seen has none.
  const float quality = seen.breath_quality ? (seen.breath_rpm ? *seen.breath_quality : 0.0F) : not_seen;
  quality_30s_.push(quality), quality_3min_.push(quality);
  auto& v = clues.values;
  if (breath_1min_.n() >= 20) v[at(Clue::breath_spread_1min)] = breath_1min_.deviation();
  if (breath_3min_.n() >= 60) v[at(Clue::breath_spread_3min)] = breath_3min_.deviation();
  if (breath_3min_.n() >= 60) {
    const float spread = std::log(std::max(breath_3min_.deviation(), 0.05F));
    spread_own_ = spread_own_ == spread_own_
                      ? spread_own_ + spread_step * (spread > spread_own_ ? 1.0F : -1.0F)
                      : spread;
    v[at(Clue::breath_spread_from_own)] = spread - spread_own_;
  }
  v[at(Clue::breath_quality_30s)] = mean_of(quality_30s_, 15);
  v[at(Clue::breath_quality_3min)] = mean_of(quality_3min_, 60);
  if (breath_30s_.n() >= 10) v[at(Clue::breath_from_own)] = breath_own_.from(breath_30s_.mean(), breath_free);
  if (signal::cell(seen.now, signal::second) % slow_s != 0 || breath_30s_.n() < 20) return;
  if (seen.p_asleep < surely_asleep) return;
  breath_own_.see(breath_30s_.mean(), breath_noise);
  tonight_.breath_sum += breath_30s_.mean(), ++tonight_.breath_n;
}

void Watch::heart(const Seen& seen, Clues& clues) noexcept {
  const float rate = seen.heart_bpm.value_or(not_seen);
  heart_30s_.push(rate), heart_2min_.push(rate), heart_30min_.push(rate);
  auto& v = clues.values;
  if (heart_30s_.n() >= 10) {
    v[at(Clue::heart_from_own)] = heart_own_.from(heart_30s_.mean(), heart_free);
    if (heart_30min_.n() >= 300) v[at(Clue::heart_from_before)] = heart_30s_.mean() - heart_30min_.mean();
  }
  if (heart_30s_.n() >= 10) {
    const float now = heart_30s_.mean();
    heart_rest_ = heart_rest_ == heart_rest_
                      ? heart_rest_ + rest_bpm_step * (now > heart_rest_ ? rest_quantile : rest_quantile - 1)
                      : now;
    v[at(Clue::heart_from_rest)] = now - heart_rest_;
  }
  if (heart_2min_.n() >= 40) {
    v[at(Clue::heart_from_own_2min)] = heart_own_.from(heart_2min_.mean(), heart_free);
    v[at(Clue::heart_spread_2min)] = heart_2min_.deviation();
  }
  if (signal::cell(seen.now, signal::second) % slow_s != 0 || heart_30s_.n() < 20) return;
  if (seen.p_asleep < surely_asleep) return;
  heart_own_.see(heart_30s_.mean(), heart_noise);
  tonight_.heart_sum += heart_30s_.mean(), ++tonight_.heart_n;
}

Clues Watch::second(const Seen& seen) noexcept {
  Clues clues;
  clues.awake = seen.awake;
  clues.in_bed = seen.in_bed;
  const float before_s = static_cast<float>(still_s().value_or(10)) + 0.5F;
  bed(seen, clues);
  wrist(seen, clues);
  minute(seen, clues);
  breath(seen, clues);
  heart(seen, clues);

  const bool by_bed = since_moved_ == since_moved_, by_wrist = since_wrist_ == since_wrist_;
  clues.movers = by_bed ? (by_wrist ? Movers::both : Movers::bed) : by_wrist ? Movers::wrist : Movers::none;
  const bool moves = (by_bed && since_moved_ == 0) || (by_wrist && since_wrist_ == 0);
  if (by_bed || by_wrist) {
    clues.ago = class_of(before_s, ago_s);
    const auto by = [](float v, float hardly, float moving, float strongly) {
      return v >= strongly ? 3 : v >= moving ? 2 : v >= hardly ? 1 : 0;
    };
    int move = 0;
    if (by_bed) move = by(*seen.bed_movement, std::min(hardly_moving * breathing_, 1.0F), 1, strong);
    if (by_wrist) move = std::max(move, by(*seen.wrist_counts, some_count, moving::counts, strong_counts));
    clues.move = static_cast<std::int8_t>(move);
  }

  since_turned_ = seen.turned ? 0 : since_turned_ == since_turned_ ? later(since_turned_) : not_seen;
  if (by_bed || by_wrist) clues.values[at(Clue::since_turned)] = since_turned_;
  if (seen.in_bed)
    in_bed_for_ = !*seen.in_bed                ? 0
                  : in_bed_for_ == in_bed_for_ ? std::min(in_bed_for_ + 1, 10 * longest_s)
                                               : not_seen;
  clues.values[at(Clue::in_bed_for)] = in_bed_for_;

  tonight_.asleep_s += seen.p_asleep;
  if (by_bed || by_wrist) tonight_.watched_s += seen.p_asleep;
  if (moves) tonight_.moving_s += seen.p_asleep;
  return clues;
}

}  // namespace vigil::sleep

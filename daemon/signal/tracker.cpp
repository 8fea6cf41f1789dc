#include "signal/tracker.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::signal {
namespace {

// Chosen on simulated people (seeds 40000 to 40007, empty beds of 41000 to 41007): most seconds answered and
// least error, while of an empty bed less than 0.1 % of the seconds are. None of it was seen in a real
// person.
constexpr float slowest = 40, step = 0.01F;  // /min; of its logarithm
constexpr float usual = 64, usual_spread = 0.3F, any = 0.02F;
// Each second: of what is believed of a rate to either side; to any rate; of one that is not seen to any;
// from seen to not seen, and back.
constexpr float diffuse = 0.45F, jump = 0.001F, fade = 0.01F, lose = 0.006F, find = 0.01F;
// How far one, two and three beats before count, and how far half a beat earlier counts against.
constexpr std::array<float, 3> beats{1, 0.8F, 0.55F};
constexpr float between = 0.8F;
constexpr float gain = 0.7F, doubt = 0.5F,
                most = 3;  // log odds of a second; doubt: what noise has to overcome
constexpr float energy_s = 4;
// As much is believed to be seen after an interruption, at most: it may have been somebody's leaving.
constexpr float afresh = 0.1F;
constexpr float forget_s = 120;
constexpr std::size_t least_s = 3;
constexpr std::size_t near = 5;  // steps

}  // namespace

Tracker::Tracker() noexcept {
  float sum = 0;
  for (std::size_t i = 0; i < rates; ++i) {
    const float per_min = slowest * std::exp(step * static_cast<float>(i));
    const float z = std::log(per_min / usual) / usual_spread;
    period_[i] = 60 * static_cast<float>(second) / per_min;
    before_[i] = std::exp(-0.5F * z * z) + any;
    sum += before_[i];
  }
  for (float& b : before_)
    b /= sum;
  forget();
}

void Tracker::forget() noexcept {
  for (std::size_t i = 0; i < rates; ++i)
    seen_[i] = afresh * before_[i], unseen_[i] = (1 - afresh) * before_[i];
  owed_s_ = 0;
}

void Tracker::interrupt() noexcept {
  owed_s_ += static_cast<float>(fresh_) / second;
  past_ = fresh_ = seconds_ = 0;
  energy_ = 0;
}

void Tracker::resume(Duration unseen) noexcept {
  interrupt();
  owed_s_ += static_cast<float>(seconds(unseen));
  if (unseen < Duration{} || owed_s_ > forget_s) forget();
  float seen = 0;
  for (const float v : seen_)
    seen += v;
  if (seen <= afresh) return;
  const float kept = afresh / seen;
  for (std::size_t i = 0; i < rates; ++i)
    unseen_[i] += (1 - kept) * seen_[i], seen_[i] *= kept;
}

void Tracker::push(float point) noexcept {
  points_[history + fresh_] = point;
  if (++fresh_ < second) return;
  fresh_ = 0;
  ++seconds_;
  for (owed_s_ += 1; owed_s_ >= 1; owed_s_ -= 1)
    spread();
  update();
  std::copy(points_.begin() + second, points_.end(), points_.begin());
  past_ = std::min(past_ + second, history);
}

void Tracker::spread() noexcept {
  float seen = 0;
  for (const float s : seen_)
    seen += s;
  const Belief s = seen_, u = unseen_;
  for (std::size_t i = 0; i < rates; ++i) {
    const std::size_t down = i > 0 ? i - 1 : i, up = i + 1 < rates ? i + 1 : i;
    const float still_seen = s[i] + diffuse * (s[down] - 2 * s[i] + s[up]);
    const float still_unseen = u[i] + diffuse * (u[down] - 2 * u[i] + u[up]);
    const float rate = (1 - jump) * still_seen + jump * seen * before_[i];
    const float none = (1 - fade) * still_unseen + fade * (1 - seen) * before_[i];
    seen_[i] = (1 - lose) * rate + find * none;
    unseen_[i] = lose * rate + (1 - find) * none;
  }
}

void Tracker::update() noexcept {
  const float* const now = points_.data() + history;
  float energy = 0;
  for (std::size_t i = 0; i < second; ++i)
    energy += now[i] * now[i];
  energy_ += (energy - energy_) / std::min(static_cast<float>(seconds_), energy_s);
  if (past_ == 0 || energy_ <= 0) return;

  // like[history - lag]: how far these points are those of `lag` points before.
  std::array<float, history> like{};
  for (std::size_t i = 0; i < second; ++i)
    for (std::size_t k = history - past_; k < history; ++k)
      like[k] += now[i] * points_[i + k];
  const float part = 1 / energy_;
  const auto at = [&](float lag) {
    const auto whole = static_cast<std::size_t>(lag);
    const float rest = lag - static_cast<float>(whole);
    const std::size_t k = history - whole;
    return part * (like[k] + rest * (like[k - 1] - like[k]));
  };
  float sum = 0;
  for (std::size_t i = 0; i < rates; ++i) {
    float fit = 0;
    for (std::size_t b = 0; b < beats.size(); ++b) {
      const float lag = period_[i] * static_cast<float>(b + 1);
      fit += beats[b] * (at(lag) - between * at(lag - 0.5F * period_[i]));
    }
    seen_[i] *= std::exp(std::clamp(gain * fit - doubt, -most, most));
    sum += seen_[i] + unseen_[i];
  }
  if (!(sum > 0)) return forget();  // not a number
  for (std::size_t i = 0; i < rates; ++i)
    seen_[i] /= sum, unseen_[i] /= sum;
}

Rate Tracker::estimate() const noexcept {
  if (seconds_ < least_s) return {};
  const auto mode = static_cast<std::size_t>(std::max_element(seen_.begin(), seen_.end()) - seen_.begin());
  const std::size_t from = mode > near ? mode - near : 0, to = std::min(mode + near + 1, rates);
  float believed = 0, beats_a_point = 0;
  for (std::size_t i = from; i < to; ++i)
    believed += seen_[i], beats_a_point += seen_[i] / period_[i];
  if (believed <= 0) return {};
  return {60 * static_cast<float>(second) * beats_a_point / believed, believed};
}

}  // namespace vigil::signal

#include "signal/heart.hpp"

namespace vigil::signal {
namespace {

constexpr Duration silence = std::chrono::milliseconds(200);
constexpr float grams = 1000;
constexpr Duration settling = std::chrono::milliseconds(500);
constexpr double beat_low_hz = 0.5, beat_high_hz = 3;
constexpr double mean_s = 4;
// A knock shall not outweigh all beats of the half minute.
constexpr float limit = 3;

}  // namespace

Heart::Heart(double rate_hz) noexcept
    : filter_(rate_hz, low_hz, high_hz),
      beat_(rate_hz, beat_low_hz, beat_high_hz),
      mean_share_(static_cast<float>(1 / (mean_s * rate_hz))),
      point_(from_seconds(1 / point_hz)),
      window_(shortest, longest, least_points) {}

void Heart::disturb() noexcept {
  begun_ = false;
  window_.clear();
}

void Heart::step(Axes kg, Instant at) noexcept {
  if (!begun_ || at - last_ > silence || at < last_) {
    begun_ = true;
    window_.clear();
    filter_.settle(kg);
    mean_ = Axes{};
    next_ = at + settling;
    settled_ = at + settling;
  }
  last_ = at;
  const Axes pulse = filter_.step(kg) * grams;
  const Axes size = pulse < 0 ? -pulse : pulse;
  if (at < settled_) {
    mean_ = size > mean_ ? size : mean_;
    beat_.settle(mean_ * 0.5F);
    return;
  }
  mean_ += mean_share_ * (size - mean_);
  const Axes limited = size > limit * mean_ ? limit * mean_ : size;
  const Axes point = beat_.step(limited);
  if (at < next_) return;
  window_.push(point);
  next_ = next_ + point_;
  if (next_ <= at) next_ = at + point_;
}

Rate Heart::estimate() const noexcept {
  const auto found = window_.find(0);
  if (found.period <= 0) return {};
  return {static_cast<float>(60 * point_hz) / found.period, found.quality};
}

}  // namespace vigil::signal

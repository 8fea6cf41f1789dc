#include "signal/heart.hpp"

namespace vigil::signal {
namespace {

constexpr Duration silence = std::chrono::milliseconds(200);
constexpr float grams = 1000;
constexpr Duration settling = std::chrono::milliseconds(500);
constexpr double beat_low_hz = 0.5, beat_high_hz = 3;
constexpr double mean_s = 4;
// A knock shall not outweigh all beats of its neighbours.
constexpr float limit = 3;
// A lane that carries no cell.
constexpr float least_grams = 0.01F;

}  // namespace

Heart::Heart(double rate_hz) noexcept
    : filter_(rate_hz, low_hz, high_hz),
      beat_(rate_hz, beat_low_hz, beat_high_hz),
      mean_share_(static_cast<float>(1 / (mean_s * rate_hz))),
      point_(from_seconds(1 / point_hz)) {}

void Heart::disturb() noexcept {
  begun_ = false;
  tracker_.interrupt();
}

void Heart::step(Axes kg, Instant at) noexcept {
  if (!begun_ || at - last_ > silence || at < last_) {
    begun_ = true;
    tracker_.resume(at - last_);
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
  const Axes parts = point / (mean_ + least_grams);
  tracker_.push(parts[0] + parts[1] + parts[2] + parts[3]);
  next_ = next_ + point_;
  if (next_ <= at) next_ = at + point_;
}

}  // namespace vigil::signal

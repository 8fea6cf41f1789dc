#include "drivers/metronome.hpp"

#include <algorithm>

namespace vigil::drivers {
namespace {

/// How much of the phase error one bunch corrects: over about 50 bunches, half a second at 100 Hz.
constexpr int pull = 50;

}  // namespace

Metronome::Metronome(double rate_hz, Duration gap) noexcept
    : fit_(rate_hz), nominal_(from_seconds(1 / rate_hz)), period_(nominal_), gap_(gap) {}

void Metronome::arrive(Instant at, std::size_t count) noexcept {
  const auto steps = static_cast<Duration::rep>(count - 1);
  step_ = period_;
  if (!running_) {
    running_ = true;
    next_ = at - period_ * steps;
    if (last_ >= next_ && last_ < at) next_ = last_ + (at - last_) / static_cast<Duration::rep>(count + 1);
    between_ = period_;
  } else {
    between_ += (std::min(at - arrived_, 20 * std::max(between_, period_)) - between_) / 16;
  }
  arrived_ = at;

  const Instant due = next_ + period_ * steps;
  const Duration late = at - due;
  const Duration tolerance = std::max(gap_, 3 * between_);
  if (late > tolerance) {
    ++gaps_;
    fit_.gap();
    next_ = at - period_ * steps;
  } else if (late < -tolerance) {
    // More came than time has passed for: the phase was set too late, by a bunch that was itself delayed.
    next_ = at - period_ * steps;
  } else {
    next_ += late / pull;
  }
  fit_.add(at, count);

  first_ = next_;
  // Never after the arrival, never backwards: a bunch that does not fit in between is pressed together.
  const Instant newest = std::min(first_ + period_ * steps, at);
  if (first_ <= last_ || newest < first_ + period_ * steps) {
    const Instant from = std::max(last_, std::min(first_, newest - period_ * steps) - period_);
    step_ = std::max<Duration>((newest - from) / static_cast<Duration::rep>(count), Duration(1));
    first_ = std::max(last_ + Duration(1), newest - step_ * steps);
  }
  last_ = first_ + step_ * steps;
  next_ += period_ * (steps + 1);
  period_ = fit_.differs() ? from_seconds(1 / *fit_.hz()) : nominal_;
}

Instant Metronome::moment(std::size_t i) const noexcept {
  return first_ + step_ * static_cast<Duration::rep>(i);
}

}  // namespace vigil::drivers

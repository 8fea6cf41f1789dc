#include "drivers/line/device_clock.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::drivers::line {
namespace {

constexpr double stretch_s = 5;     ///< one low point each: five minutes are remembered
constexpr double most_skew = 0.02;  ///< a ceramic resonator is 0.5 % off; what is more is no clock
constexpr double slack_s = 2;       ///< a reader may be that late

}  // namespace

DeviceClock::DeviceClock(double tick_s, unsigned wrap_bits) noexcept
    : tick_s_(tick_s), wrap_s_(wrap_bits == 0 ? 0 : std::ldexp(tick_s, static_cast<int>(wrap_bits))) {}

void DeviceClock::begin(double device_s, Instant arrival) noexcept {
  running_ = true;
  jumped_ = false;
  last_raw_s_ = device_s;
  unwrapped_s_ = 0;
  last_arrival_ = zero_ = arrival;
  count_ = 0;
  now_ = {};
  stretch_began_s_ = skew_ = base_s_ = 0;
}

bool DeviceClock::plausible(double step_s, Duration passed) const noexcept {
  const double host = seconds(passed);
  // Many lines may come at once, so that it may be ahead of the arrivals' difference by what was delayed.
  return step_s >= 0 && std::abs(step_s - host) <= slack_s + most_skew * host;
}

void DeviceClock::fit() noexcept {
  // With the present stretch, or the newest would be judged by the past alone.
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  const auto add = [&](const Low& low) {
    n += 1, x += low.device_s, y += low.offset_s;
    xx += low.device_s * low.device_s, xy += low.device_s * low.offset_s;
  };
  for (std::size_t i = 0; i < std::min(count_, lows_.size()); ++i)
    add(lows_[i]);
  if (n < 2) {
    skew_ = 0;
    base_s_ = n < 1 ? now_.offset_s : std::min(now_.offset_s, lows_[0].offset_s);
    return;
  }
  const double spread = n * xx - x * x;
  skew_ = spread > 0 ? std::clamp((n * xy - x * y) / spread, -most_skew, most_skew) : 0;
  base_s_ = (y - skew_ * x) / n;
}

std::optional<DeviceClock::Moment> DeviceClock::at(double ticks, Instant arrival) noexcept {
  const double raw = ticks * tick_s_;
  const auto ours = [&](Step step) {
    last_ = std::max(arrival, last_);
    return Moment{last_, step};
  };
  if (!running_) {
    begin(raw, arrival);
    return ours(Step::on);
  }
  double step = raw - last_raw_s_;
  if (step < 0 && wrap_s_ > 0 && plausible(step + wrap_s_, arrival - last_arrival_)) step += wrap_s_;
  if (!plausible(step, arrival - last_arrival_)) {
    if (jumped_ && plausible(raw - jump_raw_s_, arrival - jump_arrival_)) {
      ++resets_;
      begin(raw, arrival);
      return ours(Step::fell_back);
    }
    jumped_ = true;
    jump_raw_s_ = raw;
    jump_arrival_ = arrival;
    if (step >= 0) return std::nullopt;
    return ours(Step::fell_back);
  }
  jumped_ = false;
  last_raw_s_ = raw;
  last_arrival_ = arrival;
  unwrapped_s_ += step;

  const double offset = seconds(arrival - zero_) - unwrapped_s_;
  if (unwrapped_s_ - stretch_began_s_ >= stretch_s) {
    lows_[count_++ % lows_.size()] = now_;
    stretch_began_s_ = unwrapped_s_;
    now_ = {unwrapped_s_, offset};
    fit();
  } else if (offset <= now_.offset_s) {
    now_ = {unwrapped_s_, offset};
    if (count_ < 2) fit();
  }
  const double predicted = unwrapped_s_ + base_s_ + skew_ * unwrapped_s_;
  last_ = std::max(last_, std::min(zero_ + from_seconds(predicted), arrival));
  return Moment{last_, Step::on};
}

double DeviceClock::fast_ppm() const noexcept { return count_ < 2 ? 0 : -skew_ * 1e6; }

}  // namespace vigil::drivers::line

#include "acquire/health.hpp"

#include <algorithm>

namespace vigil::acquire {
namespace {

std::int64_t whole_second(Instant t) noexcept {
  return std::chrono::floor<std::chrono::seconds>(t.since_boot).count();
}

}  // namespace

void Rate::count(Instant at) noexcept {
  const auto second = whole_second(at);
  auto& slot =
      seconds_[static_cast<std::size_t>(((second % (window_s + 1)) + window_s + 1) % (window_s + 1))];
  if (slot.second != second) slot = {second, 0};
  ++slot.samples;
  if (!first_ || second < *first_) first_ = second;
}

double Rate::hz(Instant now) const noexcept {
  if (!first_) return 0;
  const auto end = whole_second(now);  // the current second is not over: left out
  const auto begin = std::max(end - window_s, *first_);
  if (begin >= end) return 0;
  std::uint64_t samples = 0;
  for (const auto& s : seconds_)
    if (s.second >= begin && s.second < end) samples += s.samples;
  return static_cast<double>(samples) / static_cast<double>(end - begin);
}

ClockNews ClockWatch::look(Duration boottime, Duration monotonic, Duration realtime,
                           Duration expected) noexcept {
  ClockNews news;
  if (last_) {
    const auto passed = boottime - last_->boottime;
    const auto awake = monotonic - last_->monotonic;
    // A clock that is slewed (adjtime) drifts by at most 0.5 ms a second: forgiven, it is not a step.
    const auto forgiven = passed / 1000;
    drift_ += realtime - last_->realtime - passed;
    if (drift_ > clock_step_reported || drift_ < -clock_step_reported) {
      news.step = drift_;
      drift_ = {};
    } else {
      drift_ = drift_ > Duration{} ? std::max(Duration{}, drift_ - forgiven)
                                   : std::min(Duration{}, drift_ + forgiven);
    }
    if (passed - awake > absence_reported)
      news.suspended = passed - awake;
    else if (awake - expected > absence_reported)
      news.held_up = awake;
  }
  last_ = {boottime, monotonic, realtime};
  return news;
}

}  // namespace vigil::acquire

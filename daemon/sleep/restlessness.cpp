#include "sleep/restlessness.hpp"

#include <algorithm>

namespace vigil::sleep {

const Algorithm& Restlessness::algorithm() {
  static constexpr Algorithm it{"restlessness", "2"};
  return it;
}

void Restlessness::own(std::optional<double> moving_percent) noexcept {
  constexpr double times = 4;
  begin_s_ = unknown_own_s;
  if (moving_percent)
    begin_s_ = static_cast<std::size_t>(
        std::clamp(times * *moving_percent / 100 * double{window_s}, double{least_s}, double{most_s}));
}

std::optional<Payload> Restlessness::second(Instant now, signal::Moved moved) {
  if (looked_from_ && now <= *looked_from_) return {};
  window_.push(moved);
  if (moved == signal::Moved::moving) last_moved_ = now;
  if (!began_) {
    if (window_.moving() < begin_s() || window_.known() < window_s / 2) return {};
    const Duration ago = std::chrono::seconds(window_.oldest_moving());
    began_ = now - ago;
    return event::RestlessBegan{ago};
  }
  if (restored_ && window_.known() < window_s) return {};
  restored_ = false;
  if (window_.moving() >= end_s() || window_.known() < window_s / 2) return {};
  return stop(now);
}

std::optional<Payload> Restlessness::stop(Instant now) {
  window_.clear();
  if (!began_) return {};
  const Instant end = std::clamp(last_moved_, *began_, now);
  const event::RestlessEnded ended{now - end, end - *began_};
  began_.reset();
  restored_ = false;
  return ended;
}

}  // namespace vigil::sleep

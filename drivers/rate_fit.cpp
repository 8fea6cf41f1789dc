#include "drivers/rate_fit.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::drivers {
namespace {

constexpr double apart_s = 0.1;  ///< points nearer to each other say nothing new
constexpr double memory_s = 600;
constexpr double known_after_s = 10;
constexpr double significant = 4;
constexpr double worth_following = 1e-6;

}  // namespace

void RateFit::add(Instant at, std::size_t count) noexcept {
  if (!placed_) {
    placed_ = true;
    last_ = at;
    since_ = x_ = d_ = 0;
    weight_ = 1;
    mean_x_ = mean_d_ = 0;
    return;
  }
  since_ += period_s_ * static_cast<double>(count);
  const double passed = seconds(at - last_);
  if (passed < apart_s) return;

  const double slope = xx_ > 0 && seen_s_ >= known_after_s ? xd_ / xx_ : 0;
  const double late = passed - since_;
  if (std::abs(late - slope * since_) > std::max(2.5 * period_s_, passed / 2)) {
    gap();
    add(at, count);
    return;
  }
  x_ += since_;
  d_ += late;
  last_ = at;
  since_ = 0;
  seen_s_ = std::min(seen_s_ + passed, memory_s);

  const double keep = 1 / (1 + passed / memory_s);
  const double before = weight_ * keep;
  weight_ = before + 1;
  const double dx = x_ - mean_x_;
  const double dd = d_ - mean_d_;
  mean_x_ += dx / weight_;
  mean_d_ += dd / weight_;
  const double share = before / weight_;
  xx_ = keep * xx_ + share * dx * dx;
  xd_ = keep * xd_ + share * dx * dd;
  dd_ = keep * dd_ + share * dd * dd;
  points_ = keep * points_ + 1;
}

std::optional<double> RateFit::hz() const noexcept {
  if (seen_s_ < known_after_s || xx_ <= 0) return std::nullopt;
  return 1 / (period_s_ * (1 + xd_ / xx_));
}

bool RateFit::differs() const noexcept {
  if (seen_s_ < known_after_s || points_ < 4 || xx_ <= 0) return false;
  const double slope = xd_ / xx_;
  if (std::abs(slope) < worth_following) return false;
  const double left = std::max(dd_ - slope * xd_, 0.0);
  return slope * slope > significant * significant * left / (points_ - 2) / xx_;
}

}  // namespace vigil::drivers

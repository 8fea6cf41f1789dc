#include "sleep/sib.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace vigil::sleep::sib {

const Algorithm& algorithm() {
  static constexpr Algorithm it{"sib", "1"};
  return it;
}

Angles::Angles(double rate_hz)
    : window_(std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(rate_hz * epoch_s)))) {
  for (auto& ring : ring_)
    ring.resize(window_);
  for (auto& sorted : sorted_)
    sorted.reserve(window_ + 1);
}

// The window is kept sorted: one out, one in.
float Angles::median(std::size_t axis) {
  const auto& sorted = sorted_[axis];
  const auto middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

void Angles::finish() {
  done_.push_back(n_ > 0 ? static_cast<float>(sum_ / static_cast<double>(n_))
                         : std::numeric_limits<float>::quiet_NaN());
  sum_ = 0, n_ = 0;
  ++epoch_;
}

void Angles::sample(const std::array<float, 3>& g, Instant at) {
  if (!began_) began_ = at;
  if (held_ > 0 && seconds(at - last_) > epoch_s) {  // what was before a gap says nothing of now
    held_ = 0;
    for (auto& sorted : sorted_)
      sorted.clear();
  }
  last_ = at;
  const auto now = static_cast<std::int64_t>(seconds(at - *began_) / epoch_s);
  while (epoch_ < now)
    finish();
  for (std::size_t axis = 0; axis < 3; ++axis) {
    auto& sorted = sorted_[axis];
    if (held_ == window_) sorted.erase(std::ranges::lower_bound(sorted, ring_[axis][newest_]));
    ring_[axis][newest_] = g[axis];
    sorted.insert(std::ranges::upper_bound(sorted, g[axis]), g[axis]);
  }
  newest_ = (newest_ + 1) % window_;
  held_ = std::min(held_ + 1, window_);
  const double x = double{median(0)}, y = double{median(1)}, z = double{median(2)};
  sum_ += std::atan2(z, std::hypot(x, y)) * 180 / std::numbers::pi;
  ++n_;
}

std::optional<float> Angles::next() {
  if (given_ == done_.size()) {
    done_.clear();
    given_ = 0;
    return {};
  }
  return done_[given_++];
}

void Angles::end() {
  if (n_ > 0) finish();
}

void score(std::span<const float> angles, std::span<EpochState> out) noexcept {
  const auto changed = [&](std::size_t i) {
    return !std::isfinite(angles[i]) || !std::isfinite(angles[i - 1]) ||
           std::abs(angles[i] - angles[i - 1]) > posture_deg;
  };
  for (std::size_t i = 0; i < angles.size();) {
    std::size_t next = i + 1;
    while (next < angles.size() && !changed(next))
      ++next;
    const auto state = !std::isfinite(angles[i])     ? EpochState::unknown
                       : next - i > sustained_epochs ? EpochState::sleep
                                                     : EpochState::wake;
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(i), out.begin() + static_cast<std::ptrdiff_t>(next),
              state);
    i = next;
  }
}

}  // namespace vigil::sleep::sib

#include "signal/position.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::signal {

bool Rest::step(Instant now, const Values& means, Moved moved) noexcept {
  if (moved == Moved::unknown) {
    clear();
    return false;
  }
  if (moved == Moved::moving) {
    if (!moved_since_) moved_at_ = now - std::chrono::seconds(1);
    moved_since_ = true;
    still_ = 0;
    sum_ = {};
    return false;
  }
  for (std::size_t i = 0; i < most; ++i)
    sum_[i] += means[i];
  if (++still_ < rest_seconds) return false;
  Values mean;
  for (std::size_t i = 0; i < most; ++i)
    mean[i] = sum_[i] / static_cast<float>(rest_seconds);
  still_ = 0;
  sum_ = {};
  const bool complete = rested_ && moved_since_;
  if (complete) before_ = after_;
  after_ = mean;
  rested_ = true;
  moved_since_ = false;
  return complete;
}

const Algorithm& LoadPosition::algorithm() {
  static constexpr Algorithm it{"load_position", "1"};
  return it;
}

std::optional<PositionChange> LoadPosition::step(Instant now, std::span<const float> kg,
                                                 Moved moved) noexcept {
  Rest::Values means{};
  std::copy_n(kg.begin(), std::min(kg.size(), Rest::most), means.begin());
  if (!rest_.step(now, means, moved)) return {};
  float largest = 0;
  for (std::size_t i = 0; i < Rest::most; ++i)
    largest = std::max(largest, std::abs(rest_.after()[i] - rest_.before()[i]));
  if (largest < step_kg) return {};
  return PositionChange{rest_.moved_at(), largest};
}

const Algorithm& PosturePosition::algorithm() {
  static constexpr Algorithm it{"wrist_posture", "1"};
  return it;
}

std::optional<PositionChange> PosturePosition::step(Instant now, const std::array<float, 3>& g,
                                                    Moved moved) noexcept {
  Rest::Values means{};
  std::copy(g.begin(), g.end(), means.begin());
  if (!rest_.step(now, means, moved)) return {};
  const auto& a = rest_.before();
  const auto& b = rest_.after();
  const double dot = double{a[0]} * b[0] + double{a[1]} * b[1] + double{a[2]} * b[2];
  const double lengths = std::hypot(a[0], a[1], a[2]) * std::hypot(b[0], b[1], b[2]);
  if (lengths <= 0) return {};
  const double angle = std::acos(std::clamp(dot / lengths, -1.0, 1.0)) * 180 / std::numbers::pi;
  if (angle < angle_deg) return {};
  return PositionChange{rest_.moved_at(), static_cast<float>(angle)};
}

}  // namespace vigil::signal

#include "signal/position.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "signal/movement.hpp"

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

const Algorithm& ImagePosition::algorithm() {
  static constexpr Algorithm it{"image_position", "1"};
  return it;
}

float ImagePosition::elsewhere(std::span<const float> a, std::span<const float> b) noexcept {
  const float floor_a = image_floor(a, scratch_);
  const float floor_b = image_floor(b, scratch_);
  const auto above = [](std::span<const float> image, float floor) {
    float sum = 0;
    for (const float cell : image)
      sum += std::max(cell - floor, 0.0F);
    return sum;
  };
  const float sum_a = above(a, floor_a);
  const float sum_b = above(b, floor_b);
  if (sum_a <= 0 || sum_b <= 0) return 0;
  float moved = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    moved += std::abs(std::max(a[i] - floor_a, 0.0F) / sum_a - std::max(b[i] - floor_b, 0.0F) / sum_b);
  return moved / 2;
}

std::optional<PositionChange> ImagePosition::step(Instant now, std::span<const float> image,
                                                  Moved moved) noexcept {
  if (moved == Moved::unknown || image.size() != latest_.size()) {
    clear();
    return {};
  }
  if (moved == Moved::moving) {
    // A stir before it that changed nothing is not its beginning.
    if (!moved_since_ || (still_ > 0 && rested_ && elsewhere(rest_, latest_) < share))
      moved_at_ = now - std::chrono::seconds(1);
    moved_since_ = true;
    still_ = 0;
    return {};
  }
  std::optional<PositionChange> change;
  if (still_ == Rest::rest_seconds) {
    if (rested_ && moved_since_)
      if (const float size = elsewhere(rest_, latest_); size >= share) change = {moved_at_, 100 * size};
    rest_.swap(latest_);
    rested_ = true;
    moved_since_ = false;
    still_ = 0;
  }
  ++still_;
  std::copy(image.begin(), image.end(), latest_.begin());
  return change;
}

}  // namespace vigil::signal

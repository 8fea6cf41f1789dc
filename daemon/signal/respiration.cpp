#include "signal/respiration.hpp"

namespace vigil::signal {
namespace {

constexpr Duration silence = std::chrono::seconds(1);
// The step of a fine sensor: a tenth of a breath's 0.1 kg.
constexpr float fine_kg = 0.012F;

}  // namespace

Respiration::Respiration(double rate_hz) noexcept
    : filter_(rate_hz, low_hz, high_hz),
      point_(from_seconds(1 / point_hz)),
      window_(shortest, longest, least_points) {}

void Respiration::disturb() noexcept {
  begun_ = false;
  window_.clear();
}

void Respiration::step(Axes kg, Instant at) noexcept {
  if (!begun_ || at - last_ > silence || at < last_) {
    begun_ = true;
    window_.clear();
    filter_.settle(kg);
    next_ = at;
  } else {
    for (int c = 0; c < 4; ++c) {
      const float change = kg[c] > kg_[c] ? kg[c] - kg_[c] : kg_[c] - kg[c];
      fine_ = fine_ || (change > 0 && change <= fine_kg);
    }
  }
  last_ = at;
  kg_ = kg;
  const Axes breath = filter_.step(kg);
  if (at < next_) return;
  window_.push(breath);
  next_ = next_ + point_;
  if (next_ <= at) next_ = at + point_;
}

Rate Respiration::estimate() const noexcept {
  const auto found = window_.find(pause_points);
  if (found.period <= 0 || found.paused) return {};
  return {static_cast<float>(60 * point_hz) / found.period, found.quality};
}

}  // namespace vigil::signal

#include "acquire/admit.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::acquire {
namespace {

constexpr double flood_factor = 4;
constexpr double irregular_limit_hz = 1000;
constexpr double burst_s = 10;

}  // namespace

Admit::Admit(const Channel& channel) noexcept
    : channel_(channel),
      limit_hz_(channel.rate_hz > 0 ? std::max(flood_factor * double{channel.rate_hz}, 1.0)
                                    : irregular_limit_hz),
      credit_(limit_hz_ * burst_s) {}

std::optional<Reject> Admit::operator()(Instant at, std::span<const float> values) noexcept {
  if (values.size() != channel_.values()) return Reject::length;
  const bool bounded = channel_.maximum > channel_.minimum;
  const bool gaps = channel_.quantity == Quantity::load && channel_.values() > 1;
  for (const float v : values)
    if (gaps && std::isnan(v))
      continue;
    else if (!std::isfinite(v) || (bounded && (v < channel_.minimum || v > channel_.maximum)))
      return Reject::range;
  if (last_ && at < *last_) return Reject::order;
  if (last_) credit_ = std::min(limit_hz_ * burst_s, credit_ + seconds(at - *last_) * limit_hz_);
  last_ = at;
  if (credit_ < 1) return Reject::flood;
  credit_ -= 1;
  return std::nullopt;
}

}  // namespace vigil::acquire

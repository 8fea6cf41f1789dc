#include "sleep/load_movement.hpp"

namespace vigil::sleep {

const Algorithm& LoadMovementRule::algorithm() {
  static constexpr Algorithm it{"load_movement", "1"};
  return it;
}

void LoadMovementRule::second(Instant now, signal::Moved moved) noexcept {
  if (moved == signal::Moved::unknown) {
    forget();
    return;
  }
  window_.push(moved);
  if (!still_since_) still_since_ = now - std::chrono::seconds(1);
  if (window_.moving() >= stir_seconds && moved == signal::Moved::moving) still_since_ = now;
}

std::optional<Instant> LoadMovementRule::asleep_since(Instant now) const noexcept {
  if (!still_since_ || now - *still_since_ < still_before_sleep) return {};
  return still_since_;
}

}  // namespace vigil::sleep

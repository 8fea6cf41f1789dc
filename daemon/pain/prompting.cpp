#include "pain/prompting.hpp"

namespace vigil::pain {

const Algorithm& Prompting::algorithm() {
  static constexpr Algorithm it{"prompting", "1"};
  return it;
}

std::optional<Payload> Prompting::awoke(Instant now) {
  if (asked_ && now - *asked_ < between) return {};
  if (checked_in_ && now - *checked_in_ < after_checkin) return {};
  asked_ = now;
  return event::PainPrompted{"awakening"};
}

std::optional<Payload> Prompting::flared(Instant now) {
  if (asked_of_flare_ && now - *asked_of_flare_ < between_flares) return {};
  if (checked_in_ && now - *checked_in_ < between_flares) return {};
  asked_of_flare(now);
  return event::PainPrompted{flare_reason};
}

}  // namespace vigil::pain

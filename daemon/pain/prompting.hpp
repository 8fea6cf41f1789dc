#pragma once
#include <optional>

#include "core/event.hpp"
#include "core/instant.hpp"

namespace vigil::pain {

/// When to ask how the pain is: after a confirmed awakening, at most once in 30 min, and not within 60 min of
/// a check-in: who has just said it is not asked again. After a flare, which a person makes himself, always,
/// but for 5 min after a check-in or the question that followed another flare.
class Prompting {
 public:
  static const Algorithm& algorithm();
  static constexpr std::string_view flare_reason = "flare";
  static constexpr Duration between = std::chrono::minutes(30);
  static constexpr Duration after_checkin = std::chrono::minutes(60);
  static constexpr Duration between_flares = std::chrono::minutes(5);

  /// An awakening was confirmed: whether to ask now.
  std::optional<Payload> awoke(Instant now);

  /// Pain flared up: whether to ask now how much.
  std::optional<Payload> flared(Instant now);

  /// Also the fold of the log.
  void asked(Instant at) noexcept { asked_ = at; }
  void asked_of_flare(Instant at) noexcept { asked_ = asked_of_flare_ = at; }
  void checked_in(Instant at) noexcept { checked_in_ = at; }

 private:
  std::optional<Instant> asked_, asked_of_flare_;
  std::optional<Instant> checked_in_;
};

}  // namespace vigil::pain

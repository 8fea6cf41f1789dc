#include "sleep/awakenings.hpp"

#include <algorithm>

namespace vigil::sleep {
namespace {

constexpr Duration one_second = std::chrono::seconds(1);

}  // namespace

const Algorithm& Awakenings::algorithm() {
  static constexpr Algorithm it{"awakenings", "2"};
  return it;
}

AwakeningSays Awakenings::asleep(Instant now, Instant since) {
  AwakeningSays says;
  if (phase_ == Phase::awake)
    says.add(event::AwakeningEnded{number_, now - since, std::max(since - began_, Duration{})});
  if (phase_ == Phase::none || phase_ == Phase::awake) {
    phase_ = Phase::asleep;
    believed_ = true;
    window_.clear();
  }
  return says;
}

AwakeningSays Awakenings::suspect(Instant now, Instant began, const Name& cause) {
  AwakeningSays says;
  phase_ = Phase::suspected;
  began_ = began;
  believed_ = false;
  says.add(event::AwakeningSuspected{++number_, now - began, cause});
  return says;
}

void Awakenings::confirm(Instant now, const Name& cause, AwakeningSays& says) {
  phase_ = Phase::awake;
  says.add(event::AwakeningConfirmed{number_, now - began_, cause});
}

void Awakenings::withdraw(Instant now, const Name& cause, AwakeningSays& says) {
  phase_ = Phase::asleep;
  window_.clear();
  says.add(event::AwakeningWithdrawn{number_, now - began_, cause});
}

AwakeningSays Awakenings::second(Instant now, signal::Moved moved, float p_asleep, const Name& cause) {
  if (phase_ == Phase::asleep) {
    window_.push(moved);
    believed_ = believed_ || p_asleep >= withdraw_above;
    if (moved == signal::Moved::moving && window_.moving() >= stir_seconds)
      return suspect(now, now - one_second * window_.oldest_moving(), cause);
    if (believed_ && p_asleep < suspect_below) {
      const auto ago = window_.moving() > 0 ? window_.oldest_moving() : 1;
      return suspect(now, now - one_second * ago, window_.moving() > 0 ? cause : Name("more likely awake"));
    }
    return {};
  }
  AwakeningSays says;
  if (phase_ != Phase::suspected) return says;
  const Duration lasts = now - began_;
  if (lasts >= confirm_after && p_asleep < confirm_below)
    confirm(now, "awake for 60 s", says);
  else if (lasts >= withdraw_after && p_asleep >= withdraw_above)
    withdraw(now, "asleep again", says);
  else if (lasts >= decide_after && p_asleep < decide_at)
    confirm(now, "more likely awake", says);
  else if (lasts >= decide_after)
    withdraw(now, "more likely asleep", says);
  return says;
}

AwakeningSays Awakenings::leaving(Instant now, Instant since) {
  if (phase_ != Phase::asleep) return {};
  return suspect(now, since, "getting up");
}

AwakeningSays Awakenings::left_bed(Instant now, Instant since) {
  AwakeningSays says;
  if (phase_ == Phase::asleep) says = suspect(now, since, "getting up");
  if (phase_ == Phase::suspected) confirm(now, "left bed", says);
  return says;
}

AwakeningSays Awakenings::entry(Instant now, const Name& cause) {
  AwakeningSays says;
  if (phase_ == Phase::asleep) says = suspect(now, now, cause);
  if (phase_ == Phase::suspected) confirm(now, cause, says);
  return says;
}

AwakeningSays Awakenings::silent(Instant now) {
  AwakeningSays says;
  if (phase_ == Phase::suspected) withdraw(now, "sensor silent", says);
  window_.clear();
  return says;
}

void Awakenings::restore(Phase phase, Instant began, std::int64_t number) noexcept {
  phase_ = phase;
  began_ = began;
  number_ = number;
  believed_ = phase == Phase::asleep;
}

}  // namespace vigil::sleep

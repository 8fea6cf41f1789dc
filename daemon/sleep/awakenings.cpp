#include "sleep/awakenings.hpp"

#include <algorithm>

namespace vigil::sleep {
namespace {

constexpr Duration one_second = std::chrono::seconds(1);
constexpr Duration movement_lasts = std::chrono::seconds(15);  // a movement says "awake" for so long

}  // namespace

const Algorithm& Awakenings::algorithm() {
  static constexpr Algorithm it{"awakenings", "1"};
  return it;
}

AwakeningSays Awakenings::asleep(Instant now, Instant since) {
  AwakeningSays says;
  if (phase_ == Phase::awake)
    says.add(event::AwakeningEnded{number_, now - since, std::max(since - began_, Duration{})});
  if (phase_ == Phase::none || phase_ == Phase::awake) {
    phase_ = Phase::asleep;
    window_.clear();
    wake_epochs_ = 0;
  }
  return says;
}

AwakeningSays Awakenings::suspect(Instant now, Instant began, const Name& cause) {
  AwakeningSays says;
  phase_ = Phase::suspected;
  began_ = began;
  moved_ = now;
  awake_ = now - began;
  by_epochs_ = false;
  sleep_epochs_ = 0;
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
  wake_epochs_ = 0;
  says.add(event::AwakeningWithdrawn{number_, now - began_, cause});
}

AwakeningSays Awakenings::second(Instant now, signal::Moved moved, const Name& cause) {
  if (phase_ == Phase::asleep) {
    window_.push(moved);
    if (moved != signal::Moved::moving || window_.moving() < stir_seconds) return {};
    return suspect(now, now - one_second * window_.oldest_moving(), cause);
  }
  AwakeningSays says;
  if (phase_ != Phase::suspected || by_epochs_) return says;
  if (moved == signal::Moved::moving) moved_ = now;
  if (now - moved_ < movement_lasts) awake_ += one_second;
  if (awake_ >= confirm_after)
    confirm(now, "60 s awake", says);
  else if (now - moved_ >= still_again || now - began_ >= withdraw_after)
    withdraw(now, "still again", says);
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

AwakeningSays Awakenings::epoch(Instant now, EpochState score) {
  AwakeningSays says;
  wake_epochs_ = score == EpochState::wake ? wake_epochs_ + 1 : 0;
  if (phase_ == Phase::asleep && wake_epochs_ > 0) {
    says = suspect(now, now - epoch_length, "activity");
    by_epochs_ = true;
    wake_epochs_ = 1;
  } else if (phase_ == Phase::suspected) {
    by_epochs_ = true;
    sleep_epochs_ = score == EpochState::sleep ? sleep_epochs_ + 1 : 0;
    if (wake_epochs_ >= 2)
      confirm(now, "60 s awake", says);
    else if (sleep_epochs_ >= 2 || now - began_ >= withdraw_after)
      withdraw(now, "still again", says);
  }
  return says;
}

AwakeningSays Awakenings::silent(Instant now) {
  AwakeningSays says;
  if (phase_ == Phase::suspected) withdraw(now, "sensor silent", says);
  window_.clear();
  wake_epochs_ = 0;
  return says;
}

void Awakenings::restore(Phase phase, Instant began, std::int64_t number) noexcept {
  phase_ = phase;
  began_ = began;
  moved_ = began;
  awake_ = {};
  number_ = number;
}

}  // namespace vigil::sleep

#include "signal/presence.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::signal {
namespace {

constexpr Duration second = std::chrono::seconds(1);
constexpr Duration learning = std::chrono::seconds(5);
constexpr Duration silence = std::chrono::seconds(5);  // breaks a debounce
constexpr Duration settled = std::chrono::minutes(1);  // empty for so long before drift is followed
constexpr float drift_a_second = 1.0F / 600.0F;
constexpr float under_a_second = 1.0F / 10.0F;
constexpr Duration still_empty = std::chrono::minutes(30);

}  // namespace

const Algorithm& Presence::algorithm() {
  static constexpr Algorithm it{"presence", "1"};
  return it;
}

std::optional<float> Presence::above_tare() const noexcept {
  if (!known_ || !tare_) return {};
  return load_ - *tare_;
}

std::optional<Instant> Presence::leaving_since() const noexcept {
  if (!known_ || !occupied_) return {};
  return below_;
}

void Presence::restore(bool occupied, Instant since, std::optional<float> tare) {
  occupied_ = occupied;
  since_ = since;
  if (tare) tare_ = tare;
  assumed_ = occupied && tare == 0.0F;  // only an assumed tare is exactly 0
  highest_ = 0;
}

Presence::Change Presence::enter(Instant at) {
  occupied_ = true;
  since_ = at;
  above_.reset(), below_.reset();
  return Change::entered;
}

Presence::Change Presence::leave(Instant at) {
  occupied_ = false;
  stay_ = at - since_;
  since_ = at;
  above_.reset(), below_.reset(), under_.reset();
  return Change::left;
}

Presence::Change Presence::learn(Instant now, float load) {
  if (!first_) {
    first_ = now - second;
    least_ = load;
  }
  least_ = std::min(least_, load);
  if (now - *first_ < learning) return Change::none;
  known_ = true;
  if (least_ > settings_.present) {
    tare_ = 0.0F;
    assumed_ = true;
    highest_ = load;
    if (!occupied_) return enter(*first_);
  } else {
    tare_ = least_;
    if (occupied_) return leave(now);  // restored as occupied without a tare
    since_ = *first_;
  }
  return Change::none;
}

void Presence::follow_drift(Instant now, float above) {
  if (!settings_.tared || now - since_ < settled) return;
  if (std::abs(above) <= 0.5F * settings_.absent) {
    *tare_ += above * drift_a_second;
    under_.reset();
  } else if (above < 0) {
    if (!under_) under_ = now;
    if (now - *under_ >= settled) *tare_ += above * under_a_second;
  } else {
    under_.reset();
  }
}

bool Presence::empty_after_all(Instant now, float load, bool moved) {
  highest_ = std::max(highest_, load);
  if (highest_ - load < settings_.present || moved ||
      (fallen_ && std::abs(load - fallen_to_) > 0.5F * settings_.absent)) {
    fallen_.reset();
    return false;
  }
  if (!fallen_) {
    fallen_ = now;
    fallen_to_ = load;
  }
  return now - *fallen_ >= still_empty;
}

Presence::Change Presence::step(Instant now, std::optional<float> load, bool moved) {
  if (!load) {
    known_ = false;
    return Change::none;
  }
  const bool gap = last_ && now - *last_ > silence;
  last_ = now;
  load_ = *load;
  if (gap) above_.reset(), below_.reset(), under_.reset(), fallen_.reset(), first_.reset();
  if (!settings_.tared) tare_ = 0.0F;
  if (!tare_) return learn(now, *load);
  known_ = true;

  const float above = *load - *tare_;
  const Instant began = now - second;
  if (!occupied_) {
    follow_drift(now, above);
    if (above < settings_.present) {
      above_.reset();
      return Change::none;
    }
    if (!above_) above_ = began;
    return now - *above_ >= settings_.enter_after ? enter(*above_) : Change::none;
  }
  if (assumed_ && empty_after_all(now, *load, moved)) {
    tare_ = load;
    assumed_ = false;
    return leave(*fallen_);
  }
  if (above > settings_.absent) {
    below_.reset();
    return Change::none;
  }
  if (!below_) below_ = began;
  if (now - *below_ < settings_.leave_after) return Change::none;
  if (assumed_) {
    tare_ = load;  // nearer than 0: the bed's own weight
    assumed_ = false;
  }
  return leave(*below_);
}

}  // namespace vigil::signal

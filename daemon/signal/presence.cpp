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
constexpr Duration lifeless_for = std::chrono::minutes(3);
constexpr Duration put_down = std::chrono::seconds(4);
constexpr Duration stirs_within = std::chrono::minutes(2);
constexpr int stirs_prove = 3;
constexpr int breaths_prove_s = 10;

}  // namespace

const Algorithm& Presence::algorithm() {
  static constexpr Algorithm it{"presence", "2"};
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
  highest_ = load_;
  above_.reset(), below_.reset(), fallen_.reset();
  thing_ = false;
  question(Doubt::none, at);
  return Change::entered;
}

Presence::Change Presence::leave(Instant at) {
  occupied_ = false;
  stay_ = at - since_;
  since_ = at;
  above_.reset(), below_.reset(), under_.reset(), fallen_.reset();
  question(Doubt::none, at);
  return Change::left;
}

void Presence::question(Doubt doubt, Instant since) {
  if (doubt != doubt_) doubt_since_ = since;
  doubt_ = doubt;
  if (doubt == Doubt::none) {
    came_.reset();
    stirs_ = breaths_s_ = 0;
  }
}

// Of a load that came at `came_`.
void Presence::look_for_life(Instant now, const Signs& signs) {
  breaths_s_ = signs.breathes ? breaths_s_ + 1 : 0;
  if (!signs.moved || !came_ || now - *came_ <= put_down) return;
  if (stirred_ && now - *stirred_ > stirs_within) stirs_ = 0;
  stirred_ = now;
  ++stirs_;
}

Presence::Change Presence::learn(Instant now, float load, const Signs& signs) {
  if (!first_) {
    first_ = now - second;
    least_ = highest_ = load;
  }
  if (doubt_ == Doubt::since_start) return prove(now, load, signs);
  least_ = std::min(least_, load);
  if (now - *first_ < learning) return Change::none;
  if (least_ <= settings_.present) {
    known_ = true;
    tare_ = least_;
    if (occupied_) return leave(now);  // restored as occupied without a tare
    since_ = *first_;
    return Change::none;
  }
  if (settings_.proof && signs.steady && !occupied_) {
    question(Doubt::since_start, *first_);
    came_ = first_;
    return Change::none;
  }
  known_ = true;
  tare_ = 0.0F;
  assumed_ = true;
  highest_ = load;
  return occupied_ ? Change::none : enter(*first_);
}

// A load that was there at the first start.
Presence::Change Presence::prove(Instant now, float load, const Signs& signs) {
  known_ = false;
  if (load <= settings_.present) {  // learn it as the empty bed, or what is left of it
    question(Doubt::none, now);
    first_.reset();
    return learn(now, load, signs);
  }
  look_for_life(now, signs);
  const bool nobody = fallen_and_still(now, load, signs) || (lifeless_ && now - *lifeless_ >= lifeless_for);
  if (nobody) {
    known_ = true;
    tare_ = load;
    since_ = fallen_.value_or(*first_);
    fallen_.reset();
    question(Doubt::none, now);
    return Change::none;
  }
  if (stirs_ < stirs_prove && breaths_s_ < breaths_prove_s) return Change::none;
  known_ = true;
  tare_ = 0.0F;
  assumed_ = true;
  const float highest = highest_;
  // Who breathes has lain there all along; who only stirs may have just come.
  const Change change = enter(stirs_ < stirs_prove ? *first_ : now - stirs_prove * second);
  highest_ = highest;
  return change;
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

bool Presence::fallen_and_still(Instant now, float load, const Signs& signs) {
  highest_ = std::max(highest_, load);
  if (highest_ - load < settings_.present || signs.moved ||
      (fallen_ && std::abs(load - fallen_to_) > 0.5F * settings_.absent)) {
    fallen_.reset();
    return false;
  }
  if (!fallen_) {
    fallen_ = now;
    fallen_to_ = load;
  }
  // With a tare that was seen, only a sensor that would see a breath may say that what is left is a thing.
  const bool lifeless = lifeless_ && now - std::max(*lifeless_, *fallen_) >= lifeless_for;
  return lifeless || ((assumed_ || !tare_) && now - *fallen_ >= still_empty);
}

// Nobody is there: is somebody coming?
Presence::Change Presence::out_of_bed(Instant now, float above, const Signs& signs) {
  follow_drift(now, above);
  if (above < settings_.present) {
    above_.reset();
    thing_ = false;
    question(Doubt::none, now);
    return Change::none;
  }
  if (thing_ && std::abs(above - thing_kg_) <= 0.5F * settings_.present) return Change::none;
  thing_ = false;
  if (!above_) above_ = now - second;
  if (!came_) came_ = above_;
  look_for_life(now, signs);
  if (now - *above_ < settings_.enter_after) return Change::none;
  if (!settings_.proof || !signs.steady || stirs_ >= stirs_prove || breaths_s_ >= breaths_prove_s)
    return enter(*above_);
  if (lifeless_ && now - *lifeless_ >= lifeless_for) {
    thing_ = true;
    thing_kg_ = above;
    above_.reset();
    question(Doubt::none, now);
    return Change::none;
  }
  question(Doubt::put_down, *above_);
  known_ = false;
  return Change::none;
}

Presence::Change Presence::step(Instant now, std::optional<float> load, const Signs& signs) {
  if (!load) {
    known_ = false;
    return Change::none;
  }
  const bool gap = last_ && now - *last_ > silence;
  last_ = now;
  load_ = *load;
  if (gap) {
    above_.reset(), below_.reset(), under_.reset(), fallen_.reset(), lifeless_.reset();
    if (doubt_ != Doubt::since_start) first_.reset(), question(Doubt::none, now);
  }
  if (!signs.lifeless || signs.moved || signs.breathes)
    lifeless_.reset();
  else if (!lifeless_)
    lifeless_ = now;
  if (!settings_.tared) tare_ = 0.0F;
  if (!tare_) return learn(now, *load, signs);
  known_ = true;

  const float above = *load - *tare_;
  if (!occupied_) return out_of_bed(now, above, signs);
  if ((assumed_ || settings_.proof) && fallen_and_still(now, *load, signs)) {
    const Instant at = *fallen_;
    if (assumed_) {
      tare_ = load;
      assumed_ = false;
    } else {
      thing_ = true;
      thing_kg_ = above;
    }
    return leave(at);
  }
  if (above > settings_.absent) {
    below_.reset();
    const bool lifeless = settings_.proof && lifeless_ && now - *lifeless_ >= lifeless_for;
    question(lifeless ? Doubt::lifeless : Doubt::none, lifeless ? *lifeless_ : now);
    known_ = !lifeless;
    return Change::none;
  }
  if (!below_) below_ = now - second;
  if (now - *below_ < settings_.leave_after) return Change::none;
  if (assumed_) {
    tare_ = load;  // nearer than 0: the bed's own weight
    assumed_ = false;
  }
  return leave(*below_);
}

}  // namespace vigil::signal

#include "drivers/synthetic/physiology.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace vigil::drivers::synthetic {
namespace {

constexpr double two_pi = 2 * std::numbers::pi;
constexpr double step_s = seconds(Physiology::step);
constexpr double climb_s = 4;  // getting in and out; meanwhile the load swings

// Streams of their own, so that a change of one leaves the others alone.
enum class Stream : std::uint64_t {
  plan = 0,
  story = 0x5707595707595707U,
  motion = 0xB0D7B0D7B0D7B0D7U,
  vital = 0x71741571741571F5U,
  load_noise = 0x10AD10AD10AD10ADU,
  wrist_noise = 0x3713737137371373U,
  house = 0x80535E80535E8053U,
  cell_noise = 0xCE11CE11CE11CE11U,
  partner = 0x9A27E279A27E279AU,
};

constexpr std::uint64_t of(std::uint64_t seed, Stream stream) noexcept {
  return seed ^ static_cast<std::uint64_t>(stream);
}

Person partner_of(const Person& person, Random& random) {
  Person other;
  other.seed = of(person.seed, Stream::partner);
  other.age = person.age;
  const double kg = person.weight_kg * random.uniform(0.65, 1.45);
  other.weight_kg = person.partner_kg > 0 ? person.partner_kg : std::clamp(kg, 42.0, 140.0);
  return other;
}

}  // namespace

Physiology::Sleeper::Sleeper(const Traits& traits, Kind kind, std::uint64_t seed, double kg,
                             std::span<const Episode> moves)
    : hypnogram(traits, kind, of(seed, Stream::plan)),
      movement(traits, of(seed, Stream::motion), moves),
      vitals(traits, of(seed, Stream::vital)),
      weight_kg(kg) {}

Physiology::Physiology(const Person& person)
    : person_(person),
      traits_(traits_of(person)),
      story_(of(person.seed, Stream::story)),
      load_noise_(of(person.seed, Stream::load_noise)),
      wrist_noise_(of(person.seed, Stream::wrist_noise)),
      house_(of(person.seed, Stream::house)),
      one_(traits_, person.kind, person.seed, person.weight_kg, person_.moves) {
  if (person.kind == Kind::two_in_bed) {
    const Person other = partner_of(person, story_);
    other_.emplace(traits_of(other), Kind::ordinary, other.seed, other.weight_kg, std::span<const Episode>{});
  }
  tare_kg_ = load_noise_.uniform(4, 9);
  for (double& offset : offset_g_)
    offset = 0.01 * wrist_noise_.normal();
  if (person.cells) cells_.emplace(of(person.seed, Stream::cell_noise));
  plan_night();
}

const std::vector<Stretch>& Physiology::partner_plan() const noexcept {
  static const std::vector<Stretch> nobody;
  return other_ ? other_->hypnogram.plan() : nobody;
}

// The other comes later, and rises some time before or after.
void Physiology::plan_night() {
  one_.hypnogram.plan_night(person_.night_h, person_.day_h);
  if (!other_) return;
  const auto day_ends = one_.hypnogram.plan().back().until;
  const auto day = day_ends - one_.hypnogram.rises();
  const double later_min = std::min(story_.uniform(5, 50), 20 * person_.night_h);
  const double longer_min = story_.uniform(-45, 45);
  const auto rises = one_.hypnogram.rises() + from_seconds(60 * longer_min);
  other_->hypnogram.plan_night(one_.hypnogram.entered() + from_seconds(60 * later_min),
                               std::min(rises, one_.hypnogram.rises() + day / 2), day_ends);
  other_->arousal = other_->rem = other_->pause = other_->limb = 0;
}

Truth Physiology::truth(Duration at) const noexcept {
  const auto after = std::ranges::upper_bound(plan(), at, {}, &Stretch::from);
  return after == plan().begin() ? Truth::out_of_bed : std::prev(after)->truth;
}

bool Physiology::Sleeper::in(const std::vector<Span>& spans, std::size_t& at,
                             Duration position) const noexcept {
  while (at < spans.size() && spans[at].until <= position)
    ++at;
  return at < spans.size() && spans[at].from <= position;
}

double Physiology::Sleeper::on(double part) const noexcept {
  const double p = was_presence + (presence - was_presence) * part;
  return p * p * (3 - 2 * p);
}

double Physiology::Sleeper::climbing_kg(double part) const noexcept {
  const double p = was_presence + (presence - was_presence) * part;
  const double o = p * p * (3 - 2 * p);
  return o * (1 - o) * 16 * std::sin(two_pi * 5.2 * p + 1);
}

void Physiology::Sleeper::step(Duration position, bool begins) {
  const auto& plan = hypnogram.plan();
  const auto& now = plan[current];
  const auto& night = hypnogram.night();
  const bool asleep = now.truth == Truth::asleep;
  aroused = in(night.arousals, arousal, position) && asleep;
  dreaming = in(night.rem, rem, position) && asleep;
  const bool pauses = in(night.pauses, pause, position) && asleep;
  const bool kicks = in(night.limbs, limb, position) && asleep;
  const bool sleep_next = current + 1 < plan.size() && plan[current + 1].truth == Truth::asleep;

  Movement::Moment moment;
  moment.truth = now.truth;
  moment.arousal = aroused, moment.rem = dreaming, moment.limb = kicks;
  if (kicks) moment.limb_s = seconds(night.limbs[limb].until - night.limbs[limb].from);
  moment.begins = begins;
  moment.gets_in = begins && current > 0 && plan[current - 1].truth == Truth::out_of_bed;
  if (now.truth == Truth::awake && sleep_next) moment.to_sleep_s = seconds(now.until - position);
  moment.since_entered_s = seconds(position - hypnogram.entered());
  const bool was_turning = movement.move() == Movement::Move::turn;
  movement.step(moment, step_s);
  if (was_turning && movement.move() != Movement::Move::turn) {
    posture_kg = movement.draw(-0.4, 0.4);
    breath_kg = movement.draw(0.1, 0.28);
    heart_kg = movement.draw(0.015, 0.045);
  }

  was_presence = presence;
  const double wanted = now.truth == Truth::out_of_bed ? 0.0 : 1.0;
  presence = wanted > presence ? std::min(1.0, presence + step_s / climb_s)
                               : std::max(wanted, presence - step_s / climb_s);

  Vitals::Moment body;
  body.truth = now.truth;
  body.arousal = aroused, body.rem = dreaming, body.pause = pauses;
  body.fidgety = movement.fidgety();
  body.moving = movement.effort();
  // Sleep comes over five minutes, and over two thirds of a shorter wake.
  const double comes_s = std::min(300.0, 0.67 * seconds(now.until - now.from));
  body.drowsy = std::clamp(1 - moment.to_sleep_s / comes_s, 0.0, 1.0);
  const double night_s = std::max(1.0, seconds(hypnogram.rises() - hypnogram.entered()));
  body.night_part = std::clamp(moment.since_entered_s / night_s, 0.0, 1.0);
  vitals.step(body, seconds(position), step_s);
}

void Physiology::advance(Sleeper& sleeper) {
  bool begins = position_ == Duration{};
  while (position_ >= sleeper.hypnogram.plan()[sleeper.current].until &&
         sleeper.current + 1 < sleeper.hypnogram.plan().size())
    ++sleeper.current, begins = true;
  sleeper.step(position_, begins);
}

// A lorry, a door, a lift: a few seconds six times an hour.
void Physiology::rumble() {
  rumble_phase_ = std::fmod(rumble_phase_ + rumble_hz_ * step_s, 1.0);
  if (rumble_left_s_ > 0) {
    rumble_left_s_ -= step_s;
  } else if ((to_rumble_s_ -= step_s) <= 0) {
    rumble_left_s_ = house_.uniform(2, 8), to_rumble_s_ = house_.exponential(600);
    rumble_hz_ = house_.uniform(0.5, 6), rumble_amplitude_kg_ = house_.uniform(0.005, 0.03);
  }
}
double Physiology::rumble_kg(double at_s) const noexcept {
  return rumble_left_s_ > 0 ? rumble_amplitude_kg_ * std::sin(two_pi * (rumble_phase_ + rumble_hz_ * at_s))
                            : 0.0;
}

double Physiology::load_of(const Sleeper& sleeper, double at_s) const {
  const double part = at_s / step_s;
  const double on = sleeper.on(part);
  if (on <= 0) return 0;
  double heart = 0;
  for (const auto& beat : sleeper.vitals.beats()) {
    const double since_s = seconds(position_) + at_s - beat.at_s;
    if (since_s > 0 && since_s < 1)
      heart += beat.strength * std::exp(-since_s / 0.15) * std::sin(two_pi * 5 * since_s);
  }
  return on * (sleeper.weight_kg + sleeper.posture_kg + sleeper.breath_kg * sleeper.vitals.breath(at_s) +
               sleeper.heart_kg * heart + 0.8 * sleeper.movement.swing_kg(at_s)) +
         sleeper.climbing_kg(part);
}

void Physiology::weigh() {
  for (std::size_t i = 0; i < chunk_.load_kg.size(); ++i) {
    const double at_s = static_cast<double>(i) / load_hz;
    double load = tare_kg_ + drift_kg_ + load_of(one_, at_s) + rumble_kg(at_s);
    if (other_) load += load_of(*other_, at_s);
    double noise_kg = 0.015;
    if (one_.movement.moving()) noise_kg += 0.3 * std::abs(one_.movement.swing_kg(at_s)) * one_.on(1);
    chunk_.load_kg[i] = static_cast<float>(load + noise_kg * load_noise_.normal());
    drift_kg_ += (-0.0005 * drift_kg_ + 0.0006 * load_noise_.normal()) / load_hz;
  }
}

void Physiology::weigh_cells() {
  constexpr std::int64_t cell_ms = 8;
  const std::int64_t first = (position_ / std::chrono::milliseconds(1) + cell_ms - 1) / cell_ms;
  const std::int64_t end = ((position_ + step) / std::chrono::milliseconds(1) + cell_ms - 1) / cell_ms;
  chunk_.first_cell = first;
  chunk_.cells = static_cast<std::size_t>(end - first);
  const double from_s = seconds(position_);
  const auto body_of = [](const Sleeper& sleeper, double at_s) {
    LoadCells::Body body;
    const double part = at_s / step_s;
    body.on = sleeper.on(part);
    body.weight_kg = sleeper.weight_kg;
    body.turns = sleeper.movement.move() == Movement::Move::turn;
    body.swing_kg = body.on * sleeper.movement.swing_kg(at_s) + sleeper.climbing_kg(part);
    body.breath = sleeper.vitals.breath(at_s);
    body.beats = &sleeper.vitals.beats();
    return body;
  };
  for (std::size_t i = 0; i < chunk_.cells; ++i) {
    const double at_s = static_cast<double>((first + static_cast<std::int64_t>(i)) * cell_ms) / 1000 - from_s;
    const LoadCells::Body other = other_ ? body_of(*other_, at_s) : LoadCells::Body{};
    chunk_.cells_kg[i] = cells_->step(body_of(one_, at_s), other, rumble_kg(at_s), from_s + at_s);
  }
}

void Physiology::wear() {
  const bool up = chunk_.truth == Truth::out_of_bed;
  const bool carried = one_.movement.carries_arm();
  if (was_carried_ && !carried) {  // it comes to rest somewhere: beside, on the chest, at the other's
    chest_g_ = wrist_noise_.uniform(0, 0.006);
    touches_ = wrist_noise_.chance(0.15) ? wrist_noise_.uniform(0.01, 0.1) : 0.002;
  }
  was_carried_ = carried;
  const auto& axis = one_.movement.axis();
  for (std::size_t i = 0; i < chunk_.wrist_g.size(); ++i) {
    constexpr double dt = 1 / wrist_hz;
    const double at_s = static_cast<double>(i) * dt;
    if (carried) {
      double length = 0;
      for (std::size_t k = 0; k < 3; ++k) {
        gravity_[k] += (one_.movement.toward()[k] - gravity_[k]) * dt / one_.movement.toward_s();
        length += gravity_[k] * gravity_[k];
      }
      length = std::max(1e-6, std::sqrt(length));
      for (double& g : gravity_)
        g /= length;
    }
    double shake = one_.movement.shake_g(at_s);
    if (shake != 0) shake += 0.4 * shake * wrist_noise_.normal();
    if (up && one_.movement.walking()) {
      step_phase_ = std::fmod(step_phase_ + 1.8 * dt, 1.0);
      shake += 0.3 * std::sin(two_pi * step_phase_) + 0.12 * std::sin(2 * two_pi * step_phase_ + 1) +
               0.05 * wrist_noise_.normal();
    }
    if (other_ && !up) shake += touches_ * other_->on(1) * other_->movement.swing_kg(at_s);
    const double breath = up ? 0 : chest_g_ * one_.vitals.breath(at_s);
    for (std::size_t k = 0; k < 3; ++k)
      chunk_.wrist_g[i][k] = static_cast<float>(gravity_[k] + offset_g_[k] + shake * axis[k] + breath +
                                                0.004 * wrist_noise_.normal());
  }
}

const Physiology::Chunk& Physiology::next() {
  if (position_ >= plan().back().until) {
    plan_night();
    one_.arousal = one_.rem = one_.pause = one_.limb = 0;
  }
  advance(one_);
  if (other_) {
    advance(*other_);
    const bool both = one_.state() != Truth::out_of_bed && other_->state() != Truth::out_of_bed;
    if (both && one_.movement.stirs()) other_->movement.answer();
    if (both && other_->movement.stirs()) one_.movement.answer();
  }
  rumble();

  chunk_.truth = one_.state();
  chunk_.moving = one_.movement.moving();
  chunk_.turning = one_.movement.move() == Movement::Move::turn;
  chunk_.fidgety = chunk_.truth == Truth::awake && one_.movement.fidgety();
  chunk_.arousal = one_.aroused, chunk_.rem = one_.dreaming;
  chunk_.partner = other_ && other_->state() != Truth::out_of_bed;
  chunk_.partner_moving = chunk_.partner && other_->movement.moving();
  chunk_.breath_rpm = one_.presence > 0.5 ? one_.vitals.breath_rpm() : 0;
  chunk_.heart_bpm = one_.presence > 0.5 ? one_.vitals.heart_bpm() : 0;
  if (person_.load) weigh();
  if (person_.wrist) wear();
  if (cells_) weigh_cells();
  position_ += step;
  return chunk_;
}

}  // namespace vigil::drivers::synthetic

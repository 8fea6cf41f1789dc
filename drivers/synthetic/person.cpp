#include "drivers/synthetic/person.hpp"

#include <algorithm>
#include <cmath>

#include "drivers/synthetic/random.hpp"

namespace vigil::drivers::synthetic {
namespace {

// Boselli et al., Sleep 21:351 (1998): arousals an hour of sleep in the middle of their four groups of age.
double arousals_at(double age) {
  constexpr std::array<std::array<double, 2>, 4> of{{{15, 13.8}, {30, 14.7}, {50, 17.8}, {68, 27.1}}};
  if (age <= of[0][0]) return of[0][1];
  for (std::size_t i = 1; i < of.size(); ++i)
    if (age <= of[i][0])
      return of[i - 1][1] + (of[i][1] - of[i - 1][1]) * (age - of[i - 1][0]) / (of[i][0] - of[i - 1][0]);
  return of.back()[1];
}

}  // namespace

std::string_view name(Kind kind) noexcept {
  switch (kind) {
    case Kind::ordinary:
      return "ordinary";
    case Kind::quiet_waker:
      return "quiet_waker";
    case Kind::pain:
      return "pain";
    case Kind::restless_legs:
      return "restless_legs";
    case Kind::gets_up:
      return "gets_up";
    case Kind::two_in_bed:
      return "two_in_bed";
    case Kind::apnoea:
      return "apnoea";
  }
  return "";
}

std::optional<Kind> kind_of(std::string_view text) noexcept {
  for (const Kind kind : kinds)
    if (name(kind) == text) return kind;
  return {};
}

// Each draw stands in a statement of its own: compilers differ in the order within one.
Traits traits_of(const Person& person) {
  Random random(person.seed ^ 0x7EA175D1FFE2E47CU);
  const auto about = [&random](double mean, double deviation, double least, double most) {
    return std::clamp(mean + deviation * random.normal(), least, most);
  };
  const auto times = [&random](double deviation) { return std::exp(deviation * random.normal()); };
  const double age = std::clamp(person.age, 15.0, 95.0);
  const double older = std::max(0.0, age - 45) / 30;

  Traits t;
  // Chosen here: healthy adults' hearts asleep; quiet wake is 1 to 16 % faster.
  t.heart_bpm = about(57, 7, 42, 80);
  if (person.heart_bpm > 0) t.heart_bpm = person.heart_bpm;
  t.heart_dip = about(0.07, 0.04, 0.01, 0.16);
  t.breath_rpm = about(14.5, 1.8, 11, 19);
  t.breath_irregular = times(0.3);
  t.arousals_per_h = std::clamp(arousals_at(age) * times(0.2), 6.0, 45.0);
  t.turns_per_h = about(1.6, 0.7, 0.4, 3.6);  // Skarpsno et al., Nat Sci Sleep 9:267 (2017)
  t.sleep_bout_min = 21 * times(0.2) * (1 - 0.15 * older);
  // Sleep latency grows little with age, wake after onset much: Ohayon et al., Sleep 27:1255 (2004); numbers
  // chosen here.
  t.latency_min = 12 * (1 + 0.15 * older);
  t.wake_exponent = 1.2 - 0.08 * older;
  t.vigour = times(0.25);
  // Wrist actigraphy sees about a third to a half of the wake within a night (Marino et al., Sleep 36:1747
  // (2013)): how still people lie awake, and how much they move in arousals, is chosen here to give that.
  t.still_share = random.uniform(0.78, 0.95);
  t.moves_on_waking = 0.42;
  t.moves_in_arousal = 0.18;

  double pain = std::clamp(person.pain, 0.0, 1.0);
  const double how_much = random.uniform(0.6, 1);
  const double legs_per_h = random.uniform(20, 60);
  const double legs_period_s = random.uniform(21, 38);
  const double apnoeas_per_h = random.uniform(22, 38);
  const double quiet_share = random.uniform(0.965, 0.99);
  switch (person.kind) {
    case Kind::ordinary:
    case Kind::two_in_bed:
      break;
    case Kind::quiet_waker:
      t.still_share = quiet_share;
      t.moves_on_waking = 0.15;
      t.latency_min = 25, t.wake_exponent -= 0.3;
      break;
    case Kind::pain:
      if (pain <= 0) pain = how_much;
      break;
    case Kind::restless_legs:
      t.limbs_per_h = legs_per_h, t.limb_period_s = legs_period_s;
      t.latency_min = 30, t.pauses_per_h = 0;
      break;
    case Kind::gets_up:
      t.trip_chance = 0;
      break;
    case Kind::apnoea:
      t.pauses_per_h = apnoeas_per_h;
      t.sleep_bout_min *= 0.85;
      break;
  }
  t.pain = pain;
  t.sleep_bout_min *= 1 - 0.45 * pain;
  t.wake_exponent -= 0.3 * pain;
  t.latency_min += 18 * pain;
  t.turns_per_h *= 1 + 1.3 * pain;
  t.moves_in_arousal *= 1 + 0.3 * pain;
  return t;
}

std::vector<Episode> episodes_of(std::span<const Worn> record) {
  constexpr double within_s = 0.2, most_apart_s = 0.5, least_g = 0.05, joined_s = 2;
  std::vector<Episode> episodes;
  std::size_t from = 0;
  double began_s = 0, moved_s = 0, strength = 0;
  bool open = false;
  const auto close = [&] {
    if (open)
      episodes.push_back(
          {from_seconds(began_s - record.front().s), from_seconds(moved_s - began_s), strength});
    open = false;
  };
  for (std::size_t i = 1; i < record.size(); ++i) {
    while (from + 1 < i && record[i].s - record[from].s > within_s * 1.25)
      ++from;
    const double apart_s = record[i].s - record[from].s;
    double squared = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const double change = double{record[i].g[k]} - double{record[from].g[k]};
      squared += change * change;
    }
    const double change = std::sqrt(squared);
    if (open && record[i].s - moved_s > joined_s) close();
    if (apart_s > most_apart_s || change < least_g) continue;
    if (!open) began_s = record[from].s, strength = 0;
    open = true;
    moved_s = record[i].s;
    strength = std::max(strength, change);
  }
  close();
  return episodes;
}

}  // namespace vigil::drivers::synthetic

#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "drivers/synthetic/person.hpp"
#include "drivers/synthetic/random.hpp"

/// The simulated people on whom detection is fitted, and those on whom it is reported. The two never share a
/// seed, and nothing is ever chosen by looking at the second.
namespace vigil::detection::test {

struct Subject {
  drivers::synthetic::Person person;
  std::string_view kind;
};

constexpr std::uint64_t training_seeds = 1000, held_out_seeds = 9000;

/// `each` of every kind, twice as many ordinary ones: 20 to 80 years (pain, legs, getting up and apnoea from
/// 40), 48 to 105 kg, 7 to 8.5 h in bed. The heart is the seed's own. One night, the day after it 15 min: it
/// ends at hours(person.night_h) + 5 min at most after the start.
inline std::vector<Subject> cohort(std::uint64_t first_seed, int each) {
  using namespace drivers::synthetic;
  std::vector<Subject> subjects;
  std::uint64_t seed = first_seed;
  for (const Kind kind : kinds)
    for (int i = 0; i < (kind == Kind::ordinary ? 2 * each : each); ++i, ++seed) {
      Random random(seed ^ 0xC0402707C0402707U);
      Person person;
      person.seed = seed;
      person.kind = kind;
      const bool older = kind != Kind::ordinary && kind != Kind::quiet_waker && kind != Kind::two_in_bed;
      person.age = random.uniform(older ? 40 : 20, 80);
      person.weight_kg = random.uniform(48, 105);
      person.night_h = random.uniform(7, 8.5);
      person.day_h = 0.25;
      subjects.push_back({person, name(kind)});
    }
  return subjects;
}

/// 6 of each kind, 12 ordinary: to tune on.
inline std::vector<Subject> training() { return cohort(training_seeds, 6); }
/// 4 of each kind, 8 ordinary: to report on, once.
inline std::vector<Subject> held_out() { return cohort(held_out_seeds, 4); }

}  // namespace vigil::detection::test

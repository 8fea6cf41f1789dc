#include <iostream>

#include <gtest/gtest.h>

#include "bed/player.hpp"

namespace vigil::bed::test {
namespace {

constexpr double h = 3600, m = 60;

TEST(Night, of_a_person_on_a_scale) {
  Player p;
  p.with_scale(person_on_scale({{10 * m, 4 * h}, {4 * h + 5 * m, 8 * h}}, {{10 * m, 11 * m},
                                                                           {14 * m, 14 * m + 20},
                                                                           {1 * h, 1 * h + 8},
                                                                           {2 * h, 2 * h + 100},
                                                                           {4 * h - 30, 4 * h},
                                                                           {4 * h + 5 * m, 4 * h + 6 * m}}));
  p.play(10 * h);
  for (const auto& e : p.events)
    std::cout << line(e) << "\n";
  for (const auto& e : p.epochs)
    if (e.score == EpochState::unknown)
      std::cout << "unknown " << s_of(e.from) << " " << name(e.state) << "\n";
  for (double t :
       {5 * m, 9 * m, 10 * m + 2, 10 * m + 8, 13 * m, 30 * m, 2 * h + 50, 2 * h + 200, 4 * h + 60, 9 * h}) {
    const auto& r = p.reading_at(t);
    std::cout << t << " " << name(r.state) << " | " << r.why.view() << " | "
              << (r.load_kg ? r.load_kg->value : -99) << "\n";
  }
}

TEST(Night, of_a_wrist_alone) {
  Player p;
  p.with_wrist(person_on_wrist(
      {{0, 10 * m}, {14 * m, 14 * m + 20}, {1 * h, 1 * h + 8}, {2 * h, 2 * h + 200}, {5 * h, 6.5 * h}}));
  p.play(7 * h);
  for (const auto& e : p.events)
    std::cout << line(e) << "\n";
  for (double t : {5 * m, 13 * m, 30 * m, 2 * h + 50, 2 * h + 200}) {
    const auto& r = p.reading_at(t);
    std::cout << t << " " << name(r.state) << " | " << r.why.view() << " | "
              << (r.counts ? r.counts->value : -99) << "\n";
  }
}

}  // namespace
}  // namespace vigil::bed::test

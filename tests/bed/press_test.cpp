#include <gtest/gtest.h>

#include "bed/player.hpp"

namespace vigil::bed::test {
namespace {

constexpr double h = 3600, m = 60;
using Kinds = std::vector<std::string>;

/// Asleep on a scale since soon after the beginning; an hour has passed.
Player asleep() {
  Player p;
  p.with_scale(person_on_scale({{60, 1e9}}, {{60, 80}}));
  p.with_button();
  p.play(1 * h);
  p.events.clear();
  return p;
}

TEST(Press, is_a_certain_awakening_at_once_whatever_the_scale_says) {
  auto p = asleep();
  ASSERT_EQ(p.reading_at(1 * h).state, BedState::asleep);
  p.press(1 * h + 5.2, Press::down);
  ASSERT_EQ(p.kinds(), (Kinds{"button.pressed", "awakening.suspected", "awakening.confirmed"}));
  EXPECT_EQ(std::get<event::ButtonPressed>(p.events[0].payload).device.view(), "button");
  EXPECT_TRUE(p.events[0].algorithm.name.empty()) << "a hand said so";
  EXPECT_EQ(std::get<event::AwakeningConfirmed>(p.events[2].payload).cause.view(), "button press");
  for (const auto& e : p.events)
    EXPECT_NEAR(s_of(e.at), 1 * h + 5.2, 1e-6);
  p.play(1 * h + 60);
  EXPECT_EQ(p.reading_at(1 * h + 10).state, BedState::awake);
  EXPECT_EQ(p.epochs[120].score, EpochState::wake);
  p.play(1 * h + 400);
  EXPECT_EQ(p.all<event::AwakeningEnded>().size(), 1U) << "and five still minutes later asleep again";
}

TEST(Press, is_told_before_the_first_tick_and_without_any_sensor) {
  Player p;
  p.with_button();
  p.press(7, Press::down);
  p.press(7.62, Press::pain);
  EXPECT_EQ(p.kinds(), (Kinds{"button.pressed", "pain.flare", "pain.prompted"}));
  p.play(20);
  EXPECT_EQ(p.readings.back().state, BedState::unknown);
  EXPECT_EQ(p.readings.back().why.view(), "no sensor attached") << "a button tells no state";
}

TEST(Press, of_the_past_second_is_not_lost) {
  auto p = asleep();
  p.play(1 * h + 10);
  p.press(1 * h + 9.1, Press::down);
  ASSERT_EQ(p.kinds(), (Kinds{"button.pressed", "awakening.suspected", "awakening.confirmed"}));
  EXPECT_NEAR(s_of(p.events[0].at), 1 * h + 9.1, 1e-6);
  EXPECT_GE(s_of(p.events[1].at), 1 * h + 9.6) << "the grid does not run backwards";
}

TEST(Press, what_it_meant_names_it) {
  auto p = asleep();
  p.press(1 * h + 1, Press::down);
  p.press(1 * h + 1.62, Press::pain);
  const auto flares = p.all<event::PainFlare>();
  ASSERT_EQ(flares.size(), 1U);
  EXPECT_EQ(flares[0].second.press.str(), std::to_string(at_s(1 * h + 1).since_boot.count()));
  EXPECT_NEAR(seconds(flares[0].second.ago), 0.62, 1e-6);
  EXPECT_EQ(flares[0].second.device.view(), "button");

  // Two presses that are one gesture are named by the first; a short and a long one each by its own.
  p.press(1 * h + 10, Press::down), p.press(1 * h + 10.3, Press::down), p.press(1 * h + 10.5, Press::awake);
  EXPECT_NEAR(seconds(p.all<event::AwakeSaid>().at(0).second.ago), 0.5, 1e-6);
  p.press(1 * h + 20, Press::down), p.press(1 * h + 20.3, Press::down);
  p.press(1 * h + 21, Press::pain), p.press(1 * h + 21, Press::call);
  EXPECT_NEAR(seconds(p.all<event::PainFlare>().at(1).second.ago), 1.0, 1e-6);
  EXPECT_NEAR(seconds(p.all<event::CallMade>().at(0).second.ago), 0.7, 1e-6);
  // One that meant nothing is forgotten.
  p.press(1 * h + 30, Press::down), p.press(1 * h + 30.6, Press::none);
  p.press(1 * h + 40, Press::down), p.press(1 * h + 40.6, Press::pain);
  EXPECT_NEAR(seconds(p.all<event::PainFlare>().at(2).second.ago), 0.6, 1e-6);
}

TEST(Press, a_flare_is_asked_about_and_a_call_is_not) {
  auto p = asleep();
  p.press(1 * h + 1, Press::down), p.press(1 * h + 1.6, Press::pain);
  ASSERT_EQ(p.all<event::PainPrompted>().size(), 1U);
  EXPECT_EQ(p.all<event::PainPrompted>()[0].second.reason.view(), "flare");
  p.press(1 * h + 60, Press::down), p.press(1 * h + 60.6, Press::pain);
  p.press(1 * h + 90, Press::down), p.press(1 * h + 90.7, Press::call);
  EXPECT_EQ(p.all<event::PainPrompted>().size(), 1U);
  auto awake = asleep();
  awake.press(1 * h + 1, Press::down), awake.press(1 * h + 1.6, Press::awake);
  ASSERT_EQ(awake.all<event::PainPrompted>().size(), 1U) << "as after any awakening";
  EXPECT_EQ(awake.all<event::PainPrompted>()[0].second.reason.view(), "awakening");
}

TEST(Press, a_button_that_is_away_says_nothing) {
  auto p = asleep();
  p.bed.detach("button");
  p.press(1 * h + 1, Press::down);
  EXPECT_TRUE(p.events.empty());
}

TEST(Press, makes_no_silent_night_long) {
  // A bed that only has a button may be far behind: hours without a sensor pass at once, not second by
  // second.
  Player p;
  p.with_button();
  p.press(1, Press::down);
  p.tick(8 * h);
  EXPECT_LT(p.readings.size(), 3000U);
}

TEST(Press, is_remembered_over_a_restart) {
  Player before;
  before.with_scale(person_on_scale({{60, 1e9}}, {{60, 80}}));
  before.with_button();
  before.play(1 * h);
  before.press(1 * h + 1, Press::down), before.press(1 * h + 1.6, Press::pain);
  Player after;
  for (const auto& e : before.events)
    after.bed.restore(e, e.at);
  for (const auto& e : before.epochs)
    after.bed.restore(e, {}, e.from);
  after.with_scale(person_on_scale({{60, 1e9}}, {{60, 80}}));
  after.with_button();
  after.jump(1 * h + 30);
  after.play(1 * h + 2 * m);
  EXPECT_EQ(after.readings.back().state, BedState::awake);
  after.press(1 * h + 3 * m, Press::down), after.press(1 * h + 3 * m + 0.6, Press::pain);
  EXPECT_TRUE(after.all<event::PainPrompted>().empty()) << "it asked before the restart";
}

}  // namespace
}  // namespace vigil::bed::test

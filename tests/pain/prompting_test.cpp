#include "pain/prompting.hpp"

#include <gtest/gtest.h>

namespace vigil::pain {
namespace {

Instant at(int min) { return {std::chrono::minutes(min)}; }

TEST(Prompting, asks_at_most_once_in_30_min) {
  Prompting p;
  EXPECT_TRUE(p.awoke(at(100)));
  EXPECT_FALSE(p.awoke(at(129)));
  const auto again = p.awoke(at(130));
  ASSERT_TRUE(again);
  EXPECT_EQ(std::get<event::PainPrompted>(*again).reason.view(), "awakening");
}

TEST(Prompting, leaves_who_has_checked_in_alone_for_60_min) {
  Prompting p;
  p.checked_in(at(100));
  EXPECT_FALSE(p.awoke(at(159)));
  EXPECT_TRUE(p.awoke(at(160)));
}

TEST(Prompting, remembers_what_the_log_says) {
  Prompting p;
  p.asked(at(100));
  EXPECT_FALSE(p.awoke(at(120)));
}

TEST(Prompting, asks_after_a_flare_unless_it_just_did_or_was_just_told) {
  Prompting p;
  EXPECT_TRUE(p.awoke(at(100)));
  const auto asked = p.flared(at(101));
  ASSERT_TRUE(asked) << "a question of the night is no answer to a flare";
  EXPECT_EQ(std::get<event::PainPrompted>(*asked).reason.view(), "flare");
  EXPECT_FALSE(p.flared(at(105)));
  EXPECT_TRUE(p.flared(at(106)));
  EXPECT_FALSE(p.awoke(at(135))) << "and it counts as a question of the night";
  p.checked_in(at(200));
  EXPECT_FALSE(p.flared(at(204)));
  EXPECT_TRUE(p.flared(at(205)));
  Prompting restored;
  restored.asked_of_flare(at(300));
  EXPECT_FALSE(restored.flared(at(304)));
  EXPECT_FALSE(restored.awoke(at(320)));
}

}  // namespace
}  // namespace vigil::pain

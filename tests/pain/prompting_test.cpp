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

}  // namespace
}  // namespace vigil::pain

#include "sleep/restlessness.hpp"

#include <gtest/gtest.h>

namespace vigil::sleep {
namespace {

using signal::Moved;
using std::chrono::seconds;

Instant at(int s) { return {seconds(s)}; }

struct Said {
  std::optional<int> began, ended;
  Duration began_ago{}, ended_ago{}, lasted{};
};

// One moving second in every `each`, from `from` to `to`, still otherwise, until `end`.
Said play(Restlessness& r, int from, int to, int each, int end, int begin = 0) {
  Said said;
  for (int s = begin + 1; s <= end; ++s) {
    const bool moves = s > from && s <= to && s % each == 0;
    if (const auto p = r.second(at(s), moves ? Moved::moving : Moved::still)) {
      if (const auto* b = std::get_if<event::RestlessBegan>(&*p)) said.began = s, said.began_ago = b->ago;
      if (const auto* e = std::get_if<event::RestlessEnded>(&*p))
        said.ended = s, said.ended_ago = e->ago, said.lasted = e->lasted;
    }
  }
  return said;
}

TEST(Restlessness, begins_at_30_of_300_s_and_ends_below_9) {
  Restlessness r;
  const Said said = play(r, 1000, 1300, 5, 3000);
  ASSERT_TRUE(said.began);
  EXPECT_EQ(*said.began, 1150) << "the thirtieth moving second";
  EXPECT_EQ(said.began_ago, seconds(146));
  ASSERT_TRUE(said.ended);
  EXPECT_EQ(*said.ended, 1300 + 300 - 8 * 5) << "when eight are left in the window";
  EXPECT_EQ(said.lasted, seconds(1300 - 1004));
  EXPECT_FALSE(r.restless());
}

TEST(Restlessness, is_not_the_movement_of_quiet_sleep) {
  Restlessness r;
  EXPECT_FALSE(play(r, 0, 3600, 33, 3600).began) << "3 % of the time";
  EXPECT_FALSE(play(r, 4000, 4029, 1, 6000, 3600).began) << "29 s in a row";
}

TEST(Restlessness, is_not_getting_into_bed) {
  Restlessness r;
  r.entered(at(0));
  EXPECT_FALSE(play(r, 0, 180, 1, 1000).began);
}

TEST(Restlessness, needs_half_of_the_window_to_be_known) {
  Restlessness r;
  for (int s = 1; s <= 1000; ++s)
    EXPECT_FALSE(r.second(at(s), s % 4 == 0 ? Moved::moving : Moved::unknown)) << s;
}

TEST(Restlessness, ends_with_its_last_movement_when_the_person_leaves) {
  Restlessness r;
  EXPECT_FALSE(r.stop(at(5)));
  play(r, 300, 400, 1, 420);
  ASSERT_TRUE(r.restless());
  const auto said = r.stop(at(430));
  ASSERT_TRUE(said);
  const auto ended = std::get<event::RestlessEnded>(*said);
  EXPECT_EQ(ended.ago, seconds(30));
  EXPECT_EQ(ended.lasted, seconds(100));
  EXPECT_FALSE(r.stop(at(431)));
}

TEST(Restlessness, restored_waits_for_a_full_window_before_it_ends) {
  Restlessness r;
  r.restore(at(100));
  const Said said = play(r, 0, 0, 1, 1000, 200);
  EXPECT_EQ(said.ended.value(), 500);
}

}  // namespace
}  // namespace vigil::sleep

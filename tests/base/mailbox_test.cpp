#include "base/mailbox.hpp"

#include <string>

#include <gtest/gtest.h>

#include "base/thread.hpp"

namespace vigil {
namespace {

TEST(Mailbox, hands_over_all_that_waits_in_order) {
  Mailbox<int> box(3);
  EXPECT_TRUE(box.post(1));
  EXPECT_TRUE(box.post(2));
  EXPECT_TRUE(box.post(3));
  EXPECT_FALSE(box.post(4));  // full: the caller says what is lost
  EXPECT_EQ(box.depth(), 3U);
  const auto taken = box.take(std::chrono::milliseconds(0));
  ASSERT_TRUE(taken);
  EXPECT_EQ(*taken, (std::vector{1, 2, 3}));
  EXPECT_TRUE(box.take(std::chrono::milliseconds(0))->empty());
}

TEST(Mailbox, what_waits_at_closing_is_still_taken) {
  Mailbox<std::string> box(8);
  EXPECT_TRUE(box.post("last"));
  box.close();
  EXPECT_FALSE(box.post("too late"));
  EXPECT_EQ(box.take(std::chrono::hours(1))->size(), 1U);
  EXPECT_FALSE(box.take(std::chrono::hours(1)));
}

TEST(Mailbox, loses_nothing_between_threads) {
  Mailbox<int> box(100000);
  auto poster = start_thread("poster", [&box] {
    for (int i = 0; i < 10000; ++i)
      EXPECT_TRUE(box.post(i));
    box.close();
  });
  int expected = 0;
  while (auto taken = box.take(std::chrono::hours(1)))
    for (const int i : *taken)
      EXPECT_EQ(i, expected++);
  poster.join();
  EXPECT_EQ(expected, 10000);
}

}  // namespace
}  // namespace vigil

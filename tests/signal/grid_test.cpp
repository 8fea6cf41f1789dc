#include "signal/grid.hpp"

#include <deque>
#include <random>

#include <gtest/gtest.h>

#include "core/reading.hpp"
#include "signal/bins.hpp"
#include "signal/windows.hpp"

namespace vigil::signal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Grid, numbers_cells_on_both_sides_of_the_boot) {
  EXPECT_EQ(cell({milliseconds(0)}, tenth), 0);
  EXPECT_EQ(cell({milliseconds(99)}, tenth), 0);
  EXPECT_EQ(cell({milliseconds(100)}, tenth), 1);
  EXPECT_EQ(cell({milliseconds(-1)}, tenth), -1);
  EXPECT_EQ(cell({milliseconds(-100)}, tenth), -1);
  EXPECT_EQ(cell({milliseconds(-101)}, tenth), -2);
  for (std::int64_t ns = -95'000'000'000; ns < 95'000'000'000; ns += 777'777'777) {
    const Instant t{Duration(ns)};
    const auto k = cell(t, epoch_length);
    EXPECT_LE(cell_start(k, epoch_length), t);
    EXPECT_LT(t, cell_start(k + 1, epoch_length));
  }
}

TEST(Bins, gather_samples_by_cell_and_give_each_once) {
  Bins bins;
  EXPECT_TRUE(bins.empty());
  for (int ms : {0, 10, 99, 100, 350}) {
    Bin& b = bins.at({milliseconds(ms)});
    ++b.n;
  }
  EXPECT_EQ(bins.next(), 0);
  const Bin* b = bins.take(0);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->n, 3U);
  EXPECT_FALSE(bins.take(0));
  EXPECT_FALSE(bins.take(2)) << "gives up the older one";
  b = bins.take(3);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->n, 1U);
  EXPECT_TRUE(bins.empty());
}

TEST(Bins, lose_the_oldest_when_the_samples_run_too_far_ahead) {
  Bins bins;
  for (std::size_t i = 0; i < Bins::capacity + 5; ++i)
    ++bins.at({tenth * static_cast<std::int64_t>(i)}).n;
  EXPECT_EQ(bins.next(), 5);
  ++bins.at({tenth * static_cast<std::int64_t>(Bins::capacity + 4)}).n;
  const Bin* b = bins.take(Bins::capacity + 4);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->n, 2U);
}

TEST(MovingWindow, counts_what_a_list_of_seconds_would) {
  std::mt19937 random(5);
  MovingWindow<15> window;
  std::deque<Moved> list;
  for (int i = 0; i < 2000; ++i) {
    const auto m = static_cast<Moved>(random() % 3);
    window.push(m);
    list.push_front(m);
    if (list.size() > 15) list.pop_back();
    std::size_t moving = 0, known = 0, oldest = 0, newest = 0;
    for (std::size_t k = 0; k < list.size(); ++k) {
      known += list[k] != Moved::unknown;
      if (list[k] != Moved::moving) continue;
      ++moving;
      oldest = k + 1;
      if (newest == 0) newest = k + 1;
    }
    ASSERT_EQ(window.moving(), moving);
    ASSERT_EQ(window.known(), known);
    ASSERT_EQ(window.oldest_moving(), oldest);
    ASSERT_EQ(window.newest_moving(), newest);
    if (i % 300 == 299) window.clear(), list.clear();
  }
}

}  // namespace
}  // namespace vigil::signal

#include "sleep/figures.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sleep/trail.hpp"

namespace vigil::sleep {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A night written as stretches: "W20 s300 ?10" is 20 epochs (of 30 s) wake, 300 sleep, 10 unknown.
struct Written {
  std::vector<EpochState> epochs;
  NightRecord record;
  explicit Written(const std::string& text, int exits = 0) {
    for (std::size_t i = 0; i < text.size();) {
      const char c = text[i++];
      std::size_t used = 0;
      const int n = std::stoi(text.substr(i), &used);
      i += used;
      while (i < text.size() && text[i] == ' ')
        ++i;
      epochs.insert(epochs.end(), static_cast<std::size_t>(n),
                    c == 'W'   ? EpochState::wake
                    : c == 's' ? EpochState::sleep
                               : EpochState::unknown);
    }
    record.epochs = epochs;
    record.first_epoch = {minutes(600)};
    record.into_bed = record.first_epoch;
    record.out_of_bed = record.first_epoch + epoch_length * static_cast<std::int64_t>(epochs.size());
    record.exits = exits;
  }
};

TEST(Figures, of_a_plain_night) {
  // 20 min to fall asleep, 3 h, 6 min awake, 4 h, 1 min awake, 30 min, 10 min awake in bed at the end.
  const Written n("W40 s360 W12 s480 W2 s60 W20");
  const auto f = figures(n.record);
  EXPECT_DOUBLE_EQ(f.tib_min, 487);
  EXPECT_DOUBLE_EQ(f.sol_min.value(), 20);
  EXPECT_DOUBLE_EQ(f.waso_min.value(), 7);
  EXPECT_DOUBLE_EQ(f.tst_min.value(), 450);
  EXPECT_NEAR(f.se_percent.value(), 100 * 450.0 / 487, 1e-9);
  EXPECT_EQ(f.se_low_percent, f.se_percent);
  EXPECT_EQ(f.se_high_percent, f.se_percent);
  EXPECT_EQ(f.nwak_1min, 2);
  EXPECT_EQ(f.nwak_5min, 1);
  EXPECT_DOUBLE_EQ(f.unknown_min, 0);
  EXPECT_DOUBLE_EQ(f.coverage_percent, 100);
}

TEST(Figures, the_final_awakening_is_none_of_the_awakenings) {
  const auto f = figures(Written("W10 s600 W60").record);
  EXPECT_EQ(f.nwak_1min, 0);
  EXPECT_DOUBLE_EQ(f.waso_min.value(), 0);
  EXPECT_DOUBLE_EQ(f.tib_min, 335);
}

TEST(Figures, half_a_minute_awake_is_no_awakening_but_counts_as_waso) {
  const auto f = figures(Written("s100 W1 s100").record);
  EXPECT_EQ(f.nwak_1min, 0);
  EXPECT_DOUBLE_EQ(f.waso_min.value(), 0.5);
}

TEST(Figures, onset_needs_ten_minutes_of_sleep) {
  // 9.5 min of sleep are sleep, but not the onset.
  const auto f = figures(Written("W10 s19 W6 s100").record);
  EXPECT_DOUBLE_EQ(f.sol_min.value(), (10 + 19 + 6) / 2.0);
  EXPECT_DOUBLE_EQ(f.tst_min.value(), 119 / 2.0);
  EXPECT_DOUBLE_EQ(f.waso_min.value(), 0);
  EXPECT_EQ(f.nwak_1min, 0);
}

TEST(Figures, without_any_sleep_say_what_can_be_said) {
  const auto f = figures(Written("W200").record);
  EXPECT_DOUBLE_EQ(f.tib_min, 100);
  EXPECT_FALSE(f.sol_min);
  EXPECT_FALSE(f.waso_min);
  EXPECT_DOUBLE_EQ(f.tst_min.value(), 0);
  EXPECT_DOUBLE_EQ(f.se_percent.value(), 0);
}

TEST(Figures, of_nothing_known_are_unknown) {
  const auto f = figures(Written("?200").record);
  EXPECT_FALSE(f.tst_min);
  EXPECT_FALSE(f.se_percent);
  EXPECT_FALSE(f.sol_min);
  EXPECT_DOUBLE_EQ(f.se_low_percent.value(), 0);
  EXPECT_DOUBLE_EQ(f.se_high_percent.value(), 100);
  EXPECT_DOUBLE_EQ(f.coverage_percent, 0);
  EXPECT_DOUBLE_EQ(f.unknown_min, 100);
}

TEST(Figures, a_gap_bounds_the_efficiency_and_is_neither_sleep_nor_wake) {
  const auto f = figures(Written("W20 s400 ?100 s380 W100").record);
  EXPECT_DOUBLE_EQ(f.tib_min, 500);
  EXPECT_DOUBLE_EQ(f.tst_min.value(), 390);
  EXPECT_DOUBLE_EQ(f.waso_min.value(), 0);
  EXPECT_DOUBLE_EQ(f.se_percent.value(), 78);
  EXPECT_DOUBLE_EQ(f.se_low_percent.value(), 78);
  EXPECT_DOUBLE_EQ(f.se_high_percent.value(), 88);
  EXPECT_DOUBLE_EQ(f.coverage_percent, 90);
  EXPECT_DOUBLE_EQ(f.unknown_min, 50);
}

TEST(Figures, a_gap_within_an_awakening_neither_divides_nor_lengthens_it) {
  const auto divided = figures(Written("s100 W6 ?4 W6 s100").record);
  EXPECT_EQ(divided.nwak_1min, 1);
  EXPECT_EQ(divided.nwak_5min, 1) << "6 min are known to be awake";
  const auto lengthened = figures(Written("s100 W1 ?40 s100").record);
  EXPECT_EQ(lengthened.nwak_1min, 0);
}

TEST(Figures, a_trip_to_the_bathroom_is_wake_and_time_in_bed) {
  const auto f = figures(Written("W10 s200 W16 s200 W10", 1).record);
  EXPECT_EQ(f.exits, 1);
  EXPECT_DOUBLE_EQ(f.waso_min.value(), 8);
  EXPECT_EQ(f.nwak_5min, 1);
  EXPECT_DOUBLE_EQ(f.tib_min, 218);
}

TEST(Figures, lights_out_begins_the_latency_unless_it_came_after_sleep) {
  Written n("W40 s400");
  n.record.lights_out = n.record.into_bed + minutes(15);
  EXPECT_DOUBLE_EQ(figures(n.record).sol_min.value(), 5);
  n.record.lights_out = n.record.into_bed + minutes(100);
  EXPECT_DOUBLE_EQ(figures(n.record).sol_min.value(), 20);
  n.record.lights_out = n.record.into_bed - minutes(10);
  EXPECT_DOUBLE_EQ(figures(n.record).sol_min.value(), 20) << "before bed: the latency is that of the bed";
}

TEST(Figures, count_the_epochs_whose_middle_lies_between_entry_and_exit) {
  Written n("s10");
  n.record.into_bed = n.record.first_epoch + seconds(14);
  n.record.out_of_bed = n.record.first_epoch + seconds(9 * 30 + 16);
  EXPECT_DOUBLE_EQ(figures(n.record).tst_min.value(), 5);
  n.record.into_bed = n.record.first_epoch + seconds(16);
  n.record.out_of_bed = n.record.first_epoch + seconds(9 * 30 + 14);
  EXPECT_DOUBLE_EQ(figures(n.record).tst_min.value(), 4);
}

TEST(Figures, of_an_empty_night) {
  const auto f = figures({});
  EXPECT_DOUBLE_EQ(f.tib_min, 0);
  EXPECT_FALSE(f.se_percent);
  EXPECT_DOUBLE_EQ(f.coverage_percent, 0);
}

TEST(Trail, forgets_what_is_older_than_it_holds_and_knows_no_gaps) {
  Trail t;
  EXPECT_EQ(t.at(5), EpochState::unknown);
  t.write(-3, EpochState::sleep);
  t.write(2, EpochState::wake);
  EXPECT_EQ(t.at(-3), EpochState::sleep);
  EXPECT_EQ(t.at(-1), EpochState::unknown);
  t.write(-1, EpochState::wake);
  EXPECT_EQ(t.at(-1), EpochState::wake);
  const auto row = t.row(-3, 4).best;
  ASSERT_EQ(row.size(), 7U);
  EXPECT_EQ(row[0], EpochState::sleep);
  EXPECT_EQ(row[6], EpochState::unknown);
  t.write(10 * Trail::held, EpochState::sleep);
  EXPECT_EQ(t.at(2), EpochState::unknown);
  EXPECT_EQ(t.at(10 * Trail::held - 1), EpochState::unknown);
  EXPECT_EQ(t.at(10 * Trail::held), EpochState::sleep);
  t.write(2, EpochState::sleep);
  EXPECT_EQ(t.at(2), EpochState::unknown);
  EXPECT_EQ(t.row(0, 10 * Trail::held).best.size(), static_cast<std::size_t>(Trail::held));
}

}  // namespace
}  // namespace vigil::sleep

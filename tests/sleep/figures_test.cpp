#include "sleep/figures.hpp"

#include <random>
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

TEST(Figures, sleep_before_the_onset_is_latency_and_not_of_the_sleep_period) {
  // 5 min, 9.5 min asleep, 3 min, then 50 min asleep, 10 min at the end.
  const auto f = figures(Written("W10 s19 W6 s100 W20").record);
  EXPECT_DOUBLE_EQ(f.tib_min, 77.5);
  EXPECT_DOUBLE_EQ(f.sol_min.value(), 17.5);
  EXPECT_DOUBLE_EQ(f.spt_min.value(), 50);
  EXPECT_DOUBLE_EQ(f.tst_min.value(), 59.5) << "but it is sleep";
  EXPECT_DOUBLE_EQ(f.maintenance_percent.value(), 100) << "of the sleep period only";
  EXPECT_DOUBLE_EQ(f.twak_min.value(), 10);
  EXPECT_DOUBLE_EQ(f.twt_min.value(), 27.5);
}

// SPT = sleep after onset + WASO + unknown within; TIB = SOL + SPT + TWAK.
TEST(Figures, of_the_sleep_period_hold_what_is_unknown_within_it) {
  // 10 min, 3 h, 4 min awake, 40 min unknown, 2 h, 15 min awake at the end.
  const auto f = figures(Written("W20 s360 W8 ?80 s240 W30").record);
  EXPECT_DOUBLE_EQ(f.tib_min, 369);
  EXPECT_DOUBLE_EQ(f.sol_min.value(), 10);
  EXPECT_DOUBLE_EQ(f.tst_min.value(), 300) << "a gap is never sleep";
  EXPECT_DOUBLE_EQ(f.waso_min.value(), 4) << "and never wake";
  EXPECT_DOUBLE_EQ(f.spt_min.value(), 344);
  EXPECT_DOUBLE_EQ(f.spt_min.value(), *f.tst_min + *f.waso_min + f.unknown_min);
  EXPECT_NEAR(f.maintenance_percent.value(), 100 * 300.0 / 344, 1e-9);
  EXPECT_DOUBLE_EQ(f.twak_min.value(), 15);
  EXPECT_DOUBLE_EQ(f.twt_min.value(), 29);
  EXPECT_DOUBLE_EQ(f.tib_min, *f.sol_min + *f.spt_min + *f.twak_min);
  EXPECT_NEAR(f.se_percent.value(), 100 * 300.0 / 369, 1e-9);
  EXPECT_NEAR(f.se_low_percent.value(), 100 * 300.0 / 369, 1e-9);
  EXPECT_NEAR(f.se_high_percent.value(), 100 * 340.0 / 369, 1e-9);
  EXPECT_DOUBLE_EQ(f.tst_low_min.value(), 300);
  EXPECT_DOUBLE_EQ(f.tst_high_min.value(), 340);
  EXPECT_DOUBLE_EQ(f.waso_low_min.value(), 4);
  EXPECT_DOUBLE_EQ(f.waso_high_min.value(), 44);
  EXPECT_DOUBLE_EQ(f.sol_low_min.value(), 10);
  EXPECT_DOUBLE_EQ(f.sol_high_min.value(), 10);
}

TEST(Figures, a_night_with_a_gap_of_40_minutes_says_so) {
  const auto f = figures(Written("W20 s400 ?6 s100 ?80 s300 W20").record);
  EXPECT_DOUBLE_EQ(f.longest_gap_min.value(), 40);
  EXPECT_DOUBLE_EQ(f.unknown_min, 43);
  EXPECT_NEAR(f.coverage_percent, 100 * (463.0 - 43) / 463, 1e-9);
  EXPECT_DOUBLE_EQ(figures(Written("W20 s400").record).longest_gap_min.value(), 0);
}

TEST(Figures, rising_long_after_the_last_sleep_is_twak_known_or_not) {
  const auto f = figures(Written("s100 W10 ?20 W10").record);
  EXPECT_DOUBLE_EQ(f.twak_min.value(), 20);
  EXPECT_DOUBLE_EQ(f.waso_min.value(), 0);
  EXPECT_DOUBLE_EQ(f.waso_high_min.value(), 5) << "had the gap been sleep, the 5 min before it were WASO";
  EXPECT_FALSE(figures(Written("W100").record).twak_min) << "without sleep there is no final awakening";
}

TEST(Figures, fragmentation_is_the_share_of_sleep_bouts_of_a_minute) {
  const auto of = [](const char* night) { return figures(Written(night).record).fragmentation_percent; };
  EXPECT_DOUBLE_EQ(of("W10 s100 W20").value(), 0) << "one bout";
  EXPECT_DOUBLE_EQ(of("s100 W2 s2 W2 s1 W2 s40").value(), 50) << "two of four";
  EXPECT_DOUBLE_EQ(of("s100 W2 s3 W2 s40").value(), 0) << "1.5 min are more than one";
  EXPECT_DOUBLE_EQ(of("s100 W2 s1 ?1 W2 s40").value(), 100 / 3.0) << "with what is unknown it is 1 min";
  EXPECT_DOUBLE_EQ(of("s100 W2 s1 ?2 W2 s40").value(), 0) << "it may have lasted longer";
  EXPECT_DOUBLE_EQ(of("s100 W2 s1 ?9 s1 W2 s40").value(), 0) << "a gap does not divide it";
  EXPECT_DOUBLE_EQ(of("s1 W4 s100").value(), 0) << "before the onset there is none";
  EXPECT_FALSE(of("s19"));
}

TEST(Figures, the_movement_index_is_of_the_time_of_which_movement_is_known) {
  Written n("W4 s100");
  EXPECT_FALSE(figures(n.record).movement_index_percent);
  std::vector<std::uint8_t> moving(104, 0);
  moving[0] = 30, moving[1] = 15, moving[50] = 3;
  n.record.moving = moving;
  EXPECT_NEAR(figures(n.record).movement_index_percent.value(), 100 * 48.0 / (104 * 30), 1e-9);
  std::fill(moving.begin() + 52, moving.end(), moving_unknown);
  EXPECT_NEAR(figures(n.record).movement_index_percent.value(), 100 * 48.0 / (52 * 30), 1e-9);
  std::fill(moving.begin(), moving.end(), moving_unknown);
  EXPECT_FALSE(figures(n.record).movement_index_percent);
}

TEST(Figures, a_nap_is_told_by_its_length_not_by_the_clock) {
  EXPECT_TRUE(figures(Written("W10 s100 W10").record).nap);
  EXPECT_TRUE(figures(Written("W10 s349").record).nap) << "179.5 min";
  EXPECT_FALSE(figures(Written("W10 s350").record).nap) << "3 h";
  // A shift worker's day: the same night, begun at any hour of the boot.
  const Written night("W20 s800 W20");
  const auto f = figures(night.record);
  for (int hours = 0; hours < 24; ++hours) {
    NightRecord later = night.record;
    for (Instant* t : {&later.first_epoch, &later.into_bed, &later.out_of_bed})
      *t += std::chrono::hours(hours);
    EXPECT_EQ(figures(later), f) << hours;
    EXPECT_FALSE(figures(later).nap);
  }
}

// 10 min awake, 50 min asleep of which 9 at odds of 7:1, 5 min awake at 2:7, 50 min asleep. Odds 3.5 times as
// low make the 9 min 2:1 and the 5 min 4:49; 3.5 times as high 49:2 and 1:1.
TEST(Figures, doubted_odds_make_the_range) {
  Written n("W20 s100 W10 s100");
  std::vector<float> p(230, p_not_stated);
  std::fill(p.begin() + 60, p.begin() + 78, 7.0F / 8);
  std::fill(p.begin() + 120, p.begin() + 130, 2.0F / 9);
  n.record.p_asleep = p;
  const auto f = figures(n.record);
  const double least = 91 + 9 * 2 / 3.0 + 5 * 4 / 53.0, most = 91 + 9 * 49 / 51.0 + 5 / 2.0;
  EXPECT_DOUBLE_EQ(f.tst_min.value(), 100);
  EXPECT_NEAR(f.tst_low_min.value(), least, 1e-5);
  EXPECT_NEAR(f.tst_high_min.value(), most, 1e-5);
  EXPECT_DOUBLE_EQ(f.waso_min.value(), 5);
  EXPECT_NEAR(f.waso_low_min.value(), 105 - most, 1e-5);
  EXPECT_NEAR(f.waso_high_min.value(), 105 - least, 1e-5);
  EXPECT_DOUBLE_EQ(f.sol_low_min.value(), 10);
  EXPECT_DOUBLE_EQ(f.sol_high_min.value(), 10);
  EXPECT_NEAR(f.se_low_percent.value(), 100 * least / 115.0, 1e-5);
  EXPECT_NEAR(f.se_high_percent.value(), 100 * most / 115.0, 1e-5);
  EXPECT_EQ(f.nwak_5min, 1) << "the figures themselves are as scored";
}

TEST(Figures, an_unsure_beginning_makes_the_latency_a_range) {
  // Still for 15 min that may be wake or sleep, then surely asleep; and the other way round.
  Written n("W10 s30 s100");
  std::vector<float> p(140, p_not_stated);
  std::fill(p.begin(), p.begin() + 10, 0.05F);
  std::fill(p.begin() + 10, p.begin() + 40, 0.6F);
  n.record.p_asleep = p;
  auto f = figures(n.record);
  EXPECT_DOUBLE_EQ(f.sol_min.value(), 5);
  EXPECT_DOUBLE_EQ(f.sol_low_min.value(), 5);
  EXPECT_DOUBLE_EQ(f.sol_high_min.value(), 20);
  Written lying("W40 s100");
  std::fill(p.begin() + 10, p.begin() + 40, 0.4F);
  lying.record.p_asleep = p;
  f = figures(lying.record);
  EXPECT_DOUBLE_EQ(f.sol_min.value(), 20);
  EXPECT_DOUBLE_EQ(f.sol_low_min.value(), 5);
  EXPECT_DOUBLE_EQ(f.sol_high_min.value(), 20);
}

TEST(Figures, without_an_onset_against_sleep_there_is_no_upper_bound) {
  Written n("W10 s30 W10");
  std::vector<float> p(50, p_not_stated);
  std::fill(p.begin() + 20, p.begin() + 25, 0.5F);
  n.record.p_asleep = p;
  const auto f = figures(n.record);
  EXPECT_DOUBLE_EQ(f.sol_min.value(), 5);
  EXPECT_DOUBLE_EQ(f.sol_low_min.value(), 5);
  EXPECT_FALSE(f.sol_high_min) << "they may not have slept for 10 min at a stretch at all";
  EXPECT_NEAR(f.waso_high_min.value(), 2.5 * 7 / 9, 1e-6);
}

TEST(Figures, tell_what_the_live_scores_came_to) {
  // Hindsight took 5 still minutes of the beginning for wake and a turn in the night for sleep.
  const Written best("W30 s200 W2 s100");
  const Written live("W20 s160 W4 s46 W2 s90 ?10");
  NightRecord r = best.record;
  EXPECT_FALSE(figures(r).live) << "not kept";
  r.live = live.epochs;
  const auto f = figures(r);
  ASSERT_TRUE(f.live);
  EXPECT_DOUBLE_EQ(f.sol_min.value(), 15);
  EXPECT_DOUBLE_EQ(f.live->sol_min.value(), 10);
  EXPECT_DOUBLE_EQ(f.waso_min.value(), 1);
  EXPECT_DOUBLE_EQ(f.live->waso_min.value(), 3);
  EXPECT_DOUBLE_EQ(f.tst_min.value(), 150);
  EXPECT_DOUBLE_EQ(f.live->tst_min.value(), 148);
  EXPECT_NEAR(f.live->se_percent.value(), 100 * 148 / 166.0, 1e-9);
  EXPECT_EQ(f.nwak_1min, 1);
  EXPECT_EQ(f.live->nwak_1min, 2);
  EXPECT_DOUBLE_EQ(f.live->changed_min, 12) << "5 of the latency, 2 of the turn, 5 that were not known live";
}

// Any night whatever: what must hold of all.
TEST(Figures, keep_their_order_on_nights_at_random) {
  std::mt19937 random(20261128);
  const auto roll = [&](unsigned n) { return static_cast<int>(random() % n); };
  for (int round = 0; round < 400; ++round) {
    Written n("W1");
    n.epochs.clear();
    std::vector<float> p;
    while (n.epochs.size() < 100 + static_cast<unsigned>(round)) {
      const auto state = static_cast<EpochState>(roll(3));
      for (int i = roll(state == EpochState::sleep ? 80 : 12); i >= 0; --i) {
        n.epochs.push_back(state);
        const auto share = static_cast<float>(random() % 101) / 100;
        p.push_back(roll(3) == 0                 ? p_not_stated
                    : state == EpochState::sleep ? 0.5F + share / 2
                    : state == EpochState::wake  ? share / 2
                                                 : p_not_stated);
      }
    }
    n.record.epochs = n.epochs;
    n.record.p_asleep = p;
    n.record.out_of_bed = n.record.first_epoch + epoch_length * static_cast<std::int64_t>(n.epochs.size());
    const auto f = figures(n.record);
    const auto within = [&](const auto& low, const auto& value, const auto& high) {
      ASSERT_FALSE(value && !low) << round;
      if (value) {
        EXPECT_LE(*low, *value) << round;
      }
      if (value && high) {
        EXPECT_LE(*value, *high) << round;
      }
      if (low && high) {
        EXPECT_LE(*low, *high) << round;
      }
    };
    within(f.sol_low_min, f.sol_min, f.sol_high_min);
    within(f.waso_low_min, f.waso_min, f.waso_high_min);
    within(f.tst_low_min, f.tst_min, f.tst_high_min);
    within(f.se_low_percent, f.se_percent, f.se_high_percent);
    EXPECT_LE(f.tst_high_min.value(), f.tib_min);
    EXPECT_LE(f.longest_gap_min.value(), f.unknown_min);
    EXPECT_LE(f.nwak_5min, f.nwak_1min);
    if (!f.sol_min) continue;
    EXPECT_LE(*f.spt_min, f.tib_min);
    EXPECT_DOUBLE_EQ(*f.sol_min + *f.spt_min + *f.twak_min, f.tib_min) << "nothing is left over";
    EXPECT_DOUBLE_EQ(*f.twt_min, *f.sol_min + *f.waso_min + *f.twak_min);
    EXPECT_LE(*f.waso_min, *f.spt_min);
    EXPECT_LE(*f.maintenance_percent, 100);
    EXPECT_GE(*f.maintenance_percent * *f.spt_min / 100, 10);
    EXPECT_GE(*f.fragmentation_percent, 0);
    EXPECT_LE(*f.fragmentation_percent, 100);

    // An epoch that is no longer known never makes the total surer; one that is no longer sure, the latency.
    Written less = n;
    std::vector<float> less_p = p;
    for (int k = 0; k < 10; ++k) {
      const auto i = random() % less.epochs.size();
      less.epochs[i] = EpochState::unknown, less_p[i] = p_not_stated;
    }
    less.record.epochs = less.epochs;
    less.record.p_asleep = less_p;
    auto g = figures(less.record);
    EXPECT_LE(g.tst_low_min.value(), *f.tst_low_min);
    EXPECT_GE(g.tst_high_min.value(), *f.tst_high_min);
    EXPECT_LE(g.se_low_percent.value(), *f.se_low_percent);
    EXPECT_GE(g.se_high_percent.value(), *f.se_high_percent);
    for (int k = 0; k < 10; ++k)
      less_p[random() % less_p.size()] = 0.5F;
    g = figures(less.record);
    EXPECT_LE(g.sol_low_min.value_or(0), *f.sol_low_min);
    if (g.sol_high_min) {
      EXPECT_GE(*g.sol_high_min, f.sol_high_min.value_or(0));
    }
    EXPECT_LE(g.coverage_percent, f.coverage_percent);
  }
}

TEST(Trail, keeps_the_live_word_beside_the_best) {
  Trail t;
  t.write_live(7, EpochState::sleep, 0.9F, 4);
  t.write_live(8, EpochState::wake, 0.2F);
  t.write(7, EpochState::wake, 0.3F);
  EXPECT_EQ(t.at(7), EpochState::wake);
  EXPECT_EQ(t.live_at(7), EpochState::sleep);
  EXPECT_EQ(t.p_asleep_at(7), 0.3F);
  const auto row = t.row(6, 9);
  EXPECT_EQ(row.best[1], EpochState::wake);
  EXPECT_EQ(row.live[1], EpochState::sleep);
  EXPECT_EQ(row.p_asleep[1], 0.3F);
  EXPECT_EQ(row.moving[1], 4);
  EXPECT_EQ(row.moving[2], moving_unknown);
  EXPECT_EQ(row.live[0], EpochState::unknown);
  EXPECT_EQ(row.p_asleep[0], p_not_stated);
  t.write(8, EpochState::sleep);
  EXPECT_FALSE(t.p_asleep_at(8)) << "who states none is sure";
  t.write(12, EpochState::sleep, 0.8F);
  EXPECT_EQ(t.live_at(12), EpochState::unknown) << "hindsight is no live word";
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

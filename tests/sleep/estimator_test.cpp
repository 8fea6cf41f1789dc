#include "sleep/estimator.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "sleep/hindsight.hpp"

namespace vigil::sleep {
namespace {

// A sleeper on a bed sensor, through the real clues.
struct Person {
  Watch watch;
  Estimator estimator{parameters()};
  Watch::Seen seen;
  int now = 0;
  std::vector<Clues> record;

  Person() { seen.in_bed = true; }
  void second() {
    seen.now = Instant{std::chrono::seconds(++now)};
    seen.p_asleep = estimator.p_asleep();
    record.push_back(watch.second(seen));
    estimator.second(record.back());
  }
  void play(int seconds) {
    for (int i = 0; i < seconds; ++i)
      second();
  }
  void still(int seconds) {
    seen.in_bed = true;
    seen.bed_movement = 0.2F;
    play(seconds);
  }
  void moving(int seconds, float how_much = 8) {
    seen.in_bed = true;
    seen.bed_movement = how_much;
    play(seconds);
  }
  void out_of_bed(int seconds) {
    seen.in_bed = false;
    seen.bed_movement = 0.1F;
    play(seconds);
  }
  // As a night is: a turn every half hour.
  void sleep(int seconds) {
    for (int i = 0; i < seconds; i += 1800) {
      still(std::min(seconds - i, 1790));
      moving(std::min(10, std::max(seconds - i - 1790, 0)));
    }
  }
};

Clues any_clues(std::mt19937& random) {
  Clues c;
  c.movers = static_cast<Movers>(random() % 4);
  for (float& v : c.values)
    if (random() % 2) v = static_cast<float>(random() % 1000) / (random() % 2 ? 1000.0F : 10.0F);
  if (random() % 3) c.in_bed = random() % 10 > 0;
  if (random() % 4) {
    c.move = static_cast<std::int8_t>(random() % move_classes);
    c.ago = static_cast<std::int8_t>(random() % ago_classes);
  }
  c.awake = random() % 200 == 0;
  return c;
}

TEST(Estimator, certain_wake_is_certain) {
  Person p;
  p.out_of_bed(600);
  p.moving(30);
  p.sleep(3 * 3600);
  p.still(600);
  EXPECT_GT(p.estimator.p_asleep(), 0.8F);
  p.seen.awake = true;
  p.second();
  EXPECT_EQ(p.estimator.p_asleep(), 0.0F);
  p.seen.awake = false;
  p.sleep(1800);
  p.out_of_bed(1);
  EXPECT_EQ(p.estimator.p_asleep(), 0.0F);
  EXPECT_EQ(p.estimator.states()[at(Hidden::out_of_bed)], 1.0F);
}

// What a hand did is not forgotten with the next still second: such a wake lasts as long as wakes last.
TEST(Estimator, certain_wake_is_over_no_sooner_than_wakes_are) {
  Person p;
  p.out_of_bed(600);
  p.sleep(3 * 3600);
  p.seen.awake = true;
  p.second();
  p.seen.awake = false;
  float bound = 0;
  int age = 0;
  for (int i = 0; i < 600; ++i) {
    p.still(1);
    std::size_t a = 0;
    for (int end = age_width_s[0]; age >= end; end += age_width_s[++a]) {
    }
    bound += (1 - bound) * parameters().durations.leave[at(Hidden::awake)][a];
    ++age;
    if (bound < 0.98F) {
      ASSERT_LE(p.estimator.p_asleep(), bound + 1e-3F) << i;
    }
  }
}

TEST(Estimator, who_comes_to_bed_settles_first) {
  Person p;
  p.out_of_bed(600);
  p.moving(1);
  EXPECT_GT(p.estimator.states()[at(Hidden::settling)], 0.95F);
  p.moving(30);
  EXPECT_LT(p.estimator.p_asleep(), 0.1F);
  p.still(120);
  EXPECT_LT(p.estimator.p_asleep(), 0.75F) << "nobody surely sleeps after two minutes";
  p.sleep(3600);
  p.still(600);
  EXPECT_GT(p.estimator.p_asleep(), 0.8F);
}

TEST(Estimator, moving_on_and_on_is_awake) {
  Person p;
  p.out_of_bed(600);
  p.sleep(2 * 3600);
  const float before = p.estimator.p_asleep();
  p.moving(10);
  EXPECT_LT(p.estimator.p_asleep(), before);
  for (int i = 0; i < 150; ++i)
    p.moving(2), p.still(2);
  EXPECT_LT(p.estimator.p_asleep(), 0.3F);
}

// What is missing widens, it does not break: the belief goes to what is usual, and never to certainty.
TEST(Durations, without_movement_seen_it_drifts_to_doubt) {
  Durations sure(parameters().durations), unsure(parameters().durations);
  sure.believe(0.99F), unsure.believe(0.01F);
  float apart = 20;
  for (int i = 0; i < 4 * 3600; ++i) {
    Clues c;
    c.in_bed = true;
    sure.second(c), unsure.second(c);
    if (i % 600 == 599) {
      const float now = std::abs(sure.log_odds() - unsure.log_odds());
      EXPECT_LE(now, apart + 1e-3F);
      apart = now;
    }
  }
  EXPECT_LT(apart, 1);
  EXPECT_LT(std::abs(sure.log_odds()), 5);
}

TEST(Estimator, knowing_nothing_says_what_is_usual) {
  Clues c;
  EXPECT_EQ(Estimator::scorecard(parameters(), c), parameters().usual);
  c.values[at(Clue::in_bed_for)] = 600;
  c.values[at(Clue::durations)] = 3;
  EXPECT_EQ(Estimator::scorecard(parameters(), c), parameters().usual) << "time alone says nothing of now";
}

// Each sensor that is taken away leaves a probability, nearer to what is usual than all of them made it.
TEST(Estimator, a_missing_sensor_widens) {
  Person p;
  p.seen.wrist_counts = 0.0F;
  p.seen.breath_rpm = 14, p.seen.breath_quality = 0.95F;
  p.seen.heart_bpm = 55;
  p.out_of_bed(600);
  p.sleep(3 * 3600);
  EXPECT_GT(p.estimator.p_asleep(), 0.9F);
  p.seen.heart_bpm.reset();
  p.still(300);
  EXPECT_GT(p.estimator.p_asleep(), 0.7F);
  p.seen.breath_rpm.reset(), p.seen.breath_quality.reset();
  p.still(300);
  EXPECT_GT(p.estimator.p_asleep(), 0.7F);
  p.seen.wrist_counts.reset();
  p.still(300);
  EXPECT_GT(p.estimator.p_asleep(), 0.7F);
  EXPECT_LT(p.estimator.p_asleep(), 1.0F);
}

TEST(Estimator, restless_sleep_is_sleep) {
  Person p;
  p.out_of_bed(600);
  p.sleep(2 * 3600);
  p.still(1500);
  const auto before = p.estimator.states();
  p.moving(3);
  const auto after = p.estimator.states();
  EXPECT_GT(after[at(Hidden::arousal)] + after[at(Hidden::restless)],
            before[at(Hidden::arousal)] + before[at(Hidden::restless)]);
  EXPECT_GT(p.estimator.p_asleep(), 0.3F);
}

TEST(Estimator, whatever_comes_it_is_a_probability) {
  std::mt19937 random(7);
  Estimator e(parameters());
  for (int i = 0; i < 20'000; ++i) {
    e.second(any_clues(random));
    ASSERT_GE(e.p_asleep(), 0.0F) << i;
    ASSERT_LE(e.p_asleep(), 1.0F) << i;
    float sum = 0;
    for (const float s : e.states()) {
      ASSERT_GE(s, 0.0F);
      sum += s;
    }
    ASSERT_NEAR(sum, 1, 1e-3) << i;
    if (random() % 1000 == 0) e.forget();
  }
}

TEST(Parameters, are_probabilities) {
  const Parameters& p = parameters();
  for (const auto& edges : p.edges)
    EXPECT_TRUE(std::ranges::is_sorted(edges));
  const DurationTables& d = p.durations;
  for (std::size_t s = 0; s < hidden_states; ++s) {
    for (const float h : d.leave[s]) {
      EXPECT_GT(h, 0);
      EXPECT_LT(h, 1);
    }
    for (const auto& group : d.next[s]) {
      float sum = 0;
      for (const float n : group)
        sum += n;
      EXPECT_NEAR(sum, 1, 0.005);
      EXPECT_EQ(group[s], 0) << "leaving is leaving";
    }
  }
  for (const auto* lines : {&p.asleep_from, &p.asleep_in_hindsight})
    for (const float line : *lines) {
      EXPECT_GT(line, 0.2F);
      EXPECT_LT(line, 0.98F);
    }
  for (const auto& by : d.moves)
    for (const auto& ago : by)
      for (const auto& move : ago)
        for (const float likely : move) {
          EXPECT_GT(likely, 0) << "nothing is impossible";
          EXPECT_LE(likely, 1);
        }
  for (const auto& clue : p.weights)
    for (const auto& row : clue)
      for (const float weight : row)
        EXPECT_LT(std::abs(weight), 6) << "no clue decides alone";
}

TEST(Hindsight, says_each_epoch_once_in_order_ten_minutes_late) {
  Hindsight h(parameters());
  std::vector<std::int64_t> said;
  const auto say = [&](std::int64_t index, float p) {
    said.push_back(index);
    EXPECT_GE(p, 0);
    EXPECT_LE(p, 1);
  };
  for (std::int64_t i = 100; i < 160; ++i) {
    h.epoch_over(i, 1, say);
    ASSERT_EQ(said.size(), static_cast<std::size_t>(std::max<std::int64_t>(0, i - 100 - Hindsight::lag + 1)));
  }
  h.epoch_over(170, 1, say);  // a gap: what came before it is final
  ASSERT_EQ(said.size(), 60U);
  h.end(say);
  ASSERT_EQ(said.size(), 61U);
  EXPECT_TRUE(std::ranges::is_sorted(said));
  EXPECT_EQ(said.back(), 170);
  h.end(say);
  EXPECT_EQ(said.size(), 61U);
}

TEST(Hindsight, is_the_regression_on_what_was_believed_later) {
  const Parameters& p = parameters();
  Hindsight h(p);
  std::map<std::int64_t, float> said;
  std::vector<float> odds;
  std::mt19937 random(5);
  const auto say = [&](std::int64_t index, float q) { said[index] = q; };
  for (int i = 0; i < 80; ++i) {
    odds.push_back(static_cast<float>(random() % 1000) / 200 - 2);
    h.epoch_over(i, odds.back(), say);
  }
  h.end(say);
  for (int i = 0; i < 80; ++i) {
    float sum = p.ahead_intercept;
    for (std::size_t k = 0; k < looks_ahead.size(); ++k)
      sum += p.ahead[k] * odds[static_cast<std::size_t>(std::min(i + looks_ahead[k], 79))];
    EXPECT_NEAR(said.at(i), 1 / (1 + std::exp(-sum)), 1e-5) << i;
  }
}

TEST(Hindsight, who_sleeps_on_after_a_turn_had_not_woken) {
  Person p;
  Hindsight hindsight(parameters());
  std::map<std::int64_t, float> live, later;
  float sum = 0;
  const auto follow = [&] {
    sum += p.estimator.log_odds();
    if (p.now % 30 != 0) return;
    const auto index = p.now / 30 - 1;
    live[index] = 1 / (1 + std::exp(-sum / 30));
    hindsight.epoch_over(index, sum / 30, [&](std::int64_t k, float q) { later[k] = q; });
    sum = 0;
  };
  for (int k = 0; k < 600; ++k)
    p.out_of_bed(1), follow();
  for (int k = 0; k < 7200; ++k)
    p.still(1), follow();
  const int turn = p.now / 30;
  for (int k = 0; k < 20; ++k)
    p.moving(1), follow();
  for (int k = 0; k < 1600; ++k)
    p.still(1), follow();
  EXPECT_GT(later.at(turn), live.at(turn));
}

}  // namespace
}  // namespace vigil::sleep

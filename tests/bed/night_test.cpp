#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "bed/player.hpp"

namespace vigil::bed::test {
namespace {

constexpr double h = 3600, m = 60;

std::vector<std::string> lines(const Player& p) {
  std::vector<std::string> l;
  for (const auto& e : p.events)
    l.push_back(std::to_string(std::llround(s_of(e.at))) + " " + std::string(kind(e)));
  return l;
}

// Into bed at 10 min, still from 14 min 20 s, a turn at 1 h, 100 s awake at 2 h, to the bathroom at 4 h for 5
// min, up at 8 h; all of it known beforehand.
Player a_night() {
  Player p;
  p.with_scale(person_on_scale({{10 * m, 4 * h}, {4 * h + 5 * m, 8 * h}}, {{10 * m, 11 * m},
                                                                           {14 * m, 14 * m + 20},
                                                                           {1 * h, 1 * h + 8},
                                                                           {2 * h, 2 * h + 100},
                                                                           {4 * h - 30, 4 * h},
                                                                           {4 * h + 5 * m, 4 * h + 6 * m}}));
  p.play(10 * h);
  return p;
}

TEST(Night, of_a_person_on_a_scale) {
  const Player p = a_night();
  EXPECT_EQ(lines(p), (std::vector<std::string>{
                          "300 bed.tared",             // empty for 5 min: for the next start
                          "607 bed.entered",           // 5 s of debounce, and stirring beyond the coming
                          "1161 night.opened",         // the first sleep:
                          "1161 sleep.began",          // 5 min still since 14:20
                          "3603 awakening.suspected",  // the third second of the turn
                          "3653 awakening.withdrawn",  // 45 s still
                          "7203 awakening.suspected",
                          "7230 restless.began",
                          "7260 awakening.confirmed",
                          "7260 pain.prompted",
                          "7593 restless.ended",
                          "7601 awakening.ended",
                          "14373 awakening.suspected",
                          "14400 restless.began",
                          "14410 bed.left",
                          "14410 awakening.confirmed",
                          "14410 pain.prompted",
                          "14410 restless.ended",
                          "14707 bed.entered",
                          "15061 awakening.ended",
                          "28801 awakening.suspected",  // the load goes
                          "28810 bed.left",
                          "28810 awakening.confirmed",
                          "28810 pain.prompted",
                          "34200 sleep.ended",
                          "34200 night.closed",
                      }));
}

TEST(Night, its_figures_are_those_worked_by_hand) {
  const Player p = a_night();
  const auto closed = p.all<event::NightClosed>();
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_NEAR(seconds(closed[0].second.ago), 90 * m, 1);
  const NightFigures& f = closed[0].second.figures;
  EXPECT_NEAR(f.tib_min, 470, 0.1);  // 10 min to 480 min
  EXPECT_NEAR(f.sol_min.value(), 4.5, 0.5);
  // Awake: 7200 to 7300 (four epochs), 14370 to 14760 (thirteen).
  EXPECT_NEAR(f.waso_min.value(), 8.5, 0.5);
  EXPECT_NEAR(f.tst_min.value(), 470 - 4.5 - 8.5, 1);
  EXPECT_NEAR(f.se_percent.value(), 100 * 457 / 470.0, 0.3);
  EXPECT_EQ(f.nwak_1min, 2);
  EXPECT_EQ(f.nwak_5min, 1);
  EXPECT_EQ(f.exits, 1);
  EXPECT_EQ(f.restless_episodes, 2);
  EXPECT_EQ(f.unknown_min, 0);
  EXPECT_EQ(f.coverage_percent, 100);
}

TEST(Night, every_event_names_its_algorithm_and_bed) {
  for (const auto& e : a_night().events) {
    EXPECT_FALSE(e.algorithm.name.empty()) << line(e);
    EXPECT_EQ(e.algorithm.version.view(),
              e.algorithm.name.view() == "presence" || e.algorithm.name.view() == "night" ? "2" : "1");
    EXPECT_EQ(e.bed.view(), "bed-1");
    EXPECT_EQ(e.seq, 0U);
    EXPECT_FALSE(e.simulated);
  }
}

TEST(Night, readings_come_each_second_in_order_and_say_the_state) {
  const Player p = a_night();
  ASSERT_EQ(p.readings.size(), static_cast<std::size_t>(10 * h));
  for (std::size_t i = 1; i < p.readings.size(); ++i)
    ASSERT_EQ(p.readings[i].at - p.readings[i - 1].at, std::chrono::seconds(1));
  const std::pair<double, BedState> at[] = {
      {3, BedState::unknown},     {5 * m, BedState::out_of_bed},       {10 * m + 8, BedState::awake},
      {30 * m, BedState::asleep}, {1 * h + 5, BedState::asleep},       {2 * h + 50, BedState::restless},
      {3 * h, BedState::asleep},  {4 * h + 100, BedState::out_of_bed}, {4 * h + 10 * m, BedState::awake},
      {6 * h, BedState::asleep},  {9 * h, BedState::out_of_bed},
  };
  for (const auto& [t, state] : at)
    EXPECT_EQ(name(p.reading_at(t).state), name(state)) << t;
  EXPECT_NEAR(p.reading_at(30 * m).load_kg->value, 70, 0.2);
  EXPECT_LT(p.reading_at(30 * m).movement_kg->value, 0.1F);
  EXPECT_GT(p.reading_at(2 * h + 50).movement_kg->value, 1);
  EXPECT_EQ(p.reading_at(30 * m).why.view(), "no movement for 15 min");
  EXPECT_EQ(p.reading_at(1 * h + 20).why.view(), "stirring for 20 s, perhaps awakening");
  EXPECT_EQ(s_of(p.reading_at(6 * h).state_since), 15060);
}

TEST(Night, epochs_come_each_30_s_and_agree_with_what_happened) {
  const Player p = a_night();
  ASSERT_EQ(p.epochs.size(), static_cast<std::size_t>(10 * h / 30));
  for (std::size_t i = 0; i < p.epochs.size(); ++i)
    ASSERT_EQ(s_of(p.epochs[i].from), 30.0 * static_cast<double>(i));
  const auto& quiet = p.epochs[3 * 120];
  EXPECT_EQ(quiet.score, EpochState::sleep);
  EXPECT_EQ(quiet.state, BedState::asleep);
  EXPECT_EQ(quiet.scorer.view(), "load_movement 1");
  EXPECT_NEAR(quiet.load_kg.value(), 70, 0.1);
  EXPECT_FALSE(quiet.counts);
  const auto& empty = p.epochs[9 * 120];
  EXPECT_EQ(empty.score, EpochState::wake);
  EXPECT_EQ(empty.scorer.view(), "presence 2");
  // Before it was sure of the sleep it said wake; with hindsight it was sleep.
  EXPECT_EQ(p.epochs[33].score, EpochState::wake);
  EXPECT_TRUE(std::any_of(p.rescores.begin(), p.rescores.end(), [](const Rescore& r) {
    return s_of(r.from) == 990 && r.score == EpochState::sleep && r.scorer == Name("load_movement 1");
  }));
}

TEST(Night, so_far_is_there_while_it_goes_on) {
  Player p;
  p.with_scale(person_on_scale({{60, 1e9}}, {{60, 80}}));
  EXPECT_FALSE(p.bed.night().open);
  p.play(3 * h);
  const auto night = p.bed.night();
  ASSERT_TRUE(night.open);
  EXPECT_EQ(s_of(night.opened), 60);
  EXPECT_NEAR(night.figures.tib_min, 179, 0.1);
  EXPECT_NEAR(night.figures.tst_min.value(), 178, 1);
  EXPECT_LE(night.figures.se_high_percent.value(), 100);
}

TEST(Night, of_a_wrist_alone) {
  Player p;
  p.with_wrist(person_on_wrist({{0, 10 * m}, {1 * h, 1 * h + 8}, {2 * h, 2 * h + 200}, {5 * h, 6.5 * h}}));
  p.play(6.5 * h);
  const auto opened = p.all<event::NightOpened>();
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_NEAR(opened[0].first - seconds(opened[0].second.ago), 14 * m, 2 * m)
      << "Sazonov looks back over 5 min";
  EXPECT_EQ(p.all<event::AwakeningSuspected>().size(), 3U);
  EXPECT_EQ(p.all<event::AwakeningWithdrawn>().size(), 1U);
  EXPECT_EQ(p.all<event::AwakeningConfirmed>().size(), 2U);
  EXPECT_EQ(p.all<event::AwakeningSuspected>()[0].second.cause.view(), "activity");
  const auto closed = p.all<event::NightClosed>();
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_NEAR(closed[0].first, 6 * h, 2) << "an hour after the last sleep";
  EXPECT_NEAR(seconds(closed[0].second.ago), 1 * h, 2);
  const auto& f = closed[0].second.figures;
  EXPECT_NEAR(f.tib_min, 300 - 14, 3);
  EXPECT_FALSE(f.sol_min) << "nobody knows when they went to bed";
  EXPECT_EQ(f.nwak_5min, 1);
  EXPECT_EQ(p.reading_at(30 * m).state, BedState::asleep);
  EXPECT_EQ(p.reading_at(5 * m).state, BedState::awake);
  EXPECT_EQ(p.epochs[60].scorer.view(), "sazonov 1");
  EXPECT_GT(p.epochs[4].counts.value(), 100);
  EXPECT_EQ(p.epochs[60].counts.value(), 0);
  EXPECT_EQ(p.rescores.front().scorer.view(), "cole_kripke_webster 1");
}

// The scale says who is in bed, the wrist who sleeps: quiet in a chair is out of bed, not asleep.
TEST(Night, of_scale_and_wrist) {
  Player p;
  p.with_scale(person_on_scale({{1 * h, 8 * h}}, {{1 * h, 1 * h + 30}}));
  p.with_wrist(person_on_wrist({{1 * h - 10, 1 * h + 60}, {3 * h, 3 * h + 90}, {8 * h, 8 * h + 60}}));
  p.play(10 * h);
  EXPECT_EQ(p.reading_at(0.9 * h).state, BedState::out_of_bed);
  EXPECT_EQ(p.reading_at(2 * h).state, BedState::asleep);
  EXPECT_EQ(p.epochs[240].scorer.view(), "sazonov 1");
  const auto confirmed = p.all<event::AwakeningConfirmed>();
  ASSERT_EQ(confirmed.size(), 2U);
  EXPECT_NEAR(confirmed[0].first, 3 * h + 60, 2);
  EXPECT_EQ(confirmed[1].second.cause.view(), "left bed");
  const auto closed = p.all<event::NightClosed>();
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_NEAR(closed[0].second.figures.tib_min, 7 * 60, 0.1);
  const auto began = p.all<event::SleepBegan>();
  ASSERT_EQ(began.size(), 1U);
  EXPECT_GE(began[0].first - seconds(began[0].second.ago), 1 * h);
}

TEST(Entry, confirms_an_awakening_at_once_and_is_wake) {
  Player p;
  p.with_scale(person_on_scale({{60, 1e9}}, {{60, 80}}));
  p.play(1 * h);
  ASSERT_EQ(p.reading_at(1 * h).state, BedState::asleep);
  p.events.clear();
  p.enter(1 * h + 5.2, event::PainCheckin{6, {}, {}, {}});
  ASSERT_EQ(p.kinds(), (std::vector<std::string>{"awakening.suspected", "awakening.confirmed"}))
      << "no prompt";
  EXPECT_EQ(std::get<event::AwakeningConfirmed>(p.events[1].payload).cause.view(), "check-in");
  EXPECT_NEAR(s_of(p.events[1].at), 1 * h + 5.2, 1e-6);
  p.play(1 * h + 60);
  EXPECT_EQ(p.reading_at(1 * h + 10).state, BedState::awake);
  EXPECT_EQ(p.epochs[120].score, EpochState::wake);
  EXPECT_EQ(p.epochs[120].scorer.view(), "entry 1");
  p.play(1 * h + 400);
  EXPECT_EQ(p.reading_at(1 * h + 299).state, BedState::awake) << "five still minutes count from the entry";
  EXPECT_EQ(p.reading_at(1 * h + 310).state, BedState::asleep);
  EXPECT_EQ(p.all<event::AwakeningEnded>().size(), 1U);
}

TEST(Entry, a_note_or_a_correction_is_no_evidence) {
  Player p;
  p.with_scale(person_on_scale({{60, 1e9}}, {{60, 80}}));
  p.play(1 * h);
  p.events.clear();
  p.enter(1 * h, event::NoteAdded{"turned the heating down"});
  p.enter(1 * h, event::EntryCorrected{});
  EXPECT_TRUE(p.events.empty());
}

TEST(Entry, who_checked_in_is_not_asked_within_the_hour) {
  const auto asked = [](bool checks_in) {
    Player p;
    p.with_scale(person_on_scale({{60, 1e9}}, {{60, 80}, {2 * h, 2 * h + 90}}));
    p.play(1.5 * h);
    if (checks_in) p.enter(1.5 * h, event::PainCheckin{3, {}, {}, {}});
    p.play(2.2 * h);
    return p.all<event::PainPrompted>().size();
  };
  EXPECT_EQ(asked(false), 1U);
  EXPECT_EQ(asked(true), 0U);
}

TEST(Entry, lights_out_opens_the_night_and_begins_the_latency) {
  Player p;
  p.with_scale(person_on_scale({{60, 1e9}}, {{60, 80}, {300, 900}}));
  p.play(600);
  EXPECT_FALSE(p.bed.night().open);
  p.enter(600, event::LightsOut{});
  p.play(605);
  ASSERT_TRUE(p.bed.night().open);
  EXPECT_EQ(s_of(p.bed.night().opened), 60);
  p.play(1 * h);
  EXPECT_NEAR(p.bed.night().figures.sol_min.value(), 5, 0.6) << "600 s to 900 s";
}

TEST(Entry, lights_out_lets_a_wrist_alone_tell_the_latency) {
  Player p;
  p.with_wrist(person_on_wrist({{0, 30 * m}}));
  p.play(10 * m);
  p.enter(10 * m, event::LightsOut{});
  p.play(2 * h);
  ASSERT_TRUE(p.bed.night().open);
  EXPECT_EQ(s_of(p.bed.night().opened), 10 * m);
  // 20 min, and what Cole-Kripke looks back (4 min) and Webster takes after a long wake (4 min).
  EXPECT_NEAR(p.bed.night().figures.sol_min.value(), 24, 4.5);
}

TEST(Simulated, is_said_of_every_event) {
  Bed bed("bed-1", {});
  Output out;
  const auto ch = bed.attach("synthetic", scale, std::chrono::seconds(3), true);
  for (int i = 0; i < 1000; ++i) {
    const float kg = i < 300 ? 4.0F : 74.0F + static_cast<float>(i < 450 ? 2 * std::sin(0.56 * i) : 0.0);
    bed.step(Sample{ch, at_s(i / 10.0), std::span(&kg, 1)}, out);
    bed.step(Tick{at_s(i / 10.0)}, out);
  }
  ASSERT_FALSE(out.events.empty());
  for (const auto& e : out.events)
    EXPECT_TRUE(e.simulated);
}

}  // namespace
}  // namespace vigil::bed::test

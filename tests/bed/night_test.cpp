#include <algorithm>
#include <map>
#include <utility>

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

// What must have happened, in order, each between two moments; suspicions that were withdrawn aside. How sure
// it is of sleep, and when, is the fit's business.
TEST(Night, of_a_person_on_a_scale) {
  const Player p = a_night();
  std::vector<std::pair<double, std::string>> said;
  std::map<std::int64_t, std::string> verdicts;
  for (const auto& e : p.events) {
    if (const auto* w = std::get_if<event::AwakeningWithdrawn>(&e.payload)) verdicts[w->number] = "withdrawn";
    if (const auto* c = std::get_if<event::AwakeningConfirmed>(&e.payload)) verdicts[c->number] = "confirmed";
  }
  for (const auto& e : p.events) {
    if (const auto* s = std::get_if<event::AwakeningSuspected>(&e.payload))
      if (verdicts[s->number] == "withdrawn") continue;
    if (std::holds_alternative<event::AwakeningWithdrawn>(e.payload) ||
        std::holds_alternative<event::PositionChanged>(e.payload))
      continue;
    said.emplace_back(s_of(e.at), kind(e));
  }
  const struct {
    const char* kind;
    double from, to;
  } expected[] = {
      {"bed.tared", 300, 301},      // empty for 5 min: for the next start
      {"bed.entered", 606, 608},    // 5 s of debounce, and stirring beyond the coming
      {"night.opened", 900, 3000},  // with the first sleep
      {"sleep.began", 900, 3000},
      {"awakening.suspected", 7201, 7204},  // the second second of the stirring
      {"restless.began", 7229, 7231},
      {"awakening.confirmed", 7260, 7380},
      {"pain.prompted", 7260, 7380},
      {"awakening.ended", 7320, 8400},
      {"restless.ended", 7592, 7594},
      {"awakening.suspected", 14371, 14374},
      {"restless.began", 14399, 14401},
      {"bed.left", 14410, 14411},
      {"awakening.confirmed", 14410, 14411},
      {"pain.prompted", 14410, 14411},
      {"restless.ended", 14410, 14411},
      {"bed.entered", 14706, 14708},
      {"awakening.ended", 14800, 17000},
      {"awakening.suspected", 28800, 28803},  // the load goes
      {"bed.left", 28810, 28811},
      {"awakening.confirmed", 28810, 28811},
      {"pain.prompted", 28810, 28811},
      {"sleep.ended", 34200, 34201},
      {"night.closed", 34200, 34201},
      {"baseline.learned", 34200, 34201},
  };
  std::vector<std::string> kinds, wanted;
  for (const auto& [t, k] : said)
    kinds.push_back(k);
  for (const auto& e : expected)
    wanted.emplace_back(e.kind);
  // The awakening may end before or after the restlessness does.
  std::ranges::sort(kinds), std::ranges::sort(wanted);
  ASSERT_EQ(kinds, wanted) << testing::PrintToString(lines(p));
  for (const auto& e : expected)
    EXPECT_TRUE(std::ranges::any_of(
        said, [&](const auto& s) { return s.second == e.kind && s.first >= e.from && s.first <= e.to; }))
        << e.kind << " from " << e.from << testing::PrintToString(lines(p));
  EXPECT_EQ(verdicts.at(p.all<event::AwakeningSuspected>().front().second.number), "withdrawn")
      << "a turn of 8 s";
}

TEST(Night, its_figures_are_those_worked_by_hand) {
  const Player p = a_night();
  const auto closed = p.all<event::NightClosed>();
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_NEAR(seconds(closed[0].second.ago), 90 * m, 1);
  const NightFigures& f = closed[0].second.figures;
  EXPECT_NEAR(f.tib_min, 470, 0.1);  // 10 min to 480 min
  // Awake at least: 7200 to 7300, 14370 to 14760; how long falling asleep took is believed, not seen.
  EXPECT_GE(f.sol_min.value(), 3);
  EXPECT_LE(f.sol_min.value(), 40);
  EXPECT_GE(f.waso_min.value(), 7);
  EXPECT_LE(f.waso_min.value(), 50);
  EXPECT_NEAR(f.tst_min.value(), 470 - f.sol_min.value() - f.waso_min.value() - f.twak_min.value(), 1.1);
  EXPECT_NEAR(f.se_percent.value(), 100 * f.tst_min.value() / 470, 0.1);
  EXPECT_GE(f.nwak_1min, 2);
  EXPECT_LE(f.nwak_1min, 4);
  EXPECT_GE(f.nwak_5min, 1);
  EXPECT_LE(f.tst_low_min.value(), f.tst_min.value());
  EXPECT_GE(f.tst_high_min.value(), f.tst_min.value());
  ASSERT_TRUE(f.live);
  EXPECT_GT(f.live->tst_min.value(), 380);
  EXPECT_EQ(f.exits, 1);
  EXPECT_EQ(f.restless_episodes, 2);
  EXPECT_EQ(f.unknown_min, 0);
  EXPECT_EQ(f.coverage_percent, 100);
}

TEST(Night, every_event_names_its_algorithm_and_bed) {
  for (const auto& e : a_night().events) {
    EXPECT_FALSE(e.algorithm.name.empty()) << line(e);
    const std::map<std::string, std::string> versions{{"presence", "2"},   {"night", "3"},
                                                      {"awakenings", "2"}, {"restlessness", "2"},
                                                      {"estimator", "2"},  {"prompting", "1"}};
    EXPECT_EQ(e.algorithm.version.str(), versions.at(e.algorithm.name.str())) << line(e);
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
      {50 * m, BedState::asleep}, {1 * h + 5, BedState::asleep},       {2 * h + 50, BedState::restless},
      {3 * h, BedState::asleep},  {4 * h + 100, BedState::out_of_bed}, {4 * h + 6 * m, BedState::awake},
      {6 * h, BedState::asleep},  {9 * h, BedState::out_of_bed},
  };
  for (const auto& [t, state] : at)
    EXPECT_EQ(name(p.reading_at(t).state), name(state)) << t;
  EXPECT_NEAR(p.reading_at(30 * m).load_kg->value, 70, 0.2);
  EXPECT_LT(p.reading_at(30 * m).movement_kg->value, 0.1F);
  EXPECT_GT(p.reading_at(2 * h + 50).movement_kg->value, 1);
  EXPECT_EQ(p.reading_at(50 * m).why.view().substr(0, 16), "still for 35 min");
  EXPECT_EQ(p.reading_at(1 * h + 20).why.view(), "stirring for 20 s, perhaps awakening");
  for (const Reading& r : p.readings) {
    if (r.p_asleep) {
      ASSERT_GE(*r.p_asleep, 0);
      ASSERT_LE(*r.p_asleep, 1);
    }
    ASSERT_EQ(r.state == BedState::unknown, !r.p_asleep.has_value()) << s_of(r.at);
    if (r.state == BedState::out_of_bed) {
      ASSERT_EQ(r.p_asleep, 0);
    }
  }
}

TEST(Night, epochs_come_each_30_s_and_agree_with_what_happened) {
  const Player p = a_night();
  ASSERT_EQ(p.epochs.size(), static_cast<std::size_t>(10 * h / 30));
  for (std::size_t i = 0; i < p.epochs.size(); ++i)
    ASSERT_EQ(s_of(p.epochs[i].from), 30.0 * static_cast<double>(i));
  const auto& quiet = p.epochs[3 * 120];
  EXPECT_EQ(quiet.score, EpochState::sleep);
  EXPECT_EQ(quiet.state, BedState::asleep);
  EXPECT_EQ(quiet.scorer.view(), "estimator 2");
  EXPECT_GT(quiet.p_asleep.value(), 0.6F);
  EXPECT_NEAR(quiet.load_kg.value(), 70, 0.1);
  EXPECT_FALSE(quiet.counts);
  const auto& empty = p.epochs[9 * 120];
  EXPECT_EQ(empty.score, EpochState::wake);
  EXPECT_EQ(empty.scorer.view(), "presence 2");
  // Each epoch that was believed is scored once more, in order; what was certain is not.
  ASSERT_FALSE(p.rescores.empty());
  for (std::size_t i = 0; i < p.rescores.size(); ++i) {
    EXPECT_EQ(p.rescores[i].scorer.view(), "estimator_hindsight 2");
    if (i > 0) {
      EXPECT_GT(p.rescores[i].from, p.rescores[i - 1].from);
    }
    const auto& epoch = p.epochs[static_cast<std::size_t>(s_of(p.rescores[i].from) / 30)];
    EXPECT_EQ(epoch.scorer.view(), "estimator 2");
  }
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
  EXPECT_GT(night.figures.tst_min.value(), 130);
  EXPECT_LE(night.figures.se_high_percent.value(), 100);
}

TEST(Night, of_a_wrist_alone) {
  Player p;
  p.with_wrist(person_on_wrist({{0, 10 * m}, {1 * h, 1 * h + 8}, {2 * h, 2 * h + 200}, {5 * h, 6.5 * h}}));
  p.play(6.5 * h);
  const auto opened = p.all<event::NightOpened>();
  ASSERT_EQ(opened.size(), 1U);
  const double began = opened[0].first - seconds(opened[0].second.ago);
  EXPECT_GT(began, 12 * m);
  EXPECT_LT(began, 50 * m);
  EXPECT_GE(opened[0].first - began, 10 * m) << "a wrist may be sitting still: ten minutes";
  const auto confirmed = p.all<event::AwakeningConfirmed>();
  EXPECT_TRUE(
      std::ranges::any_of(confirmed, [](const auto& c) { return c.first > 2 * h && c.first < 2 * h + 200; }));
  EXPECT_TRUE(
      std::ranges::any_of(confirmed, [](const auto& c) { return c.first > 5 * h && c.first < 5 * h + 200; }));
  EXPECT_EQ(p.all<event::AwakeningSuspected>()[0].second.cause.view(), "activity");
  const auto closed = p.all<event::NightClosed>();
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_NEAR(closed[0].first, 6 * h, 200) << "an hour after the last sleep";
  EXPECT_NEAR(seconds(closed[0].second.ago), 1 * h, 2);
  const auto& f = closed[0].second.figures;
  EXPECT_NEAR(f.tib_min, 300 - began / 60, 4);
  EXPECT_FALSE(f.sol_min) << "nobody knows when they went to bed";
  EXPECT_GE(f.nwak_1min, 1);
  EXPECT_EQ(p.reading_at(1.5 * h).state, BedState::asleep);
  EXPECT_EQ(p.reading_at(5 * m).state, BedState::awake);
  EXPECT_EQ(p.epochs[60].scorer.view(), "estimator 2");
  EXPECT_GT(p.epochs[4].counts.value(), 100);
  EXPECT_EQ(p.epochs[60].counts.value(), 0);
  EXPECT_EQ(p.rescores.front().scorer.view(), "estimator_hindsight 2");
}

// The scale says who is in bed, the wrist who sleeps: quiet in a chair is out of bed, not asleep.
TEST(Night, of_scale_and_wrist) {
  Player p;
  p.with_scale(person_on_scale({{1 * h, 8 * h}}, {{1 * h, 1 * h + 30}, {3 * h, 3 * h + 90}}));
  p.with_wrist(person_on_wrist({{1 * h - 10, 1 * h + 60}, {3 * h, 3 * h + 90}, {8 * h, 8 * h + 60}}));
  p.play(10 * h);
  EXPECT_EQ(p.reading_at(0.9 * h).state, BedState::out_of_bed);
  EXPECT_EQ(p.reading_at(2 * h).state, BedState::asleep);
  EXPECT_EQ(p.epochs[240].scorer.view(), "estimator 2");
  const auto confirmed = p.all<event::AwakeningConfirmed>();
  ASSERT_GE(confirmed.size(), 2U);
  EXPECT_TRUE(std::ranges::any_of(
      confirmed, [](const auto& c) { return c.first >= 3 * h + 60 && c.first < 3 * h + 180; }));
  EXPECT_EQ(confirmed.back().second.cause.view(), "left bed");
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
  p.play(1 * h + 2400);
  EXPECT_EQ(p.reading_at(1 * h + 65).state, BedState::awake) << "such a wake lasts as long as wakes do";
  EXPECT_LT(p.reading_at(1 * h + 20).p_asleep.value(), 0.3F);
  EXPECT_EQ(p.reading_at(1 * h + 2390).state, BedState::asleep);
  EXPECT_EQ(p.all<event::AwakeningEnded>().size(), 1U);
}

TEST(Entry, a_touch_of_the_screen_is_certain_wake_and_nothing_more) {
  Player p;
  p.with_scale(person_on_scale({{60, 1e9}}, {{60, 80}}));
  p.play(1 * h);
  p.events.clear();
  p.enter(1 * h + 5.2, event::KioskTouched{});
  p.play(1 * h + 60);
  EXPECT_EQ(p.epochs[120].scorer.view(), "entry 1");
  EXPECT_LT(p.reading_at(1 * h + 7).p_asleep.value(), 0.05F);
  const auto confirmed = p.all<event::AwakeningConfirmed>();
  ASSERT_EQ(confirmed.size(), 1U);
  EXPECT_EQ(confirmed[0].second.cause.view(), "touch of the screen");
}

TEST(Entry, a_reset_forgets_the_person_and_begins_a_version) {
  Player p;
  Event learned;
  learned.payload = event::BaselineLearned{Baseline{.version = 2,
                                                    .nights = 5,
                                                    .heart_bpm = 51.0,
                                                    .breath_rpm = 13.0,
                                                    .moving_percent = 4.0,
                                                    .load_kg = 70.0}};
  p.bed.restore(learned, at_s(-100));
  EXPECT_EQ(p.bed.baseline().nights, 5);
  p.enter(1, event::BaselineReset{});
  EXPECT_EQ(p.bed.baseline().version, 3);
  EXPECT_EQ(p.bed.baseline().nights, 0);
  EXPECT_FALSE(p.bed.baseline().heart_bpm);
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
  EXPECT_GE(p.bed.night().figures.sol_min.value(), 4.5) << "600 s to 900 s at least";
}

TEST(Entry, lights_out_lets_a_wrist_alone_tell_the_latency) {
  Player p;
  p.with_wrist(person_on_wrist({{0, 30 * m}}));
  p.play(10 * m);
  p.enter(10 * m, event::LightsOut{});
  p.play(2 * h);
  ASSERT_TRUE(p.bed.night().open);
  EXPECT_EQ(s_of(p.bed.night().opened), 10 * m);
  EXPECT_GE(p.bed.night().figures.sol_min.value(), 20);
  EXPECT_LE(p.bed.night().figures.sol_min.value(), 45);
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

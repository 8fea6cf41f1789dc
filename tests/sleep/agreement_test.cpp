#include "sleep/agreement.hpp"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vigil::sleep {
namespace {

using testing::ElementsAre;
using Verdict = JudgedAwakening::Verdict;

constexpr double close_enough = 1e-6;

Confusion table(std::uint64_t sleep_sleep, std::uint64_t sleep_wake, std::uint64_t wake_sleep,
                std::uint64_t wake_wake) {
  Confusion c;
  c.epochs[2][2] = sleep_sleep, c.epochs[2][1] = sleep_wake;
  c.epochs[1][2] = wake_sleep, c.epochs[1][1] = wake_wake;
  return c;
}

/// "S": sleep, "W": wake, "?": unknown; a number repeats what follows it: "20S4W".
std::vector<EpochState> row(const std::string& text) {
  std::vector<EpochState> out;
  std::size_t times = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      times = times * 10 + static_cast<std::size_t>(c - '0');
      continue;
    }
    const auto state = c == 'S' ? EpochState::sleep : c == 'W' ? EpochState::wake : EpochState::unknown;
    out.insert(out.end(), std::max<std::size_t>(times, 1), state);
    times = 0;
  }
  return out;
}

Instant at(double s) { return {from_seconds(s)}; }

std::vector<SaidEpoch> said(const std::vector<EpochState>& states, double from_s = 0) {
  std::vector<SaidEpoch> out;
  for (std::size_t i = 0; i < states.size(); ++i)
    out.push_back({at(from_s + 30 * static_cast<double>(i)), states[i], states[i], {}});
  return out;
}

ValidatedNight night(const std::string& truth, const std::string& vigil,
                     const std::vector<SaidAwakening>& awakenings = {}, double vigil_from_s = 0) {
  const auto states = row(truth);
  const auto epochs = said(row(vigil), vigil_from_s);
  return judge({.truth = states,
                .first = at(0),
                .lights_out = {},
                .lights_on = {},
                .said = epochs,
                .awakenings = awakenings});
}

SaidAwakening awake(double from_s, double to_s) {
  return {at(from_s), at(to_s), at(from_s + 12), at(from_s + 60)};
}

// Cohen's own kind of table: 20 and 15 on the diagonal of 50. Agreed .70, by chance .50.
TEST(Kappa, of_a_table_worked_by_hand) {
  const auto k = kappa(table(20, 5, 10, 15));
  EXPECT_NEAR(k.value.value(), .4, close_enough);
  // Fleiss, Cohen, Everitt: margins of truth .5 and .5, of what was said .6 sleep and .4 wake.
  const double a = .4 * std::pow(.5 - (.5 + .6) * .3, 2) + .3 * std::pow(.5 - (.5 + .4) * .3, 2);
  const double b = .09 * (.1 * std::pow(.6 + .5, 2) + .2 * std::pow(.4 + .5, 2));
  const double c = std::pow(.7 * .5 - 2 * .5 + .7, 2);
  const double reach = 1.959963985 * std::sqrt((a + b - c) / (50 * std::pow(.5, 4)));
  EXPECT_NEAR(k.low.value(), .4 - reach, close_enough);
  EXPECT_NEAR(k.high.value(), .4 + reach, close_enough);
  EXPECT_NEAR(reach, .2489, 1e-4);
}

TEST(Kappa, is_one_of_all_agreed_and_unknown_where_chance_alone_agrees) {
  EXPECT_DOUBLE_EQ(kappa(table(30, 0, 0, 20)).value.value(), 1);
  EXPECT_FALSE(kappa(table(30, 0, 0, 0)).value) << "only sleep, on both sides";
  EXPECT_FALSE(kappa(Confusion{}).value);
  EXPECT_NEAR(kappa(table(0, 25, 25, 0)).value.value(), -1, close_enough);
  EXPECT_DOUBLE_EQ(kappa(table(0, 0, 30, 20)).value.value(), 0) << "all truly wake";
}

// 81 of 263, the example of Newcombe 1998: .2553 to .3662. None and all of ten.
TEST(Wilson, as_published) {
  const auto w = wilson(81, 263);
  EXPECT_NEAR(w.low.value(), .2553, 5e-5);
  EXPECT_NEAR(w.high.value(), .3662, 5e-5);
  EXPECT_DOUBLE_EQ(wilson(0, 10).low.value(), 0);
  EXPECT_NEAR(wilson(0, 10).high.value(), .2775, 5e-5);
  EXPECT_NEAR(wilson(10, 10).low.value(), .7225, 5e-5);
  EXPECT_FALSE(wilson(0, 0).value) << "nothing is not a number out of nothing";
}

TEST(Agreement, an_empty_class_is_unknown_not_nan) {
  const auto a = agreement(table(40, 10, 0, 0));
  EXPECT_DOUBLE_EQ(a.sensitivity.value.value(), .8);
  EXPECT_FALSE(a.specificity.value);
  EXPECT_FALSE(a.specificity.low);
  EXPECT_DOUBLE_EQ(a.accuracy.value.value(), .8);
}

TEST(Agreement, what_is_unknown_to_either_enters_no_share) {
  auto c = table(8, 2, 1, 9);
  c.epochs[0][2] = 50, c.epochs[1][0] = 70, c.epochs[0][0] = 5;
  const auto a = agreement(c);
  EXPECT_DOUBLE_EQ(a.sensitivity.value.value(), .8);
  EXPECT_DOUBLE_EQ(a.specificity.value.value(), .9);
  EXPECT_DOUBLE_EQ(a.accuracy.value.value(), .85);
  EXPECT_EQ(c.known(), 20U);
}

TEST(Student, points_of_the_table_and_beyond_it) {
  EXPECT_NEAR(student_975(1), 12.7062, 1e-4);
  EXPECT_NEAR(student_975(9), 2.2622, 1e-4);
  EXPECT_NEAR(student_975(21), 2.0796, 1e-4);
  EXPECT_NEAR(student_975(60), 2.0003, 1e-4);
  EXPECT_NEAR(student_975(1e6), 1.95997, 1e-5);
}

// Differences 2, 4, 6, 8: bias 5, SD sqrt(20/3) = 2.581989.
TEST(BlandAltman, of_four_nights_worked_by_hand) {
  const auto b = bland_altman({{400, 402, 0}, {420, 424, 1}, {380, 386, 2}, {410, 418, 3}});
  EXPECT_DOUBLE_EQ(b.bias.value.value(), 5);
  EXPECT_NEAR(b.sd.value(), 2.581989, close_enough);
  EXPECT_NEAR(b.lower.value.value(), 5 - 1.959964 * 2.581989, 1e-5);
  EXPECT_NEAR(b.upper.value.value(), 5 + 1.959964 * 2.581989, 1e-5);
  EXPECT_NEAR(b.bias.low.value(), 5 - 3.182446 * 2.581989 / 2, 1e-5);
  EXPECT_NEAR(b.lower.high.value() - b.lower.value.value(), 3.182446 * 2.581989 * std::sqrt(.75), 1e-5);
  // Means 401, 422, 383, 414, about 405: sum d m = -3*-4 + -1*17 + 1*-22 + 3*9 = 0.
  EXPECT_NEAR(b.slope.value.value(), 0, close_enough);
}

TEST(BlandAltman, a_bias_that_grows_has_a_slope) {
  const auto b = bland_altman({{100, 110, 0}, {200, 220, 1}, {300, 330, 2}});
  EXPECT_NEAR(b.slope.value.value(), 10.0 / 105, close_enough);
  EXPECT_NEAR(b.slope.low.value(), 10.0 / 105, 1e-4) << "a line without scatter";
}

TEST(BlandAltman, one_night_has_no_spread_and_none_no_bias) {
  const auto one = bland_altman({{10, 15, 0}});
  EXPECT_DOUBLE_EQ(one.bias.value.value(), 5);
  EXPECT_FALSE(one.bias.low);
  EXPECT_FALSE(one.sd);
  EXPECT_FALSE(one.lower.value);
  EXPECT_FALSE(bland_altman({}).bias.value);
  const auto same = bland_altman({{10, 12, 0}, {10, 12, 1}, {10, 12, 2}});
  EXPECT_DOUBLE_EQ(same.sd.value(), 0);
  EXPECT_FALSE(same.slope.value) << "all means alike";
}

TEST(Latency, median_and_p90_between_the_values) {
  const auto l = latency({40, 10, 30, 20});
  EXPECT_DOUBLE_EQ(l.median_s.value(), 25);
  EXPECT_DOUBLE_EQ(l.p90_s.value(), 37);
  EXPECT_FALSE(latency({}).median_s);
}

TEST(Night, figures_lie_between_true_onset_and_true_final_awakening) {
  //                         onset at 10, last sleep ends at 64
  const auto n = night("10W30S4W20S6W", "5W35S4S20S6W");
  EXPECT_EQ(n.onset, 10U);
  EXPECT_EQ(n.awakening, 64U);
  const auto& c = n.live_view.night.confusion;
  EXPECT_EQ(c.of(EpochState::sleep, EpochState::sleep), 50U);
  EXPECT_EQ(c.of(EpochState::wake, EpochState::sleep), 4U);
  EXPECT_EQ(c.of(EpochState::wake, EpochState::wake), 0U);
  const auto& whole = n.live_view.record.confusion;
  EXPECT_EQ(whole.of(EpochState::wake, EpochState::wake), 11U);
  EXPECT_EQ(whole.of(EpochState::wake, EpochState::sleep), 9U);
  EXPECT_DOUBLE_EQ(n.true_figures.sol_min.value(), 5);
  EXPECT_DOUBLE_EQ(n.live_figures.sol_min.value(), 2.5);
  EXPECT_DOUBLE_EQ(n.true_figures.waso_min.value(), 2);
  EXPECT_DOUBLE_EQ(n.live_figures.tst_min.value(), 29.5);
}

TEST(Night, lights_bound_the_record_and_begin_the_latency) {
  const auto states = row("20W40S20W");
  const auto epochs = said(states);
  const auto n = judge({.truth = states,
                        .first = at(0),
                        .lights_out = std::chrono::seconds(16 + 8 * 30),  // behind the middle of epoch 8
                        .lights_on = std::chrono::seconds(70 * 30),
                        .said = epochs,
                        .awakenings = {}});
  EXPECT_EQ(n.lights_out, 9U);
  EXPECT_EQ(n.lights_on, 70U);
  EXPECT_EQ(n.live_view.record.confusion.known(), 61U);
  EXPECT_NEAR(n.true_figures.sol_min.value(), (20 * 30 - 256) / 60.0, close_enough);
}

TEST(Night, without_sleep_has_no_night) {
  const auto n = night("30W", "30W");
  EXPECT_FALSE(n.onset);
  EXPECT_FALSE(n.live_view.night.accuracy.value);
  EXPECT_DOUBLE_EQ(n.live_view.record.accuracy.value.value(), 1);
  const auto all = judge(std::vector{n});
  EXPECT_FALSE(all.live.all.night.sensitivity.value);
  EXPECT_FALSE(all.live.sol.bias.value);
  EXPECT_THAT(all.live.sol.left_out, ElementsAre(0U));
}

TEST(Grid, a_shifted_epoch_goes_where_most_of_it_lies) {
  // Vigil's epochs begin 10 s late: each of the truth's holds 10 s of the one before and 20 s of its own.
  const auto n = night("30S", "10S1W19S", {}, 10);
  EXPECT_EQ(n.live[10], EpochState::wake);
  EXPECT_EQ(n.live[11], EpochState::sleep);
  EXPECT_EQ(n.live[0], EpochState::sleep) << "20 of 30 s are covered";
  // 20 s late: the first 10 s of each are its own.
  const auto m = night("30S", "10S1W19S", {}, 20);
  EXPECT_EQ(m.live[10], EpochState::sleep);
  EXPECT_EQ(m.live[11], EpochState::wake);
  EXPECT_EQ(m.live[0], EpochState::unknown) << "only 10 of 30 s are covered";
  // Half and half: the earlier.
  const auto h = night("30S", "10S1W19S", {}, 15);
  EXPECT_EQ(h.live[10], EpochState::sleep);
  EXPECT_EQ(h.live[11], EpochState::wake);
}

TEST(Grid, what_is_not_covered_is_unknown) {
  const auto n = night("40S", "10S", {}, 300);
  EXPECT_EQ(n.live[9], EpochState::unknown);
  EXPECT_EQ(n.live[10], EpochState::sleep);
  EXPECT_EQ(n.live[20], EpochState::unknown);
  EXPECT_DOUBLE_EQ(n.known_percent, 25);
}

TEST(Awakenings, are_found_missed_and_invented) {
  // True ones: epochs 30-33 (2 min) and 60-71 (6 min). Said: one on the first, one out of nothing.
  const auto n = night("30S4W26S12W30S", "102S", {awake(30 * 30 + 5, 34 * 30), awake(45 * 30, 45 * 30 + 90)});
  const auto& one = n.live_view.least_1min;
  EXPECT_EQ(one.truth, 2);
  EXPECT_EQ(one.found, 1);
  EXPECT_EQ(one.missed(), 1);
  EXPECT_EQ(one.invented, 1);
  const auto& five = n.live_view.least_5min;
  EXPECT_EQ(five.truth, 1);
  EXPECT_EQ(five.found, 0);
  EXPECT_EQ(five.invented, 0) << "what was said lasted 90 s";
  ASSERT_EQ(n.awakenings.size(), 3U);
  EXPECT_EQ(n.awakenings[0].verdict, Verdict::found);
  EXPECT_NEAR(n.awakenings[0].suspected_s.value(), 17, close_enough);
  EXPECT_NEAR(n.awakenings[0].confirmed_s.value(), 65, close_enough);
  EXPECT_EQ(n.awakenings[1].verdict, Verdict::invented);
  EXPECT_EQ(n.awakenings[2].verdict, Verdict::missed);
}

TEST(Awakenings, meet_within_30_seconds_and_no_further) {
  const auto found = [](double from, double to) {
    return night("30S4W26S", "60S", {awake(from, to)}).live_view.least_1min.found;
  };
  // The true one is 900 to 1020 s.
  EXPECT_EQ(found(1049, 1200), 1);
  EXPECT_EQ(found(1050, 1200), 0);
  EXPECT_EQ(found(700, 871), 1);
  EXPECT_EQ(found(700, 870), 0);
}

TEST(Awakenings, a_border_is_not_two_mistakes) {
  // 4.5 min true, 5.5 min said: neither missed at 1 nor invented at 5 min.
  const auto n = night("30S9W30S", "69S", {awake(900, 900 + 330)});
  EXPECT_EQ(n.live_view.least_1min.found, 1);
  EXPECT_EQ(n.live_view.least_5min.truth, 0);
  EXPECT_EQ(n.live_view.least_5min.invented, 0);
  // 30 s true, 5.5 min said: invented at 5 min, not at 1 min.
  const auto m = night("30S1W38S", "69S", {awake(900, 900 + 330)});
  EXPECT_EQ(m.live_view.least_1min.invented, 0);
  EXPECT_EQ(m.live_view.least_5min.invented, 1);
}

TEST(Awakenings, one_said_finds_one_true_and_its_pieces_are_no_inventions) {
  const auto n = night("30S4W2S4W30S", "70S", {awake(900, 1200)});
  EXPECT_EQ(n.live_view.least_1min.truth, 2);
  EXPECT_EQ(n.live_view.least_1min.found, 1);
  const auto m = night("30S20W30S", "80S", {awake(900, 1000), awake(1100, 1200), awake(1300, 1400)});
  EXPECT_EQ(m.live_view.least_1min.truth, 1);
  EXPECT_EQ(m.live_view.least_1min.found, 1);
  EXPECT_EQ(m.live_view.least_1min.invented, 0);
}

TEST(Awakenings, the_final_one_and_the_time_before_onset_are_none) {
  // Awake from 0 to 300 and from 1500 on; both were said, neither counts.
  const auto n = night("10W40S10W", "60S", {awake(120, 290), awake(1480, 1800)});
  EXPECT_EQ(n.live_view.least_1min.truth, 0);
  EXPECT_EQ(n.live_view.least_1min.invented, 0);
}

TEST(Awakenings, unknown_neither_lengthens_nor_divides_and_is_no_fault) {
  // W ? W is one of 1 min; a truth of ? judges nothing said there.
  const auto n = night("30SW?W30S", "63S", {});
  EXPECT_EQ(n.live_view.least_1min.truth, 1);
  EXPECT_EQ(n.live_view.least_1min.unseen, 0);
  const auto unjudged = night("30S10?30S", "70S", {awake(930, 1100)});
  EXPECT_EQ(unjudged.live_view.least_1min.invented, 0);
  const auto unseen = night("30S6W30S", "30S6?30S", {});
  EXPECT_EQ(unseen.live_view.least_1min.unseen, 1);
  EXPECT_EQ(unseen.awakenings.at(0).verdict, Verdict::unseen);
}

TEST(Awakenings, in_hindsight_are_those_of_the_epochs) {
  const auto n = night("30S4W26S", "31S3W26S");
  EXPECT_EQ(n.live_view.least_1min.found, 0) << "live none was said";
  EXPECT_EQ(n.hindsight_view.least_1min.found, 1);
}

TEST(Nights, together_are_pooled_and_drawn_again_the_same_way_each_time) {
  std::vector<ValidatedNight> nights{night("30S4W26S", "30S4W26S"), night("30S8W26S", "30S4W4S26S"),
                                     night("10W30S4W26S", "5W35S4W26S")};
  const auto a = judge(nights), b = judge(nights);
  EXPECT_EQ(a.interval, IntervalBy::nights);
  const auto& s = a.live.all.night.specificity;
  EXPECT_DOUBLE_EQ(s.value.value(), 12.0 / 16);
  EXPECT_DOUBLE_EQ(s.low.value(), b.live.all.night.specificity.low.value());
  EXPECT_LT(s.low.value(), s.value.value());
  EXPECT_GE(s.low.value(), .5) << "no sample can be worse than the worst night";
  EXPECT_DOUBLE_EQ(s.high.value(), 1);
  EXPECT_EQ(a.live.tst.pairs.size(), 3U);
  EXPECT_NEAR(a.live.sol.bias.value.value(), -2.5 / 3, close_enough);

  for (auto& n : nights)
    n.person = "one";
  EXPECT_EQ(judge(nights).interval, IntervalBy::nights) << "one person's nights";
  nights[2].person = "two";
  EXPECT_EQ(judge(nights).interval, IntervalBy::people);
  EXPECT_EQ(judge(nights).people, 2U);
}

TEST(Nights, of_which_too_little_is_known_are_left_out_of_the_differences) {
  const auto v = judge(std::vector{night("30S4W66S", "30S4W66S"), night("30S4W66S", "30S4W40S")});
  EXPECT_EQ(v.live.tst.pairs.size(), 1U);
  EXPECT_THAT(v.live.tst.left_out, ElementsAre(1U));
}

TEST(Calibration, ten_bins_against_the_truth) {
  const auto states = row("8S2W");
  std::vector<SaidEpoch> epochs = said(states);
  for (auto& e : epochs)
    e.p_asleep = .95F;
  epochs[0].p_asleep = .05F;
  const auto n = judge(
      {.truth = states, .first = at(0), .lights_out = {}, .lights_on = {}, .said = epochs, .awakenings = {}});
  const auto c = calibration(std::vector{n});
  ASSERT_TRUE(c);
  EXPECT_EQ(c->n, 10U);
  EXPECT_EQ(c->bins[0].n, 1U);
  EXPECT_EQ(c->bins[9].n, 9U);
  EXPECT_NEAR(c->bins[9].asleep, 7.0 / 9, close_enough);
  EXPECT_NEAR(c->error, .1 * .95 + .9 * (.95 - 7.0 / 9), 1e-6);
  EXPECT_FALSE(calibration(std::vector{night("30S", "30S")})) << "no probability was told";
}

}  // namespace
}  // namespace vigil::sleep

// Scorers and rules that no oracle covers, against hand-worked cases; Tudor-Locke against ActiLife's own
// periods.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <numbers>
#include <numeric>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sleep/cole_kripke.hpp"
#include "sleep/oakley.hpp"
#include "sleep/sadeh.hpp"
#include "sleep/sazonov.hpp"
#include "sleep/scripps.hpp"
#include "sleep/sib.hpp"
#include "sleep/tudor_locke.hpp"

namespace vigil::sleep {
namespace {

using enum EpochState;

std::vector<EpochState> states(std::size_t n, auto&& how) {
  std::vector<EpochState> out(n);
  how(out);
  return out;
}

TEST(Oakley, weighs_its_neighbours_as_published) {
  // A lone count reaches the threshold of 40 at 40 / its weight.
  constexpr std::array<float, 5> minute{.04F, .2F, 1, .2F, .04F};
  for (std::size_t i = 0; i < 5; ++i) {
    std::vector<float> counts(5);
    counts[i] = 40 / minute[4 - i] * 1.001F;
    EXPECT_EQ(states(5, [&](auto& o) { oakley::score_60s(counts, o); })[2], wake) << i;
    counts[i] *= .998F;
    EXPECT_EQ(states(5, [&](auto& o) { oakley::score_60s(counts, o); })[2], EpochState::sleep) << i;
  }
  constexpr std::array<float, 9> half{.04F, .04F, .2F, .2F, 2, .2F, .2F, .04F, .04F};
  for (std::size_t i = 0; i < 9; ++i) {
    std::vector<float> counts(9);
    counts[i] = 100;
    EXPECT_NEAR(oakley::total_30s(counts, 4), 100 * half[8 - i], 1e-4) << i;
  }
}

TEST(Oakley, the_threshold_is_passed_not_met_and_an_unknown_count_is_unknown) {
  const std::vector<float> counts{0, 0, 20, 0, 0, NAN, 0, 0, 80, 0, 0};
  const auto low = states(11, [&](auto& o) { oakley::score_60s(counts, o, oakley::Threshold::low); });
  EXPECT_EQ(low[2], EpochState::sleep) << "20 is not above 20";
  EXPECT_EQ(low[5], unknown);
  EXPECT_EQ(low[8], wake);
  const auto high = states(11, [&](auto& o) { oakley::score_60s(counts, o, oakley::Threshold::high); });
  EXPECT_EQ(high[8], EpochState::sleep);
}

TEST(Scripps, weighs_epochs_from_ten_before_to_two_after) {
  constexpr std::array<double, 13> weight{.0064, .0074, .0112, .0112, .0118, .0118, .0128,
                                          .0188, .0280, .0664, .0300, .0112, .0100};
  for (std::size_t i = 0; i < 13; ++i) {
    std::vector<float> counts(13);
    counts[i] = 1000;
    EXPECT_NEAR(scripps::d(counts, 10), .204 * 1000 * weight[i], 1e-3) << i;
  }
  EXPECT_NEAR(.204 * std::accumulate(weight.begin(), weight.end(), 0.0), .04837, 1e-4);
  // A steady 20.6 counts an epoch is the border: 1 / (.204 x the sum of the weights) = 20.7.
  std::vector<float> steady(40, 20.0F);
  EXPECT_EQ(states(40, [&](auto& o) { scripps::score(steady, o); })[20], EpochState::sleep);
  steady.assign(40, 21.0F);
  EXPECT_EQ(states(40, [&](auto& o) { scripps::score(steady, o); })[20], wake);
  steady[30] = -1;
  EXPECT_EQ(states(40, [&](auto& o) { scripps::score(steady, o); })[30], unknown);
}

TEST(ColeKripke, takes_the_largest_ten_seconds_of_each_minute) {
  constexpr std::array<float, 7> weight{550, 378, 413, 699, 1736, 287, 309};
  for (std::size_t i = 0; i < 7; ++i) {
    std::array<float, 7> minutes{};
    minutes[i] = 1e5F / weight[i] * 1.001F;
    EXPECT_FALSE(cole_kripke::asleep_of_10s_maxima(minutes)) << i;
    minutes[i] = 1e5F / weight[i] * .999F;
    EXPECT_TRUE(cole_kripke::asleep_of_10s_maxima(minutes)) << i;
  }
  std::vector<float> counts(60);
  counts[6 * 4 + 3] = 100;  // minute 4, its fourth ten seconds; the sum of 99s beside it must not count
  std::vector<EpochState> out(10);
  cole_kripke::score_10s(counts, out);
  EXPECT_EQ(out[4], wake);
  counts[6 * 4 + 3] = 57;
  counts[6 * 4 + 4] = 57;
  cole_kripke::score_10s(counts, out);
  EXPECT_EQ(out[4], EpochState::sleep) << "57 x .01736 = .99: the maximum counts, not the sum";
}

// Worked by hand: 11 minutes 0 0 60 0 10 | 20 | 0 99 100 0 0, so mean(-5..+5) = 289 / 11; two of them are at
// least 50 and under 100; the six up to the current one have a mean of 15 and a sample SD of sqrt(2750 / 5).
TEST(Sadeh, of_eleven_minutes_worked_by_hand) {
  const std::vector<float> axis1{0, 0, 60, 0, 10, 20, 0, 99, 100, 0, 0};
  const double mean = 289 / 11.0, sd = std::sqrt(2750 / 5.0);
  EXPECT_NEAR(sadeh::ps(axis1, 5), 7.601 - .065 * mean - 1.08 * 2 - .056 * sd - .703 * std::log(21.0), 1e-4);
  // Counts of a minute above 300 are taken as 300, also for the mean and the SD.
  const std::vector<float> loud{0, 0, 0, 0, 0, 5000, 0, 0, 0, 0, 0};
  EXPECT_NEAR(sadeh::ps(loud, 5),
              7.601 - .065 * 300 / 11 - .056 * std::sqrt(300 * 300 / 6.0) - .703 * std::log(301.0), 1e-3);
}

TEST(Sazonov, weighs_the_current_and_the_four_minutes_before_as_published) {
  constexpr std::array<double, 5> weight{.256, .154, .136, .140, .176};
  EXPECT_NEAR(sazonov::probability({}), 1 / (1 + std::exp(-1.727)), 1e-6);
  for (std::size_t i = 0; i < 5; ++i) {
    std::array<float, 5> counts{};
    counts[i] = 500;  // 5 units
    EXPECT_NEAR(sazonov::probability(counts), 1 / (1 + std::exp(-(1.727 - weight[i] * 5))), 1e-6) << i;
  }
}

TEST(ColeKripke, of_30_s_has_the_weight_of_121_and_counts_forward) {
  constexpr std::array<float, 7> weight{50, 30, 14, 28, 121, 8, 50};
  for (std::size_t i = 0; i < 7; ++i) {
    std::array<float, 7> minutes{};
    minutes[i] = 1000;
    EXPECT_NEAR(cole_kripke::d_of_30s_maxima(minutes), weight[i] * .1, 1e-4) << i;
  }
  // A kernel turned round in time would weigh the minute four before as the one two after.
  std::vector<float> minutes(20);
  minutes[6] = 500;
  EXPECT_EQ(cole_kripke::around(minutes, 10)[0], 500);
  EXPECT_EQ(cole_kripke::around(minutes, 4)[6], 500);
}

// date-time and counts of ActiLife's day, and what it says of the times in bed.
struct Actilife {
  std::vector<std::string> time;
  std::vector<float> axis1;
};
Actilife actilife() {
  Actilife day;
  std::ifstream in(std::filesystem::path(VIGIL_SHARED_DIR) /
                   "data/actilife/GT3XPlus-RawData-Day01-10sec60sec.csv");
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::stringstream parts(line);
    std::string when, axis1;
    std::getline(parts, when, ',');
    std::getline(parts, axis1, ',');
    day.time.push_back(when);
    day.axis1.push_back(std::stof(axis1));
  }
  return day;
}

TEST(TudorLocke, finds_actilifes_periods_under_each_of_its_settings) {
  const auto day = actilife();
  if (day.axis1.empty()) GTEST_SKIP() << "../shared/data/actilife is not here";
  std::vector<EpochState> minutes(day.axis1.size());
  sadeh::score(day.axis1, minutes);

  std::ifstream in(std::filesystem::path(VIGIL_SHARED_DIR) /
                   "data/actilife/GT3XPlus-RawData-Day01-sleep-periods.csv");
  std::string line;
  std::getline(in, line);
  std::map<std::string, std::pair<tudor_locke::Rule, std::vector<std::string>>> settings;
  while (std::getline(in, line)) {
    std::vector<std::string> cell;
    std::stringstream parts(line);
    for (std::string c; std::getline(parts, c, ',');)
      cell.push_back(c);
    ASSERT_GE(cell.size(), 9U);
    auto& [rule, periods] = settings[cell[1]];
    rule = {std::stoi(cell[2]), std::stoi(cell[3]), std::stoi(cell[4]), std::stoi(cell[5]),
            std::stoi(cell[6])};
    periods.push_back(cell[7] + " " + cell[8]);
  }
  ASSERT_EQ(settings.size(), 3U);
  for (const auto& [name, setting] : settings) {
    std::vector<std::string> mine;
    for (const auto& p : tudor_locke::periods(minutes, day.axis1, setting.first))
      mine.push_back(day.time[p.from] + " " + (p.to < day.time.size() ? day.time[p.to] : "the end"));
    EXPECT_EQ(mine, setting.second) << name;
  }
}

TEST(TudorLocke, what_is_not_known_is_not_sleep) {
  std::vector<EpochState> minutes(300, EpochState::sleep);
  EXPECT_TRUE(tudor_locke::periods(minutes, std::vector<float>(300)).empty()) << "it has not ended";
  std::fill(minutes.begin() + 290, minutes.end(), wake);
  std::fill(minutes.begin() + 170, minutes.begin() + 179, unknown);
  const std::vector<float> counts(300, 0.0F);
  EXPECT_THAT(tudor_locke::periods(minutes, counts), testing::ElementsAre(tudor_locke::Period{0, 290}));
  minutes[179] = unknown;
  EXPECT_THAT(tudor_locke::periods(minutes, counts), testing::ElementsAre(tudor_locke::Period{0, 170}));
  EXPECT_TRUE(tudor_locke::periods(minutes, counts, {.least_moving_min = 1}).empty()) << "not worn";
}

std::vector<float> angles_of(double rate_hz, double for_s, auto&& g_at) {
  sib::Angles angles(rate_hz);
  std::vector<float> out;
  const auto n = static_cast<int>(for_s * rate_hz);
  for (int i = 0; i < n; ++i) {
    const double t = i / rate_hz;
    if (const auto g = g_at(t)) angles.sample(*g, Instant{} + from_seconds(t));
    while (const auto a = angles.next())
      out.push_back(*a);
  }
  angles.end();
  while (const auto a = angles.next())
    out.push_back(*a);
  return out;
}
std::optional<std::array<float, 3>> tilted(double degrees) {
  const double r = degrees * std::numbers::pi / 180;
  return std::array{static_cast<float>(std::cos(r)), 0.0F, static_cast<float>(std::sin(r))};
}

TEST(Sib, the_angle_is_that_of_z_to_the_horizontal) {
  for (const double degrees : {-90.0, -30.0, 0.0, 12.5, 45.0, 89.0}) {
    const auto angles = angles_of(50, 20, [&](double) { return tilted(degrees); });
    ASSERT_EQ(angles.size(), 4U);
    for (const float a : angles)
      EXPECT_NEAR(a, degrees, .01);
  }
}

TEST(Sib, a_jerk_shorter_than_the_median_is_no_change_of_posture) {
  const auto angles = angles_of(20, 60, [](double t) { return tilted(t > 30 && t < 32 ? 80 : 10); });
  for (const float a : angles)
    EXPECT_NEAR(a, 10, .5);
}

TEST(Sib, more_than_five_minutes_without_a_change_over_five_degrees_is_sleep) {
  const auto score = [](const std::vector<float>& angles) {
    std::vector<EpochState> out(angles.size());
    sib::score(angles, out);
    return std::count(out.begin(), out.end(), EpochState::sleep);
  };
  std::vector<float> angles(300, 10.0F);
  for (std::size_t i = 100; i < 300; ++i)
    angles[i] = 20;
  EXPECT_EQ(score(angles), 300);
  for (std::size_t i = 160; i < 300; ++i)
    angles[i] = 40;  // the second posture lasts just 60 epochs: 5 min, not more
  EXPECT_EQ(score(angles), 240);
  for (std::size_t i = 100; i < 160; ++i)
    angles[i] = 10 + static_cast<float>(i - 99) * .49F;  // a drift under 5 degrees an epoch is none
  EXPECT_EQ(score(angles), 300);
  angles[50] = NAN;
  EXPECT_EQ(score(angles), 300 - 50 - 1) << "a gap is not known, and what was before it was too short";
}

TEST(Sib, a_gap_is_told_as_one) {
  const auto angles = angles_of(10, 100, [](double t) -> std::optional<std::array<float, 3>> {
    if (t > 31 && t < 58) return {};
    return tilted(30);
  });
  ASSERT_EQ(angles.size(), 20U);
  for (std::size_t i = 0; i < angles.size(); ++i)
    EXPECT_EQ(std::isnan(angles[i]), i >= 7 && i <= 10) << i;
}

}  // namespace
}  // namespace vigil::sleep

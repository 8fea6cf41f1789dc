#include "wire/validation_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "wire/svg.hpp"
#include "wire/validation_words.hpp"

namespace vigil::wire {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

ValidatedNight night(const std::string& name) {
  ValidatedNight n;
  n.name = name;
  n.format = "CSV";
  n.start = {std::chrono::microseconds(1795298400000000), std::chrono::minutes(60)};
  n.start_known = true;
  for (int i = 0; i < 960; ++i)
    n.truth.push_back(i < 40 || (i > 500 && i < 520) ? EpochState::wake : EpochState::sleep);
  n.live = n.hindsight = n.truth;
  n.hindsight[100] = EpochState::unknown;
  n.p_asleep.resize(960);
  n.lights_on = 960;
  n.true_figures.tst_min = n.hindsight_figures.tst_min = 451;
  n.awakenings = {{15030, 15600, JudgedAwakening::Verdict::found, 12, 66},
                  {20000, 20100, JudgedAwakening::Verdict::invented, {}, {}}};
  return n;
}

TEST(ValidationReport, of_nothing_at_all_says_not_known_and_never_nan) {
  Validation v;
  v.nights = {ValidatedNight{}};
  v.nights[0].truth = {EpochState::wake};
  const ReportHead head{"0.1.0", "2026-11-28", ""};
  for (const auto& said : {validation_report(v, head), validation_json(v, head), validation_table(v)})
    EXPECT_THAT(said, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf")))) << said;
  EXPECT_THAT(validation_report(v, head), AllOf(HasSubstr("not known"), HasSubstr("No night has it")));
  EXPECT_TRUE(nlohmann::json::parse(validation_json(v, head))["live"]["night"]["kappa"]["value"].is_null());
}

TEST(ValidationReport, draws_each_night_and_says_simulated) {
  Validation v;
  v.nights = {night("a"), night("b")};
  v.nights[1].simulated = true;
  v.hindsight.tst.pairs = {{400, 420, 0}, {410, 400, 1}};
  v.hindsight.tst.bias = {5, -100, 110};
  v.hindsight.tst.sd = 21.2;
  v.hindsight.tst.lower = {-36.6, -200, 100};
  v.hindsight.tst.upper = {46.6, -100, 200};
  Calibration c;
  c.n = 10;
  c.bins[9] = {10, .95, .9};
  c.error = .05;
  v.calibration = c;
  const auto page = validation_report(v, {"0.1.0", "2026-11-28", "Lab <2>"});
  EXPECT_THAT(page, AllOf(HasSubstr("in Lab &lt;2&gt;"), HasSubstr("<strong>SIMULATED.</strong>"),
                          HasSubstr("23:00"), HasSubstr("How sure it is"), HasSubstr("Hypnogram of a over"),
                          HasSubstr("bias 5.0, limits \xE2\x88\x92"
                                    "36.6 to 46.6 min")));
  EXPECT_THAT(validation_table(v), HasSubstr("SIMULATED"));
  EXPECT_EQ(nlohmann::json::parse(validation_json(v, {"1", "2", "3"}))["calibration"]["bins"].size(), 10U);
}

TEST(ValidationWords, are_written_alike_everywhere) {
  EXPECT_EQ(validation::number(-1.25, 1),
            "\xE2\x88\x92"
            "1.2");
  EXPECT_EQ(validation::number(-.01, 1), "0.0") << "no minus before nothing";
  EXPECT_EQ(validation::number(std::optional<double>(), 1), "not known");
  EXPECT_EQ(validation::minutes(425.5), "7 h 05.5 min");
  EXPECT_EQ(validation::minutes(48.0), "48 min");
  EXPECT_EQ(validation::with_interval({.5, .4, .6}, 2), "0.50 (0.40 to 0.60)");
}

TEST(Svg, axes_are_round_and_text_is_safe) {
  const auto a = svg::Axis::around(-37, 62);
  EXPECT_EQ(a.step, 20);
  EXPECT_LE(a.low, -37);
  EXPECT_GE(a.high, 62);
  const auto flat = svg::Axis::around(5, 5);
  EXPECT_LT(flat.low, 5);
  EXPECT_GT(flat.high, 5);
  EXPECT_EQ(svg::escaped("<a href='x'>&\x01\xFF"), "&lt;a href=&#39;x&#39;&gt;&amp; \xEF\xBF\xBD");
  EXPECT_EQ(svg::px(-.04), "0");
}

}  // namespace
}  // namespace vigil::wire

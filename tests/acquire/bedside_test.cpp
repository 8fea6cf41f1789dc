#include "acquire/bedside.hpp"

#include <array>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acquire/fake.hpp"

namespace vigil::acquire {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Channel load{.quantity = Quantity::load, .rate_hz = 10, .minimum = -50, .maximum = 500};

TEST(NightId, is_the_bed_and_the_compact_utc_of_the_opening) {
  const WallTime t{std::chrono::microseconds(1'795'383'005'999'999), minutes(60)};
  EXPECT_EQ(night_id("bed-1", t), "bed-1-20261122T213005Z");
}

TEST(Align, puts_all_traces_on_one_grid) {
  const Instant start{seconds(100)};
  const std::vector<Gathered::BedPoint> points{
      {0, {start, Trace::load, 10}},
      {0, {start + milliseconds(100), Trace::load, 11}},
      {1, {start + milliseconds(105), Trace::load, 21}},  // a grid of its own: the nearest point
      {0, {start + milliseconds(200), Trace::movement, 5}},
  };
  Instant first;
  const auto waves = align(points, first);
  EXPECT_EQ(first, start);
  ASSERT_EQ(waves.size(), 3U);
  EXPECT_EQ(waves[0].values, (std::vector<std::int16_t>{10, 11, wave_absent}));
  EXPECT_EQ(waves[1].bed, 1);
  EXPECT_EQ(waves[1].values, (std::vector<std::int16_t>{wave_absent, 21, wave_absent}));
  EXPECT_EQ(waves[2].trace, Trace::movement);
  EXPECT_EQ(waves[2].values, (std::vector<std::int16_t>{wave_absent, wave_absent, 5}));
}

TEST(Align, keeps_the_newest_255_points) {
  std::vector<Gathered::BedPoint> points;
  for (int i = 0; i < 300; ++i)
    points.push_back(
        {0, {Instant{seconds(5)} + milliseconds(100) * i, Trace::load, static_cast<std::int16_t>(i)}});
  Instant first;
  const auto waves = align(points, first);
  ASSERT_EQ(waves.size(), 1U);
  ASSERT_EQ(waves[0].values.size(), 255U);
  EXPECT_EQ(waves[0].values.front(), 45);
  EXPECT_EQ(waves[0].values.back(), 299);
  EXPECT_EQ(first, Instant{seconds(5)} + milliseconds(4500));
}

class AtBed : public testing::Test {
 protected:
  Bedside make() { return {clock_, sinks_, gathered_, bed_spec("bed-1"), 0}; }

  /// A device that tells of `past` before now at once, as simulated nights do: a minute of an empty bed, then
  /// somebody in it, who stirs at first.
  void tell_past(Bedside& bed, Duration past) {
    auto& feed = bed.feed("synthetic:bed-1", true);
    const auto channel = bed.attach(feed, load, seconds(5));
    const auto start = clock_.now() - past;
    for (auto at = start; at < clock_.now(); at += milliseconds(100)) {
      const auto t = vigil::seconds(at - start);
      const std::array value{t < 60 ? 5.F
                                    : 75.F + (t < 80 ? 1.F : 0.05F) * static_cast<float>(std::sin(5 * t))};
      bed.sample(feed, {.channel = channel, .at = at, .values = value});
    }
  }

  const Clock clock_{20};
  Heard heard_;
  const Sinks sinks_ = heard_.sinks();
  Gathered gathered_;
};

TEST_F(AtBed, the_past_is_lived_through_with_its_own_times) {
  auto bed = make();
  const auto begun = clock_.wall();
  tell_past(bed, hours(1));
  const auto entered =
      std::ranges::find(heard_.events, event::BedEntered::kind, [](const Event& e) { return kind(e); });
  ASSERT_NE(entered, heard_.events.end());
  const auto ago = begun.since_epoch - entered->wall.since_epoch;
  EXPECT_NEAR(vigil::seconds(ago), 3600 - 65, 5);
  EXPECT_EQ(entered->bed, "bed-1");
  EXPECT_TRUE(entered->simulated);
  EXPECT_EQ(entered->boot, clock_.boot());
  EXPECT_EQ(entered->zone, clock_.zone());
  EXPECT_NEAR(static_cast<double>(heard_.readings.size()), 3600, 5);
  // Those who look on get only what is new.
  EXPECT_LE(gathered_.readings.size(), 1U);
  EXPECT_LT(gathered_.points.size(), 200U);
  EXPECT_EQ(heard_.count(event::NightOpened::kind), 1);
  const auto snapshot = bed.snapshot();
  EXPECT_TRUE(snapshot.night_open);
  EXPECT_TRUE(snapshot.simulated);
  EXPECT_EQ(snapshot.night, heard_.all<event::NightOpened>()[0]->night);
  EXPECT_EQ(snapshot.night, night_id("bed-1", snapshot.night_opened));
}

TEST_F(AtBed, a_clock_tick_does_not_cut_the_past_short) {
  auto bed = make();
  auto& feed = bed.feed("synthetic:bed-1", true);
  const auto channel = bed.attach(feed, load, seconds(5));
  const std::array value{5.F};
  const auto start = clock_.now() - minutes(10);
  for (int i = 0; i < 6000 - 1; ++i) {
    EXPECT_TRUE(bed.sample(feed, {.channel = channel, .at = start + milliseconds(100) * i, .values = value}))
        << i;
    if (i % 100 == 0) bed.tick();
  }
  EXPECT_GT(heard_.readings.size(), 590U);
}

TEST_F(AtBed, a_late_sample_is_refused) {
  auto bed = make();
  auto& feed = bed.feed("hid_scale:1-1", false);
  const auto channel = bed.attach(feed, load, seconds(5));
  const std::array value{5.F};
  EXPECT_TRUE(bed.sample(feed, {.channel = channel, .at = clock_.now(), .values = value}));
  bed.tick();
  EXPECT_TRUE(
      bed.sample(feed, {.channel = channel, .at = clock_.now() - milliseconds(100), .values = value}));
  EXPECT_FALSE(bed.sample(feed, {.channel = channel, .at = clock_.now() - seconds(2), .values = value}));
}

TEST_F(AtBed, what_the_log_tells_already_is_not_told_again) {
  Name night;
  std::vector<Event> log;
  std::vector<Epoch> epochs;
  {
    auto bed = make();
    tell_past(bed, hours(2));
    log = heard_.events;
    epochs = heard_.epochs;
    night = bed.snapshot().night;
  }
  heard_.events.clear(), heard_.epochs.clear(), heard_.readings.clear();

  auto bed = make();
  for (const auto& event : log)
    bed.restore(event, event.at);
  for (const auto& epoch : epochs)
    bed.restore(epoch, {}, epoch.from);
  EXPECT_EQ(bed.snapshot().night, night);
  tell_past(bed, hours(2));
  EXPECT_EQ(heard_.count(event::BedEntered::kind), 0);
  EXPECT_EQ(heard_.count(event::NightOpened::kind), 0);
  EXPECT_LT(heard_.epochs.size(), 5U);
  bed.tick();
  EXPECT_TRUE(bed.snapshot().night_open);
  EXPECT_EQ(bed.snapshot().night, night);
}

TEST_F(AtBed, a_past_after_the_log_is_told) {
  auto bed = make();
  bed.restore(clock_.now() - hours(5));
  tell_past(bed, hours(1));
  EXPECT_EQ(heard_.count(event::NightOpened::kind), 1);
}

TEST_F(AtBed, a_device_that_is_taken_away_leaves_unknown) {
  auto bed = make();
  tell_past(bed, minutes(5));
  EXPECT_EQ(bed.snapshot().reading.state, BedState::awake);
  EXPECT_TRUE(bed.snapshot().reading.load_kg);
  const auto taken = clock_.now();
  bed.detach(bed.feed("synthetic:bed-1", true));
  while (bed.snapshot().reading.at < taken)
    bed.tick();  // at most a second until the next reading
  EXPECT_FALSE(bed.snapshot().reading.load_kg);
  EXPECT_EQ(bed.snapshot().reading.state, BedState::unknown);
}

class Vanished : public AtBed {
 protected:
  /// An hour of a night in which the device is pulled out after half of it, and returns after `away` with
  /// this load on the bed.
  Bedside sleep_through(seconds away, float returns_with) {
    auto bed = make();
    auto& feed = bed.feed("hid_scale:1", false);
    auto channel = bed.attach(feed, load, seconds(5));
    const auto start = clock_.now() - hours(1);
    for (int i = 0; i < 36000; ++i) {
      const double t = i / 10.0;
      if (t >= 1800 && t < 1800 + static_cast<double>(away.count())) {
        if (i == 18000) bed.detach(feed);
        continue;
      }
      if (i == 18000 + 10 * away.count()) channel = bed.attach(feed, load, seconds(5));
      const float person = t < 60 ? 0 : t < 1800 ? 70 : returns_with;
      const std::array value{5 + person + (person > 0 ? 0.05F * static_cast<float>(std::sin(t)) : 0)};
      bed.sample(feed, {.channel = channel, .at = start + milliseconds(100) * i, .values = value});
    }
    return bed;
  }
};

TEST_F(Vanished, for_less_than_a_minute_a_device_ends_no_night_and_invents_no_exit) {
  const auto bed = sleep_through(seconds(55), 70);
  EXPECT_EQ(heard_.count(event::NightOpened::kind), 1);
  EXPECT_EQ(heard_.count(event::NightClosed::kind), 0);
  EXPECT_EQ(heard_.count(event::BedEntered::kind), 1);
  EXPECT_EQ(heard_.count(event::BedLeft::kind), 0);
  EXPECT_EQ(heard_.count(event::AwakeningSuspected::kind), 0);
  EXPECT_TRUE(bed.snapshot().night_open);
  EXPECT_NE(bed.snapshot().reading.state, BedState::unknown);
  EXPECT_NE(bed.snapshot().reading.state, BedState::out_of_bed);
}

TEST_F(Vanished, an_exit_meanwhile_is_told_when_it_returns) {
  const auto bed = sleep_through(seconds(55), 0);
  EXPECT_EQ(heard_.count(event::BedLeft::kind), 1);
  EXPECT_EQ(bed.snapshot().reading.state, BedState::out_of_bed);
}

}  // namespace
}  // namespace vigil::acquire

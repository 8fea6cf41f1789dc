#include <chrono>

#include <gtest/gtest.h>

#include "bed/player.hpp"

namespace vigil::bed::test {
namespace {

constexpr double h = 3600, m = 60;

Player::Load silent_between(Player::Load f, double from, double to) {
  return [=](double t) { return t >= from && t < to ? std::optional<float>() : f(t); };
}
Player::Worn silent_between(Player::Worn f, double from, double to) {
  return [=](double t) { return t >= from && t < to ? std::optional<std::array<float, 3>>() : f(t); };
}

// Whatever the sensor said before it fell silent, nothing is known from `stale_after` on.
void expect_nothing_known(const Player& p, double from, double to) {
  for (const auto& r : p.readings) {
    const double t = s_of(r.at);
    if (t <= from || t > to) continue;
    ASSERT_EQ(r.state, BedState::unknown) << t;
    ASSERT_FALSE(r.load_kg || r.movement_kg || r.activity_mg || r.counts || r.heart_bpm || r.breath_rpm) << t;
  }
  for (const auto& w : p.waves) {
    const bool within = s_of(w.at) > from && s_of(w.at) < to;
    ASSERT_TRUE(!within || w.value == wave_absent) << s_of(w.at);
  }
  for (const auto& e : p.epochs) {
    const double t = s_of(e.from);
    if (t < from || t + 30 > to) continue;
    ASSERT_EQ(e.score, EpochState::unknown) << t;
    ASSERT_EQ(e.state, BedState::unknown) << t;
    ASSERT_FALSE(e.counts || e.movement_kg || e.load_kg) << t;
    ASSERT_TRUE(e.scorer.empty());
  }
  for (const auto& r : p.rescores)
    ASSERT_FALSE(s_of(r.from) >= from && s_of(r.from) + 30 <= to) << s_of(r.from);
}

TEST(Gap, of_the_scale_invents_nothing) {
  for (const double from : {30 * m, 2 * h + 30, 2 * h + 70}) {  // asleep, while suspected, while awake
    Player p;
    p.with_scale(silent_between(person_on_scale({{60, 6 * h}}, {{60, 80}, {2 * h, 2 * h + 100}}), from,
                                from + 20 * m));
    p.play(8 * h);
    expect_nothing_known(p, from + 4, from + 20 * m - 1);
    const NightFigures f = p.all<event::NightClosed>().empty()
                               ? p.bed.night().figures
                               : p.all<event::NightClosed>()[0].second.figures;
    EXPECT_NEAR(f.unknown_min, 20, 6) << from << ": and up to 5 min until it is known again";
    EXPECT_GE(f.se_high_percent.value() - f.se_low_percent.value(), 100 * f.unknown_min / f.tib_min - 0.5);
    EXPECT_GE(f.longest_gap_min.value(), 19);
  }
}

TEST(Gap, of_the_wrist_invents_nothing) {
  Player p;
  p.with_wrist(silent_between(person_on_wrist({{0, 60}, {2 * h, 2 * h + 100}}), 1 * h, 1.5 * h));
  p.play(4 * h);
  expect_nothing_known(p, 1 * h + 34, 1.5 * h - 1);
  EXPECT_NEAR(p.bed.night().figures.unknown_min, 31, 2) << "and two minutes until it is told again";
  EXPECT_TRUE(p.bed.night().open) << "half an hour of silence does not end a night";
}

TEST(Gap, that_begins_in_a_suspicion_withdraws_it_and_says_why) {
  Player p;
  p.with_scale(silent_between(person_on_scale({{60, 6 * h}}, {{60, 80}, {2 * h, 2 * h + 20}}), 2 * h + 15,
                              2 * h + 40));
  p.play(2.5 * h);
  const auto withdrawn = p.all<event::AwakeningWithdrawn>();
  ASSERT_EQ(withdrawn.size(), 1U);
  EXPECT_EQ(withdrawn[0].second.cause.view(), "sensor silent");
  EXPECT_EQ(p.reading_at(2 * h + 60).state, BedState::asleep) << "a silence of 25 s does not unmake sleep";
}

TEST(Gap, longer_than_two_minutes_unmakes_what_was_known) {
  Player p;
  p.with_scale(silent_between(person_on_scale({{60, 6 * h}}, {{60, 80}}), 2 * h, 2 * h + 5 * m));
  p.play(3 * h);
  EXPECT_EQ(p.reading_at(2 * h + 6 * m).state, BedState::unknown);
  EXPECT_FALSE(p.reading_at(2 * h + 6 * m).p_asleep);
  EXPECT_EQ(p.reading_at(2 * h + 6 * m).why.view(), "in bed; asleep or awake not yet known");
  EXPECT_EQ(p.reading_at(2 * h + 30 * m).state, BedState::asleep);
  EXPECT_TRUE(p.all<event::AwakeningSuspected>().empty()) << "nobody saw an awakening";
  EXPECT_EQ(p.reading_at(2 * h + 30 * m).why.view().substr(0, 16), "still for 25 min")
      << "not for what nobody saw";
}

TEST(Gap, one_bed_with_scale_silent_and_wrist_alive) {
  Player p;
  p.with_scale(silent_between(person_on_scale({{60, 6 * h}}, {{60, 80}}), 1 * h, 2 * h));
  p.with_wrist(person_on_wrist({{0, 90}, {1.6 * h, 1.7 * h}}));
  p.play(3 * h);
  EXPECT_EQ(p.reading_at(1.3 * h).state, BedState::asleep) << "the wrist says so";
  EXPECT_EQ(p.reading_at(1.69 * h).state, BedState::unknown) << "awake: in bed or not cannot be said";
  EXPECT_FALSE(p.reading_at(1.3 * h).load_kg);
  EXPECT_TRUE(p.all<event::BedLeft>().empty());
}

TEST(Gap, a_suspended_machine_is_cheap_and_unknown) {
  Player p;
  p.with_scale(silent_between(person_on_scale({{60, 11 * h}}, {{60, 80}}), 2 * h, 5 * h));
  p.with_wrist(silent_between(person_on_wrist({{0, 90}}), 2 * h, 5 * h));
  p.play(2 * h);
  const auto readings = p.readings.size();
  p.jump(5 * h);
  const auto begun = std::chrono::steady_clock::now();
  p.tick(5 * h);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(200));
  EXPECT_LT(p.readings.size() - readings, 3 * 120 + 100U) << "not one for each second of the gap";
  p.play(6 * h);
  ASSERT_EQ(p.epochs.size(), static_cast<std::size_t>(6 * h / 30)) << "an epoch for each 30 s, known or not";
  for (std::size_t i = 0; i < p.epochs.size(); ++i)
    ASSERT_EQ(s_of(p.epochs[i].from), 30.0 * static_cast<double>(i));
  expect_nothing_known(p, 2 * h + 34, 5 * h);
  EXPECT_EQ(p.all<event::NightOpened>().size(), 1U);
  EXPECT_TRUE(p.all<event::NightClosed>().empty()) << "the night goes on";
  EXPECT_NEAR(p.bed.night().figures.unknown_min, 180, 6);
  EXPECT_EQ(p.reading_at(5.9 * h).state, BedState::asleep);
}

TEST(Gap, samples_after_a_jump_are_not_lost) {
  Player p;
  p.with_scale(person_on_scale({{60, 20 * h}}, {{60, 80}}));
  p.play(1 * h);
  // The machine slept for three hours; two seconds of samples came before the first tick.
  const auto ch = p.bed.attach("scale", scale, std::chrono::seconds(3), false);
  for (int i = 0; i < 20; ++i) {
    const float kg = 74;
    p.bed.step(Sample{ch, at_s(4 * h + i / 10.0), std::span(&kg, 1)}, p.out);
  }
  p.tick(4 * h + 2);
  EXPECT_NEAR(p.readings.back().load_kg->value, 70, 0.1);
  EXPECT_EQ(s_of(p.readings.back().at), 4 * h + 2);
}

TEST(Gap, ticks_in_bursts_say_the_same_as_ticks_in_tenths) {
  const auto run = [](double step) {
    auto bed = std::make_unique<Bed>("bed-1", Settings{});
    Output out;
    const auto ch = bed->attach("scale", scale, std::chrono::seconds(3), false);
    const auto load = person_on_scale({{60, 1 * h}}, {{60, 80}, {50 * m, 51 * m}});
    double next = step;
    for (int i = 0; i < 2 * h * 10; ++i) {
      const double t = i / 10.0;
      if (t >= next) bed->step(Tick{at_s(t)}, out), next = t + step;
      const float kg = *load(t);
      bed->step(Sample{ch, at_s(t), std::span(&kg, 1)}, out);
    }
    bed->step(Tick{at_s(2 * h)}, out);
    return out;
  };
  const Output a = run(0.1), b = run(6), c = run(60);
  for (const Output* o : {&b, &c}) {
    ASSERT_EQ(a.events.size(), o->events.size());
    for (std::size_t i = 0; i < a.events.size(); ++i)
      EXPECT_EQ(line(a.events[i]), line(o->events[i]));
    EXPECT_EQ(a.readings.size(), o->readings.size());
    EXPECT_EQ(a.waves.size(), o->waves.size());
  }
}

TEST(Order, late_samples_count_and_too_late_ones_do_not) {
  Bed bed("bed-1", {});
  Output out;
  const auto ch = bed.attach("scale", scale, std::chrono::seconds(3), false);
  const auto put = [&](double t, float kg) { bed.step(Sample{ch, at_s(t), std::span(&kg, 1)}, out); };
  for (int i = 0; i < 100; ++i)
    put(i / 10.0, 5);
  bed.step(Tick{at_s(9.7)}, out);
  put(9.95, 6);  // late, but its cell is not decided
  bed.step(Tick{at_s(10)}, out);
  EXPECT_NEAR(out.readings.back().load_kg->value, 1 / 11.0, 1e-4) << "the mean of eleven";
  put(9.99, 100);  // older than the tick
  put(3.0, 100);   // far too old
  put(10.05, 5);
  bed.step(Tick{at_s(11)}, out);
  EXPECT_FLOAT_EQ(out.readings.back().load_kg->value, 0);
}

TEST(Order, bad_channels_and_shapes_are_ignored) {
  Bed bed("bed-1", {});
  Output out;
  const std::array<float, 3> three{1, 2, 3};
  bed.step(Sample{7, at_s(1), three}, out);
  const auto ch = bed.attach("scale", scale, std::chrono::seconds(3), false);
  bed.step(Sample{ch, at_s(1), three}, out);
  bed.step(Sample{ch, at_s(1), {}}, out);
  bed.step(Tick{at_s(10)}, out);
  EXPECT_EQ(out.readings.back().state, BedState::unknown);
  EXPECT_EQ(out.readings.back().why.view(), "load sensor has said nothing yet");
}

TEST(Order, a_bed_without_sensors_says_so) {
  Bed bed("bed-1", {});
  Output out;
  bed.step(Tick{at_s(0)}, out);
  bed.step(Tick{at_s(90)}, out);
  ASSERT_FALSE(out.readings.empty());
  EXPECT_EQ(out.readings.back().why.view(), "no sensor attached");
  EXPECT_TRUE(out.epochs.empty());
  EXPECT_TRUE(out.waves.empty());
  EXPECT_EQ(bed.latest().state, BedState::unknown);
}

}  // namespace
}  // namespace vigil::bed::test

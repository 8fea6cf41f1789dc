#include <random>

#include <gtest/gtest.h>

#include "bed/player.hpp"

namespace vigil::bed::test {
namespace {

constexpr double h = 3600, m = 60;

struct Sensors {
  Player::Load load;
  Player::Worn worn;
};

// What the store would hand over: the last entry or exit before, then this bed's events since its last night
// opened, then that night's epochs, all moved by `shift` as though another boot had written them.
void restore(Bed& bed, const std::vector<Event>& events, const std::vector<Epoch>& epochs, double shift = 0) {
  std::size_t from = events.size();
  for (std::size_t i = 0; i < events.size(); ++i)
    if (kind(events[i]) == "night.opened") from = i;
  const Event* presence = nullptr;
  const std::size_t end = from == events.size() ? events.size() : from;
  for (std::size_t i = 0; i < end; ++i)
    if (kind(events[i]) == "bed.entered" || kind(events[i]) == "bed.left") presence = &events[i];
  const Event* tared = nullptr;
  for (std::size_t i = 0; i < end; ++i)
    if (kind(events[i]) == "bed.tared") tared = &events[i];
  const auto moved = [&](Instant t) { return t + from_seconds(shift); };
  if (tared) bed.restore(*tared, moved(tared->at));
  if (presence) bed.restore(*presence, moved(presence->at));
  if (from == events.size()) return;
  for (std::size_t i = from; i < events.size(); ++i)
    bed.restore(events[i], moved(events[i].at));
  const auto& opened = std::get<event::NightOpened>(events[from].payload);
  for (const Epoch& e : epochs)
    if (e.from >= events[from].at - opened.ago - epoch_length) bed.restore(e, {}, moved(e.from));
}

Player play(const Sensors& s, double from, double to, const Player* before) {
  Player p;
  if (before) restore(p.bed, before->events, before->epochs);
  if (s.load) p.with_scale(s.load);
  if (s.worn) p.with_wrist(s.worn);
  p.jump(from);
  p.play(to);
  return p;
}

// Kinds and times of what happened after `t`, and the figures in the end.
std::vector<std::pair<std::string, double>> after(const Player& p, double t) {
  std::vector<std::pair<std::string, double>> list;
  for (const auto& e : p.events)
    // Less of the night was seen to learn from.
    if (s_of(e.at) > t && kind(e) != "bed.tared" && kind(e) != "baseline.learned")
      list.emplace_back(kind(e), s_of(e.at));
  return list;
}

void expect_same_night(const Sensors& sensors, double end, double cut, double gap) {
  SCOPED_TRACE("cut at " + std::to_string(cut) + " for " + std::to_string(gap));
  const Player straight = play(sensors, 0, end, nullptr);
  const Player before = play(sensors, 0, cut, nullptr);
  const Player later = play(sensors, cut + gap, end, &before);

  // Windows fill again within 10 min; from then on everything is the same.
  const double settled = cut + gap + 10 * m;
  const auto a = after(straight, settled);
  const auto b = after(later, settled);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].first, b[i].first);
    EXPECT_NEAR(a[i].second, b[i].second, 31) << a[i].first;
  }
  // Within the night that was open, nothing is said twice.
  const bool open = before.bed.night().open;
  EXPECT_TRUE(!open || later.all<event::NightOpened>().empty());
  std::vector<Epoch> epochs = before.epochs;
  epochs.insert(epochs.end(), later.epochs.begin(), later.epochs.end());
  for (std::size_t i = 1; open && i < epochs.size(); ++i)
    ASSERT_EQ(epochs[i].from - epochs[i - 1].from, epoch_length) << "no epoch twice, none left out";

  const auto one = straight.all<event::NightClosed>();
  const auto two = later.all<event::NightClosed>();
  ASSERT_EQ(one.size(), two.size());
  if (one.empty()) return;
  const NightFigures& f = one[0].second.figures;
  const NightFigures& g = two[0].second.figures;
  // A stillness that was not yet sleep begins anew: up to 5 min of it are wake.
  const double lost = gap / m + 5;
  EXPECT_NEAR(f.tib_min, g.tib_min, 0.1);
  EXPECT_NEAR(f.tst_min.value(), g.tst_min.value(), lost + 0.5);
  EXPECT_NEAR(f.waso_min.value(), g.waso_min.value(), lost + 0.5);
  EXPECT_NEAR(f.sol_min.value(), g.sol_min.value(), lost + 0.5);
  EXPECT_LE(std::abs(f.nwak_1min - g.nwak_1min), gap > 20 ? 1 : 0);
  EXPECT_EQ(f.exits, g.exits);
  EXPECT_LE(g.unknown_min, gap / m + 1.5);
}

const Sensors on_scale{
    person_on_scale({{10 * m, 2 * h}, {2 * h + 5 * m, 4 * h}}, {{10 * m, 11 * m},
                                                                {50 * m, 50 * m + 8},
                                                                {1.2 * h, 1.2 * h + 100},
                                                                {2 * h - 30, 2 * h},
                                                                {2 * h + 5 * m, 2 * h + 6 * m},
                                                                {3 * h, 3 * h + 150}}),
    {}};
const Sensors on_wrist{
    {}, person_on_wrist({{0, 10 * m}, {1 * h, 1 * h + 100}, {2 * h, 2 * h + 8}, {3 * h, 3.4 * h}})};

TEST(Restore, at_any_second_of_a_night_on_a_scale_goes_on_with_it) {
  std::mt19937 random(20);
  for (int i = 0; i < 6; ++i)
    expect_same_night(on_scale, 5.8 * h, 25 * m + static_cast<double>(random() % 12000), i % 2 ? 0 : 40);
}

TEST(Restore, in_the_middle_of_an_awakening_and_of_a_trip_to_the_bathroom) {
  expect_same_night(on_scale, 5.8 * h, 1.2 * h + 80, 3);
  expect_same_night(on_scale, 5.8 * h, 2 * h + 100, 20);
  expect_same_night(on_scale, 5.8 * h, 4 * h + 20 * m, 600);
}

TEST(Restore, of_a_wrist_goes_on_with_the_night_and_its_hindsight) {
  std::mt19937 random(4);
  for (int i = 0; i < 3; ++i)
    expect_same_night(on_wrist, 4.6 * h, 25 * m + static_cast<double>(random() % 8000), i * 10);
}

TEST(Restore, before_any_night_keeps_the_tare_and_who_is_in_bed) {
  const Player before = play(on_scale, 0, 12 * m, nullptr);
  ASSERT_FALSE(before.bed.night().open);
  const Player later = play(on_scale, 12 * m + 30, 40 * m, &before);
  EXPECT_TRUE(later.all<event::BedEntered>().empty());
  EXPECT_NEAR(later.reading_at(12 * m + 40).load_kg->value, 70, 1);
  const auto opened = later.all<event::NightOpened>();
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_NEAR(opened[0].first - seconds(opened[0].second.ago), 10 * m, 1);
}

TEST(Restore, the_numbers_of_awakenings_go_on) {
  const Player before = play(on_scale, 0, 1.5 * h, nullptr);
  const Player later = play(on_scale, 1.5 * h, 3.2 * h, &before);
  const auto suspected = later.all<event::AwakeningSuspected>();
  ASSERT_FALSE(suspected.empty());
  EXPECT_EQ(suspected[0].second.number, before.all<event::AwakeningSuspected>().back().second.number + 1);
}

TEST(Restore, says_the_epochs_of_the_gap_as_unknown) {
  const Player before = play(on_scale, 0, 1.1 * h, nullptr);
  const Player later = play(on_scale, 1.5 * h, 1.6 * h, &before);
  ASSERT_FALSE(later.epochs.empty());
  EXPECT_EQ(later.epochs[0].from - before.epochs.back().from, epoch_length);
  int unknown = 0;
  for (const auto& e : later.epochs)
    unknown += e.score == EpochState::unknown;
  EXPECT_GE(unknown, 48);
}

TEST(Restore, of_another_boot_with_negative_times) {
  const Player before = play(on_scale, 0, 1.5 * h, nullptr);
  // The machine was booted anew: what was 90 min after the old boot is 17 s before the new one.
  const double shift = -1.5 * h - 17;
  Player p;
  restore(p.bed, before.events, before.epochs, shift);
  const auto load = on_scale.load;
  p.with_scale([=](double t) { return load(t - shift); });
  p.jump(0);
  p.play(6 * h + shift);
  const auto closed = p.all<event::NightClosed>();
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_TRUE(p.all<event::NightOpened>().empty());
  EXPECT_NEAR(closed[0].second.figures.tib_min, 230, 0.5);
  const Player straight = play(on_scale, 0, 6 * h, nullptr);
  EXPECT_NEAR(closed[0].second.figures.tst_min.value(),
              straight.all<event::NightClosed>()[0].second.figures.tst_min.value(), 2);
}

// The daemon comes back before its sensors do: the rule for a wrist alone must not close the night of a bed.
TEST(Restore, a_night_waits_for_the_sensor_of_its_bed) {
  const Player before = play(on_scale, 0, 1.21 * h, nullptr);
  ASSERT_TRUE(before.bed.night().open);
  Player p;
  restore(p.bed, before.events, before.epochs);
  p.jump(1.3 * h);
  p.play(3.5 * h);
  EXPECT_TRUE(p.bed.night().open);
  EXPECT_TRUE(p.all<event::NightClosed>().empty());
}

TEST(Restore, a_day_later_closes_the_night_where_it_was_last_known) {
  const Player before = play(on_scale, 0, 1.5 * h, nullptr);
  Player p;
  restore(p.bed, before.events, before.epochs);
  p.with_scale([](double) { return std::optional(4.0F); });
  p.jump(20 * h);
  p.play(20 * h + 60);
  const auto closed = p.all<event::NightClosed>();
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_NEAR(closed[0].first - seconds(closed[0].second.ago), 1.5 * h, 31);
  EXPECT_NEAR(closed[0].second.figures.tib_min, 80, 1);
  EXPECT_EQ(p.reading_at(20 * h + 59).state, BedState::out_of_bed);
}

}  // namespace
}  // namespace vigil::bed::test

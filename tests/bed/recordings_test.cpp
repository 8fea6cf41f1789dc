#include <cstdio>

#include <gtest/gtest.h>

#include "bed/files.hpp"
#include "bed/player.hpp"

namespace vigil::bed::test {
namespace {

constexpr double h = 3600, m = 60;

Player play_wrist_night(const std::string& name) {
  const auto night = wrist_night(name);
  Player p;
  if (night.empty()) return p;
  Channel channel = wrist;
  channel.rate_hz = 5;
  const auto ch = p.bed.attach("wrist", channel, std::chrono::seconds(3), false);
  for (const auto& s : night) {
    p.bed.step(Sample{ch, at_s(s.t), s.g}, p.out);
    p.tick(s.t - 0.3);
  }
  p.tick(night.back().t + 2 * h);
  return p;
}

// The diary: 5 min to fall asleep, no awakening, 360 min.
TEST(Recording, wrist_night_p7n1_is_a_plausible_night) {
  const Player p = play_wrist_night("p7n1.TXT.gz");
  if (p.events.empty()) GTEST_SKIP() << "../shared/data/wrist_nights is not here";
  const auto opened = p.all<event::NightOpened>();
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_LT(opened[0].first - seconds(opened[0].second.ago), 10 * m);
  const auto closed = p.all<event::NightClosed>();
  ASSERT_EQ(closed.size(), 1U);
  const auto& f = closed[0].second.figures;
  EXPECT_NEAR(f.tib_min, 355, 8);
  EXPECT_GT(f.tst_min.value(), 310);
  EXPECT_GT(f.se_percent.value(), 88);
  EXPECT_LE(f.nwak_5min, 2);
  EXPECT_EQ(f.coverage_percent, 100);
  // Turns are suspected and withdrawn; the one confirmed is the getting up at the end.
  EXPECT_GT(p.all<event::AwakeningWithdrawn>().size(), 5U);
  const auto confirmed = p.all<event::AwakeningConfirmed>();
  ASSERT_EQ(confirmed.size(), 1U);
  EXPECT_GT(confirmed[0].first, 350 * m);
  for (const auto& [t, e] : p.all<event::AwakeningSuspected>())
    EXPECT_LE(seconds(e.ago), 15) << t;
}

// The diary: 30 min to fall asleep, one awakening; the recording ends after 256 of 330 min.
TEST(Recording, wrist_night_p5n1_has_its_awakenings) {
  const Player p = play_wrist_night("p5n1.TXT.gz");
  if (p.events.empty()) GTEST_SKIP() << "../shared/data/wrist_nights is not here";
  ASSERT_EQ(p.all<event::NightClosed>().size(), 1U);
  const NightFigures f = p.all<event::NightClosed>()[0].second.figures;
  EXPECT_GT(f.tst_min.value(), 180);
  EXPECT_LT(f.se_percent.value(), 90);
  EXPECT_GE(p.all<event::AwakeningConfirmed>().size(), 1U);
  EXPECT_LE(p.all<event::AwakeningConfirmed>().size(), 5U);
}

double clock_s(
    const std::string& stamp) {  // "2011-11-28 02:27:59", days counted within November and December
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(stamp.c_str(), "%d-%d-%d %d:%d:%d", &year, &month, &day, &hour, &minute, &second) != 6)
    return -1;
  return ((month == 12 ? 30 + day : day) - 27) * 24 * h + hour * h + minute * m + second;
}
struct Span {
  double from, to;
};
std::vector<Span> spans(const std::string& file, const std::string& word) {
  std::vector<Span> found;
  for (const auto& line : lines_of(shared("bed_pressure_home_a/" + file))) {
    if (line.find(word) == std::string::npos) continue;
    const auto second = line.find("201", 10);
    found.push_back({clock_s(line), clock_s(line.substr(second))});
  }
  return found;
}

TEST(Recording, every_labelled_sleep_of_a_home_mat_is_a_night) {
  const auto mat = spans("OrdonezA_Sensors.txt", "Bed");
  const auto sleeps = spans("OrdonezA_ADLs.txt", "Sleeping");
  if (mat.empty()) GTEST_SKIP() << "../shared/data/bed_pressure_home_a is not here";
  Player p;
  const auto ch = p.bed.attach("mat", mat_word, std::chrono::minutes(2), false);
  // The mat says every 10 s what its record says of that moment.
  for (double t = 0; t < 16 * 24 * h; t += 10) {
    float occupied = 0;
    for (const auto& s : mat)
      if (t >= s.from && t < s.to) occupied = 1;
    p.bed.step(Sample{ch, at_s(t), std::span(&occupied, 1)}, p.out);
    p.tick(t);
    p.waves.clear(), p.readings.clear();
  }
  const auto opened = p.all<event::NightOpened>();
  const auto closed = p.all<event::NightClosed>();
  ASSERT_EQ(opened.size(), closed.size());
  EXPECT_GE(sleeps.size(), 14U);
  for (const auto& sleep : sleeps) {
    bool found = false;
    for (std::size_t i = 0; i < opened.size(); ++i) {
      const double from = opened[i].first - seconds(opened[i].second.ago);
      const double to = closed[i].first - seconds(closed[i].second.ago);
      found = found || (std::abs(from - sleep.from) < 60 && std::abs(to - sleep.to) < 60);
    }
    EXPECT_TRUE(found) << sleep.from / h;
  }
  EXPECT_LE(opened.size(), sleeps.size() + 1) << "and hardly anything else is one";

  // Entries and exits against the labels: those of each sleep within a minute, and none within it.
  int entries_missed = 0, exits_missed = 0, bogus = 0;
  for (const auto& sleep : sleeps) {
    bool in = false, out = false;
    for (const auto& [t, e] : p.all<event::BedEntered>())
      in = in || std::abs(t - seconds(e.ago) - sleep.from) < 60;
    for (const auto& [t, e] : p.all<event::BedLeft>()) {
      const double at = t - seconds(e.ago);
      out = out || std::abs(at - sleep.to) < 60;
      bogus += at > sleep.from + 60 && at < sleep.to - 60;
    }
    entries_missed += !in;
    exits_missed += !out;
  }
  RecordProperty("labelled_sleeps", static_cast<int>(sleeps.size()));
  RecordProperty("entries_missed", entries_missed);
  RecordProperty("exits_missed", exits_missed);
  RecordProperty("bogus_exits", bogus);
  std::printf("home mat: %zu labelled sleeps, %d entries and %d exits missed, %d exits within them\n",
              sleeps.size(), entries_missed, exits_missed, bogus);
  EXPECT_EQ(entries_missed, 0);
  EXPECT_EQ(exits_missed, 0);
  EXPECT_EQ(bogus, 0) << "a home project counted 66 to 109 a night";
  // It tells presence, not sleep: no sleep is made up.
  for (const auto& [t, e] : closed) {
    EXPECT_FALSE(e.figures.tst_min && *e.figures.tst_min > 0) << t;
    EXPECT_GT(e.figures.se_high_percent.value(), 99);
  }
  EXPECT_TRUE(p.all<event::SleepBegan>().empty());
}

std::vector<std::vector<float>> frames(const std::string& name) {
  std::vector<std::vector<float>> all;
  for (const auto& line : lines_of(shared("pressure_map/" + name))) {
    std::vector<float> frame;
    std::istringstream in(line);
    for (float v = 0; in >> v;)
      frame.push_back(v);
    if (frame.size() == 2048) all.push_back(std::move(frame));
  }
  return all;
}

// An empty mat, then a person in three postures, then empty again.
TEST(Recording, a_pressure_mat_knows_who_lies_on_it_and_when_they_turn) {
  const auto back = frames("S1_1.txt.gz");
  const auto right = frames("S1_2.txt.gz");
  if (back.empty()) GTEST_SKIP() << "../shared/data/pressure_map is not here";
  const Channel mat{Quantity::pressure, 32, 64, 1, 0, 4095, 0};
  Player p;
  const auto ch = p.bed.attach("mat", mat, std::chrono::seconds(5), false);
  const std::vector<float> empty(2048, 0.0F);
  double t = 0;
  const auto play = [&](const std::vector<float>& frame) {
    p.bed.step(Sample{ch, at_s(t), frame}, p.out);
    p.tick(t);
    t += 1;
  };
  for (int i = 0; i < 60; ++i)
    play(empty);
  const double in = t;
  for (std::size_t i = 0; i < 600; ++i)
    play(back[5 + i % (back.size() - 5)]);
  const double turn = t;
  for (std::size_t i = 0; i < 600; ++i)
    play(right[5 + i % (right.size() - 5)]);
  const double out = t;
  for (int i = 0; i < 60; ++i)
    play(empty);

  const auto entered = p.all<event::BedEntered>();
  const auto left = p.all<event::BedLeft>();
  ASSERT_EQ(entered.size(), 1U);
  ASSERT_EQ(left.size(), 1U);
  EXPECT_NEAR(entered[0].first - seconds(entered[0].second.ago), in, 2);
  EXPECT_NEAR(left[0].first - seconds(left[0].second.ago), out, 2);
  EXPECT_FALSE(entered[0].second.load_kg) << "no kilograms are known";
  EXPECT_EQ(p.reading_at(turn - 30).state, BedState::asleep);
  EXPECT_FALSE(p.reading_at(turn - 30).movement_kg);
  EXPECT_LT(p.reading_at(turn - 30).movement_percent.value().value, 10);
  EXPECT_GT(p.reading_at(turn + 1).movement_percent.value().value, 30) << "another posture";
  const auto wave_at = [&](double at) {
    for (const WavePoint& w : p.waves)
      if (w.trace == Trace::movement && s_of(w.at) >= at) return w.value;
    return wave_absent;
  };
  EXPECT_GT(wave_at(turn + 1), 300);
  EXPECT_GE(wave_at(turn - 30), 0);
  EXPECT_LT(wave_at(turn - 30), 100);
  EXPECT_EQ(p.reading_at(2).state, BedState::unknown);
  EXPECT_EQ(p.reading_at(50).state, BedState::out_of_bed);
}

// The 16 x 16 mat of another maker, by means of 2 x 4 cells: each posture of both people is somebody in bed
// who lies still, and a change of posture moves.
TEST(Recording, a_coarse_mat_of_16_by_16_sees_every_posture) {
  if (frames("S1_1.txt.gz").empty()) GTEST_SKIP() << "../shared/data/pressure_map is not here";
  const Channel mat{Quantity::pressure, 16, 16, 10, 0, 4095, 0};
  const auto coarse = [](const std::vector<float>& fine) {
    std::vector<float> out(256, 0.0F);
    for (std::size_t i = 0; i < fine.size(); ++i)
      out[i / 64 / 2 * 16 + i % 64 / 4] += fine[i] / 8;
    return out;
  };
  for (const char* person : {"S1_", "S2_"}) {
    Player p;
    const auto ch = p.bed.attach("mat", mat, std::chrono::seconds(5), false);
    double t = 0;
    const auto play = [&](const std::vector<float>& frame) {
      for (int i = 0; i < 10; ++i, t += 0.1)  // about 1 Hz in the files
        p.bed.step(Sample{ch, at_s(t), frame}, p.out);
      p.tick(t - 0.1);
    };
    for (int i = 0; i < 60; ++i)
      play(std::vector<float>(256, 0.0F));
    int still = 0, seconds = 0, turns = 0;
    for (int posture = 1; posture <= 17; ++posture) {
      const auto all = frames(person + std::to_string(posture) + ".txt.gz");
      ASSERT_GT(all.size(), 40U);
      const double from = t;
      for (std::size_t i = 5; i < all.size(); ++i)
        play(coarse(all[i]));
      float most = 0;
      for (const Reading& r : p.readings) {
        if (s_of(r.at) <= from || s_of(r.at) > t - 1) continue;
        if (posture > 1 || s_of(r.at) > from + 10) {
          EXPECT_EQ(r.in_bed, true) << person << posture;
        }
        const float percent = r.movement_percent.value().value;
        if (s_of(r.at) < from + 3)
          most = std::max(most, percent);
        else if (s_of(r.at) > from + 10)
          ++seconds, still += percent < 10;
      }
      turns += most >= 10;
    }
    EXPECT_GE(turns, 16) << person;
    EXPECT_GT(still, 0.95 * seconds) << person;
    for (int i = 0; i < 60; ++i)
      play(std::vector<float>(256, 0.0F));
    EXPECT_EQ(p.readings.back().state, BedState::out_of_bed);
    EXPECT_EQ(p.all<event::BedEntered>().size(), 1U);
    EXPECT_EQ(p.all<event::BedLeft>().size(), 1U);
  }
}

// All postures of both people joined end to end, on the mat and on a coarse one: the turns that are told.
TEST(Recording, turns_on_a_pressure_mat_are_told_and_nothing_else_is) {
  if (frames("S1_1.txt.gz").empty()) GTEST_SKIP() << "../shared/data/pressure_map is not here";
  int turns = 0, found = 0, other = 0;
  for (const bool fine : {true, false})
    for (const char* person : {"S1_", "S2_"}) {
      Player p;
      const Channel mat{Quantity::pressure,
                        static_cast<std::uint16_t>(fine ? 32 : 16),
                        static_cast<std::uint16_t>(fine ? 64 : 16),
                        1,
                        0,
                        4095,
                        0};
      const auto ch = p.bed.attach("mat", mat, std::chrono::seconds(5), false);
      double t = 0;
      const auto play = [&](const std::vector<float>& frame) {
        std::vector<float> coarse(256, 0.0F);
        for (std::size_t i = 0; i < frame.size(); ++i)
          coarse[i / 64 / 2 * 16 + i % 64 / 4] += frame[i] / 8;
        p.bed.step(Sample{ch, at_s(t), fine ? frame : coarse}, p.out);
        p.tick(t);
        t += 1;
      };
      for (int i = 0; i < 60; ++i)
        play(std::vector<float>(2048, 0.0F));
      std::vector<double> joins;
      for (int posture = 1; posture <= 17; ++posture) {
        const auto all = frames(person + std::to_string(posture) + ".txt.gz");
        if (posture > 1) joins.push_back(t);
        for (std::size_t i = 5; i < all.size(); ++i)
          play(all[i]);
      }
      for (int i = 0; i < 60; ++i)
        play(std::vector<float>(2048, 0.0F));
      turns += static_cast<int>(joins.size());
      const auto said = p.all<event::PositionChanged>();
      for (const double join : joins)
        found += std::any_of(said.begin(), said.end(), [&](const auto& s) {
          return std::abs(s.first - seconds(s.second.ago) - join) <= 5;
        });
      for (const auto& [at, e] : said) {
        EXPECT_EQ(e.unit, Name("%"));
        EXPECT_GE(e.size, 13);
        EXPECT_LE(seconds(e.ago), 20);
        other += std::none_of(joins.begin(), joins.end(),
                              [&](double join) { return std::abs(at - seconds(e.ago) - join) <= 5; });
      }
    }
  RecordProperty("turns", turns);
  RecordProperty("turns_found", found);
  RecordProperty("turns_that_were_none", other);
  std::printf("pressure mats: %d of %d turns told, %d that were none\n", found, turns, other);
  EXPECT_EQ(turns, 64);
  EXPECT_GE(found, 63);
  EXPECT_EQ(other, 0);
}

std::vector<float> readings(const std::string& json, std::size_t from) {
  std::vector<float> values;
  std::istringstream in(json.substr(json.find('[', from) + 1));
  for (float v = 0; in >> v;) {
    values.push_back(v);
    if (in.get() == ']') break;
  }
  return values;
}

// One sheet under and one over the mattress: the first shows half of full scale on every cell of an empty
// bed.
TEST(Recording, an_empty_bed_is_never_a_sleeper_on_either_sheet) {
  const auto zip = shared("under_mattress/preview_data.zip");
  if (!std::filesystem::exists(zip)) GTEST_SKIP() << "../shared/data/under_mattress is not here";
  struct Sheet {
    const char* name;
    std::uint16_t rows, columns;
    float full_scale;
  };
  for (const Sheet& sheet : {Sheet{"sensomatt", 12, 6, 1023}, Sheet{"tactilus", 64, 27, 255}}) {
    std::vector<std::vector<float>> empty, occupied;
    for (const auto& [name, json] : unzipped(zip, std::string(sheet.name) + "_data/")) {
      auto& into = name.find("empty") != std::string::npos ? empty : occupied;
      for (std::size_t at = 0; (at = json.find("_readings", at)) != std::string::npos; ++at)
        if (auto one = readings(json, at); one.size() == std::size_t{sheet.rows} * sheet.columns)
          into.push_back(std::move(one));
    }
    ASSERT_GE(empty.size(), 10U) << sheet.name;
    ASSERT_GE(occupied.size(), 800U) << sheet.name;
    const Channel channel{Quantity::pressure, sheet.rows, sheet.columns, 1, 0, sheet.full_scale, 0};
    {
      Player p;
      const auto ch = p.bed.attach("sheet", channel, std::chrono::seconds(5), false);
      for (int t = 0; t < 4 * 3600; ++t) {
        p.bed.step(Sample{ch, at_s(t), empty[static_cast<std::size_t>(t) % empty.size()]}, p.out);
        p.tick(t);
        p.waves.clear();
      }
      EXPECT_TRUE(p.all<event::BedEntered>().empty()) << sheet.name;
      EXPECT_TRUE(p.all<event::NightOpened>().empty()) << sheet.name;
      EXPECT_TRUE(p.all<event::SleepBegan>().empty()) << sheet.name;
      EXPECT_EQ(p.readings.back().state, BedState::out_of_bed) << sheet.name;
      for (const Epoch& e : p.epochs)
        ASSERT_NE(e.score, EpochState::sleep) << sheet.name << " " << s_of(e.from);
    }
    // Each posture for a minute, after ten of an empty bed: how many are seen.
    int seen = 0, all = 0;
    Player p;
    const auto ch = p.bed.attach("sheet", channel, std::chrono::seconds(5), false);
    double t = 0;
    const auto play = [&](const std::vector<float>& frame) {
      p.bed.step(Sample{ch, at_s(t), frame}, p.out);
      p.tick(t);
      t += 1;
    };
    for (std::size_t i = 0; i < 600; ++i)
      play(empty[i % empty.size()]);
    for (std::size_t i = 0; i + 10 <= occupied.size(); i += 10) {
      for (int k = 0; k < 60; ++k)
        play(occupied[i + static_cast<std::size_t>(k) % 10]);
      ++all;
      seen += p.readings.back().in_bed.value_or(false);
      for (int k = 0; k < 120; ++k)
        play(empty[static_cast<std::size_t>(k) % empty.size()]);
      EXPECT_FALSE(p.readings.back().in_bed.value_or(true)) << sheet.name << " " << i;
    }
    RecordProperty(std::string(sheet.name) + "_postures", all);
    RecordProperty(std::string(sheet.name) + "_seen", seen);
    std::printf("%s: %d of %d postures are somebody in bed\n", sheet.name, seen, all);
  }
}

// Counts of another device: ActiLife's own day in 1-min epochs as a counts channel.
TEST(Recording, an_actigraphs_counts_make_a_night) {
  const auto lines = lines_of(shared("actilife/GT3XPlus-RawData-Day01-10sec60sec.csv"));
  if (lines.empty()) GTEST_SKIP() << "../shared/data/actilife is not here";
  const Channel counts{Quantity::counts, 1, 1, 0, 0, 20000, 60};
  Player p;
  const auto ch = p.bed.attach("actigraph", counts, std::chrono::minutes(2), false);
  double t = 0;
  for (std::size_t i = 1; i < lines.size(); ++i, t += 60) {
    const float v = std::stof(lines[i].substr(lines[i].find(',') + 1));
    p.bed.step(Sample{ch, at_s(t), std::span(&v, 1)}, p.out);
    p.tick(t);
    p.waves.clear();
  }
  // 10:54 is 0; the night that Sadeh and Cole-Kripke find is 00:03 to 07:38.
  const double from = 13 * h + 9 * m, to = 20 * h + 44 * m;
  bool found = false;
  const auto opened = p.all<event::NightOpened>();
  const auto closed = p.all<event::NightClosed>();
  for (std::size_t i = 0; i < closed.size(); ++i) {
    const double o = opened[i].first - seconds(opened[i].second.ago);
    const double c = closed[i].first - seconds(closed[i].second.ago);
    if (o > to || c < from) continue;
    found = true;
    // It may close later: a wrist alone takes a quiet hour in a chair for sleep.
    EXPECT_LT(o, from + 10 * m);
    EXPECT_GT(c, to - 10 * m);
    EXPECT_GT(closed[i].second.figures.tst_min.value(), 430);
  }
  EXPECT_TRUE(found);
  // Epochs carry half of each minute's counts, and the live score is Sazonov's.
  int sleep = 0;
  for (const auto& e : p.epochs) {
    if (s_of(e.from) < from || s_of(e.from) >= to) continue;
    ASSERT_TRUE(e.counts);
    sleep += e.score == EpochState::sleep;
  }
  EXPECT_NEAR(sleep / 2.0, 444, 4);
}

}  // namespace
}  // namespace vigil::bed::test

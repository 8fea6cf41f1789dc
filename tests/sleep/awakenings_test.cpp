#include "sleep/awakenings.hpp"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace vigil::sleep {
namespace {

using signal::Moved;
using std::chrono::seconds;

Instant at(int s) { return {seconds(s)}; }

// Plays seconds: 'm' moving, '.' still, '?' unknown, 'x' leaving begins, 'X' left the bed, 'c' a check-in.
// Returns what was said as "<second>:<kind letter>" - s suspected, c confirmed, w withdrawn, e ended.
struct Played {
  Awakenings machine;
  std::string said;
  std::vector<AwakeningSays> all;
  int now = 0;

  Played() { machine.asleep(at(0), at(0)); }
  void note(const AwakeningSays& says) {
    for (std::size_t i = 0; i < says.count; ++i) {
      const auto k = kind(says.payloads[i]);
      said += std::to_string(now) + ":" + std::string(k.substr(k.find('.') + 1, 1)) + " ";
    }
    if (says.count > 0) all.push_back(says);
  }
  Played& play(const std::string& script) {
    for (const char c : script) {
      ++now;
      if (c == 'x') note(machine.leaving(at(now), at(now - 1)));
      if (c == 'X') note(machine.left_bed(at(now), at(now - 10)));
      if (c == 'c') note(machine.entry(at(now), "check-in"));
      if (c == '?')
        note(machine.silent(at(now)));
      else
        note(machine.second(at(now), c == 'm' ? Moved::moving : Moved::still, "movement"));
    }
    return *this;
  }
};

std::string times(char c, int n) { return std::string(static_cast<std::size_t>(n), c); }
std::string still(int n) { return times('.', n); }
std::string moving(int n) { return times('m', n); }

TEST(Awakenings, table) {
  const struct {
    const char* what;
    std::string script, said;
  } table[] = {
      {"a twitch of 2 s is nothing", still(20) + "mm" + still(200), ""},
      {"two twitches 14 s apart are nothing", still(20) + "m" + still(13) + "m" + still(200), ""},
      {"a turn of 10 s is suspected at its third second and withdrawn when still for 45 s",
       still(20) + moving(10) + still(200), "23:s 75:w "},
      {"three movements within 15 s suspect", still(20) + "m" + still(6) + "m" + still(6) + "m" + still(100),
       "35:s 80:w "},
      {"moving for a minute confirms when the minute is over", still(20) + moving(70) + still(10),
       "23:s 80:c "},
      {"a movement every 14 s counts as awake",
       still(20) + moving(3) +
           [] {
             std::string s;
             for (int i = 0; i < 6; ++i)
               s += still(13) + "m";
             return s;
           }(),
       "23:s 80:c "},
      {"a movement every 40 s does not make 60 s awake by 120 s",
       still(20) + moving(3) +
           [] {
             std::string s;
             for (int i = 0; i < 6; ++i)
               s += still(39) + "m";
             return s;
           }(),
       "23:s 140:w "},
      {"leaving is suspected at once, leaving the bed confirms", still(20) + "x" + still(9) + "X",
       "21:s 31:c "},
      {"leaving the bed alone says both", still(20) + "X", "21:s 21:c "},
      {"a check-in says both at once", still(20) + "c", "21:s 21:c "},
      {"a check-in confirms what is suspected", still(20) + moving(5) + "c", "23:s 26:c "},
      {"silence withdraws", still(20) + moving(5) + "?", "23:s 26:w "},
      {"silence while asleep says nothing", still(20) + "??" + still(20), ""},
      {"movement before a silence does not count after it", still(20) + "mm?m" + still(60), ""},
  };
  for (const auto& t : table)
    EXPECT_EQ(Played().play(t.script).said, t.said) << t.what;
}

TEST(Awakenings, carry_number_cause_and_how_long_ago) {
  Played p;
  p.machine.night_opened();
  p.play(still(20) + moving(10) + still(100) + "x" + still(9) + "X");
  ASSERT_EQ(p.all.size(), 4U);
  const auto suspected = std::get<event::AwakeningSuspected>(p.all[0].payloads[0]);
  EXPECT_EQ(suspected.number, 1);
  EXPECT_EQ(suspected.ago, seconds(3));
  EXPECT_EQ(suspected.cause.view(), "movement");
  const auto withdrawn = std::get<event::AwakeningWithdrawn>(p.all[1].payloads[0]);
  EXPECT_EQ(withdrawn.number, 1);
  EXPECT_EQ(withdrawn.cause.view(), "still again");
  EXPECT_EQ(withdrawn.ago, seconds(75 - 20));
  const auto leaving = std::get<event::AwakeningSuspected>(p.all[2].payloads[0]);
  EXPECT_EQ(leaving.number, 2);
  EXPECT_EQ(leaving.cause.view(), "getting up");
  const auto confirmed = std::get<event::AwakeningConfirmed>(p.all[3].payloads[0]);
  EXPECT_EQ(confirmed.number, 2);
  EXPECT_EQ(confirmed.cause.view(), "left bed");
  EXPECT_EQ(confirmed.ago, seconds(11));

  const auto says = p.machine.asleep(at(1000), at(700));
  ASSERT_EQ(says.count, 1U);
  const auto ended = std::get<event::AwakeningEnded>(says.payloads[0]);
  EXPECT_EQ(ended.number, 2);
  EXPECT_EQ(ended.ago, seconds(300));
  EXPECT_EQ(ended.lasted, seconds(700 - 130));
  EXPECT_EQ(p.machine.phase(), Awakenings::Phase::asleep);
}

TEST(Awakenings, by_epochs_where_seconds_say_nothing) {
  Awakenings a;
  a.asleep(at(0), at(0));
  EXPECT_EQ(a.epoch(at(30), EpochState::sleep).count, 0U);
  auto says = a.epoch(at(60), EpochState::wake);
  ASSERT_EQ(says.count, 1U);
  EXPECT_EQ(std::get<event::AwakeningSuspected>(says.payloads[0]).cause.view(), "activity");
  says = a.epoch(at(90), EpochState::wake);
  ASSERT_EQ(says.count, 1U);
  EXPECT_EQ(std::get<event::AwakeningConfirmed>(says.payloads[0]).ago, seconds(60));

  a.asleep(at(600), at(300));
  EXPECT_EQ(a.epoch(at(630), EpochState::wake).count, 1U);
  EXPECT_EQ(a.epoch(at(660), EpochState::sleep).count, 0U);
  says = a.epoch(at(690), EpochState::sleep);
  ASSERT_EQ(says.count, 1U);
  EXPECT_TRUE(std::holds_alternative<event::AwakeningWithdrawn>(says.payloads[0]));
}

// Whatever moves: each number is suspected once, then confirmed or withdrawn, within 15 s of its first
// movement and decided by 120 s after it.
TEST(Awakenings, are_decided_in_time_whatever_moves) {
  std::mt19937 random(11);
  for (int night = 0; night < 40; ++night) {
    Played p;
    std::int64_t open = 0;
    for (int chunk = 0; chunk < 300; ++chunk) {
      const int share = static_cast<int>(random() % 4);
      for (int i = 0; i < 20; ++i)
        p.play(static_cast<int>(random() % 10) < share * share ? "m" : ".");
      if (p.machine.phase() == Awakenings::Phase::awake && random() % 4 == 0)
        p.note(p.machine.asleep(at(p.now), at(p.now)));
      for (const auto& says : p.all)
        for (std::size_t i = 0; i < says.count; ++i) {
          if (const auto* s = std::get_if<event::AwakeningSuspected>(&says.payloads[i])) {
            EXPECT_EQ(open, 0);
            EXPECT_LE(s->ago, seconds(15));
            open = s->number;
          } else if (const auto* c = std::get_if<event::AwakeningConfirmed>(&says.payloads[i])) {
            EXPECT_EQ(c->number, open);
            EXPECT_GE(c->ago, seconds(60));
            EXPECT_LE(c->ago, seconds(120));
            open = 0;
          } else if (const auto* w = std::get_if<event::AwakeningWithdrawn>(&says.payloads[i])) {
            EXPECT_EQ(w->number, open);
            EXPECT_LE(w->ago, seconds(120));
            open = 0;
          }
        }
      p.all.clear();
    }
    EXPECT_FALSE(p.said.empty());
  }
}

}  // namespace
}  // namespace vigil::sleep

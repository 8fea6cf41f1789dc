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

// Plays seconds: 'm' moving, '.' still, both while the belief is sure of sleep; 'M' and ',' while it is in
// doubt (0.7), 'A' and 'a' while it is awake (0.2); '?' unknown, 'x' leaving begins, 'X' left the bed, 'c' a
// check-in. Returns what was said as "<second>:<kind letter>" - s suspected, c confirmed, w withdrawn, e
// ended.
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
      if (c == '?') {
        note(machine.silent(at(now)));
        continue;
      }
      const bool moves = c == 'm' || c == 'M' || c == 'A';
      const float p = c == 'M' || c == ',' ? 0.7F : c == 'A' || c == 'a' ? 0.2F : 0.97F;
      note(machine.second(at(now), moves ? Moved::moving : Moved::still, p, "movement"));
    }
    return *this;
  }
};

std::string times(const std::string& s, int n) {
  std::string all;
  for (int i = 0; i < n; ++i)
    all += s;
  return all;
}
std::string still(int n) { return times(".", n); }

TEST(Awakenings, table) {
  const struct {
    const char* what;
    std::string script, said;
  } table[] = {
      {"a twitch of a second is nothing", still(20) + "m" + still(200), ""},
      {"two twitches 15 s apart are nothing", still(20) + "m" + still(14) + "m" + still(200), ""},
      {"a turn is suspected at its second second, withdrawn when sleep is sure again",
       still(20) + times("M", 10) + times(",", 40) + still(200), "22:s 71:w "},
      {"but not within 30 s", still(20) + "MMM" + still(200), "22:s 50:w "},
      {"two movements within 15 s suspect", still(20) + "m" + still(12) + "m" + still(100), "34:s 50:w "},
      {"awake for a minute confirms when the minute is over", still(20) + "MMM" + times("A", 70),
       "22:s 80:c "},
      {"lying awake still does as well", still(20) + "MMM" + times("a", 100), "22:s 80:c "},
      {"awake only later confirms later", still(20) + times("M", 80) + times("a", 20), "22:s 101:c "},
      {"whatever is in doubt is decided at 3 min: asleep", still(20) + times("M", 5) + times(",", 300),
       "22:s 200:w "},
      {"the belief alone suspects", still(20) + times("a", 80), "21:s 80:c "},
      {"the same suspicion is not raised again by a belief that stays low",
       still(20) + times("M", 5) + times(",", 300) + times("a", 5), "22:s 200:w "},
      {"leaving is suspected at once, leaving the bed confirms", still(20) + "x" + still(9) + "X",
       "21:s 31:c "},
      {"leaving the bed alone says both", still(20) + "X", "21:s 21:c "},
      {"a check-in says both at once", still(20) + "c", "21:s 21:c "},
      {"a check-in confirms what is suspected", still(20) + times("m", 5) + "c", "22:s 26:c "},
      {"silence withdraws", still(20) + times("m", 5) + "?", "22:s 26:w "},
      {"silence while asleep says nothing", still(20) + "??" + still(20), ""},
      {"movement before a silence does not count after it", still(20) + "m?m" + still(60), ""},
  };
  for (const auto& t : table)
    EXPECT_EQ(Played().play(t.script).said, t.said) << t.what;
}

TEST(Awakenings, carry_number_cause_and_how_long_ago) {
  Played p;
  p.machine.night_opened();
  p.play(still(20) + times("m", 10) + still(100) + "x" + still(9) + "X");
  ASSERT_EQ(p.all.size(), 4U);
  const auto suspected = std::get<event::AwakeningSuspected>(p.all[0].payloads[0]);
  EXPECT_EQ(suspected.number, 1);
  EXPECT_EQ(suspected.ago, seconds(2));
  EXPECT_EQ(suspected.cause.view(), "movement");
  const auto withdrawn = std::get<event::AwakeningWithdrawn>(p.all[1].payloads[0]);
  EXPECT_EQ(withdrawn.number, 1);
  EXPECT_EQ(withdrawn.cause.view(), "asleep again");
  EXPECT_EQ(withdrawn.ago, seconds(30));
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

TEST(Awakenings, without_movement_say_what_they_rest_on) {
  Played p;
  p.play(still(20) + "a");
  ASSERT_EQ(p.all.size(), 1U);
  EXPECT_EQ(std::get<event::AwakeningSuspected>(p.all[0].payloads[0]).cause.view(), "more likely awake");
}

// Whatever moves and whatever is believed: each number is suspected once, then confirmed or withdrawn, within
// 15 s of its first movement and decided by 3 min after it.
TEST(Awakenings, are_decided_in_time_whatever_moves) {
  std::mt19937 random(11);
  for (int night = 0; night < 40; ++night) {
    Played p;
    std::int64_t open = 0;
    for (int chunk = 0; chunk < 300; ++chunk) {
      const auto share = random() % 4;
      const std::string still_as = times(std::string(1, ".,a"[random() % 3]), 1);
      const std::string moving_as = times(std::string(1, "mMA"[random() % 3]), 1);
      for (int i = 0; i < 20; ++i)
        p.play(random() % 10 < share * share ? moving_as : still_as);
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
            EXPECT_GE(c->ago, Awakenings::confirm_after);
            EXPECT_LE(c->ago, Awakenings::decide_after);
            open = 0;
          } else if (const auto* w = std::get_if<event::AwakeningWithdrawn>(&says.payloads[i])) {
            EXPECT_EQ(w->number, open);
            EXPECT_LE(w->ago, Awakenings::decide_after);
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

#include "sleep/webster.hpp"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sleep/cole_kripke.hpp"
#include "sleep/hindsight.hpp"

namespace vigil::sleep {
namespace {

std::vector<EpochState> minutes(const std::string& s) {
  std::vector<EpochState> m;
  for (const char c : s)
    m.push_back(c == 'W' ? EpochState::wake : c == 's' ? EpochState::sleep : EpochState::unknown);
  return m;
}
std::string text(const std::vector<EpochState>& m) {
  std::string s;
  for (const auto e : m)
    s += e == EpochState::wake ? 'W' : e == EpochState::sleep ? 's' : '?';
  return s;
}
std::string times(char c, int n) { return std::string(static_cast<std::size_t>(n), c); }

TEST(Webster, rules) {
  const auto W = [](int n) { return times('W', n); };
  const auto s = [](int n) { return times('s', n); };
  const struct {
    const char* rule;
    std::string before, after;
  } table[] = {
      {"3 wake change nothing", W(3) + s(30), W(3) + s(30)},
      {"a: 4 wake take 1", W(4) + s(30), W(5) + s(29)},
      {"a: 9 wake take 1", W(9) + s(30), W(10) + s(29)},
      {"b: 10 wake take 3", W(10) + s(30), W(13) + s(27)},
      {"c: 15 wake take 4", W(15) + s(30), W(19) + s(26)},
      {"a-c take no more than there is", s(20) + W(15) + s(2) + W(1) + s(20), s(20) + W(18) + s(20)},
      {"d: 6 + 3 sleep between 10 and 10", s(20) + W(10) + s(9) + W(10) + s(20),
       s(20) + W(29) + W(3) + s(17)},
      {"not d: 7 + 3 sleep", s(20) + W(10) + s(10) + W(10) + s(20), s(20) + W(13) + s(7) + W(13) + s(17)},
      {"not d: 8 + 1 wake behind", s(20) + W(10) + s(9) + W(8) + s(20), s(20) + W(13) + s(6) + W(9) + s(19)},
      {"d: 9 + 1 wake behind", s(20) + W(10) + s(9) + W(9) + s(20), s(20) + W(29) + s(19)},
      {"e: 10 + 4 sleep between 20 and 20", s(20) + W(20) + s(14) + W(20) + s(20),
       s(20) + W(54) + W(4) + s(16)},
      {"not e: 11 + 4 sleep", s(20) + W(20) + s(15) + W(20) + s(20), s(20) + W(24) + s(11) + W(24) + s(16)},
      {"e after d", s(30) + W(10) + s(9) + W(10) + s(13) + W(20) + s(30), s(30) + W(62) + W(4) + s(26)},
      {"unknown ends a run", W(10) + "?" + s(5) + W(10) + s(20), W(10) + "?" + s(5) + W(13) + s(17)},
      {"wake at the end of the record has no sleep after it", s(10) + W(20), s(10) + W(20)},
  };
  for (const auto& t : table) {
    auto m = minutes(t.before);
    webster::rescore(m);
    EXPECT_EQ(text(m), t.after) << t.rule;
  }
}

TEST(Webster, only_ever_turns_sleep_to_wake) {
  std::mt19937 random(3);
  for (int run = 0; run < 200; ++run) {
    std::string before;
    while (before.size() < 300)
      before += times("Ws?"[random() % 8 == 0 ? 2 : random() % 2], 1 + static_cast<int>(random() % 25));
    auto m = minutes(before);
    webster::rescore(m);
    const std::string after = text(m);
    for (std::size_t i = 0; i < before.size(); ++i)
      ASSERT_TRUE(after[i] == before[i] || (before[i] == 's' && after[i] == 'W')) << before << "\n" << after;
  }
}

// A night of counts with long wakes and short sleeps, so that every rule is met.
std::vector<float> night(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> epochs;
  while (epochs.size() < 1200) {
    const bool wake = random() % 2;
    const int n = 2 * (1 + static_cast<int>(random() % (random() % 3 ? 14 : 45)));
    for (int i = 0; i < n; ++i)
      epochs.push_back(wake ? 400.0F + static_cast<float>(random() % 800) : static_cast<float>(random() % 5));
  }
  return epochs;
}

TEST(Hindsight, equals_the_rules_over_the_whole_night) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    auto epochs = night(seed);
    const std::size_t real = epochs.size() / 2 * 2;
    epochs.resize(real);
    std::vector<float> by_minute(real / 2);
    for (std::size_t i = 0; i < by_minute.size(); ++i)
      by_minute[i] = epochs[2 * i] + epochs[2 * i + 1];
    std::vector<EpochState> whole(by_minute.size());
    cole_kripke::score(by_minute, whole);
    webster::rescore(whole);

    Hindsight live;
    std::map<std::int64_t, EpochState> said;
    std::int64_t index = 1000;
    for (const float c : epochs) {
      live.step(index, c, false, [&](std::int64_t i, EpochState e) {
        EXPECT_TRUE(said.emplace(i, e).second) << "said twice";
        EXPECT_GE(index - i, 4) << "Cole-Kripke needs two minutes more";
        EXPECT_LE(index - i, 2 * (webster::longest_wait + 4));
      });
      ++index;
    }
    // All but the tail that later minutes may still change.
    ASSERT_GT(said.size(), real - 2 * (webster::longest_wait + 4));
    for (const auto& [i, e] : said)
      ASSERT_EQ(e, whole[static_cast<std::size_t>(i - 1000) / 2])
          << "seed " << seed << " minute " << (i - 1000) / 2;
  }
}

TEST(Hindsight, says_nothing_of_a_gap_and_all_before_it) {
  Hindsight live;
  std::map<std::int64_t, EpochState> said;
  const auto say = [&](std::int64_t i, EpochState e) { said[i] = e; };
  for (std::int64_t i = 0; i < 100; ++i)
    live.step(i, i < 40 ? 500.0F : 0.0F, false, say);
  live.step(100 + 2 * 600, 0.0F, false, say);  // ten hours later
  for (std::int64_t i = 0; i < 100; ++i)
    ASSERT_TRUE(said.contains(i)) << i;
  EXPECT_EQ(said.size(), 100U);
  for (std::int64_t i = 1301; i < 1500; ++i)
    live.step(i, 0.0F, false, say);
  for (std::int64_t i = 100; i < 1300; ++i)
    EXPECT_FALSE(said.contains(i)) << i;
  EXPECT_EQ(said[1400], EpochState::sleep);
}

TEST(Hindsight, takes_an_empty_bed_for_wake_and_half_a_minute_for_half) {
  Hindsight live;
  std::map<std::int64_t, EpochState> said;
  for (std::int64_t i = 0; i < 200; ++i) {
    const auto counts = i == 60 ? std::nullopt : std::optional(0.0F);
    live.step(i, counts, i >= 100 && i < 110, [&](std::int64_t k, EpochState e) { said[k] = e; });
  }
  EXPECT_FALSE(said.contains(60));
  EXPECT_EQ(said[61], EpochState::sleep);
  for (std::int64_t i = 100; i < 110; ++i)
    EXPECT_EQ(said[i], EpochState::wake) << i;
  EXPECT_EQ(said[112], EpochState::sleep) << "5 min of wake take one minute of sleep";
  EXPECT_EQ(said[110], EpochState::wake);
}

}  // namespace
}  // namespace vigil::sleep

#include "sleep/webster.hpp"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace vigil::sleep

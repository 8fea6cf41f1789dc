#include <set>
#include <string>

#include <gtest/gtest.h>

#include "core/event.hpp"
#include "core/ring.hpp"

namespace vigil {
namespace {

TEST(Ring, keeps_the_newest_oldest_first) {
  Ring<int> ring(3);
  EXPECT_TRUE(ring.empty());
  for (int i = 1; i <= 5; ++i)
    ring.push(i);
  EXPECT_TRUE(ring.full());
  EXPECT_EQ(ring[0], 3);
  EXPECT_EQ(ring.back(), 5);
  ring.pop_front();
  EXPECT_EQ(ring.size(), 2U);
  EXPECT_EQ(ring[0], 4);
  ring.push(6);
  ring.back() = 7;
  EXPECT_EQ(ring[2], 7);
  ring.clear();
  EXPECT_TRUE(ring.empty());
}

TEST(Name, holds_47_bytes_and_refuses_more) {
  const std::string longest(Name::capacity, 'x');
  EXPECT_EQ(Name(longest).view(), longest);
  EXPECT_THROW(Name(longest + "x"), std::length_error);
  EXPECT_TRUE(Name().empty());
  EXPECT_LT(Name("bed-1"), Name("bed-2"));
  EXPECT_EQ(Name("bed-1"), Name(std::string("bed-1")));
}

TEST(Instant, measures_and_moves) {
  const Instant t{std::chrono::seconds(10)};
  EXPECT_EQ((t + std::chrono::seconds(5)) - t, std::chrono::seconds(5));
  EXPECT_LT(t - std::chrono::seconds(11), Instant{});
  EXPECT_DOUBLE_EQ(seconds(from_seconds(1.25)), 1.25);
}

template <std::size_t I = 0>
void each_kind(std::set<std::string_view>& kinds) {
  if constexpr (I < std::variant_size_v<Payload>) {
    kinds.insert(kind(Payload(std::in_place_index<I>)));
    each_kind<I + 1>(kinds);
  }
}

TEST(Event, kinds_are_dotted_and_each_its_own) {
  std::set<std::string_view> kinds;
  each_kind(kinds);
  EXPECT_EQ(kinds.size(), std::variant_size_v<Payload>);
  for (const auto k : kinds)
    EXPECT_NE(k.find('.'), std::string_view::npos) << k;
}

TEST(Event, every_field_has_its_own_name) {
  const auto check = [](auto payload) {
    std::set<std::string> names;
    int n = 0;
    payload.fields(payload, [&](std::string_view name, const auto&) { names.emplace(name), ++n; });
    EXPECT_EQ(names.size(), static_cast<std::size_t>(n)) << payload.kind;
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (check(std::variant_alternative_t<I, Payload>{}), ...);
  }(std::make_index_sequence<std::variant_size_v<Payload>>{});
}

}  // namespace
}  // namespace vigil

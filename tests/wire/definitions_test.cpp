#include "wire/definitions.hpp"

#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/definitions.hpp"
#include "wire/live.hpp"

namespace vigil::wire {
namespace {

using nlohmann::json;

TEST(Definitions, EveryFigureOnTheWireHasOneAndNothingElseHas) {
  std::set<std::string> figures;
  const auto on_the_wire = to_json(NightFigures{});
  for (const auto& [key, value] : on_the_wire.items())
    figures.insert(key);
  std::set<std::string> defined;
  const auto told = json::parse(definitions_text({"night", "3"}));
  for (const auto& d : told.at("definitions"))
    EXPECT_TRUE(defined.insert(d.at("key")).second) << d.at("key") << " is defined twice";
  EXPECT_EQ(defined, figures);
  EXPECT_EQ(told.at("algorithm"), "night");
  EXPECT_EQ(told.at("version"), "3");
  EXPECT_FALSE(told.at("caution").get<std::string>().empty());
}

TEST(Definitions, AreOneSentenceWithTheUnitOfTheirKey) {
  for (const auto& d : figure_definitions) {
    EXPECT_FALSE(d.title.empty()) << d.key;
    ASSERT_FALSE(d.definition.empty()) << d.key;
    EXPECT_TRUE(d.definition.ends_with('.')) << d.key;
    EXPECT_EQ(d.definition.find(". "), std::string_view::npos) << d.key << ": one sentence";
    const bool count = d.key.ends_with("_1min") || d.key.ends_with("_5min");
    EXPECT_EQ(d.unit == "min", d.key.ends_with("_min") && !count) << d.key;
    EXPECT_EQ(d.unit == "%", d.key.ends_with("_percent")) << d.key;
  }
}

}  // namespace
}  // namespace vigil::wire

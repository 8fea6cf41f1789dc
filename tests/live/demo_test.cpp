#include "live/rig.hpp"

namespace vigil::live {
namespace {

TEST(Demo, two_simulated_beds_live_at_once) {
  const Folder folder;
  Daemon daemon(folder / "data", {"--demo"});
  Live live(daemon.port(), "?waves=1");
  ASSERT_EQ(live.status, 101);
  live.catch_up();
  // The page is told of the beds when they are there, which may be after hello.
  const auto beds_of = [](const Json& m) -> const Json* {
    return m.contains("beds") && m["kind"] != "readings" ? &m["beds"] : nullptr;
  };
  Json beds = live.hello["beds"];
  if (beds.size() < 2)
    beds = *beds_of(live.until([&](const Json& m) { return beds_of(m) != nullptr && m["beds"].size() == 2; },
                               "two beds"));
  EXPECT_EQ(beds[0]["bed"], "bed-1");
  EXPECT_EQ(beds[0]["label"], "Bed 1");
  EXPECT_EQ(beds[1]["bed"], "bed-2");
  for (const auto& bed : beds)
    EXPECT_EQ(bed["simulated"], true);

  // The nights began hours ago and tell their past: entered, asleep.
  EXPECT_EQ(live.event("device.attached", "bed-1")["simulated"], true);
  live.event("night.opened", "bed-1");
  live.event("sleep.began", "bed-1");
  live.event("night.opened", "bed-2");

  // And then they are live: a known state, once a second, with traces.
  live.until(
      [](const Json& m) {
        return m["kind"] == "readings" && m["beds"].size() == 2 && m["beds"][0]["state"] != "unknown" &&
               m["beds"][1]["state"] != "unknown" && m["beds"][0]["load_kg"].is_object();
      },
      "readings of both beds");
  live.kind("readings");
  EXPECT_GT(live.waves, 0U);

  const auto nights = daemon.get("/api/v1/nights").json()["nights"];
  ASSERT_EQ(nights.size(), 2U);
  EXPECT_EQ(nights[0]["closed"], nullptr);
  EXPECT_EQ(nights[0]["simulated"], true);
  const auto health = daemon.get("/api/v1/health").json();
  EXPECT_EQ(health["status"], "ok");
  EXPECT_EQ(health["devices"].size(), 2U);
  EXPECT_EQ(health["log"]["writing"], true);

  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(run({"verify", "--data", (folder / "data").string()}, folder.path()).status, 0);
}

TEST(Demo, a_restart_does_not_tell_the_past_again) {
  const Folder folder;
  std::size_t opened = 0;
  std::string log, night;
  {
    Daemon daemon(folder / "data", {"--demo"});
    Live live(daemon.port());
    live.catch_up();
    log = live.hello["log"];
    night = live.event("night.opened", "bed-1")["data"]["night"];
    live.event("sleep.began", "bed-1");
    live.until([](const Json& m) { return m["kind"] == "readings" && m["beds"].size() == 2; },
               "live readings");
    EXPECT_EQ(daemon.stop(), 0);
  }
  Daemon daemon(folder / "data", {"--demo"});
  Live live(daemon.port(), "?since=0&log=" + log);
  live.catch_up();
  EXPECT_EQ(live.hello["reset"], false);
  live.until([](const Json& m) { return m["kind"] == "readings" && m["beds"].size() == 2; }, "live readings");
  for (const auto& e : live.events)
    opened += e["kind"] == "night.opened" && e["bed"] == "bed-1";
  EXPECT_EQ(opened, 1U);
  // It is the same night, and it goes on.
  const auto row = daemon.get("/api/v1/nights/" + night).json();
  EXPECT_EQ(row["closed"], nullptr);
  EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace vigil::live

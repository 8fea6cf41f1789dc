#include "live/rig.hpp"

namespace vigil::live {
namespace {

TEST(Entry, survives_a_kill_right_after_its_answer_and_the_client_goes_on) {
  const Folder folder;
  std::uint64_t seq = 0, seen = 0;
  std::string log;
  {
    Daemon daemon(folder / "data", {"--demo"});
    Live live(daemon.port());
    live.catch_up();
    log = live.hello["log"];
    live.event("night.opened", "bed-1");
    const auto answer = daemon.enter("bed-1", checkin("kill-me-0001", 7));
    daemon.kill_at_once();
    ASSERT_EQ(answer.status, 201) << answer.body;
    seq = answer.json()["event"]["seq"];
    seen = live.last;
    ASSERT_GT(seq, 0U);
  }
  Daemon daemon(folder / "data", {"--demo"});
  Live live(daemon.port(), "?since=" + std::to_string(seen) + "&log=" + log);
  live.last = seen;  // what comes must follow without hole or repetition; Live checks each number
  live.catch_up();
  EXPECT_EQ(live.hello["reset"], false);
  EXPECT_EQ(live.hello["log"], log);
  const auto started = live.event("daemon.started");
  EXPECT_EQ(started["data"]["clean"], false);
  EXPECT_EQ(live.event("recording.gap")["data"]["cause"], "daemon down");

  // The entry is there once, and sending it again is answered with it.
  const auto again = daemon.enter("bed-1", checkin("kill-me-0001", 7));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.json()["repeated"], true);
  EXPECT_EQ(again.json()["event"]["seq"], seq);
  const auto other = daemon.enter("bed-1", checkin("kill-me-0001", 3));
  EXPECT_EQ(other.status, 409);
  std::size_t found = 0;
  for (std::uint64_t since = 0;;) {
    const auto page = daemon.get("/api/v1/events?limit=500&since=" + std::to_string(since)).json();
    if (page["events"].empty()) break;
    for (const auto& e : page["events"]) {
      EXPECT_EQ(e["seq"].get<std::uint64_t>(), since + 1);
      since = e["seq"];
      found += e.value("client_id", "") == "kill-me-0001";
    }
  }
  EXPECT_EQ(found, 1U);

  // The night of before goes on.
  const auto nights = daemon.get("/api/v1/nights?bed=bed-1").json()["nights"];
  ASSERT_EQ(nights.size(), 1U);
  EXPECT_EQ(nights[0]["closed"], nullptr);
  EXPECT_EQ(daemon.stop(), 0);
  const auto verified = run({"verify", "--data", (folder / "data").string()}, folder.path());
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

TEST(Entry, reaches_every_client_after_its_commit) {
  const Folder folder;
  Daemon daemon(folder / "data", {"--demo"});
  Live one(daemon.port()), other(daemon.port());
  one.catch_up(), other.catch_up();
  one.until([](const Json& m) { return m["kind"] == "readings"; }, "readings");
  const auto answer = daemon.enter("bed-2", checkin("for-all-0001", 4));
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(one.event("pain.checkin", "bed-2")["seq"], answer.json()["event"]["seq"]);
  EXPECT_EQ(other.event("pain.checkin", "bed-2")["data"]["score"], 4);
  EXPECT_EQ(daemon.stop(), 0);
}

TEST(Stop, sigterm_ends_the_log_and_the_next_start_knows) {
  const Folder folder;
  {
    Daemon daemon(folder / "data", {"--demo"});
    Live live(daemon.port());
    live.catch_up();
    daemon.program().signal(SIGTERM);
    // Those who look on are told: going away.
    Live::Frame frame;
    while ((frame = live.frame(Steady::now() + patience)).opcode != 8) {
    }
    EXPECT_EQ(frame.close_code(), 1001);
    EXPECT_EQ(daemon.program().finish(seconds(10)), 0);
  }
  Daemon daemon(folder / "data", {"--demo"});
  Live live(daemon.port(), "?since=0");
  live.catch_up();
  EXPECT_EQ(live.event("daemon.stopped")["data"]["reason"], "SIGTERM");
  std::vector<bool> clean;
  for (const auto& e : live.events)
    if (e["kind"] == "daemon.started") clean.push_back(e["data"]["clean"]);
  EXPECT_EQ(clean, (std::vector{true, true}));
}

}  // namespace
}  // namespace vigil::live

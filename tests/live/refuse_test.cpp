#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "live/rig.hpp"

namespace vigil::live {
namespace {

using testing::Test;

/// One line on standard error, with these words, and status 2.
void expect_refusal(const Ended& ended, const std::vector<std::string>& words) {
  EXPECT_EQ(ended.status, 2) << ended.err;
  EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
  for (const auto& word : words)
    EXPECT_NE(ended.err.find(word), std::string::npos) << word << " in: " << ended.err;
}

TEST(Refuse, a_second_daemon_on_the_same_data_or_port) {
  const Folder folder;
  Daemon daemon(folder / "data", {});
  expect_refusal(run({"run", "--listen", "127.0.0.1:0", "--data", (folder / "data").string()}, folder.path()),
                 {"vigild: ", "data", std::to_string(daemon.program().pid())});
  const auto port = std::to_string(daemon.port());
  expect_refusal(
      run({"run", "--listen", "127.0.0.1:" + port, "--data", (folder / "other").string()}, folder.path()),
      {"127.0.0.1:" + port, "in use", "--listen"});
  // The first one does not mind.
  EXPECT_EQ(daemon.get("/api/v1/health").status, 200);
}

TEST(Refuse, to_listen_for_others_than_this_machine) {
  const Folder folder;
  for (const auto* address : {"0.0.0.0:0", "[::]:0", "192.0.2.7:8580"})
    expect_refusal(run({"run", "--listen", address, "--data", (folder / "data").string()}, folder.path()),
                   {"--listen", "127.0.0.1"});
}

TEST(Refuse, what_the_command_line_gets_wrong) {
  const Folder folder;
  expect_refusal(run({"rum"}, folder.path()), {"rum"});
  expect_refusal(run({"run", "--time-scale", "fast"}, folder.path()), {"--time-scale"});
  expect_refusal(
      run({"run", "--data", (folder / "data").string(), "--web", (folder / "none").string()}, folder.path()),
      {"index.html"});
  expect_refusal(run({"verify", "--data", (folder / "none").string()}, folder.path()), {"none"});
  expect_refusal(run({"check-config", (folder / "none.toml").string()}, folder.path()), {"none.toml"});
}

TEST(Refuse, a_configuration_with_mistakes_names_each_with_its_place) {
  const Folder folder;
  const auto file = folder / "vigil.toml";
  std::ofstream(file) << "listen = \"127.0.0.1:0\"\nlissten = 3\n\n[[bed]]\nname = "
                         "\"a\"\n\n[[device]]\ndriver = \"synthetic\"\nbed = \"a\"\nseed = \"x\"\n";
  const auto ended = run({"check-config", file.string()}, folder.path());
  EXPECT_EQ(ended.status, 2);
  EXPECT_NE(ended.err.find("vigil.toml:2:"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("lissten"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("vigil.toml:10:"), std::string::npos) << ended.err;
  const auto started =
      run({"run", "--config", file.string(), "--data", (folder / "data").string()}, folder.path());
  EXPECT_EQ(started.status, 2);
  EXPECT_EQ(started.err, ended.err);
}

TEST(Refuse, a_folder_that_cannot_be_written) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  const Folder folder;
  fs::create_directory(folder / "data");
  expect_refusal(run({"run", "--listen", "127.0.0.1:0", "--data", (folder / "data").string()}, folder.path(),
                     {.as_user = 65534, .environment = {}, .vigild = public_copy(folder)}),
                 {"data"});
}

TEST(Guard, another_page_and_another_name_are_turned_away) {
  const Folder folder;
  Daemon daemon(folder / "data", {"--demo"});
  const auto host = "127.0.0.1:" + std::to_string(daemon.port());
  const auto entry = checkin("not-mine-0001", 1).dump();
  EXPECT_EQ(ask(daemon.port(), "GET", "/api/v1/beds", {}, {{"Host", "evil.example"}}).status, 421);
  EXPECT_EQ(
      ask(daemon.port(), "POST", "/api/v1/beds/bed-1/entries", entry, {{"Origin", "http://evil.example"}})
          .status,
      403);
  EXPECT_EQ(ask(daemon.port(), "POST", "/api/v1/beds/bed-1/entries", entry, {{"Origin", "null"}}).status,
            403);
  EXPECT_EQ(Live(daemon.port(), {}, {{"Host", "evil.example"}}).status, 421);
  EXPECT_EQ(Live(daemon.port(), {}, {{"Origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(Live(daemon.port(), {}, {{"Host", host}, {"Origin", "http://" + host}}).status, 101);
  EXPECT_EQ(ask(daemon.port(), "POST", "/api/v1/beds/bed-1/entries", entry, {{"Content-Type", "text/plain"}})
                .status,
            415);
  // None of these left anything.
  Live live(daemon.port(), "?since=0");
  live.catch_up();
  for (const auto& e : live.events)
    EXPECT_NE(e["kind"], "pain.checkin");
}

TEST(Guard, a_message_of_ten_megabytes_closes_only_its_own_connection) {
  const Folder folder;
  Daemon daemon(folder / "data", {"--demo"});
  Live quiet(daemon.port()), loud(daemon.port());
  quiet.catch_up(), loud.catch_up();
  try {
    loud.send(1, std::string(10 << 20, 'x'));
  } catch (const std::runtime_error&) {  // it was closed while we still wrote
  }
  Live::Frame frame;
  try {
    while ((frame = loud.frame(Steady::now() + patience)).opcode != 8) {
    }
    EXPECT_EQ(frame.close_code(), 1009);
  } catch (const std::runtime_error&) {  // the reset overtook the close frame: as good
  }
  quiet.kind("readings");
  EXPECT_EQ(daemon.get("/api/v1/health").json()["status"], "ok");
}

}  // namespace
}  // namespace vigil::live

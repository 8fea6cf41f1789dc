#include "live/rig.hpp"

namespace vigil::live {
namespace {

Json shown(const Daemon& daemon) { return daemon.get("/api/v1/validation").json().at("validation"); }

TEST(Validation, is_stored_by_the_command_outlives_a_restart_and_is_withdrawn) {
  const Folder folder;
  const auto awake = [](int i) { return i < 30 || i >= 700; };
  std::ofstream counts(folder / "wrist.awd"), truth(folder / "truth.csv");
  counts << "P. One\n21-nov-2026\n22:00\n2\n40\nV123456\nF\n";
  truth << "stage\n";
  for (int i = 0; i < 720; ++i) {
    counts << (awake(i) ? 700 : 0) << "\n";
    truth << (awake(i) ? "W\n" : "N2\n");
  }
  counts.close(), truth.close();
  const auto config = (folder / "vigil.toml").string();
  const auto validate = [&](const Daemon& daemon, std::vector<std::string> more) {
    std::ofstream(config) << "listen = \"127.0.0.1:" << daemon.port() << "\"\n";
    more.insert(more.begin(), {"validate", "--config", config});
    return run(more, folder.path());
  };
  {
    Daemon daemon(folder / "data", {});
    EXPECT_TRUE(shown(daemon).is_null());
    Live live(daemon.port());
    live.catch_up();
    const auto ran = validate(daemon, {"--store", "Lab 2", "--truth", (folder / "truth.csv").string(),
                                       (folder / "wrist.awd").string()});
    ASSERT_EQ(ran.status, 0) << ran.err;
    const auto told = shown(daemon);
    EXPECT_EQ(told["lab"], "Lab 2");
    EXPECT_EQ(told["nights"], 1);
    EXPECT_EQ(told["simulated"], false);
    EXPECT_GT(told["sensitivity"].get<double>(), .9);
    EXPECT_EQ(live.event("validation.stored")["data"]["lab"], "Lab 2") << "those who look on are told";
    EXPECT_EQ(daemon.stop(), 0);
  }
  Daemon daemon(folder / "data", {});
  EXPECT_EQ(shown(daemon)["lab"], "Lab 2");
  EXPECT_EQ(validate(daemon, {"--forget"}).status, 0);
  EXPECT_TRUE(shown(daemon).is_null());
  EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace vigil::live

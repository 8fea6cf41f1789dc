#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "live/rig.hpp"

namespace vigil::live {
namespace {

constexpr unsigned nobody = 65534;

/// A pty whose other end another program may hold.
class Port {
 public:
  Port() {
    master_ = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    grantpt(master_), unlockpt(master_);
    name_ = ptsname(master_);
    chmod(name_.c_str(), 0666);
  }
  ~Port() { close(master_); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] int hold() const { return open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC); }

 private:
  int master_ = -1;
  std::string name_;
};

class HeldPort : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0)
      GTEST_SKIP() << "needs root to become another user: who holds a port passes it himself";
    chmod(folder_.path().c_str(), 0777);  // the data is made in it
    std::ofstream(config_)
        << "[[bed]]\nname = \"bed-1\"\n\n[[device]]\ndriver = \"axivity\"\nbed = \"bed-1\"\nport = \""
        << port_.name() << "\"\n";
  }
  /// What the daemon says of the device while it runs as nobody.
  Json refused() {
    Daemon daemon(folder_ / "data", {"--config", config_.string()}, {},
                  {.as_user = nobody, .environment = {}, .vigild = public_copy(folder_)});
    Live live(daemon.port());
    live.catch_up();
    const auto is_refused = [](const Json& m) {
      return m.contains("devices") && !m["devices"].empty() && m["devices"][0]["state"] == "refused";
    };
    if (is_refused(live.hello)) return live.hello["devices"][0];
    return live.until(is_refused, "a refused device")["devices"][0];
  }

  const Folder folder_;
  const Port port_;
  const fs::path config_ = folder_ / "vigil.toml";
};

TEST_F(HeldPort, exclusively_is_said_with_its_mend) {
  const int held = port_.hold();
  ASSERT_EQ(ioctl(held, TIOCEXCL), 0);
  const auto device = refused();
  EXPECT_THAT(device["mend"].get<std::string>(), testing::HasSubstr(port_.name()));
  EXPECT_THAT(device["mend"].get<std::string>(), testing::HasSubstr("another program"));
  close(held);
}

TEST_F(HeldPort, by_a_lock_is_said_with_its_mend) {
  const int held = port_.hold();
  ASSERT_EQ(flock(held, LOCK_EX | LOCK_NB), 0);
  const auto device = refused();
  EXPECT_THAT(device["mend"].get<std::string>(), testing::HasSubstr("another program"));
  close(held);
}

TEST_F(HeldPort, without_the_right_to_open_it_says_which_right_is_missing) {
  chmod(port_.name().c_str(), 0600);
  const auto device = refused();
  EXPECT_THAT(device["mend"].get<std::string>(),
              testing::AnyOf(testing::HasSubstr("dialout"), testing::HasSubstr("permission"),
                             testing::HasSubstr("udev")));
}

TEST(Vanish, a_port_that_goes_and_returns_within_a_minute_goes_on) {
  const Folder folder;
  const auto link = (folder / "wrist").string(), config = (folder / "vigil.toml").string();
  std::ofstream(config)
      << "[[bed]]\nname = \"bed-1\"\n\n[[device]]\ndriver = \"axivity\"\nbed = \"bed-1\"\nport = \"" << link
      << "\"\n";
  Program wrist({VIGIL_SIMULATORS "/axivity_simulator", "--link", link, "--speed", "20"},
                folder / "wrist.err");
  ASSERT_TRUE(wrist.line().starts_with("ready "));
  Daemon daemon(folder / "data", {"--config", config, "--time-scale", "20"});
  Live live(daemon.port());
  live.catch_up();
  EXPECT_EQ(live.event("device.attached")["data"]["what"].get<std::string>().substr(0, 3), "AX3");
  live.until([](const Json& m) { return m["kind"] == "readings" && m["beds"][0]["activity_mg"].is_object(); },
             "activity");

  wrist.tell("garbage");
  wrist.tell("vanish 1");  // 20 s of the daemon's time
  EXPECT_EQ(live.event("device.lost")["data"]["device"], "axivity:wrist");
  live.until([](const Json& m) { return m["kind"] == "readings" && m["beds"][0]["activity_mg"].is_null(); },
             "unknown activity");
  const auto recovered = live.event("device.recovered");
  EXPECT_GE(recovered["data"]["away_s"].get<double>(), 15);
  EXPECT_LT(recovered["data"]["away_s"].get<double>(), 60);
  live.until([](const Json& m) { return m["kind"] == "readings" && m["beds"][0]["activity_mg"].is_object(); },
             "activity again");
  const auto devices = daemon.get("/api/v1/devices").json()["devices"];
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0]["state"], "live");
  EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace vigil::live

#include <gmock/gmock.h>

#include "live/rig.hpp"

namespace vigil::live {
namespace {

/// Two scales of one make without serial numbers under one bed: told apart by where they are plugged in.
class TwoScales : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(config_) << "[[bed]]\nname = \"bed-1\"\n\n"
                              "[[device]]\ndriver = \"hid_scale\"\nbed = \"bed-1\"\nport = \"1-1\"\n\n"
                              "[[device]]\ndriver = \"hid_scale\"\nbed = \"bed-1\"\nport = \"1-2\"\n";
  }
  /// As umockdev-wrapper does; under AddressSanitizer or ThreadSanitizer its runtime has to come first.
  static std::string preload() {
    std::string all = "libumockdev-preload.so.0";
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
      if (const auto at = line.find('/');
          at != std::string::npos && (line.find("/libasan.so", at) != std::string::npos ||
                                      line.find("/libtsan.so", at) != std::string::npos))
        return line.substr(at) + ":" + all;
    return all;
  }
  static std::optional<std::string> state(const Json& message, const std::string& device) {
    if (!message.contains("devices")) return std::nullopt;
    for (const auto& one : message["devices"])
      if (one["device"] == device) return one["state"].get<std::string>();
    return std::nullopt;
  }
  static void wait_for(Live& live, const std::string& device, const std::string& wanted) {
    live.until([&](const Json& m) { return state(m, device) == wanted; }, device + " to be " + wanted);
  }
  const Folder folder_;
  const fs::path config_ = folder_ / "vigil.toml";
};

TEST_F(TwoScales, one_is_pulled_and_comes_back_and_the_other_does_not_care) {
  Daemon daemon(folder_ / "data", {"--config", config_.string()},
                {VIGIL_SIMULATORS "/hid_scale_simulator", "--every", "50", "--"},
                {.as_user = {},
                 .environment = {"LD_PRELOAD=" + preload(), "ASAN_OPTIONS=detect_leaks=0", quiet_glib},
                 .vigild = VIGILD});
  Live live(daemon.port());
  live.catch_up();
  const std::string one = "hid_scale:1-1", two = "hid_scale:1-2";
  daemon.program().tell("weight 31.5");
  daemon.program().tell("weight 40.2 two");
  daemon.program().tell("plug");
  wait_for(live, one, "live");
  daemon.program().tell("plug two");
  wait_for(live, two, "live");

  daemon.program().tell("unplug");
  const auto lost = live.event("device.lost", "bed-1");
  EXPECT_EQ(lost["data"]["device"], one);
  const auto devices = live.until([&](const Json& m) { return state(m, one) == "lost"; }, "the first lost");
  EXPECT_EQ(state(devices, two), "live");
  daemon.program().tell("plug");
  EXPECT_EQ(live.event("device.recovered", "bed-1")["data"]["device"], one);
  for (const auto& event : live.events)
    if (event["kind"] == "device.lost") {
      EXPECT_EQ(event["data"]["device"], one);
    }
  daemon.program().tell("quit");
  EXPECT_EQ(daemon.program().finish(), 0) << daemon.program().errors();
}

}  // namespace
}  // namespace vigil::live

// A press from the USB report to the log and the WebSocket, and what is left of it when the power goes.
#include <gmock/gmock.h>

#include "live/rig.hpp"

namespace vigil::live {
namespace {

class PainButton : public testing::Test {
 protected:
  PainButton() {
    std::ofstream(config_)
        << "[[bed]]\nname = \"bed-1\"\n\n[[bed]]\nname = \"bed-2\"\n\n"
           "[[device]]\ndriver = \"button\"\nbed = \"bed-1\"\nport = \"1-1\"\n\n"
           "[[device]]\ndriver = \"button\"\nbed = \"bed-2\"\ndevice = \"button:usb-1-2\"\n";
  }
  /// The daemon with a button at the first bed and somebody's keyboard beside it.
  std::unique_ptr<Daemon> daemon() {
    std::string preload = "LD_PRELOAD=libumockdev-preload.so.0";
    std::ifstream maps("/proc/self/maps");  // a sanitizer's runtime has to come first
    for (std::string line; std::getline(maps, line);)
      if (const auto at = line.find('/');
          at != std::string::npos && line.find("/libasan.so", at) != std::string::npos)
        preload = "LD_PRELOAD=" + line.substr(at) + ":libumockdev-preload.so.0";
    return std::make_unique<Daemon>(
        folder_ / "data", std::vector<std::string>{"--config", config_.string()},
        std::vector<std::string>{VIGIL_SIMULATORS "/button_simulator", "--plugged", "--keyboard", "--"},
        Program::Options{.as_user = {}, .environment = {preload, "ASAN_OPTIONS=detect_leaks=0", quiet_glib}});
  }
  static void until_live(Live& live, const std::string& bed) {
    const auto is_live = [&](const Json& m) {
      return m.contains("devices") && std::ranges::any_of(m["devices"], [&](const Json& d) {
               return d["bed"] == bed && d["state"] == "live";
             });
    };
    if (!is_live(live.hello)) live.until(is_live, "a button that is live");
  }
  [[nodiscard]] std::string said() const {
    std::ifstream file((folder_ / "data").concat(".err"));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const Folder folder_;
  const fs::path config_ = folder_ / "vigil.toml";
};

TEST_F(PainButton, a_press_is_told_at_once_and_outlives_the_power_cut) {
  auto running = daemon();
  std::string press;
  {
    Live live(running->port());
    live.catch_up();
    until_live(live, "bed-1");
    running->program().tell("hold");
    const auto pressed = live.event("button.pressed", "bed-1");
    EXPECT_GT(pressed["seq"].get<int>(), 0) << "in the log before anybody hears of it";
    press = std::to_string(pressed["at_ns"].get<std::int64_t>());
    running->program().tell("kill");
    EXPECT_EQ(running->program().finish(), 128 + SIGKILL);
  }
  running = daemon();
  {
    Live live(running->port());
    live.catch_up();
    const auto again = live.event("button.pressed", "bed-1");
    EXPECT_EQ(std::to_string(again["at_ns"].get<std::int64_t>()), press);

    // A flare and the question that follows it; a call, and that somebody has seen it.
    until_live(live, "bed-1");
    running->program().tell("press");
    const auto flare = live.event("pain.flare", "bed-1");
    EXPECT_EQ(live.event("pain.prompted", "bed-1")["data"]["reason"], "flare");
    EXPECT_EQ(flare["algorithm"], "gestures");
    const auto named = std::ranges::find_if(live.events, [&](const Json& e) {
      return e["kind"] == "button.pressed" &&
             std::to_string(e["at_ns"].get<std::int64_t>()) == flare["data"]["press"];
    });
    ASSERT_NE(named, live.events.end());
    EXPECT_LT((*named)["seq"], flare["seq"]);
    EXPECT_NEAR(flare["data"]["ago_s"].get<double>(), 0.62, 0.3);

    running->program().tell("hold"), running->program().tell("wait 900"), running->program().tell("release");
    const auto call = live.event("call.made", "bed-1");
    const auto seen = running->enter(
        "bed-1", {{"id", "seen-0001"}, {"kind", "call.seen"}, {"data", {{"call", call["seq"]}}}});
    EXPECT_EQ(seen.status, 201) << seen.body;
    EXPECT_EQ(live.event("call.seen", "bed-1")["data"]["call"], call["seq"]);

    // The second button, without a serial number, by its port; it is another bed's.
    running->program().tell("plug two");
    until_live(live, "bed-2");
    running->program().tell("double two");
    live.event("awake.said", "bed-2");

    // Somebody's keyboard is listed and left alone.
    const auto devices = running->get("/api/v1/health").json()["devices"];
    const auto office =
        std::ranges::find_if(devices, [](const Json& d) { return d["device"] == "button:K120"; });
    ASSERT_NE(office, devices.end()) << devices;
    EXPECT_EQ((*office)["state"], "unassigned");
    EXPECT_EQ((*office)["what"], "Office Keyboard");
    EXPECT_EQ((*office)["samples"], 0);
  }
  EXPECT_EQ(running->stop(), 0);
  EXPECT_THAT(said(), testing::Not(testing::HasSubstr("sim: keyboard")));
  EXPECT_THAT(said(), testing::HasSubstr("sim: claimed 1-1"));
}

}  // namespace
}  // namespace vigil::live

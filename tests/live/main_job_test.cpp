#include <gmock/gmock.h>

#include "live/rig.hpp"

namespace vigil::live {
namespace {

// The AX3 must be heard within its driver's time-outs, which run that much faster too.
#ifdef __SANITIZE_THREAD__
constexpr double times_faster = 50;
#else
constexpr double times_faster = 200;
#endif

/// The proof of the main job: the real daemon reads an AX3 (on a pty) that plays a real wrist night, and a
/// HID scale (in user space), and tells the night as it happens.
class MainJob : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(night_)) GTEST_SKIP() << night_ << " is not at hand";
  }
  [[nodiscard]] std::vector<std::string> command(double minutes, double speed) const {
    return {VIGIL_SIMULATORS "/night_rig_simulator",
            "--vigild",
            VIGILD,
            "--data",
            (folder_ / "data").string(),
            "--night",
            night_.string(),
            "--minutes",
            std::to_string(minutes),
            "--speed",
            std::to_string(speed),
            "--",
            "--listen",
            "127.0.0.1:0"};
  }
  static std::uint16_t port_of(Program& rig) {
    auto said = rig.line();
    while (!said.starts_with("Vigil is at "))
      said = rig.line();
    return static_cast<std::uint16_t>(std::stoi(said.substr(said.rfind(':') + 1)));
  }

  const fs::path night_ = fs::path(VIGIL_SHARED_DIR) / "data/wrist_nights/p7n1.TXT.gz";
  const Folder folder_;
};

TEST_F(MainJob, a_night_is_told_while_it_happens) {
  Program rig(command(100, times_faster), folder_ / "err",
              Program::Options{.as_user = {}, .environment = {quiet_glib}});
  const auto port = port_of(rig);
  Live live(port, "?waves=1");
  live.catch_up();
  EXPECT_EQ(live.hello["time_scale"], times_faster);
  std::string now = live.hello["t"];

  // Who lies down is weighed; nothing is marked as simulated.
  const auto entered = live.event("bed.entered", "bed-1");
  EXPECT_NEAR(entered["data"]["load_kg"].get<double>(), 72.4, 1.7);  // still settling
  EXPECT_NEAR(entered["data"]["tare_kg"].get<double>(), 6.2, 0.3);
  EXPECT_EQ(entered.value("simulated", false), false);

  // The night opens, sleep begins, and the page's figures grow with it.
  live.event("night.opened", "bed-1");
  const auto asleep = live.event("sleep.began", "bed-1");
  EXPECT_EQ(asleep["algorithm"], "estimator");
  const auto reading = live.until(
      [](const Json& m) {
        return m["kind"] == "readings" && m["beds"][0]["state"] == "asleep" &&
               m["beds"][0]["load_kg"].is_object() && m["beds"][0]["activity_mg"].is_object();
      },
      "a sleeper whom both sensors see")["beds"][0];
  EXPECT_NEAR(reading["load_kg"]["v"].get<double>(), 72.4, 3);
  const auto beds = live.until(
      [](const Json& m) {
        return m["kind"] == "beds" && m["beds"][0]["night"].is_object() &&
               m["beds"][0]["night"]["figures"]["tst_min"].is_number() &&
               m["beds"][0]["night"]["figures"]["tst_min"] > 0;
      },
      "figures of the night so far");
  EXPECT_GT(live.waves, 0U);

  // The scale is pulled: its values are unknown at once, and it is back when it is plugged in again.
  rig.tell("unplug");
  const auto of_scale = [](const char* kind) {
    return [kind](const Json& m) {
      return m["kind"] == kind && m["data"]["device"].get<std::string>().starts_with("hid_scale:");
    };
  };
  live.until(of_scale("device.lost"), "the loss of the scale");
  live.until([](const Json& m) { return m["kind"] == "readings" && m["beds"][0]["load_kg"].is_null(); },
             "an unknown load");
  rig.tell("plug");
  live.until(of_scale("device.recovered"), "the scale's return");
  live.until([](const Json& m) { return m["kind"] == "readings" && m["beds"][0]["load_kg"].is_object(); },
             "the load again");

  // A check-in in between is in the log when it is answered.
  const auto answer = ask(port, "POST", "/api/v1/beds/bed-1/entries", checkin("at-night-0001", 6).dump());
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(live.event("pain.checkin", "bed-1")["seq"], answer.json()["event"]["seq"]);

  // Awakenings are suspected, and confirmed by leaving the bed; the walk does not end the night.
  live.event("awakening.suspected", "bed-1", 2 * patience);
  live.event("bed.left", "bed-1", 2 * patience);
  const auto confirmed = live.event("awakening.confirmed", "bed-1");
  live.event("awakening.ended", "bed-1");
  EXPECT_GT(confirmed["seq"], asleep["seq"]);

  // The morning: out of bed for long enough, the night is closed with its figures.
  const auto closed = live.event("night.closed", "bed-1", 2 * patience);
  const auto& figures = closed["data"];
  EXPECT_NEAR(figures["tib_min"].get<double>(), 99, 2);
  EXPECT_EQ(figures["exits"], 1);
  EXPECT_GT(figures["tst_min"].get<double>(), 40);
  EXPECT_GT(figures["coverage_percent"].get<double>(), 90);
  for (const auto* kind : {"night.opened", "night.closed"})
    EXPECT_EQ(std::ranges::count_if(live.events, [&](const Json& e) { return e["kind"] == kind; }), 1)
        << kind;

  std::vector<std::string> attached;
  for (const auto& e : live.events)
    if (e["kind"] == "device.attached") attached.push_back(e["data"]["driver"]);
  EXPECT_THAT(attached, testing::UnorderedElementsAre("axivity", "hid_scale"));

  rig.tell("quit");
  EXPECT_EQ(rig.finish(), 0) << rig.errors();

  // The raw night was kept: the same stages say the same of it.
  std::vector<std::string> replay{"replay"};
  for (const auto& file : fs::recursive_directory_iterator(folder_ / "data" / "raw"))
    if (file.is_regular_file()) replay.push_back(file.path().string());
  EXPECT_GE(replay.size(), 3U);
  const auto again = run(replay, folder_.path());
  EXPECT_EQ(again.status, 0) << again.err;
  std::istringstream lines(again.out);
  std::size_t entries = 0;
  Json night;
  for (std::string line; std::getline(lines, line);) {
    const auto said = Json::parse(line);
    entries += said["kind"] == "bed.entered";
    if (said["kind"] == "night.figures") night = said["figures"];
  }
  EXPECT_GE(entries, 2U);
  ASSERT_TRUE(night.is_object()) << again.out.substr(0, 2000);
  EXPECT_NEAR(night["tib_min"].get<double>(), figures["tib_min"].get<double>(), 3);
  EXPECT_EQ(run({"verify", "--data", (folder_ / "data").string()}, folder_.path()).status, 0);
}

}  // namespace
}  // namespace vigil::live

#include <gmock/gmock.h>

#include "live/rig.hpp"

namespace vigil::live {
namespace {

/// A pressure mat that streams 10 images/s by its own electronics, ten times as fast as the clock on the
/// wall: the daemon sees the empty mat, then the person on it.
TEST(Mat, a_person_on_it_is_in_bed) {
  const Folder folder;
  const auto link = (folder / "mat").string(), config = (folder / "vigil.toml").string();
  std::ofstream(config)
      << "[[bed]]\nname = \"bed-1\"\n\n[[device]]\ndriver = \"sensing_tex\"\nbed = \"bed-1\"\n"
         "port = \""
      << link << "\"\nrate_hz = 10\n";
  Program mat({VIGIL_SIMULATORS "/sensing_tex_simulator", "--link", link, "--speed", "10", "--empty"},
              folder / "mat.err");
  ASSERT_TRUE(mat.line().starts_with("ready "));
  Daemon daemon(folder / "data", {"--config", config, "--time-scale", "10"});
  Live live(daemon.port());
  live.catch_up();
  EXPECT_EQ(live.event("device.attached")["data"]["what"],
            "Sensing Tex mat, 16 x 16 cells, premium electronics");
  const auto in_bed = [](bool which) {
    return [which](const Json& m) { return m["kind"] == "readings" && m["beds"][0]["in_bed"] == which; };
  };
  live.until(in_bed(false), "an empty bed");
  mat.tell("enter");
  live.until(in_bed(true), "somebody in bed");
  EXPECT_EQ(live.event("bed.entered")["bed"], "bed-1");
  mat.tell("exit");
  live.until(in_bed(false), "an empty bed again");

  const auto devices = daemon.get("/api/v1/devices").json()["devices"];
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0]["state"], "live");
  EXPECT_EQ(devices[0]["driver"], "sensing_tex");
  EXPECT_EQ(daemon.stop(), 0);
}

}  // namespace
}  // namespace vigil::live

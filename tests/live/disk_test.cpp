#include <sys/mount.h>
#include <sys/statvfs.h>

#include "live/rig.hpp"

namespace vigil::live {
namespace {

/// A disk of a few megabytes that can be filled and emptied.
class SmallDisk {
 public:
  SmallDisk() { mounted_ = mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=4m,mode=0755") == 0; }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] fs::path data() const { return folder_ / "data"; }
  void fill() const {
    std::ofstream file(ballast(), std::ios::binary | std::ios::app);
    const std::string block(4096, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void empty() const { fs::remove(ballast()); }

 private:
  [[nodiscard]] fs::path ballast() const { return folder_ / "ballast"; }
  Folder folder_;
  bool mounted_ = false;
};

TEST(Disk, that_fills_stops_the_recording_and_not_the_view) {
  const SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "a small disk needs the right to mount a tmpfs";
  const Folder folder;
  // Standard error goes to the disk's own folder in Daemon; on a full disk that is lost, which is no matter
  // here.
  Daemon daemon(disk.data(), {"--demo", "--time-scale", "30"});
  Live live(daemon.port());
  live.catch_up();
  live.until([](const Json& m) { return m["kind"] == "readings" && m["beds"].size() == 2; }, "readings");
  ASSERT_EQ(daemon.enter("bed-1", checkin("before-full-1", 2)).status, 201);

  // Full: sooner or later something must be written and is refused; the clients are told.
  disk.fill();
  int refused = 0;
  for (int i = 0; i < 200 && refused == 0; ++i) {
    const auto answer = daemon.enter("bed-1", checkin("full-" + std::to_string(1000 + i), 3));
    if (answer.status != 201) refused = answer.status;
    disk.fill();
  }
  EXPECT_EQ(refused, 507);
  const auto ceased =
      live.until([](const Json& m) { return m["kind"] == "recording" && m["writing"] == false; },
                 "the end of recording");
  EXPECT_NE(ceased["trouble"], "");
  // The view goes on.
  live.kind("readings");
  live.kind("readings");
  EXPECT_EQ(daemon.get("/api/v1/health").json()["status"], "degraded");
  EXPECT_EQ(daemon.get("/api/v1/health").json()["log"]["writing"], false);

  // Room again: the gap is logged, entries are taken, among them the one that was refused.
  disk.empty();
  live.until([](const Json& m) { return m["kind"] == "recording" && m["writing"] == true; },
             "recording again");
  EXPECT_EQ(live.event("recording.gap")["data"]["cause"], "disk refused");
  EXPECT_EQ(daemon.enter("bed-1", checkin("after-full-1", 4)).status, 201);
  EXPECT_EQ(live.event("pain.checkin")["data"]["score"], 2);
  EXPECT_EQ(daemon.stop(), 0);
  EXPECT_EQ(run({"verify", "--data", disk.data().string()}, folder.path()).status, 0);
}

}  // namespace
}  // namespace vigil::live

// What one bed's device does wrong, through the real loop and real ports, beside another bed's that is well.
#include <condition_variable>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acquire/fake.hpp"
#include "drivers/child.hpp"
#include "support/folder.hpp"

namespace vigil::acquire {
namespace {

using drivers::Child;

class TwoBeds : public testing::Test {
 protected:
  [[nodiscard]] Child start(const char* name) const {
    return Child({std::string(VIGIL_SIMULATORS) + "/axivity_simulator", "--link", link(name)});
  }
  [[nodiscard]] std::string link(const char* name) const { return (folder_.path() / name).string(); }
  [[nodiscard]] DeviceSpec wrist(const char* name) const {
    const auto* driver = drivers::find("axivity");
    return {.driver = driver,
            .bed = name,
            .identity = {},
            .port = link(name),
            .settings = std::make_shared<drivers::WrittenSettings>(*driver),
            .toml = {}};
  }
  Options options() const {
    Options out;
    out.beds = {bed_spec("ill"), bed_spec("well")};
    out.devices = {wrist("ill"), wrist("well")};
    return out;
  }
  Sinks sinks() {
    Sinks to;
    to.event = [this](Event e) { hear([&] { heard_.events.push_back(std::move(e)); }); };
    to.devices = [this](std::vector<DeviceHealth> d) { hear([&] { devices_ = std::move(d); }); };
    return to;
  }
  template <class P>
  bool wait(P right) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, std::chrono::seconds(60), [&] { return devices_.size() == 2 && right(); });
  }
  const DeviceHealth& ill() { return devices_[0]; }
  const DeviceHealth& well() { return devices_[1]; }
  /// But for samples that were late: a machine under load makes them so by itself.
  static std::uint64_t rejects(const DeviceHealth& device) {
    std::uint64_t sum = 0;
    for (std::size_t why = 0; why < device.rejects.size(); ++why)
      if (why != static_cast<std::size_t>(Reject::order)) sum += device.rejects[why];
    return sum;
  }
  [[nodiscard]] std::ptrdiff_t told_of(const char* bed) {
    return std::ranges::count_if(heard_.events, [&](const Event& e) {
      const auto what = kind(e);
      return e.bed == bed && (what == "device.stale" || what == "device.lost");
    });
  }

  const Folder folder_;
  const Clock clock_;
  Heard heard_;
  std::vector<DeviceHealth> devices_;

 private:
  template <class F>
  void hear(F note) {
    {
      const std::lock_guard lock(mutex_);
      note();
    }
    wake_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable wake_;
};

TEST_F(TwoBeds, a_device_that_floods_is_limited_and_starves_nobody) {
  Child ill_one = start("ill"), well_one = start("well");
  ASSERT_FALSE(ill_one.hear("ready").empty());
  ASSERT_FALSE(well_one.hear("ready").empty());
  Acquire acquire(clock_, options(), sinks());
  acquire.start();
  ASSERT_TRUE(wait([&] { return ill().samples > 20 && well().samples > 20; }));
  ill_one.tell("flood");
  // Ten seconds' worth is believed (a late reader may get so much at once), then it is limited.
  ASSERT_TRUE(wait([&] { return ill().rejects[static_cast<std::size_t>(Reject::flood)] > 1000; }));
  const auto then = clock_.now();
  const auto samples = well().samples, bytes = ill().bytes, turns = acquire.turns();
  ASSERT_TRUE(wait([&] { return well().samples > samples + 200; }));
  const auto took = vigil::seconds(clock_.now() - then);
  acquire.stop();
  EXPECT_GT(acquire.turns() - turns, 5U);
  EXPECT_LT(static_cast<double>(ill().bytes - bytes), (took + 2) * 256 * 1024);
  EXPECT_EQ(rejects(well()), 0U);
  EXPECT_EQ(told_of("well"), 0);
  EXPECT_THAT(ill().note, testing::HasSubstr("far more than the 100 samples"));
  EXPECT_EQ(well().note, "");
}

TEST_F(TwoBeds, one_that_falls_silent_goes_and_comes_back_leaves_the_other_alone) {
  Child ill_one = start("ill"), well_one = start("well");
  ASSERT_FALSE(ill_one.hear("ready").empty());
  ASSERT_FALSE(well_one.hear("ready").empty());
  Acquire acquire(clock_, options(), sinks());
  acquire.start();
  ASSERT_TRUE(wait([&] { return ill().samples > 20 && well().samples > 20; }));
  ill_one.tell("mute");
  ASSERT_TRUE(wait([&] { return ill().state == DeviceState::stale; }));
  ill_one.tell("vanish 0.1");
  ASSERT_TRUE(wait([&] { return ill().state == DeviceState::lost; }));
  ill_one.tell("go");
  ASSERT_TRUE(wait([&] { return ill().state == DeviceState::live; }));
  acquire.stop();
  EXPECT_EQ(rejects(well()), 0U);
  EXPECT_EQ(told_of("well"), 0);
  EXPECT_EQ(told_of("ill"), 2);
}

}  // namespace
}  // namespace vigil::acquire

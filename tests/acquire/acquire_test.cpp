#include "acquire/acquire.hpp"

#include <condition_variable>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acquire/fake.hpp"

namespace vigil::acquire {
namespace {

using std::chrono::seconds;

/// What acquire says from its own thread, to be waited for.
class Ear {
 public:
  Sinks sinks() {
    Sinks to;
    to.event = [this](Event e) { hear([&] { heard_.events.push_back(std::move(e)); }); };
    to.readings = [this](std::vector<Reading> r) { hear([&] { readings_ = std::move(r); }); };
    to.beds = [this](std::vector<wire::BedSnapshot> b) { hear([&] { beds_ = std::move(b); }); };
    to.devices = [this](std::vector<DeviceHealth> d) { hear([&] { devices_ = std::move(d); }); };
    to.waves = [this](std::vector<wire::BedWave> w, WallTime) { hear([&] { waves_ += w.size(); }); };
    return to;
  }
  template <class P>
  bool wait(P right) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, seconds(60), right);
  }

  Heard heard_;
  std::vector<Reading> readings_;
  std::vector<wire::BedSnapshot> beds_;
  std::vector<DeviceHealth> devices_;
  std::size_t waves_ = 0;

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

DeviceSpec synthetic(const char* bed, const char* seed) {
  const auto* driver = drivers::find("synthetic");
  return {.driver = driver,
          .bed = bed,
          .identity = {},
          .port = {},
          .settings = std::make_shared<drivers::WrittenSettings>(
              *driver, drivers::WrittenSettings::Written{{"seed", seed}}),
          .toml = {}};
}

TEST(Acquire, shows_one_waiting_bed_where_nothing_is_attached) {
  const Clock clock;
  Ear ear;
  Acquire acquire(clock, {}, ear.sinks());
  acquire.start();
  EXPECT_TRUE(ear.wait([&] { return ear.beds_.size() == 1; }));
  EXPECT_TRUE(ear.wait([&] { return !ear.readings_.empty(); }));
  acquire.stop();
  EXPECT_EQ(ear.beds_[0].bed, "bed-1");
  EXPECT_EQ(ear.readings_[0].state, BedState::unknown);
  EXPECT_THAT(ear.heard_.events, testing::IsEmpty());
  EXPECT_GT(acquire.turns(), 0U);
}

TEST(Acquire, runs_what_is_configured_and_stops_when_told) {
  const Clock clock(20);
  Ear ear;
  Options options;
  options.beds = {bed_spec("left"), bed_spec("right")};
  options.devices = {synthetic("left", "1"), synthetic("right", "2")};
  Acquire acquire(clock, options, ear.sinks());
  acquire.start();
  EXPECT_TRUE(ear.wait([&] {
    return ear.readings_.size() == 2 && ear.readings_[0].state != BedState::unknown &&
           ear.readings_[1].state != BedState::unknown && ear.waves_ > 0;
  }));
  acquire.stop();
  ASSERT_EQ(ear.devices_.size(), 2U);
  EXPECT_EQ(ear.devices_[0].device, "synthetic:left");
  EXPECT_EQ(ear.devices_[0].bed, "left");
  EXPECT_EQ(ear.devices_[0].state, DeviceState::live);
  EXPECT_EQ(ear.heard_.count(event::DeviceAssigned::kind), 2);
  const auto turns = acquire.turns();
  EXPECT_EQ(acquire.turns(), turns);
}

TEST(Acquire, a_device_for_a_bed_that_is_not_there_says_so) {
  const Clock clock;
  Ear ear;
  Options options;
  options.beds = {bed_spec("left")};
  options.devices = {synthetic("", "1")};
  Acquire acquire(clock, options, ear.sinks());
  acquire.start();
  EXPECT_TRUE(ear.wait([&] { return !ear.devices_.empty(); }));
  acquire.stop();
  EXPECT_EQ(ear.devices_[0].state, DeviceState::unassigned);
  EXPECT_THAT(ear.devices_[0].mend, testing::HasSubstr("bed"));
}

TEST(Acquire, a_check_in_is_evidence_at_its_bed) {
  const Clock clock;
  Ear ear;
  Options options;
  options.demo = true;
  Acquire acquire(clock, options, ear.sinks());
  acquire.start();
  // The simulated night began four hours ago; somebody sleeps, or is about to again.
  EXPECT_TRUE(
      ear.wait([&] { return ear.readings_.size() == 2 && ear.heard_.count(event::SleepBegan::kind) > 0; }));
  Event entry;
  entry.bed = "bed-1";
  entry.seq = 1;
  entry.at = clock.now();
  entry.wall = clock.wall();
  entry.payload = event::PainCheckin{.score = 6, .regions = {}, .qualities = {}, .note = {}};
  acquire.entered(entry);
  entry.bed = "nowhere";  // is nobody's evidence, and no harm
  acquire.entered(entry);
  EXPECT_TRUE(ear.wait([&] {
    return std::ranges::any_of(ear.readings_, [](const Reading& r) {
      return r.bed == "bed-1" &&
             (r.state == BedState::awake || r.state == BedState::restless || r.state == BedState::out_of_bed);
    });
  }));
  acquire.stop();
  EXPECT_TRUE(std::ranges::all_of(ear.beds_, &wire::BedSnapshot::simulated));
  ASSERT_EQ(ear.beds_.size(), 2U);
}

}  // namespace
}  // namespace vigil::acquire

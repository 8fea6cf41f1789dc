#include "acquire/supervise.hpp"

#include <array>
#include <deque>
#include <functional>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acquire/fake.hpp"

namespace vigil::acquire {
namespace {

using drivers::DeviceLost;
using drivers::DeviceRefused;
using drivers::Port;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// What the device does on each opening, as a plan: values that the fake driver sends, then how it ends.
struct Life {
  bool refuse = false, gone = false;  // at opening
  int samples = 0;
  milliseconds apart{100}, silence{0};  // silence: before the last sample
  float rate_hz = 10;
  enum class End { lost, ends, stays } end = End::lost;
};
std::deque<Life> lives;
Life life;
int resets = 0;

class FakePort final : public Port {
 public:
  FakePort(const asio::any_io_executor& executor, const Clock& clock, drivers::Tap tap)
      : clock_(clock), wakeup_(executor, clock), tap_(std::move(tap)) {}
  asio::awaitable<drivers::Arrival> read(std::optional<milliseconds> timeout) override {
    co_await wakeup_.wait(timeout);
    static constexpr std::array<std::byte, 3> bytes{};
    tap_(clock_.now(), 0, bytes);
    co_return drivers::Arrival{bytes, clock_.now()};
  }
  asio::awaitable<void> write(std::span<const std::byte>) override { co_return; }
  bool reset() noexcept override { return ++resets, true; }
  [[nodiscard]] Instant now() const override { return clock_.now(); }
  [[nodiscard]] std::string_view where() const override { return "fake 1"; }

 private:
  const Clock& clock_;
  drivers::Wakeup wakeup_;
  drivers::Tap tap_;
};

asio::awaitable<void> play(Port& port, const drivers::Settings&, drivers::SampleSink& sink) {
  sink.describe("Fake 3000");
  const auto channel =
      sink.announce({.quantity = Quantity::load, .rate_hz = life.rate_hz, .minimum = 0, .maximum = 200});
  for (int i = 0; i < life.samples; ++i) {
    if (i + 1 == life.samples && life.silence > milliseconds(0)) co_await port.read(life.silence);
    co_await port.read(life.apart);
    const std::array value{70.F};
    sink.sample(channel, port.now(), value);
  }
  if (life.end == Life::End::ends) co_return;
  if (life.end == Life::End::stays) co_await port.read(std::nullopt);
  throw DeviceLost("unplugged");
}

const drivers::Driver driver{"fake", "Fake", drivers::Transport::serial, {}, {}, seconds(20), false, play};

class Supervise : public testing::Test {
 protected:
  Supervise() { lives.clear(), resets = 0; }

  /// Runs the device through `lives`, then cancels it.
  void run() {
    pump([] { return false; });
  }

  /// The same, until `enough`.
  void pump(const std::function<bool()>& enough) {
    const auto open = [this](drivers::Tap tap) -> std::unique_ptr<Port> {
      if (lives.empty()) {
        cancel_.emit(asio::cancellation_type::terminal);
        throw DeviceLost("the test is over");
      }
      life = lives.front();
      lives.pop_front();
      opened_.push_back(clock_.now());
      if (life.refuse) throw DeviceRefused("fake 1: another program holds it: close it");
      if (life.gone) throw DeviceLost("fake 1: there is none");
      return std::make_unique<FakePort>(io_.get_executor(), clock_, std::move(tap));
    };
    device_.came(open, "fake 1");
    bool ended = false;
    const auto done = [&](const std::exception_ptr&) { ended = true; };
    asio::co_spawn(io_, device_.supervise(), asio::bind_cancellation_slot(cancel_.slot(), done));
    while (!ended && !enough()) {
      io_.run_one_for(milliseconds(2));
      device_.tick();
    }
    cancel_.emit(asio::cancellation_type::terminal);
    while (!ended)
      io_.run_one();
  }

  Clock clock_{500};
  Heard heard_;
  Sinks sinks_ = heard_.sinks();
  Gathered gathered_;
  Bedside bed_{clock_, sinks_, gathered_, bed_spec("bed-1"), 0};
  asio::io_context io_{1};
  asio::cancellation_signal cancel_;
  std::vector<Instant> opened_;
  Device device_{io_.get_executor(),
                 clock_,
                 sinks_,
                 [this](Payload p, const Name& bed, bool) {
                   Event e;
                   e.bed = bed;
                   e.payload = std::move(p);
                   heard_.events.push_back(std::move(e));
                 },
                 {.identity = "fake:1",
                  .driver = &driver,
                  .model = "Fake",
                  .settings = std::make_shared<drivers::WrittenSettings>(driver),
                  .toml = "",
                  .expected = "fake:1",
                  .bed = &bed_}};
};

TEST_F(Supervise, tells_a_devices_life_in_the_log) {
  lives = {{.samples = 3}, {.samples = 2, .end = Life::End::ends}};
  run();
  EXPECT_THAT(heard_.kinds(), ElementsAre("device.attached", "device.assigned", "device.lost",
                                          "device.recovered", "device.lost"));
  EXPECT_EQ(heard_.events[0].bed, "bed-1");
  EXPECT_EQ(heard_.all<event::DeviceAttached>()[0]->what, "Fake 3000");
  EXPECT_EQ(heard_.all<event::DeviceLost>()[0]->reason, "unplugged");
  const auto away = heard_.all<event::DeviceRecovered>()[0]->away;
  EXPECT_GE(away, seconds(1));  // the first back-off
  EXPECT_LT(away, seconds(25));
  const auto health = device_.health();
  EXPECT_EQ(health.samples, 5U);
  EXPECT_EQ(health.bytes, 15U);
  EXPECT_EQ(health.where, "fake 1");
  EXPECT_EQ(health.state, DeviceState::lost);
}

TEST_F(Supervise, its_bytes_are_recorded_for_each_opening) {
  lives = {{.samples = 1}, {.refuse = true}, {.samples = 1, .end = Life::End::ends}};
  run();
  EXPECT_THAT(heard_.raw, ElementsAre("open fake:1", "fake:1 0 3", "close fake:1", "open fake:1",
                                      "fake:1 0 3", "close fake:1"));
}

TEST_F(Supervise, backs_off_from_one_to_thirty_seconds) {
  for (int i = 0; i < 8; ++i)
    lives.push_back({.gone = true});
  run();
  ASSERT_EQ(opened_.size(), 8U);
  std::vector<double> waits;
  for (std::size_t i = 1; i < opened_.size(); ++i)
    waits.push_back(vigil::seconds(opened_[i] - opened_[i - 1]));
  const std::array least{1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0};
  for (std::size_t i = 0; i < waits.size(); ++i)
    EXPECT_GE(waits[i], least[i]) << i;
  EXPECT_LT(waits.back(), 60);
  EXPECT_THAT(heard_.events, IsEmpty());  // what never was there is not lost
}

TEST_F(Supervise, a_refusal_says_the_mend_and_goes_when_it_goes) {
  lives = {{.refuse = true}, {.samples = 1, .end = Life::End::stays}};
  std::string while_refused;
  pump([&] {
    const auto health = device_.health();
    if (health.state == DeviceState::refused) while_refused = health.mend;
    return health.samples == 1;
  });
  EXPECT_EQ(while_refused, "fake 1: another program holds it: close it");
  EXPECT_EQ(device_.health().mend, "");
  EXPECT_EQ(device_.health().state, DeviceState::live);
  ASSERT_EQ(opened_.size(), 2U);
  EXPECT_GE(opened_[1] - opened_[0], seconds(30));
}

TEST_F(Supervise, silence_is_stale_and_the_next_sample_recovers) {
  lives = {{.samples = 4, .apart = seconds(1), .silence = seconds(200), .end = Life::End::ends}};
  run();
  EXPECT_THAT(heard_.kinds(), ElementsAre("device.attached", "device.assigned", "device.stale",
                                          "device.recovered", "device.lost"));
  // 0.25 s of the machine at this scale is more than the driver's own 20 s
  EXPECT_GE(heard_.all<event::DeviceStale>()[0]->silent, seconds(125));
  EXPECT_GE(heard_.all<event::DeviceRecovered>()[0]->away, seconds(200));
}

TEST_F(Supervise, a_stalled_device_is_reset_once_and_opened_anew_until_it_speaks) {
  lives = {{.samples = 3, .end = Life::End::stays},
           {.samples = 0, .end = Life::End::stays},
           {.samples = 0, .end = Life::End::stays},
           {.samples = 2, .end = Life::End::ends}};
  std::vector<DeviceState> states;
  pump([&] {
    const auto state = device_.health().state;
    if (states.empty() || states.back() != state) states.push_back(state);
    return false;
  });
  EXPECT_EQ(opened_.size(), 4U);
  EXPECT_EQ(resets, 1);
  // One silence, told once, however often it was opened; it never was gone.
  EXPECT_THAT(heard_.kinds(), ElementsAre("device.attached", "device.assigned", "device.stale",
                                          "device.recovered", "device.lost"));
  EXPECT_GT(heard_.all<event::DeviceRecovered>()[0]->away, opened_[3] - opened_[1]) << "the whole silence";
  EXPECT_THAT(states, testing::Not(testing::Contains(DeviceState::refused)));
  EXPECT_EQ(std::ranges::count(states, DeviceState::stale), 1);
  // The pauses grow: 1 s, 2 s, 4 s beyond the silence itself.
  EXPECT_GE(opened_[3] - opened_[2], seconds(3 * 60 + 4));
}

TEST_F(Supervise, one_that_speaks_only_of_changes_is_stale_but_never_reset) {
  lives = {{.samples = 3, .silence = seconds(600), .rate_hz = 0, .end = Life::End::ends}};
  run();
  EXPECT_EQ(opened_.size(), 1U);
  EXPECT_EQ(resets, 0);
  EXPECT_THAT(heard_.kinds(), ElementsAre("device.attached", "device.assigned", "device.stale",
                                          "device.recovered", "device.lost"));
}

TEST_F(Supervise, one_that_falls_silent_again_is_reset_again) {
  lives = {{.samples = 2, .end = Life::End::stays}, {.samples = 2, .end = Life::End::stays}, {.gone = true}};
  run();
  EXPECT_EQ(resets, 2);
  EXPECT_THAT(heard_.kinds(), ElementsAre("device.attached", "device.assigned", "device.stale",
                                          "device.recovered", "device.stale", "device.lost"));
}

TEST_F(Supervise, one_that_comes_back_elsewhere_is_opened_there) {
  lives = {{.samples = 1}, {.gone = true}, {.gone = true}, {.gone = true}};
  bool moved = false;
  const auto elsewhere = [&](drivers::Tap tap) -> std::unique_ptr<Port> {
    life = {.samples = 2, .end = Life::End::stays};
    return std::make_unique<FakePort>(io_.get_executor(), clock_, std::move(tap));
  };
  pump([&] {
    if (opened_.size() == 4 && !std::exchange(moved, true)) {
      device_.went();
      device_.came(elsewhere, "fake 2");
    }
    return device_.health().samples == 3;
  });
  EXPECT_EQ(opened_.size(), 4U);  // the old place is not tried again
  EXPECT_EQ(device_.health().state, DeviceState::live);
  EXPECT_THAT(heard_.kinds(),
              ElementsAre("device.attached", "device.assigned", "device.lost", "device.recovered"));
}

TEST_F(Supervise, the_daemon_stops_a_driver_that_waits) {
  lives = {{.samples = 1, .end = Life::End::stays}};
  pump([&] { return device_.health().samples == 1; });  // pump() ends only when the coroutine has ended
  EXPECT_EQ(resets, 0);
  EXPECT_EQ(heard_.raw.back(), "close fake:1");
}

TEST_F(Supervise, what_is_not_believed_is_counted) {
  lives = {};
  const auto open = device_.health().rejects;
  EXPECT_EQ(open[static_cast<std::size_t>(Reject::range)], 0U);
  const auto channel =
      device_.announce({.quantity = Quantity::load, .rate_hz = 10, .minimum = 0, .maximum = 200});
  const std::array far{900.F}, right{70.F};
  device_.sample(channel, clock_.now(), far);
  device_.sample(channel, clock_.now(), right);
  device_.sample(channel, clock_.now() - seconds(3600), right);
  device_.reject(Reject::checksum, 4);
  const auto health = device_.health();
  EXPECT_EQ(health.rejects[static_cast<std::size_t>(Reject::range)], 1U);
  EXPECT_EQ(health.rejects[static_cast<std::size_t>(Reject::order)], 1U);
  EXPECT_EQ(health.rejects[static_cast<std::size_t>(Reject::checksum)], 4U);
  EXPECT_EQ(health.samples, 1U);
}

TEST_F(Supervise, the_rate_that_a_device_really_has_is_fitted_from_its_samples) {
  const auto channel =
      device_.announce({.quantity = Quantity::load, .rate_hz = 10, .minimum = 0, .maximum = 200});
  device_.announce({.quantity = Quantity::button, .rate_hz = 0});  // irregular: has none
  EXPECT_FALSE(device_.health().fitted_hz);
  const std::array value{70.F};
  for (int i = 0; i < 3000; ++i)
    device_.sample(channel, Instant{from_seconds(100 + i / 10.001)}, value);
  ASSERT_TRUE(device_.health().fitted_hz);
  EXPECT_NEAR(*device_.health().fitted_hz, 10.001, 1e-5);
  EXPECT_EQ(device_.health().nominal_hz, 10);
}

TEST_F(Supervise, another_device_than_the_configured_one_is_refused) {
  EXPECT_NO_THROW(device_.identify("fake:1"));
  try {
    device_.identify("fake:2");
    FAIL() << "it was taken";
  } catch (const DeviceRefused& refused) {
    EXPECT_THAT(refused.what(), testing::HasSubstr("expected fake:1, as `device =` says, found fake:2"));
  }
}

}  // namespace
}  // namespace vigil::acquire

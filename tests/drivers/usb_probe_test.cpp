// The program under test of UsbBench: says line by line what the finder finds and what each device's driver
// says.
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <memory>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include "drivers/port/finder.hpp"
#include "drivers/settings.hpp"

namespace vigil::drivers {
namespace {

/// Values in tenths, so that they can be compared as text.
class Told : public SampleSink {
 public:
  explicit Told(std::string identity) : identity_(std::move(identity)) {}
  ChannelIndex announce(const Channel& channel) override {
    std::cout << "channel " << name(channel.quantity) << " " << channel.rows << "x" << channel.columns
              << std::endl;
    return 0;
  }
  void sample(ChannelIndex, Instant, std::span<const float> values) override {
    std::cout << "sample " << identity_;
    for (const float v : values)
      std::isnan(v) ? std::cout << " -" : std::cout << " " << std::lround(v * 10);
    std::cout << std::endl;
  }
  void reject(Reject reason, std::uint64_t) override { std::cout << "reject " << name(reason) << std::endl; }
  void describe(std::string what) override { std::cout << "what " << what << std::endl; }
  void battery(float) override {}
  void note(std::string note) override { std::cout << "note " << note << std::endl; }
  void identify(std::string_view who) override { std::cout << "identity " << who << std::endl; }

 private:
  std::string identity_;
};

struct Running {
  std::unique_ptr<Port> port;
  std::unique_ptr<Told> sink;
  std::unique_ptr<WrittenSettings> settings;
};

void serve(asio::io_context& loop, Finder& finder, const Attached& device);

/// A device that was lost and is still attached is opened anew, as the daemon does, only sooner.
void serve_again(asio::io_context& loop, Finder& finder, const Attached& device) {
  const auto timer = std::make_shared<asio::steady_timer>(loop, std::chrono::milliseconds(100));
  timer->async_wait([&loop, &finder, device, timer](const boost::system::error_code&) {
    for (const auto& there : finder.present())
      if (there.usb == device.usb && there.interface == device.interface) {
        std::cout << "again " << device.identity << std::endl;
        serve(loop, finder, device);
      }
  });
}

void serve(asio::io_context& loop, Finder& finder, const Attached& device) {
  auto running = std::make_shared<Running>();
  const auto identity = device.identity;
  const auto done = [running, identity, &loop, &finder, device](const std::exception_ptr& error) {
    bool lost = false;
    try {
      if (error) std::rethrow_exception(error);
    } catch (const DeviceRefused& e) {
      std::cout << "refused " << identity << " " << e.what() << std::endl;
    } catch (const std::exception& e) {
      std::cout << "lost " << identity << " " << e.what() << std::endl;
      lost = true;
    }
    running->port.reset();
    if (lost) serve_again(loop, finder, device);
  };
  try {
    running->port = finder.open(device);
    running->sink = std::make_unique<Told>(identity);
    running->settings =
        std::make_unique<WrittenSettings>(*device.driver, settings_of_table(std::getenv("VIGIL_PROBE")));
    asio::co_spawn(loop, device.driver->run(*running->port, *running->settings, *running->sink), done);
  } catch (const DeviceRefused& error) {
    std::cout << "refused " << identity << " " << error.what() << std::endl;
  } catch (const std::exception& error) {
    std::cout << "lost " << identity << " " << error.what() << std::endl;
    serve_again(loop, finder, device);
  }
}

asio::awaitable<void> watch(asio::io_context& loop, Finder& finder) {
  co_await finder.first_look();
  std::cout << "looked " << finder.present().size() << std::endl;
  for (;;) {
    const Finder::Change change = co_await finder.next();
    std::cout << (change.arrived ? "arrived " : "left ") << change.device.identity << " "
              << change.device.model << std::endl;
    if (change.arrived) serve(loop, finder, change.device);
  }
}

TEST(Probe, runs_inside_the_testbed) {
  if (std::getenv("VIGIL_PROBE") == nullptr) GTEST_SKIP() << "started by UsbBench only";
  asio::io_context loop;
  const Clock clock;
  Finder finder(loop.get_executor(), clock);
  for (const auto& trouble : finder.troubles())
    std::cout << "trouble " << trouble << std::endl;
  const auto done = [](const std::exception_ptr&) {};
  asio::co_spawn(loop, watch(loop, finder), done);
  asio::signal_set signals(loop, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { loop.stop(); });
  asio::steady_timer deadline(loop, std::chrono::seconds(60));
  deadline.async_wait([&](const boost::system::error_code&) { loop.stop(); });
  loop.run();
  std::cout << "over" << std::endl;
}

}  // namespace
}  // namespace vigil::drivers

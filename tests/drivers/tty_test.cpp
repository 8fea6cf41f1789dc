#include <cstdlib>
#include <fstream>
#include <iostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include "drivers/child.hpp"
#include "drivers/port/finder.hpp"

namespace vigil::drivers {
namespace {

// It runs twice: as the test that drives the simulated bus, and, started by that inside umockdev's testbed,
// as the program under test with the real finder.

asio::awaitable<void> watch(Finder& finder) {
  co_await finder.first_look();
  std::cout << "looked " << finder.present().size() << std::endl;
  for (;;) {
    const Finder::Change change = co_await finder.next();
    std::cout << (change.arrived ? "arrived " : "left ") << change.device.identity << " at "
              << change.device.where << ", " << change.device.model << std::endl;
  }
}

TEST(TtyProbe, runs_inside_the_testbed) {
  if (std::getenv("VIGIL_TTY_PROBE") == nullptr) GTEST_SKIP() << "started by TtyOnUsb only";
  asio::io_context loop;
  const Clock clock;
  Finder finder(loop.get_executor(), clock);
  for (const auto& trouble : finder.troubles())
    std::cout << "trouble " << trouble << std::endl;
  const auto done = [](const std::exception_ptr&) {};
  asio::co_spawn(loop, watch(finder), done);
  asio::signal_set signals(loop, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { loop.stop(); });
  asio::steady_timer deadline(loop, std::chrono::seconds(60));
  deadline.async_wait([&](const boost::system::error_code&) { loop.stop(); });
  loop.run();
  std::cout << "over" << std::endl;
}

class TtyOnUsb : public testing::Test {
 protected:
  static std::vector<std::pair<std::string, std::string>> testbed() {
    // As umockdev-wrapper does; under AddressSanitizer its runtime has to come first.
    std::string preload = "libumockdev-preload.so.0";
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
      if (const auto at = line.find('/');
          at != std::string::npos && line.find("/libasan.so", at) != std::string::npos) {
        preload = line.substr(at) + ":" + preload;
        break;
      }
    return {{"LD_PRELOAD", preload}, {"VIGIL_TTY_PROBE", "1"}, {"ASAN_OPTIONS", "detect_leaks=0"}};
  }
  static std::vector<std::string> command() {
    char self[4096]{};
    if (::readlink("/proc/self/exe", self, sizeof self - 1) <= 0) throw std::runtime_error("who am I?");
    return {std::string(VIGIL_SIMULATORS) + "/tty_bus_simulator", "--", self, "--gtest_filter=TtyProbe.*"};
  }
  Child bus_{command(), testbed()};
};

TEST_F(TtyOnUsb, an_axivity_is_known_by_its_serial_number_and_followed_to_another_port) {
  ASSERT_EQ(bus_.hear("looked"), "looked 0") << bus_.said();
  // The same demonstration id with another maker's serial number, and the right number under another id:
  // ports that no driver claims.
  bus_.tell("plug ttyACM0 04d8 0057 0001A2B3");
  EXPECT_TRUE(bus_.hear("arrived").starts_with("arrived tty:0001A2B3 at /dev/ttyACM0")) << bus_.said();
  bus_.tell("plug ttyACM1 1a86 7523 CWA17_00123");
  EXPECT_TRUE(bus_.hear("arrived").starts_with("arrived tty:CWA17_00123 at /dev/ttyACM1")) << bus_.said();
  bus_.tell("plug ttyACM2 04d8 0057 CWA17_00123");
  EXPECT_EQ(bus_.hear("arrived"), "arrived axivity:CWA17_00123 at /dev/ttyACM2, Axivity AX3") << bus_.said();
  bus_.tell("plug ttyACM3 04d8 0057 AX664_06077");
  EXPECT_EQ(bus_.hear("arrived"), "arrived axivity:AX664_06077 at /dev/ttyACM3, Axivity AX6");
  bus_.tell("unplug ttyACM2");
  EXPECT_EQ(bus_.hear("left"), "left axivity:CWA17_00123 at /dev/ttyACM2, Axivity AX3");
  bus_.tell("plug ttyACM7 04d8 0057 CWA17_00123");
  EXPECT_EQ(bus_.hear("arrived"), "arrived axivity:CWA17_00123 at /dev/ttyACM7, Axivity AX3");
  bus_.tell("quit");
  EXPECT_EQ(bus_.end(), 0) << bus_.said();
  EXPECT_EQ(bus_.said().find("axivity:0001A2B3"), std::string::npos) << bus_.said();
}

TEST_F(TtyOnUsb, the_old_port_goes_before_the_new_one_comes_in_whatever_order_they_are_told) {
  bus_.tell("plug ttyACM0 04d8 0057 CWA17_00123");
  ASSERT_FALSE(bus_.hear("arrived").empty()) << bus_.said();
  bus_.tell("vanish ttyACM0");
  bus_.tell("plug ttyACM1 04d8 0057 CWA17_00123");
  EXPECT_EQ(bus_.hear("left"), "left axivity:CWA17_00123 at /dev/ttyACM0, Axivity AX3") << bus_.said();
  EXPECT_EQ(bus_.hear("arrived"), "arrived axivity:CWA17_00123 at /dev/ttyACM1, Axivity AX3");
  bus_.tell("unplug ttyACM0");  // told late: the device is at its new place
  bus_.tell("plug ttyACM2 04d8 0057 AX664_06077");
  EXPECT_FALSE(bus_.hear("arrived").empty());
  bus_.tell("quit");
  EXPECT_EQ(bus_.end(), 0);
  EXPECT_EQ(bus_.said().find("left axivity:CWA17_00123 at /dev/ttyACM1"), std::string::npos) << bus_.said();
}

}  // namespace
}  // namespace vigil::drivers

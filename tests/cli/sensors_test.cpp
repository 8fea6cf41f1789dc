#include "cli/sensors.hpp"

#include <array>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace vigil::cli {
namespace {

std::string content(const std::string& file) {
  std::ifstream in(std::string(VIGIL_SOURCE_DIR "/") + file);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Sensors, ReadmeHoldsTheTableOfThisBuild) {
  const auto readme = content("README.md");
  const auto begin = readme.find('\n', readme.find("<!-- sensors:")) + 1;
  const auto end = readme.find("<!-- end of sensors -->");
  ASSERT_NE(end, std::string::npos);
  EXPECT_EQ(readme.substr(begin, end - begin), sensors_markdown(drivers::all()))
      << "put the output of `vigild sensors --markdown` there";
}

TEST(Sensors, TheUdevRulesAreThoseOfThisBuild) {
  EXPECT_EQ(content("systemd/60-vigil.rules"), sensors_udev(drivers::all()))
      << "put the output of `vigild sensors --udev` there";
}

constexpr std::array<drivers::Match, 7> matches{
    drivers::Adapter{0x1a86, 0x7523, "CH340"},       drivers::ExplicitOnly{"only there"},
    drivers::UsbMatch{0x0922, 0x8003, "M10 / M25"},  drivers::UsbMatch{0x0922, 0x8004, "M10 / M25"},
    drivers::UsbMatch{0xabc, 0, "all of a maker"},   drivers::HidUsageMatch{0x8d, 0x20, "any scale"},
    drivers::SerialMatch{0x04d8, 0x57, "CWA", "AX3"}};
constexpr drivers::Driver sample{.name = "sample",
                                 .title = "a sensor",
                                 .transport = drivers::Transport::usb,
                                 .matches = matches,
                                 .settings = {},
                                 .stale_after = std::chrono::seconds(1),
                                 .simulated = false,
                                 .run = nullptr};
constexpr std::array<const drivers::Driver*, 1> one{&sample};

TEST(Sensors, ATableRowNamesEveryIdOnceAndJoinsThoseOfOneModel) {
  EXPECT_EQ(
      sensors_markdown(one),
      "| sensor | driver | connection | recognised by |\n"
      "|---|---|---|---|\n"
      "| a sensor | `sample` | USB | HID usage page `008d`, usage `0020`; `04d8:0057` with a serial number "
      "`CWA...`; known: M10 / M25 `0922:8003`, `0922:8004`; all of a maker `0abc:*`; only where the "
      "configuration names it; often behind: CH340 `1a86:7523` |\n");
}

TEST(Sensors, UdevRulesMatchOneDeviceAndKeepModemManagerAway) {
  const auto rules = sensors_udev(one);
  EXPECT_NE(rules.find("SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", ATTR{idVendor}==\"0922\", "
                       "ATTR{idProduct}==\"8003\", GROUP=\"vigil\", MODE=\"0660\", TAG+=\"uaccess\"\n"),
            std::string::npos)
      << rules;
  EXPECT_NE(rules.find("ATTR{idVendor}==\"0abc\", GROUP="), std::string::npos) << rules;
  EXPECT_NE(rules.find("SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"04d8\", ATTRS{idProduct}==\"0057\", "
                       "ATTRS{serial}==\"CWA*\", GROUP=\"vigil\", MODE=\"0660\", TAG+=\"uaccess\", "
                       "ENV{ID_MM_DEVICE_IGNORE}=\"1\", ENV{ID_MM_PORT_IGNORE}=\"1\"\n"),
            std::string::npos)
      << rules;
  EXPECT_NE(rules.find("SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"1a86\", ATTRS{idProduct}==\"7523\", "
                       "ENV{ID_MM_DEVICE_IGNORE}=\"1\", ENV{ID_MM_PORT_IGNORE}=\"1\"\n"),
            std::string::npos)
      << rules;
  EXPECT_EQ(rules.find("008d"), std::string::npos) << "a usage is not what udev can match";
}

}  // namespace
}  // namespace vigil::cli

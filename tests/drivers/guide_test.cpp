// drivers/README.md follows a driver that exists: its code is that driver's, and no other is smaller.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "drivers/driver.hpp"

namespace vigil::drivers {
namespace {

namespace fs = std::filesystem;
const fs::path root = VIGIL_SOURCE_DIR;

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Guide, its_code_is_the_drivers) {
  const auto guide = content(root / "drivers/README.md");
  std::size_t blocks = 0, of_cpp = 0;
  for (auto at = guide.find("```cpp\n"); at != std::string::npos; at = guide.find("```cpp\n", at + 1))
    ++of_cpp;
  for (auto at = guide.find("<!-- drivers/"); at != std::string::npos;
       at = guide.find("<!-- drivers/", at + 1)) {
    const auto name = guide.substr(at + 5, guide.find(" -->", at) - at - 5);
    const auto from = guide.find("```cpp\n", at) + 7, to = guide.find("```\n", from);
    ASSERT_NE(to, std::string::npos);
    const auto code = guide.substr(from, to - from);
    EXPECT_NE(content(root / name).find(code), std::string::npos) << name << " has no longer:\n" << code;
    ++blocks;
  }
  EXPECT_EQ(blocks, of_cpp) << "every piece says where it is from";
  EXPECT_GE(blocks, 5U);
}

TEST(Guide, its_driver_is_the_smallest_that_reads_hardware) {
  const auto lines = [](std::string_view driver) {
    std::ptrdiff_t n = 0;
    for (const auto& entry : fs::directory_iterator(root / "drivers" / driver)) {
      const auto text = content(entry.path());
      n += std::ranges::count(text, '\n');
    }
    return n;
  };
  for (const auto* driver : all()) {
    if (driver->transport != Transport::serial && driver->transport != Transport::usb) continue;
    EXPECT_GE(lines(driver->name), lines("hid_scale")) << driver->name;
  }
}

TEST(Guide, it_names_every_way_to_be_recognised) {
  const auto guide = content(root / "drivers/README.md");
  for (const auto* match :
       {"UsbMatch", "HidUsageMatch", "SerialMatch", "BootKeyboard", "Adapter", "ExplicitOnly"})
    EXPECT_NE(guide.find("| `" + std::string(match) + "` |"), std::string::npos) << match;
  EXPECT_EQ(std::variant_size_v<Match>, 6U);
}

}  // namespace
}  // namespace vigil::drivers

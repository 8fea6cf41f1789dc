#pragma once
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "drivers/child.hpp"

namespace vigil::drivers {

/// A simulated USB device in umockdev's testbed, and inside it this very test program as the program under
/// test (usb_probe_test.cpp): real finder, real USB port, real driver. What both say is heard line by line.
class UsbBench : public Child {
 public:
  /// `settings`: of the driver, as TOML lines.
  explicit UsbBench(const std::string& simulator, const std::vector<std::string>& options = {},
                    const std::string& settings = {})
      : Child(command(simulator, options), environment(settings)) {}

  /// Tells the simulator and waits until it is done.
  void order(const std::string& line) {
    tell(line);
    const auto word = line.substr(0, line.find(' '));
    if (hear("sim: " + word).empty()) throw std::runtime_error("'" + line + "' was not done:\n" + said());
  }
  /// How often a line that begins so was heard.
  [[nodiscard]] std::size_t count(const std::string& beginning) const {
    std::size_t n = said().starts_with(beginning) ? 1 : 0;
    const auto line = "\n" + beginning;
    for (auto at = said().find(line); at != std::string::npos; at = said().find(line, at + 1))
      ++n;
    return n;
  }
  /// Ends the program under test, which must go well.
  [[nodiscard]] bool quits() {
    tell("quit");
    return end() == 0 && count("over") == 1;
  }

 private:
  static std::vector<std::string> command(const std::string& simulator,
                                          const std::vector<std::string>& options) {
    std::vector<std::string> words{std::string(VIGIL_SIMULATORS) + "/" + simulator + "_simulator"};
    words.insert(words.end(), options.begin(), options.end());
    char self[4096]{};
    if (::readlink("/proc/self/exe", self, sizeof self - 1) <= 0) throw std::runtime_error("who am I?");
    words.insert(words.end(), {"--", self, "--gtest_filter=Probe.*"});
    return words;
  }
  static std::vector<std::pair<std::string, std::string>> environment(const std::string& settings) {
    // As umockdev-wrapper does; under AddressSanitizer its runtime has to come first.
    std::string preload = "libumockdev-preload.so.0";
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
      if (const auto at = line.find('/');
          at != std::string::npos && line.find("/libasan.so", at) != std::string::npos) {
        preload = line.substr(at) + ":" + preload;
        break;
      }
    return {{"LD_PRELOAD", preload},
            {"VIGIL_PROBE", settings.empty() ? " " : settings},
            {"ASAN_OPTIONS", "detect_leaks=0"}};
  }
};

}  // namespace vigil::drivers

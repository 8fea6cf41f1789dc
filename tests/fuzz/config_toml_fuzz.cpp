// links: vigil_config
// A configuration may be anything; each mistake has a place and a text, and what is accepted is in range.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vigil::config;
  static const std::vector<DriverRule> drivers{
      {"axivity", {{"rate_hz", SettingRule::Type::number, "Hz", 6, 3200, "100", ""}}},
      {"synthetic",
       {{"speed", SettingRule::Type::number, "x real time", 0.1, 1000, "1", ""},
        {"loop", SettingRule::Type::boolean, "", 0, 0, "false", ""},
        {"scene", SettingRule::Type::text, "", 0, 0, "", ""},
        {"columns", SettingRule::Type::list, "", 0, 0, "", ""}}},
  };
  const auto loaded = parse({reinterpret_cast<const char*>(data), size}, "fuzz.toml", drivers);
  for (const auto& m : loaded.mistakes)
    if (m.line == 0 || m.what.empty() || m.text().empty()) std::abort();
  if (!loaded.mistakes.empty()) return 0;
  for (const auto& b : loaded.config.beds)
    if (b.bed.empty()) std::abort();
  for (const auto& d : loaded.config.devices)
    if (d.driver.empty()) std::abort();
  return 0;
}

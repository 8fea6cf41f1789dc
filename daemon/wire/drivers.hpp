#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigil::wire {

/// A driver as people choose it: what GET /api/v1/drivers says.
struct DriverNote {
  struct Setting {
    std::string_view key, type, unit;  ///< type: "text", "number", "boolean"
    double minimum = 0, maximum = 0;   ///< numbers; alike: no range
    std::string_view fallback, help;
  };
  std::string_view name, title;
  bool choosable = false;  ///< for a serial port that no driver claims
  std::vector<Setting> settings;
};

/// {"drivers":[{"name","title","choosable","settings":[{"key","type","unit","minimum","maximum","default","help"}]}]}
std::string drivers_text(std::span<const DriverNote> drivers);

}  // namespace vigil::wire

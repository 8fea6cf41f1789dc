#pragma once
#include <map>
#include <string>

#include "drivers/driver.hpp"

namespace vigil::drivers {

/// Settings from written values; keys not written have the driver's fallback. Values are taken as validated:
/// config/ names each mistake to people, this only refuses what would be unusable.
class WrittenSettings final : public Settings {
 public:
  using Written = std::map<std::string, std::string, std::less<>>;
  /// Throws: std::invalid_argument naming key, value and what was expected, for a key the driver does not
  /// know, a number out of range or no number, a boolean that is neither true nor false.
  explicit WrittenSettings(const Driver& driver, Written written = {});

  [[nodiscard]] std::string text(std::string_view key) const override;  ///< "" when absent
  [[nodiscard]] double number(std::string_view key) const override;     ///< 0 when absent without a fallback
  [[nodiscard]] bool boolean(std::string_view key) const override;

 private:
  Written values_;
};

/// The flat `key = value` lines of a `[[device]]` table as written, quotes removed; keys every device has
/// (driver, bed, device, port) left out. For captures, which carry their device's table.
WrittenSettings::Written settings_of_table(std::string_view toml);

}  // namespace vigil::drivers

#pragma once
#include <map>
#include <string>

#include "drivers/driver.hpp"

namespace vigil::drivers {

/// One thing that a driver finds wrong in its settings, for people.
struct Wrong {
  std::string_view key;
  std::size_t element;  ///< of a list, from 1; 0: the whole
  std::string what;     ///< "expected a quantity (load, ...), found "lod""
};

/// Between the elements of a list in Written, which therefore holds none.
inline constexpr char between_elements = '\x1e';

/// The setting `stale_after_s` where the driver has one, else what the driver says.
[[nodiscard]] std::chrono::milliseconds stale_after(const Driver& driver, const Settings& settings);

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
  [[nodiscard]] std::vector<std::string> list(std::string_view key) const override;  ///< {} when absent

 private:
  Written values_;
};

/// The `key = value` lines of a `[[device]]` table as written: texts, numbers, booleans, lists of texts over
/// one or more lines; tables in it and keys every device has (driver, bed, device, port) left out. For
/// captures, which carry their device's table. What is no TOML is passed over.
WrittenSettings::Written settings_of_table(std::string_view toml);

}  // namespace vigil::drivers

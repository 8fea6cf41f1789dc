#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/instant.hpp"
#include "core/name.hpp"

namespace vigil::config {

/// A mistake in the configuration: where, what was expected.
struct Mistake {
  std::string file;
  std::uint32_t line = 0, column = 0;
  std::string key;   ///< "device[2].speed": of the second [[device]]
  std::string what;  ///< "expected a number from 0.1 to 1000 (x real time), found \"fast\""
  [[nodiscard]] std::string text() const;  ///< "vigil.toml:12:9: device[2].speed: expected ..."
};

struct DetectionSettings {  ///< mirrors bed::Settings; absent = default
  std::optional<double> present_kg, absent_kg, enter_after_s, leave_after_s, night_ends_after_min,
      minimum_night_min;
};

struct BedConfig {
  Name bed;            ///< "bed-1"
  std::string label;   ///< "Bed 1"; default: the name
  std::string person;  ///< pseudonym
  DetectionSettings detection;
};

/// What config/ must know of a driver to validate its `[[device]]` tables; filled by cli/ from the registry,
/// since config/ knows no driver.
struct SettingRule {
  std::string_view key;
  enum class Type : std::uint8_t { text, number, boolean, list } type = Type::text;
  std::string_view unit;
  double minimum = 0, maximum = 0;
  std::string_view fallback;
  std::string_view help;
};
struct DriverRule {
  struct Wrong {
    std::string key;
    std::size_t element = 0;  ///< of a list, from 1; 0: the whole
    std::string what;
  };
  /// A list's elements are joined by `between_elements`.
  using Values = std::map<std::string, std::string, std::less<>>;

  std::string_view name;
  std::vector<SettingRule> settings;
  bool port_needed = false;  ///< nothing tells it from other devices: a person must say where it is
  bool named_only = false;   ///< never taken by its kind: `device` or `port` has to name the very one
  /// What is wrong in values that are each well-formed; may be empty.
  std::function<std::vector<Wrong>(const Values&)> check{};
};
inline constexpr char between_elements = '\x1e';

struct DeviceConfig {
  Name driver;
  Name bed;              ///< empty: seen, not assigned
  std::string identity;  ///< `device = "axivity:CWA17_00123"`: what was found must be this one; may be empty
  std::string port;      ///< explicit port or file; empty: found by identity
  DriverRule::Values settings;  ///< validated, defaults filled in, numbers canonical
  std::string toml;             ///< the table as TOML text, kept with each capture
  std::uint32_t line = 0;       ///< where it says so: of `bed`, else of the table
};

struct Config {
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 8580;
  std::filesystem::path
      data;  ///< empty: --data, else $STATE_DIRECTORY, else $XDG_STATE_HOME/vigil or ~/.local/state/vigil
  std::string log_level = "info";
  bool record_raw = true;
  std::vector<BedConfig> beds;
  std::vector<DeviceConfig> devices;
};

/// Where to listen: "127.0.0.1:8580", "localhost:8580", "[::1]:8580"; port 0 is any free one.
struct Listen {
  std::string address;  ///< numeric, without brackets
  std::uint16_t port = 0;
};
/// nullopt: `what` says what was expected. Anything but loopback is refused until accounts exist.
std::optional<Listen> parse_listen(std::string_view text, std::string& what);

struct Loaded {
  Config config;
  std::vector<Mistake> mistakes;  ///< config is only to be used when empty
};
/// Never throws for what is in the text; every mistake is found in one pass. Unknown keys are mistakes and
/// name the nearest known one.
Loaded parse(std::string_view toml, std::string_view file, const std::vector<DriverRule>& drivers);
/// The settings of one device alone, as lines of its table: what a person sets without a file.
struct LoadedSettings {
  std::map<std::string, std::string, std::less<>> settings;
  std::vector<Mistake> mistakes;  ///< settings are only to be used when empty
};
LoadedSettings parse_settings(std::string_view toml, const DriverRule& driver);

/// Throws std::runtime_error when the file cannot be read.
Loaded load(const std::filesystem::path& file, const std::vector<DriverRule>& drivers);

}  // namespace vigil::config

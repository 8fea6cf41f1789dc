#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/channel.hpp"
#include "drivers/driver.hpp"
#include "drivers/line/pattern.hpp"
#include "drivers/settings.hpp"

namespace vigil::drivers::line {

/// openscale: its unit token says where everything is.
enum class Format : std::uint8_t { csv, kv, json, regex, openscale };
enum class Checksum : std::uint8_t { none, xor8, crc8, sum8 };

/// A place in a JSON object: w[2].kg
struct Step {
  std::string key;        ///< empty: an index
  std::size_t index = 0;  ///< of an array
};
inline constexpr std::size_t deepest_json = 4;

/// Where one number stands in a line.
struct Place {
  std::size_t index = 0;   ///< csv: field from 0; regex: capture from 1
  std::string key;         ///< kv
  std::vector<Step> path;  ///< json
};

/// One number of a line and what it means: value = ((number - tare) * scale + offset) * to_unit.
struct Column {
  Place place;
  double tare = 0, scale = 1, offset = 0;
  double to_unit = 1;                         ///< from the unit written to the channel's
  float minimum = 0, maximum = 0;             ///< of the value, in the channel's unit
  double lowest_count = 0, highest_count = 0; /**< the converter's ends: there it is saturated; equal: none */
};

/// The clock of the device, where it tells one.
struct Time {
  Place place;
  double tick_s = 1e-3;
  unsigned wrap_bits = 32;  ///< 0: it never wraps
};

/// Columns first .. first + channel.values() - 1 are one sample of the channel.
struct Stream {
  Channel channel;
  std::size_t first = 0;
};

/// A question to the device and the answer it must give.
struct Init {
  std::string send;
  std::optional<Pattern> expect;  ///< nullopt: none is waited for
  std::string expected;           ///< as written, for people
  std::chrono::milliseconds within{2000};
};

/// Everything that the settings say, resolved: presets filled in, texts taken apart.
struct Layout {
  std::string preset;
  Format format = Format::csv;
  Line line;
  char terminator = '\n';
  std::size_t longest = 256;
  std::string separator = ",";
  std::vector<std::string> skip;   ///< lines that begin so say nothing
  std::vector<std::string> fault;  ///< lines that hold this tell that the sensor fails
  std::size_t fields = 0;          ///< csv: of a line
  std::vector<Column> columns;     ///< grouped by channel
  std::vector<Stream> streams;
  std::optional<Time> time;
  std::optional<Pattern> pattern;
  Checksum checksum = Checksum::none;
  std::vector<Init> init;
  std::string poll;
  std::chrono::milliseconds poll_every{1000};
  std::chrono::milliseconds open_settle{2000};
  double rate_hz = 0;  ///< 0: irregular
  unsigned bad_limit = 20;
};

/// The driver's settings, for the table of drivers.
extern const std::array<Setting, 24> settings;
/// nullopt: `wrongs` names each mistake.
[[nodiscard]] std::optional<Layout> layout_of(const Settings& set, std::vector<Wrong>& wrongs);

}  // namespace vigil::drivers::line

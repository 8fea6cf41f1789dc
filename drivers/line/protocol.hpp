#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "core/sample.hpp"
#include "drivers/line/json.hpp"
#include "drivers/line/layout.hpp"

/// Sensors that print a line for each measurement: scales' boards, load cells, rows of pressure sensors.
///
///   csv        120345,512,430,0,77*30\r\n          fields from 1; *HH: a checksum of what stands before it
///   kv         HX711 reading: -123456\r\n          key : value or key = value, pairs between separators
///              one reading:\t0.1\t| average:\t0.2
///   json       {"t":1523,"w":[17.1,17.3,16.9,17.0]}
///   regex      [D][hx711:031]: 'bed': Got value 8123456
///   openscale  [ms,]reading,lbs|kg,[raw,][local C,][remote C|0,]\r\n   with a comma at the end
///
/// A line ends with LF (CRs before it are dropped) or CR; escape sequences of colours are taken out. What
/// came before the first end of a line is the rest of one and never read. A line of which one number cannot
/// be read gives nothing at all; only a load cell among several that says "nan", is saturated or out of its
/// range is NaN alone.
///
/// Checksums: xor8, sum8 (mod 256) and crc8 (polynomial 07, start 00) of all bytes before the '*', as NMEA
/// does without a leading '$'. Which crc8 a firmware means is not settled anywhere: this is the plainest one.
/// An xor does not see a line torn where the bytes before cancel out: "1203" of a time; its clock does.
/// Without a checksum a damaged digit is a digit: what may slip through is a number between the column's min
/// and max; a lost or doubled separator, letter or end of line is seen.
///
/// Sources: sparkfun/OpenScale @7c0e0191 (beerware); bogde/HX711 @be5e3d25 (MIT), its examples;
/// esphome/esphome
/// @33fdbbe3, whose wording changes between releases: `pattern` overrides it. A HX711 is saturated at 7FFFFF
/// and 800000. Confidence: high for OpenScale and HX711, whose code prints just this; the rest is the
/// configuration's word.
namespace vigil::drivers::line {

/// What one line says.
struct Record {
  enum class Kind : std::uint8_t {
    values,  ///< of all columns
    bad,     ///< none; `why` says what is wrong
    fault,   ///< the sensor says that it fails
    other    ///< nothing that was to be read: a greeting, another sensor's log
  };
  Kind kind = Kind::other;
  Reject why{};
  std::string_view text{};          ///< the line as read; borrowed until the next call
  std::optional<double> time{};     ///< in ticks of Layout::time
  std::span<const float> values{};  ///< one a column, in its channel's unit; borrowed; NaN: a cell without
  std::size_t without = 0;          ///< how many columns have none
  std::size_t first_without = 0;
  bool odd_bytes = false;  ///< NUL, control characters or bytes >= 80 are in it
};

/// Takes bytes as they come, gives records. Allocates only when made (and what a regular expression or a JSON
/// parser needs).
class Decoder {
 public:
  /// `layout` is borrowed for life.
  explicit Decoder(const Layout& layout);

  /// The next line in `bytes`, which is advanced; nullopt when they are used up.
  std::optional<Record> next(std::span<const std::byte>& bytes);
  /// The line has been quiet: what comes next begins a line.
  void begin_line() noexcept {
    size_ = dropped_ = 0;
    dropping_ = odd_ = false;
  }

 private:
  Record read();
  Record read_line(std::string_view line);
  /// The numbers of the columns, then of the time. Error: why the line is not believed.
  boost::system::result<void, Reject> gather(std::string_view line, bool& other);
  boost::system::result<void, Reject> gather_csv(std::string_view line);
  boost::system::result<void, Reject> gather_kv(std::string_view line);
  boost::system::result<void, Reject> gather_json(std::string_view line);
  boost::system::result<void, Reject> gather_regex(std::string_view line, bool& other);
  boost::system::result<void, Reject> gather_openscale(std::string_view line, bool& other);
  boost::system::result<void, Reject> take_texts();

  const Layout& layout_;
  std::vector<char> line_;
  std::size_t size_ = 0, dropped_ = 0;
  bool dropping_ = true, odd_ = false;
  std::vector<const Place*> places_;     ///< of the columns, then of the time
  std::vector<std::string_view> texts_;  ///< the same order
  std::vector<double> numbers_;
  std::vector<std::size_t>
      at_field_;  ///< csv: the first place of each field, then the next of the same field
  std::vector<std::size_t> next_place_;
  std::vector<Reject> troubles_;  ///< of a number that is none, though the line is whole
  std::vector<char> found_;
  std::vector<std::string_view> captures_;
  std::unique_ptr<bool[]> json_found_;
  std::vector<float> values_;
  double unit_kg_ = 1;  ///< OpenScale: of this line
  std::array<std::size_t, 2> shape_{}, other_shape_{};
  unsigned other_shapes_ = 0;
};

}  // namespace vigil::drivers::line

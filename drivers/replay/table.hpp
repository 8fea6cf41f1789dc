#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/channel.hpp"
#include "core/instant.hpp"
#include "core/sample.hpp"
#include "drivers/replay/recording.hpp"

/// Tables of text: a header that names each column with its unit, then a row a moment. Pure: lines in, values
/// out.
///
///   t_s | t (ISO 8601)     load_kg  x_g,y_g,z_g  counts  heart_bpm  breath_rpm  occupied  cell_0..cell_N
///
/// Other columns are ignored; an empty field, NaN or NA is "not measured". Comma, semicolon, tab or blanks
/// separate.
namespace vigil::drivers::replay {

/// UTC; where the text names no zone it is taken as UTC, offset 0. "2012-06-27T10:54:00.5+02:00", "2012-06-27
/// 10:54:00".
[[nodiscard]] std::optional<WallTime> parse_iso(std::string_view text) noexcept;
[[nodiscard]] std::optional<double> parse_number(std::string_view text) noexcept;

/// Whole-file interpretation decided from the preset, the options and the first line.
class Table {
 public:
  /// Throws: std::invalid_argument (without file and line) when the options name what cannot be.
  explicit Table(const Options& options);

  /// Gives it the file's first lines until it says true: the header is understood. Throws:
  /// std::invalid_argument.
  bool header(std::string_view line);
  /// There was no header: the line that header() understood is a row as well.
  [[nodiscard]] bool first_line_is_row() const noexcept { return time_kind_ == TimeKind::row_number; }

  struct Mistake {
    Reject reason{};
    std::string what;
  };
  /// Takes a row. false: nothing in it (blank, a title, another sensor's row) or a mistake, then said in
  /// mistake().
  bool row(std::string_view line);
  [[nodiscard]] const std::optional<Mistake>& mistake() const noexcept { return mistake_; }
  /// The row's moment: since the epoch if absolute(), else since the file's own zero. Microseconds.
  [[nodiscard]] std::chrono::microseconds time() const noexcept { return time_; }
  [[nodiscard]] bool absolute() const noexcept { return absolute_; }
  [[nodiscard]] std::chrono::minutes offset() const noexcept { return offset_; }
  /// Relative tables that know their start nevertheless (bed_imu: from its first row).
  [[nodiscard]] const std::optional<WallTime>& known_start() const noexcept { return known_start_; }

  [[nodiscard]] const std::vector<Channel>& channels() const noexcept { return channels_; }
  /// Values of channel c in the row just taken; empty: not measured.
  [[nodiscard]] std::span<const float> values(std::size_t channel) const noexcept;

 private:
  enum class TimeKind : std::uint8_t {
    none,
    seconds,
    iso,
    milliseconds,
    epoch_800ms,
    mmash,
    row_number,
    us_date_time
  };
  struct Binding {
    std::size_t first_column = 0;          ///< of consecutive values, or:
    std::array<std::size_t, 3> columns{};  ///< acceleration
    std::vector<std::size_t> cells;        ///< pressure
    double scale = 1;
    bool zero_is_absent = false;
  };
  [[nodiscard]] std::optional<std::size_t> column(std::string_view ours) const;
  [[nodiscard]] std::size_t need(std::string_view name) const;
  void bind(const Channel& channel, Binding binding);
  void bind_generic();
  void bind_preset(std::string_view line);
  void split(std::string_view line);
  bool read_time();
  bool fail(Reject reason, std::string what);

  Options options_;
  char separator_ = ',';
  std::vector<std::string> names_;
  std::vector<std::string_view> fields_;
  std::string unquoted_;
  TimeKind time_kind_ = TimeKind::none;
  std::size_t time_column_ = 0, date_column_ = 0;
  bool absolute_ = false;
  std::chrono::minutes offset_{};
  std::optional<WallTime> known_start_;
  std::vector<std::size_t> start_columns_;
  std::chrono::microseconds time_{};
  std::uint64_t rows_ = 0;
  std::vector<Channel> channels_;
  std::vector<Binding> bindings_;
  std::vector<std::vector<float>> values_;
  std::vector<bool> present_;
  std::optional<Mistake> mistake_;
};

}  // namespace vigil::drivers::replay

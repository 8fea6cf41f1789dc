#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/channel.hpp"
#include "core/instant.hpp"
#include "core/name.hpp"
#include "core/sample.hpp"

namespace vigil::drivers::replay {

/// How a file is to be read where it does not say so itself.
struct Options {
  std::string preset;  ///< one of presets(); empty: by its content and header
  std::map<std::string, std::string>
      columns;  ///< ours -> the file's: {"t", "timestamp"}, {"counts", "axis1"}
  std::optional<std::pair<std::uint16_t, std::uint16_t>> cells;  ///< rows, columns of cell_0..N
  std::optional<WallTime> start;                                 ///< of a file whose times are relative
};
/// From what a person wrote: "32x64", "t=timestamp,counts=axis1", "2026-11-22T22:00:00+01:00"; empty: not
/// given. Throws: std::invalid_argument naming what was expected and found.
Options options(const std::string& preset, const std::string& cells, const std::string& map,
                const std::string& start);
/// The names of the presets, for help.
std::span<const std::string_view> presets();

/// A recorded night (or any other file of samples), read sample by sample as fast as it is asked for.
/// Not thread-safe.
class Recording {
 public:
  virtual ~Recording() = default;

  /// All channels so far; those of a capture may grow with next(), never change. ChannelIndex counts them.
  [[nodiscard]] const std::vector<Channel>& channels() const noexcept { return channels_; }
  /// The next sample, in order of time for each channel; nullopt at the end. `at` counts from the recording's
  /// start. The values are valid until the next call.
  virtual std::optional<Sample> next() = 0;
  /// From the first to the last sample, without reading on; costs a pass over the file for some.
  [[nodiscard]] virtual Duration duration() const = 0;

  /// When `at` 0 was; nullopt: the file does not say, and neither did the options.
  [[nodiscard]] const std::optional<WallTime>& start() const noexcept { return start_; }
  [[nodiscard]] const std::string& what() const noexcept { return what_; }  ///< for people
  [[nodiscard]] const Name& device() const noexcept { return device_; }     ///< "axivity:CWA17_00123", "file"
  [[nodiscard]] bool simulated() const noexcept { return simulated_; }
  [[nodiscard]] Duration stale_after() const noexcept { return stale_after_; }
  [[nodiscard]] const std::array<std::uint64_t, reject_count>& rejects() const noexcept { return rejects_; }
  /// What a person should know, with line or block numbers: "night.csv:17: load_kg: expected a number, found
  /// 'x'". At most 20, then only counted. Complete once next() gave nullopt.
  [[nodiscard]] const std::vector<std::string>& remarks() const noexcept { return remarks_; }

 protected:
  void reject(Reject reason, std::uint64_t count = 1) noexcept {
    rejects_[static_cast<std::size_t>(reason)] += count;
  }
  void remark(std::string text) {
    if (remarks_.size() < 20) remarks_.push_back(std::move(text));
  }

  std::vector<Channel> channels_;
  std::optional<WallTime> start_;
  std::string what_;
  Name device_ = "file";
  bool simulated_ = false;
  Duration stale_after_ = std::chrono::seconds(3);
  std::array<std::uint64_t, reject_count> rejects_{};
  std::vector<std::string> remarks_;
};

/// Opens a file of any kind: Vigil capture, CWA, EDF(+), AWD, CSV or preset (plain or gzip).
/// Throws: std::runtime_error "FILE[:LINE]: what was expected, what was found".
std::unique_ptr<Recording> open(const std::filesystem::path& file, const Options& options = {});
/// Captures of one device that follow one another (the recorder rolls over every hour), as one recording;
/// other files must be alone. Throws as above.
std::unique_ptr<Recording> open(const std::vector<std::filesystem::path>& files, const Options& options = {});
/// Which of these files belong together for open(): captures of one device, in order of time; others alone.
/// Files that cannot be read stay alone, for open() to say why.
std::vector<std::vector<std::filesystem::path>> group(const std::vector<std::filesystem::path>& files);

}  // namespace vigil::drivers::replay

#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acquire/admit.hpp"
#include "bed/bed.hpp"
#include "core/instant.hpp"
#include "core/name.hpp"
#include "drivers/replay/recording.hpp"

namespace CLI {
class App;
}

namespace vigil::cli {

/// Which recordings, and how they are read where they do not say so themselves.
struct PlayingOptions {
  std::vector<std::string> files;
  std::string cells, map, preset, start;
  Name bed = "bed-1";
};
/// The options --cells, --map, --preset and --start of a subcommand.
void add_playing_options(CLI::App& command, PlayingOptions& options);

/// Recordings of one bed, merged by time, played through the stages that run live. `at` counts from the start
/// of the first.
class Playing {
 public:
  /// Opens them. Throws: Refused.
  explicit Playing(const PlayingOptions& options);

  /// When `at` 0 was; where nothing says so, the first of January 2000.
  [[nodiscard]] WallTime start() const noexcept;
  [[nodiscard]] bool start_known() const noexcept { return start_.has_value(); }
  [[nodiscard]] WallTime wall(Instant t) const noexcept {
    return start() + std::chrono::duration_cast<std::chrono::microseconds>(t.since_boot);
  }
  [[nodiscard]] bool simulated() const noexcept;

  struct Hearing {
    std::function<void(bed::Output&)> said;     ///< after each tick, with what came of it
    std::function<void(Duration)> due = {};     ///< before it, with the time since the first sample
    Duration settle = std::chrono::seconds(1);  ///< of silence behind the end, by which all is decided
  };
  /// To the end, as fast as they can be read. Throws: Refused.
  void play(const Hearing& hearing);
  [[nodiscard]] bed::NightSoFar night() const { return bed_.night(); }
  /// From the first sample to the last; complete after play().
  [[nodiscard]] Instant first() const noexcept { return first_.value_or(Instant{}); }
  [[nodiscard]] Instant last() const noexcept { return last_; }
  void expect_samples() const;  ///< after play(). Throws: Refused when there was none
  /// What was not believed or could not be read, a line each; complete after play().
  [[nodiscard]] std::vector<std::string> remarks() const;

 private:
  /// One recording on its way into the bed.
  struct Source {
    std::string name;
    std::unique_ptr<drivers::replay::Recording> recording;
    Duration after{};  ///< its start since that of the first
    std::optional<Sample> next;
    std::vector<acquire::Admit> admit;
    std::vector<ChannelIndex> at_bed;
    std::array<std::uint64_t, reject_count> rejects{};
    std::uint64_t samples = 0;

    [[nodiscard]] Instant at() const { return next->at + after; }
  };
  void align();
  void attach(Source& source);

  std::vector<Source> sources_;
  std::optional<WallTime> start_;
  bed::Bed bed_;
  std::optional<Instant> first_;
  Instant last_;
};

}  // namespace vigil::cli

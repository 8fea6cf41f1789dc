#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/hypnogram.hpp"

/// Between the formats of a hypnogram and its epochs: what all of them come to.
namespace vigil::wire::hypnogram {

/// A stage and how long it holds.
struct Run {
  double onset_s = 0;
  std::optional<double> duration_s;  ///< not told: until the next
  EpochState state = EpochState::unknown;
  std::string where;  ///< "17" (a line), "annotation at +30 s"
};

struct Runs {
  std::string format;
  Hypnogram::Clock clock = Hypnogram::Clock::relative;
  std::chrono::microseconds zero{};  ///< what onsets count from, as Hypnogram::start
  std::vector<Run> stages;
  std::vector<Run> artefacts;  ///< laid over the stages: what they cover half of is unknown
  std::optional<double> lights_out_s, lights_on_s;
  std::vector<std::string> remarks;
};

/// Throws as read_hypnogram, with "NAME:" before `where`.
Hypnogram epochs_of(std::string_view name, Runs runs);

Runs read_csv(std::string_view name, std::string_view text, std::optional<double> epoch_s);
Runs read_xml(std::string_view name, std::span<const std::byte> file);

/// A finite number and nothing else.
std::optional<double> number_of(std::string_view text);
/// Without blanks at both ends.
std::string_view trimmed(std::string_view text);
/// For what is wrong: printable, short.
std::string shown(std::string_view text);
std::string shown(double value);

}  // namespace vigil::wire::hypnogram

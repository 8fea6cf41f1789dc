#pragma once
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/event.hpp"
#include "core/reading.hpp"
#include "sleep/oakley.hpp"

/// A whole record scored by a published method, as a lab would with its own tool. Each method is defined on
/// epochs of certain lengths; shorter ones are added up to the next of them.
namespace vigil::sleep {

enum class Method : std::uint8_t { cole_kripke, sadeh, scripps, oakley, sazonov };

std::optional<Method> method_of(std::string_view name) noexcept;
const Algorithm& algorithm(Method method);
/// The lengths of epochs a method is defined on, in seconds, the longest first: cole_kripke 60 30 10 (the
/// last two by the largest of each minute), sadeh 60, scripps 30, oakley 60 30, sazonov 60.
std::span<const int> epochs_s(Method method) noexcept;
/// What its score is, for people: "D, sleep below 1".
std::string_view score_is(Method method) noexcept;

/// Counts a second apart by `epoch_s` from the record's start; NaN where not known.
struct Counts {
  double epoch_s = 60;
  std::vector<float> counts;
};
/// The same in epochs `whole` times as long; unknown where one of them is.
Counts summed(const Counts& counts, std::size_t whole);
/// As the method wants them: the shortest of its lengths that is a whole number of the record's. nullopt:
/// none is.
std::optional<Counts> fit(Method method, const Counts& counts);

struct ScoredEpoch {
  EpochState state = EpochState::unknown;
  std::optional<double> score;
};
struct ScoredRecord {
  double epoch_s = 60;
  std::vector<ScoredEpoch> epochs;
};
/// What of a method its authors leave to who uses it.
struct Tuning {
  oakley::Threshold threshold = oakley::Threshold::medium;  ///< oakley's alone
  std::optional<double> scale;  ///< counts are multiplied by it; nullopt: default_scale()
};
/// sazonov .01 (ActiGraph's axis-1 counts / 100: see sazonov.hpp), others 1: cole_kripke's form for 60-s
/// epochs and sadeh take ActiGraph's counts as they are, every other form those of its authors' device.
double default_scale(Method method) noexcept;
/// `counts` as fit() gives them. An epoch whose own count is not known is unknown; as a neighbour it counts
/// as 0, as beyond the record's ends. cole_kripke scores minutes whatever its epochs. `webster`: rescored by
/// his rules, minutes only.
ScoredRecord score(Method method, const Counts& counts, bool webster = false, const Tuning& tuning = {});

}  // namespace vigil::sleep

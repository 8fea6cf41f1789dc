#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bed/bed.hpp"
#include "drivers/synthetic/physiology.hpp"

/// A simulated night played through a whole bed, with the truth beside what the bed made of it.
namespace vigil::detection {

/// What the bed is given. `scale`: one load at 20 Hz. `wrist`: acceleration at 30 Hz. `all`: four load cells
/// at 125 Hz, hence breath and heart, and the wrist. `counts`: the wrist's counts a minute, as another
/// maker's device gives them. `cells`: the four load cells alone. `known`: as all, but of a person whose own
/// heart and breath were learned the night before.
enum class Sensors : std::uint8_t { scale, wrist, all, counts, cells, known };
inline constexpr std::array<std::string_view, 6> sensors_names{
    "scale only",           "actigraphy only", "both, with breath and heart",
    "counts a minute only", "load cells only", "both, the person known by a night"};

/// The truth of a second, its majority; and what it is called among the hidden states is the fit's business.
struct True {
  drivers::synthetic::Truth truth{};
  bool moving = false, fidgety = false, arousal = false;
};

struct Played {
  std::vector<True> truth;          ///< second k ends at (k + 1) s
  std::vector<sleep::Clues> clues;  ///< of the same seconds
  std::vector<float> p_asleep;      ///< live; -1 where nothing was told
  std::vector<Event> events;
  std::vector<Epoch> epochs;
  std::vector<Rescore> rescores;
};

/// From `person`'s start for a night and two hours of the day after; of a known person the second such night.
Played play(const drivers::synthetic::Person& person, Sensors sensors);

/// The truth by 30-s epochs from the start: wake where 15 s or more were not asleep.
std::vector<EpochState> true_epochs(const std::vector<True>& truth);

}  // namespace vigil::detection

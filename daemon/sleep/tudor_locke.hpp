#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/reading.hpp"

/// Tudor-Locke, Barreira, Schuna et al. 2014 (Appl Physiol Nutr Metab 39:753), as ActiLife 6 applies it:
/// times in bed from scored minutes. A period begins with the first of so many minutes of sleep in a row and
/// ends with the first of so many minutes of wake (or of what is not known) in a row; one that the record's
/// end cuts off is none. Agrees with ActiLife's ten periods of its own day under three settings.
namespace vigil::sleep::tudor_locke {

struct Rule {
  int begins_after_min = 5;  ///< minutes of sleep in a row
  int ends_after_min = 10;   ///< minutes of wake in a row
  int shortest_min = 160;    ///< a shorter period is none
  int longest_min = 1440;    ///< a longer one is none
  int least_moving_min = 0;  ///< with fewer minutes of any counts the sensor was not worn
};

struct Period {
  std::size_t from = 0, to = 0;  ///< minutes of the record, `to` not in it
  bool operator==(const Period&) const = default;
};

/// `counts` as long as `minutes`; only looked at for `least_moving_min`.
std::vector<Period> periods(std::span<const EpochState> minutes, std::span<const float> counts,
                            const Rule& rule = {});

}  // namespace vigil::sleep::tudor_locke

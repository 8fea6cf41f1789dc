#pragma once
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "drivers/line/layout.hpp"

namespace vigil::drivers::line {

enum class Json : std::uint8_t {
  object,     ///< read; what is not there is not found
  malformed,  ///< no JSON object, deeper than deepest_json, or a place given twice
};

/// The numbers at `places` in one JSON object; unknown keys are passed over. A null is no number, and told
/// so.
struct JsonNumbers {
  std::span<const Place* const> places;
  std::span<double> numbers;  ///< as many as places; NaN: null
  std::span<bool> found;
};
[[nodiscard]] Json read_json(std::string_view line, JsonNumbers& into);

}  // namespace vigil::drivers::line

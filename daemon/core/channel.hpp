#pragma once
#include <cstdint>
#include <string_view>

namespace vigil {

/// What a channel measures. The unit follows from it; nothing else states one.
enum class Quantity : std::uint8_t {
  load,  ///< kg on the bed (or on one sensor of it), tare included; 1 x n: one value a cell, NaN for a
         ///< cell without a number
  acceleration,  ///< g, three axes x y z of a worn sensor
  counts,        ///< actigraphy counts of one epoch, unitless
  heart_rate,    ///< beats/min
  breath_rate,   ///< breaths/min
  occupancy,     ///< 0 empty, 1 occupied, as the sensor itself says
  pressure,      ///< raw pressure image, sensor counts, rows x columns, row-major
  motion,        ///< how much the person moves, 0 to 100, as the sensor itself says
  button,        ///< a press, as core/press.hpp counts its stages
};

constexpr std::string_view name(Quantity q) noexcept {
  switch (q) {
    case Quantity::load:
      return "load";
    case Quantity::acceleration:
      return "acceleration";
    case Quantity::counts:
      return "counts";
    case Quantity::heart_rate:
      return "heart_rate";
    case Quantity::breath_rate:
      return "breath_rate";
    case Quantity::occupancy:
      return "occupancy";
    case Quantity::pressure:
      return "pressure";
    case Quantity::motion:
      return "motion";
    case Quantity::button:
      return "button";
  }
  return "?";
}

constexpr std::string_view unit(Quantity q) noexcept {
  switch (q) {
    case Quantity::load:
      return "kg";
    case Quantity::acceleration:
      return "g";
    case Quantity::heart_rate:
    case Quantity::breath_rate:
      return "/min";
    case Quantity::counts:
    case Quantity::occupancy:
    case Quantity::pressure:
    case Quantity::motion:
    case Quantity::button:
      return "";
  }
  return "";
}

/// One stream of samples of one device, as the driver announces it. A sample holds rows * columns values.
struct Channel {
  Quantity quantity{};
  std::uint16_t rows = 1;
  std::uint16_t columns = 1;  ///< acceleration: 1 x 3
  float rate_hz = 0;          ///< nominal; 0 = irregular (a scale that reports on change)
  float minimum = 0;          ///< what is physically possible on this sensor; outside is rejected
  float maximum = 0;
  float epoch_s = 0;  ///< counts only: the epoch length each value stands for

  bool operator==(const Channel&) const = default;
  [[nodiscard]] constexpr std::size_t values() const noexcept { return std::size_t{rows} * columns; }
};

}  // namespace vigil

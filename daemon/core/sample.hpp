#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "core/instant.hpp"

namespace vigil {

/// The place of a channel: within its device when the driver announces it, within its bed once assigned.
using ChannelIndex = std::uint16_t;

/// One sample of one channel. The values are borrowed: valid only during the call that passes the sample.
struct Sample {
  ChannelIndex channel = 0;
  Instant at;                     ///< when it arrived (or, from a file, when it was recorded)
  std::span<const float> values;  ///< Channel::values() of them, in the channel's unit
};

/// Why bytes or a sample were not believed: a closed set, counted per device and reason.
enum class Reject : std::uint8_t {
  framing,       ///< no packet or line could be found in these bytes
  checksum,      ///< a checksum or block sum is wrong
  length,        ///< a report or line of the wrong length or number of fields
  syntax,        ///< not a number where one was expected
  range,         ///< a value the sensor cannot produce
  stale_first,   ///< the first report after opening, which may be an old one
  sensor_fault,  ///< the sensor itself says that its value is invalid
  overload,      ///< the sensor says that it is beyond its limit
  unit,          ///< a unit that is unknown or cannot be converted
  order,         ///< older than a sample already seen
  flood,         ///< more than the device can plausibly produce
};
inline constexpr std::size_t reject_count = 11;

constexpr std::string_view name(Reject r) noexcept {
  switch (r) {
    case Reject::framing:
      return "framing";
    case Reject::checksum:
      return "checksum";
    case Reject::length:
      return "length";
    case Reject::syntax:
      return "syntax";
    case Reject::range:
      return "range";
    case Reject::stale_first:
      return "stale_first";
    case Reject::sensor_fault:
      return "sensor_fault";
    case Reject::overload:
      return "overload";
    case Reject::unit:
      return "unit";
    case Reject::order:
      return "order";
    case Reject::flood:
      return "flood";
  }
  return "?";
}

}  // namespace vigil

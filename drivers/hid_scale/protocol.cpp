#include "drivers/hid_scale/protocol.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace vigil::drivers::hid_scale {
namespace {

constexpr int largest_exponent = 6;
/// Beyond this nothing is a bed's load (a tonne and its exponent can say more than a floor bears).
constexpr double largest_kg = 5000;

}  // namespace

std::optional<Unit> unit_of(std::string_view name) noexcept {
  constexpr std::array<std::pair<std::string_view, Unit>, 11> names{{{"mg", Unit::milligram},
                                                                     {"g", Unit::gram},
                                                                     {"kg", Unit::kilogram},
                                                                     {"carat", Unit::carat},
                                                                     {"grain", Unit::grain},
                                                                     {"dwt", Unit::pennyweight},
                                                                     {"t", Unit::tonne},
                                                                     {"ton", Unit::short_ton},
                                                                     {"ozt", Unit::troy_ounce},
                                                                     {"oz", Unit::ounce},
                                                                     {"lb", Unit::pound}}};
  const auto found = std::ranges::find(names, name, &std::pair<std::string_view, Unit>::first);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

std::optional<double> kilograms(Unit unit) noexcept {
  switch (unit) {
    case Unit::milligram:
      return 1e-6;
    case Unit::gram:
      return 1e-3;
    case Unit::kilogram:
      return 1;
    case Unit::carat:
      return 0.0002;
    case Unit::grain:
      return 6.479891e-5;
    case Unit::pennyweight:
      return 1.55517384e-3;
    case Unit::tonne:
      return 1000;
    case Unit::short_ton:
      return 907.18474;
    case Unit::troy_ounce:
      return 0.0311034768;
    case Unit::ounce:
      return 0.028349523125;
    case Unit::pound:
      return 0.45359237;
    case Unit::tael:
      break;
  }
  return std::nullopt;
}

boost::system::result<float, Reject> decode(std::span<const std::byte> report, const Force& force) noexcept {
  if (report.size() != report_size) return Reject::length;
  const auto byte = [&](std::size_t i) { return std::to_integer<std::uint8_t>(report[i]); };
  if (byte(0) != 3 && byte(0) != 4) return Reject::framing;
  bool negative = false;
  switch (byte(1)) {
    case 2:
    case 3:
    case 4:
      break;
    case 5:
      negative = true;
      break;
    case 6:
      return Reject::overload;
    case 1:
    case 7:
    case 8:
      return Reject::sensor_fault;
    default:
      return Reject::syntax;
  }
  const auto unit = force.unit ? kilograms(*force.unit) : kilograms(static_cast<Unit>(byte(2)));
  if (!unit) return Reject::unit;
  const int exponent = force.exponent.value_or(static_cast<std::int8_t>(byte(3)));
  if (std::abs(exponent) > largest_exponent) return Reject::range;
  const double weight = static_cast<double>(byte(4) | byte(5) << 8);
  const double kg = weight * std::pow(10.0, exponent) * *unit;
  if (kg > largest_kg) return Reject::range;
  return static_cast<float>(negative ? -kg : kg);
}

void Habit::heard(std::span<const std::byte> report) noexcept {
  if (report.size() != report_size) return;
  if (any_ && std::ranges::equal(report, last_)) repeats_ = std::min(repeats_ + 1, repeats_enough);
  any_ = true;
  std::ranges::copy(report, last_.begin());
  if (report[0] == std::byte{3} || report[0] == std::byte{4}) id_ = std::to_integer<std::uint8_t>(report[0]);
}

void Habit::asked(std::span<const std::byte> answer) noexcept {
  if (answer.size() != report_size) answers_ = false;
}

}  // namespace vigil::drivers::hid_scale

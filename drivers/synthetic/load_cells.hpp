#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "drivers/synthetic/random.hpp"
#include "drivers/synthetic/vitals.hpp"

namespace vigil::drivers::synthetic {

/// What four load cells under a bed's legs show of the bodies in it, 125 times a second. Made to be humbling,
/// not to be pretty (amplitudes by orders of magnitude as published for bed load cells; none of it is a claim
/// about a person):
/// - breathing shifts the weight between the legs by 15 to 60 g a cell, in opposite directions
/// - each heart beat rings at about 5.5 and 3.5 Hz with 5 to 18 g a cell
/// - 6 g of white noise and a slow drift a cell
/// - a movement swings all cells, each by its own share; a turn shifts the weight and changes every gain
class LoadCells {
 public:
  static constexpr double rate_hz = 125;
  static constexpr std::size_t count = 4;
  using Kg = std::array<float, count>;

  /// A body at one moment.
  struct Body {
    double on = 0;  ///< 0 out of bed, 1 in it
    double weight_kg = 0;
    double swing_kg = 0;  ///< what a movement adds now
    bool turns = false;   ///< a turn is going on
    double breath = 0;    ///< Vitals::breath
    const std::array<Vitals::Beat, 2>* beats = nullptr;
  };

  explicit LoadCells(std::uint64_t seed);
  /// At `at_s` since the generator's start; `rumble_kg`: of the house. `other.beats` is null where there is
  /// none.
  Kg step(const Body& body, const Body& other, double rumble_kg, double at_s);

 private:
  /// How one body lies on the cells.
  struct Lying {
    std::array<double, count> share{}, share_now{}, swing{}, breath_kg{}, heart_kg{}, late_kg{};
    bool was_on = false, was_turning = false;
  };
  void lie(Lying& lying);  ///< draws a new position
  void add(const Body& body, Lying& lying, double at_s, std::array<double, count>& kg);

  Random random_;
  std::array<double, count> tare_{}, drift_{};
  Lying one_, other_;
};

}  // namespace vigil::drivers::synthetic

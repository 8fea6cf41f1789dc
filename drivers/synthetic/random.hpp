#pragma once
#include <array>
#include <cstdint>

namespace vigil::drivers::synthetic {

/// xoshiro256** (Blackman and Vigna 2018) with its own distributions: the standard library's differ from one
/// implementation to the next, and a night must repeat exactly.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept;
  std::uint64_t bits() noexcept;
  double uniform() noexcept;                         ///< [0, 1)
  double uniform(double low, double high) noexcept;  ///< [low, high)
  double normal() noexcept;                          ///< mean 0, deviation 1
  double exponential(double mean) noexcept;
  /// P(> t) = (t / shortest)^-exponent, cut off at `longest`.
  double pareto(double shortest, double exponent, double longest) noexcept;
  bool chance(double probability) noexcept { return uniform() < probability; }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace vigil::drivers::synthetic

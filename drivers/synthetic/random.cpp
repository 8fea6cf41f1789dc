#include "drivers/synthetic/random.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::drivers::synthetic {
namespace {

constexpr std::uint64_t rotated(std::uint64_t x, int k) noexcept { return (x << k) | (x >> (64 - k)); }

}  // namespace

Random::Random(std::uint64_t seed) noexcept : state_{} {
  for (auto& word : state_) {  // splitmix64, as its authors recommend for seeding
    seed += 0x9E3779B97F4A7C15U;
    auto z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    word = z ^ (z >> 31);
  }
}

std::uint64_t Random::bits() noexcept {
  const auto result = rotated(state_[1] * 5, 7) * 9;
  const auto t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotated(state_[3], 45);
  return result;
}

double Random::uniform() noexcept { return static_cast<double>(bits() >> 11) * 0x1p-53; }
double Random::uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }
double Random::exponential(double mean) noexcept { return -mean * std::log1p(-uniform()); }

double Random::normal() noexcept {
  // Sum of four uniforms, scaled: its tails end at 3.5 deviations, as a sensor's noise does; no rejection
  // loop.
  const auto b = bits();
  const auto sum = static_cast<double>(b & 0xFFFF) + static_cast<double>((b >> 16) & 0xFFFF) +
                   static_cast<double>((b >> 32) & 0xFFFF) + static_cast<double>(b >> 48);
  return (sum / 65535.0 - 2.0) * 1.7320508075688772;
}

double Random::pareto(double shortest, double exponent, double longest) noexcept {
  return std::min(longest, shortest * std::pow(1 - uniform(), -1 / exponent));
}

}  // namespace vigil::drivers::synthetic

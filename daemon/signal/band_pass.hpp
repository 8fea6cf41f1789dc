#pragma once
#include <array>
#include <cstddef>

namespace vigil::signal {

/// Band-pass of three axes at once: a second-order Butterworth high-pass and a second-order Butterworth
/// low-pass, both as trapezoidal state-variable filters, whose states stay small and exact in float even
/// where the corner is a thousandth of the rate. A corner above 0.45 of the rate is set there.
class BandPass3 {
 public:
  BandPass3(double rate_hz, double low_hz, double high_hz) noexcept;

  using Axes = std::array<float, 4>;  ///< x y z and one unused lane, so that a register holds them

  /// In the unit of the input.
  [[nodiscard]] Axes step(const Axes& in) noexcept {
    Axes out;
#pragma GCC ivdep
    for (std::size_t i = 0; i < 4; ++i) {
      const float v3 = in[i] - h2_[i];
      const float v1 = high_.a1 * h1_[i] + high_.a2 * v3;
      const float v2 = h2_[i] + high_.a2 * h1_[i] + high_.a3 * v3;
      h1_[i] = 2 * v1 - h1_[i];
      h2_[i] = 2 * v2 - h2_[i];
      const float passed = in[i] - high_.k * v1 - v2;
      const float w3 = passed - l2_[i];
      const float w1 = low_.a1 * l1_[i] + low_.a2 * w3;
      const float w2 = l2_[i] + low_.a2 * l1_[i] + low_.a3 * w3;
      l1_[i] = 2 * w1 - l1_[i];
      l2_[i] = 2 * w2 - l2_[i];
      out[i] = w2;
    }
    return out;
  }
  /// As though `in` had lasted for ever: the next output is 0.
  void settle(const Axes& in) noexcept {
    h1_ = {}, h2_ = in;
    l1_ = {}, l2_ = {};
  }

 private:
  struct Section {
    float k = 0, a1 = 0, a2 = 0, a3 = 0;
  };
  static Section section(double rate_hz, double corner_hz) noexcept;

  Section high_, low_;
  Axes h1_{}, h2_{}, l1_{}, l2_{};
};

}  // namespace vigil::signal

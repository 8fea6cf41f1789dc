#pragma once
#include <cstddef>

namespace vigil::signal {

/// x y z and one unused lane: one register of floats, added and multiplied lane by lane.
using Axes = float __attribute__((vector_size(16)));

/// Band-pass of three axes at once: a second-order Butterworth high-pass and a second-order Butterworth
/// low-pass, both as trapezoidal state-variable filters, whose states stay small and exact in float even
/// where the corner is a thousandth of the rate. A corner above 0.45 of the rate is set there.
class BandPass3 {
 public:
  BandPass3(double rate_hz, double low_hz, double high_hz) noexcept;

  /// In the unit of the input.
  [[nodiscard]] Axes step(Axes in) noexcept {
    const Axes v3 = in - h2_;
    const Axes v1 = high_.a1 * h1_ + high_.a2 * v3;
    const Axes v2 = h2_ + high_.a2 * h1_ + high_.a3 * v3;
    h1_ = 2 * v1 - h1_ + not_denormal;
    h2_ = 2 * v2 - h2_;
    const Axes w3 = in - high_.k * v1 - v2 - l2_;
    const Axes w1 = low_.a1 * l1_ + low_.a2 * w3;
    const Axes w2 = l2_ + low_.a2 * l1_ + low_.a3 * w3;
    l1_ = 2 * w1 - l1_ + not_denormal;
    l2_ = 2 * w2 - l2_;
    return w2;
  }
  /// As though `in` had lasted for ever: the next output is 0.
  void settle(Axes in) noexcept {
    h1_ = l1_ = l2_ = Axes{};
    h2_ = in;
  }

 private:
  struct Section {
    float k = 0, a1 = 0, a2 = 0, a3 = 0;
  };
  // A sensor that lies perfectly still lets the states fade into denormal numbers, which cost a hundred times
  // as much; this is far below any sensor's step.
  static constexpr float not_denormal = 1e-20F;
  static Section section(double rate_hz, double corner_hz) noexcept;

  Section high_, low_;
  Axes h1_{}, h2_{}, l1_{}, l2_{};
};

}  // namespace vigil::signal

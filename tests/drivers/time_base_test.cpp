#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "drivers/metronome.hpp"
#include "drivers/rate_fit.hpp"

namespace vigil::drivers {
namespace {

/// A device whose clock is `ppm` fast, read through a transport that hands its bytes over only every `bunch`
/// seconds (an FTDI's latency timer) and now and then by a host that was busy for `busy_s` more.
struct Device {
  double nominal_hz, ppm, bunch_s, phase_s, busy_s;
  std::uint32_t random;
  Metronome metronome{nominal_hz};
  std::int64_t read = 0;
  double read_at = 0;
  double worst_s = 0;  ///< of any moment against the true one

  [[nodiscard]] double period() const { return 1 / (nominal_hz * (1 + ppm * 1e-6)); }
  [[nodiscard]] double taken_at(std::int64_t i) const { return phase_s + static_cast<double>(i) * period(); }

  /// Reads once; when it was.
  double turn() {
    read_at += bunch_s;
    random = random * 1664525U + 1013904223U;
    const double arrives = read_at + ((random >> 16) % 500 == 0 ? busy_s : 0.0005 * ((random >> 8) % 4));
    const auto made = static_cast<std::int64_t>((read_at - phase_s) / period()) + 1;
    if (made <= read) return arrives;
    const auto count = static_cast<std::size_t>(made - read);
    metronome.arrive(Instant{from_seconds(arrives)}, count);
    for (const std::size_t i : {std::size_t{0}, count - 1}) {
      const double given = seconds(metronome.moment(i) - Instant{});
      worst_s = std::max(worst_s, std::abs(given - taken_at(read + static_cast<std::int64_t>(i))));
    }
    read = made;
    return arrives;
  }
};

TEST(TimeBase, eight_hours_of_drift_and_bunches_keep_two_devices_within_50_ms) {
  Device wrist{
      .nominal_hz = 65536.0 / 655, .ppm = 100, .bunch_s = 0.016, .phase_s = 3, .busy_s = 0.03, .random = 1};
  Device scale{
      .nominal_hz = 125, .ppm = -100, .bunch_s = 0.016, .phase_s = 3.007, .busy_s = 0.03, .random = 2};
  wrist.read_at = scale.read_at = 3;
  constexpr double night_s = 8 * 3600;
  for (double t = 3; t < night_s;)
    t = std::min(wrist.turn(), scale.turn());
  // Each lies within half of what two may differ by.
  EXPECT_LT(wrist.worst_s, 0.025);
  EXPECT_LT(scale.worst_s, 0.025);
  EXPECT_EQ(wrist.metronome.gaps() + scale.metronome.gaps(), 0U);
  ASSERT_TRUE(wrist.metronome.fitted_hz() && scale.metronome.fitted_hz());
  EXPECT_NEAR(*wrist.metronome.fitted_hz() / wrist.nominal_hz, 1 + 100e-6, 5e-6);
  EXPECT_NEAR(*scale.metronome.fitted_hz() / scale.nominal_hz, 1 - 100e-6, 5e-6);
}

TEST(TimeBase, a_crude_oscillator_is_followed_where_a_fixed_rate_would_slip) {
  // An HX711 on its own oscillator: 10 a second on paper, 10.7 in life.
  Device cell{.nominal_hz = 10, .ppm = 70000, .bunch_s = 0.004, .phase_s = 0, .busy_s = 0.02, .random = 3};
  while (cell.read_at < 60)
    cell.turn();
  cell.worst_s = 0;
  const auto gaps = cell.metronome.gaps();
  while (cell.read_at < 3600)
    cell.turn();
  EXPECT_EQ(cell.metronome.gaps(), gaps);
  EXPECT_LT(cell.worst_s, 0.025);
  EXPECT_NEAR(*cell.metronome.fitted_hz(), 10.7, 0.001);
}

TEST(RateFit, is_not_known_before_ten_seconds) {
  RateFit fit(100);
  for (int i = 0; i <= 900; ++i)
    fit.add(Instant{std::chrono::milliseconds(10) * i});
  EXPECT_FALSE(fit.hz());
  for (int i = 901; i <= 1200; ++i)
    fit.add(Instant{std::chrono::milliseconds(10) * i});
  ASSERT_TRUE(fit.hz());
  EXPECT_NEAR(*fit.hz(), 100, 1e-6);
  EXPECT_FALSE(fit.differs());
}

TEST(RateFit, pauses_do_not_slow_it) {
  RateFit fit(50);
  double t = 0;
  for (int minute = 0; minute < 10; ++minute) {
    for (int i = 0; i < 50 * 20; ++i)
      fit.add(Instant{from_seconds(t += 1 / 50.02)});
    t += minute % 2 == 0 ? 0.7 : 40;
  }
  EXPECT_NEAR(*fit.hz(), 50.02, 0.001);
  EXPECT_TRUE(fit.differs());
}

TEST(RateFit, follows_a_rate_that_changes_with_the_room) {
  RateFit fit(100);
  double t = 0;
  for (int i = 0; i < 100 * 3600; ++i)
    fit.add(Instant{from_seconds(t += 1 / 100.01)});
  EXPECT_NEAR(*fit.hz(), 100.01, 1e-4);
  for (int i = 0; i < 100 * 3600; ++i)
    fit.add(Instant{from_seconds(t += 1 / 99.99)});
  EXPECT_NEAR(*fit.hz(), 99.99, 1e-3);
}

}  // namespace
}  // namespace vigil::drivers

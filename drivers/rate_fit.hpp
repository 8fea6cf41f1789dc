#pragma once
#include <cstddef>
#include <optional>

#include "core/instant.hpp"

namespace vigil::drivers {

/// At what rate a device samples, by the machine's clock: the slope of a straight line through (samples so
/// far, time). Late and bunched arrivals move single points, not the slope: 16 ms of bunching leave 5 ppm
/// after a minute and 1 ppm after ten. What is older than about ten minutes is forgotten, since a crystal
/// follows the room's temperature. A pause breaks the line; the slope is that of all its pieces. A few
/// samples lost within the stream are not seen, they make it slower. A value; one stream.
class RateFit {
 public:
  /// `nominal_hz` > 0.
  explicit RateFit(double nominal_hz) noexcept : period_s_(1 / nominal_hz) {}

  /// `count` samples have come, the newest of them at `at`.
  void add(Instant at, std::size_t count = 1) noexcept;
  /// Between the samples before and those to come an unknown number is missing.
  void gap() noexcept { placed_ = false; }

  /// Absent until it has seen ten seconds.
  [[nodiscard]] std::optional<double> hz() const noexcept;
  /// It is known, and differs from the nominal rate by more than 1 ppm and four of its standard errors.
  [[nodiscard]] bool differs() const noexcept;

 private:
  double period_s_;
  bool placed_ = false;   ///< the present piece has its first point
  Instant last_;          ///< of the newest point
  double since_ = 0;      ///< nominal seconds of samples since that point
  double x_ = 0, d_ = 0;  ///< the newest point: nominal seconds since the piece began, and how late it is
  double weight_ = 0;     ///< of the points of this piece
  double mean_x_ = 0, mean_d_ = 0;
  double points_ = 0, xx_ = 0, xd_ = 0, dd_ = 0;  ///< sums of squares about the means, over all pieces
  double seen_s_ = 0;
};

}  // namespace vigil::drivers

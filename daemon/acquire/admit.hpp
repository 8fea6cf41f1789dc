#pragma once
#include <optional>
#include <span>

#include "core/channel.hpp"
#include "core/instant.hpp"
#include "core/sample.hpp"

namespace vigil::acquire {

/// Stage 3: what of one channel's samples is believed. A value: no clock, no I/O, no allocation.
class Admit {
 public:
  explicit Admit(const Channel& channel) noexcept;

  /// nullopt: believed, and counted as seen. Else why not:
  ///  - length: not the number of values that the channel announced
  ///  - range: not finite (a cell of several may be NaN), or outside what the sensor can produce (where it
  ///  says so)
  ///  - order: older than the sample before (the same instant is fine: one read may hold many)
  ///  - flood: more than four times the nominal rate (1,000/s where the channel is irregular) for longer than
  ///  a
  ///    burst of ten seconds' worth, which a late reader may rightly get at once
  [[nodiscard]] std::optional<Reject> operator()(Instant at, std::span<const float> values) noexcept;

 private:
  Channel channel_;
  double limit_hz_;
  double credit_;
  std::optional<Instant> last_;
};

}  // namespace vigil::acquire

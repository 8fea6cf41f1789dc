#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/instant.hpp"

namespace vigil::signal {

/// Movement on one load sensor, sample by sample: the deviation from its own slow mean (a first-order
/// high-pass of 0.32 Hz, time constant 0.5 s: the weight and slow drift go, breathing at 0.25 Hz is weakened,
/// turning and getting up stay). The RMS of it within a second is what Adami et al. 2010 separate movement by
/// (EER 3.2 %).
class LoadMovement {
 public:
  static constexpr float time_constant_s = 0.5F;
  /// rate_hz 0: the time between samples is used, a sensor that reports on change.
  explicit LoadMovement(float rate_hz) noexcept;

  /// Squared deviation, kg^2, of this sample. After a silence of more than 2 s it begins anew with 0: a gap
  /// is no movement.
  float step(float kg, Instant at) noexcept;
  void reset() noexcept { begun_ = false; }

 private:
  float nominal_alpha_ = 0;
  float mean_ = 0;
  Instant last_;
  bool begun_ = false;
};

/// What a tenth of the cells lie below: the floor of a pressure image. A bare mat has none; a sheet under a
/// mattress, or one under a tight cover, shows half of full scale on every cell of an empty bed (PoPu's: 479
/// to 488). `scratch` is as long as `cells`.
float image_floor(std::span<const float> cells, std::span<float> scratch) noexcept;

/// Movement in a pressure image, all cells at once in vector form: each cell's deviation from its own slow
/// mean (time constant 1 s), the root of the mean square over the cells, relative to the root of the mean
/// square of the slow image itself. A person lying still on the 32 x 64 mats of PMD (Pouyan 2017) gives 0.02
/// to 0.05.
class ImageMovement {
 public:
  static constexpr float time_constant_s = 1.0F;
  ImageMovement(std::size_t cells, float rate_hz);

  struct Result {
    float level = 0;     ///< mean of the cells, sensor counts
    float relative = 0;  ///< movement, a fraction of the image; 0 for an empty image
  };
  /// `cells` values as many as announced. Anew after 5 s of silence.
  Result step(std::span<const float> cells, Instant at) noexcept;
  void reset() noexcept { begun_ = false; }
  /// The slow image: each cell's mean.
  [[nodiscard]] std::span<const float> slow() const noexcept { return std::span(mean_).first(cells_); }

 private:
  std::size_t cells_;
  std::vector<float> mean_;
  float nominal_alpha_ = 0;
  Instant last_;
  bool begun_ = false;
};

}  // namespace vigil::signal

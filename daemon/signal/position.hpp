#pragma once
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "core/event.hpp"
#include "core/instant.hpp"
#include "signal/windows.hpp"

namespace vigil::signal {

/// A change of position seen, once the new one is held.
struct PositionChange {
  Instant at;      ///< when the movement that led to it began
  float size = 0;  ///< kg, degrees or %
};

/// Change of position: what the sensor shows at rest before and after a movement differs by more than a step.
/// At rest is 5 s without a moving second; the movement in between may last as long as it will (a silence
/// forgets it). `Values` are those of several load sensors (a turn moves the weight between them even when
/// their sum stays), or the three axes of the gravity on a wrist.
class Rest {
 public:
  static constexpr std::size_t most = 8;
  static constexpr std::size_t rest_seconds = 5;
  using Values = std::array<float, most>;

  /// One second that ended at `now`: its means, and whether it moved. True when a rest after a movement is
  /// complete: then `before()` and `after()` are the means of 5 s each and `moved_at()` the beginning of the
  /// movement.
  bool step(Instant now, const Values& means, Moved moved) noexcept;
  void clear() noexcept { *this = {}; }

  [[nodiscard]] const Values& before() const noexcept { return before_; }
  [[nodiscard]] const Values& after() const noexcept { return after_; }
  [[nodiscard]] Instant moved_at() const noexcept { return moved_at_; }

 private:
  Values sum_{}, before_{}, after_{};
  std::size_t still_ = 0;
  bool rested_ = false;  ///< after_ holds a rest
  bool moved_since_ = false;
  Instant moved_at_;
};

/// From load: 1.5 kg on any one sensor, some 2 % of an adult: several times what a scale of 0.1 kg steps or a
/// slow breath shows, and what a turn shifts between the sides of a bed many times over.
class LoadPosition {
 public:
  static const Algorithm& algorithm();
  static constexpr float step_kg = 1.5F;
  /// `kg`: one mean a sensor (at most Rest::most are looked at).
  std::optional<PositionChange> step(Instant now, std::span<const float> kg, Moved moved) noexcept;
  void clear() noexcept { rest_.clear(); }

 private:
  Rest rest_;
};

/// From a wrist: the direction of gravity turned by 30 degrees or more.
class PosturePosition {
 public:
  static const Algorithm& algorithm();
  static constexpr float angle_deg = 30;
  std::optional<PositionChange> step(Instant now, const std::array<float, 3>& g, Moved moved) noexcept;
  void clear() noexcept { rest_.clear(); }

 private:
  Rest rest_;
};

/// From a pressure image: the share of the pressure above the image's floor that lies on other cells than
/// before. Two rests of one posture on the mats of PMD differ by up to 11 %, two postures by 18 to 76 % (15
/// to 71 % by 16 x 16 cells).
class ImagePosition {
 public:
  static const Algorithm& algorithm();
  static constexpr float share = 0.13F;
  /// `cells` of the image. Allocates here, never after.
  explicit ImagePosition(std::size_t cells) : latest_(cells), rest_(cells), scratch_(cells) {}

  /// One second that ended at `now`: the image as it then is (each cell's slow mean), and whether it moved.
  /// The image of a second is believed when the next is still as well, since samples may be ahead of `now`.
  std::optional<PositionChange> step(Instant now, std::span<const float> image, Moved moved) noexcept;
  void clear() noexcept { still_ = 0, rested_ = moved_since_ = false; }

  /// Above the floor, the share of the one that lies elsewhere in the other, 0 to 1; 0 if either is empty.
  float elsewhere(std::span<const float> a, std::span<const float> b) noexcept;

 private:
  std::vector<float> latest_, rest_, scratch_;
  std::size_t still_ = 0;     ///< seconds on end
  bool rested_ = false;       ///< rest_ holds a rest
  bool moved_since_ = false;  ///< since that rest
  Instant moved_at_;
};

}  // namespace vigil::signal

#pragma once
#include <array>
#include <cstdint>

#include "core/ring.hpp"
#include "signal/grid.hpp"
#include "signal/periodicity.hpp"

namespace vigil::signal {

/// What one channel's samples within one 100-ms cell of the grid come to.
struct Bin {
  std::int64_t index = 0;  ///< cell(sample.at, tenth)
  Instant last;            ///< the newest sample in it
  float sum = 0;           ///< of the values (an image: of its mean levels; a rate: unused)
  float value = 0;         ///< the newest value
  float energy = 0;    ///< movement: sum of squared deviations (an image: of its relative movement squared)
  float counts = 0;    ///< actigraphy counts
  float activity = 0;  ///< sum of | |a| - 1 g |, in mg
  std::array<float, 4> parts{};  ///< sums of the acceleration's axes, or of each load cell
  std::uint32_t n = 0;           ///< samples
  Rate breath, heart;            ///< with `rated`: of the half minute before this bin; rate 0: not known
  bool rated = false;
  bool lifeless = false;      ///< with `rated`: a breathing body would have shown, and there was none
  std::uint16_t missing = 0;  ///< the load cell, counted from 1, that gave no number in the newest sample
};

/// A channel's bins that no tick has decided yet. Samples may run ahead of the ticks by `capacity` cells with
/// data (100 s); beyond that the oldest undecided cell is lost. Allocates once.
class Bins {
 public:
  static constexpr std::size_t capacity = 1000;
  Bins() : ring_(capacity) {}
  Bins(Bins&&) noexcept = default;  // the ring's place on the heap stays
  Bins& operator=(Bins&&) noexcept = default;

  /// The bin of this Instant, begun anew when the last one is of another cell. Instants must not go back by a
  /// cell.
  Bin& at(Instant t) noexcept {
    if (t.since_boot.count() < end_ && !ring_.empty()) return *open_;
    Bin fresh;
    fresh.index = cell(t, tenth);
    end_ = (fresh.index + 1) * tenth.count();
    ring_.push(fresh);
    open_ = &ring_.back();
    return *open_;
  }
  /// The bin of cell `index` if there is one; older ones are given up.
  [[nodiscard]] const Bin* take(std::int64_t index) noexcept {
    while (!ring_.empty() && ring_[0].index <= index) {
      taken_ = ring_[0];
      ring_.pop_front();
      if (taken_.index == index) return &taken_;
    }
    return nullptr;
  }
  /// Cell of the oldest undecided bin; only when not empty().
  [[nodiscard]] std::int64_t next() const noexcept { return ring_[0].index; }
  [[nodiscard]] bool empty() const noexcept { return ring_.empty(); }
  void clear() noexcept { ring_.clear(), end_ = INT64_MIN; }

 private:
  Ring<Bin> ring_;
  Bin taken_;
  Bin* open_ = nullptr;           ///< the newest bin
  std::int64_t end_ = INT64_MIN;  ///< of its cell, ns
};

}  // namespace vigil::signal

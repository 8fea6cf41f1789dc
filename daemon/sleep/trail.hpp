#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/reading.hpp"
#include "signal/grid.hpp"

namespace vigil::sleep {

/// The best that is known of each 30-s epoch of the last 26 h, by its number on the grid. Hindsight replaces
/// the live decision; what was never written is unknown. Allocates once.
class Trail {
 public:
  static constexpr std::int64_t held = 26 * 120;
  Trail() : slots_(held, EpochState::unknown), row_(held) {}

  void write(std::int64_t index, EpochState state) noexcept {
    if (!begun_) newest_ = index - 1, begun_ = true;
    if (index <= newest_ - held) return;
    if (index - newest_ > held) {
      std::fill(slots_.begin(), slots_.end(), EpochState::unknown);
      newest_ = index - 1;
    }
    while (newest_ < index)
      slot(++newest_) = EpochState::unknown;
    slot(index) = state;
  }
  [[nodiscard]] EpochState at(std::int64_t index) const noexcept {
    if (!begun_ || index > newest_ || index <= newest_ - held) return EpochState::unknown;
    return slots_[place(index)];
  }
  /// Epochs `from` <= index < `to` in a row, valid until the next call; at most `held`.
  [[nodiscard]] std::span<const EpochState> row(std::int64_t from, std::int64_t to) const noexcept {
    const auto n = static_cast<std::size_t>(to <= from ? 0 : to - from > held ? held : to - from);
    for (std::size_t i = 0; i < n; ++i)
      row_[i] = at(from + static_cast<std::int64_t>(i));
    return std::span<const EpochState>(row_).first(n);
  }

 private:
  static std::size_t place(std::int64_t index) noexcept {
    return static_cast<std::size_t>(((index % held) + held) % held);
  }
  EpochState& slot(std::int64_t index) noexcept { return slots_[place(index)]; }

  std::vector<EpochState> slots_;
  mutable std::vector<EpochState> row_;
  std::int64_t newest_ = 0;
  bool begun_ = false;
};

}  // namespace vigil::sleep

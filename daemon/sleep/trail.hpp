#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/reading.hpp"
#include "signal/grid.hpp"
#include "sleep/figures.hpp"

namespace vigil::sleep {

/// What is known of each 30-s epoch of the last 26 h, by its number on the grid: what was said of it when it
/// ended, and the best that is known, which hindsight may change. What was never written is unknown.
/// Allocates once (32 KiB).
class Trail {
 public:
  static constexpr std::int64_t held = 26 * 120;
  Trail() : slots_(held), best_(held), live_(held), p_(held), moving_(held) {}

  /// Hindsight's word: the best from now on. Without `p_asleep` it is sure.
  void write(std::int64_t index, EpochState state, std::optional<float> p_asleep = {}) noexcept {
    if (Slot* s = reach(index)) s->best = state, s->p_asleep = p_asleep.value_or(p_not_stated);
  }
  /// The live word of the epoch that ended, the best until hindsight speaks. `moving_s`: seconds moved.
  void write_live(std::int64_t index, EpochState state, std::optional<float> p_asleep = {},
                  std::optional<int> moving_s = {}) noexcept {
    Slot* s = reach(index);
    if (!s) return;
    s->best = s->live = state;
    s->p_asleep = p_asleep.value_or(p_not_stated);
    s->moving = moving_s ? static_cast<std::uint8_t>(std::clamp(*moving_s, 0, 30)) : moving_unknown;
  }
  [[nodiscard]] EpochState at(std::int64_t index) const noexcept { return slot(index).best; }
  [[nodiscard]] EpochState live_at(std::int64_t index) const noexcept { return slot(index).live; }
  [[nodiscard]] std::optional<float> p_asleep_at(std::int64_t index) const noexcept {
    const float p = slot(index).p_asleep;
    return p >= 0 ? std::optional(p) : std::nullopt;
  }

  /// Epochs in a row, valid until the next call; all of one length.
  struct Row {
    std::span<const EpochState> best, live;
    std::span<const float> p_asleep;
    std::span<const std::uint8_t> moving;
  };
  /// Of `from` <= index < `to`; at most `held`.
  [[nodiscard]] Row row(std::int64_t from, std::int64_t to) const noexcept {
    const auto n = static_cast<std::size_t>(to <= from ? 0 : to - from > held ? held : to - from);
    for (std::size_t i = 0; i < n; ++i) {
      const Slot s = slot(from + static_cast<std::int64_t>(i));
      best_[i] = s.best, live_[i] = s.live, p_[i] = s.p_asleep, moving_[i] = s.moving;
    }
    return {std::span<const EpochState>(best_).first(n), std::span<const EpochState>(live_).first(n),
            std::span<const float>(p_).first(n), std::span<const std::uint8_t>(moving_).first(n)};
  }

 private:
  struct Slot {
    float p_asleep = p_not_stated;
    EpochState best = EpochState::unknown;
    EpochState live = EpochState::unknown;
    std::uint8_t moving = moving_unknown;
  };
  static std::size_t place(std::int64_t index) noexcept {
    return static_cast<std::size_t>(((index % held) + held) % held);
  }
  /// The slot to write to; nullptr: forgotten already.
  Slot* reach(std::int64_t index) noexcept {
    if (!begun_) newest_ = index - 1, begun_ = true;
    if (index <= newest_ - held) return nullptr;
    if (index - newest_ > held) {
      std::fill(slots_.begin(), slots_.end(), Slot{});
      newest_ = index - 1;
    }
    while (newest_ < index)
      slots_[place(++newest_)] = Slot{};
    return &slots_[place(index)];
  }
  [[nodiscard]] Slot slot(std::int64_t index) const noexcept {
    if (!begun_ || index > newest_ || index <= newest_ - held) return {};
    return slots_[place(index)];
  }

  std::vector<Slot> slots_;
  mutable std::vector<EpochState> best_, live_;
  mutable std::vector<float> p_;
  mutable std::vector<std::uint8_t> moving_;
  std::int64_t newest_ = 0;
  bool begun_ = false;
};

}  // namespace vigil::sleep

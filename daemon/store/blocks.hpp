#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/rows.hpp"

namespace vigil::store {

/// Up to a minute of one bed's 1-Hz readings, packed. Each: varint milliseconds since the one before (the
/// first: since the block's start), a byte state | mask << 3 of the five values that are known, and for each
/// of those the zigzag varint difference to its last known value in hundredths (activity: tenths). State 7
/// means that a second byte follows, state | mask << 3 of what came later: P(asleep) in hundredths, after the
/// five. A quiet minute takes some 600 bytes.
class ReadingBlock {
 public:
  ReadingBlock(WallTime start) : start_(start), last_ms_(0) {}  // NOLINT(google-explicit-constructor)
  /// false: it belongs into another block (a minute is over, the clock or its offset stepped).
  [[nodiscard]] bool add(const ReadingRow& row);
  [[nodiscard]] WallTime start() const noexcept { return start_; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  WallTime start_;
  std::int64_t last_ms_;
  std::array<std::int64_t, 6> last_{};
  std::vector<std::byte> bytes_;
};

inline constexpr std::int64_t block_span_ms = 60'000;

/// What of the block can be read; a damaged rest is left out.
std::vector<ReadingRow> unpack(WallTime start, std::span<const std::byte> bytes);

}  // namespace vigil::store

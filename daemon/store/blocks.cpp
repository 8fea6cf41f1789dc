#include "store/blocks.hpp"

#include <cmath>

namespace vigil::store {
namespace {

constexpr std::size_t in_head =
    5;  // values whose bits the first byte of a reading holds; the next hold the rest
constexpr std::array<double, 6> steps_per_unit{100, 100, 10, 100, 100, 100};
using Values = std::array<std::optional<float>, steps_per_unit.size()>;
constexpr double largest = 1e12;  // steps: far beyond any sensor, far within int64
constexpr unsigned state_bits = 7;
constexpr unsigned extended = 7;  // in the place of a state

Values values(const ReadingRow& r) {
  return {r.load_kg, r.movement_kg, r.activity_mg, r.breath_rpm, r.heart_bpm, r.p_asleep};
}

void put(std::vector<std::byte>& out, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7U)
    out.push_back(static_cast<std::byte>(v | 0x80U));
  out.push_back(static_cast<std::byte>(v));
}

std::optional<std::uint64_t> take(std::span<const std::byte>& in) {
  std::uint64_t v = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto b = std::to_integer<std::uint64_t>(in.front());
    in = in.subspan(1);
    v |= (b & 0x7FU) << shift;
    if (b < 0x80) return v;
  }
  return {};
}

}  // namespace

bool ReadingBlock::add(const ReadingRow& row) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto ms = duration_cast<milliseconds>(row.wall.since_epoch - start_.since_epoch).count();
  if (row.wall.offset != start_.offset || ms < last_ms_ || ms >= block_span_ms) return false;
  put(bytes_, static_cast<std::uint64_t>(ms - last_ms_));
  last_ms_ = ms;
  const auto all = values(row);
  const auto known = [&](std::size_t i) {
    return all[i] && std::isfinite(*all[i]) && std::abs(*all[i]) * steps_per_unit[i] < largest;
  };
  unsigned mask = 0;
  for (std::size_t i = 0; i < all.size(); ++i)
    mask |= known(i) ? 1U << i : 0U;
  const auto state = static_cast<unsigned>(row.state);
  if (const unsigned later = mask >> in_head; later == 0) {
    bytes_.push_back(static_cast<std::byte>(state | mask << 3U));
  } else {
    bytes_.push_back(static_cast<std::byte>(extended | (mask & 0x1FU) << 3U));
    bytes_.push_back(static_cast<std::byte>(state | later << 3U));
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!known(i)) continue;
    const auto now = std::llround(static_cast<double>(*all[i]) * steps_per_unit[i]);
    const auto difference = now - last_[i];
    last_[i] = now;
    put(bytes_,
        (static_cast<std::uint64_t>(difference) << 1U) ^ static_cast<std::uint64_t>(difference >> 63));
  }
  return true;
}

std::vector<ReadingRow> unpack(WallTime start, std::span<const std::byte> bytes) {
  std::vector<ReadingRow> rows;
  std::array<std::int64_t, steps_per_unit.size()> last{};
  std::uint64_t ms = 0;
  while (!bytes.empty()) {
    ReadingRow row;
    const auto later = take(bytes);
    if (!later || bytes.empty()) break;
    ms += *later;
    const auto head = std::to_integer<unsigned>(bytes.front());
    bytes = bytes.subspan(1);
    unsigned state = head & state_bits;
    unsigned mask = head >> 3U;
    if (state == extended) {
      if (bytes.empty()) break;
      const auto more = std::to_integer<unsigned>(bytes.front());
      bytes = bytes.subspan(1);
      state = more & state_bits;
      mask |= more >> 3U << in_head;
    }
    if (ms >= static_cast<std::uint64_t>(block_span_ms) || state > static_cast<unsigned>(BedState::asleep) ||
        mask >> steps_per_unit.size() != 0)
      break;
    row.wall = start + std::chrono::milliseconds(ms);
    row.state = static_cast<BedState>(state);
    const std::array<std::optional<float>*, steps_per_unit.size()> out{
        &row.load_kg, &row.movement_kg, &row.activity_mg, &row.breath_rpm, &row.heart_bpm, &row.p_asleep};
    bool whole = true;
    for (std::size_t i = 0; whole && i < out.size(); ++i) {
      if ((mask >> i & 1U) == 0) continue;
      const auto packed = take(bytes);
      whole = packed.has_value();
      if (!whole) break;
      const auto difference = static_cast<std::int64_t>((*packed >> 1U) ^ (~(*packed & 1U) + 1));
      last[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(last[i]) +
                                          static_cast<std::uint64_t>(difference));
      *out[i] = static_cast<float>(static_cast<double>(last[i]) / steps_per_unit[i]);
    }
    if (!whole) break;
    rows.push_back(row);
  }
  return rows;
}

}  // namespace vigil::store

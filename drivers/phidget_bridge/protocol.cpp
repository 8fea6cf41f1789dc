#include "drivers/phidget_bridge/protocol.hpp"

#include <algorithm>

namespace vigil::drivers::phidget_bridge {
namespace {

constexpr std::array<std::pair<std::uint8_t, int>, 6> gains{
    {{0, 1}, {3, 8}, {4, 16}, {5, 32}, {6, 64}, {7, 128}}};
constexpr std::int32_t middle = 0x800000;
constexpr double end_of_range = 0.995;

constexpr std::uint8_t nibbles(std::uint8_t high, std::uint8_t low) {
  return static_cast<std::uint8_t>((high & 0xF) << 4 | (low & 0xF));
}

}  // namespace

std::optional<std::uint8_t> gain_code(double factor) noexcept {
  const auto found = std::ranges::find_if(gains, [&](const auto& g) { return g.second == factor; });
  return found == gains.end() ? std::nullopt : std::optional(found->first);
}

std::optional<int> gain_factor(std::uint8_t code) noexcept {
  const auto found = std::ranges::find_if(gains, [&](const auto& g) { return g.first == code; });
  return found == gains.end() ? std::nullopt : std::optional(found->second);
}

bool BoardSetup::echoes(const BoardSetup& wanted) const noexcept {
  if (enabled != wanted.enabled || interval != wanted.interval) return false;
  for (std::size_t i = 0; i < most_cells; ++i)
    if (wanted.has(i) && gains[i] != wanted.gains[i]) return false;
  return true;
}

std::array<std::byte, setup_size> encode(const BoardSetup& setup) noexcept {
  const auto& g = setup.gains;
  return {std::byte{setup.enabled}, std::byte{nibbles(g[0], g[1])}, std::byte{nibbles(g[2], g[3])},
          static_cast<std::byte>(setup.interval & 0xFF), static_cast<std::byte>(setup.interval >> 8 & 3)};
}

boost::system::result<Packet, Reject> decode(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < packet_size) return Reject::length;
  const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
  const auto nibble = [&](std::size_t i, int shift) {
    return static_cast<std::uint8_t>(byte(i) >> shift & 0xF);
  };
  Packet packet;
  packet.setup.enabled = nibble(0, 0);
  packet.fresh = nibble(0, 4);
  packet.error = nibble(1, 0);
  packet.setup.gains = {nibble(2, 4), nibble(2, 0), nibble(3, 4), nibble(3, 0)};
  packet.setup.interval = static_cast<std::uint16_t>((byte(4) & 3) << 8 | byte(5));
  for (std::size_t i = 0; i < most_cells; ++i)
    packet.raw[i] = byte(6 + 3 * i) << 16 | byte(7 + 3 * i) << 8 | byte(8 + 3 * i);
  return packet;
}

std::optional<double> millivolts_per_volt(std::uint32_t raw, std::uint8_t gain) noexcept {
  const auto factor = gain_factor(gain);
  if (!factor) return std::nullopt;
  const double of_range = static_cast<double>(static_cast<std::int32_t>(raw) - middle) / middle;
  // The last code is one short of the whole range.
  constexpr double last = static_cast<double>(middle - 1) / middle;
  const bool beyond = *factor == 1 ? std::abs(of_range) >= last : std::abs(of_range) > end_of_range;
  if (beyond) return std::nullopt;
  return of_range / *factor * 1000;
}

void Rounds::take(const Packet& packet, std::uint8_t speaking) noexcept {
  round_.spoken = static_cast<std::uint8_t>(round_.spoken | speaking);
  for (std::size_t i = 0; i < most_cells; ++i) {
    if ((speaking >> i & 1) == 0 || (packet.error >> i & 1) != 0) continue;
    if (const auto mv = millivolts_per_volt(packet.raw[i], setup_.gains[i])) round_.mv[i] = *mv;
  }
}

}  // namespace vigil::drivers::phidget_bridge

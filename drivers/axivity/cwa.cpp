#include "drivers/axivity/cwa.hpp"

#include <cmath>
#include <optional>

namespace vigil::drivers::axivity {
namespace {

class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint8_t u8(std::size_t at) const noexcept {
    return std::to_integer<std::uint8_t>(bytes_[at]);
  }
  [[nodiscard]] std::uint16_t u16(std::size_t at) const noexcept {
    return static_cast<std::uint16_t>(u8(at) | u8(at + 1) << 8);
  }
  [[nodiscard]] std::int16_t i16(std::size_t at) const noexcept { return static_cast<std::int16_t>(u16(at)); }
  [[nodiscard]] std::uint32_t u32(std::size_t at) const noexcept {
    return u16(at) | static_cast<std::uint32_t>(u16(at + 2)) << 16;
  }

 private:
  std::span<const std::byte> bytes_;
};

std::optional<double> rate_hz(unsigned code) noexcept {
  if ((code & 15) == 0) return std::nullopt;
  return 3200.0 / static_cast<double>(1U << (15 - (code & 15)));
}

std::optional<std::chrono::sys_seconds> moment(std::uint32_t t) noexcept {
  namespace chr = std::chrono;
  const chr::year_month_day day{chr::year(static_cast<int>(2000 + (t >> 26))), chr::month(t >> 22 & 15),
                                chr::day(t >> 17 & 31)};
  const auto hour = t >> 12 & 31, minute = t >> 6 & 63, second = t & 63;
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return chr::sys_days(day) + chr::hours(hour) + chr::minutes(minute) + chr::seconds(second);
}

/// Ten bits, signed.
constexpr int ten_bits(std::uint32_t bits) noexcept {
  const int value = static_cast<int>(bits & 0x3FF);
  return value >= 512 ? value - 1024 : value;
}

/// Where acceleration and gyroscope change places within the block.
struct Order {
  std::size_t from = 0, to = 0;  ///< of these samples the first triple is the acceleration
};
Order order_by_gravity(const std::array<std::array<float, 2>, cwa_most_samples>& off_g, std::size_t count) {
  constexpr float implausible_g = 0.5F, plausible_g = 0.25F;
  constexpr std::size_t first = 0, second = 1;
  float as_written = 0, exchanged = 0;
  for (std::size_t i = 0; i < count; ++i) {
    as_written += off_g[i][second];
    exchanged += off_g[i][first];
  }
  const auto n = static_cast<float>(count);
  if (count == 0 || as_written <= implausible_g * n) return {};
  // One change within the block, either way round, costs this much with each place of it.
  float head_first = as_written, head_second = exchanged;
  float best = exchanged;
  Order order{0, count};
  for (std::size_t i = 0; i < count; ++i) {
    const float step = off_g[i][first] - off_g[i][second];
    head_first += step;
    head_second -= step;
    if (head_first < best) best = head_first, order = {0, i + 1};
    if (head_second < best) best = head_second, order = {i + 1, count};
  }
  return best < plausible_g * n ? order : Order{};
}

}  // namespace

boost::system::result<CwaHeader, Reject> parse_cwa_header(std::span<const std::byte> header) {
  if (header.size() < cwa_header_size) return Reject::length;
  const Bytes in(header);
  if (in.u8(0) != 'M' || in.u8(1) != 'D') return Reject::framing;
  CwaHeader out;
  out.type = in.u8(4) == 0x64 ? "AX6" : "AX3";
  out.device = in.u16(5);
  if (const auto upper = in.u16(11); upper != 0xFFFF) out.device |= static_cast<std::uint32_t>(upper) << 16;
  out.session = in.u32(7);
  out.firmware = in.u8(41);
  out.hz = rate_hz(in.u8(36)).value_or(0);
  return out;
}

boost::system::result<CwaBlock, Reject> parse_cwa_block(std::span<const std::byte> block) noexcept {
  if (block.size() != cwa_block_size) return Reject::length;
  const Bytes in(block);
  if (in.u8(0) != 'A' || in.u8(1) != 'X' || in.u16(2) != cwa_block_size - 4) return Reject::framing;
  std::uint16_t sum = 0;
  for (std::size_t i = 0; i < cwa_block_size; i += 2)
    sum = static_cast<std::uint16_t>(sum + in.u16(i));
  if (sum != 0) return Reject::checksum;

  CwaBlock out;
  out.session = in.u32(6);
  out.sequence = in.u32(10);
  const auto hz = rate_hz(in.u8(24));
  const unsigned axes = in.u8(25) >> 4;
  const unsigned packing = in.u8(25) & 15;
  if (!hz || (axes != 3 && axes != 6 && axes != 9) || (packing != 0 && packing != 2) ||
      (packing == 0 && axes != 3))
    return Reject::unit;
  out.hz = *hz;
  out.battery_v = static_cast<float>((in.u8(23) + 512.0) * 6000 / 1024 / 1000);
  const std::size_t size = packing == 0 ? 4 : 2 * std::size_t{axes};
  out.count = in.u16(28);
  if (out.count > 480 / size) return Reject::length;

  const auto read_at = moment(in.u32(14));
  if (!read_at) return Reject::range;
  // With a fraction the firmware has shifted the offset so that readers which ignore it are right; undo that.
  double fraction_s = 0;
  double offset = in.i16(26);
  if (const auto fraction = in.u16(4); (fraction & 0x8000) != 0) {
    const std::uint32_t in_65536ths = (fraction & 0x7FFFU) << 1;
    fraction_s = in_65536ths / 65536.0;
    offset += static_cast<double>((in_65536ths * static_cast<std::uint32_t>(*hz)) >> 16);
  }
  out.first.since_epoch =
      std::chrono::microseconds(read_at->time_since_epoch()) +
      std::chrono::duration_cast<std::chrono::microseconds>(from_seconds(fraction_s - offset / *hz));

  // AX6 says its scale in the upper bits beside the light; an AX3 leaves them 0, which is 1/256 g as well.
  const auto lsb_per_g = static_cast<float>(1U << (8 + (in.u16(18) >> 13)));
  const auto triple = [&](std::size_t i, std::size_t skip) {
    const auto at = 30 + i * size + skip;
    return std::array{static_cast<float>(in.i16(at)) / lsb_per_g,
                      static_cast<float>(in.i16(at + 2)) / lsb_per_g,
                      static_cast<float>(in.i16(at + 4)) / lsb_per_g};
  };
  Order order;
  if (axes == 6) {
    std::array<std::array<float, 2>, cwa_most_samples> off_g{};
    for (std::size_t i = 0; i < out.count; ++i)
      for (std::size_t t = 0; t < 2; ++t) {
        const auto v = triple(i, 6 * t);
        off_g[i][t] = std::abs(std::hypot(v[0], v[1], v[2]) - 1);
      }
    order = order_by_gravity(off_g, out.count);
    out.exchanged = order.to - order.from;
  }
  for (std::size_t i = 0; i < out.count; ++i) {
    const std::size_t at = 30 + i * size;
    if (packing == 0) {
      const auto word = in.u32(at);
      const auto exponent = word >> 30;
      for (unsigned axis = 0; axis < 3; ++axis)
        out.g[i][axis] = static_cast<float>(ten_bits(word >> (10 * axis)) * (1 << exponent)) / 256;
    } else {
      const bool first = axes == 3 || (i >= order.from && i < order.to);
      out.g[i] = triple(i, first ? 0 : 6);
    }
  }
  return out;
}

}  // namespace vigil::drivers::axivity

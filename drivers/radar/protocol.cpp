#include "drivers/radar/protocol.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

namespace vigil::drivers::radar {
namespace {

constexpr std::size_t r60_around = 9, r60_head = 6, bha2_around = 9, bha2_head = 8;

constexpr unsigned u8(std::byte b) noexcept { return std::to_integer<unsigned>(b); }
constexpr unsigned u16(std::span<const std::byte> b) noexcept { return u8(b[0]) << 8 | u8(b[1]); }

/// How long the data of a known frame are; nullopt: not known, any length.
std::optional<std::size_t> r60_length(std::uint16_t type) noexcept {
  // An answer is as long as the report; only the work mode's number has its bit 80 set by itself.
  switch (type == 0x02A8 ? 0x0208U : type & 0xFF7FU) {
    case 0x0101:
    case 0x0102:
    case 0x0208:
    case 0x8000:
    case 0x8001:
    case 0x8002:
    case 0x8003:
    case 0x8100:
    case 0x8101:
    case 0x8102:
    case 0x8401:
    case 0x8402:
    case 0x8500:
    case 0x8502:
      return 1;
    case 0x8004:
    case 0x8403:
    case 0x8404:
    case 0x8405:
      return 2;
    case 0x8105:
    case 0x8505:
      return 5;
    case 0x8005:
      return 6;
    case 0x840C:
      return 8;
    default:
      return std::nullopt;
  }
}

std::optional<std::size_t> bha2_length(std::uint16_t type) noexcept {
  switch (type) {
    case 0x0A14:
    case 0x0A15:
      return 4;
    case 0x0A13:
      return 12;
    case 0x0A16:
      return 8;
    case 0x0F09:
      return 1;
    default:
      return std::nullopt;
  }
}

std::byte inverted_xor(std::span<const std::byte> bytes) noexcept {
  return ~std::accumulate(bytes.begin(), bytes.end(), std::byte{}, std::bit_xor<>());
}

Meaning rate(float value, float lowest, float highest, Says some, Says none) noexcept {
  if (value == 0) return {none};
  // Written so that NaN is implausible.
  return value >= lowest && value <= highest ? Meaning{some, value} : Meaning{Says::implausible};
}
Meaning heart(float value) noexcept {
  return rate(value, lowest_heart, highest_heart, Says::heart_rate, Says::no_heart);
}
Meaning breath(float value) noexcept {
  return rate(value, lowest_breath, highest_breath, Says::breath_rate, Says::no_breath);
}
Meaning up_to(unsigned highest, Says says, std::byte value) noexcept {
  return u8(value) <= highest ? Meaning{says, static_cast<float>(u8(value))} : Meaning{};
}

float f32(std::span<const std::byte> b) noexcept {
  return std::bit_cast<float>(u8(b[0]) | u8(b[1]) << 8 | u8(b[2]) << 16 | u8(b[3]) << 24);
}

Meaning r60_meaning(std::uint16_t type, std::span<const std::byte> data) noexcept {
  const auto length = r60_length(type);
  if (!length || *length != 1 || data.size() != 1) return {};
  switch (type) {
    case 0x8001:
    case 0x8081:
      return up_to(1, Says::presence, data[0]);
    case 0x8003:
      return up_to(100, Says::motion, data[0]);
    case 0x8102:
      return breath(static_cast<float>(u8(data[0])));
    case 0x8502:
      return heart(static_cast<float>(u8(data[0])));
    case 0x8401:
    case 0x8481:
      return up_to(1, Says::in_bed, data[0]);
    case 0x0208:
    case 0x02A8:
      return up_to(2, Says::work_mode, data[0]);
    default:
      return {};
  }
}

Meaning bha2_meaning(std::uint16_t type, std::span<const std::byte> data) noexcept {
  if (type == 0xFFFF) return {Says::firmware};
  const auto length = bha2_length(type);
  if (!length || data.size() != *length) return {};
  switch (type) {
    case 0x0A14:
      return breath(f32(data));
    case 0x0A15:
      return heart(f32(data));
    case 0x0F09:
      return up_to(1, Says::presence, data[0]);
    default:
      return {};
  }
}

}  // namespace

Meaning meaning(const Frame& frame) noexcept {
  return frame.family == Family::r60abd1 ? r60_meaning(frame.type, frame.data)
                                         : bha2_meaning(frame.type, frame.data);
}

Decoder::Found Decoder::examine(std::span<const std::byte> at, Frame& frame,
                                std::size_t& size) const noexcept {
  const auto may_be = [&](Family family) { return family_.value_or(family) == family; };
  if (at[0] == std::byte{0x53} && may_be(Family::r60abd1)) {
    if (at.size() > 1 && at[1] != std::byte{0x59}) return Found::nothing;
    if (at.size() < r60_head) return Found::more;
    const std::size_t length = u16(at.subspan(4));
    frame = {Family::r60abd1, static_cast<std::uint16_t>(u16(at.subspan(2))), {}};
    if (length > longest_r60_data || length != r60_length(frame.type).value_or(length)) return Found::nothing;
    size = length + r60_around;
    if (at.size() < size) return Found::more;
    if (at[size - 2] != std::byte{0x54} || at[size - 1] != std::byte{0x43}) return Found::nothing;
    unsigned sum = 0;
    for (const auto b : at.first(size - 3))
      sum += u8(b);
    if (static_cast<std::byte>(sum) != at[size - 3]) return Found::bad_sum;
    frame.data = at.subspan(r60_head, length);
    return Found::frame;
  }
  if (at[0] == std::byte{0x01} && may_be(Family::mr60bha2)) {
    if (at.size() < bha2_head) return Found::more;
    if (inverted_xor(at.first(bha2_head - 1)) != at[bha2_head - 1]) return Found::nothing;
    const std::size_t length = u16(at.subspan(3));
    frame = {Family::mr60bha2, static_cast<std::uint16_t>(u16(at.subspan(5))), {}};
    if (length > longest_bha2_data || length != bha2_length(frame.type).value_or(length))
      return Found::nothing;
    // Not yet known to be this family, of two bytes' checks alone: only by a frame that could be no chance.
    if (!family_ && !bha2_length(frame.type)) return Found::nothing;
    size = length + bha2_around;
    if (at.size() < size) return Found::more;
    frame.data = at.subspan(bha2_head, length);
    return inverted_xor(frame.data) == at[size - 1] ? Found::frame : Found::bad_sum;
  }
  return Found::nothing;
}

std::optional<Frame> Decoder::next(std::span<const std::byte>& bytes) noexcept {
  for (;;) {
    while (begin_ < end_) {
      Frame frame;
      std::size_t size = 0;
      const auto found = examine(std::span(held_).subspan(begin_, end_ - begin_), frame, size);
      if (found == Found::frame) {
        begin_ += size;
        in_junk_ = false;
        family_ = frame.family;
        return frame;
      }
      if (found == Found::more && !(quiet_ && bytes.empty())) break;
      // What a frame with a wrong sum leaves behind is no junk of its own.
      if (found == Found::bad_sum)
        ++bad_sums_;
      else if (!in_junk_)
        ++junk_;
      in_junk_ = true;
      ++begin_;
    }
    if (bytes.empty()) {
      if (begin_ == end_) begin_ = end_ = 0;
      quiet_ = false;
      return std::nullopt;
    }
    quiet_ = false;
    if (begin_ > 0) {
      std::memmove(held_.data(), held_.data() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    }
    const auto fits = std::min(bytes.size(), held_.size() - end_);
    std::memcpy(held_.data() + end_, bytes.data(), fits);
    end_ += fits;
    bytes = bytes.subspan(fits);
  }
}

std::uint64_t Decoder::take_bad_sums() noexcept { return std::exchange(bad_sums_, 0); }
std::uint64_t Decoder::take_junk() noexcept { return std::exchange(junk_, 0); }

Command command(std::uint8_t ctrl, std::uint8_t cmd, std::uint8_t value) noexcept {
  Command out;
  const auto sum = static_cast<std::uint8_t>(0x53 + 0x59 + ctrl + cmd + 1 + value);
  const std::array<std::uint8_t, 10> bytes{0x53, 0x59, ctrl, cmd, 0, 1, value, sum, 0x54, 0x43};
  std::ranges::transform(bytes, out.bytes.begin(), [](auto b) { return static_cast<std::byte>(b); });
  return out;
}

}  // namespace vigil::drivers::radar

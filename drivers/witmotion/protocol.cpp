#include "drivers/witmotion/protocol.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace vigil::drivers::witmotion {
namespace {

constexpr std::byte mark{0x55};

struct RateCode {
  std::uint16_t code;
  double hz;
};
constexpr std::array<RateCode, 11> rates{{{1, 0.2},
                                          {2, 0.5},
                                          {3, 1},
                                          {4, 2},
                                          {5, 5},
                                          {6, 10},
                                          {7, 20},
                                          {8, 50},
                                          {9, 100},
                                          {0x0A, 125},
                                          {0x0B, 200}}};

std::uint16_t word(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) |
                                    std::to_integer<unsigned>(bytes[at + 1]) << 8);
}

float g_of(std::uint16_t raw) noexcept {
  return static_cast<float>(std::bit_cast<std::int16_t>(raw)) * (16.0F / 32768);
}

}  // namespace

Acceleration acceleration(const Frame& frame) noexcept {
  return {g_of(frame.words[0]), g_of(frame.words[1]), g_of(frame.words[2])};
}

FrameFinder::Verdict FrameFinder::judge(std::span<const std::byte> at) noexcept {
  if (at[0] != mark) return Verdict::no_header;
  if (at.size() < 2) return Verdict::more;
  const auto id = std::to_integer<std::uint8_t>(at[1]);
  if (id < 0x50 || id > 0x5F) return Verdict::no_header;
  if (at.size() < frame_size) return Verdict::more;
  unsigned sum = 0;
  for (std::size_t i = 0; i + 1 < frame_size; ++i)
    sum += std::to_integer<unsigned>(at[i]);
  if ((sum & 0xFF) != std::to_integer<unsigned>(at[frame_size - 1])) return Verdict::no_sum;
  if (id != id_registers) {
    if (at.size() <= frame_size) return Verdict::more;
    if (at[frame_size] != mark) return Verdict::no_header;
  }
  return Verdict::frame;
}

void FrameFinder::lost(Verdict why) noexcept {
  if (std::exchange(in_step_, false)) ++(why == Verdict::no_sum ? damage_.checksum : damage_.framing);
}

std::optional<Frame> FrameFinder::next(std::span<const std::byte>& bytes) noexcept {
  for (;;) {
    // As long as nothing is left over from before, frames are taken from where they lie.
    const bool held = size_ > 0;
    if (held) {
      const auto more = std::min(held_.size() - size_, bytes.size());
      std::ranges::copy(bytes.first(more), held_.begin() + static_cast<std::ptrdiff_t>(size_));
      size_ += more;
      bytes = bytes.subspan(more);
    }
    const auto at = held ? std::span<const std::byte>(held_).first(size_) : bytes;
    if (at.empty()) return std::nullopt;
    const auto verdict = judge(at);
    if (verdict == Verdict::more) {
      if (!held) {
        std::ranges::copy(bytes, held_.begin());
        size_ = bytes.size();
        bytes = {};
      }
      return std::nullopt;
    }
    std::optional<Frame> frame;
    if (verdict == Verdict::frame) {
      in_step_ = true;
      frame =
          Frame{std::to_integer<std::uint8_t>(at[1]), {word(at, 2), word(at, 4), word(at, 6), word(at, 8)}};
    } else {
      lost(verdict);
    }
    const std::size_t used = frame ? frame_size : 1;
    if (held) {
      std::copy(held_.begin() + static_cast<std::ptrdiff_t>(used),
                held_.begin() + static_cast<std::ptrdiff_t>(size_), held_.begin());
      size_ -= used;
    } else {
      bytes = bytes.subspan(used);
    }
    if (frame) return frame;
  }
}

bool BleFinder::header(std::size_t at) const noexcept {
  return held_[at] == mark && held_[at + 1] == std::byte{0x61};
}

Acceleration BleFinder::read(std::size_t at) const noexcept {
  return {g_of(word(held_, at + 2)), g_of(word(held_, at + 4)), g_of(word(held_, at + 6))};
}

void BleFinder::drop(std::size_t count) noexcept {
  std::copy(held_.begin() + static_cast<std::ptrdiff_t>(count),
            held_.begin() + static_cast<std::ptrdiff_t>(size_), held_.begin());
  size_ -= count;
}

void BleFinder::unlock() noexcept {
  locked_ = false;
  spikes_ = 0;
  before_.reset();
  drop(1);
}

std::optional<Acceleration> BleFinder::next(std::span<const std::byte>& bytes) noexcept {
  constexpr std::size_t second = ble_frame_size, third = 2 * ble_frame_size;
  constexpr int spikes_that_unlock = 3;
  for (;;) {
    const auto more = std::min(held_.size() - size_, bytes.size());
    std::ranges::copy(bytes.first(more), held_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += more;
    bytes = bytes.subspan(more);

    if (!locked_) {
      const auto still = [this](std::size_t at) {
        const auto a = read(at);
        return std::hypot(a[0], a[1], a[2]) <= most_at_lock_g;
      };
      if (size_ >= 2 && !header(0)) {
        if (std::exchange(in_step_, false)) ++damage_.framing;
        drop(1);
        continue;
      }
      if (size_ < held_.size()) return std::nullopt;
      if (header(second) && header(third) && still(0) && still(second))
        locked_ = in_step_ = true;
      else
        drop(1);
      continue;
    }

    if (size_ < third) return std::nullopt;
    if (!header(second)) {
      if (std::exchange(in_step_, false)) ++damage_.framing;
      unlock();
      continue;
    }
    const auto now = read(0), after = read(second);
    bool spike = false;
    for (std::size_t axis = 0; before_ && axis < 3; ++axis) {
      const float since = now[axis] - (*before_)[axis], until = now[axis] - after[axis];
      spike = spike || std::min(since, until) > spike_g || std::max(since, until) < -spike_g;
    }
    if (spike) {
      ++damage_.range;
      if (++spikes_ == spikes_that_unlock) {
        unlock();
        continue;
      }
      drop(ble_frame_size);
      continue;
    }
    const bool given = before_.has_value();
    before_ = now;
    spikes_ = 0;
    drop(ble_frame_size);
    if (given) return now;
  }
}

Command set_register(std::uint8_t which, std::uint16_t value) noexcept {
  return {std::byte{0xFF}, std::byte{0xAA}, std::byte{which}, static_cast<std::byte>(value & 0xFF),
          static_cast<std::byte>(value >> 8)};
}

Command ask_registers(std::uint8_t from) noexcept { return set_register(0x27, from); }

Command unlock_registers() noexcept { return set_register(0x69, 0xB588); }

std::optional<Output> output_of(const Frame& registers) noexcept {
  const auto [content, rate, baud, fourth] = registers.words;
  if (content > 0x07FF || rate == 0 || rate > 0x0D || baud == 0 || baud > 9) return std::nullopt;
  return Output{content, rate};
}

double rate_of(std::uint16_t code) noexcept {
  const auto found = std::ranges::find(rates, code, &RateCode::code);
  return found == rates.end() ? 0 : found->hz;
}

std::optional<std::uint16_t> rate_code(double hz) noexcept {
  const auto found = std::ranges::find(rates, hz, &RateCode::hz);
  return found == rates.end() ? std::nullopt : std::optional(found->code);
}

double nearest_rate(double hz) noexcept {
  return std::ranges::min_element(rates, {},
                                  [hz](const RateCode& r) { return std::abs(std::log(r.hz / hz)); })
      ->hz;
}

Plan plan(double rate_hz, std::uint32_t baud) noexcept {
  const double bytes_a_second = baud / 10.0;
  constexpr double bytes = frame_size;
  if (2 * bytes * rate_hz <= bytes_a_second)
    return {{content_acceleration | content_gyro, rate_code(rate_hz).value_or(0)}, rate_hz};
  Plan slower{{content_acceleration, 1}, 0};
  for (const auto& rate : rates)
    if (rate.hz <= rate_hz && bytes * rate.hz <= bytes_a_second)
      slower = {{content_acceleration, rate.code}, rate.hz};
  return slower;
}

}  // namespace vigil::drivers::witmotion

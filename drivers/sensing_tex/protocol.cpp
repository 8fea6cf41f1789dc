#include "drivers/sensing_tex/protocol.hpp"

#include <algorithm>
#include <cmath>

namespace vigil::drivers::sensing_tex {
namespace {

constexpr std::byte column_mark{'M'}, line_feed{'\n'};
constexpr std::size_t longest_text = 128;

std::uint16_t word(std::span<const std::byte> bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[at]) |
                                    std::to_integer<unsigned>(bytes[at + 1]) << 8);
}

/// All but where it ends: 12 bits a sample.
bool samples_fit(std::span<const std::byte> samples) noexcept {
  for (std::size_t i = 1; i < samples.size(); i += 2)
    if (samples[i] > std::byte{0x0F}) return false;
  return true;
}

float pressure(std::uint16_t sample) noexcept {
  const int counts = 4095 - (sample & 0x0FFF);
  return counts <= 1 ? 0.0F : static_cast<float>(counts);
}

}  // namespace

std::array<std::byte, 6> geometry(std::uint8_t rows, std::uint8_t columns, double rate_hz) noexcept {
  const auto tenths = static_cast<unsigned>(std::lround(rate_hz * 10));
  return {std::byte{'C'},
          std::byte{rows},
          std::byte{columns},
          static_cast<std::byte>(tenths >> 8 & 0xFF),
          static_cast<std::byte>(tenths & 0xFF),
          std::byte{'\r'}};
}

ImageFinder::ImageFinder(std::size_t rows, std::size_t columns)
    : rows_(rows),
      columns_(columns),
      held_(std::max(packet_size(rows), longest_text)),
      samples_(rows),
      waiting_(rows),
      image_(rows * columns) {}

ImageFinder::Verdict ImageFinder::judge(std::span<const std::byte> at, std::size_t& size) const noexcept {
  if (at[0] == std::byte{'K'} || at[0] == std::byte{'H'}) {
    for (std::size_t i = 1; i < at.size() && i < longest_text; ++i) {
      size = i + 1;
      if (at[i] == line_feed) return Verdict::text;
      const bool printable = (at[i] >= std::byte{' '} && at[i] <= std::byte{'~'}) || at[i] == std::byte{'\r'};
      if (!printable) return Verdict::nothing;
    }
    return at.size() < longest_text ? Verdict::more : Verdict::nothing;
  }
  if (at[0] != column_mark) return Verdict::nothing;
  if (at.size() > 1 && std::to_integer<std::size_t>(at[1]) != rows_) return Verdict::nothing;
  if (at.size() > 2 && std::to_integer<std::size_t>(at[2]) >= columns_) return Verdict::nothing;
  size = packet_size(rows_);
  const auto here = std::min(at.size(), size - 1);
  if (here > 3 && !samples_fit(at.subspan(3, here - 3))) return Verdict::nothing;
  if (at.size() < size) return Verdict::more;
  return at[size - 1] == line_feed ? Verdict::packet : Verdict::nothing;
}

void ImageFinder::slide() noexcept {
  waiting_column_.reset();
  if (!std::exchange(in_step_, false)) return;
  ++damage_.framing;
  if (filled_ > 0 && !std::exchange(broken_, true)) ++damage_.incomplete;
}

bool ImageFinder::column(std::size_t which, std::span<const std::uint16_t> samples) noexcept {
  if (which == 0) {
    if (filled_ > 0 && !broken_) ++(filled_ == 1 ? damage_.twice : damage_.incomplete);
    filled_ = 0;
    broken_ = false;
  } else if (broken_) {
    return false;
  } else if (filled_ > 0 && which == filled_ - 1) {
    ++damage_.twice;
    return false;
  } else if (which != filled_) {
    ++damage_.incomplete;
    broken_ = true;
    return false;
  }
  for (std::size_t row = 0; row < rows_; ++row)
    image_[row * columns_ + which] = pressure(samples[row]);
  if (++filled_ < columns_) return false;
  filled_ = 0;
  return true;
}

/// True when it completes a frame.
bool ImageFinder::packet(std::span<const std::byte> at) noexcept {
  const auto which = std::to_integer<std::size_t>(at[2]);
  for (std::size_t row = 0; row < rows_; ++row)
    samples_[row] = word(at, 3 + 2 * row);
  if (in_step_) return column(which, samples_);
  if (!waiting_column_ || which != (*waiting_column_ + 1) % columns_) {
    waiting_column_ = which;
    std::swap(waiting_, samples_);
    return false;
  }
  in_step_ = true;
  // The first of the two may end a frame only if that was whole, and it was not.
  static_cast<void>(column(*std::exchange(waiting_column_, {}), waiting_));
  return column(which, samples_);
}

std::optional<std::span<const float>> ImageFinder::next(std::span<const std::byte>& bytes) noexcept {
  for (;;) {
    const bool held = size_ > 0;
    if (held) {
      const auto more = std::min(held_.size() - size_, bytes.size());
      std::ranges::copy(bytes.first(more), held_.begin() + static_cast<std::ptrdiff_t>(size_));
      size_ += more;
      bytes = bytes.subspan(more);
    }
    const auto at = held ? std::span<const std::byte>(held_).first(size_) : bytes;
    if (at.empty()) return std::nullopt;
    std::size_t size = 0;
    const auto verdict = judge(at, size);
    if (verdict == Verdict::more) {
      if (!held) {
        std::ranges::copy(bytes, held_.begin());
        size_ = bytes.size();
        bytes = {};
      }
      return std::nullopt;
    }
    bool whole = false;
    if (verdict == Verdict::packet)
      whole = packet(at);
    else if (verdict == Verdict::text)
      ++texts_;
    else
      size = 1, slide();
    if (held) {
      std::copy(held_.begin() + static_cast<std::ptrdiff_t>(size),
                held_.begin() + static_cast<std::ptrdiff_t>(size_), held_.begin());
      size_ -= size;
    } else {
      bytes = bytes.subspan(size);
    }
    if (whole) return image_;
  }
}

std::optional<Geometry> geometry_of(std::span<const std::byte> bytes) noexcept {
  const auto is_packet = [bytes](std::size_t at, std::size_t rows) {
    const auto end = at + packet_size(rows) - 1;
    return end < bytes.size() && bytes[at] == column_mark &&
           std::to_integer<std::size_t>(bytes[at + 1]) == rows && bytes[end] == line_feed &&
           samples_fit(bytes.subspan(at + 3, 2 * rows));
  };
  Geometry out;
  for (std::size_t at = 0; at + 4 < bytes.size(); ++at) {
    const auto rows = std::to_integer<std::size_t>(bytes[at + 1]);
    const auto next = at + packet_size(rows);
    if (rows == 0 || !is_packet(at, rows) || !is_packet(next, rows)) continue;
    const auto which = std::to_integer<std::size_t>(bytes[at + 2]);
    const auto after = std::to_integer<std::size_t>(bytes[next + 2]);
    if (after != which + 1 && after != 0) continue;
    out.rows = rows;
    out.columns = std::max({out.columns, which + 1, after + 1});
  }
  return out.rows == 0 ? std::nullopt : std::optional(out);
}

}  // namespace vigil::drivers::sensing_tex

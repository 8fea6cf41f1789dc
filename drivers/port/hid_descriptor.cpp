#include "drivers/port/hid_descriptor.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace vigil::drivers {
namespace {

struct Item {
  std::uint8_t prefix = 0;  ///< without its size
  std::size_t size = 0;
  std::uint32_t value = 0;
};
enum Tag : std::uint8_t {
  input = 0x80,
  output = 0x90,
  collection = 0xA0,
  usage_page = 0x04,
  report_size = 0x74,
  report_id = 0x84,
  report_count = 0x94,
  push = 0xA4,
  pop = 0xB4,
  usage_item = 0x08,
};

/// The item at the front of `d`, which is advanced; long items are stepped over.
std::optional<Item> next(std::span<const std::byte>& d) noexcept {
  while (!d.empty()) {
    const auto prefix = std::to_integer<std::uint8_t>(d[0]);
    constexpr std::uint8_t long_item = 0xFE;
    if (prefix == long_item) {
      const std::size_t whole = d.size() < 2 ? d.size() : 3 + std::to_integer<std::size_t>(d[1]);
      d = d.subspan(std::min(whole, d.size()));
      continue;
    }
    const std::size_t size = (prefix & 3) == 3 ? 4 : prefix & 3U;
    if (1 + size > d.size()) break;
    Item item{static_cast<std::uint8_t>(prefix & 0xFC), size, 0};
    for (std::size_t k = 0; k < size; ++k)
      item.value |= std::to_integer<std::uint32_t>(d[1 + k]) << (8 * k);
    d = d.subspan(1 + size);
    return item;
  }
  d = {};
  return std::nullopt;
}

constexpr bool is_main(const Item& item) noexcept { return (item.prefix & 0x0C) == 0; }

/// The global items that Push keeps and Pop brings back.
struct Globals {
  std::uint32_t page = 0, size = 0, count = 0, id = 0;
};
class Stack {
 public:
  Globals now;
  bool take(const Item& item) noexcept {
    if (item.prefix == push) {
      if (depth_ < kept_.size()) kept_[depth_] = now;
      ++depth_;
    } else if (item.prefix == pop) {
      if (depth_ > 0 && --depth_ < kept_.size()) now = kept_[depth_];
    } else if (item.prefix == usage_page) {
      now.page = item.value;
    } else if (item.prefix == report_size) {
      now.size = item.value;
    } else if (item.prefix == report_count) {
      now.count = item.value;
    } else if (item.prefix == report_id) {
      now.id = item.value & 0xFF;
    } else {
      return false;
    }
    return true;
  }

 private:
  std::array<Globals, 8> kept_{};
  std::size_t depth_ = 0;
};

}  // namespace

bool has_application(std::span<const std::byte> d, std::uint16_t page, std::uint16_t usage) noexcept {
  constexpr std::uint32_t application = 1;
  Stack globals;
  std::optional<Item> named;  // only the first usage before a collection names it
  while (const auto item = next(d)) {
    if (globals.take(*item)) continue;
    if (item->prefix == usage_item && !named) named = item;
    if (!is_main(*item)) continue;
    if (item->prefix == collection && item->value == application && named) {
      const auto whole = named->size == 4 ? named->value : globals.now.page << 16 | named->value;
      if (whole == (std::uint32_t{page} << 16 | usage)) return true;
    }
    named.reset();
  }
  return false;
}

ReportLengths report_lengths(std::span<const std::byte> d) noexcept {
  constexpr std::uint64_t most_bits = 8 * 1024;
  Stack globals;
  std::array<std::uint64_t, 256> in{}, out{};
  bool ids = false;
  while (const auto item = next(d)) {
    if (globals.take(*item)) {
      ids = ids || item->prefix == report_id;
      continue;
    }
    if (item->prefix != input && item->prefix != output) continue;
    const auto bits = std::uint64_t{globals.now.size} * globals.now.count;
    auto& sum = (item->prefix == input ? in : out)[globals.now.id];
    sum = std::min(sum + std::min(bits, most_bits + 1), most_bits + 1);
  }
  const auto longest = [&](const std::array<std::uint64_t, 256>& bits) -> std::size_t {
    std::uint64_t most = 0;
    for (const auto b : bits)
      if (b <= most_bits) most = std::max(most, b);
    return most == 0 ? 0 : static_cast<std::size_t>((most + 7) / 8 + (ids ? 1 : 0));
  };
  return {longest(in), longest(out), ids};
}

}  // namespace vigil::drivers

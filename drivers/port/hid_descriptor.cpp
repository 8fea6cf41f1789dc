#include "drivers/port/hid_descriptor.hpp"

namespace vigil::drivers {

bool has_application(std::span<const std::byte> d, std::uint16_t page, std::uint16_t usage) noexcept {
  constexpr std::uint8_t usage_page = 0x04, usage_item = 0x08, collection = 0xA0, application = 1;
  std::uint32_t current_page = 0;
  std::uint32_t current_usage = 0;  // page in the upper half
  bool named = false;               // only the first usage before a collection names it
  for (std::size_t i = 0; i < d.size();) {
    const auto prefix = std::to_integer<std::uint8_t>(d[i]);
    if (prefix == 0xFE) {  // long item: size, tag, data
      if (i + 1 >= d.size()) return false;
      i += 3 + std::to_integer<std::size_t>(d[i + 1]);
      continue;
    }
    const std::size_t size = (prefix & 3) == 3 ? 4 : prefix & 3U;
    if (i + 1 + size > d.size()) return false;
    std::uint32_t value = 0;
    for (std::size_t k = 0; k < size; ++k)
      value |= std::to_integer<std::uint32_t>(d[i + 1 + k]) << (8 * k);
    switch (prefix & 0xFC) {
      case usage_page:
        current_page = value;
        break;
      case usage_item:
        if (!named) current_usage = size == 4 ? value : current_page << 16 | value;
        named = true;
        break;
      case collection:
        if (value == application && named && current_usage == (std::uint32_t{page} << 16 | usage))
          return true;
        named = false;
        break;
      default:
        if ((prefix & 0x0C) == 0) named = false;  // any main item ends the local ones
        break;
    }
    i += 1 + size;
  }
  return false;
}

}  // namespace vigil::drivers

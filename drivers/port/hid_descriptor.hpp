#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace vigil::drivers {

/// Whether a HID report descriptor has an application collection of this usage page and usage. Walks the
/// items (HID 1.11, 6.2.2): one-byte prefix bTag<<4 | bType<<2 | bSize, long items 0xFE; a damaged descriptor
/// is searched as far as it goes.
[[nodiscard]] bool has_application(std::span<const std::byte> descriptor, std::uint16_t page,
                                   std::uint16_t usage) noexcept;

}  // namespace vigil::drivers

#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace vigil::drivers {

/// HID report descriptors (HID 1.11, 6.2.2) are items: a one-byte prefix bTag<<4 | bType<<2 | bSize and 0, 1,
/// 2 or 4 bytes, or long items (0xFE, size, tag, data). A damaged descriptor is read as far as it goes.
/// Devices lie: nothing here trusts a length.

/// Whether it has an application collection of this usage page and usage. A short usage belongs to the page
/// that stands when the collection begins (6.2.2.8); Push and Pop keep pages apart.
[[nodiscard]] bool has_application(std::span<const std::byte> descriptor, std::uint16_t page,
                                   std::uint16_t usage) noexcept;

struct ReportLengths {
  std::size_t input = 0, output = 0;  ///< bytes of the longest, its id included; 0: none
  bool ids = false;                   ///< reports begin with an id
  bool operator==(const ReportLengths&) const = default;
};
/// Report Size times Report Count before each Input and Output item, summed by report id. Sizes beyond a
/// kilobyte, which no interrupt endpoint carries, count as none.
[[nodiscard]] ReportLengths report_lengths(std::span<const std::byte> descriptor) noexcept;

}  // namespace vigil::drivers

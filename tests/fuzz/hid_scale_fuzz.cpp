// sources: drivers/hid_scale/protocol.cpp drivers/port/hid_descriptor.cpp
// corpus: tests/captures/hid_scale
// A scale's report, and a report descriptor, from a device that may lie.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "drivers/hid_scale/protocol.hpp"
#include "drivers/port/hid_descriptor.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vigil::drivers;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto kg = hid_scale::decode(bytes);
  if (kg && !std::isfinite(*kg)) std::abort();
  if (kg && size != hid_scale::report_size) std::abort();
  const hid_scale::Force force{hid_scale::Unit::kilogram, -1};
  if (const auto forced = hid_scale::decode(bytes, force); forced && std::abs(*forced) > 6553.6F)
    std::abort();
  (void)has_application(bytes, hid_scale::usage_page, hid_scale::usage);
  return 0;
}

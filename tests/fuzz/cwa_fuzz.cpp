// sources: drivers/axivity/cwa.cpp
// The blocks of a CWA file: as they are, and with the sum mended, so that what lies behind the sum is
// reached.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "drivers/axivity/cwa.hpp"

namespace {

using namespace vigil::drivers::axivity;

void require(bool held) {
  if (!held) std::abort();
}

void look(std::span<const std::byte> bytes) {
  const auto block = parse_cwa_block(bytes);
  if (!block) return;
  require(block->count <= cwa_most_samples && block->hz >= 0);
  for (std::size_t i = 0; i < block->count; ++i)
    for (const float axis : block->g[i])
      require(std::isfinite(axis));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto header = parse_cwa_header(bytes)) require(header->hz >= 0 && std::isfinite(header->hz));
  look(bytes);

  std::array<std::uint8_t, cwa_block_size> block{};
  std::memcpy(block.data(), data, std::min(size, block.size()));
  block[0] = 'A', block[1] = 'X', block[2] = 0xFC, block[3] = 0x01;
  std::uint16_t sum = 0;
  for (std::size_t i = 0; i + 2 < block.size(); i += 2)
    sum = static_cast<std::uint16_t>(sum + (block[i] | block[i + 1] << 8));
  const auto mend = static_cast<std::uint16_t>(-sum);
  block[510] = static_cast<std::uint8_t>(mend);
  block[511] = static_cast<std::uint8_t>(mend >> 8);
  look(std::as_bytes(std::span(block)));
  return 0;
}

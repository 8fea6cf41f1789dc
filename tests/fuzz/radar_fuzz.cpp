// sources: drivers/radar/protocol.cpp
// corpus: tests/captures/radar
// A radar's stream, of either family: rates within their range, the same in pieces, and a whole frame after
// it is found.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "drivers/radar/protocol.hpp"

namespace {

using namespace vigil::drivers::radar;

struct One {
  std::uint16_t type;
  Meaning meaning;
  bool operator==(const One&) const = default;
};

void take(Decoder& decoder, std::span<const std::byte> bytes, std::vector<One>& out) {
  while (const auto frame = decoder.next(bytes)) {
    const auto told = meaning(*frame);
    const auto within = [&](float low, float high) {
      if (!(told.value >= low && told.value <= high)) std::abort();
    };
    if (told.says == Says::heart_rate) within(lowest_heart, highest_heart);
    if (told.says == Says::breath_rate) within(lowest_breath, highest_breath);
    if (told.says == Says::motion) within(0, 100);
    if (frame->data.size() > longest_bha2_data) std::abort();
    out.push_back({frame->type, told});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  std::vector<One> whole, pieces;
  Decoder at_once, byte_by_byte;
  take(at_once, bytes, whole);
  for (std::size_t i = 0; i < size; ++i)
    take(byte_by_byte, bytes.subspan(i, 1), pieces);
  if (whole != pieces) std::abort();

  at_once.quiet();
  take(at_once, {}, whole);
  if (at_once.family() != Family::mr60bha2) {
    const auto heart = command(0x85, 0x02, 71);
    std::vector<One> after;
    take(at_once, heart.bytes, after);
    if (after != std::vector{One{0x8502, {Says::heart_rate, 71}}}) std::abort();
  }
  return 0;
}

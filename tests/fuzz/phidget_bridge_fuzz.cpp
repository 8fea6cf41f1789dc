// sources: drivers/phidget_bridge/protocol.cpp
// corpus: tests/captures/phidget_bridge
// Packets of a board that may lie: the first byte says how long each is and when it comes; no number beyond
// the board's range, no cell that was not enabled, never the same cell twice in a round, rounds in order of
// time.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "drivers/phidget_bridge/protocol.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vigil::drivers::phidget_bridge;
  const auto require = [](bool holds) {
    if (!holds) std::abort();
  };
  const BoardSetup wanted{.enabled = 0xB, .gains = {7, 7, 7, 7}, .interval = 1};
  Rounds rounds(wanted);
  vigil::Instant at, last;
  auto bytes = std::as_bytes(std::span(data, size));
  std::size_t spoken = 0, heard = 0;
  while (!bytes.empty()) {
    const auto head = std::to_integer<std::size_t>(bytes[0]);
    const auto length = std::min<std::size_t>(bytes.size() - 1, head & 31);
    at += std::chrono::milliseconds(head >> 5) * 8;
    auto packet = decode(bytes.subspan(1, length));
    bytes = bytes.subspan(1 + length);
    require(packet.has_value() == (length >= packet_size));
    if (!packet) continue;
    // What does not echo is dropped by the driver; here it is made to echo, so that more is reached.
    packet->setup = wanted;
    for (int i = 0; i < 4; ++i)
      spoken += (packet->fresh & wanted.enabled) >> i & 1;
    rounds.feed(*packet, at, [&](const Round& round) {
      require(round.spoken != 0 && (round.spoken & ~wanted.enabled) == 0);
      require(round.at >= last && round.at <= at);
      last = round.at;
      for (std::size_t i = 0; i < most_cells; ++i) {
        const bool number = !std::isnan(round.mv[i]);
        require(!number || ((round.spoken >> i & 1) != 0 && std::abs(round.mv[i]) <= 1000.0 / 128));
        heard += round.spoken >> i & 1;
      }
    });
    require(heard <= spoken);
  }
  return 0;
}

// sources: drivers/button/protocol.cpp
// corpus: tests/fuzz/corpus/button
// Reports of any length at any moment, from a keyboard that may lie: two bytes of waiting, one of length, the
// report.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "drivers/button/gestures.hpp"
#include "drivers/button/protocol.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vigil;
  using namespace vigil::drivers::button;
  const auto bytes = std::as_bytes(std::span(data, size));
  (void)usage_of(std::string_view(reinterpret_cast<const char*>(data), size));

  Gestures gestures{Gestures::Times{}};
  Instant now, last;
  std::size_t downs = 0, meanings = 0, stuck = 0, edges = 0;
  const auto out = [&](Gestures::Said said, Instant at) {
    if (at < last) std::abort();  // admit() would take it for an older sample
    last = at;
    switch (said) {
      case Gestures::Said::down:
        ++downs;
        break;
      case Gestures::Said::twice:
        meanings += 2;
        break;
      case Gestures::Said::brief:
      case Gestures::Said::lengthy:
        ++meanings;
        break;
      case Gestures::Said::stuck:
        ++stuck;
        break;
    }
    if (meanings > downs || stuck > downs) std::abort();
  };
  bool was = false;
  for (std::size_t at = 0; at + 3 <= size;) {
    const Instant then = now + std::chrono::milliseconds(data[at] << 8 | data[at + 1]);
    for (auto next = gestures.next(); next && *next <= then; next = gestures.next()) {
      if (*next <= now && now != Instant{}) std::abort();  // a wait that never ends
      now = *next;
      gestures.pass(now, out);
    }
    now = then;
    const auto length = std::min<std::size_t>(data[at + 2] & 0x0F, size - at - 3);
    const auto held = decode(bytes.subspan(at + 3, length));
    at += 3 + length;
    if (held && length != report_size) std::abort();
    if (!held || !*held) continue;
    if ((*held)->count() > most_keys) std::abort();
    edges += (*held)->any() && !was ? 1 : 0;
    was = (*held)->any();
    gestures.held(now, was, out);
  }
  gestures.gone(now, out);
  if (downs != meanings) std::abort();  // each press has one meaning
  if (downs > edges) std::abort();      // and none is invented
  return 0;
}

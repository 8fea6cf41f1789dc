// sources: drivers/axivity/protocol.cpp
// corpus: tests/captures/axivity
// What comes out of an AX3's port, garbage included. The first byte says how it is split: the lines are the
// same.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "drivers/axivity/protocol.hpp"

namespace {

using namespace vigil::drivers::axivity;

void require(bool held) {
  if (!held) std::abort();
}

struct Lines {
  std::vector<std::string> all;
  std::uint64_t dropped = 0;
  bool operator==(const Lines&) const = default;
};

Lines split(std::span<const std::byte> bytes, std::size_t step) {
  LineSplitter splitter;
  Lines lines;
  while (!bytes.empty()) {
    auto part = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(part.size());
    while (const auto line = splitter.next(part)) {
      require(line->size() <= longest_line && line->find('\n') == std::string_view::npos);
      lines.all.emplace_back(*line);
    }
    require(part.empty());
  }
  lines.dropped = splitter.take_dropped();
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const auto whole = split(bytes, std::max<std::size_t>(1, bytes.size()));
  require(split(bytes, 1 + data[0] % 17) == whole);
  for (const auto& line : whole.all) {
    if (const auto identity = parse_identity(line))
      require(!identity->serial().empty() && !identity->what().empty());
    if (const auto rate = parse_rate(line))
      require(rate->hz > 0 && rate->range_g >= 2 && rate->range_g <= 16);
    if (const auto battery = parse_battery(line)) require(battery->percent >= 0 && battery->percent <= 100);
    if (const auto raw = parse_sample(line))
      if (const auto g = to_g(raw->acceleration, 256))
        for (const float axis : *g)
          require(std::isfinite(axis) && std::abs(axis) <= 20);
  }
  return 0;
}

// sources: drivers/line/protocol.cpp drivers/line/layout.cpp drivers/line/json.cpp drivers/line/pattern.cpp
// sources: drivers/line/device_clock.cpp drivers/settings.cpp
// links: PkgConfig::RE2 nlohmann_json::nlohmann_json
// corpus: tests/captures/line
// Lines of every format, from a device that may send anything: values within their column's range, the same
// in pieces, and a good line after an end of a line is read.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "drivers/line/device_clock.hpp"
#include "drivers/line/protocol.hpp"

namespace {

using namespace vigil::drivers;
using namespace vigil::drivers::line;

/// The settings alone: what reads them runs no coroutine.
const Driver described{.name = "line",
                       .title = "",
                       .transport = Transport::serial,
                       .matches = {},
                       .settings = line::settings,
                       .stale_after = std::chrono::seconds(1),
                       .simulated = false,
                       .run = nullptr};

struct Case {
  Layout layout;
  std::string good;
};

Case of(const WrittenSettings::Written& written, std::string good) {
  std::vector<Wrong> wrongs;
  auto layout = layout_of(WrittenSettings(described, written), wrongs);
  if (!layout) std::abort();
  return {std::move(*layout), std::move(good)};
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> out;
    out.push_back(of({{"preset", "hx711"}, {"columns", "'HX711 reading' load raw scale=0.0000238"}},
                     "HX711 reading: 3025376\n"));
    out.push_back(of({{"preset", "cells"}, {"columns", "2-5 load raw scale=0.1"}, {"checksum", "xor8"}},
                     "120345,512,430,0,77*30\n"));
    out.push_back(of({{"preset", "cells"}, {"columns", "2-5 pressure"}}, "120345,512,430,0,77\n"));
    out.push_back(of({{"preset", "json"}, {"columns", "w[0-3] load kg"}}, "{\"t\":1523,\"w\":[1,2,3,4]}\n"));
    out.push_back(of({{"preset", "esphome-raw"}, {"columns", "value load raw scale=0.0000238"}},
                     "[D][hx711:031]: 'bed': Got value 3025376\n"));
    out.push_back(of({{"preset", "openscale"}}, ""));
    return out;
  }();
  return all;
}

struct One {
  Record::Kind kind;
  std::vector<float> values;
  bool operator==(const One& other) const {
    return kind == other.kind && values.size() == other.values.size() &&
           std::equal(values.begin(), values.end(), other.values.begin(),
                      [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); });
  }
};

void take(const Layout& layout, Decoder& decoder, DeviceClock& clock, std::span<const std::byte> bytes,
          std::vector<One>& out) {
  vigil::Instant now{std::chrono::seconds(100)}, last{};
  while (const auto record = decoder.next(bytes)) {
    out.push_back({record->kind, {record->values.begin(), record->values.end()}});
    if (record->kind != Record::Kind::values) continue;
    if (record->values.size() != layout.columns.size()) std::abort();
    for (std::size_t i = 0; i < record->values.size(); ++i) {
      const auto& column = layout.columns[i];
      const float v = record->values[i];
      if (std::isnan(v) ? record->without == 0 : !(v >= column.minimum && v <= column.maximum)) std::abort();
    }
    now += std::chrono::milliseconds(100);
    if (!record->time) continue;
    if (const auto moment = clock.at(*record->time, now)) {
      if (moment->at > now || moment->at < last) std::abort();
      last = moment->at;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto& [layout, good] = cases()[data[0] % cases().size()];
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  std::vector<One> whole, pieces;
  Decoder at_once(layout), byte_by_byte(layout);
  DeviceClock clock(1e-3, 32), other_clock(1e-3, 32);
  take(layout, at_once, clock, bytes, whole);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    take(layout, byte_by_byte, other_clock, bytes.subspan(i, 1), pieces);
  if (whole != pieces) std::abort();
  if (good.empty()) return 0;
  std::vector<One> after;
  take(layout, at_once, clock, std::as_bytes(std::span(std::string_view("\n"))), after);
  after.clear();
  take(layout, at_once, clock, std::as_bytes(std::span(good)), after);
  if (after.size() != 1 || after[0].kind != Record::Kind::values) std::abort();
  return 0;
}

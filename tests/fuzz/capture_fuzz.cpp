// links: vigil_wire
// corpus: tests/captures/axivity tests/captures/hid_scale
// A capture file as a torn disk leaves it. Reading ends, in order of time, and what we write reads back as it
// was.
#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "wire/capture.hpp"

namespace {

using namespace vigil;

void require(bool held) {
  if (!held) std::abort();
}

void read_back(std::span<const std::byte> bytes) {
  wire::CaptureWriter writer({.device = "axivity:CWA17_00123",
                              .driver = "axivity",
                              .settings = "bed = \"bed-1\"",
                              .wall = {},
                              .at = {std::chrono::seconds(5)},
                              .boot = "boot",
                              .simulated = true});
  std::vector<std::byte> file(writer.preamble().begin(), writer.preamble().end());
  const Instant at{std::chrono::seconds(6)};
  writer.add(at, 0, bytes);
  const auto chunk = writer.finish_chunk();
  file.insert(file.end(), chunk.begin(), chunk.end());
  wire::CaptureReader reader(file);
  require(reader.header().driver == "axivity" && reader.header().simulated);
  const auto record = reader.next();
  require(record && record->at == at && std::ranges::equal(record->bytes, bytes));
  require(!reader.next() && reader.damaged_chunks() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    wire::CaptureReader reader(bytes);
    std::size_t held = 0;
    while (const auto record = reader.next()) {
      held += record->bytes.size();
      require(held <= size);
    }
    require(reader.skipped_bytes() <= size);
  } catch (const std::runtime_error&) {
    // no capture at all: said in words
  }
  read_back(bytes);
  return 0;
}

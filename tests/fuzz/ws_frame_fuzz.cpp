// sources: daemon/serve/frame.cpp
// A client's bytes after the handshake. The first byte says how they are split: whatever it is, the same is
// heard.
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "serve/frame.hpp"

namespace {

using namespace vigil::serve;
constexpr std::size_t limit = 4096;

struct Heard {
  Incoming::Kind kind;
  CloseCode code;
  std::string payload;
  bool operator==(const Heard&) const = default;
};

void require(bool held) {
  if (!held) std::abort();
}

std::vector<Heard> hear(std::span<const std::byte> bytes, std::size_t step) {
  FrameParser parser(limit);
  std::vector<Heard> all;
  bool ended = false;
  while (!bytes.empty()) {
    auto part = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(part.size());
    while (!part.empty()) {
      const auto before = part.size();
      const auto m = parser.take(part);
      require(part.size() <= before && (m || part.empty()));
      if (!m) continue;
      require(!ended);  // nothing after a close or a violation
      require(m->payload.size() <= limit);
      ended = m->kind == Incoming::Kind::close || m->kind == Incoming::Kind::violation;
      if (m->kind == Incoming::Kind::text || m->kind == Incoming::Kind::close) {
        Utf8 check;
        require(check.feed(m->payload) && check.whole());
      }
      if (m->kind == Incoming::Kind::violation) require(m->code != CloseCode::none && !m->payload.empty());
      all.push_back({m->kind, m->code, std::string(m->payload)});
    }
  }
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const auto whole = hear(bytes, std::max<std::size_t>(1, bytes.size()));
  require(hear(bytes, 1 + data[0] % 17) == whole);

  // What we send ourselves: the length says where the payload is, and it is all there.
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto frame = encode(Opcode::binary, text);
  require(frame.substr(payload_offset(frame)) == text);
  const auto close = encode_close(CloseCode::policy, text);
  require(close.size() <= 127 && payload_offset(close) == 2);
  return 0;
}

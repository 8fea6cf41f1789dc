#include "wire/capture.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include <nlohmann/json.hpp>

#include "wire/crc32c.hpp"

namespace vigil::wire {
namespace {

constexpr std::string_view magic = "VIGILCAP";
constexpr std::uint32_t version = 1;
constexpr std::size_t file_head = magic.size() + 4;
constexpr std::size_t chunk_head = 8;
/// A writer finishes its chunks far below this; a length beyond it is damage.
constexpr std::uint32_t longest_chunk = 16U << 20;

void put_u32(std::vector<std::byte>& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<std::byte>(value >> shift));
}

void set_u32(std::span<std::byte> out, std::uint32_t value) noexcept {
  for (std::size_t i = 0; i < 4; ++i)
    out[i] = static_cast<std::byte>(value >> (8 * i));
}

std::uint32_t get_u32(std::span<const std::byte> in) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value |= std::to_integer<std::uint32_t>(in[i]) << (8 * i);
  return value;
}

void put_varint(std::vector<std::byte>& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(static_cast<std::byte>(value | 0x80));
  out.push_back(static_cast<std::byte>(value));
}

/// Takes a varint from the front of `in`. nullopt: it does not end, or is longer than 64 bits.
std::optional<std::uint64_t> take_varint(std::span<const std::byte>& in) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < in.size() && i < 10; ++i) {
    const auto byte = std::to_integer<std::uint64_t>(in[i]);
    value |= (byte & 0x7F) << (7 * i);
    if ((byte & 0x80) == 0) {
      if (i == 9 && byte > 1) return std::nullopt;
      in = in.subspan(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void seal(std::span<std::byte> chunk) noexcept {
  const auto body = chunk.subspan(chunk_head);
  set_u32(chunk, static_cast<std::uint32_t>(body.size()));
  set_u32(chunk.subspan(4), crc32c(body));
}

}  // namespace

CaptureWriter::CaptureWriter(const CaptureHeader& header) : last_(header.at), origin_(header.at) {
  for (const char c : magic)
    preamble_.push_back(static_cast<std::byte>(c));
  put_u32(preamble_, version);
  const nlohmann::json json = {
      {"device", header.device.str()},
      {"driver", header.driver.str()},
      {"settings", header.settings},
      {"wall_us", header.wall.since_epoch.count()},
      {"offset_min", header.wall.offset.count()},
      {"at_ns", header.at.since_boot.count()},
      {"boot", header.boot.str()},
      {"simulated", header.simulated},
  };
  std::vector<std::byte> chunk(chunk_head);
  chunk.push_back(std::byte{'H'});
  for (const char c : json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))
    chunk.push_back(static_cast<std::byte>(c));
  seal(chunk);
  preamble_.insert(preamble_.end(), chunk.begin(), chunk.end());
}

std::span<const std::byte> CaptureWriter::preamble() const noexcept { return preamble_; }

void CaptureWriter::add(Instant at, std::uint8_t kind, std::span<const std::byte> bytes) {
  // A chunk's length stands in its head only once it is finished.
  if (chunk_.empty() || get_u32(chunk_) != 0) {
    chunk_.assign(chunk_head, std::byte{});
    chunk_.push_back(std::byte{'D'});
    last_ = origin_;
  }
  at = std::max(at, last_);
  chunk_.push_back(static_cast<std::byte>(kind));
  put_varint(chunk_, static_cast<std::uint64_t>((at - last_).count()));
  put_varint(chunk_, bytes.size());
  chunk_.insert(chunk_.end(), bytes.begin(), bytes.end());
  last_ = at;
}

std::size_t CaptureWriter::pending() const noexcept {
  return chunk_.empty() || get_u32(chunk_) != 0 ? 0 : chunk_.size();
}

std::span<const std::byte> CaptureWriter::finish_chunk() {
  if (pending() == 0) return {};
  seal(chunk_);
  return chunk_;
}

struct CaptureReader::Inside {
  std::span<const std::byte> file;
  std::size_t next_chunk = 0;
  std::span<const std::byte> body;  ///< what is left of the present data chunk
  Instant last;
  CaptureHeader header;
  std::uint64_t damaged = 0, skipped = 0;

  /// The body of a chunk that begins at `at` and checks; empty when none does.
  [[nodiscard]] std::span<const std::byte> chunk_at(std::size_t at) const noexcept {
    if (at + chunk_head >= file.size()) return {};
    const auto length = get_u32(file.subspan(at));
    if (length == 0 || length > longest_chunk || length > file.size() - at - chunk_head) return {};
    const auto chunk = file.subspan(at + chunk_head, length);
    if (chunk[0] != std::byte{'H'} && chunk[0] != std::byte{'D'}) return {};
    return crc32c(chunk) == get_u32(file.subspan(at + 4)) ? chunk : std::span<const std::byte>();
  }

  /// The next chunk that checks, wherever it begins; empty at the end.
  std::span<const std::byte> seek_chunk() noexcept {
    const auto from = next_chunk;
    for (std::size_t at = from; at < file.size(); ++at) {
      const auto chunk = chunk_at(at);
      if (chunk.empty()) continue;
      if (at != from) ++damaged, skipped += at - from;
      next_chunk = at + chunk_head + chunk.size();
      return chunk;
    }
    if (from < file.size()) ++damaged, skipped += file.size() - from;
    next_chunk = file.size();
    return {};
  }

  void read_header(std::span<const std::byte> chunk) {
    const auto json = nlohmann::json::parse(as_text(chunk.subspan(1)), nullptr, false);
    try {
      header.device = json.at("device").get<std::string>();
      header.driver = json.at("driver").get<std::string>();
      header.settings = json.at("settings").get<std::string>();
      header.wall.since_epoch = std::chrono::microseconds(json.at("wall_us").get<std::int64_t>());
      header.wall.offset = std::chrono::minutes(json.at("offset_min").get<int>());
      header.at.since_boot = Duration(json.at("at_ns").get<std::int64_t>());
      header.boot = json.at("boot").get<std::string>();
      header.simulated = json.at("simulated").get<bool>();
    } catch (const std::exception& error) {
      throw std::runtime_error(std::string("the capture's header cannot be understood: ") + error.what());
    }
  }
};

CaptureReader::CaptureReader(std::span<const std::byte> file) : in_(std::make_shared<Inside>()) {
  in_->file = file;
  if (file.size() < file_head || as_text(file.first(magic.size())) != magic)
    throw std::runtime_error(file.empty() ? "expected a Vigil capture, found an empty file"
                                          : "expected a Vigil capture, found no VIGILCAP at its start");
  if (const auto found = get_u32(file.subspan(magic.size())); found != version)
    throw std::runtime_error("expected a Vigil capture of version 1, found version " + std::to_string(found));
  in_->next_chunk = file_head;
  const auto chunk = in_->chunk_at(file_head);
  if (chunk.empty() || chunk[0] != std::byte{'H'})
    throw std::runtime_error("the capture's header is damaged: what it is of cannot be known");
  in_->read_header(chunk);
  in_->next_chunk = file_head + chunk_head + chunk.size();
}

const CaptureHeader& CaptureReader::header() const noexcept { return in_->header; }

std::optional<CaptureRecord> CaptureReader::next() {
  auto& in = *in_;
  for (;;) {
    while (in.body.empty()) {
      const auto chunk = in.seek_chunk();
      if (chunk.empty()) return std::nullopt;
      if (chunk[0] != std::byte{'D'}) continue;
      in.body = chunk.subspan(1);
      in.last = in.header.at;
    }
    CaptureRecord record;
    auto rest = in.body.subspan(1);
    record.kind = std::to_integer<std::uint8_t>(in.body[0]);
    const auto since = take_varint(rest);
    const auto length = since ? take_varint(rest) : std::nullopt;
    constexpr auto a_century = std::uint64_t{100} * 366 * 86400 * 1'000'000'000;
    if (!length || *length > rest.size() || *since > a_century) {
      ++in.damaged;  // the chunk checks and yet its records do not fit: written wrongly
      in.skipped += in.body.size();
      in.body = {};
      continue;
    }
    record.at = in.last + Duration(static_cast<Duration::rep>(*since));
    record.bytes = rest.first(*length);
    in.body = rest.subspan(*length);
    in.last = record.at;
    return record;
  }
}

std::uint64_t CaptureReader::damaged_chunks() const noexcept { return in_->damaged; }
std::uint64_t CaptureReader::skipped_bytes() const noexcept { return in_->skipped; }

}  // namespace vigil::wire

#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/instant.hpp"
#include "core/name.hpp"

namespace vigil::wire {

/// A capture: the bytes of one device as they arrived. Append-only:
///   file   = magic "VIGILCAP" u32 version=1, then chunks
///   chunk  = u32 length of body, u32 CRC-32C of body, body
///   body   = first byte 'H' header (JSON text: device, driver, settings, wall time, zone, boot, at_ns), or
///            'D' data: records { u8 kind, varint ns since the record before (the first of each chunk: since
///            the header's at_ns, so that a lost chunk moves no other), varint length, bytes }
/// Little endian. A torn or damaged chunk is dropped and counted; reading goes on at the next chunk that
/// checks, found by its CRC. Annotated captures of tests are the same with a `.expect` file beside them.
struct CaptureHeader {
  Name device, driver;
  std::string settings;  ///< the device's TOML settings, so that a replay runs it the same
  WallTime wall;
  Instant at;
  BootId boot;
  bool simulated = false;
};

struct CaptureRecord {
  std::uint8_t kind = 0;  ///< 0 read, 1 time-out, 2 written by us, 3 control answer
  Instant at;
  std::span<const std::byte> bytes;
};

/// Builds chunks in memory; the caller writes them. Reuses its buffer.
class CaptureWriter {
 public:
  explicit CaptureWriter(const CaptureHeader& header);
  [[nodiscard]] std::span<const std::byte> preamble() const noexcept;  ///< magic, version, header chunk
  void add(Instant at, std::uint8_t kind, std::span<const std::byte> bytes);
  [[nodiscard]] std::size_t pending() const noexcept;
  /// The finished chunk; valid until the next add.
  [[nodiscard]] std::span<const std::byte> finish_chunk();

 private:
  std::vector<std::byte> preamble_, chunk_;
  Instant last_, origin_;
};

/// Reads a whole capture from memory, which it borrows. Chunks are looked for at most 16 MiB long. Throws
/// std::runtime_error when it is no capture at all (names what it found).
class CaptureReader {
 public:
  explicit CaptureReader(std::span<const std::byte> file);
  [[nodiscard]] const CaptureHeader& header() const noexcept;
  [[nodiscard]] std::optional<CaptureRecord> next();
  [[nodiscard]] std::uint64_t damaged_chunks() const noexcept;
  [[nodiscard]] std::uint64_t skipped_bytes() const noexcept;

 private:
  struct Inside;
  std::shared_ptr<Inside> in_;
};

}  // namespace vigil::wire

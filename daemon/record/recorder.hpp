#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "core/event.hpp"
#include "core/instant.hpp"
#include "core/name.hpp"

namespace vigil::record {

struct Status {
  bool writing = true;
  std::string trouble;
  std::size_t queued = 0;
  std::uint64_t bytes = 0;     ///< written since the start
  std::uint64_t dropped = 0;   ///< bytes not recorded: queue full or the disk refused
};

/// The raw night: every device's bytes with their arrival Instants, into DIR/raw/<UTC date>/<device>-<time>.cap
/// (format: wire/capture.hpp). One thread, so that a slow disk delays no check-in. Files are rolled every hour and
/// at 64 MiB, written in chunks of at most 1 s or 64 KiB, fdatasync every 10 s. A disk that refuses is tried again
/// every 10 s; what was missed is counted, never blocks.
class Recorder {
 public:
  /// Throws std::runtime_error when the folder cannot be made or written.
  explicit Recorder(const std::filesystem::path& directory);
  ~Recorder();
  void open(const Name& device, const Name& driver, std::string settings_toml, WallTime wall, Instant at, const BootId& boot);
  /// Copies the bytes. Never blocks. Acquire thread. `kind` 0: read bytes; 1: a read that timed out; 2: written by us;
  /// 3: control transfer answer.
  void bytes(const Name& device, Instant at, std::uint8_t kind, std::span<const std::byte> bytes);
  void close(const Name& device);
  [[nodiscard]] Status status() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

}  // namespace vigil::record

#pragma once
#include <chrono>
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
  std::string trouble;        ///< when not writing: what the disk said
  std::size_t queued = 0;     ///< bytes that wait for the thread
  std::uint64_t bytes = 0;    ///< written since the start
  std::uint64_t dropped = 0;  ///< bytes not recorded: queue full or the disk refused
};

/// The defaults are those of the daemon; tests set others.
struct Limits {
  std::size_t queue_bytes = 8 * 1024 * 1024;
  std::size_t chunk_bytes = 64 * 1024;
  std::chrono::milliseconds chunk_age{1000};
  std::chrono::milliseconds sync_every{10000};
  std::chrono::milliseconds retry_every{10000};
  Duration roll_after = std::chrono::hours(1);  ///< of the devices' time
  std::uint64_t roll_bytes = 64 * 1024 * 1024;
  /// So much is left to the log: of the file system's size 5 %, but at most this.
  std::uint64_t leave_free = 64 * 1024 * 1024;
};

/// The raw night: every device's bytes with their arrival Instants, into DIR/raw/<UTC date>/<device>-<UTC
/// time>.cap (format: wire/capture.hpp). One thread, so that a slow disk delays no check-in. Files are rolled
/// every hour and at 64 MiB, written in chunks of at most 1 s or 64 KiB, fdatasync every 10 s. A disk that
/// refuses, or is so full that the log needs the rest, is tried again every 10 s; what was missed is counted,
/// never blocks.
class Recorder {
 public:
  /// Throws std::runtime_error when the folder cannot be made or written.
  explicit Recorder(const std::filesystem::path& directory, const Limits& limits = {});
  ~Recorder();  ///< writes what waits
  /// A device begins (again): a new file, once its first bytes come. `at` and `wall` are the same moment.
  void open(const Name& device, const Name& driver, std::string settings_toml, WallTime wall, Instant at,
            const BootId& boot, bool simulated = false);
  /// Copies the bytes. Never blocks. Acquire thread. `kind` 0: read bytes; 1: a read that timed out; 2:
  /// written by us; 3: control transfer answer.
  void bytes(const Name& device, Instant at, std::uint8_t kind, std::span<const std::byte> bytes);
  void close(const Name& device);
  [[nodiscard]] Status status() const;  ///< any thread

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

}  // namespace vigil::record

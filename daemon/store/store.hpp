#pragma once
#include <boost/system/result.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/event.hpp"
#include "core/reading.hpp"
#include "core/rows.hpp"

namespace vigil::store {

/// Why an entry was not taken.
enum class Refusal : std::uint8_t {
  disk,     ///< the disk refuses (full, read-only, I/O error): nothing is recorded until it recovers
  busy,     ///< the queue of entries is full
  closing,  ///< the daemon is stopping
  conflict, ///< the client id was used before for something else
};

struct Accepted {
  Event event;            ///< with its seq
  bool repeated = false;  ///< an entry that was there already: nothing new was written
};

struct Status {
  bool writing = true;            ///< false: the disk refuses
  std::string trouble;            ///< when not writing: what the disk said
  std::size_t queued = 0;
  std::uint64_t unrecorded = 0;   ///< happenings since the disk began to refuse
  std::uint64_t commits = 0;
  double last_commit_ms = 0;
};

/// The log's only writer and its sequencer: one thread, SQLite in WAL mode with synchronous=FULL, group commit.
/// It assigns SEQ, commits, then publishes. Public functions are thread-safe.
class Store {
 public:
  struct Listener {
    /// On the store thread, in order of seq, after the commit that holds them.
    std::function<void(const std::vector<Event>&)> committed;
    /// On the store thread: happenings that could not be recorded (seq 0); for showing only.
    std::function<void(const std::vector<Event>&)> unrecorded;
    std::function<void(const Status&)> changed;   ///< writing began or ceased
  };
  using Answer = std::function<void(boost::system::result<Accepted, Refusal>)>;

  /// Opens or makes DIR/vigil.db, migrates it forward, verifies the last links of the chain.
  /// Throws std::runtime_error with one clear line: another daemon holds it (and which), the schema is newer than
  /// this program, the folder is read-only, the file is no database.
  Store(const std::filesystem::path& directory, Listener listener);
  ~Store();   ///< commits what waits, then closes

  void start();  ///< from now on the thread runs and listeners are called

  /// A happening: never refused for want of space in the queue of entries.
  void append(Event event);
  /// An entry: answered on the store thread after its commit. A client id seen before answers with the first.
  void enter(Event entry, Answer answer);
  void record(const Reading& reading, WallTime wall);
  void record(const Epoch& epoch, WallTime from);
  void record(const Rescore& rescore, WallTime from);

  [[nodiscard]] const std::string& log_id() const noexcept;   ///< UUID made with the log
  [[nodiscard]] std::uint64_t head() const noexcept;          ///< the last committed seq
  [[nodiscard]] std::int64_t schema() const noexcept;
  [[nodiscard]] Status status() const;
  /// Turns once a loop; the watchdog compares.
  [[nodiscard]] std::uint64_t turns() const noexcept;

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

using NightRow = vigil::NightRow;
using ReadingRow = vigil::ReadingRow;
using EpochRow = vigil::EpochRow;

/// A read-only connection for history; short transactions. One thread at a time (each thread its own).
/// Throws std::runtime_error when the database cannot be read.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& directory);
  ~Reader();
  [[nodiscard]] std::uint64_t head() const;
  /// Events with seq > since, oldest first, at most `limit` (<= 500). Erased payloads are left out of none: they
  /// come with their kind and empty data.
  [[nodiscard]] std::vector<Event> events(std::uint64_t since, std::size_t limit, const Name& bed = {}) const;
  [[nodiscard]] std::vector<Event> events_between(const Name& bed, WallTime from, WallTime to, std::size_t limit) const;
  /// The newest event of each given kind for the bed, e.g. to know tare and open night after a restart.
  [[nodiscard]] std::optional<Event> last(const Name& bed, std::string_view kind) const;
  [[nodiscard]] std::vector<NightRow> nights(const Name& bed, std::size_t limit) const;   ///< newest first; empty bed: all
  [[nodiscard]] std::optional<NightRow> night(const Name& night) const;
  [[nodiscard]] std::vector<EpochRow> epochs(const Name& bed, WallTime from, WallTime to) const;
  [[nodiscard]] std::vector<ReadingRow> readings(const Name& bed, WallTime from, WallTime to, std::size_t limit) const;

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

/// What walking the chain found. `broken_at`: the first seq whose hash does not follow.
struct Verification {
  std::uint64_t events = 0, erased = 0;
  std::optional<std::uint64_t> broken_at;
  std::string log_id, head_hash, trouble;
};
Verification verify(const std::filesystem::path& directory);

}  // namespace vigil::store

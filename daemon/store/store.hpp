#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/system/result.hpp>

#include "base/clock.hpp"
#include "core/event.hpp"
#include "core/reading.hpp"
#include "core/rows.hpp"

namespace vigil::store {

/// Why an entry was not taken.
enum class Refusal : std::uint8_t {
  disk,      ///< the disk refuses (full, read-only, I/O error): nothing is recorded until it recovers
  busy,      ///< the queue of entries is full
  closing,   ///< the daemon is stopping
  conflict,  ///< the client id was used before for something else
};

struct Accepted {
  Event event;            ///< with its seq
  bool repeated = false;  ///< an entry that was there already: nothing new was written
};

struct Status {
  bool writing = true;  ///< false: the disk refuses
  std::string trouble;  ///< when not writing: what the disk said
  std::size_t queued = 0;
  std::uint64_t unrecorded = 0;  ///< happenings since the disk began to refuse
  std::uint64_t commits = 0;
  double last_commit_ms = 0;
  std::optional<std::uint64_t> broken_at;  ///< the chain did not follow here when the log was opened
};

/// The log's only writer and its sequencer: one thread, SQLite in WAL mode with synchronous=FULL, group
/// commit. It assigns SEQ, commits, then publishes. Public functions are thread-safe.
class Store {
 public:
  struct Listener {
    /// On the store thread, in order of seq, after the commit that holds them.
    std::function<void(const std::vector<Event>&)> committed;
    /// On the store thread: happenings that could not be recorded (seq 0); for showing only.
    std::function<void(const std::vector<Event>&)> unrecorded;
    std::function<void(const Status&)> changed;  ///< writing began or ceased
  };
  using Answer = std::function<void(boost::system::result<Accepted, Refusal>)>;

  /// Opens or makes DIR/vigil.db, migrates it forward, verifies the last links of the chain (a broken one is
  /// said in the log and in Status; recording goes on). `clock` stamps what the store itself logs
  /// (recording.gap); none: the machine's. It must outlive the store. Throws std::runtime_error with one
  /// clear line: another daemon holds it (and which), the schema is newer than this program, the folder is
  /// read-only, the file is no database.
  Store(const std::filesystem::path& directory, Listener listener, const Clock* clock = nullptr);
  ~Store();  ///< commits what waits, then closes

  void start();  ///< from now on the thread runs and listeners are called

  /// A happening: never refused for want of space in the queue of entries. Should even the queue of
  /// everything be full (16,384: the disk hangs), it is dropped, counted, and a recording.gap says so.
  void append(Event event);
  /// An entry: answered on the store thread after its commit. A client id seen before answers with the first.
  /// `busy` and `closing` are answered at once on the caller's thread.
  void enter(Event entry, Answer answer);
  /// Kept in memory and written every 5 s, so that they cost entries nothing. Thrown away, oldest first, when
  /// the disk refuses for longer than 2,048 minutes of readings or 8,192 epochs.
  void record(const Reading& reading, WallTime wall);
  void record(const Epoch& epoch, WallTime from);
  void record(const Rescore& rescore, WallTime from);  ///< of the epoch that began within 15 s of `from`

  /// Erases the payloads of everything about this person; headers and chain stay. `done` (store thread): how
  /// many, or nullopt when the disk refused or the daemon is closing.
  void erase(Name person, std::function<void(std::optional<std::uint64_t>)> done);

  [[nodiscard]] const std::string& log_id() const noexcept;  ///< UUID made with the log
  [[nodiscard]] std::uint64_t head() const noexcept;         ///< the last committed seq
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
  [[nodiscard]] std::string log_id() const;
  /// Events with seq > since, oldest first, at most `limit` (<= 500). Erased payloads are left out of none:
  /// they come with their kind and empty data. A kind that only a newer program knows is passed over.
  [[nodiscard]] std::vector<Event> events(std::uint64_t since, std::size_t limit, const Name& bed = {}) const;
  /// from <= wall <= to, in order of seq.
  [[nodiscard]] std::vector<Event> events_between(const Name& bed, WallTime from, WallTime to,
                                                  std::size_t limit) const;
  /// The bed's events of a night: from what opened it (the bed entry before night.opened included) to
  /// night.closed.
  [[nodiscard]] std::vector<Event> night_events(const Name& night, std::size_t limit = 5000) const;
  /// The newest event of this kind of the bed (empty: of the daemon), e.g. to know the tare after a restart.
  [[nodiscard]] std::optional<Event> last(const Name& bed, std::string_view kind) const;
  /// All events of this kind, of any bed, oldest first: for kinds of which there are few.
  [[nodiscard]] std::vector<Event> of_kind(std::string_view kind) const;
  [[nodiscard]] std::vector<NightRow> nights(const Name& bed,
                                             std::size_t limit) const;  ///< newest first; empty bed: all
  [[nodiscard]] std::optional<NightRow> night(const Name& night) const;
  [[nodiscard]] std::vector<EpochRow> epochs(const Name& bed, WallTime from, WallTime to) const;
  [[nodiscard]] std::vector<ReadingRow> readings(const Name& bed, WallTime from, WallTime to,
                                                 std::size_t limit) const;

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

/// A link of the chain kept elsewhere (a backup, a printed report). Without one, a log whose tail was cut
/// off, or that was written anew from some point on, passes.
struct Anchor {
  std::uint64_t seq = 0;
  std::string hash;  ///< 64 hex digits, Verification::head_hash of then
};

/// What walking the chain found. `broken_at`: the first seq whose hash does not follow.
struct Verification {
  std::uint64_t events = 0, erased = 0;
  std::uint64_t head = 0;  ///< the last seq
  std::optional<std::uint64_t> broken_at;
  std::string log_id, head_hash, trouble;  ///< trouble: empty when all is well, else a sentence
};
/// Reads only; a daemon may be running. Throws std::runtime_error when the database cannot be read.
Verification verify(const std::filesystem::path& directory, const std::optional<Anchor>& anchor = {});

}  // namespace vigil::store

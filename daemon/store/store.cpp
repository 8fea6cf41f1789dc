#include "store/store.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>
#include <variant>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.hpp"
#include "base/mailbox.hpp"
#include "base/thread.hpp"
#include "store/blocks.hpp"
#include "store/chain.hpp"
#include "store/lock_file.hpp"
#include "store/rows.hpp"
#include "store/schema.hpp"
#include "wire/stored.hpp"

namespace vigil::store {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t queue_limit = 16384;
constexpr std::size_t entry_limit = 256;
constexpr std::size_t block_limit = 2048;
constexpr std::size_t epoch_limit = 8192;
constexpr auto patience = std::chrono::milliseconds(250);
constexpr auto retry_every = std::chrono::seconds(2);
constexpr auto write_readings_every = std::chrono::seconds(5);
constexpr int checkpoint_pages = 400;       // when idle; 4 MiB of log are 1,000
constexpr int checkpoint_now_pages = 4000;  // even when busy
constexpr off_t wal_reserve = 4 * 1024 * 1024;
constexpr off_t wal_largest = 16 * 1024 * 1024;
constexpr std::uint64_t links_checked_at_start = 64;

struct Entry {
  Event event;
  Store::Answer answer;
};
struct StoredReading {
  Name bed;
  ReadingRow row;
};
struct StoredEpoch {
  Epoch epoch;
  WallTime from;
};
struct StoredRescore {
  Rescore rescore;
  WallTime from;
};
struct Erasure {
  Name person;
  std::function<void(std::optional<std::uint64_t>)> done;
};
using Message = std::variant<Event, Entry, StoredReading, StoredEpoch, StoredRescore, Erasure>;

void make_private_folder(const std::filesystem::path& directory) {
  std::error_code ec;
  const bool fresh = std::filesystem::create_directories(directory, ec);
  if (ec)
    throw std::runtime_error("cannot make the folder " + directory.string() + ": " + ec.message() +
                             ": choose another with --data");
  if (fresh) ::chmod(directory.c_str(), 0700);
}

/// SQLite gives its other files the mode of this one.
void make_private_file(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    throw std::runtime_error("cannot open " + file.string() + " for writing: " + std::strerror(errno));
  ::fchmod(fd, 0600);
  ::close(fd);
  if (const int folder = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
}

/// Zeros at the end of the write-ahead log, so that commits overwrite and fdatasync needs no change of the
/// file's size (0.17 against 0.26 ms), and a full disk still leaves room for entries. SQLite takes zeros for
/// the end of the log. Where space is short nothing is reserved.
void reserve_wal(const std::filesystem::path& database) {
  const auto file = database.string() + "-wal";
  struct statvfs space{};
  if (::statvfs(database.parent_path().c_str(), &space) != 0 ||
      space.f_bavail * space.f_frsize < static_cast<std::uint64_t>(wal_reserve) * 4)
    return;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  struct stat size{};
  if (::fstat(fd, &size) == 0) {
    static constexpr std::array<char, 65536> zeros{};
    auto at = size.st_size;
    while (at < wal_reserve) {
      const auto n =
          ::pwrite(fd, zeros.data(), std::min(zeros.size(), static_cast<std::size_t>(wal_reserve - at)), at);
      if (n <= 0) break;
      at += n;
    }
    if (at > size.st_size) ::fsync(fd);
  }
  ::close(fd);
}

std::optional<std::uint64_t> check_last_links(Database& db, Chain& chain, std::uint64_t head) {
  const auto from = head > links_checked_at_start ? head - links_checked_at_start : 0;
  Digest before{};
  Statement rows(db,
                 "SELECT event.seq, header, payload_hash, link, nonce, body FROM event LEFT JOIN payload ON "
                 "payload.seq = event.seq WHERE event.seq >= ?1 ORDER BY event.seq");
  auto expected = from;
  if (from == 0) {
    Statement id(db, "SELECT value FROM meta WHERE key='log_id'");
    before = id.start().step() ? chain.first(id.text(0)) : Digest{};
    expected = 1;
  }
  rows.start(from);
  for (bool first = from != 0; rows.step(); first = false, ++expected) {
    const auto seq = static_cast<std::uint64_t>(rows.integer(0));
    const auto stored = rows.blob(3);
    if (seq != expected || stored.size() != before.size()) return expected;
    if (!first) {
      if (!rows.is_null(4)) {
        const auto hash = chain.payload_hash(rows.blob(4), rows.text(5));
        if (!std::ranges::equal(hash, rows.blob(2))) return seq;
      }
      if (!std::ranges::equal(chain.link(before, rows.text(1), rows.blob(2)), stored)) return seq;
    }
    std::ranges::copy(stored, before.begin());
  }
  return {};
}

}  // namespace

/// Everything below is of the store thread (before start: of who made it) but where it says otherwise.
struct Store::Inside {
  struct Pending {
    Event event;
    Answer answer;                                                  // entries
    std::optional<boost::system::result<Accepted, Refusal>> known;  // answered without writing
    std::optional<std::size_t> same_as;  // an earlier one of this batch with the same client id
  };

  Inside(const std::filesystem::path& folder, Listener l, const Clock* c)
      : listener(std::move(l)),
        clock(c != nullptr ? *c : own_clock),
        file(database_file(folder)),
        lock((make_private_folder(folder), folder)),
        db((make_private_file(file), file), Database::Mode::read_write) {
    db.run("PRAGMA cache_size=-1024; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON");
    Statement journal(db, "PRAGMA journal_mode=WAL");
    if (!journal.start().step() || journal.text(0) != "wal")
      throw std::runtime_error(file.string() + ": the write-ahead log cannot be used on this file system");
    journal.reset();
    db.run("PRAGMA synchronous=FULL");
    migrate(db, file);
    schema = db.number("PRAGMA user_version");

    int persist = 1;
    sqlite3_file_control(db.raw(), "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
    sqlite3_wal_hook(
        db.raw(),
        [](void* self, sqlite3*, const char*, int pages) {
          static_cast<Inside*>(self)->wal_pages = pages;
          return SQLITE_OK;
        },
        this);
    struct stat wal{};
    if (::stat((file.string() + "-wal").c_str(), &wal) == 0 && wal.st_size > wal_largest)
      sqlite3_wal_checkpoint_v2(db.raw(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    reserve_wal(file);

    Statement id(db, "SELECT value FROM meta WHERE key='log_id'");
    if (!id.start().step()) throw std::runtime_error(file.string() + " has no log id: it is damaged");
    log_id = id.text(0);
    id.reset();
    link = chain.first(log_id);
    Statement last(db, "SELECT seq, link FROM event ORDER BY seq DESC LIMIT 1");
    if (last.start().step()) {
      head = static_cast<std::uint64_t>(last.integer(0));
      if (last.blob(1).size() == link.size()) std::ranges::copy(last.blob(1), link.begin());
    }
    last.reset();
    broken_at = check_last_links(db, chain, head);
    if (broken_at)
      log::error(
          "store: the chain of {} does not follow at {}: somebody or something changed the log; see vigild "
          "verify",
          file.string(), *broken_at);

    insert_event.emplace(db, "INSERT INTO event(seq, header, payload_hash, link) VALUES(?1, ?2, ?3, ?4)");
    insert_payload.emplace(db, "INSERT INTO payload(seq, nonce, body) VALUES(?1, ?2, ?3)");
    insert_entry.emplace(db, "INSERT OR IGNORE INTO entry(client_id, seq) VALUES(?1, ?2)");
    find_entry.emplace(
        db,
        "SELECT header, body FROM entry JOIN event ON event.seq = entry.seq LEFT JOIN payload ON "
        "payload.seq = entry.seq WHERE client_id = ?1");
    begin.emplace(db, "BEGIN IMMEDIATE");
    commit.emplace(db, "COMMIT");
  }

  // -- the thread
  // ------------------------------------------------------------------------------------------------

  void run() {
    while (auto batch = box.take(patience)) {
      turns.fetch_add(1, std::memory_order_relaxed);
      take_in(std::move(*batch));
      tidy();
    }
    retry_at = {};
    if (!writing) write({});
    write_rows();
    checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  }

  void take_in(std::vector<Message> batch) {
    std::vector<Pending> pending;
    std::vector<Erasure> erasures;
    bool entries = false;
    for (auto& message : batch) {
      if (auto* event = std::get_if<Event>(&message)) {
        pending.push_back({std::move(*event), {}, {}, {}});
      } else if (auto* entry = std::get_if<Entry>(&message)) {
        entries_waiting.fetch_sub(1, std::memory_order_relaxed);
        entries = true;
        pending.push_back({std::move(entry->event), std::move(entry->answer), {}, {}});
      } else if (auto* reading = std::get_if<StoredReading>(&message)) {
        keep(*reading);
      } else if (auto* epoch = std::get_if<StoredEpoch>(&message)) {
        keep(epochs, *epoch);
      } else if (auto* rescore = std::get_if<StoredRescore>(&message)) {
        keep(rescores, *rescore);
      } else {
        erasures.push_back(std::move(std::get<Erasure>(message)));
      }
    }
    if (!pending.empty()) {
      if (writing || entries || Steady::now() >= retry_at)
        write(std::move(pending));
      else
        refuse_all(pending);
    }
    for (auto& e : erasures)
      erase(e);
  }

  /// What can wait until nobody does.
  void tidy() {
    if (writing ? dropped.load(std::memory_order_relaxed) != 0 : Steady::now() >= retry_at) write({});
    if (writing && Steady::now() >= write_rows_at) write_rows();
    if ((wal_pages >= checkpoint_pages && box.depth() == 0) || wal_pages >= checkpoint_now_pages)
      if (Steady::now() >= checkpoint_at) checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  }

  // -- events
  // ----------------------------------------------------------------------------------------------------

  /// One group: all or nothing.
  void write(std::vector<Pending> pending) {
    const auto began = Steady::now();
    const auto overflow = dropped.exchange(0, std::memory_order_relaxed);
    std::vector<Event> committed;
    std::vector<std::optional<std::size_t>> place(pending.size());  // of each in `committed`
    auto new_head = head.load(std::memory_order_relaxed);
    auto new_link = link;
    bool looked = false;
    try {
      begin->run();
      find_repeats(pending);  // within the transaction: its locks are taken once
      looked = true;
      const auto put = [&](Event event) {
        event.seq = ++new_head;
        insert(event, new_link);
        committed.push_back(std::move(event));
      };
      if (!writing)
        put(gap("disk refused", unrecorded.load(std::memory_order_relaxed), clock.now() - refusing_since));
      if (overflow != 0) put(gap("the disk was too slow", overflow, {}));
      for (std::size_t i = 0; i < pending.size(); ++i) {
        if (pending[i].known || pending[i].same_as) continue;
        place[i] = committed.size();
        put(pending[i].event);
      }
      if (committed.empty())
        rollback();
      else
        commit->run();
    } catch (const std::exception& e) {
      rollback();
      dropped.fetch_add(overflow, std::memory_order_relaxed);
      refuse(e);
      if (!looked) find_what_is_known(pending);
      refuse_all(pending);
      return;
    }
    if (!committed.empty()) {
      head.store(new_head, std::memory_order_release);
      link = new_link;
      commits.fetch_add(1, std::memory_order_relaxed);
      last_commit_ms.store(std::chrono::duration<double, std::milli>(Steady::now() - began).count(),
                           std::memory_order_relaxed);
      if (!writing) recovered();
      if (listener.committed) listener.committed(committed);
    }
    for (std::size_t i = 0; i < pending.size(); ++i) {
      auto& p = pending[i];
      if (!p.answer) continue;
      if (p.known)
        p.answer(std::move(*p.known));
      else if (p.same_as && !same_content(pending[*p.same_as].event, p.event))
        p.answer(Refusal::conflict);
      else
        p.answer(Accepted{committed[*place[p.same_as.value_or(i)]], p.same_as.has_value()});
    }
  }

  void find_repeats(std::vector<Pending>& pending) {
    std::map<std::string_view, std::size_t> here;
    for (std::size_t i = 0; i < pending.size(); ++i) {
      auto& p = pending[i];
      if (!p.answer || p.event.client_id.empty()) continue;
      find_entry->start(p.event.client_id);
      if (find_entry->step()) {
        const auto first = read_event(*find_entry);
        const bool erased = find_entry->is_null(1);
        find_entry->reset();
        if (first && (erased ? kind(*first) == kind(p.event) && first->bed == p.event.bed
                             : same_content(*first, p.event)))
          p.known = Accepted{*first, true};
        else
          p.known = Refusal::conflict;
      } else if (const auto [at, fresh] = here.emplace(p.event.client_id, i); !fresh) {
        p.same_as = at->second;
      }
    }
  }

  /// Reading may work where writing does not: what was recorded before is still answered.
  void find_what_is_known(std::vector<Pending>& pending) {
    try {
      find_repeats(pending);
    } catch (const std::exception&) {
      find_entry->reset();
    }
  }

  static bool same_content(const Event& a, const Event& b) {
    return a.bed == b.bed && kind(a) == kind(b) &&
           wire::payload_to_text(a.payload) == wire::payload_to_text(b.payload);
  }

  void insert(const Event& event, Digest& before) {
    const auto header = wire::stored_header(event);
    const auto body = wire::payload_to_text(event.payload);
    const auto nonce = next_nonce();
    const auto hash = chain.payload_hash(nonce, body);
    before = chain.link(before, header, hash);
    insert_event->run(event.seq, header, std::span<const std::byte>(hash),
                      std::span<const std::byte>(before));
    insert_payload->run(event.seq, std::span<const std::byte>(nonce), body);
    if (!event.client_id.empty()) insert_entry->run(event.client_id, event.seq);
    if (const auto* opened = std::get_if<event::NightOpened>(&event.payload)) {
      const auto at = event.wall + std::chrono::duration_cast<std::chrono::microseconds>(-opened->ago);
      Statement(db,
                "INSERT OR IGNORE INTO night(night, bed, opened_us, opened_offset_min, opened_seq) "
                "VALUES(?1, ?2, ?3, ?4, ?5)")
          .run(opened->night.view(), event.bed.view(), at.since_epoch.count(),
               std::int64_t{at.offset.count()}, event.seq);
    } else if (const auto* closed = std::get_if<event::NightClosed>(&event.payload)) {
      const auto at = event.wall + std::chrono::duration_cast<std::chrono::microseconds>(-closed->ago);
      Statement(db, "UPDATE night SET closed_us=?2, closed_offset_min=?3, closed_seq=?4 WHERE night=?1")
          .run(closed->night.view(), at.since_epoch.count(), std::int64_t{at.offset.count()}, event.seq);
    }
  }

  /// 16 bytes of one 4-KiB draw from the kernel; none is used twice.
  Nonce next_nonce() {
    if (nonces_used + sizeof(Nonce) > nonces.size()) {
      random_bytes(nonces);
      nonces_used = 0;
    }
    Nonce nonce{};
    std::copy_n(nonces.begin() + static_cast<std::ptrdiff_t>(nonces_used), nonce.size(), nonce.begin());
    nonces_used += nonce.size();
    return nonce;
  }

  Event gap(const Name& cause, std::uint64_t lost, Duration lasted) const {
    Event event;
    event.at = clock.now();
    event.boot = clock.boot();
    event.wall = clock.wall();
    event.zone = clock.zone();
    event.payload = event::RecordingGap{lasted, cause, static_cast<std::int64_t>(lost), false};
    return event;
  }

  void rollback() noexcept {
    if (db.in_transaction()) sqlite3_exec(db.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
  }

  // -- a disk that refuses
  // -----------------------------------------------------------------------------------------

  void refuse(const std::exception& error) {
    retry_at = Steady::now() + retry_every;
    const auto* sqlite = dynamic_cast<const SqliteError*>(&error);
    trouble_code.store(sqlite != nullptr ? sqlite->code : SQLITE_ERROR, std::memory_order_relaxed);
    trouble_errno.store(sqlite != nullptr ? sqlite->system_errno : 0, std::memory_order_relaxed);
    if (!writing) return;
    refusing_since = clock.now();
    writing.store(false, std::memory_order_release);
    log::error("store: nothing is recorded until the disk takes it again: {}", error.what());
    tell();
  }

  void refuse_all(std::vector<Pending>& pending) {
    std::vector<Event> happenings;
    for (auto& p : pending)
      if (!p.answer) happenings.push_back(std::move(p.event));
    unrecorded.fetch_add(happenings.size(), std::memory_order_relaxed);
    if (!happenings.empty() && listener.unrecorded) listener.unrecorded(happenings);
    for (auto& p : pending)
      if (p.answer) p.answer(p.known ? std::move(*p.known) : Refusal::disk);
  }

  void recovered() {
    log::info("store: recording again; {} happenings were not recorded",
              unrecorded.load(std::memory_order_relaxed));
    trouble_code.store(SQLITE_OK, std::memory_order_relaxed);
    unrecorded.store(0, std::memory_order_relaxed);
    writing.store(true, std::memory_order_release);
    tell();
  }

  void tell() {
    if (listener.changed) listener.changed(status());
  }

  // -- readings and epochs
  // -----------------------------------------------------------------------------------------

  struct Current {
    ReadingBlock block;
    bool fresh = true;  // holds what is not written
  };

  void keep(const StoredReading& r) {
    auto at = current.find(r.bed);
    if (at != current.end() && at->second.block.add(r.row)) {
      at->second.fresh = true;
      return;
    }
    if (at != current.end()) {
      if (at->second.fresh) keep(blocks, std::pair(r.bed, std::move(at->second.block)));
      current.erase(at);
    }
    // The block's key has whole milliseconds, so its times start from one.
    const WallTime start{std::chrono::floor<std::chrono::milliseconds>(r.row.wall.since_epoch),
                         r.row.wall.offset};
    at = current.emplace(r.bed, Current{start, true}).first;
    if (!at->second.block.add(r.row)) current.erase(at);
  }

  template <class T>
  static constexpr std::size_t limit_of =
      std::is_same_v<T, std::pair<Name, ReadingBlock>> ? block_limit : epoch_limit;
  template <class T>
  static void keep(std::deque<T>& list, T value) {
    if (list.size() >= limit_of<T>) list.pop_front();
    list.push_back(std::move(value));
  }

  void write_rows() {
    write_rows_at = Steady::now() + write_readings_every;
    bool any = !blocks.empty() || !epochs.empty() || !rescores.empty();
    for (const auto& [bed, c] : current)
      any = any || c.fresh;
    if (!any || !writing) return;
    try {
      begin->run();
      Statement put_block(db, "INSERT OR REPLACE INTO reading(id, offset_min, block) VALUES(?1, ?2, ?3)");
      const auto block = [&](const Name& bed, const ReadingBlock& b) {
        put_block.run(row_id(number_of(bed), b.start()), std::int64_t{b.start().offset.count()}, b.bytes());
      };
      for (const auto& [bed, b] : blocks)
        block(bed, b);
      for (const auto& [bed, c] : current)
        if (c.fresh) block(bed, c.block);
      Statement put_epoch(
          db,
          "INSERT OR REPLACE INTO epoch(id, offset_min, score, state, counts, movement_kg, load_kg, "
          "scorer, p_asleep) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
      for (const auto& [e, from] : epochs)
        put_epoch.run(row_id(number_of(e.bed), from), std::int64_t{from.offset.count()},
                      static_cast<int>(e.score), static_cast<int>(e.state), real(e.counts),
                      real(e.movement_kg), real(e.load_kg), e.scorer.view(), real(e.p_asleep));
      // The moments of an epoch and of its rescoring are told by clocks read apart, so the nearest is meant.
      Statement put_rescore(
          db,
          "UPDATE epoch SET rescored=?4, rescorer=?5, rescored_p_asleep=?6 WHERE id = (SELECT id FROM epoch "
          "WHERE id "
          "BETWEEN ?1 - 15000 AND ?1 + 15000 AND id BETWEEN ?2 AND ?3 ORDER BY abs(id - ?1) LIMIT 1)");
      for (const auto& [r, from] : rescores) {
        const auto bed = number_of(r.bed);
        put_rescore.run(row_id(bed, from), bed << 42, (bed + 1) << 42, static_cast<int>(r.score),
                        r.scorer.view(), real(r.p_asleep));
      }
      commit->run();
    } catch (const std::exception& e) {
      rollback();
      bed_numbers.clear();
      refuse(e);
      return;
    }
    blocks.clear();
    epochs.clear();
    rescores.clear();
    for (auto& [bed, c] : current)
      c.fresh = false;
  }

  static std::optional<double> real(std::optional<float> v) {
    return v ? std::optional<double>(*v) : std::nullopt;
  }

  std::int64_t number_of(const Name& bed) {
    if (const auto known = bed_numbers.find(bed); known != bed_numbers.end()) return known->second;
    Statement(db, "INSERT OR IGNORE INTO bed(name) VALUES(?1)").run(bed.view());
    const auto number = bed_number(db, bed).value_or(0);
    bed_numbers.emplace(bed, number);
    return number;
  }

  // -- upkeep
  // ------------------------------------------------------------------------------------------------------

  /// The log's pages go into the database while nobody waits.
  void checkpoint(int mode) {
    int left = 0;
    int done = 0;
    const int code = sqlite3_wal_checkpoint_v2(db.raw(), nullptr, mode, &left, &done);
    checkpoint_at = Steady::now() + retry_every;
    if (code == SQLITE_OK) {
      if (left == done) wal_pages = 0;
      checkpoint_failed = false;
    } else if (!std::exchange(checkpoint_failed, true)) {
      log::warn("store: the write-ahead log cannot be written back yet: {}",
                describe(code, sqlite3_system_errno(db.raw())));
    }
  }

  void erase(const Erasure& e) {
    std::optional<std::uint64_t> erased;
    try {
      begin->run();
      Statement(db,
                "DELETE FROM payload WHERE seq IN (SELECT seq FROM event WHERE json_extract(header, "
                "'$.person') = ?1)")
          .run(e.person.view());
      const auto count = static_cast<std::uint64_t>(sqlite3_changes64(db.raw()));
      commit->run();
      erased = count;
      // Else the payloads would go on standing in the write-ahead log.
      checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
      reserve_wal(file);
    } catch (const std::exception& error) {
      rollback();
      refuse(error);
    }
    if (e.done) e.done(erased);
  }

  [[nodiscard]] Status status() const {  // any thread
    Status s;
    s.writing = writing.load(std::memory_order_acquire);
    if (!s.writing)
      s.trouble = describe(trouble_code.load(std::memory_order_relaxed),
                           trouble_errno.load(std::memory_order_relaxed));
    s.queued = box.depth();
    s.unrecorded = unrecorded.load(std::memory_order_relaxed);
    s.commits = commits.load(std::memory_order_relaxed);
    s.last_commit_ms = last_commit_ms.load(std::memory_order_relaxed);
    s.broken_at = broken_at;
    return s;
  }

  Listener listener;
  Clock own_clock;
  const Clock& clock;
  std::filesystem::path file;
  LockFile lock;
  Database db;
  std::int64_t schema = 0;
  std::string log_id;
  std::optional<std::uint64_t> broken_at;
  Chain chain;
  Digest link{};  // of head
  std::array<std::byte, 4096> nonces{};
  std::size_t nonces_used = 4096;
  std::optional<Statement> insert_event, insert_payload, insert_entry, find_entry, begin, commit;

  Mailbox<Message> box{queue_limit};  // any thread
  std::atomic<std::uint64_t> head{0}, turns{0}, commits{0}, unrecorded{0}, dropped{0};
  std::atomic<std::size_t> entries_waiting{0};
  std::atomic<bool> writing{true}, closing{false};
  std::atomic<int> trouble_code{SQLITE_OK}, trouble_errno{0};
  std::atomic<double> last_commit_ms{0};

  Instant refusing_since;
  Steady::time_point retry_at{}, write_rows_at = Steady::now() + write_readings_every, checkpoint_at{};
  int wal_pages = 0;
  bool checkpoint_failed = false;
  std::map<Name, Current> current;
  std::deque<std::pair<Name, ReadingBlock>> blocks;
  std::deque<StoredEpoch> epochs;
  std::deque<StoredRescore> rescores;
  std::map<Name, std::int64_t> bed_numbers;
  std::thread thread;
};

Store::Store(const std::filesystem::path& directory, Listener listener, const Clock* clock) {
  try {
    in_ = std::make_unique<Inside>(directory, std::move(listener), clock);
  } catch (const SqliteError& e) {
    throw std::runtime_error("cannot open the log " + database_file(directory).string() + ": " +
                             describe(e.code, e.system_errno));
  }
}

Store::~Store() {
  in_->closing.store(true, std::memory_order_release);
  in_->box.close();
  if (in_->thread.joinable())
    in_->thread.join();
  else
    in_->run();
}

void Store::start() {
  in_->thread = start_thread("store", [in = in_.get()] { in->run(); });
}

void Store::append(Event event) {
  if (!in_->box.post(Message(std::in_place_type<Event>, std::move(event))))
    in_->dropped.fetch_add(1, std::memory_order_relaxed);
}

void Store::enter(Event entry, Answer answer) {
  if (in_->closing.load(std::memory_order_acquire)) return answer(Refusal::closing);
  if (in_->entries_waiting.fetch_add(1, std::memory_order_relaxed) >= entry_limit) {
    in_->entries_waiting.fetch_sub(1, std::memory_order_relaxed);
    return answer(Refusal::busy);
  }
  auto refused = answer;
  if (!in_->box.post(Message(std::in_place_type<Entry>, Entry{std::move(entry), std::move(answer)}))) {
    in_->entries_waiting.fetch_sub(1, std::memory_order_relaxed);
    refused(in_->closing.load(std::memory_order_acquire) ? Refusal::closing : Refusal::busy);
  }
}

void Store::record(const Reading& r, WallTime wall) {
  const auto value = [](const std::optional<Measure>& m) {
    return m ? std::optional(m->value) : std::nullopt;
  };
  // What does not fit is readings, which may be lost: events and entries may not.
  (void)in_->box.post(
      StoredReading{r.bed,
                    {wall, r.state, value(r.load_kg), value(r.movement_kg), value(r.activity_mg),
                     value(r.breath_rpm), value(r.heart_bpm), r.p_asleep}});
}
void Store::record(const Epoch& epoch, WallTime from) { (void)in_->box.post(StoredEpoch{epoch, from}); }
void Store::record(const Rescore& rescore, WallTime from) {
  (void)in_->box.post(StoredRescore{rescore, from});
}

void Store::erase(Name person, std::function<void(std::optional<std::uint64_t>)> done) {
  auto refused = done;
  if (person.empty() || !in_->box.post(Erasure{person, std::move(done)}))
    if (refused) refused(std::nullopt);
}

const std::string& Store::log_id() const noexcept { return in_->log_id; }
std::uint64_t Store::head() const noexcept { return in_->head.load(std::memory_order_acquire); }
std::int64_t Store::schema() const noexcept { return in_->schema; }
Status Store::status() const { return in_->status(); }
std::uint64_t Store::turns() const noexcept { return in_->turns.load(std::memory_order_relaxed); }

}  // namespace vigil::store

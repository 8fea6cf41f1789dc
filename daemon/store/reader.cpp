#include <algorithm>
#include <atomic>
#include <ranges>

#include "base/log.hpp"
#include "store/blocks.hpp"
#include "store/chain.hpp"
#include "store/rows.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"
#include "wire/stored.hpp"

namespace vigil::store {

std::optional<Event> read_event(const Statement& row, int header_column, int body_column) {
  const auto body = row.is_null(body_column) ? std::nullopt : std::optional(row.text(body_column));
  auto event = wire::event_from_stored(row.text(header_column), body);
  if (event) return *std::move(event);
  static std::atomic<bool> said{false};
  if (!said.exchange(true))
    log::warn("store: an event of the log cannot be read and is passed over (said once): {}",
              event.error().what);
  return {};
}

std::optional<std::int64_t> bed_number(Database& db, const Name& bed) {
  Statement find(db, "SELECT number FROM bed WHERE name = ?1");
  if (!find.start(bed.view()).step()) return {};
  return find.integer(0);
}

struct Reader::Inside {
  explicit Inside(const std::filesystem::path& directory)
      : file(database_file(directory)), db(file, Database::Mode::read_only) {
    db.run("PRAGMA cache_size=-512; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY");
    expect_present_schema(db, file);
  }

  std::vector<Event> collect(Statement& rows) {
    std::vector<Event> events;
    while (rows.step())
      if (auto event = read_event(rows)) events.push_back(*std::move(event));
    return events;
  }

  /// Rows of the night table with its two events.
  static constexpr const char* night_columns =
      "SELECT night.night, night.bed, opened_us, opened_offset_min, closed_us, closed_offset_min, o.header, "
      "op.body, "
      "c.header, cp.body FROM night LEFT JOIN event o ON o.seq = opened_seq LEFT JOIN payload op ON op.seq = "
      "opened_seq "
      "LEFT JOIN event c ON c.seq = closed_seq LEFT JOIN payload cp ON cp.seq = closed_seq ";

  static NightRow night(const Statement& row) {
    NightRow n;
    n.night = row.text(0);
    n.bed = row.text(1);
    n.opened = {std::chrono::microseconds(row.integer(2)), std::chrono::minutes(row.integer(3))};
    if (!row.is_null(4))
      n.closed = WallTime{std::chrono::microseconds(row.integer(4)), std::chrono::minutes(row.integer(5))};
    if (const auto opened = row.is_null(6) ? std::nullopt : read_event(row, 6, 7)) {
      n.simulated = opened->simulated;
      n.algorithm = opened->algorithm;
    }
    if (const auto closed = row.is_null(8) ? std::nullopt : read_event(row, 8, 9)) {
      n.simulated = n.simulated || closed->simulated;
      if (!closed->algorithm.name.empty()) n.algorithm = closed->algorithm;
      if (const auto* payload = std::get_if<event::NightClosed>(&closed->payload);
          payload != nullptr && !row.is_null(9))
        n.figures = payload->figures;
    }
    return n;
  }

  std::filesystem::path file;
  mutable Database db;
};

namespace {

/// SQLite's own errors as one line that names the file.
template <class F>
auto reading(const std::filesystem::path& file, F read) {
  try {
    return read();
  } catch (const SqliteError& e) {
    throw std::runtime_error("cannot read the log " + file.string() + ": " +
                             describe(e.code, e.system_errno));
  }
}

}  // namespace

Reader::Reader(const std::filesystem::path& directory) {
  in_ = reading(database_file(directory), [&] { return std::make_unique<Inside>(directory); });
}
Reader::~Reader() = default;

std::uint64_t Reader::head() const {
  return reading(in_->file, [&] {
    return static_cast<std::uint64_t>(in_->db.number("SELECT seq FROM event ORDER BY seq DESC LIMIT 1"));
  });
}

std::string Reader::log_id() const {
  return reading(in_->file, [&] {
    Statement id(in_->db, "SELECT value FROM meta WHERE key='log_id'");
    return id.start().step() ? std::string(id.text(0)) : std::string();
  });
}

std::vector<Event> Reader::events(std::uint64_t since, std::size_t limit, const Name& bed) const {
  return reading(in_->file, [&] {
    // +bed: in the order of seq, which the index on bed has not.
    Statement rows(in_->db, std::string(event_columns) +
                                "WHERE event.seq > ?1 AND (?3 = '' OR +bed = ?3) ORDER BY "
                                "event.seq LIMIT ?2");
    const auto from = std::min<std::uint64_t>(since, INT64_MAX);
    return in_->collect(rows.start(from, std::uint64_t{std::min<std::size_t>(limit, 500)}, bed.view()));
  });
}

std::vector<Event> Reader::events_between(const Name& bed, WallTime from, WallTime to,
                                          std::size_t limit) const {
  return reading(in_->file, [&] {
    Statement rows(in_->db, std::string(event_columns) + (bed.empty() ? "WHERE ?1 = ''" : "WHERE bed = ?1") +
                                " AND wall_us BETWEEN ?2 AND ?3 ORDER BY event.seq LIMIT ?4");
    return in_->collect(
        rows.start(bed.view(), from.since_epoch.count(), to.since_epoch.count(), std::uint64_t{limit}));
  });
}

std::vector<Event> Reader::night_events(const Name& night, std::size_t limit) const {
  return reading(in_->file, [&] {
    Statement rows(
        in_->db, std::string(event_columns) +
                     ", night WHERE night.night = ?1 AND event.bed = night.bed AND wall_us >= opened_us AND "
                     "(closed_seq IS NULL OR (event.seq <= closed_seq AND wall_us <= (SELECT wall_us FROM "
                     "event WHERE seq = closed_seq))) ORDER BY event.seq LIMIT ?2");
    return in_->collect(rows.start(night.view(), std::uint64_t{limit}));
  });
}

std::optional<Event> Reader::last(const Name& bed, std::string_view kind) const {
  return reading(in_->file, [&]() -> std::optional<Event> {
    Statement rows(in_->db, std::string(event_columns) +
                                "WHERE +kind = ?1 AND ifnull(bed, '') = ?2 ORDER BY event.seq DESC LIMIT 1");
    auto found = in_->collect(rows.start(kind, bed.view()));
    if (found.empty()) return {};
    return std::move(found.front());
  });
}

std::vector<Event> Reader::of_kind(std::string_view kind) const {
  return reading(in_->file, [&] {
    // The header is looked through as text first: that costs a tenth of reading it as JSON.
    Statement rows(in_->db,
                   std::string(event_columns) + "WHERE instr(header, ?1) AND +kind = ?1 ORDER BY event.seq");
    return in_->collect(rows.start(kind));
  });
}

std::vector<NightRow> Reader::nights(const Name& bed, std::size_t limit) const {
  return reading(in_->file, [&] {
    Statement rows(in_->db, std::string(Inside::night_columns) +
                                "WHERE ?1 = '' OR night.bed = ?1 ORDER BY opened_us DESC LIMIT ?2");
    rows.start(bed.view(), std::uint64_t{limit});
    std::vector<NightRow> nights;
    while (rows.step())
      nights.push_back(Inside::night(rows));
    return nights;
  });
}

std::optional<NightRow> Reader::night(const Name& night) const {
  return reading(in_->file, [&]() -> std::optional<NightRow> {
    Statement rows(in_->db, std::string(Inside::night_columns) + "WHERE night.night = ?1");
    if (!rows.start(night.view()).step()) return {};
    return Inside::night(rows);
  });
}

std::vector<EpochRow> Reader::epochs(const Name& bed, WallTime from, WallTime to) const {
  return reading(in_->file, [&] {
    std::vector<EpochRow> epochs;
    Transaction transaction(in_->db, Transaction::Kind::read);
    const auto number = bed_number(in_->db, bed);
    if (!number) return epochs;
    Statement rows(in_->db,
                   "SELECT id, offset_min, score, state, counts, movement_kg, load_kg, scorer, rescored, "
                   "p_asleep, rescored_p_asleep, rescorer FROM epoch WHERE id BETWEEN ?1 AND ?2 ORDER BY id");
    rows.start(row_id(*number, from), row_id(*number, to));
    const auto real = [&](int column) {
      return rows.is_null(column) ? std::nullopt : std::optional(static_cast<float>(rows.real(column)));
    };
    const auto score = [&](int column) {
      return static_cast<EpochState>(std::clamp<std::int64_t>(rows.integer(column), 0, 2));
    };
    while (rows.step()) {
      EpochRow row;
      row.from = row_wall(rows.integer(0), rows.integer(1));
      row.epoch.bed = bed;
      row.epoch.score = score(2);
      row.epoch.state = static_cast<BedState>(std::clamp<std::int64_t>(rows.integer(3), 0, 4));
      row.epoch.counts = real(4);
      row.epoch.movement_kg = real(5);
      row.epoch.load_kg = real(6);
      row.epoch.scorer = rows.text(7).substr(0, Name::capacity);
      row.epoch.p_asleep = real(9);
      if (!rows.is_null(8)) {
        row.rescored = score(8);
        row.rescored_p_asleep = real(10);
        if (!rows.is_null(11)) row.rescorer = rows.text(11).substr(0, Name::capacity);
      }
      epochs.push_back(row);
    }
    return epochs;
  });
}

std::vector<ReadingRow> Reader::readings(const Name& bed, WallTime from, WallTime to,
                                         std::size_t limit) const {
  return reading(in_->file, [&] {
    std::vector<ReadingRow> readings;
    Transaction transaction(in_->db, Transaction::Kind::read);
    const auto number = bed_number(in_->db, bed);
    if (!number) return readings;
    Statement rows(in_->db,
                   "SELECT id, offset_min, block FROM reading WHERE id BETWEEN ?1 AND ?2 ORDER BY id");
    rows.start(row_id(*number, from + std::chrono::milliseconds(-block_span_ms)), row_id(*number, to));
    while (readings.size() < limit && rows.step())
      for (auto& row : unpack(row_wall(rows.integer(0), rows.integer(1)), rows.blob(2)))
        if (row.wall.since_epoch >= from.since_epoch && row.wall.since_epoch <= to.since_epoch)
          readings.push_back(row);
    rows.reset();
    // Where the clock was set back, blocks overlap.
    std::ranges::stable_sort(readings, {}, [](const ReadingRow& r) { return r.wall.since_epoch; });
    if (readings.size() > limit) readings.resize(limit);
    return readings;
  });
}

Verification verify(const std::filesystem::path& directory, const std::optional<Anchor>& anchor) {
  constexpr std::int64_t page =
      2000;  // events a transaction, so that the daemon's log is never held for long
  const auto file = database_file(directory);
  return reading(file, [&] {
    Verification v;
    Database db(file, Database::Mode::read_only);
    db.run("PRAGMA cache_size=-512; PRAGMA mmap_size=0");
    expect_present_schema(db, file);
    Statement id(db, "SELECT value FROM meta WHERE key='log_id'");
    if (id.start().step()) v.log_id = id.text(0);
    id.reset();

    Chain chain;
    auto before = chain.first(v.log_id);
    std::uint64_t expected = 1;
    bool anchored = !anchor || anchor->seq == 0;
    const auto broken = [&](std::uint64_t seq, const std::string& what) {
      if (!v.broken_at) v.broken_at = seq, v.trouble = what;
    };
    Statement rows(
        db,
        "SELECT event.seq, header, payload_hash, link, nonce, body FROM event LEFT JOIN payload ON "
        "payload.seq = event.seq WHERE event.seq >= ?1 ORDER BY event.seq LIMIT ?2");
    for (bool more = true; more && !v.broken_at;) {
      more = false;
      rows.start(expected, page);
      while (!v.broken_at && rows.step()) {
        more = true;
        const auto seq = static_cast<std::uint64_t>(rows.integer(0));
        const auto name = "event " + std::to_string(seq);
        if (seq != expected) {
          broken(expected, "event " + std::to_string(expected) + " is missing");
          break;
        }
        if (rows.is_null(4))
          ++v.erased;
        else if (!std::ranges::equal(chain.payload_hash(rows.blob(4), rows.text(5)), rows.blob(2)))
          broken(seq, "the payload of " + name + " was changed");
        const auto link = chain.link(before, rows.text(1), rows.blob(2));
        if (!std::ranges::equal(link, rows.blob(3)))
          broken(seq, name + " does not follow from the one before it");
        const auto stored = wire::event_from_stored(rows.text(1), std::nullopt);
        if (stored && stored->seq != seq) broken(seq, name + " stands in the place of another");
        if (v.broken_at) break;
        before = link;
        if (anchor && anchor->seq == seq) {
          anchored = true;
          if (hex(link) != anchor->hash)
            broken(seq, "the log up to " + name + " is not the one of the anchor");
        }
        ++v.events;
        ++expected;
      }
      rows.reset();
    }
    v.head = v.events;
    v.head_hash = hex(before);
    if (!anchored)
      broken(expected, "the log ends at " + std::to_string(v.head) + ", but the anchor was taken at " +
                           std::to_string(anchor->seq) + ": its tail is missing");
    return v;
  });
}

}  // namespace vigil::store

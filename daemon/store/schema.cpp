#include "store/schema.hpp"

#include <string>

#include "store/chain.hpp"

namespace vigil::store {
namespace {

constexpr std::int64_t application_id = 0x5649474C;  // "VIGL"

// event: one row an event. header, payload_hash and link are what the chain is made of; bed and kind are read
// out of the header, so that they cannot disagree with it. payload: apart from it, so that it can be erased.
// entry: the clients' own ids. night: where a night's events begin and end, kept with its two events.
// reading, epoch: id = bed.number << 42 | UTC milliseconds, so that one tree holds and orders them.
constexpr std::string_view schema_1 = R"(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event(
  seq INTEGER PRIMARY KEY,
  header TEXT NOT NULL,
  payload_hash BLOB NOT NULL,
  link BLOB NOT NULL,
  bed TEXT AS (json_extract(header, '$.bed')) VIRTUAL,
  kind TEXT AS (json_extract(header, '$.kind')) VIRTUAL,
  wall_us INTEGER AS (json_extract(header, '$.wall_us')) VIRTUAL);
CREATE INDEX event_when ON event(bed, wall_us);
CREATE TABLE payload(seq INTEGER PRIMARY KEY, nonce BLOB NOT NULL, body TEXT NOT NULL);
CREATE TABLE entry(client_id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE night(
  night TEXT PRIMARY KEY, bed TEXT NOT NULL,
  opened_us INTEGER NOT NULL, opened_offset_min INTEGER NOT NULL, opened_seq INTEGER NOT NULL,
  closed_us INTEGER, closed_offset_min INTEGER, closed_seq INTEGER) WITHOUT ROWID;
CREATE TABLE bed(number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE reading(id INTEGER PRIMARY KEY, offset_min INTEGER NOT NULL, block BLOB NOT NULL);
CREATE TABLE epoch(
  id INTEGER PRIMARY KEY, offset_min INTEGER NOT NULL, score INTEGER NOT NULL, state INTEGER NOT NULL,
  counts REAL, movement_kg REAL, load_kg REAL, scorer TEXT NOT NULL, rescored INTEGER, rescorer TEXT);
)";

// P(asleep), live and in hindsight.
constexpr std::string_view schema_2 = R"(
ALTER TABLE epoch ADD COLUMN p_asleep REAL;
ALTER TABLE epoch ADD COLUMN rescored_p_asleep REAL;
)";

}  // namespace

std::filesystem::path database_file(const std::filesystem::path& directory) { return directory / "vigil.db"; }

const std::vector<std::string_view>& migrations() {
  static const std::vector<std::string_view> steps{schema_1, schema_2};
  return steps;
}

namespace {

std::int64_t version_of(Database& db, const std::filesystem::path& file, std::int64_t newest) {
  const auto version = db.number("PRAGMA user_version");
  const auto owner = db.number("PRAGMA application_id");
  if (owner != application_id &&
      (owner != 0 || version != 0 || db.number("SELECT count(*) FROM sqlite_master") != 0))
    throw std::runtime_error(file.string() + " is a database, but not one of Vigil's");
  if (version > newest)
    throw std::runtime_error(file.string() + " has schema " + std::to_string(version) +
                             ", this program knows up to " + std::to_string(newest) +
                             ": a newer vigild made it, install that one again");
  return version;
}

}  // namespace

void migrate(Database& db, const std::filesystem::path& file, const std::vector<std::string_view>& steps) {
  const auto newest = static_cast<std::int64_t>(steps.size());
  for (auto version = version_of(db, file, newest); version < newest; ++version) {
    Transaction transaction(db);
    db.run(std::string(steps[static_cast<std::size_t>(version)]));
    if (version == 0) {
      db.run("PRAGMA application_id=" + std::to_string(application_id));
      db.run("INSERT INTO meta VALUES('log_id','" + random_uuid() + "')");
    }
    db.run("PRAGMA user_version=" + std::to_string(version + 1));
    transaction.commit();
  }
}

void expect_present_schema(Database& db, const std::filesystem::path& file) {
  const auto newest = static_cast<std::int64_t>(migrations().size());
  const auto version = version_of(db, file, newest);
  if (version != newest)
    throw std::runtime_error(file.string() + " has schema " + std::to_string(version) + " of " +
                             std::to_string(newest) + ": start vigild once to bring it forward");
}

}  // namespace vigil::store

#include "store/sqlite.hpp"

#include <cerrno>
#include <cstring>

namespace vigil::store {

std::string describe(int code, int system_errno) {
  switch (code & 0xFF) {
    case SQLITE_OK:
      return {};
    case SQLITE_FULL:
      return "disk full";
    case SQLITE_READONLY:
      return "the database is read-only";
    case SQLITE_CANTOPEN:
      return system_errno != 0 ? std::string("cannot open a file: ") + std::strerror(system_errno)
                               : "cannot open a file";
    case SQLITE_IOERR:
      return std::string("I/O error") +
             (system_errno != 0 ? std::string(": ") + std::strerror(system_errno) : "");
    case SQLITE_BUSY:
      return "another program holds the database locked";
    case SQLITE_CORRUPT:
      return "the database is damaged";
    case SQLITE_NOTADB:
      return "the file is no database";
    default:
      return sqlite3_errstr(code);
  }
}

Database::Database(const std::filesystem::path& file, Mode mode) {
  const int flags =
      (mode == Mode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
      SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(file.c_str(), &db_, flags, nullptr);
  if (code != SQLITE_OK) {
    const SqliteError error(code, db_ != nullptr ? sqlite3_system_errno(db_) : 0,
                            describe(code, db_ != nullptr ? sqlite3_system_errno(db_) : 0));
    sqlite3_close(db_);
    throw error;
  }
  sqlite3_busy_timeout(db_, 2000);
}

Database::~Database() { sqlite3_close_v2(db_); }

void Database::fail(const std::string& doing) {
  const int last = errno;
  const int code = sqlite3_extended_errcode(db_);
  // Only where the system said no; else errno is of some other time. A failed COMMIT leaves SQLite's own copy
  // unset.
  const bool said = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
  const int own = sqlite3_system_errno(db_);
  const int system = !said ? 0 : own != 0 ? own : last;
  throw SqliteError(code, system, doing + ": " + describe(code, system) + " (" + sqlite3_errmsg(db_) + ")");
}

void Database::run(const std::string& sql) {
  if (sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql.substr(0, 60));
}

std::int64_t Database::number(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.start().step() ? statement.integer(0) : 0;
}

Statement::Statement(Database& db, std::string_view sql) : db_(db) {
  if (sqlite3_prepare_v3(db.raw(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement_, nullptr) != SQLITE_OK)
    db.fail(std::string(sql.substr(0, 60)));
}

bool Statement::step() {
  errno = 0;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  try {
    db_.fail(std::string(std::string_view(sqlite3_sql(statement_)).substr(0, 60)));
  } catch (...) {
    sqlite3_reset(statement_);
    throw;
  }
}

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::byte> Statement::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void Statement::check(int code) {
  if (code != SQLITE_OK) db_.fail("binding a value");
}

Transaction::Transaction(Database& db, Kind kind) : db_(db) {
  db.run(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  // A failed write may have rolled back by itself.
  if (open_ && db_.in_transaction()) sqlite3_exec(db_.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  db_.run("COMMIT");
  open_ = false;
}

}  // namespace vigil::store

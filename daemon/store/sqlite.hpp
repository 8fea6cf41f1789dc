#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sqlite3.h>

namespace vigil::store {

/// What SQLite refused. `code` is its extended result code.
struct SqliteError : std::runtime_error {
  SqliteError(int extended_code, int errno_of_system, const std::string& what)
      : std::runtime_error(what), code(extended_code), system_errno(errno_of_system) {}
  int code;
  int system_errno;
};

/// In a person's words: "disk full", "I/O error: Input/output error", "read-only".
std::string describe(int code, int system_errno);

/// One connection, used by one thread at a time.
class Database {
 public:
  enum class Mode : std::uint8_t { read_write, read_only };
  /// Throws SqliteError.
  Database(const std::filesystem::path& file, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const std::string& sql);  ///< one or several statements. Throws SqliteError.
  [[nodiscard]] std::int64_t number(
      const std::string& sql);  ///< the first value of the first row, 0 when none
  [[nodiscard]] sqlite3* raw() noexcept { return db_; }
  [[nodiscard]] bool in_transaction() const noexcept { return sqlite3_get_autocommit(db_) == 0; }
  [[noreturn]] void fail(const std::string& doing);

 private:
  sqlite3* db_ = nullptr;
};

/// A prepared statement, kept. Values are borrowed until the next start().
class Statement {
 public:
  Statement(Database& db, std::string_view sql);
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Binds ?1, ?2, ... Then step() until it is false; what is not stepped to its end must be reset().
  template <class... Values>
  Statement& start(const Values&... values) {
    sqlite3_reset(statement_);
    int i = 0;
    (bind(++i, values), ...);
    return *this;
  }
  bool step();  ///< true: a row is there. Throws SqliteError, reset then.
  void reset() noexcept { sqlite3_reset(statement_); }
  template <class... Values>
  void run(const Values&... values) {
    start(values...);
    while (step()) {
    }
  }

  [[nodiscard]] bool is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  [[nodiscard]] double real(int column) const { return sqlite3_column_double(statement_, column); }
  [[nodiscard]] std::string_view text(int column) const;            ///< valid until the next step
  [[nodiscard]] std::span<const std::byte> blob(int column) const;  ///< valid until the next step

 private:
  void bind(int i, std::int64_t v) { check(sqlite3_bind_int64(statement_, i, v)); }
  void bind(int i, std::uint64_t v) {
    check(sqlite3_bind_int64(statement_, i, static_cast<std::int64_t>(v)));
  }
  void bind(int i, int v) { check(sqlite3_bind_int(statement_, i, v)); }
  void bind(int i, double v) { check(sqlite3_bind_double(statement_, i, v)); }
  void bind(int i, std::string_view v) {
    check(sqlite3_bind_text(statement_, i, v.data() == nullptr ? "" : v.data(), static_cast<int>(v.size()),
                            SQLITE_STATIC));
  }
  void bind(int i, const std::string& v) { bind(i, std::string_view(v)); }
  void bind(int i, std::span<const std::byte> v) {
    check(sqlite3_bind_blob(statement_, i, v.empty() ? "" : static_cast<const void*>(v.data()),
                            static_cast<int>(v.size()), SQLITE_STATIC));
  }
  template <class T>
  void bind(int i, const std::optional<T>& v) {
    if (v)
      bind(i, *v);
    else
      check(sqlite3_bind_null(statement_, i));
  }
  void check(int code);

  Database& db_;
  sqlite3_stmt* statement_ = nullptr;
};

/// Rolls back unless committed.
class Transaction {
 public:
  enum class Kind : std::uint8_t { write, read };
  explicit Transaction(Database& db, Kind kind = Kind::write);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& db_;
  bool open_ = true;
};

}  // namespace vigil::store

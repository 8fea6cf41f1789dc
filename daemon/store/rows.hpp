#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>

#include "core/event.hpp"
#include "store/sqlite.hpp"

namespace vigil::store {

/// The key of a bed's row at a moment: 42 bits of UTC milliseconds last until the year 2109.
inline std::int64_t row_id(std::int64_t bed_number, WallTime t) noexcept {
  constexpr std::int64_t most = (std::int64_t{1} << 42) - 1;
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(t.since_epoch).count();
  return bed_number << 42 | std::clamp<std::int64_t>(ms, 0, most);
}
inline WallTime row_wall(std::int64_t id, std::int64_t offset_min) noexcept {
  constexpr std::int64_t mask = (std::int64_t{1} << 42) - 1;
  return {std::chrono::milliseconds(id & mask), std::chrono::minutes(offset_min)};
}

/// What every query of events selects, in this order.
inline constexpr const char* event_columns =
    "SELECT event.header, payload.body FROM event LEFT JOIN payload ON payload.seq = event.seq ";

/// The event of such a row; nullopt (and a line in the program's log) when this program cannot read it.
std::optional<Event> read_event(const Statement& row, int header_column = 0, int body_column = 1);

/// nullopt: the bed has no rows.
std::optional<std::int64_t> bed_number(Database& db, const Name& bed);

}  // namespace vigil::store

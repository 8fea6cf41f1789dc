#pragma once
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "store/sqlite.hpp"

namespace vigil::store {

/// The database of a data folder.
std::filesystem::path database_file(const std::filesystem::path& directory);

/// What brings the database from each schema to the next; the first from nothing to 1.
const std::vector<std::string_view>& migrations();

/// Brings it forward, a transaction a step. Throws std::runtime_error: not Vigil's, or newer than the steps
/// go. `steps` is given only by tests.
void migrate(Database& db, const std::filesystem::path& file,
             const std::vector<std::string_view>& steps = migrations());

/// Throws std::runtime_error unless the file is Vigil's and of the present schema.
void expect_present_schema(Database& db, const std::filesystem::path& file);

}  // namespace vigil::store

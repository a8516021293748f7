// The tables of state.db and how older ones become these. Private to adapters/store.
#pragma once

#include <span>
#include <string>

#include "adapters/store/sqlite.h"

namespace postern::store {

/// One step: from the version before to `version`.
struct Migration {
  int64_t version;
  const char* sql;
};

/// The steps of state.db, in order.
std::span<const Migration> state_migrations();

/// Does every step that is missing, in one transaction; a database that holds something is copied first, to
/// "<path>.before-<version>". folder_newer when the database is newer than the last step.
Expected<void> migrate(Database& database, std::span<const Migration> steps);

/// folder_newer or folder_damaged, found by reading the file's first octets alone: nothing is touched.
Expected<void> check_file(const std::string& path, int64_t newest);

}  // namespace postern::store

// Databases that know their age: opened, brought to the version this program knows, refused when they are newer.
#pragma once

#include <span>
#include <string>

#include "adapters/store/sqlite.h"
#include "base/files.h"

namespace postern::store {

/// The statements that lead from the version before to this one; numbers rise by one, the first is 1.
struct Migration {
  int64_t version = 0;
  const char* sql = "";
};

/// The user version a database file has, log included; 0 when there is none. Nothing is written to it. folder_damaged
/// for what is no database of this program.
Expected<int64_t> version_of(const std::string& path, const Database::Options& options);

/// Opens or creates `path`. Each step is a transaction of its own; before the first one of an existing database it is
/// copied to `<path>.before-<its version>` (of which the newest one is kept). folder_newer for a database made by a
/// later version: nothing of it is touched.
Expected<Database> open_migrated(const std::string& path, const Database::Options& options,
                                 std::span<const Migration> migrations, FileSystem& files);

}  // namespace postern::store

#include "adapters/store/migrate.h"

#include <filesystem>

#include "base/log.h"

namespace postern::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSnapshotMark = ".before-";

bool holds_something(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return !error && size > 0;
}

void remove_older_snapshots(const fs::path& database, const std::string& newest, FileSystem& files) {
  const std::string stem = database.filename().string() + kSnapshotMark;
  const std::string folder = database.parent_path().string();
  const auto names = files.list(folder);
  if (!names) return;
  for (const std::string& name : *names)
    if (name.compare(0, stem.size(), stem) == 0 && name != newest) static_cast<void>(files.remove(folder + "/" + name));
}

/// A copy of the whole database as it is now, durable under its own name.
Expected<void> take_snapshot(Database& database, int64_t version, FileSystem& files) {
  const std::string path = database.path() + kSnapshotMark + std::to_string(version), fresh = path + ".new";
  if (auto gone = files.remove(fresh); !gone) return gone;
  Statement copy(database, "VACUUM INTO ?1");
  if (auto done = copy.bind(1, fresh).run(); !done) return done;
  Database::Options how;
  how.full_sync = true;
  auto written = Database::open(fresh, how);  // VACUUM INTO does not sync what it wrote; a checkpoint does
  if (!written) return fail(written.error());
  if (auto marked = written->set_user_version(version); !marked) return marked;
  if (!written->checkpoint(true)) return fail(ErrorCode::io_error, {fresh, "cannot be synced"});
  *written = Database();
  if (auto done = files.rename(fresh, path); !done) return done;
  const fs::path whole(path);
  if (auto done = files.sync_folder(whole.parent_path().string()); !done) return done;
  remove_older_snapshots(database.path(), whole.filename().string(), files);
  return {};
}

Expected<void> migrate(Database& database, std::span<const Migration> migrations, FileSystem& files) {
  const int64_t found = database.user_version();
  bool copied = found == 0;
  for (const Migration& step : migrations) {
    if (step.version <= found) continue;
    if (!copied) {
      if (auto done = take_snapshot(database, found, files); !done) return done;
      copied = true;
    }
    Transaction transaction(database);
    if (!transaction.opened()) return transaction.opened();
    if (auto done = database.execute(step.sql); !done) return done;
    if (auto done = database.set_user_version(step.version); !done) return done;
    if (auto done = transaction.commit(); !done) return done;
    if (found > 0) log_info("store", database.path() + " is at version " + std::to_string(step.version) + " now");
  }
  return {};
}

}  // namespace

Expected<int64_t> version_of(const std::string& path, const Database::Options& options) {
  if (!holds_something(path)) return 0;
  Database::Options how = options;
  how.read_only = true;
  how.create = false;
  auto database = Database::open(path, how);
  if (!database) return fail(database.error());
  const auto owner = database->scalar("PRAGMA application_id");
  if (!owner) return fail(owner.error());
  const auto version = database->scalar("PRAGMA user_version");
  if (!version) return fail(version.error());
  if (*owner != options.application_id && *version != 0)
    return fail(ErrorCode::folder_damaged, {path, "it belongs to another program"});
  return *version;
}

Expected<Database> open_migrated(const std::string& path, const Database::Options& options,
                                 std::span<const Migration> migrations, FileSystem& files) {
  const int64_t known = migrations.empty() ? 0 : migrations.back().version;
  const auto found = version_of(path, options);
  if (!found) return fail(found.error());
  if (*found > known) return fail(ErrorCode::folder_newer, {path, std::to_string(*found), std::to_string(known)});
  auto database = Database::open(path, options);
  if (!database) return database;
  if (auto done = migrate(*database, migrations, files); !done) return fail(done.error());
  return database;
}

}  // namespace postern::store

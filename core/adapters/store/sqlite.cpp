#include "adapters/store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace postern::store {
namespace {

/// Once, before SQLite does anything: its memory statistics take a lock of the whole process at every allocation.
void configure() {
  [[maybe_unused]] static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// What the system said behind an I/O error, when it was one of those that are no fault of the disk.
ErrorCode system_code(int number) {
  switch (number) {
#ifdef _WIN32
    case 39:   // ERROR_HANDLE_DISK_FULL
    case 112:  // ERROR_DISK_FULL
      return ErrorCode::disk_full;
    case 19:  // ERROR_WRITE_PROTECT
      return ErrorCode::folder_read_only;
#else
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::disk_full;
    case EROFS:
      return ErrorCode::folder_read_only;
#endif
    default:
      return ErrorCode::none;
  }
}

[[noreturn]] void defect(const char* what, std::string_view sql) {
  std::fprintf(stderr, "postern: defect in a statement: %s: %.*s\n", what, static_cast<int>(sql.size()), sql.data());
  std::abort();
}

/// The statement is right, the database is not what its version says.
bool lacks_something(std::string_view message) {
  return message.starts_with("no such table") || message.starts_with("no such column");
}

}  // namespace

Statement::Statement(Database& database, std::string_view sql) : database_(&database) {
  const int code = sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
  if (code == SQLITE_OK) return;
  if (code == SQLITE_ERROR && lacks_something(sqlite3_errmsg(database.handle()))) {
    failed_ =
        std::make_unique<Error>(Error{ErrorCode::folder_damaged, {database.path(), sqlite3_errmsg(database.handle())}});
    return;
  }
  if (code == SQLITE_ERROR || code == SQLITE_MISUSE) defect(sqlite3_errmsg(database.handle()), sql);
  failed_ = std::make_unique<Error>(database.error(code));  // the file, not the text: told by the first step
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement::Statement(Statement&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)),
      statement_(std::exchange(other.statement_, nullptr)),
      failed_(std::move(other.failed_)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(database_, other.database_);
  std::swap(statement_, other.statement_);
  std::swap(failed_, other.failed_);
  return *this;
}

Statement& Statement::bind(int position, int64_t value) {
  if (failed_ == nullptr && sqlite3_bind_int64(statement_, position, value) != SQLITE_OK)
    defect("bind", sqlite3_sql(statement_));
  return *this;
}

Statement& Statement::bind(int position, std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  if (failed_ == nullptr &&
      sqlite3_bind_text64(statement_, position, data, text.size(), SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK)
    defect("bind", sqlite3_sql(statement_));
  return *this;
}

Statement& Statement::bind(int position, BytesView blob) {
  const void* data = blob.data() == nullptr ? static_cast<const void*>("") : blob.data();
  if (failed_ == nullptr && sqlite3_bind_blob64(statement_, position, data, blob.size(), SQLITE_STATIC) != SQLITE_OK)
    defect("bind", sqlite3_sql(statement_));
  return *this;
}

Statement& Statement::bind_null(int position) {
  if (failed_ == nullptr && sqlite3_bind_null(statement_, position) != SQLITE_OK)
    defect("bind", sqlite3_sql(statement_));
  return *this;
}

Expected<bool> Statement::step() {
  if (failed_ != nullptr) return fail(*failed_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail(database_->error(code));
}

Expected<void> Statement::run() {
  for (;;) {
    const auto row = step();
    if (row && *row) continue;
    reset();
    if (!row) return fail(row.error());
    return {};
  }
}

void Statement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {data == nullptr ? "" : data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

BytesView Statement::blob(int column) const {
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Expected<Database> Database::open(const std::string& path, const Options& options) {
  configure();
  Database out;
  out.path_ = path;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (options.create && !options.read_only) flags |= SQLITE_OPEN_CREATE;
  const int code =
      sqlite3_open_v2(path.c_str(), &out.handle_, flags, options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (code != SQLITE_OK) return fail(out.error(code));
  sqlite3_busy_timeout(out.handle_, options.busy_timeout_ms);
  std::string pragmas =
      fmt::format("PRAGMA cache_size=-{}; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;", options.cache_kib);
  if (options.create && !options.read_only)
    pragmas += fmt::format("PRAGMA page_size={}; PRAGMA auto_vacuum=INCREMENTAL;", options.page_size);
  if (!options.read_only)
    pragmas += fmt::format(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous={}; PRAGMA wal_autocheckpoint=0; PRAGMA "
        "journal_size_limit=67108864;",
        options.full_sync ? "FULL" : "NORMAL");
  if (auto done = out.execute(pragmas); !done) return fail(done.error());
  if (options.create && !options.read_only)
    if (auto done = out.mark(options.application_id); !done) return fail(done.error());
  return out;
}

/// Setting the id is a transaction: left out where it stands already.
Expected<void> Database::mark(int64_t application_id) {
  const auto now = scalar("PRAGMA application_id");
  if (!now) return fail(now.error());
  if (*now == application_id) return {};
  return execute(fmt::format("PRAGMA application_id={}", application_id));
}

Database::~Database() {
  sqlite3_close_v2(handle_);
}

Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), path_(std::move(other.path_)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(path_, other.path_);
  return *this;
}

Expected<void> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error(code));
  return {};
}

Expected<int64_t> Database::scalar(const std::string& sql) {
  Statement statement(*this, sql);
  const auto row = statement.step();
  if (!row) return fail(row.error());
  return *row ? statement.integer(0) : 0;
}

void Database::rollback() {
  if (sqlite3_get_autocommit(handle_) == 0) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(handle_);
}
int64_t Database::changes() const {
  return sqlite3_changes64(handle_);
}

bool Database::checkpoint(bool truncate) {
  return checkpoint_log(truncate).complete();
}

Database::Checkpoint Database::checkpoint_log(bool truncate) {
  const int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  Checkpoint out;
  out.good = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, &out.frames, &out.moved) == SQLITE_OK;
  return out;
}

void Database::watch_log(int& frames) {
  const auto note = [](void* to, sqlite3*, const char*, int length) {
    *static_cast<int*>(to) = length;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_, note, &frames);
}

int64_t Database::user_version() {
  return scalar("PRAGMA user_version").value_or(-1);
}

Expected<void> Database::set_user_version(int64_t version) {
  return execute(fmt::format("PRAGMA user_version={}", version));
}

Error Database::error(int code) const {
  const std::string words = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  if (handle_ != nullptr && ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN)) {
    const ErrorCode known = system_code(sqlite3_system_errno(handle_));
    if (known != ErrorCode::none) return {known, {path_}};
  }
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::disk_full, {path_}};
    case SQLITE_READONLY:
      return {ErrorCode::folder_read_only, {path_}};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::busy, {path_}};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::folder_damaged, {path_, words}};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorCode::folder_unreadable, {path_, words}};
    default:
      return {ErrorCode::io_error, {path_, words}};
  }
}

}  // namespace postern::store

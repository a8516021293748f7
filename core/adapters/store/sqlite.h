// SQLite without ceremony: a connection, prepared statements, transactions. Errors are values; BUSY, FULL and READONLY
// are told apart. A Database and its statements belong to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/expected.h"

struct sqlite3;
struct sqlite3_stmt;

namespace postern::store {

class Database;

/// A prepared statement. Bind by position from 1, step, read columns from 0. Views are valid until the next step or
/// reset.
class Statement {
 public:
  Statement() = default;
  Statement(Database& database, std::string_view sql);  ///< a syntax error is a defect: it aborts with the text
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;

  Statement& bind(int position, int64_t value);
  Statement& bind(int position, uint64_t value) { return bind(position, static_cast<int64_t>(value)); }
  Statement& bind(int position, int value) { return bind(position, static_cast<int64_t>(value)); }
  Statement& bind(int position, uint32_t value) { return bind(position, static_cast<int64_t>(value)); }
  /// Text and blobs are not copied: they must live until reset().
  Statement& bind(int position, std::string_view text);
  Statement& bind(int position, const char* text) { return bind(position, std::string_view(text)); }
  Statement& bind(int position, const std::string& text) { return bind(position, std::string_view(text)); }
  Statement& bind(int position, BytesView blob);
  Statement& bind_null(int position);

  /// True while there is a row.
  Expected<bool> step();
  /// Steps to the end and resets.
  Expected<void> run();
  void reset();

  int64_t integer(int column) const;
  std::string_view text(int column) const;
  BytesView blob(int column) const;
  bool is_null(int column) const;

 private:
  Database* database_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
  std::unique_ptr<Error> failed_;  ///< it could not be prepared: the database is damaged, locked or unreadable
};

/// A connection.
class Database {
 public:
  struct Options {
    bool read_only = false;
    bool create = false;
    bool full_sync = true;  ///< synchronous=FULL, else NORMAL
    std::string vfs;        ///< "" = the default; tests name a shim
    int busy_timeout_ms = 2000;
    int page_size = 4096;
    int cache_kib = 4096;
    int64_t application_id = 0x504f5354;  ///< "POST"
  };

  Database() = default;
  /// Opens, sets WAL and the pragmas of the house plan (wal_autocheckpoint=0). folder_* and disk_full errors carry the
  /// path.
  static Expected<Database> open(const std::string& path, const Options& options);
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;

  Expected<void> execute(const std::string& sql);
  Expected<int64_t> scalar(const std::string& sql);
  Expected<void> begin() { return execute("BEGIN IMMEDIATE"); }
  Expected<void> commit() { return execute("COMMIT"); }
  void rollback();
  int64_t last_insert_id() const;
  int64_t changes() const;
  /// Checkpoint: PASSIVE or TRUNCATE. False when it could not finish (readers).
  bool checkpoint(bool truncate);
  /// The same with numbers: frames in the log, and how many of them are in the database file.
  struct Checkpoint {
    bool good = false;
    int frames = 0, moved = 0;
    bool complete() const { return good && frames == moved; }
  };
  Checkpoint checkpoint_log(bool truncate);
  /// From now on `frames` holds the log's length in frames after each commit of this connection. It outlives the
  /// connection.
  void watch_log(int& frames);
  int64_t user_version();
  Expected<void> set_user_version(int64_t version);
  /// The last failure as an Error: disk_full, folder_read_only, busy, folder_damaged, io_error; args: path, SQLite's
  /// words.
  Error error(int code) const;
  sqlite3* handle() const { return handle_; }
  const std::string& path() const { return path_; }

 private:
  Expected<void> mark(int64_t application_id);

  sqlite3* handle_ = nullptr;
  std::string path_;
};

/// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database), open_(database.begin()) {}
  ~Transaction() {
    if (open_ && !done_) database_.rollback();
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  const Expected<void>& opened() const { return open_; }
  Expected<void> commit() {
    auto result = database_.commit();
    done_ = result.has_value();
    return result;
  }

 private:
  Database& database_;
  Expected<void> open_;
  bool done_ = false;
};

}  // namespace postern::store

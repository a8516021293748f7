// One month's file of the session ledger. Private to adapters/store.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/store/ledger_rows.h"
#include "adapters/store/sqlite.h"
#include "observe/session_filter.h"

namespace postern::store {

constexpr int64_t kLedgerVersion = 1;
constexpr size_t kLedgerWordLength = 64;  ///< octets of a rule, end, client...; longer ones are cut
constexpr size_t kLedgerWords = 4'096;    ///< different ones a month; beyond it they are "other"

/// What is written in one transaction.
struct LedgerBatch {
  std::vector<LedgerSession> sessions;
  std::vector<TurnedAway> turned_away;
  std::vector<Contact> contacts;

  size_t size() const { return sessions.size() + turned_away.size() + contacts.size(); }
  bool empty() const { return size() == 0; }
};

/// The writing side. One thread. Stays where it is: its statements point to its connection.
class LedgerMonth {
 public:
  LedgerMonth(const LedgerMonth&) = delete;
  LedgerMonth& operator=(const LedgerMonth&) = delete;
  /// Makes the file and its tables when they are not there. folder_newer, folder_*, disk_full, io_error.
  static Expected<std::unique_ptr<LedgerMonth>> open(const std::string& path, const std::string& vfs);

  /// All or nothing.
  Expected<void> write(const LedgerBatch& batch);
  /// Moves everything into the main file and leaves WAL mode: the file alone is then the whole month. busy while it is
  /// read.
  Expected<void> close_for_good();
  void checkpoint(bool truncate) { database_.checkpoint(truncate); }
  const std::string& path() const { return database_.path(); }

 private:
  LedgerMonth() = default;
  Expected<int64_t> word(std::string_view text);
  Expected<void> write_session(const LedgerSession& session);
  Expected<void> write_turned_away(const TurnedAway& row);
  Expected<void> write_contact(const Contact& row);
  Expected<void> prepare();
  Expected<void> load_words();

  Database database_;
  Statement insert_session_, insert_turned_away_, insert_contact_, insert_word_;
  std::map<std::string, int64_t, std::less<>> words_;
};

/// The reading side: a connection of its own for each question, so that no reader holds back the writer.
class LedgerReader {
 public:
  static Expected<LedgerReader> open(const std::string& path, const std::string& vfs);

  /// Up to `limit` sessions with ids below `below`, newest first, unfiltered.
  Expected<std::vector<LedgerSession>> sessions_below(uint64_t below, size_t limit);
  Expected<std::vector<LedgerSession>> session(uint64_t id);
  Expected<std::vector<TurnedAway>> turned_away(WallTime from, WallTime to, size_t limit);
  Expected<std::vector<Contact>> contacts(WallTime from, WallTime to, uint64_t account, size_t limit);
  uint64_t highest();
  uint64_t count();

 private:
  Expected<std::vector<LedgerSession>> read_sessions(Statement& statement);
  std::string word(int64_t id) const;

  Database database_;
  std::map<int64_t, std::string> words_;
};

}  // namespace postern::store

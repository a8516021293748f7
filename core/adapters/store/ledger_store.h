// The session ledger: one compact row for every session, in one SQLite file a month (sessions-YYYY-MM.db, WAL, NORMAL).
//
// Callers never wait: what is recorded goes into a bounded queue, an own thread writes once a second or at kLedgerBatch
// rows. A full queue drops the row and counts it. A crash loses at most what was not yet written and, with the power,
// the last moments: the ledger is a record of what happened, not part of the promise of a 250. When a month ends its
// file is closed, made read-only and its SHA-256 reported; retention removes whole files. Not kept: transcripts and
// addresses of users.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/store/ledger_rows.h"
#include "base/clock.h"
#include "base/expected.h"
#include "observe/session_filter.h"

namespace postern::store {

constexpr size_t kLedgerQueue = 20'000;  ///< rows waiting
constexpr size_t kLedgerFolds = 50'000;  ///< different (address, minute, ...) waiting, for each kind of folded row
constexpr size_t kLedgerBatch = 1'000;   ///< rows that are written without waiting for the interval
constexpr Millis kLedgerInterval{1000};
constexpr int kLedgerRetentionDays = 400;
constexpr size_t kLedgerPage = 1'000;     ///< rows a page at most
constexpr Millis kLedgerReadBudget{200};  ///< one list call; then it hands back what it has and a cursor

/// A month that will not change any more.
struct SealedMonth {
  std::string month;  ///< "2026-11"
  std::string path;
  std::string sha256;  ///< lower-case hex, of the whole file
  uint64_t sessions = 0;
};
/// Told once a month (the ledger's thread), again after a restart until `recorded` was called (any thread).
using SealHandler = std::function<void(const SealedMonth&, std::function<void()> recorded)>;

struct LedgerOptions {
  std::string folder;
  size_t queue = kLedgerQueue;
  size_t batch = kLedgerBatch;
  Millis interval = kLedgerInterval;
  int retention_days = kLedgerRetentionDays;  ///< 0 = for ever
  SealHandler sealed;                         ///< may be empty: then months stay unreported
  std::string vfs;                            ///< "" = the default; tests name a shim
};

/// Where a page begins: month and session id, both exclusive upper bounds read downwards. Text form "2026-11.123".
struct LedgerCursor {
  std::string month;
  uint64_t below = UINT64_MAX;

  std::string to_string() const;
  static std::optional<LedgerCursor> parse(std::string_view text);
};

struct LedgerPage {
  std::vector<LedgerSession> rows;   ///< newest first: by month of the end, then by id
  std::optional<LedgerCursor> next;  ///< a page may be short or empty and yet have one
};

struct LedgerStatus {
  uint64_t written = 0;  ///< rows, since the start
  uint64_t dropped = 0;  ///< sessions and counts lost
  size_t waiting = 0;
  std::optional<Error> error;  ///< of the last write, while it does not work
};

/// Any thread.
class LedgerStore {
 public:
  /// Opens or makes the present month's file and starts the thread. folder_newer, folder_*, io_error.
  /// `clock` outlives the store.
  static Expected<std::unique_ptr<LedgerStore>> open(const Clock& clock, LedgerOptions options);
  /// Writes what waits, then joins.
  ~LedgerStore();

  /// None of these waits for the disk. False: dropped and counted.
  bool record(LedgerSession session);
  bool turned_away(WallTime now, const IpAddress& address, uint16_t port, std::string_view rule);
  bool contact(WallTime now, Contact contact);

  /// Waits until everything recorded before is written, or could not be.
  Expected<void> flush();

  /// Reads up to `limit` rows; at most about kLedgerReadBudget.
  Expected<LedgerPage> list(const observe::SessionFilter& filter, std::optional<LedgerCursor> cursor, size_t limit,
                            const NameOf& name_of) const;
  Expected<std::optional<LedgerSession>> find(uint64_t session, const NameOf& name_of) const;
  /// Folded rows whose time is in [from, to), newest month first, at most `limit`.
  Expected<std::vector<TurnedAway>> turned_away_between(WallTime from, WallTime to, size_t limit) const;
  /// `account` 0 = all.
  Expected<std::vector<Contact>> contacts_between(WallTime from, WallTime to, uint64_t account, size_t limit) const;

  /// The highest session id the ledger knows, 0 = none: numbers given out later must be above it.
  uint64_t highest_session() const { return highest_session_; }
  LedgerStatus status() const;

 private:
  struct State;
  explicit LedgerStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
  uint64_t highest_session_ = 0;
};

}  // namespace postern::store

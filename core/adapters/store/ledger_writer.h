// The ledger's queue and its writing thread. Private to adapters/store.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_map>

#include "adapters/store/ledger_month.h"
#include "adapters/store/ledger_store.h"

namespace postern::store {

/// Any thread but where said.
class LedgerWriter {
 public:
  LedgerWriter(const Clock& clock, LedgerOptions options);
  ~LedgerWriter();

  Expected<void> start();
  bool record(LedgerSession session);
  bool turned_away(WallTime now, const IpAddress& address, uint16_t port, std::string_view rule);
  bool contact(WallTime now, Contact contact);
  Expected<void> flush();
  LedgerStatus status() const;
  const LedgerOptions& options() const { return options_; }

 private:
  /// Everything of a folded row but its count, as one key.
  template <class Row>
  using Folds = std::unordered_map<std::string, Row>;

  template <class Row>
  bool fold(Folds<Row>& folds, std::string key, Row row);
  bool due() const;

  // The writing thread.
  void run();
  void take(std::unique_lock<std::mutex>& lock);
  void write();
  void roll();
  void seal_closed_months();
  bool seal(const std::string& month);
  Expected<void> open_month(const std::string& month);

  const Clock& clock_;
  const LedgerOptions options_;

  mutable std::mutex mutex_;
  std::condition_variable wake_, written_;
  std::vector<LedgerSession> sessions_;
  Folds<TurnedAway> turned_away_;
  Folds<Contact> contacts_;
  uint64_t dropped_ = 0, rows_written_ = 0;
  uint64_t asked_ = 0, answered_ = 0;  ///< numbers of flush calls
  bool stopping_ = false;
  std::optional<Error> error_;

  // Of the writing thread alone.
  LedgerBatch batch_;  ///< taken, not yet written
  std::unique_ptr<LedgerMonth> month_;
  std::string month_name_;
  size_t since_checkpoint_ = 0;  ///< rows
  std::optional<std::chrono::steady_clock::time_point> seal_again_;
  std::thread thread_;
};

}  // namespace postern::store

// The writer of mail.db: one thread, one connection, group commit. Everything that waits goes into one transaction with
// one sync, then everybody is answered. Private to adapters/store.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "adapters/store/sqlite.h"
#include "base/files.h"
#include "mail/message_store.h"

namespace postern::store {

constexpr uint64_t kReserve = 64ULL << 20;    ///< octets of reserve.bin
constexpr uint64_t kFreeAgain = 16ULL << 20;  ///< free beyond the reserve before new mail is taken again
constexpr size_t kBatchLimit = 512;           ///< pieces of work a transaction
constexpr uint64_t kWalLimit = 16ULL << 20;   ///< octets; beyond it a commit is followed by a checkpoint
constexpr Millis kRecoveryCheck{2000};
constexpr Millis kIdleCheckpoint{1000};

/// Content that is ready to be named by the database.
struct SealedMessage {
  Bytes object;      ///< 16 random octets: the message's name in key derivation and blobs/
  uint32_t key = 0;  ///< data key
  uint64_t size = 0;
  Bytes content;      ///< sealed, when inline
  bool blob = false;  ///< else in blobs/, synced already
};

struct WriterStatus {
  uint64_t commits = 0;
  uint64_t work = 0;  ///< pieces of work committed
  int64_t last_commit_micros = 0;
  uint64_t wal_octets = 0;
};

class MailWriter {
 public:
  struct Options {
    std::string folder;
    bool reserve = true;
    FileSystem* files = nullptr;
  };
  /// Takes over the open connection.
  static Expected<std::unique_ptr<MailWriter>> start(Database database, Options options);
  ~MailWriter();

  void deliver(SealedMessage message, mail::Delivery delivery, mail::Done<uint64_t> done);
  void remove(mail::AccountId account, std::vector<uint64_t> uids, mail::Done<void> done);
  void stop();
  /// A large message met a full or read-only disk: no new mail until there is room again. Any thread.
  void stop_accepting(const Error& why);
  bool accepting() const { return accepting_.load(std::memory_order_relaxed); }
  WriterStatus status() const;

 private:
  /// One piece of work: `perform` runs inside the transaction, `answer` after it.
  struct Work {
    std::function<Expected<void>()> perform;
    std::function<void(const Expected<void>&)> answer;
  };
  struct Statements;

  MailWriter(Database database, Options options);
  Expected<void> prepare();
  void submit(Work work);
  void run();
  void run_batch(std::vector<Work>& batch);
  Expected<void> run_transaction(std::vector<Work>& batch, std::vector<Expected<void>>& results);
  Expected<uint64_t> perform_delivery(const SealedMessage& message, const mail::Delivery& delivery);
  Expected<void> perform_removal(mail::AccountId account, const std::vector<uint64_t>& uids);
  Expected<void> check_quota(const mail::Delivery& delivery, uint64_t size);
  Expected<uint64_t> next_uid();
  void after_failure(const Error& error);
  void try_to_recover();
  void idle();
  uint64_t wal_octets() const;

  Database database_;
  const Options options_;
  std::unique_ptr<Statements> statements_;
  uint64_t next_uid_ = 0, reserved_uid_ = 0;
  std::vector<std::string> blobs_to_remove_;  ///< of the transaction under way
  std::atomic<bool> accepting_{true};
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<Work> queue_;
  WriterStatus status_;
  bool stopping_ = false;
  bool dirty_ = false;
  std::thread thread_;
};

/// "<folder>/blobs/ab/abcdef..."
std::string blob_path(const std::string& folder, BytesView object);

}  // namespace postern::store

// The writer of mail.db: one thread, one connection, group commit. Everything that waits goes into one transaction with
// one sync, then everybody is answered. Private to adapters/store.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "adapters/store/mail_buffers.h"
#include "adapters/store/mail_checkpoint.h"
#include "adapters/store/mail_space.h"
#include "adapters/store/mail_store.h"
#include "adapters/store/mail_tables.h"
#include "base/clock.h"

namespace postern::store {

constexpr Millis kQuiet{1000};              ///< without work: the log is copied, unused pages are given back
constexpr unsigned kQuietForTruncate = 30;  ///< times kQuiet before the log's file is cut

/// Keeps a mailbox from being opened as long as somebody holds it.
using MailboxLock = std::shared_ptr<void>;

struct WriterStatus {
  uint64_t commits = 0;  ///< transactions
  uint64_t work = 0;     ///< pieces of work in them
  uint64_t failed = 0;   ///< transactions that were refused
  uint64_t largest_batch = 0;
  int64_t last_commit_micros = 0;  ///< the whole transaction, its sync included
  uint64_t wal_octets = 0;         ///< of log in use
  uint64_t checkpoints = 0;
};

class MailWriter {
 public:
  struct Options {
    std::string folder;
    FileSystem* files = nullptr;
    MailSpace* space = nullptr;
    BufferPool* buffers = nullptr;  ///< where contents go back to
    MailLimits limits;
  };
  /// Takes over the open connections. `locks` are for the mailboxes of removals that an earlier start did not finish.
  static Expected<std::unique_ptr<MailWriter>> start(Database database, Database for_checkpoints, Options options,
                                                     const std::function<MailboxLock(mail::AccountId)>& lock);
  ~MailWriter();

  // Any thread. Each `done` is called once, on the writer's thread; cancelled after stop(), then on the caller's.
  void deliver(SealedMessage message, mail::Delivery delivery, mail::Done<uint64_t> done);
  /// The lock is held until everything is gone.
  void remove(mail::AccountId mailbox, std::vector<uint64_t> uids, MailboxLock lock, mail::Done<void> done);
  /// Removes the mailbox; `effect`, unless "", is noted as done in the same transaction.
  void purge(mail::AccountId mailbox, std::string effect, WallTime now, MailboxLock lock, mail::Done<void> done);

  /// Answers everything that came before, then ends. Large removals go on at the next start.
  void stop();
  WriterStatus status() const;
  mail::MailboxUsage totals() const;

  /// One piece of work. `perform` runs inside the transaction, perhaps again after a rollback; `answer` after it.
  class Work {
   public:
    virtual ~Work() = default;
    virtual Expected<void> perform(MailWriter& writer) = 0;
    virtual void answer(MailWriter& writer, const Expected<void>& result) = 0;
    /// It makes room: it is tried with the reserve when the disk is full.
    virtual bool frees() const { return false; }
  };

 private:
  class DeliveryWork;
  class RemovalWork;
  class PurgeWork;
  /// A removal under way.
  struct Pending {
    Removal removal;
    size_t done_up_to = 0;
    bool drop_mailbox = false;
    MailboxLock lock;
    mail::Done<void> done;
  };
  using Batch = std::vector<std::unique_ptr<Work>>;
  using Results = std::vector<Expected<void>>;

  MailWriter(Database database, Options options);
  void submit(std::unique_ptr<Work> work);
  void run();
  /// False at the end.
  bool take(Batch& batch, bool& quiet);
  void run_batch(Batch& batch);
  Expected<void> attempt(Batch& batch, Results& results, bool only_what_frees);
  Expected<void> perform_all(Batch& batch, Results& results, bool only_what_frees);
  Expected<void> remove_piece();
  void piece_committed();
  void piece_failed(const Error& error);
  void forget_blobs();
  void note_commit(size_t work, std::chrono::steady_clock::time_point began, bool good);
  void after_commit();
  void finish_checkpoint();
  void idle();
  /// The log's limit in frames.
  int frames_allowed() const { return static_cast<int>(options_.limits.log / static_cast<uint64_t>(page_size_)); }

  Database database_;
  const Options options_;
  std::unique_ptr<MailTables> tables_;
  std::unique_ptr<Checkpointer> checkpointer_;
  int page_size_ = 0;
  int log_frames_ = 0;       ///< kept by SQLite after each commit
  int next_checkpoint_ = 0;  ///< frames
  unsigned quiet_times_ = 0;
  bool room_was_made_ = false;
  std::vector<Bytes> freed_blobs_;  ///< by the transaction under way
  std::deque<Pending> pending_;     ///< removals under way, oldest first
  size_t piece_end_ = 0;            ///< of the oldest one, in the transaction under way
  bool pieces_wait_ = false;        ///< one failed: tried again alone, when nothing else is to be done
  std::vector<Pending> begun_;      ///< by the transaction under way

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  Batch queue_;
  WriterStatus status_;
  mail::MailboxUsage totals_;
  bool finish_checkpoint_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace postern::store

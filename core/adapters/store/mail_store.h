// The mailbox store on mail.db and blobs/. See mail::MessageStore for the contract.
//
// Content up to 64 KiB stands in the database, above that in a file of its own, written in sealed chunks, synced with
// its folder before the commit that names it. Content is sealed on the calling thread; one writer thread commits.
#pragma once

#include <memory>
#include <string>

#include "base/files.h"
#include "crypto/keys.h"
#include "mail/message_store.h"

namespace postern::store {

/// What a store does in one go. Tests make them small so that edges are met.
struct MailLimits {
  uint64_t log = 16ULL << 20;      ///< octets of log after which it is copied into the database
  uint64_t log_rest = 1ULL << 20;  ///< of them that may be left for the writer itself to copy
  size_t removals = 1000;          ///< messages deleted by one transaction; more go piece by piece
  size_t batch = 512;              ///< pieces of work a transaction
};

struct MailStoreOptions {
  std::string folder;
  std::string vfs;   ///< "" = the default
  bool sync = true;  ///< false only to prove that the tests notice
  bool reserve = true;
  FileSystem* files = nullptr;  ///< outlives the store
  unsigned workers = 8;         ///< threads for large messages; they wait for the disk most of the time
  int page_size = 8192;         ///< of a new database
  /// Made when there is none. Else a missing or empty database is damage: what it named would be swept away.
  bool create = true;
  std::string store_id;  ///< of the folder this database has to belong to; "" = whatever it is
  bool sweep = true;     ///< remove what no message names
  MailLimits limits;
};

/// What the start found that no message named, and the other way round.
struct SweepResult {
  uint64_t orphans = 0;  ///< files removed
  uint64_t missing = 0;  ///< messages whose file is gone: their content is lost
};

struct MailStoreStatus {
  uint64_t messages = 0, octets = 0;    ///< in all mailboxes; one that several have counts for each
  ErrorCode trouble = ErrorCode::none;  ///< why new mail is refused: disk_full, folder_read_only
  SweepResult swept;
  struct {
    uint64_t commits = 0;  ///< transactions
    uint64_t work = 0;     ///< deliveries and deletions in them
    uint64_t failed = 0;   ///< transactions that were refused
    uint64_t largest_batch = 0;
    int64_t last_commit_micros = 0;  ///< the whole transaction, its sync included
    uint64_t wal_octets = 0;         ///< of log in use
    uint64_t checkpoints = 0;
  } writer;
};

class MailStore final : public mail::MessageStore {
 public:
  /// Opens or makes mail.db, migrates, sweeps what no message names, starts the writer. folder_*, disk_full, io_error.
  static Expected<std::unique_ptr<MailStore>> open(std::shared_ptr<const crypto::KeyRing> keys,
                                                   MailStoreOptions options);
  /// Only makes mail.db, empty, as store `options.store_id`.
  static Expected<void> make(MailStoreOptions options);
  /// Answers everybody first. Drafts and mailboxes still there get cancelled from now on.
  ~MailStore() override;

  // mail::MessageStore; any thread.
  std::unique_ptr<mail::Draft> begin() override;
  Expected<std::unique_ptr<mail::Mailbox>> open_mailbox(mail::AccountId account) override;
  Expected<mail::MailboxUsage> usage(mail::AccountId account) override;
  bool accepting() const override;

  // For administration; any thread.
  Expected<MailStoreStatus> status();
  /// Messages from now on are sealed under the newest key of `keys`, which holds every older one too.
  void use_keys(std::shared_ptr<const crypto::KeyRing> keys);
  /// Removes a mailbox and all that is in it, durably. busy while a session has it open. `effect`, unless "", is noted
  /// as done in the same transaction; of a large mailbox that is before the last message is gone.
  void purge_mailbox(mail::AccountId account, std::string effect, WallTime now, mail::Done<void> done);
  /// Was this effect noted as done?
  Expected<bool> effect_done(const std::string& effect);

  struct State;  ///< private to adapters/store

 private:
  explicit MailStore(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace postern::store

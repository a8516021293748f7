// What is done to mail.db inside the writer's transaction. Belongs to the writer's thread. Private to adapters/store.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/store/sqlite.h"
#include "mail/message_store.h"

namespace postern::store {

/// Content that is ready to be named by the database.
struct SealedMessage {
  Bytes object;      ///< its name in key derivation and blobs/
  uint32_t key = 0;  ///< data key
  uint64_t size = 0;
  Bytes content;      ///< sealed, when inline
  bool blob = false;  ///< else in blobs/, synced already
};

/// A deletion that takes more than one transaction: decided and durable, carried out piece by piece.
struct Removal {
  int64_t id = 0;
  mail::AccountId mailbox = 0;
  std::vector<uint64_t> uids;
};

class MailTables {
 public:
  /// `database` outlives it.
  static Expected<std::unique_ptr<MailTables>> open(Database& database);
  ~MailTables();

  /// The message's id. mailbox_full: nothing was written; any other failure: roll back.
  Expected<uint64_t> deliver(const SealedMessage& message, const mail::Delivery& delivery);
  /// Removes what is there of `uids`; appends the objects of blobs that nobody names any more.
  Expected<void> remove(mail::AccountId mailbox, const uint64_t* uids, size_t count, std::vector<Bytes>& freed_blobs);
  Expected<std::vector<uint64_t>> uids_of(mail::AccountId mailbox);
  Expected<void> drop_mailbox(mail::AccountId mailbox);

  Expected<int64_t> add_removal(const Removal& removal);
  Expected<void> drop_removal(int64_t id);
  Expected<std::vector<Removal>> removals();

  Expected<void> note_effect(const std::string& effect, WallTime now);

  /// What the numbers kept in memory were; called around each transaction.
  void began() { before_ = totals_; }
  void rolled_back();
  const mail::MailboxUsage& totals() const { return totals_; }

 private:
  struct Statements;
  explicit MailTables(Database& database);
  Expected<void> check_quota(const mail::Delivery& delivery, uint64_t size);
  Expected<uint64_t> next_uid();
  Expected<bool> remove_one(mail::AccountId mailbox, uint64_t uid, mail::MailboxUsage& gone,
                            std::vector<Bytes>& freed_blobs);
  Expected<void> release(int64_t message, std::vector<Bytes>& freed_blobs);

  Database& database_;
  std::unique_ptr<Statements> statements_;
  uint64_t next_uid_ = 0, reserved_uid_ = 0;
  mail::MailboxUsage totals_, before_;
};

}  // namespace postern::store

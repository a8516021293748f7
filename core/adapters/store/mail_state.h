// What drafts, mailboxes and the store share. Private to adapters/store.
#pragma once

#include <map>

#include "adapters/store/mail_schema.h"
#include "adapters/store/mail_spool.h"
#include "adapters/store/mail_store.h"
#include "adapters/store/mail_workers.h"
#include "adapters/store/mail_writer.h"

namespace postern::store {

constexpr size_t kSmallBuffer = mail::kInlineLimit + crypto::kAeadTagSize;
constexpr size_t kSmallBuffersKept = 64;
/// A draft's buffer, what the last append added beyond it, and the tags of its chunks.
constexpr size_t kLargeBuffer = mail::kDraftBuffer + 2 * mail::kSealedChunk;
constexpr size_t kLargeBuffersKept = 32;

/// A read connection with its statements; one thread at a time.
struct MailReader {
  explicit MailReader(Database opened);
  Database database;
  Statement mailbox, listing, content, newest, effect;
};

struct MailStore::State {
  explicit State(MailStoreOptions how);

  const MailStoreOptions options;
  FileSystem& files;
  std::string store_id;
  BufferPool small_buffers{kSmallBuffer, kSmallBuffersKept};
  BufferPool large_buffers{kLargeBuffer, kLargeBuffersKept};
  MailSpace space;
  BlobKeeper keeper;
  std::unique_ptr<MailWriter> writer;
  std::unique_ptr<FileWorkers> workers;
  SweepResult swept;

  std::mutex mutex;
  std::shared_ptr<const crypto::KeyRing> keys;
  std::vector<std::unique_ptr<MailReader>> readers;  ///< idle ones; as many as threads ever read at once
  std::map<mail::AccountId, std::weak_ptr<void>> open_mailboxes;

  std::shared_ptr<const crypto::KeyRing> key_ring();
  Expected<std::unique_ptr<MailReader>> take_reader();
  void give_back(std::unique_ptr<MailReader> reader);
  /// Null when somebody has it. It is let go with the last copy of what is returned.
  static MailboxLock lock_mailbox(const std::shared_ptr<State>& state, mail::AccountId account);
  std::string database_path() const { return options.folder + "/" + kMailFile; }
};

using MailStatePtr = std::shared_ptr<MailStore::State>;

std::unique_ptr<mail::Draft> make_draft(MailStatePtr state);

/// A mailbox as it was when it was opened.
struct MailboxSnapshot {
  mail::AccountId account = 0;
  uint32_t count = 0;
  uint64_t octets = 0;
  uint64_t newest = 0;  ///< uid
};
std::unique_ptr<mail::Mailbox> make_mailbox(MailStatePtr state, MailboxSnapshot snapshot, MailboxLock lock);

/// A message's content; `sealed` is what the database holds of an inline one.
struct StoredMessage {
  Bytes object;
  uint32_t key = 0;
  uint64_t size = 0;
  bool blob = false;
  BytesView sealed;
};
Expected<std::unique_ptr<mail::Reader>> make_reader(MailStatePtr state, const StoredMessage& message);

/// Removes what no message names: half-written spools and blobs of messages that were never acknowledged or are gone.
/// Says loudly which messages miss their blob. Before the writer starts.
Expected<SweepResult> sweep_blobs(FileSystem& files, const std::string& folder, Database& database);

}  // namespace postern::store

// The mailbox store on mail.db and blobs/. See mail::MessageStore for the contract.
//
// Content up to 64 KiB stands in the database, above that in a file of its own, written in sealed chunks, synced with
// its folder before the commit that names it. Content is sealed on the calling thread; one writer thread commits.
#pragma once

#include <memory>
#include <string>

#include "adapters/store/mail_writer.h"
#include "base/files.h"
#include "crypto/keys.h"
#include "mail/message_store.h"

namespace postern::store {

struct MailStoreOptions {
  std::string folder;
  std::string vfs;   ///< "" = the default
  bool sync = true;  ///< false only to prove that the tests notice
  bool reserve = true;
  FileSystem* files = nullptr;  ///< outlives the store
  unsigned workers = 2;         ///< threads for large messages
};

struct MailStoreStatus {
  WriterStatus writer;
  uint64_t messages = 0, octets = 0;
};

class MailStore final : public mail::MessageStore {
 public:
  /// Opens or makes mail.db, migrates, sweeps what no message names, starts the writer. folder_*, disk_full, io_error.
  static Expected<std::unique_ptr<MailStore>> open(std::shared_ptr<const crypto::KeyRing> keys,
                                                   MailStoreOptions options);
  ~MailStore() override;

  std::unique_ptr<mail::Draft> begin() override;
  Expected<std::unique_ptr<mail::Mailbox>> open_mailbox(mail::AccountId account) override;
  Expected<mail::MailboxUsage> usage(mail::AccountId account) override;
  bool accepting() const override;
  Expected<MailStoreStatus> status();

  struct State;  ///< private to adapters/store

 private:
  explicit MailStore(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace postern::store

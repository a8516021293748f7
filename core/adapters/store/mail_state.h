// What drafts, mailboxes and the store share. Private to adapters/store.
#pragma once

#include <deque>
#include <set>

#include "adapters/store/mail_store.h"

namespace postern::store {

/// A read connection with its statements; one thread at a time.
struct MailReader {
  explicit MailReader(Database opened);
  Database database;
  Statement mailbox, listing, content, newest;
};

/// Threads for file work, bounded by what the sessions have in flight (each one at most one piece).
class FileWorkers {
 public:
  explicit FileWorkers(unsigned threads);
  ~FileWorkers();
  void post(std::function<void()> work);

 private:
  void run();
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

struct MailStore::State {
  MailStoreOptions options;
  FileSystem* files = nullptr;
  std::shared_ptr<const crypto::KeyRing> keys;
  std::string store_id;
  std::unique_ptr<MailWriter> writer;
  std::unique_ptr<FileWorkers> workers;
  std::mutex mutex;
  std::vector<std::unique_ptr<MailReader>> readers;  ///< idle ones
  std::set<mail::AccountId> open_mailboxes;
  std::set<std::string> settled_folders;

  Expected<std::unique_ptr<MailReader>> take_reader();
  void give_back(std::unique_ptr<MailReader> reader);
  /// The folder is there and its own name is durable, whoever made it.
  Expected<void> settle_folder(const std::string& folder);
  crypto::AeadKey key_of(uint32_t data_key, BytesView object) const {
    return keys->derive(data_key, "message", object);
  }
};

using MailStatePtr = std::shared_ptr<MailStore::State>;

}  // namespace postern::store

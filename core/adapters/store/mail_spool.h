// The files of large messages: written sealed under blobs/tmp, then given their names for good. Private to
// adapters/store.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "adapters/store/mail_buffers.h"
#include "base/files.h"
#include "crypto/aead.h"
#include "mail/blob_format.h"
#include "mail/message_store.h"

namespace postern::store {

constexpr size_t kObjectOctets = 16;     ///< a message's random name in key derivation and blobs/
constexpr uint32_t kBlobsInARow = 1024;  ///< that go to one folder before the next one is used
constexpr const char* kBlobFolder = "/blobs";
constexpr const char* kSpoolFolder = "/blobs/tmp";

/// "<folder>/blobs/ab/abcdef..."
std::string blob_path(const std::string& folder, BytesView object);

/// A large message being written. One thread at a time.
class Spool {
 public:
  /// `buffers` hold at least kPartLimit sealed; `files` and `buffers` outlive it.
  Spool(FileSystem& files, BufferPool& buffers, const std::string& folder, Bytes object, const crypto::AeadKey& key);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// Seals and writes whole chunks; with `last` everything.
  Expected<void> write(BytesView plain, bool last);
  /// When it returns, the content survives a power cut; the name is for BlobKeeper.
  Expected<void> sync();
  const std::string& temporary() const { return temporary_; }
  const Bytes& object() const { return object_; }
  /// The file has another name now and is not removed with the spool.
  void named() { named_ = true; }

 private:
  FileSystem& files_;
  BufferPool& buffers_;
  Bytes object_;
  crypto::AeadKey key_;
  std::string temporary_;
  std::unique_ptr<File> file_;
  uint32_t next_chunk_ = 0;
  bool named_ = false;
};

/// Gives synced spools their names, many at a time: whoever comes first renames for all that have come meanwhile and
/// syncs each folder once. Any thread.
class BlobKeeper {
 public:
  BlobKeeper(FileSystem& files, std::string folder);

  /// First octet of the next blob's object. Blobs of one time share a folder, so that one sync covers them.
  uint8_t folder_octet();
  /// On a worker. Calls `done` there or on another one: with a value, name and folders survive a power cut.
  void keep(std::shared_ptr<Spool> spool, mail::Done<void> done);

 private:
  struct Item {
    std::shared_ptr<Spool> spool;
    mail::Done<void> done;
    Expected<void> result;
  };
  void settle(std::vector<Item>& batch);
  Expected<void> give_name(Item& item, std::set<std::string>& folders);
  Expected<void> settle_folder(const std::string& folder);

  FileSystem& files_;
  const std::string folder_;
  std::atomic<uint32_t> next_;
  std::mutex mutex_;
  std::vector<Item> waiting_;
  bool busy_ = false;
  std::set<std::string> settled_folders_;  ///< whose own name is durable; of whoever is busy
};

}  // namespace postern::store

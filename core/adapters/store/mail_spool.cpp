#include "adapters/store/mail_spool.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/secret.h"
#include "crypto/random.h"

namespace postern::store {

std::string blob_path(const std::string& folder, BytesView object) {
  const std::string name = hex(object);
  return folder + kBlobFolder + "/" + name.substr(0, 2) + "/" + name;
}

Spool::Spool(FileSystem& files, BufferPool& buffers, const std::string& folder, Bytes object,
             const crypto::AeadKey& key)
    : files_(files),
      buffers_(buffers),
      object_(std::move(object)),
      key_(key),
      temporary_(folder + kSpoolFolder + "/" + hex(object_)) {}

Spool::~Spool() {
  const bool written = file_ != nullptr;
  file_.reset();
  if (written && !named_) static_cast<void>(files_.remove(temporary_));
  wipe(key_.data(), key_.size());
}

Expected<void> Spool::write(BytesView plain, bool last) {
  if (!file_) {
    auto made = files_.create(temporary_);
    if (!made) return fail(made.error());
    file_ = std::move(*made);
  }
  Bytes sealed = buffers_.take();
  do {
    const BytesView chunk = plain.first(std::min(plain.size(), mail::kChunk));
    plain = plain.subspan(chunk.size());
    mail::seal_chunk(key_, next_chunk_++, last && plain.empty(), chunk, sealed);
  } while (!plain.empty());
  auto written = file_->write(sealed);
  buffers_.give(std::move(sealed));
  return written;
}

Expected<void> Spool::sync() {
  return file_->sync();
}

BlobKeeper::BlobKeeper(FileSystem& files, std::string folder) : files_(files), folder_(std::move(folder)) {
  // Each start begins somewhere else, so that folders fill evenly.
  next_ = static_cast<uint32_t>(crypto::random_u64());
}

uint8_t BlobKeeper::folder_octet() {
  return static_cast<uint8_t>(next_.fetch_add(1, std::memory_order_relaxed) / kBlobsInARow);
}

void BlobKeeper::keep(std::shared_ptr<Spool> spool, mail::Done<void> done) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(spool), std::move(done), {}});
    if (busy_) return;
    busy_ = true;
  }
  for (;;) {
    std::vector<Item> batch;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) {
        busy_ = false;
        return;
      }
      batch.swap(waiting_);
    }
    settle(batch);
    for (Item& item : batch) item.done(std::move(item.result));
  }
}

void BlobKeeper::settle(std::vector<Item>& batch) {
  std::map<std::string, Expected<void>> synced;
  std::set<std::string> folders;
  for (Item& item : batch) item.result = give_name(item, folders);
  for (const std::string& folder : folders) synced[folder] = files_.sync_folder(folder);
  for (Item& item : batch) {
    if (!item.result) continue;
    const std::string path = blob_path(folder_, item.spool->object());
    item.result = synced[path.substr(0, path.rfind('/'))];
    if (!item.result) static_cast<void>(files_.remove(path));
  }
}

Expected<void> BlobKeeper::give_name(Item& item, std::set<std::string>& folders) {
  const std::string path = blob_path(folder_, item.spool->object());
  const std::string folder = path.substr(0, path.rfind('/'));
  if (auto done = settle_folder(folder); !done) return done;
  if (auto done = files_.rename(item.spool->temporary(), path); !done) return done;
  item.spool->named();
  folders.insert(folder);
  return {};
}

Expected<void> BlobKeeper::settle_folder(const std::string& folder) {
  if (settled_folders_.contains(folder)) return {};
  if (auto made = files_.make_folder(folder); !made) return fail(made.error());
  // Synced even when it was there: an earlier start may have ended between making and syncing it.
  if (auto done = files_.sync_folder(folder_ + kBlobFolder); !done) return done;
  settled_folders_.insert(folder);
  return {};
}

}  // namespace postern::store

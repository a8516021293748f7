#include "adapters/store/mail_writer.h"

#include <filesystem>

#include "base/log.h"

namespace postern::store {
namespace {

std::string reserve_path(const std::string& folder) {
  return folder + "/reserve.bin";
}

}  // namespace

std::string blob_path(const std::string& folder, BytesView object) {
  const std::string name = hex(object);
  return folder + "/blobs/" + name.substr(0, 2) + "/" + name;
}

void MailWriter::submit(Work work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  ready_.notify_one();
}

void MailWriter::deliver(SealedMessage message, mail::Delivery delivery, mail::Done<uint64_t> done) {
  auto what = std::make_shared<std::pair<SealedMessage, mail::Delivery>>(std::move(message), std::move(delivery));
  auto id = std::make_shared<uint64_t>(0);
  submit({[this, what, id]() -> Expected<void> {
            const auto made = perform_delivery(what->first, what->second);
            if (!made) return fail(made.error());
            *id = *made;
            return {};
          },
          [done = std::move(done), id](const Expected<void>& result) {
            if (result)
              done(*id);
            else
              done(fail(result.error()));
          }});
}

void MailWriter::remove(mail::AccountId account, std::vector<uint64_t> uids, mail::Done<void> done) {
  submit({[this, account, uids = std::move(uids)] { return perform_removal(account, uids); }, std::move(done)});
}

void MailWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  database_.checkpoint(true);
}

WriterStatus MailWriter::status() const {
  const std::lock_guard lock(mutex_);
  WriterStatus out = status_;
  out.wal_octets = wal_octets();
  return out;
}

uint64_t MailWriter::wal_octets() const {
  std::error_code error;
  const auto size = std::filesystem::file_size(database_.path() + "-wal", error);
  return error ? 0 : size;
}

void MailWriter::run() {
  std::vector<Work> batch;
  for (;;) {
    batch.clear();
    bool quiet = false;
    {
      std::unique_lock lock(mutex_);
      const Millis patience = accepting() ? kIdleCheckpoint : kRecoveryCheck;
      quiet = !ready_.wait_for(lock, patience, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty() && stopping_) return;
      if (queue_.size() <= kBatchLimit) {
        batch.swap(queue_);
      } else {
        batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.begin() + kBatchLimit));
        queue_.erase(queue_.begin(), queue_.begin() + kBatchLimit);
      }
    }
    if (!batch.empty()) run_batch(batch);
    if (quiet) idle();
  }
}

void MailWriter::run_batch(std::vector<Work>& batch) {
  const auto began = std::chrono::steady_clock::now();
  std::vector<Expected<void>> results(batch.size());
  blobs_to_remove_.clear();
  const Expected<void> committed = run_transaction(batch, results);
  if (!committed) after_failure(committed.error());
  {
    const std::lock_guard lock(mutex_);
    status_.commits += 1;
    status_.work += batch.size();
    status_.last_commit_micros =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began).count();
  }
  for (size_t i = 0; i < batch.size(); ++i) batch[i].answer(committed ? results[i] : committed);
  if (!committed) return;
  for (const std::string& path : blobs_to_remove_) static_cast<void>(options_.files->remove(path));
  dirty_ = true;
  if (wal_octets() > kWalLimit) database_.checkpoint(false);
}

/// One transaction for all. What is refused by itself (a quota) is rolled back alone; what the disk refuses fails all.
Expected<void> MailWriter::run_transaction(std::vector<Work>& batch, std::vector<Expected<void>>& results) {
  Transaction transaction(database_);
  if (!transaction.opened()) return transaction.opened();
  for (size_t i = 0; i < batch.size(); ++i) {
    results[i] = batch[i].perform();
    if (!results[i] && results[i].error().code != ErrorCode::mailbox_full &&
        results[i].error().code != ErrorCode::not_found)
      return results[i];
  }
  return transaction.commit();
}

void MailWriter::after_failure(const Error& error) {
  log_error("store", std::string(error_name(error.code)) + " " + (error.args.empty() ? "" : error.args.front()));
  // The block of uids may have been reserved in what was rolled back.
  reserved_uid_ = next_uid_;
  stop_accepting(error);
}

void MailWriter::stop_accepting(const Error& why) {
  if (why.code != ErrorCode::disk_full && why.code != ErrorCode::folder_read_only) return;
  // Room for deletions; new mail waits until there is room for the reserve again.
  if (why.code == ErrorCode::disk_full) static_cast<void>(options_.files->remove(reserve_path(options_.folder)));
  accepting_ = false;
}

void MailWriter::try_to_recover() {
  if (options_.reserve) {
    if (options_.files->free_octets(options_.folder) < kReserve + kFreeAgain) return;
    if (!options_.files->allocate(reserve_path(options_.folder), kReserve)) return;
  }
  // Only a write shows that writing works.
  if (!database_.execute("BEGIN IMMEDIATE; INSERT OR REPLACE INTO meta VALUES('probe', 1); COMMIT")) {
    database_.rollback();
    return;
  }
  log_info("store", "mail is accepted again");
  accepting_ = true;
}

void MailWriter::idle() {
  if (!accepting()) return try_to_recover();
  if (!dirty_) return;
  dirty_ = !database_.checkpoint(true);
}

}  // namespace postern::store

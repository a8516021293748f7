#include "adapters/store/mail_writer.h"

#include <algorithm>

#include "adapters/store/mail_spool.h"
#include "base/log.h"

namespace postern::store {
namespace {

/// Refused by itself, with nothing written: the others' work goes on.
bool concerns_one_only(const Error& error) {
  return error.code == ErrorCode::mailbox_full;
}

}  // namespace

MailWriter::MailWriter(Database database, Options options)
    : database_(std::move(database)), options_(std::move(options)) {}

MailWriter::~MailWriter() {
  stop();
}

Expected<std::unique_ptr<MailWriter>> MailWriter::start(Database database, Database for_checkpoints, Options options,
                                                        const std::function<MailboxLock(mail::AccountId)>& lock) {
  std::unique_ptr<MailWriter> out(new MailWriter(std::move(database), std::move(options)));
  auto tables = MailTables::open(out->database_);
  if (!tables) return fail(tables.error());
  out->tables_ = std::move(*tables);
  out->totals_ = out->tables_->totals();
  const auto page_size = out->database_.scalar("PRAGMA page_size");
  if (!page_size) return fail(page_size.error());
  out->page_size_ = static_cast<int>(*page_size);
  out->next_checkpoint_ = out->frames_allowed();
  auto unfinished = out->tables_->removals();
  if (!unfinished) return fail(unfinished.error());
  for (Removal& removal : *unfinished) {
    MailboxLock held = lock(removal.mailbox);
    out->pending_.push_back({std::move(removal), 0, false, std::move(held), nullptr});
  }
  out->database_.watch_log(out->log_frames_);
  MailWriter* raw = out.get();
  const int rest = static_cast<int>(out->options_.limits.log_rest / static_cast<uint64_t>(out->page_size_));
  out->checkpointer_ = std::make_unique<Checkpointer>(std::move(for_checkpoints), rest, [raw] {
    {
      const std::lock_guard guard(raw->mutex_);
      raw->finish_checkpoint_ = true;
    }
    raw->ready_.notify_one();
  });
  out->thread_ = std::thread([raw] { raw->run(); });
  return out;
}

void MailWriter::submit(std::unique_ptr<Work> work) {
  {
    std::unique_lock lock(mutex_);
    if (stopping_) {
      lock.unlock();
      return work->answer(*this, fail(ErrorCode::cancelled, {"the store is closed"}));
    }
    queue_.push_back(std::move(work));
  }
  ready_.notify_one();
}

void MailWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  checkpointer_->stop();
  for (Pending& pending : pending_)
    if (pending.done) pending.done(fail(ErrorCode::cancelled, {"the store is closed"}));
  pending_.clear();
  database_.checkpoint(true);
}

WriterStatus MailWriter::status() const {
  const std::lock_guard lock(mutex_);
  WriterStatus out = status_;
  out.checkpoints = checkpointer_->passes();
  return out;
}

mail::MailboxUsage MailWriter::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

bool MailWriter::take(Batch& batch, bool& quiet) {
  std::unique_lock lock(mutex_);
  const auto woken = [this] { return stopping_ || finish_checkpoint_ || !queue_.empty(); };
  const bool more_to_remove = !pending_.empty() && !pieces_wait_;
  quiet = !more_to_remove && !ready_.wait_for(lock, kQuiet, woken);
  if (queue_.empty() && stopping_) return false;
  if (queue_.size() <= options_.limits.batch) {
    batch.swap(queue_);
  } else {
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(options_.limits.batch);
    batch.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
  }
  return true;
}

void MailWriter::run() {
  Batch batch;
  bool quiet = false;
  while (take(batch, quiet)) {
    if (!batch.empty() || (!pending_.empty() && (quiet || !pieces_wait_))) run_batch(batch);
    batch.clear();
    finish_checkpoint();
    options_.space->look(database_, std::exchange(room_was_made_, false));
    if (quiet) idle();
  }
}

void MailWriter::run_batch(Batch& batch) {
  quiet_times_ = 0;
  const auto began = std::chrono::steady_clock::now();
  // What came while the disk is full leaves the reserve's room to deletions.
  const bool full = !options_.space->accepting();
  Results results(batch.size(), fail(options_.space->trouble(), {options_.folder}));
  Expected<void> committed = attempt(batch, results, full);
  if (!committed) {
    options_.space->failed(committed.error());
    const Expected<void> first = committed;
    std::fill(results.begin(), results.end(), first);
    if (committed.error().code == ErrorCode::disk_full) committed = attempt(batch, results, true);
  }
  note_commit(batch.size(), began, committed.has_value());
  for (size_t i = 0; i < batch.size(); ++i) batch[i]->answer(*this, results[i]);
  if (committed) piece_committed();
  if (committed) forget_blobs();
  if (committed) after_commit();
}

/// One transaction. On failure everything that took part has the failure as its result.
Expected<void> MailWriter::attempt(Batch& batch, Results& results, bool only_what_frees) {
  tables_->began();
  freed_blobs_.clear();
  begun_.clear();
  piece_end_ = 0;
  Transaction transaction(database_);
  Expected<void> done = transaction.opened();
  if (done) done = perform_all(batch, results, only_what_frees);
  if (done) done = transaction.commit();
  if (done) return done;
  database_.rollback();
  tables_->rolled_back();
  if (piece_end_ > 0) piece_failed(done.error());
  freed_blobs_.clear();
  begun_.clear();
  piece_end_ = 0;
  log_error("store", "a transaction failed: " + std::string(error_name(done.error().code)) +
                         (done.error().args.empty() ? "" : " " + done.error().args.back()));
  for (size_t i = 0; i < batch.size(); ++i)
    if (!only_what_frees || batch[i]->frees()) results[i] = done;
  return done;
}

Expected<void> MailWriter::perform_all(Batch& batch, Results& results, bool only_what_frees) {
  for (size_t i = 0; i < batch.size(); ++i) {
    if (only_what_frees && !batch[i]->frees()) continue;
    results[i] = batch[i]->perform(*this);
    if (!results[i] && !concerns_one_only(results[i].error())) return results[i];
  }
  if (pending_.empty() || (pieces_wait_ && !batch.empty())) return {};
  return remove_piece();
}

void MailWriter::note_commit(size_t work, std::chrono::steady_clock::time_point began, bool good) {
  using Micros = std::chrono::microseconds;
  const auto took = std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - began).count();
  const std::lock_guard lock(mutex_);
  totals_ = tables_->totals();
  (good ? status_.commits : status_.failed) += 1;
  if (!good) return;
  status_.work += work;
  status_.largest_batch = std::max<uint64_t>(status_.largest_batch, work);
  status_.last_commit_micros = took;
  status_.wal_octets = static_cast<uint64_t>(log_frames_) * static_cast<uint64_t>(page_size_);
}

void MailWriter::forget_blobs() {
  room_was_made_ = room_was_made_ || !freed_blobs_.empty();
  for (const Bytes& object : freed_blobs_)
    static_cast<void>(options_.files->remove(blob_path(options_.folder, object)));
  freed_blobs_.clear();
}

void MailWriter::after_commit() {
  checkpointer_->note(log_frames_);
  if (log_frames_ < next_checkpoint_) return;
  next_checkpoint_ = log_frames_ + frames_allowed();
  checkpointer_->wake(log_frames_);
}

/// The last short pass. When it reaches the end of the log, the next transaction begins the log anew.
void MailWriter::finish_checkpoint() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(finish_checkpoint_, false)) return;
  }
  const bool too_long = static_cast<uint64_t>(log_frames_) * static_cast<uint64_t>(page_size_) > kLogTooLong;
  const Database::Checkpoint done = database_.checkpoint_log(too_long);
  next_checkpoint_ = (done.complete() ? 0 : log_frames_) + frames_allowed();
  if (too_long && done.complete()) log_frames_ = 0;
}

void MailWriter::idle() {
  ++quiet_times_;
  if (quiet_times_ == 1 && log_frames_ > 0) return checkpointer_->wake(log_frames_);
  if (quiet_times_ == kQuietForTruncate && log_frames_ > 0 && database_.checkpoint(true)) {
    log_frames_ = 0;
    next_checkpoint_ = frames_allowed();
  }
  if (quiet_times_ > 1 && options_.space->accepting()) options_.space->give_back(database_);
}

}  // namespace postern::store

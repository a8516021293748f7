#include "adapters/store/ledger_writer.h"

#include <filesystem>

#include "adapters/store/ledger_files.h"
#include "base/log.h"

namespace postern::store {
namespace {

constexpr WallTime kMinute = 60 * kMicrosPerSecond;
constexpr WallTime kHour = 60 * kMinute;
constexpr size_t kCheckpointRows = 20'000;  // a checkpoint syncs: not every second beside the mail store's own syncs
constexpr auto kSealRetry = std::chrono::hours(1);
constexpr auto kReadOnly = std::filesystem::perms::owner_read;

void append_key(std::string& key, std::string_view part) {
  key += part.substr(0, kLedgerWordLength);
  key += '\0';
}

std::string address_key(WallTime time, const IpAddress& address, uint16_t port) {
  std::string key = std::to_string(time);
  key += '/';
  key += as_text(address.octets());
  key += std::to_string(port);
  key += '\0';
  return key;
}

std::string words_of(const Error& error) {
  std::string out(error_name(error.code));
  for (const std::string& arg : error.args) out += " " + arg;
  return out;
}

template <class Row>
void move_rows(std::unordered_map<std::string, Row>& from, std::vector<Row>& to) {
  for (auto& [key, row] : from) to.push_back(std::move(row));
  from.clear();
}

}  // namespace

LedgerWriter::LedgerWriter(const Clock& clock, LedgerOptions options) : clock_(clock), options_(std::move(options)) {}

LedgerWriter::~LedgerWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Expected<void> LedgerWriter::start() {
  if (auto opened = open_month(ledger_month_name(clock_.wall())); !opened) return opened;
  thread_ = std::thread([this] { run(); });
  return {};
}

Expected<void> LedgerWriter::open_month(const std::string& month) {
  auto opened = LedgerMonth::open(ledger_path(options_.folder, month), options_.vfs);
  if (!opened) return fail(opened.error());
  month_ = std::move(*opened);
  since_checkpoint_ = 0;
  month_name_ = month;
  return {};
}

bool LedgerWriter::record(LedgerSession session) {
  const std::lock_guard lock(mutex_);
  if (sessions_.size() >= options_.queue) {
    ++dropped_;
    return false;
  }
  sessions_.push_back(std::move(session));
  if (sessions_.size() == options_.batch || sessions_.size() == 1) wake_.notify_one();
  return true;
}

template <class Row>
bool LedgerWriter::fold(Folds<Row>& folds, std::string key, Row row) {
  const std::lock_guard lock(mutex_);
  const auto at = folds.find(key);
  if (at != folds.end()) {
    at->second.count += row.count;
    return true;
  }
  if (folds.size() >= kLedgerFolds) {
    dropped_ += row.count;
    return false;
  }
  folds.emplace(std::move(key), std::move(row));
  if (folds.size() == 1) wake_.notify_one();
  return true;
}

bool LedgerWriter::turned_away(WallTime now, const IpAddress& address, uint16_t port, std::string_view rule) {
  TurnedAway row{now - now % kMinute, address, port, std::string(rule.substr(0, kLedgerWordLength)), 1};
  std::string key = address_key(row.minute, address, port);
  append_key(key, row.rule);
  return fold(turned_away_, std::move(key), std::move(row));
}

bool LedgerWriter::contact(WallTime now, Contact contact) {
  contact.hour = now - now % kHour;
  std::string key = address_key(contact.hour, contact.address, contact.port);
  append_key(key, std::to_string(contact.account));
  append_key(key, contact.credential);
  append_key(key, contact.client);
  append_key(key, contact.outcome);
  return fold(contacts_, std::move(key), std::move(contact));
}

Expected<void> LedgerWriter::flush() {
  std::unique_lock lock(mutex_);
  const uint64_t mine = ++asked_;
  wake_.notify_one();
  written_.wait(lock, [&] { return answered_ >= mine || stopping_; });
  if (error_) return fail(*error_);
  return {};
}

LedgerStatus LedgerWriter::status() const {
  const std::lock_guard lock(mutex_);
  return {rows_written_, dropped_, sessions_.size() + turned_away_.size() + contacts_.size(), error_};
}

bool LedgerWriter::due() const {
  return stopping_ || asked_ > answered_ || sessions_.size() >= options_.batch;
}

void LedgerWriter::run() {
  seal_closed_months();
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    // Asleep while nothing happened, so that an idle service does not wake up every second; an hour bounds the wait for
    // the month's end.
    const auto something = [this] {
      return due() || !sessions_.empty() || !turned_away_.empty() || !contacts_.empty();
    };
    wake_.wait_for(lock, batch_.empty() ? std::chrono::duration_cast<Millis>(std::chrono::hours(1)) : options_.interval,
                   something);
    wake_.wait_for(lock, options_.interval, [this] { return due(); });
    take(lock);
  }
  take(lock);
  written_.notify_all();
}

/// Called and left with the lock held; the disk is touched without it.
void LedgerWriter::take(std::unique_lock<std::mutex>& lock) {
  const uint64_t asked = asked_;
  // What could not be written stays and is tried again before anything new is taken: the queue bounds the memory.
  const bool all = batch_.empty();
  if (all) {
    batch_.sessions.swap(sessions_);
    move_rows(turned_away_, batch_.turned_away);
    move_rows(contacts_, batch_.contacts);
  }
  lock.unlock();
  roll();
  if (!batch_.empty()) write();
  lock.lock();
  // After an older batch a flush waits for one more round.
  if (error_ || (all && batch_.empty())) answered_ = std::max(answered_, asked);
  written_.notify_all();
}

void LedgerWriter::write() {
  Expected<void> done = fail(ErrorCode::io_error, {options_.folder, "no month open"});
  if (month_) done = month_->write(batch_);
  if (done && (since_checkpoint_ += batch_.size()) >= kCheckpointRows) {
    month_->checkpoint(false);
    since_checkpoint_ = 0;
  }
  const std::lock_guard lock(mutex_);
  if (!done) {
    if (!error_ || error_->code != done.error().code) log_warning("store", "session ledger: " + words_of(done.error()));
    error_ = done.error();
    return;
  }
  rows_written_ += batch_.size();
  error_.reset();
  batch_.sessions.clear();
  batch_.turned_away.clear();
  batch_.contacts.clear();
}

void LedgerWriter::roll() {
  const std::string now = ledger_month_name(clock_.wall());
  // A clock that was set back does not reopen a closed month.
  if (month_ && now <= month_name_) {
    if (seal_again_ && std::chrono::steady_clock::now() >= *seal_again_) seal_closed_months();
    return;
  }
  if (month_) {
    const auto closed = month_->close_for_good();
    month_.reset();
    if (!closed)
      log_warning("store", "session ledger: month " + month_name_ + " not closed: " + words_of(closed.error()));
  }
  if (auto opened = open_month(now); !opened) {
    const std::lock_guard lock(mutex_);
    error_ = opened.error();
    return;
  }
  seal_closed_months();
}

void LedgerWriter::seal_closed_months() {
  for (const std::string& month : remove_old_months(options_.folder, clock_.wall(), options_.retention_days))
    log_info("store", "session ledger: month " + month + " removed by retention");
  seal_again_.reset();
  if (!options_.sealed) return;
  for (const std::string& month : ledger_months(options_.folder)) {
    if (month >= month_name_ || read_seal(options_.folder, month)) continue;
    if (!seal(month)) seal_again_ = std::chrono::steady_clock::now() + kSealRetry;
  }
}

/// False: somebody reads it, or it is damaged; to be tried again.
bool LedgerWriter::seal(const std::string& month) {
  const std::string path = ledger_path(options_.folder, month);
  // The process may have ended before the month did, or a reader was in the way.
  if (needs_wal(path)) {
    const auto open = LedgerMonth::open(path, options_.vfs);
    if (!open || !(*open)->close_for_good()) return false;
  }
  SealedMonth sealed{month, path, {}, 0};
  if (auto reader = LedgerReader::open(path, options_.vfs)) sealed.sessions = reader->count();
  std::error_code ignored;
  std::filesystem::permissions(path, kReadOnly, ignored);
  auto hash = hash_file(path);
  if (!hash) {
    log_warning("store", "session ledger: month " + month + " not sealed: " + words_of(hash.error()));
    return false;
  }
  sealed.sha256 = *hash;
  options_.sealed(sealed, [folder = options_.folder, month, digest = sealed.sha256] {
    if (const auto done = write_seal(folder, month, digest); !done)
      log_warning("store", "session ledger: " + words_of(done.error()));
  });
  return true;
}

}  // namespace postern::store

#include "adapters/store/mail_store.h"

#include "adapters/store/mail_draft.h"
#include "adapters/store/mail_schema.h"
#include "adapters/store/mail_state.h"
#include "base/log.h"

namespace postern::store {
namespace {

std::string database_path(const MailStoreOptions& options) {
  return options.folder + "/mail.db";
}

Expected<Database> open_writer(const MailStoreOptions& options) {
  Database::Options how;
  how.create = true;
  how.vfs = options.vfs;
  how.cache_kib = 8192;
  auto database = Database::open(database_path(options), how);
  if (!database) return database;
  if (auto done = migrate_mail(*database); !done) return fail(done.error());
  if (!options.sync)
    if (auto done = database->execute("PRAGMA synchronous=OFF"); !done) return fail(done.error());
  return database;
}

}  // namespace

MailReader::MailReader(Database opened)
    : database(std::move(opened)),
      mailbox(database, "SELECT messages, octets FROM mailbox WHERE account=?1"),
      listing(database, "SELECT uid, size FROM delivery WHERE mailbox=?1 AND uid>?2 AND uid<=?3 ORDER BY uid LIMIT ?4"),
      content(database,
              "SELECT m.object, m.key, m.size, m.content FROM delivery d JOIN message m ON m.id=d.message WHERE "
              "d.mailbox=?1 AND d.uid=?2"),
      newest(database, "SELECT max(uid) FROM delivery WHERE mailbox=?1") {}

FileWorkers::FileWorkers(unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

FileWorkers::~FileWorkers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void FileWorkers::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  ready_.notify_one();
}

void FileWorkers::run() {
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

Expected<std::unique_ptr<MailReader>> MailStore::State::take_reader() {
  {
    const std::lock_guard lock(mutex);
    if (!readers.empty()) {
      auto out = std::move(readers.back());
      readers.pop_back();
      return out;
    }
  }
  Database::Options how;
  how.read_only = true;
  how.vfs = options.vfs;
  how.cache_kib = 2048;
  auto database = Database::open(database_path(options), how);
  if (!database) return fail(database.error());
  return std::make_unique<MailReader>(std::move(*database));
}

Expected<void> MailStore::State::settle_folder(const std::string& folder) {
  {
    const std::lock_guard lock(mutex);
    if (settled_folders.contains(folder)) return {};
  }
  // Synced even when another thread made it a moment ago: its sync may not have ended yet.
  if (auto made = files->make_folder(folder); !made) return fail(made.error());
  if (auto done = files->sync_folder(options.folder + "/blobs"); !done) return done;
  const std::lock_guard lock(mutex);
  settled_folders.insert(folder);
  return {};
}

void MailStore::State::give_back(std::unique_ptr<MailReader> reader) {
  const std::lock_guard lock(mutex);
  readers.push_back(std::move(reader));
}

MailStore::MailStore(std::shared_ptr<State> state) : state_(std::move(state)) {}

MailStore::~MailStore() {
  // Workers first: what they finish goes to the writer, which answers everything before it ends.
  state_->workers.reset();
  {
    const std::lock_guard lock(state_->mutex);
    state_->readers.clear();
  }
  state_->writer->stop();
}

Expected<std::unique_ptr<MailStore>> MailStore::open(std::shared_ptr<const crypto::KeyRing> keys,
                                                     MailStoreOptions options) {
  auto state = std::make_shared<State>();
  state->options = options;
  state->files = options.files;
  state->keys = std::move(keys);
  for (const char* folder : {"/blobs", "/blobs/tmp"})
    if (auto made = state->files->make_folder(options.folder + folder); !made) return fail(made.error());
  auto database = open_writer(options);
  if (!database) return fail(database.error());
  {
    Statement name(*database, "SELECT value FROM meta WHERE name='store'");
    const auto row = name.step();
    if (!row) return fail(row.error());
    state->store_id = name.text(0);
  }
  if (auto swept = sweep_blobs(*state); !swept) return fail(swept.error());
  auto writer = MailWriter::start(std::move(*database), {options.folder, options.reserve, state->files});
  if (!writer) return fail(writer.error());
  state->writer = std::move(*writer);
  state->workers = std::make_unique<FileWorkers>(options.workers);
  return std::unique_ptr<MailStore>(new MailStore(std::move(state)));
}

std::unique_ptr<mail::Draft> MailStore::begin() {
  return make_draft(state_);
}

bool MailStore::accepting() const {
  return state_->writer->accepting();
}

Expected<mail::MailboxUsage> MailStore::usage(mail::AccountId account) {
  auto reader = state_->take_reader();
  if (!reader) return fail(reader.error());
  Statement& row = (*reader)->mailbox;
  const auto found = row.bind(1, account).step();
  mail::MailboxUsage out;
  if (found && *found) out = {static_cast<uint64_t>(row.integer(0)), static_cast<uint64_t>(row.integer(1))};
  row.reset();
  state_->give_back(std::move(*reader));
  if (!found) return fail(found.error());
  return out;
}

Expected<std::unique_ptr<mail::Mailbox>> MailStore::open_mailbox(mail::AccountId account) {
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->open_mailboxes.insert(account).second) return fail(ErrorCode::busy, {"mailbox"});
  }
  const auto let_go = [this, account] {
    const std::lock_guard lock(state_->mutex);
    state_->open_mailboxes.erase(account);
  };
  auto reader = state_->take_reader();
  if (!reader) {
    let_go();
    return fail(reader.error());
  }
  // Count and newest uid belong together: one read transaction.
  MailReader& from = **reader;
  static_cast<void>(from.database.execute("BEGIN"));
  const auto counted = from.mailbox.bind(1, account).step();
  const uint32_t count = counted && *counted ? static_cast<uint32_t>(from.mailbox.integer(0)) : 0;
  const uint64_t octets = counted && *counted ? static_cast<uint64_t>(from.mailbox.integer(1)) : 0;
  from.mailbox.reset();
  const auto last = from.newest.bind(1, account).step();
  const uint64_t newest = last && *last ? static_cast<uint64_t>(from.newest.integer(0)) : 0;
  from.newest.reset();
  static_cast<void>(from.database.execute("COMMIT"));
  state_->give_back(std::move(*reader));
  if (!counted || !last) {
    let_go();
    return fail(counted ? last.error() : counted.error());
  }
  return make_mailbox(state_, account, count, octets, newest);
}

Expected<MailStoreStatus> MailStore::status() {
  auto reader = state_->take_reader();
  if (!reader) return fail(reader.error());
  MailStoreStatus out;
  out.writer = state_->writer->status();
  out.messages = static_cast<uint64_t>((*reader)->database.scalar("SELECT sum(messages) FROM mailbox").value_or(0));
  out.octets = static_cast<uint64_t>((*reader)->database.scalar("SELECT sum(octets) FROM mailbox").value_or(0));
  state_->give_back(std::move(*reader));
  return out;
}

}  // namespace postern::store

#include "adapters/store/mail_store.h"

#include <filesystem>

#include "adapters/store/mail_schema.h"
#include "adapters/store/mail_state.h"
#include "base/log.h"

namespace postern::store {
namespace {

constexpr int kWriterCacheKib = 8192;
constexpr int kReaderCacheKib = 2048;

Database::Options database_options(const MailStoreOptions& options) {
  Database::Options how;
  how.create = true;
  how.vfs = options.vfs;
  how.page_size = options.page_size;
  how.cache_kib = kWriterCacheKib;
  return how;
}

bool holds_something(const MailStore::State& state) {
  std::error_code error;
  const auto size = std::filesystem::file_size(state.database_path(), error);
  return !error && size > 0;
}

/// Takes the id of its folder when it is new, else has to bear it.
Expected<void> settle_id(MailStore::State& state, Database& database, bool fresh) {
  const std::string& wanted = state.options.store_id;
  if (fresh && !wanted.empty()) {
    Statement take(database, "UPDATE meta SET value=?1 WHERE name='store'");
    if (auto done = take.bind(1, wanted).run(); !done) return done;
  }
  Statement name(database, "SELECT value FROM meta WHERE name='store'");
  const auto row = name.step();
  if (!row) return fail(row.error());
  state.store_id = name.text(0);
  if (wanted.empty() || state.store_id == wanted) return {};
  return fail(ErrorCode::folder_damaged, {state.database_path(), "it belongs to another data folder"});
}

Expected<Database> open_writer(MailStore::State& state) {
  const Database::Options how = database_options(state.options);
  const bool fresh = !holds_something(state);
  if (fresh && !state.options.create) return fail(ErrorCode::folder_damaged, {state.database_path(), "it is missing"});
  auto database = open_migrated(state.database_path(), how, mail_migrations(), state.files);
  if (!database) return database;
  if (auto done = settle_id(state, *database, fresh); !done) return fail(done.error());
  if (state.options.sync) return database;
  if (auto done = database->execute("PRAGMA synchronous=OFF"); !done) return fail(done.error());
  return database;
}

/// The checkpointer's: it opens what is there and creates nothing.
Expected<Database> open_second(const MailStore::State& state) {
  Database::Options how = database_options(state.options);
  how.create = false;
  auto database = Database::open(state.database_path(), how);
  if (!database || state.options.sync) return database;
  if (auto done = database->execute("PRAGMA synchronous=OFF"); !done) return fail(done.error());
  return database;
}

Expected<void> start_writer(const MailStatePtr& state, Database database) {
  auto second = open_second(*state);
  if (!second) return fail(second.error());
  MailWriter::Options how{state->options.folder, &state->files, &state->space, &state->small_buffers,
                          state->options.limits};
  auto writer = MailWriter::start(std::move(database), std::move(*second), how, [&state](mail::AccountId account) {
    return MailStore::State::lock_mailbox(state, account);
  });
  if (!writer) return fail(writer.error());
  state->writer = std::move(*writer);
  return {};
}

}  // namespace

MailReader::MailReader(Database opened)
    : database(std::move(opened)),
      mailbox(database, "SELECT messages, octets FROM mailbox WHERE account=?1"),
      listing(database, "SELECT uid, size FROM delivery WHERE mailbox=?1 AND uid>?2 AND uid<=?3 ORDER BY uid LIMIT ?4"),
      content(database,
              "SELECT m.object, m.key, m.size, m.blob, m.content FROM delivery d JOIN message m ON m.id=d.message "
              "WHERE d.mailbox=?1 AND d.uid=?2"),
      newest(database, "SELECT max(uid) FROM delivery WHERE mailbox=?1"),
      effect(database, "SELECT 1 FROM effects_done WHERE effect=?1") {}

MailStore::State::State(MailStoreOptions how)
    : options(std::move(how)),
      files(*options.files),
      space(files, options.folder, options.reserve),
      keeper(files, options.folder) {}

std::shared_ptr<const crypto::KeyRing> MailStore::State::key_ring() {
  const std::lock_guard lock(mutex);
  return keys;
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
  how.cache_kib = kReaderCacheKib;
  auto database = Database::open(database_path(), how);
  if (!database) return fail(database.error());
  return std::make_unique<MailReader>(std::move(*database));
}

void MailStore::State::give_back(std::unique_ptr<MailReader> reader) {
  const std::lock_guard lock(mutex);
  readers.push_back(std::move(reader));
}

MailboxLock MailStore::State::lock_mailbox(const MailStatePtr& state, mail::AccountId account) {
  const std::lock_guard lock(state->mutex);
  std::weak_ptr<void>& place = state->open_mailboxes[account];
  if (!place.expired()) return nullptr;
  // The lock keeps the state alive, not the store.
  MailboxLock out(static_cast<void*>(state.get()), [state, account](void*) {
    const std::lock_guard guard(state->mutex);
    const auto found = state->open_mailboxes.find(account);
    if (found != state->open_mailboxes.end() && found->second.expired()) state->open_mailboxes.erase(found);
  });
  place = out;
  return out;
}

MailStore::MailStore(std::shared_ptr<State> state) : state_(std::move(state)) {}

MailStore::~MailStore() {
  // Workers first: what they finish goes to the writer, which answers everything before it ends.
  state_->workers->stop();
  state_->writer->stop();
  const std::lock_guard lock(state_->mutex);
  state_->readers.clear();
}

Expected<std::unique_ptr<MailStore>> MailStore::open(std::shared_ptr<const crypto::KeyRing> keys,
                                                     MailStoreOptions options) {
  auto state = std::make_shared<State>(std::move(options));
  state->keys = std::move(keys);
  auto database = open_writer(*state);
  if (!database) return fail(database.error());
  for (const char* folder : {kBlobFolder, kSpoolFolder})
    if (auto made = state->files.make_folder(state->options.folder + folder); !made) return fail(made.error());
  if (auto synced = state->files.sync_folder(state->options.folder); !synced) return fail(synced.error());
  if (state->options.sweep) {
    const auto swept = sweep_blobs(state->files, state->options.folder, *database);
    if (!swept) return fail(swept.error());
    state->swept = *swept;
  }
  state->space.start();
  if (auto started = start_writer(state, std::move(*database)); !started) return fail(started.error());
  state->workers = std::make_unique<FileWorkers>(state->options.workers);
  return std::unique_ptr<MailStore>(new MailStore(std::move(state)));
}

Expected<void> MailStore::make(MailStoreOptions options) {
  State state(std::move(options));
  const auto database = open_writer(state);
  if (!database) return fail(database.error());
  return state.files.sync_folder(state.options.folder);
}

std::unique_ptr<mail::Draft> MailStore::begin() {
  return make_draft(state_);
}

bool MailStore::accepting() const {
  return state_->space.accepting();
}

void MailStore::use_keys(std::shared_ptr<const crypto::KeyRing> keys) {
  const std::lock_guard lock(state_->mutex);
  state_->keys = std::move(keys);
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
  MailboxLock held = State::lock_mailbox(state_, account);
  if (!held) return fail(ErrorCode::busy, {"mailbox"});
  auto reader = state_->take_reader();
  if (!reader) return fail(reader.error());
  // Count and newest uid belong together: one read transaction.
  MailReader& from = **reader;
  if (auto begun = from.database.execute("BEGIN"); !begun) return fail(begun.error());
  MailboxSnapshot snapshot{account, 0, 0, 0};
  const auto counted = from.mailbox.bind(1, account).step();
  if (counted && *counted) {
    snapshot.count = static_cast<uint32_t>(from.mailbox.integer(0));
    snapshot.octets = static_cast<uint64_t>(from.mailbox.integer(1));
  }
  from.mailbox.reset();
  const auto last = from.newest.bind(1, account).step();
  if (last && *last) snapshot.newest = static_cast<uint64_t>(from.newest.integer(0));
  from.newest.reset();
  const auto ended = from.database.execute("COMMIT");
  if (!counted) return fail(counted.error());
  if (!last) return fail(last.error());
  if (!ended) return fail(ended.error());
  state_->give_back(std::move(*reader));
  return make_mailbox(state_, snapshot, std::move(held));
}

Expected<MailStoreStatus> MailStore::status() {
  const WriterStatus writer = state_->writer->status();
  const mail::MailboxUsage totals = state_->writer->totals();
  MailStoreStatus out;
  out.messages = totals.messages;
  out.octets = totals.octets;
  out.trouble = state_->space.trouble();
  out.swept = state_->swept;
  out.writer.commits = writer.commits;
  out.writer.work = writer.work;
  out.writer.failed = writer.failed;
  out.writer.largest_batch = writer.largest_batch;
  out.writer.last_commit_micros = writer.last_commit_micros;
  out.writer.wal_octets = writer.wal_octets;
  out.writer.checkpoints = writer.checkpoints;
  return out;
}

void MailStore::purge_mailbox(mail::AccountId account, std::string effect, WallTime now, mail::Done<void> done) {
  MailboxLock held = State::lock_mailbox(state_, account);
  if (!held) return done(fail(ErrorCode::busy, {"mailbox"}));
  state_->writer->purge(account, std::move(effect), now, std::move(held), std::move(done));
}

Expected<bool> MailStore::effect_done(const std::string& effect) {
  auto reader = state_->take_reader();
  if (!reader) return fail(reader.error());
  Statement& row = (*reader)->effect;
  const auto found = row.bind(1, effect).step();
  row.reset();
  state_->give_back(std::move(*reader));
  return found;
}

}  // namespace postern::store

#include "adapters/store/state_store.h"

#include <filesystem>

#include "adapters/store/state_schema.h"
#include "adapters/store/state_statements.h"
#include "base/secret.h"
#include "crypto/aead.h"

namespace postern::store {
namespace {

constexpr size_t kKeyIdOctets = 4;

Bytes context_of(std::string_view label, std::string_view id) {
  Bytes out = to_bytes(label);
  out.push_back(0);
  out.insert(out.end(), id.begin(), id.end());
  return out;
}

uint64_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

}  // namespace

StateStore::StateStore(Database database, StateStoreOptions options)
    : options_(std::move(options)),
      database_(std::move(database)),
      statements_(std::make_unique<Statements>(database_)) {}

StateStore::~StateStore() {
  forget_keys();
  // A statement keeps the connection open, and the log is emptied by the last one to close it.
  statements_.reset();
  database_.checkpoint(true);
}

Expected<std::unique_ptr<StateStore>> StateStore::open(StateStoreOptions options) {
  const std::string path = options.folder + "/" + kStateFile;
  std::error_code error;
  const bool there = std::filesystem::exists(path, error);
  if (error) return fail(ErrorCode::folder_unreadable, {options.folder, error.message()});
  if (!there && !options.create) return fail(ErrorCode::not_initialised, {options.folder});
  Database::Options how;
  how.create = options.create && !there;
  how.vfs = options.vfs;
  auto database = open_migrated(path, how, state_migrations(), *options.files);
  if (!database) return fail(database.error());
  // What is erased has to be gone from the file as well.
  if (auto set = database->execute("PRAGMA secure_delete=ON"); !set) return fail(set.error());
  return std::unique_ptr<StateStore>(new StateStore(std::move(*database), std::move(options)));
}

Error StateStore::damaged(const std::string& what) const {
  return {ErrorCode::folder_damaged, {database_.path(), what}};
}

void StateStore::set_keys(std::shared_ptr<const crypto::KeyRing> keys) {
  forget_keys();
  keys_ = std::move(keys);
}

void StateStore::forget_keys() {
  for (auto& [id, key] : derived_) wipe(key.data(), key.size());
  derived_.clear();
}

const crypto::AeadKey& StateStore::key_for(uint32_t id, std::string_view label) {
  const std::pair<uint32_t, std::string> which(id, label);
  auto found = derived_.find(which);
  if (found == derived_.end()) found = derived_.emplace(which, keys_->derive(id, label, {})).first;
  return found->second;
}

Bytes StateStore::seal(std::string_view label, std::string_view id, BytesView plain) {
  const uint32_t key = keys_->newest();
  Bytes out;
  for (size_t shift = kKeyIdOctets * 8; shift > 0; shift -= 8) out.push_back(static_cast<uint8_t>(key >> (shift - 8)));
  const Bytes box = crypto::seal_box(key_for(key, label), context_of(label, id), plain);
  out.insert(out.end(), box.begin(), box.end());
  return out;
}

std::optional<Bytes> StateStore::unseal(std::string_view label, std::string_view id, BytesView sealed) {
  if (sealed.size() < kKeyIdOctets || keys_ == nullptr) return std::nullopt;
  uint32_t key = 0;
  for (size_t i = 0; i < kKeyIdOctets; ++i) key = key << 8 | sealed[i];
  if (keys_->find(key) == nullptr) return std::nullopt;
  return crypto::open_box(key_for(key, label), context_of(label, id), sealed.subspan(kKeyIdOctets));
}

Expected<std::vector<crypto::WrappedKey>> StateStore::data_keys() {
  Statement rows(database_, "SELECT id,created,wrapped FROM data_key ORDER BY id");
  std::vector<crypto::WrappedKey> out;
  auto read = each_row(rows, [&out](const Statement& row) {
    const BytesView wrapped = row.blob(2);
    out.push_back({static_cast<uint32_t>(row.integer(0)), row.integer(1), Bytes(wrapped.begin(), wrapped.end())});
    return true;
  });
  if (!read) return fail(read.error());
  return out;
}

Expected<void> StateStore::put_data_key(const crypto::WrappedKey& key) {
  Statement put(database_, "INSERT INTO data_key VALUES(?1,?2,?3)");
  dirty_ = true;
  return put.bind(1, key.id).bind(2, key.created).bind(3, BytesView(key.wrapped)).run();
}

Expected<void> StateStore::begin() {
  return database_.begin();
}

Expected<void> StateStore::commit() {
  auto done = database_.commit();
  if (!done) return done;
  dirty_ = true;
  checkpoint_if_large();
  return done;
}

void StateStore::rollback() noexcept {
  database_.rollback();
}

void StateStore::checkpoint_if_large() {
  if (size_of(database_.path() + "-wal") > kStateWalLimit) database_.checkpoint(false);
}

void StateStore::idle() {
  if (dirty_) dirty_ = !database_.checkpoint(true);
}

uint64_t StateStore::octets() const {
  return size_of(database_.path()) + size_of(database_.path() + "-wal");
}

Expected<void> StateStore::limit_pages(uint64_t pages) {
  return database_.execute("PRAGMA max_page_count=" + std::to_string(pages));
}

Expected<uint64_t> StateStore::number(const std::string& name) {
  uint64_t out = 0;
  auto read = each_row(statements_->number.bind(1, name), [&out](const Statement& row) {
    out = static_cast<uint64_t>(row.integer(0));
    return false;
  });
  if (!read) return fail(read.error());
  return out;
}

Expected<void> StateStore::set_number(const std::string& name, uint64_t value) {
  return statements_->set_number.bind(1, name).bind(2, value).run();
}

}  // namespace postern::store

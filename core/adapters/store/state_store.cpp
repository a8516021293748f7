#include "adapters/store/state_store.h"

#include <filesystem>

#include "adapters/store/state_schema.h"
#include "adapters/store/state_statements.h"
#include "crypto/random.h"

namespace postern::store {
namespace {

constexpr unsigned kCommitsPerCheckpoint = 256;
constexpr size_t kSecretIdOctets = 12;

change::StoredDocument read_document(const Statement& row) {
  change::StoredDocument out;
  out.name = {std::string(row.text(0)), std::string(row.text(1))};
  out.body = parse_json(row.text(2)).value_or(Json::object());
  out.version = static_cast<uint64_t>(row.integer(3));
  out.changed = row.integer(4);
  out.change = static_cast<uint64_t>(row.integer(5));
  return out;
}

}  // namespace

StateStore::StateStore(Database database) : database_(std::move(database)), statements_(std::make_unique<Statements>(database_)) {}

StateStore::~StateStore() { database_.checkpoint(true); }

Expected<std::unique_ptr<StateStore>> StateStore::open(const std::string& folder, bool create) {
  const std::string path = folder + "/state.db";
  std::error_code error;
  if (!create && !std::filesystem::exists(path, error)) return fail(ErrorCode::not_initialised, {folder});
  Database::Options how;
  how.create = create;
  auto database = Database::open(path, how);
  if (!database) return fail(database.error());
  if (auto done = migrate_state(*database); !done) return fail(done.error());
  return std::unique_ptr<StateStore>(new StateStore(std::move(*database)));
}

void StateStore::set_keys(std::shared_ptr<const crypto::KeyRing> keys) { keys_ = std::move(keys); }

Bytes StateStore::seal(std::string_view label, std::string_view id, BytesView plain) const {
  const uint32_t key = keys_->newest();
  Bytes out{static_cast<uint8_t>(key >> 24), static_cast<uint8_t>(key >> 16), static_cast<uint8_t>(key >> 8), static_cast<uint8_t>(key)};
  const Bytes box = crypto::seal_box(keys_->derive(key, label, as_bytes(id)), {}, plain);
  out.insert(out.end(), box.begin(), box.end());
  return out;
}

std::optional<Bytes> StateStore::unseal(std::string_view label, std::string_view id, BytesView box) const {
  if (box.size() < 4) return std::nullopt;
  const uint32_t key = uint32_t{box[0]} << 24 | uint32_t{box[1]} << 16 | uint32_t{box[2]} << 8 | box[3];
  if (keys_ == nullptr || keys_->find(key) == nullptr) return std::nullopt;
  return crypto::open_box(keys_->derive(key, label, as_bytes(id)), {}, box.subspan(4));
}

Expected<std::vector<crypto::WrappedKey>> StateStore::data_keys() {
  Statement rows(database_, "SELECT id,created,wrapped FROM data_key ORDER BY id");
  std::vector<crypto::WrappedKey> out;
  for (;;) {
    const auto row = rows.step();
    if (!row) return fail(row.error());
    if (!*row) return out;
    const BytesView wrapped = rows.blob(2);
    out.push_back({static_cast<uint32_t>(rows.integer(0)), rows.integer(1), Bytes(wrapped.begin(), wrapped.end())});
  }
}

Expected<void> StateStore::put_data_key(const crypto::WrappedKey& key) {
  Statement put(database_, "INSERT INTO data_key VALUES(?1,?2,?3)");
  return put.bind(1, key.id).bind(2, key.created).bind(3, BytesView(key.wrapped)).run();
}

Expected<std::string> StateStore::put_secret(BytesView value, WallTime now) {
  const std::string id = hex(crypto::random_bytes(kSecretIdOctets));
  const Bytes box = seal("secret", id, value);
  if (auto done = statements_->put_secret.bind(1, id).bind(2, BytesView(box)).bind(3, now).run(); !done) return fail(done.error());
  return id;
}

Expected<std::optional<Bytes>> StateStore::secret(const std::string& id) {
  Statement& row = statements_->secret;
  const auto found = row.bind(1, id).step();
  std::optional<Bytes> out;
  if (found && *found) out = unseal("secret", id, row.blob(0));
  row.reset();
  if (!found) return fail(found.error());
  return out;
}

Expected<void> StateStore::retire_secrets(const std::vector<std::string>& named, WallTime now) {
  Json list = named;
  const std::string text = dump_json(list);
  const WallTime oldest = now - int64_t{kRetiredDays} * 86400 * kMicrosPerSecond;
  Statement keep(database_, "UPDATE secret SET retired=NULL WHERE retired IS NOT NULL AND id IN (SELECT value FROM json_each(?1))");
  Statement retire(database_, "UPDATE secret SET retired=?2 WHERE retired IS NULL AND id NOT IN (SELECT value FROM json_each(?1))");
  Statement forget(database_, "DELETE FROM secret WHERE retired<?1");
  if (auto done = keep.bind(1, text).run(); !done) return done;
  if (auto done = retire.bind(1, text).bind(2, now).run(); !done) return done;
  return forget.bind(1, oldest).run();
}

Expected<std::string> StateStore::meta(const std::string& name) {
  Statement& row = statements_->meta;
  const auto found = row.bind(1, name).step();
  std::string out = found && *found ? std::string(row.text(0)) : std::string();
  row.reset();
  if (!found) return fail(found.error());
  return out;
}

Expected<void> StateStore::put_meta(const std::string& name, const std::string& value) { return statements_->put_meta.bind(1, name).bind(2, value).run(); }

Expected<uint64_t> StateStore::next_number(const std::string& name) {
  const auto last = meta(name);
  if (!last) return fail(last.error());
  const uint64_t next = last->empty() ? 1 : std::stoull(*last) + 1;
  if (auto done = put_meta(name, std::to_string(next)); !done) return fail(done.error());
  return next;
}

Expected<void> StateStore::begin() { return database_.begin(); }

Expected<void> StateStore::commit() {
  auto done = database_.commit();
  if (done) checkpoint_if_large();
  return done;
}

void StateStore::rollback() { database_.rollback(); }

void StateStore::checkpoint_if_large() {
  if (++commits_ % kCommitsPerCheckpoint == 0) database_.checkpoint(false);
}

Expected<std::optional<change::StoredDocument>> StateStore::document(const change::DocumentName& name) {
  Statement& row = statements_->document;
  const auto found = row.bind(1, name.kind).bind(2, name.id).step();
  std::optional<change::StoredDocument> out;
  if (found && *found) out = read_document(row);
  row.reset();
  if (!found) return fail(found.error());
  return out;
}

Expected<std::vector<change::StoredDocument>> StateStore::documents(std::string_view kind, std::string_view after, size_t limit) {
  Statement& rows = statements_->documents;
  rows.bind(1, kind).bind(2, after).bind(3, static_cast<int64_t>(limit));
  std::vector<change::StoredDocument> out;
  for (;;) {
    const auto row = rows.step();
    if (row && *row) {
      out.push_back(read_document(rows));
      continue;
    }
    rows.reset();
    if (!row) return fail(row.error());
    return out;
  }
}

Expected<void> StateStore::put_document(const change::StoredDocument& document) {
  const std::string body = canonical_json(document.body);
  Statement& put = statements_->put_document;
  put.bind(1, document.name.kind).bind(2, document.name.id).bind(3, body).bind(4, document.version);
  return put.bind(5, document.changed).bind(6, document.change).run();
}

Expected<void> StateStore::erase_document(const change::DocumentName& name) {
  return statements_->erase_document.bind(1, name.kind).bind(2, name.id).run();
}

}  // namespace postern::store

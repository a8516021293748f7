#include "adapters/store/state_schema.h"

#include "adapters/store/state_store.h"

namespace postern::store {
namespace {

constexpr const char* kTables = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE document(kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, version INTEGER NOT NULL,
  changed INTEGER NOT NULL, change INTEGER NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID;
CREATE TABLE journal(id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, actor TEXT NOT NULL, via TEXT NOT NULL,
  reason TEXT NOT NULL, state TEXT NOT NULL, deadline INTEGER NOT NULL, boot TEXT NOT NULL,
  undoes INTEGER NOT NULL, undone_by INTEGER NOT NULL);
CREATE INDEX journal_pending ON journal(id) WHERE state='pending-confirm';
CREATE TABLE journal_item(change INTEGER NOT NULL REFERENCES journal(id), position INTEGER NOT NULL,
  kind TEXT NOT NULL, id TEXT NOT NULL, before TEXT, after TEXT, PRIMARY KEY(change, position)) WITHOUT ROWID;
CREATE TABLE secret(id TEXT PRIMARY KEY, box BLOB NOT NULL, created INTEGER NOT NULL, retired INTEGER) WITHOUT ROWID;
CREATE TABLE data_key(id INTEGER PRIMARY KEY, created INTEGER NOT NULL, wrapped BLOB NOT NULL);
CREATE TABLE audit_entry(seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, via TEXT NOT NULL,
  action TEXT NOT NULL, object TEXT NOT NULL, commitment BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE audit_payload(seq INTEGER PRIMARY KEY, box BLOB NOT NULL);
CREATE TABLE audit_head(size INTEGER NOT NULL, time INTEGER NOT NULL, chain BLOB NOT NULL, root BLOB NOT NULL, signature BLOB NOT NULL);
CREATE TABLE effect(id TEXT PRIMARY KEY, verb TEXT NOT NULL, before TEXT, after TEXT, state TEXT NOT NULL, time INTEGER NOT NULL) WITHOUT ROWID;
)";

}  // namespace

Expected<void> migrate_state(Database& database) {
  const int64_t version = database.user_version();
  if (version > kStateSchema) return fail(ErrorCode::folder_newer, {database.path(), std::to_string(version), std::to_string(kStateSchema)});
  if (version == kStateSchema) return {};
  Transaction transaction(database);
  if (!transaction.opened()) return fail(transaction.opened().error());
  if (auto made = database.execute(kTables); !made) return made;
  if (auto set = database.set_user_version(kStateSchema); !set) return set;
  return transaction.commit();
}

}  // namespace postern::store

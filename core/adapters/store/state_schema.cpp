#include "adapters/store/state_schema.h"

#include <array>

#include "adapters/store/state_store.h"

namespace postern::store {
namespace {

// A document that was removed keeps its row without a body: it can be found again, and its id is not used anew.
constexpr const char* kTables = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE document(kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT, version INTEGER NOT NULL,
  changed INTEGER NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID;
CREATE TABLE journal(id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, actor TEXT NOT NULL,
  via TEXT NOT NULL, reason TEXT NOT NULL, action TEXT NOT NULL, incident TEXT NOT NULL, summary TEXT NOT NULL,
  state TEXT NOT NULL, undo TEXT NOT NULL, undoes INTEGER NOT NULL, undone_by INTEGER NOT NULL,
  deadline INTEGER, deadline_mono INTEGER, deadline_begin INTEGER, boot TEXT);
CREATE INDEX journal_open ON journal(state) WHERE state IN ('draft', 'pending-confirm');
CREATE TABLE journal_item(change INTEGER NOT NULL REFERENCES journal(id), position INTEGER NOT NULL,
  kind TEXT NOT NULL, id TEXT NOT NULL, before TEXT, after TEXT, PRIMARY KEY(change, position)) WITHOUT ROWID;
CREATE TABLE effect(position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, change INTEGER NOT NULL,
  verb TEXT NOT NULL, object TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, state TEXT NOT NULL,
  error TEXT NOT NULL, time INTEGER NOT NULL);
CREATE INDEX effect_change ON effect(change);
CREATE INDEX effect_open ON effect(state) WHERE state = 'intended';
CREATE TABLE secret(id TEXT PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL, field TEXT NOT NULL,
  created INTEGER NOT NULL, retired INTEGER, box BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX secret_retired ON secret(retired) WHERE retired IS NOT NULL;
CREATE TABLE data_key(id INTEGER PRIMARY KEY, created INTEGER NOT NULL, wrapped BLOB NOT NULL);
CREATE TABLE audit_entry(seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, via TEXT NOT NULL,
  action TEXT NOT NULL, object TEXT NOT NULL, commitment BLOB NOT NULL, chain BLOB NOT NULL);
CREATE TABLE audit_payload(seq INTEGER PRIMARY KEY, box BLOB NOT NULL);
CREATE TABLE audit_node(level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY(level, position)) WITHOUT ROWID;
CREATE TABLE audit_frontier(one INTEGER PRIMARY KEY CHECK(one = 1), size INTEGER NOT NULL, chain BLOB NOT NULL,
  peaks BLOB NOT NULL, mac BLOB NOT NULL);
CREATE TABLE audit_head(size INTEGER PRIMARY KEY, head BLOB NOT NULL);
)";

constexpr std::array<Migration, 1> kSteps = {{{1, kTables}}};
static_assert(kSteps.back().version == kStateSchema);

}  // namespace

std::span<const Migration> state_migrations() {
  return kSteps;
}

}  // namespace postern::store

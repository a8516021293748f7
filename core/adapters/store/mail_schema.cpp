#include "adapters/store/mail_schema.h"

namespace postern::store {
namespace {

// Numbers only ever grow: uids are given out of `meta.next_uid`, reserved in blocks, so that none is used twice even
// after the newest message was deleted.
constexpr const char* kTables = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE mailbox(account INTEGER PRIMARY KEY, messages INTEGER NOT NULL, octets INTEGER NOT NULL);
CREATE TABLE message(
  id INTEGER PRIMARY KEY,
  object BLOB NOT NULL,
  key INTEGER NOT NULL,
  size INTEGER NOT NULL,
  received INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,
  content BLOB);
CREATE TABLE delivery(
  mailbox INTEGER NOT NULL, uid INTEGER NOT NULL, size INTEGER NOT NULL, message INTEGER NOT NULL,
  PRIMARY KEY(mailbox, uid)) WITHOUT ROWID;
CREATE TABLE effects_done(effect TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES('store', lower(hex(randomblob(4)))), ('next_uid', 1);
)";

}  // namespace

Expected<void> migrate_mail(Database& database) {
  const int64_t version = database.user_version();
  if (version > kMailSchema)
    return fail(ErrorCode::folder_newer, {database.path(), std::to_string(version), std::to_string(kMailSchema)});
  if (version == kMailSchema) return {};
  Transaction transaction(database);
  if (!transaction.opened()) return fail(transaction.opened().error());
  if (auto made = database.execute(kTables); !made) return made;
  if (auto set = database.set_user_version(kMailSchema); !set) return set;
  return transaction.commit();
}

}  // namespace postern::store

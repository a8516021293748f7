#include "adapters/store/mail_schema.h"

#include <array>

namespace postern::store {
namespace {

// Numbers only ever grow: uids are given out of `meta.next_uid`, reserved in blocks, so that none is used twice even
// after the newest message was deleted. A message's id is the uid of its first delivery.
// `delivery` is its own covering index for listings. `message.content` stands last: what is looked at without it is
// read without its overflow pages.
constexpr const char* kFirst = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE mailbox(account INTEGER PRIMARY KEY, messages INTEGER NOT NULL, octets INTEGER NOT NULL);
CREATE TABLE message(
  id INTEGER PRIMARY KEY,
  deliveries INTEGER NOT NULL,
  blob INTEGER NOT NULL,
  key INTEGER NOT NULL,
  size INTEGER NOT NULL,
  received INTEGER NOT NULL,
  object BLOB NOT NULL,
  content BLOB);
CREATE INDEX message_blob ON message(object) WHERE blob=1;
CREATE TABLE delivery(
  mailbox INTEGER NOT NULL, uid INTEGER NOT NULL, size INTEGER NOT NULL, message INTEGER NOT NULL,
  PRIMARY KEY(mailbox, uid)) WITHOUT ROWID;
CREATE TABLE removal(id INTEGER PRIMARY KEY, mailbox INTEGER NOT NULL, uids BLOB NOT NULL);
CREATE TABLE effects_done(effect TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES('store', lower(hex(randomblob(4)))), ('next_uid', 1);
)";

constexpr std::array<Migration, 1> kMigrations{{{1, kFirst}}};
static_assert(kMigrations.back().version == kMailSchema);

}  // namespace

std::span<const Migration> mail_migrations() {
  return kMigrations;
}

}  // namespace postern::store

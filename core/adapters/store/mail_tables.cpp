#include "adapters/store/mail_tables.h"

namespace postern::store {
namespace {

constexpr uint64_t kUidBlock = 10'000;  ///< reserved by one write

}  // namespace

struct MailTables::Statements {
  explicit Statements(Database& db)
      : usage(db, "SELECT octets FROM mailbox WHERE account=?1"),
        message(db,
                "INSERT INTO message(id,deliveries,blob,key,size,received,object,content) "
                "VALUES(?1,?2,?3,?4,?5,?6,?7,?8)"),
        delivery(db, "INSERT INTO delivery(mailbox,uid,size,message) VALUES(?1,?2,?3,?4)"),
        arrived(db,
                "INSERT INTO mailbox VALUES(?1,1,?2) ON CONFLICT(account) DO UPDATE SET messages=messages+1, "
                "octets=octets+?2"),
        left(db, "UPDATE mailbox SET messages=messages-?2, octets=octets-?3 WHERE account=?1"),
        remove(db, "DELETE FROM delivery WHERE mailbox=?1 AND uid=?2 RETURNING size, message"),
        look(db, "SELECT deliveries, blob, object FROM message WHERE id=?1"),
        release(db, "UPDATE message SET deliveries=deliveries-1 WHERE id=?1"),
        erase(db, "DELETE FROM message WHERE id=?1"),
        reserve(db, "UPDATE meta SET value=?1 WHERE name='next_uid'"),
        uids(db, "SELECT uid FROM delivery WHERE mailbox=?1 ORDER BY uid"),
        drop_mailbox(db, "DELETE FROM mailbox WHERE account=?1 AND messages=0"),
        add_removal(db, "INSERT INTO removal(mailbox,uids) VALUES(?1,?2)"),
        drop_removal(db, "DELETE FROM removal WHERE id=?1"),
        effect(db, "INSERT OR IGNORE INTO effects_done VALUES(?1,?2)") {}
  Statement usage, message, delivery, arrived, left, remove, look, release, erase, reserve, uids, drop_mailbox,
      add_removal, drop_removal, effect;
};

MailTables::MailTables(Database& database) : database_(database), statements_(std::make_unique<Statements>(database)) {}
MailTables::~MailTables() = default;

Expected<std::unique_ptr<MailTables>> MailTables::open(Database& database) {
  std::unique_ptr<MailTables> out(new MailTables(database));
  const auto next = database.scalar("SELECT value FROM meta WHERE name='next_uid'");
  if (!next) return fail(next.error());
  out->next_uid_ = out->reserved_uid_ = static_cast<uint64_t>(*next);
  Statement sums(database, "SELECT total(messages), total(octets) FROM mailbox");
  const auto row = sums.step();
  if (!row) return fail(row.error());
  out->totals_ = {static_cast<uint64_t>(sums.integer(0)), static_cast<uint64_t>(sums.integer(1))};
  return out;
}

void MailTables::rolled_back() {
  totals_ = before_;
  // The block of uids may have been reserved in what was rolled back: the next one is reserved anew.
  reserved_uid_ = next_uid_;
}

Expected<uint64_t> MailTables::next_uid() {
  if (next_uid_ == reserved_uid_) {
    const uint64_t up_to = reserved_uid_ + kUidBlock;
    if (auto done = statements_->reserve.bind(1, up_to).run(); !done) return fail(done.error());
    reserved_uid_ = up_to;
  }
  return next_uid_++;
}

/// Before anything is written: nobody gets a message that one of its recipients has no room for.
Expected<void> MailTables::check_quota(const mail::Delivery& delivery, uint64_t size) {
  for (size_t i = 0; i < delivery.mailboxes.size(); ++i) {
    const uint64_t quota = i < delivery.quotas.size() ? delivery.quotas[i] : 0;
    if (quota == 0) continue;
    Statement& usage = statements_->usage;
    const auto row = usage.bind(1, delivery.mailboxes[i]).step();
    const uint64_t used = row && *row ? static_cast<uint64_t>(usage.integer(0)) : 0;
    usage.reset();
    if (!row) return fail(row.error());
    if (used > quota || size > quota - used)
      return fail(ErrorCode::mailbox_full, {std::to_string(delivery.mailboxes[i])});
  }
  return {};
}

Expected<uint64_t> MailTables::deliver(const SealedMessage& message, const mail::Delivery& delivery) {
  if (auto fits = check_quota(delivery, message.size); !fits) return fail(fits.error());
  Expected<uint64_t> uid = next_uid();
  if (!uid) return uid;
  const uint64_t id = *uid;
  Statement& insert = statements_->message;
  insert.bind(1, id).bind(2, static_cast<int64_t>(delivery.mailboxes.size())).bind(3, message.blob ? 1 : 0);
  insert.bind(4, message.key).bind(5, message.size).bind(6, delivery.received).bind(7, BytesView(message.object));
  if (message.blob)
    insert.bind_null(8);
  else
    insert.bind(8, BytesView(message.content));
  if (auto done = insert.run(); !done) return fail(done.error());
  for (size_t i = 0; i < delivery.mailboxes.size(); ++i) {
    const mail::AccountId account = delivery.mailboxes[i];
    if (i > 0) uid = next_uid();
    if (!uid) return uid;
    auto done = statements_->delivery.bind(1, account).bind(2, *uid).bind(3, message.size).bind(4, id).run();
    if (done) done = statements_->arrived.bind(1, account).bind(2, message.size).run();
    if (!done) return fail(done.error());
  }
  totals_.messages += delivery.mailboxes.size();
  totals_.octets += delivery.mailboxes.size() * message.size;
  return id;
}

/// False when it is gone already: an administrator was faster.
Expected<bool> MailTables::remove_one(mail::AccountId mailbox, uint64_t uid, mail::MailboxUsage& gone,
                                      std::vector<Bytes>& freed_blobs) {
  Statement& remove = statements_->remove;
  const auto row = remove.bind(1, mailbox).bind(2, uid).step();
  const bool found = row && *row;
  const uint64_t size = found ? static_cast<uint64_t>(remove.integer(0)) : 0;
  const int64_t message = found ? remove.integer(1) : 0;
  if (found)
    if (const auto end = remove.step(); !end) {
      remove.reset();
      return fail(end.error());
    }
  remove.reset();
  if (!row) return fail(row.error());
  if (!found) return false;
  gone.messages += 1;
  gone.octets += size;
  if (auto done = release(message, freed_blobs); !done) return fail(done.error());
  return true;
}

Expected<void> MailTables::release(int64_t message, std::vector<Bytes>& freed_blobs) {
  Statement& look = statements_->look;
  const auto row = look.bind(1, message).step();
  const bool last = row && *row && look.integer(0) <= 1;
  if (last && look.integer(1) != 0) freed_blobs.emplace_back(look.blob(2).begin(), look.blob(2).end());
  look.reset();
  if (!row) return fail(row.error());
  return (last ? statements_->erase : statements_->release).bind(1, message).run();
}

Expected<void> MailTables::remove(mail::AccountId mailbox, const uint64_t* uids, size_t count,
                                  std::vector<Bytes>& freed_blobs) {
  mail::MailboxUsage gone;
  for (size_t i = 0; i < count; ++i)
    if (auto done = remove_one(mailbox, uids[i], gone, freed_blobs); !done) return fail(done.error());
  if (gone.messages == 0) return {};
  totals_.messages -= gone.messages;
  totals_.octets -= gone.octets;
  return statements_->left.bind(1, mailbox).bind(2, gone.messages).bind(3, gone.octets).run();
}

Expected<std::vector<uint64_t>> MailTables::uids_of(mail::AccountId mailbox) {
  std::vector<uint64_t> out;
  Statement& uids = statements_->uids;
  uids.bind(1, mailbox);
  for (;;) {
    const auto row = uids.step();
    if (row && *row) {
      out.push_back(static_cast<uint64_t>(uids.integer(0)));
      continue;
    }
    uids.reset();
    if (!row) return fail(row.error());
    return out;
  }
}

Expected<void> MailTables::drop_mailbox(mail::AccountId mailbox) {
  return statements_->drop_mailbox.bind(1, mailbox).run();
}

Expected<int64_t> MailTables::add_removal(const Removal& removal) {
  Bytes packed;
  packed.reserve(removal.uids.size() * sizeof(uint64_t));
  for (const uint64_t uid : removal.uids)
    for (unsigned shift = 0; shift < 64; shift += 8) packed.push_back(static_cast<uint8_t>(uid >> shift));
  auto done = statements_->add_removal.bind(1, removal.mailbox).bind(2, BytesView(packed)).run();
  if (!done) return fail(done.error());
  return database_.last_insert_id();
}

Expected<void> MailTables::drop_removal(int64_t id) {
  return statements_->drop_removal.bind(1, id).run();
}

Expected<std::vector<Removal>> MailTables::removals() {
  std::vector<Removal> out;
  Statement rows(database_, "SELECT id, mailbox, uids FROM removal ORDER BY id");
  for (;;) {
    const auto row = rows.step();
    if (!row) return fail(row.error());
    if (!*row) return out;
    Removal& removal = out.emplace_back();
    removal.id = rows.integer(0);
    removal.mailbox = static_cast<mail::AccountId>(rows.integer(1));
    const BytesView packed = rows.blob(2);
    for (size_t at = 0; at + sizeof(uint64_t) <= packed.size(); at += sizeof(uint64_t)) {
      uint64_t uid = 0;
      for (size_t i = 0; i < sizeof(uint64_t); ++i) uid |= uint64_t{packed[at + i]} << (8 * i);
      removal.uids.push_back(uid);
    }
  }
}

Expected<void> MailTables::note_effect(const std::string& effect, WallTime now) {
  return statements_->effect.bind(1, effect).bind(2, now).run();
}

}  // namespace postern::store

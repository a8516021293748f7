// What the writer does inside its transaction.
#include "adapters/store/mail_writer.h"

namespace postern::store {
namespace {

constexpr uint64_t kUidBlock = 10'000;

}  // namespace

struct MailWriter::Statements {
  explicit Statements(Database& db)
      : usage(db, "SELECT octets FROM mailbox WHERE account=?1"),
        message(db, "INSERT INTO message(object,key,size,received,deliveries,content) VALUES(?1,?2,?3,?4,?5,?6)"),
        delivery(db, "INSERT INTO delivery(mailbox,uid,size,message) VALUES(?1,?2,?3,?4)"),
        count(db,
              "INSERT INTO mailbox VALUES(?1,?2,?3) ON CONFLICT(account) DO UPDATE SET messages=messages+?2, "
              "octets=octets+?3"),
        find(db, "SELECT size,message FROM delivery WHERE mailbox=?1 AND uid=?2"),
        remove(db, "DELETE FROM delivery WHERE mailbox=?1 AND uid=?2"),
        release(db,
                "UPDATE message SET deliveries=deliveries-1 WHERE id=?1 RETURNING deliveries, object, content IS NULL"),
        erase(db, "DELETE FROM message WHERE id=?1"),
        reserve(db, "UPDATE meta SET value=?1 WHERE name='next_uid'") {}
  Statement usage, message, delivery, count, find, remove, release, erase, reserve;
};

Expected<std::unique_ptr<MailWriter>> MailWriter::start(Database database, Options options) {
  std::unique_ptr<MailWriter> writer(new MailWriter(std::move(database), std::move(options)));
  if (auto ready = writer->prepare(); !ready) return fail(ready.error());
  writer->thread_ = std::thread([raw = writer.get()] { raw->run(); });
  return writer;
}

MailWriter::MailWriter(Database database, Options options)
    : database_(std::move(database)), options_(std::move(options)) {}

MailWriter::~MailWriter() {
  stop();
}

Expected<void> MailWriter::prepare() {
  statements_ = std::make_unique<Statements>(database_);
  const auto next = database_.scalar("SELECT value FROM meta WHERE name='next_uid'");
  if (!next) return fail(next.error());
  next_uid_ = reserved_uid_ = static_cast<uint64_t>(*next);
  if (options_.reserve) {
    const std::string path = options_.folder + "/reserve.bin";
    if (!options_.files->allocate(path, kReserve)) accepting_ = false;
  }
  return {};
}

Expected<uint64_t> MailWriter::next_uid() {
  if (next_uid_ == reserved_uid_) {
    const uint64_t up_to = reserved_uid_ + kUidBlock;
    if (auto done = statements_->reserve.bind(1, up_to).run(); !done) return fail(done.error());
    reserved_uid_ = up_to;
  }
  return next_uid_++;
}

/// Before anything is written: nobody gets a message that one of its recipients has no room for.
Expected<void> MailWriter::check_quota(const mail::Delivery& delivery, uint64_t size) {
  for (size_t i = 0; i < delivery.mailboxes.size(); ++i) {
    const uint64_t quota = i < delivery.quotas.size() ? delivery.quotas[i] : 0;
    if (quota == 0) continue;
    Statement& usage = statements_->usage;
    const auto row = usage.bind(1, delivery.mailboxes[i]).step();
    if (!row) return fail(row.error());
    const uint64_t used = *row ? static_cast<uint64_t>(usage.integer(0)) : 0;
    usage.reset();
    if (used + size > quota) return fail(ErrorCode::mailbox_full, {std::to_string(delivery.mailboxes[i])});
  }
  return {};
}

Expected<uint64_t> MailWriter::perform_delivery(const SealedMessage& message, const mail::Delivery& delivery) {
  if (auto fits = check_quota(delivery, message.size); !fits) return fail(fits.error());
  Statement& insert = statements_->message;
  insert.bind(1, BytesView(message.object)).bind(2, message.key).bind(3, message.size).bind(4, delivery.received);
  insert.bind(5, static_cast<int64_t>(delivery.mailboxes.size()));
  if (message.blob)
    insert.bind_null(6);
  else
    insert.bind(6, BytesView(message.content));
  if (auto done = insert.run(); !done) return fail(done.error());
  const auto id = static_cast<uint64_t>(database_.last_insert_id());
  for (const mail::AccountId account : delivery.mailboxes) {
    const auto uid = next_uid();
    if (!uid) return fail(uid.error());
    if (auto done = statements_->delivery.bind(1, account).bind(2, *uid).bind(3, message.size).bind(4, id).run(); !done)
      return fail(done.error());
    if (auto done = statements_->count.bind(1, account).bind(2, 1).bind(3, message.size).run(); !done)
      return fail(done.error());
  }
  return id;
}

Expected<void> MailWriter::perform_removal(mail::AccountId account, const std::vector<uint64_t>& uids) {
  for (const uint64_t uid : uids) {
    Statement& find = statements_->find;
    const auto row = find.bind(1, account).bind(2, uid).step();
    if (!row) return fail(row.error());
    if (!*row) {
      find.reset();
      continue;  // gone already: an administrator was faster
    }
    const int64_t size = find.integer(0), message = find.integer(1);
    find.reset();
    if (auto done = statements_->remove.bind(1, account).bind(2, uid).run(); !done) return done;
    if (auto done = statements_->count.bind(1, account).bind(2, -1).bind(3, -size).run(); !done) return done;
    Statement& release = statements_->release;
    const auto left = release.bind(1, message).step();
    if (!left) return fail(left.error());
    const bool last = *left && release.integer(0) <= 0;
    if (last && release.integer(2) != 0) blobs_to_remove_.push_back(blob_path(options_.folder, release.blob(1)));
    release.reset();
    if (!last) continue;
    if (auto done = statements_->erase.bind(1, message).run(); !done) return done;
  }
  return {};
}

}  // namespace postern::store

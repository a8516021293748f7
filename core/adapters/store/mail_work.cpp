// The pieces of work that the writer does for others.
#include <algorithm>

#include "adapters/store/mail_writer.h"

namespace postern::store {

class MailWriter::DeliveryWork final : public Work {
 public:
  DeliveryWork(SealedMessage message, mail::Delivery delivery, mail::Done<uint64_t> done)
      : message_(std::move(message)), delivery_(std::move(delivery)), done_(std::move(done)) {}
  Expected<void> perform(MailWriter& writer) override {
    const auto id = writer.tables_->deliver(message_, delivery_);
    if (!id) return fail(id.error());
    id_ = *id;
    return {};
  }
  void answer(MailWriter& writer, const Expected<void>& result) override {
    writer.options_.buffers->give(std::move(message_.content));
    if (result)
      done_(id_);
    else
      done_(fail(result.error()));
  }

 private:
  SealedMessage message_;
  mail::Delivery delivery_;
  mail::Done<uint64_t> done_;
  uint64_t id_ = 0;
};

/// Small ones are done at once. Of a large one only the decision is written, as one row; the messages go piece by piece
/// afterwards, so that deliveries need not wait, and after a crash the rest goes at the next start.
class MailWriter::RemovalWork final : public Work {
 public:
  RemovalWork(mail::AccountId mailbox, std::vector<uint64_t> uids, MailboxLock lock, mail::Done<void> done)
      : uids_(std::move(uids)), mailbox_(mailbox), lock_(std::move(lock)), done_(std::move(done)) {}
  bool frees() const override { return true; }
  Expected<void> perform(MailWriter& writer) override {
    begun_ = uids_.size() > writer.options_.limits.removals;
    if (!begun_) return writer.tables_->remove(mailbox_, uids_.data(), uids_.size(), writer.freed_blobs_);
    Removal removal{0, mailbox_, uids_};
    const auto id = writer.tables_->add_removal(removal);
    if (!id) return fail(id.error());
    removal.id = *id;
    writer.begun_.push_back({std::move(removal), 0, false, lock_, done_});
    return {};
  }
  void answer(MailWriter& writer, const Expected<void>& result) override {
    if (result && begun_) return;  // whoever finishes it answers
    writer.room_was_made_ = writer.room_was_made_ || result.has_value();
    lock_.reset();
    done_(result);
  }

 private:
  std::vector<uint64_t> uids_;
  mail::AccountId mailbox_;
  MailboxLock lock_;
  mail::Done<void> done_;
  bool begun_ = false;
};

class MailWriter::PurgeWork final : public Work {
 public:
  PurgeWork(mail::AccountId mailbox, std::string effect, WallTime now, MailboxLock lock, mail::Done<void> done)
      : effect_(std::move(effect)), mailbox_(mailbox), now_(now), lock_(std::move(lock)), done_(std::move(done)) {}
  bool frees() const override { return true; }
  Expected<void> perform(MailWriter& writer) override {
    MailTables& tables = *writer.tables_;
    if (!effect_.empty())
      if (auto noted = tables.note_effect(effect_, now_); !noted) return noted;
    auto uids = tables.uids_of(mailbox_);
    if (!uids) return fail(uids.error());
    begun_ = uids->size() > writer.options_.limits.removals;
    if (!begun_) {
      if (auto gone = tables.remove(mailbox_, uids->data(), uids->size(), writer.freed_blobs_); !gone) return gone;
      return tables.drop_mailbox(mailbox_);
    }
    Removal removal{0, mailbox_, std::move(*uids)};
    const auto id = tables.add_removal(removal);
    if (!id) return fail(id.error());
    removal.id = *id;
    writer.begun_.push_back({std::move(removal), 0, true, lock_, done_});
    return {};
  }
  void answer(MailWriter& writer, const Expected<void>& result) override {
    if (result && begun_) return;
    writer.room_was_made_ = writer.room_was_made_ || result.has_value();
    lock_.reset();
    done_(result);
  }

 private:
  std::string effect_;
  mail::AccountId mailbox_;
  WallTime now_;
  MailboxLock lock_;
  mail::Done<void> done_;
  bool begun_ = false;
};

void MailWriter::deliver(SealedMessage message, mail::Delivery delivery, mail::Done<uint64_t> done) {
  submit(std::make_unique<DeliveryWork>(std::move(message), std::move(delivery), std::move(done)));
}

void MailWriter::remove(mail::AccountId mailbox, std::vector<uint64_t> uids, MailboxLock lock, mail::Done<void> done) {
  submit(std::make_unique<RemovalWork>(mailbox, std::move(uids), std::move(lock), std::move(done)));
}

void MailWriter::purge(mail::AccountId mailbox, std::string effect, WallTime now, MailboxLock lock,
                       mail::Done<void> done) {
  submit(std::make_unique<PurgeWork>(mailbox, std::move(effect), now, std::move(lock), std::move(done)));
}

/// The next piece of the oldest removal under way, inside the transaction.
Expected<void> MailWriter::remove_piece() {
  const Pending& oldest = pending_.front();
  const std::vector<uint64_t>& uids = oldest.removal.uids;
  piece_end_ = std::min(uids.size(), oldest.done_up_to + options_.limits.removals);
  const size_t count = piece_end_ - oldest.done_up_to;
  const mail::AccountId mailbox = oldest.removal.mailbox;
  auto done = tables_->remove(mailbox, uids.data() + oldest.done_up_to, count, freed_blobs_);
  if (!done || piece_end_ < uids.size()) return done;
  if (oldest.drop_mailbox)
    if (auto dropped = tables_->drop_mailbox(mailbox); !dropped) return dropped;
  return tables_->drop_removal(oldest.removal.id);
}

/// It was decided, so it stays decided: only whoever waits is told.
void MailWriter::piece_failed(const Error& error) {
  pieces_wait_ = true;
  if (auto done = std::exchange(pending_.front().done, nullptr)) done(fail(error));
}

void MailWriter::piece_committed() {
  if (piece_end_ > 0) {
    pieces_wait_ = false;
    room_was_made_ = true;
    Pending& oldest = pending_.front();
    oldest.done_up_to = piece_end_;
    if (piece_end_ == oldest.removal.uids.size()) {
      Pending finished = std::move(oldest);
      pending_.pop_front();
      finished.lock.reset();  // whoever is answered may open the mailbox at once
      if (finished.done) finished.done({});
    }
  }
  for (Pending& begun : begun_) pending_.push_back(std::move(begun));
  begun_.clear();
}

}  // namespace postern::store

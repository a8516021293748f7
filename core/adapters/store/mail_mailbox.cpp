#include "adapters/store/mail_schema.h"
#include "adapters/store/mail_state.h"

namespace postern::store {
namespace {

constexpr int64_t kListingBlock = 1000;

class OpenedMailbox final : public mail::Mailbox {
 public:
  OpenedMailbox(MailStatePtr state, MailboxSnapshot snapshot, MailboxLock lock)
      : state_(std::move(state)), snapshot_(snapshot), lock_(std::move(lock)) {}
  uint32_t count() const override { return snapshot_.count; }
  uint64_t octets() const override { return snapshot_.octets; }
  Expected<mail::Entry> entry(uint32_t number) override;
  Expected<std::unique_ptr<mail::Reader>> open(uint32_t number) override;
  void remove(std::vector<uint32_t> numbers, mail::Done<void> done) override;
  std::string unique_id(const mail::Entry& entry) const override;

 private:
  struct Known {
    uint64_t uid;
    uint32_t size;  // messages are far below 4 GiB
  };
  Expected<void> load_until(uint32_t number);
  Expected<bool> load_block(MailReader& reader);
  Expected<std::unique_ptr<mail::Reader>> read(MailReader& reader, uint64_t uid);

  MailStatePtr state_;
  MailboxSnapshot snapshot_;
  MailboxLock lock_;
  std::vector<Known> known_;
};

/// The listing comes in blocks: opening a mailbox of a million messages costs no more than opening a small one.
Expected<void> OpenedMailbox::load_until(uint32_t number) {
  auto reader = state_->take_reader();
  if (!reader) return fail(reader.error());
  while (known_.size() < number) {
    const auto more = load_block(**reader);
    if (!more) return fail(more.error());
    if (!*more) break;
  }
  state_->give_back(std::move(*reader));
  if (known_.size() < number) return fail(ErrorCode::not_found, {"message " + std::to_string(number)});
  return {};
}

/// False when there was nothing more.
Expected<bool> OpenedMailbox::load_block(MailReader& reader) {
  Statement& listing = reader.listing;
  const uint64_t after = known_.empty() ? 0 : known_.back().uid;
  listing.bind(1, snapshot_.account).bind(2, after).bind(3, snapshot_.newest).bind(4, kListingBlock);
  const size_t before = known_.size();
  for (;;) {
    const auto row = listing.step();
    if (row && *row) {
      known_.push_back({static_cast<uint64_t>(listing.integer(0)), static_cast<uint32_t>(listing.integer(1))});
      continue;
    }
    listing.reset();
    if (!row) return fail(row.error());
    return known_.size() > before;
  }
}

Expected<mail::Entry> OpenedMailbox::entry(uint32_t number) {
  if (number == 0 || number > snapshot_.count) return fail(ErrorCode::not_found, {"message " + std::to_string(number)});
  if (number > known_.size())
    if (auto loaded = load_until(number); !loaded) return fail(loaded.error());
  return mail::Entry{known_[number - 1].uid, known_[number - 1].size};
}

Expected<std::unique_ptr<mail::Reader>> OpenedMailbox::open(uint32_t number) {
  const auto what = entry(number);
  if (!what) return fail(what.error());
  auto reader = state_->take_reader();
  if (!reader) return fail(reader.error());
  auto out = read(**reader, what->uid);
  state_->give_back(std::move(*reader));
  return out;
}

Expected<std::unique_ptr<mail::Reader>> OpenedMailbox::read(MailReader& reader, uint64_t uid) {
  Statement& row = reader.content;
  const auto found = row.bind(1, snapshot_.account).bind(2, uid).step();
  if (!found || !*found) {
    row.reset();
    if (!found) return fail(found.error());
    return fail(ErrorCode::not_found, {"message"});
  }
  StoredMessage message;
  message.object.assign(row.blob(0).begin(), row.blob(0).end());
  message.key = static_cast<uint32_t>(row.integer(1));
  message.size = static_cast<uint64_t>(row.integer(2));
  message.blob = row.integer(3) != 0;
  message.sealed = row.blob(4);
  auto out = make_reader(state_, message);
  row.reset();
  return out;
}

void OpenedMailbox::remove(std::vector<uint32_t> numbers, mail::Done<void> done) {
  std::vector<uint64_t> uids;
  uids.reserve(numbers.size());
  for (const uint32_t number : numbers) {
    const auto what = entry(number);
    if (!what) return done(fail(what.error()));
    uids.push_back(what->uid);
  }
  state_->writer->remove(snapshot_.account, std::move(uids), lock_, std::move(done));
}

std::string OpenedMailbox::unique_id(const mail::Entry& entry) const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = state_->store_id + "-";
  for (int shift = 60; shift >= 0; shift -= 4)
    if (shift == 0 || (entry.uid >> shift) != 0) out += kDigits[(entry.uid >> shift) & 15];
  return out;
}

}  // namespace

std::unique_ptr<mail::Mailbox> make_mailbox(MailStatePtr state, MailboxSnapshot snapshot, MailboxLock lock) {
  return std::make_unique<OpenedMailbox>(std::move(state), snapshot, std::move(lock));
}

}  // namespace postern::store

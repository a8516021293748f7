#include "adapters/store/mail_draft.h"
#include "mail/blob_format.h"

namespace postern::store {
namespace {

constexpr int64_t kListingBlock = 1000;

class InlineReader final : public mail::Reader {
 public:
  explicit InlineReader(Bytes plain) : plain_(std::move(plain)) {}
  Expected<BytesView> next() override {
    if (given_) return BytesView();
    given_ = true;
    return BytesView(plain_);
  }

 private:
  Bytes plain_;
  bool given_ = false;
};

class BlobReader final : public mail::Reader {
 public:
  BlobReader(MailStatePtr state, std::string path, crypto::AeadKey key, uint64_t size)
      : state_(std::move(state)), path_(std::move(path)), key_(key), count_(mail::chunk_count(size)) {}
  Expected<BytesView> next() override {
    if (index_ == count_) return BytesView();
    const auto sealed = state_->files->read(path_, uint64_t{index_} * mail::kSealedChunk, mail::kSealedChunk);
    if (!sealed) return fail(sealed.error());
    plain_.clear();
    if (!mail::open_chunk(key_, index_, index_ + 1 == count_, *sealed, plain_))
      return fail(ErrorCode::io_error, {path_, "damaged"});
    ++index_;
    return BytesView(plain_);
  }

 private:
  MailStatePtr state_;
  std::string path_;
  crypto::AeadKey key_;
  uint32_t index_ = 0, count_;
  Bytes plain_;
};

class OpenedMailbox final : public mail::Mailbox {
 public:
  OpenedMailbox(MailStatePtr state, mail::AccountId account, uint32_t count, uint64_t octets, uint64_t newest)
      : state_(std::move(state)), account_(account), count_(count), octets_(octets), newest_(newest) {}
  ~OpenedMailbox() override {
    const std::lock_guard lock(state_->mutex);
    state_->open_mailboxes.erase(account_);
  }
  uint32_t count() const override { return count_; }
  uint64_t octets() const override { return octets_; }
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
  Expected<std::unique_ptr<mail::Reader>> read(MailReader& reader, uint64_t uid);

  MailStatePtr state_;
  mail::AccountId account_;
  uint32_t count_;
  uint64_t octets_;
  uint64_t newest_;
  std::vector<Known> known_;
};

/// The listing comes in blocks: opening a mailbox of a million messages costs no more than opening a small one.
Expected<void> OpenedMailbox::load_until(uint32_t number) {
  auto reader = state_->take_reader();
  if (!reader) return fail(reader.error());
  while (known_.size() < number) {
    Statement& listing = (*reader)->listing;
    listing.bind(1, account_)
        .bind(2, known_.empty() ? uint64_t{0} : known_.back().uid)
        .bind(3, newest_)
        .bind(4, kListingBlock);
    const size_t before = known_.size();
    for (;;) {
      const auto row = listing.step();
      if (!row) {
        listing.reset();
        return fail(row.error());
      }
      if (!*row) break;
      known_.push_back({static_cast<uint64_t>(listing.integer(0)), static_cast<uint32_t>(listing.integer(1))});
    }
    listing.reset();
    if (known_.size() == before) break;
  }
  state_->give_back(std::move(*reader));
  if (known_.size() < number) return fail(ErrorCode::not_found, {"message " + std::to_string(number)});
  return {};
}

Expected<mail::Entry> OpenedMailbox::entry(uint32_t number) {
  if (number == 0 || number > count_) return fail(ErrorCode::not_found, {"message " + std::to_string(number)});
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
  Statement& content = reader.content;
  const auto row = content.bind(1, account_).bind(2, uid).step();
  if (!row || !*row) {
    content.reset();
    if (!row) return fail(row.error());
    return fail(ErrorCode::not_found, {"message"});
  }
  const BytesView object = content.blob(0);
  const auto data_key = static_cast<uint32_t>(content.integer(1));
  const auto size = static_cast<uint64_t>(content.integer(2));
  if (state_->keys->find(data_key) == nullptr) {
    content.reset();
    return fail(ErrorCode::key_missing, {"data key " + std::to_string(data_key)});
  }
  const crypto::AeadKey key = state_->key_of(data_key, object);
  std::unique_ptr<mail::Reader> out;
  if (content.is_null(3)) {
    out = std::make_unique<BlobReader>(state_, blob_path(state_->options.folder, object), key, size);
  } else {
    Bytes plain;
    plain.reserve(size);
    if (mail::open_chunk(key, 0, true, content.blob(3), plain)) out = std::make_unique<InlineReader>(std::move(plain));
  }
  content.reset();
  if (!out) return fail(ErrorCode::io_error, {"message " + std::to_string(uid), "damaged"});
  return out;
}

void OpenedMailbox::remove(std::vector<uint32_t> numbers, mail::Done<void> done) {
  std::vector<uint64_t> uids;
  for (const uint32_t number : numbers) {
    const auto what = entry(number);
    if (!what) return done(fail(what.error()));
    uids.push_back(what->uid);
  }
  state_->writer->remove(account_, std::move(uids), std::move(done));
}

std::string OpenedMailbox::unique_id(const mail::Entry& entry) const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out = state_->store_id + "-";
  for (int shift = 60; shift >= 0; shift -= 4)
    if (shift == 0 || (entry.uid >> shift) != 0) out += kDigits[(entry.uid >> shift) & 15];
  return out;
}

}  // namespace

std::unique_ptr<mail::Mailbox> make_mailbox(MailStatePtr state, mail::AccountId account, uint32_t count,
                                            uint64_t octets, uint64_t newest) {
  return std::make_unique<OpenedMailbox>(std::move(state), account, count, octets, newest);
}

}  // namespace postern::store

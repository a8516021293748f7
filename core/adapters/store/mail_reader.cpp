#include <algorithm>

#include "adapters/store/mail_state.h"
#include "base/secret.h"

namespace postern::store {
namespace {

class InlineReader final : public mail::Reader {
 public:
  InlineReader(MailStatePtr state, Bytes plain) : state_(std::move(state)), plain_(std::move(plain)) {}
  ~InlineReader() override { state_->small_buffers.give(std::move(plain_)); }
  Expected<BytesView> next() override {
    if (given_) return BytesView();
    given_ = true;
    return BytesView(plain_);
  }

 private:
  MailStatePtr state_;
  Bytes plain_;
  bool given_ = false;
};

/// Holds no buffer before the first chunk is asked for.
class BlobReader final : public mail::Reader {
 public:
  BlobReader(MailStatePtr state, std::string path, std::unique_ptr<Source> source, const crypto::AeadKey& key,
             uint64_t size)
      : state_(std::move(state)),
        path_(std::move(path)),
        source_(std::move(source)),
        key_(key),
        size_(size),
        count_(mail::chunk_count(size)) {}
  ~BlobReader() override {
    if (index_ > 0) state_->small_buffers.give(std::move(plain_));
    wipe(key_.data(), key_.size());
  }
  Expected<BytesView> next() override;

 private:
  Expected<void> open_next(Bytes& sealed);

  MailStatePtr state_;
  std::string path_;
  std::unique_ptr<Source> source_;
  crypto::AeadKey key_;
  uint64_t size_;
  uint32_t index_ = 0, count_;
  Bytes plain_;
};

Expected<BytesView> BlobReader::next() {
  if (index_ == count_) return BytesView();
  if (index_ == 0) plain_ = state_->small_buffers.take();
  Bytes sealed = state_->small_buffers.take();
  auto opened = open_next(sealed);
  state_->small_buffers.give(std::move(sealed));
  if (!opened) return fail(opened.error());
  ++index_;
  return BytesView(plain_);
}

Expected<void> BlobReader::open_next(Bytes& sealed) {
  const uint64_t before = uint64_t{index_} * mail::kChunk;
  const size_t plain_size = static_cast<size_t>(std::min<uint64_t>(mail::kChunk, size_ - before));
  sealed.resize(plain_size + crypto::kAeadTagSize);
  const auto got = source_->read(uint64_t{index_} * mail::kSealedChunk, sealed);
  if (!got) return fail(got.error());
  plain_.clear();
  const bool whole = *got == sealed.size();
  if (whole && mail::open_chunk(key_, index_, index_ + 1 == count_, sealed, plain_)) return {};
  return fail(ErrorCode::io_error, {path_, whole ? "damaged" : "cut short"});
}

}  // namespace

Expected<std::unique_ptr<mail::Reader>> make_reader(MailStatePtr state, const StoredMessage& message) {
  const auto keys = state->key_ring();
  if (keys->find(message.key) == nullptr)
    return fail(ErrorCode::key_missing, {"data key " + std::to_string(message.key)});
  const crypto::AeadKey key = keys->derive(message.key, "message", message.object);
  if (message.blob) {
    std::string path = blob_path(state->options.folder, message.object);
    auto source = state->files.open(path);
    if (!source) return fail(ErrorCode::io_error, {path, "missing or unreadable"});
    return std::unique_ptr<mail::Reader>(
        std::make_unique<BlobReader>(std::move(state), std::move(path), std::move(*source), key, message.size));
  }
  Bytes plain = state->small_buffers.take();
  const bool sound = message.sealed.size() == message.size + crypto::kAeadTagSize &&
                     mail::open_chunk(key, 0, true, message.sealed, plain);
  if (!sound) return fail(ErrorCode::io_error, {state->database_path(), "a message in it is damaged"});
  return std::unique_ptr<mail::Reader>(std::make_unique<InlineReader>(std::move(state), std::move(plain)));
}

}  // namespace postern::store

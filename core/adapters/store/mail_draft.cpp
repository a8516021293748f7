#include <algorithm>

#include "adapters/store/mail_state.h"
#include "crypto/random.h"

namespace postern::store {
namespace {

/// What a worker needs to finish a large message after its draft is gone.
struct LargeCommit {
  MailStatePtr state;
  std::shared_ptr<Spool> spool;
  Bytes rest;
  SealedMessage message;
  mail::Delivery delivery;
  mail::Done<uint64_t> done;

  void refuse(const Error& error) {
    state->space.failed(error);
    done(fail(error));
  }
};

/// Whether it is certain that the database does not name the blob. After an I/O error the log may still hold the
/// commit: then the next start decides.
bool surely_not_stored(const Error& error) {
  return error.code != ErrorCode::io_error;
}

void deliver_large(const std::shared_ptr<LargeCommit>& what) {
  MailStore::State& state = *what->state;
  const Bytes object = what->message.object;
  state.writer->deliver(std::move(what->message), std::move(what->delivery), [what, object](Expected<uint64_t> stored) {
    if (!stored && surely_not_stored(stored.error()))
      static_cast<void>(what->state->files.remove(blob_path(what->state->options.folder, object)));
    what->done(std::move(stored));
  });
}

/// On a worker: the rest, its sync, its name, then the database.
void commit_large(const std::shared_ptr<LargeCommit>& what) {
  auto written = what->spool->write(what->rest, true);
  what->state->large_buffers.give(std::move(what->rest));
  if (written && what->state->options.sync) written = what->spool->sync();
  if (!written) {
    const Error error = written.error();
    what->spool.reset();  // its room first
    return what->refuse(error);
  }
  what->state->keeper.keep(what->spool, [what](Expected<void> kept) {
    if (!kept) return what->refuse(kept.error());
    deliver_large(what);
  });
}

class SpooledDraft final : public mail::Draft {
 public:
  explicit SpooledDraft(MailStatePtr state)
      : state_(std::move(state)), keys_(state_->key_ring()), buffer_(state_->small_buffers.take()) {}
  ~SpooledDraft() override { give_buffer(); }

  void append(BytesView content) override;
  bool wants_flush() const override { return buffer_.size() >= mail::kDraftBuffer; }
  uint64_t size() const override { return size_; }
  void flush(mail::Done<void> done) override;
  void commit(mail::Delivery delivery, mail::Done<uint64_t> done) override;

 private:
  void give_buffer() { (large_ ? state_->large_buffers : state_->small_buffers).give(std::move(buffer_)); }
  void become_large();
  void commit_inline(mail::Delivery delivery, mail::Done<uint64_t> done);
  SealedMessage head() const;

  MailStatePtr state_;
  std::shared_ptr<const crypto::KeyRing> keys_;
  Bytes buffer_;
  Bytes object_ = crypto::random_bytes(kObjectOctets);
  uint64_t size_ = 0;
  bool large_ = false;
  std::shared_ptr<Spool> spool_;
};

void SpooledDraft::append(BytesView content) {
  size_ += content.size();
  if (!large_ && size_ > mail::kInlineLimit) become_large();
  buffer_.insert(buffer_.end(), content.begin(), content.end());
}

void SpooledDraft::become_large() {
  Bytes larger = state_->large_buffers.take();
  larger.insert(larger.end(), buffer_.begin(), buffer_.end());
  give_buffer();
  buffer_ = std::move(larger);
  large_ = true;
  object_[0] = state_->keeper.folder_octet();
  spool_ = std::make_shared<Spool>(state_->files, state_->large_buffers, state_->options.folder, object_,
                                   keys_->derive(keys_->newest(), "message", object_));
}

SealedMessage SpooledDraft::head() const {
  SealedMessage out;
  out.object = object_;
  out.key = keys_->newest();
  out.size = size_;
  out.blob = large_;
  return out;
}

void SpooledDraft::flush(mail::Done<void> done) {
  if (!large_ || buffer_.empty()) return done({});
  // Whole chunks only, and something stays behind: the last chunk carries the end mark.
  const size_t whole = (buffer_.size() - 1) / mail::kChunk * mail::kChunk;
  Bytes tail = state_->large_buffers.take();
  tail.insert(tail.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(whole), buffer_.end());
  auto part = std::make_shared<Bytes>(std::exchange(buffer_, std::move(tail)));
  part->resize(whole);
  const bool taken = state_->workers->post([state = state_, spool = spool_, part, done] {
    auto written = spool->write(*part, false);
    state->large_buffers.give(std::move(*part));
    if (!written) state->space.failed(written.error());
    done(std::move(written));
  });
  if (!taken) done(fail(ErrorCode::cancelled, {"the store is closed"}));
}

void SpooledDraft::commit_inline(mail::Delivery delivery, mail::Done<uint64_t> done) {
  SealedMessage message = head();
  message.content = state_->small_buffers.take();
  mail::seal_chunk(keys_->derive(message.key, "message", object_), 0, true, buffer_, message.content);
  state_->writer->deliver(std::move(message), std::move(delivery), std::move(done));
}

void SpooledDraft::commit(mail::Delivery delivery, mail::Done<uint64_t> done) {
  if (delivery.mailboxes.empty()) return done(fail(ErrorCode::bad_input, {"recipients", "none"}));
  if (!large_) return commit_inline(std::move(delivery), std::move(done));
  auto what = std::make_shared<LargeCommit>(
      LargeCommit{state_, std::move(spool_), std::move(buffer_), head(), std::move(delivery), std::move(done)});
  if (!state_->workers->post([what] { commit_large(what); }))
    what->done(fail(ErrorCode::cancelled, {"the store is closed"}));
}

}  // namespace

std::unique_ptr<mail::Draft> make_draft(MailStatePtr state) {
  return std::make_unique<SpooledDraft>(std::move(state));
}

}  // namespace postern::store

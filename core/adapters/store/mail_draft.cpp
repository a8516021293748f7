#include "adapters/store/mail_draft.h"

#include "crypto/random.h"
#include "mail/blob_format.h"

namespace postern::store {
namespace {

constexpr size_t kObjectOctets = 16;
constexpr size_t kPooled = 8;  // buffers kept by a thread: first touch of fresh memory costs more than filling it

std::vector<Bytes>& pool() {
  thread_local std::vector<Bytes> buffers;
  return buffers;
}

Bytes take_buffer() {
  if (pool().empty()) {
    Bytes fresh;
    fresh.reserve(mail::kInlineLimit);
    return fresh;
  }
  Bytes out = std::move(pool().back());
  pool().pop_back();
  return out;
}

void return_buffer(Bytes buffer) {
  if (pool().size() >= kPooled || buffer.capacity() > 2 * mail::kDraftBuffer) return;
  buffer.clear();
  pool().push_back(std::move(buffer));
}

/// The file half of a large message. Used by one worker at a time; shared with the work under way.
struct Spool {
  MailStatePtr state;
  Bytes object;
  crypto::AeadKey key{};
  std::unique_ptr<File> file;
  std::string temporary;
  uint32_t next_chunk = 0;
  bool kept = false;

  ~Spool() {
    file.reset();
    if (!temporary.empty() && !kept) static_cast<void>(state->files->remove(temporary));
  }
  /// Seals and writes whole chunks; with `last` everything.
  Expected<void> write(BytesView plain, bool last);
  /// Makes file and name durable under blobs/.
  Expected<void> keep();
};

Expected<void> Spool::write(BytesView plain, bool last) {
  if (!file) {
    temporary = state->options.folder + "/blobs/tmp/" + hex(object);
    auto made = state->files->create(temporary);
    if (!made) return fail(made.error());
    file = std::move(*made);
  }
  Bytes sealed;
  sealed.reserve(mail::kSealedChunk);
  do {
    const BytesView chunk = plain.first(std::min(plain.size(), mail::kChunk));
    plain = plain.subspan(chunk.size());
    sealed.clear();
    mail::seal_chunk(key, next_chunk++, last && plain.empty(), chunk, sealed);
    if (auto done = file->write(sealed); !done) return done;
  } while (!plain.empty());
  return {};
}

Expected<void> Spool::keep() {
  const std::string path = blob_path(state->options.folder, object);
  const std::string folder = path.substr(0, path.rfind('/'));
  if (auto done = file->sync(); !done) return done;
  if (auto done = state->settle_folder(folder); !done) return done;
  if (auto done = state->files->rename(temporary, path); !done) return done;
  kept = true;
  return state->files->sync_folder(folder);
}

class SpooledDraft final : public mail::Draft {
 public:
  explicit SpooledDraft(MailStatePtr state)
      : state_(std::move(state)),
        buffer_(take_buffer()),
        object_(crypto::random_bytes(kObjectOctets)),
        data_key_(state_->keys->newest()) {}
  ~SpooledDraft() override { return_buffer(std::move(buffer_)); }

  void append(BytesView content) override {
    buffer_.insert(buffer_.end(), content.begin(), content.end());
    size_ += content.size();
  }
  bool wants_flush() const override { return buffer_.size() >= mail::kDraftBuffer; }
  uint64_t size() const override { return size_; }
  void flush(mail::Done<void> done) override;
  void commit(mail::Delivery delivery, mail::Done<uint64_t> done) override;

 private:
  std::shared_ptr<Spool> spool();
  SealedMessage head() const;

  MailStatePtr state_;
  Bytes buffer_;
  Bytes object_;
  uint32_t data_key_;
  uint64_t size_ = 0;
  std::shared_ptr<Spool> spool_;
};

std::shared_ptr<Spool> SpooledDraft::spool() {
  if (spool_) return spool_;
  spool_ = std::make_shared<Spool>();
  spool_->state = state_;
  spool_->object = object_;
  spool_->key = state_->key_of(data_key_, object_);
  return spool_;
}

SealedMessage SpooledDraft::head() const {
  SealedMessage out;
  out.object = object_;
  out.key = data_key_;
  out.size = size_;
  return out;
}

void SpooledDraft::flush(mail::Done<void> done) {
  // Whole chunks only, and something stays behind: the last chunk carries the end mark.
  const size_t whole = buffer_.empty() ? 0 : (buffer_.size() - 1) / mail::kChunk * mail::kChunk;
  auto part = std::make_shared<Bytes>(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(whole));
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(whole));
  state_->workers->post([work = spool(), part, done = std::move(done)] {
    auto written = work->write(*part, false);
    if (!written) work->state->writer->stop_accepting(written.error());
    done(std::move(written));
  });
}

void SpooledDraft::commit(mail::Delivery delivery, mail::Done<uint64_t> done) {
  SealedMessage message = head();
  if (!spool_ && size_ <= mail::kInlineLimit) {
    message.content.reserve(buffer_.size() + crypto::kAeadTagSize);
    mail::seal_chunk(state_->key_of(data_key_, object_), 0, true, buffer_, message.content);
    state_->writer->deliver(std::move(message), std::move(delivery), std::move(done));
    return;
  }
  message.blob = true;
  auto rest = std::make_shared<Bytes>(std::move(buffer_));
  auto what = std::make_shared<std::pair<SealedMessage, mail::Delivery>>(std::move(message), std::move(delivery));
  state_->workers->post([work = spool(), rest, what, done = std::move(done)] {
    auto written = work->write(*rest, true);
    if (written) written = work->keep();
    if (!written) {
      work->state->writer->stop_accepting(written.error());
      return done(fail(written.error()));
    }
    const std::string path = blob_path(work->state->options.folder, what->first.object);
    auto* files = work->state->files;
    // A message nobody got leaves no file behind.
    auto answer = [done, path, files](Expected<uint64_t> stored) {
      if (!stored) static_cast<void>(files->remove(path));
      done(std::move(stored));
    };
    work->state->writer->deliver(std::move(what->first), std::move(what->second), std::move(answer));
  });
}

}  // namespace

std::unique_ptr<mail::Draft> make_draft(MailStatePtr state) {
  return std::make_unique<SpooledDraft>(std::move(state));
}

}  // namespace postern::store

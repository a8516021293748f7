// A message store in a folder of its own, and the steps that most of its tests take.
#pragma once

#include <QTemporaryDir>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>

#include "adapters/platform/files.h"
#include "adapters/store/mail_store.h"
#include "crypto/random.h"

namespace postern::test {

constexpr mail::AccountId kAlice = 1, kBob = 2;

inline crypto::AeadKey test_kek() {
  static const crypto::AeadKey kek = [] {
    crypto::AeadKey out{};
    crypto::random_bytes(out);
    return out;
  }();
  return kek;
}

inline const std::vector<crypto::WrappedKey>& wrapped_keys() {
  static const std::vector<crypto::WrappedKey> keys{crypto::make_data_key(test_kek(), 1, 0),
                                                    crypto::make_data_key(test_kek(), 2, 1)};
  return keys;
}

/// With the first `count` of two data keys.
inline std::shared_ptr<const crypto::KeyRing> test_keys(size_t count = 1) {
  const auto& all = wrapped_keys();
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(count);
  return *crypto::KeyRing::open(test_kek(), {all.begin(), end}, "test");
}

inline std::string text_of(size_t octets, int seed = 1) {
  std::string out;
  while (out.size() < octets) out += "line " + std::to_string(seed) + " " + std::to_string(out.size()) + "\r\n";
  out.resize(octets);
  return out;
}

/// Waits for an answer that comes on another thread.
template <class T, class Start>
Expected<T> wait_for(Start start) {
  std::promise<Expected<T>> promise;
  start([&promise](Expected<T> done) { promise.set_value(std::move(done)); });
  return promise.get_future().get();
}

inline Expected<uint64_t> deliver_to(store::MailStore& store, const std::string& text, std::vector<mail::AccountId> to,
                                     std::vector<uint64_t> quotas = {}) {
  auto draft = store.begin();
  for (size_t at = 0; at < text.size(); at += 50'000) {
    draft->append(as_bytes(std::string_view(text).substr(at, 50'000)));
    if (!draft->wants_flush()) continue;
    const auto flushed = wait_for<void>([&](mail::Done<void> done) { draft->flush(std::move(done)); });
    if (!flushed) return fail(flushed.error());
  }
  mail::Delivery delivery;
  delivery.mailboxes = std::move(to);
  delivery.quotas = std::move(quotas);
  return wait_for<uint64_t>([&](mail::Done<uint64_t> done) { draft->commit(std::move(delivery), std::move(done)); });
}

inline Expected<std::string> read_message(mail::Mailbox& mailbox, uint32_t number) {
  auto reader = mailbox.open(number);
  if (!reader) return fail(reader.error());
  std::string out;
  for (;;) {
    const auto chunk = (*reader)->next();
    if (!chunk) return fail(chunk.error());
    if (chunk->empty()) return out;
    out += as_text(*chunk);
  }
}

inline Expected<void> remove_from(mail::Mailbox& mailbox, std::vector<uint32_t> numbers) {
  return wait_for<void>([&](mail::Done<void> done) { mailbox.remove(std::move(numbers), std::move(done)); });
}

struct MailFixture {
  QTemporaryDir folder;
  store::MailStoreOptions options;
  std::unique_ptr<store::MailStore> store;

  /// Without syncs, which only cost time where nothing crashes, and without the reserve.
  MailFixture() {
    options.folder = path();
    options.sync = false;
    options.reserve = false;
    options.files = &platform::real_files();
  }
  std::string path() const { return folder.path().toStdString(); }
  bool open(size_t keys = 1) {
    store.reset();
    auto opened = store::MailStore::open(test_keys(keys), options);
    if (!opened) return false;
    store = std::move(*opened);
    return true;
  }
  Expected<uint64_t> deliver(const std::string& text, std::vector<mail::AccountId> to = {kAlice},
                             std::vector<uint64_t> quotas = {}) {
    return deliver_to(*store, text, std::move(to), std::move(quotas));
  }
  Expected<std::string> read(uint32_t number, mail::AccountId account = kAlice) {
    auto mailbox = store->open_mailbox(account);
    if (!mailbox) return fail(mailbox.error());
    return read_message(**mailbox, number);
  }
  Expected<void> remove(std::vector<uint32_t> numbers, mail::AccountId account = kAlice) {
    auto mailbox = store->open_mailbox(account);
    if (!mailbox) return fail(mailbox.error());
    return remove_from(**mailbox, std::move(numbers));
  }
  uint64_t messages(mail::AccountId account = kAlice) { return store->usage(account)->messages; }
  std::vector<std::string> blobs() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path() + "/blobs"))
      if (entry.is_regular_file()) out.push_back(entry.path().string());
    return out;
  }
};

inline std::string file_content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

inline void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

}  // namespace postern::test

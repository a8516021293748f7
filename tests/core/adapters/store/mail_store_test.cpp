#include <QTemporaryDir>
#include <QtTest>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>

#include "adapters/platform/files.h"
#include "adapters/store/mail_store.h"
#include "crypto/random.h"

using namespace postern;
using store::MailStore;

namespace {

constexpr mail::AccountId kAlice = 1, kBob = 2;

std::shared_ptr<const crypto::KeyRing> test_keys() {
  static const auto keys = [] {
    crypto::AeadKey kek{};
    crypto::random_bytes(kek);
    return *crypto::KeyRing::open(kek, {crypto::make_data_key(kek, 1, 0)}, "test");
  }();
  return keys;
}

std::string text_of(size_t octets, int seed) {
  std::string out;
  while (out.size() < octets) out += "line " + std::to_string(seed) + " " + std::to_string(out.size()) + "\r\n";
  out.resize(octets);
  return out;
}

struct Fixture {
  QTemporaryDir folder;
  std::unique_ptr<MailStore> store;

  bool open() {
    auto opened = MailStore::open(test_keys(), options());
    if (!opened) return false;
    store = std::move(*opened);
    return true;
  }
  store::MailStoreOptions options() const {
    store::MailStoreOptions out;
    out.folder = folder.path().toStdString();
    out.reserve = false;
    out.files = &platform::real_files();
    return out;
  }
  Expected<uint64_t> deliver(const std::string& text, std::vector<mail::AccountId> to = {kAlice}, std::vector<uint64_t> quotas = {}) {
    auto draft = store->begin();
    for (size_t at = 0; at < text.size(); at += 50'000) {
      draft->append(as_bytes(std::string_view(text).substr(at, 50'000)));
      if (!draft->wants_flush()) continue;
      std::promise<Expected<void>> flushed;
      draft->flush([&flushed](Expected<void> done) { flushed.set_value(std::move(done)); });
      if (auto done = flushed.get_future().get(); !done) return fail(done.error());
    }
    mail::Delivery delivery;
    delivery.mailboxes = std::move(to);
    delivery.quotas = std::move(quotas);
    std::promise<Expected<uint64_t>> stored;
    draft->commit(std::move(delivery), [&stored](Expected<uint64_t> done) { stored.set_value(std::move(done)); });
    return stored.get_future().get();
  }
  Expected<std::string> read(uint32_t number, mail::AccountId account = kAlice) {
    auto mailbox = store->open_mailbox(account);
    if (!mailbox) return fail(mailbox.error());
    auto reader = (*mailbox)->open(number);
    if (!reader) return fail(reader.error());
    std::string out;
    for (;;) {
      const auto chunk = (*reader)->next();
      if (!chunk) return fail(chunk.error());
      if (chunk->empty()) return out;
      out += as_text(*chunk);
    }
  }
  bool remove(std::vector<uint32_t> numbers) {
    auto mailbox = store->open_mailbox(kAlice);
    std::promise<bool> removed;
    (*mailbox)->remove(std::move(numbers), [&removed](Expected<void> done) { removed.set_value(done.has_value()); });
    return removed.get_future().get();
  }
  std::vector<std::string> blobs() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path().toStdString() + "/blobs"))
      if (entry.is_regular_file()) out.push_back(entry.path().string());
    return out;
  }
};

}  // namespace

class MailStoreTest : public QObject {
  Q_OBJECT
 private slots:
  void every_size_comes_back_as_it_was();
  void content_is_not_readable_on_disk();
  void stored_once_for_many();
  void mailbox_is_exclusive_and_a_snapshot();
  void numbers_and_unique_ids_are_stable();
  void quota_refuses_for_everybody();
  void damage_is_found();
  void orphans_are_swept();
  void newer_database_is_refused();
  void a_thousand_at_once();
};

void MailStoreTest::every_size_comes_back_as_it_was() {
  Fixture f;
  QVERIFY(f.open());
  const std::vector<size_t> sizes{0, 1, 1000, 65'535, 65'536, 65'537, 131'072, 131'073, 262'144, 300'000, 1'000'001};
  for (size_t i = 0; i < sizes.size(); ++i) QVERIFY(f.deliver(text_of(sizes[i], static_cast<int>(i))).has_value());
  f.store.reset();
  QVERIFY(f.open());
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto text = f.read(static_cast<uint32_t>(i + 1));
    QVERIFY2(text.has_value(), std::to_string(sizes[i]).c_str());
    QVERIFY(*text == text_of(sizes[i], static_cast<int>(i)));
    QCOMPARE((*f.store->open_mailbox(kAlice))->entry(static_cast<uint32_t>(i + 1))->size, uint64_t{sizes[i]});
  }
}

void MailStoreTest::content_is_not_readable_on_disk() {
  Fixture f;
  QVERIFY(f.open());
  const std::string secret = "the quick brown fox 7261";
  QVERIFY(f.deliver(secret).has_value());
  QVERIFY(f.deliver(secret + text_of(200'000, 1)).has_value());
  f.store.reset();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(f.folder.path().toStdString())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(file)), {});
    QVERIFY2(all.find(secret) == std::string::npos, entry.path().c_str());
  }
}

void MailStoreTest::stored_once_for_many() {
  Fixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver(text_of(200'000, 1), {kAlice, kBob}).has_value());
  QCOMPARE(f.blobs().size(), size_t{1});
  QVERIFY(f.remove({1}));
  QCOMPARE(f.blobs().size(), size_t{1});
  QVERIFY(*f.read(1, kBob) == text_of(200'000, 1));
  auto mailbox = f.store->open_mailbox(kBob);
  std::promise<void> removed;
  (*mailbox)->remove({1}, [&removed](Expected<void>) { removed.set_value(); });
  removed.get_future().get();
  mailbox->reset();
  f.store.reset();
  QCOMPARE(f.blobs().size(), size_t{0});
}

void MailStoreTest::mailbox_is_exclusive_and_a_snapshot() {
  Fixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver("one").has_value());
  auto mailbox = f.store->open_mailbox(kAlice);
  QVERIFY(mailbox.has_value());
  QVERIFY(f.store->open_mailbox(kAlice).error().code == ErrorCode::busy);
  QVERIFY(f.deliver("two").has_value());
  QCOMPARE((*mailbox)->count(), uint32_t{1});
  QVERIFY(!(*mailbox)->entry(2).has_value());
  QVERIFY(!(*mailbox)->entry(0).has_value());
  mailbox->reset();
  QCOMPARE((*f.store->open_mailbox(kAlice))->count(), uint32_t{2});
  QCOMPARE((*f.store->open_mailbox(77))->count(), uint32_t{0});
}

void MailStoreTest::numbers_and_unique_ids_are_stable() {
  Fixture f;
  QVERIFY(f.open());
  for (int i = 0; i < 2500; ++i) QVERIFY(f.deliver(std::to_string(i)).has_value());
  std::vector<std::string> before;
  {
    auto mailbox = f.store->open_mailbox(kAlice);
    for (uint32_t i = 1; i <= 2500; ++i) before.push_back((*mailbox)->unique_id(*(*mailbox)->entry(i)));
  }
  QCOMPARE(std::set<std::string>(before.begin(), before.end()).size(), before.size());
  QVERIFY(f.remove({2500, 1}));
  f.store.reset();
  QVERIFY(f.open());
  QVERIFY(f.deliver("after the newest was deleted").has_value());
  auto mailbox = f.store->open_mailbox(kAlice);
  QCOMPARE((*mailbox)->count(), uint32_t{2499});
  for (uint32_t i = 1; i <= 2498; ++i) QCOMPARE((*mailbox)->unique_id(*(*mailbox)->entry(i)), before[i]);
  const std::string fresh = (*mailbox)->unique_id(*(*mailbox)->entry(2499));
  QVERIFY(std::find(before.begin(), before.end(), fresh) == before.end());
}

void MailStoreTest::quota_refuses_for_everybody() {
  Fixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver(text_of(900, 1), {kAlice}, {1000}).has_value());
  const auto refused = f.deliver(text_of(200, 2), {kBob, kAlice}, {0, 1000});
  QVERIFY(!refused.has_value());
  QVERIFY(refused.error().code == ErrorCode::mailbox_full);
  QCOMPARE(f.store->usage(kBob)->messages, uint64_t{0});
  QCOMPARE(f.store->usage(kAlice)->octets, uint64_t{900});
  QVERIFY(!f.deliver(text_of(70'000, 3), {kAlice}, {1000}).has_value());
  QVERIFY(f.blobs().empty());
  QVERIFY(f.deliver(text_of(100, 2), {kBob, kAlice}, {0, 1000}).has_value());
}

void MailStoreTest::damage_is_found() {
  Fixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver(text_of(200'000, 1)).has_value());
  const std::string path = f.blobs().at(0);
  std::string all;
  {
    std::ifstream file(path, std::ios::binary);
    all.assign((std::istreambuf_iterator<char>(file)), {});
  }
  const auto with = [&path](const std::string& content) { std::ofstream(path, std::ios::binary | std::ios::trunc) << content; };
  std::string flipped = all;
  flipped[100'000] = static_cast<char>(flipped[100'000] ^ 1);
  with(flipped);
  QVERIFY(!f.read(1).has_value());
  with(all.substr(0, 2 * (65'536 + 16)));  // whole chunks, but the end is missing
  QVERIFY(!f.read(1).has_value());
  const std::string first = all.substr(0, 65'552), second = all.substr(65'552, 65'552);
  with(second + first + all.substr(2 * 65'552));
  QVERIFY(!f.read(1).has_value());
  with(all);
  QVERIFY(f.read(1).has_value());
}

void MailStoreTest::orphans_are_swept() {
  Fixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver(text_of(200'000, 1)).has_value());
  f.store.reset();
  const std::string root = f.folder.path().toStdString() + "/blobs/";
  std::filesystem::create_directories(root + "ff");
  std::ofstream(root + "ff/ff00") << "orphan";
  std::ofstream(root + "tmp/half") << "half";
  QVERIFY(f.open());
  QCOMPARE(f.blobs().size(), size_t{1});
  QVERIFY(f.read(1).has_value());
}

void MailStoreTest::newer_database_is_refused() {
  Fixture f;
  QVERIFY(f.open());
  f.store.reset();
  {
    auto database = store::Database::open(f.folder.path().toStdString() + "/mail.db", {});
    QVERIFY(database->set_user_version(99).has_value());
  }
  const auto opened = MailStore::open(test_keys(), f.options());
  QVERIFY(!opened.has_value());
  QVERIFY(opened.error().code == ErrorCode::folder_newer);
}

void MailStoreTest::a_thousand_at_once() {
  Fixture f;
  QVERIFY(f.open());
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&f, &good, t] {
      for (int i = 0; i < 250; ++i) good += f.deliver(text_of(static_cast<size_t>(100 + i), t), {static_cast<mail::AccountId>(1 + t % 2)}).has_value() ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  QCOMPARE(good.load(), 1000);
  QCOMPARE(f.store->usage(1)->messages + f.store->usage(2)->messages, uint64_t{1000});
  const auto status = f.store->status();
  QVERIFY(status.has_value());
  QCOMPARE(status->messages, uint64_t{1000});
  QVERIFY(status->writer.commits <= status->writer.work);
}

QTEST_APPLESS_MAIN(MailStoreTest)
#include "mail_store_test.moc"

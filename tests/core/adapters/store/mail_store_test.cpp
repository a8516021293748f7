// Deliveries, mailboxes and what their content goes through on the way to the disk and back.
#include <QtTest>
#include <set>
#include <thread>

#include "core/adapters/store/mail_fixture.h"

using namespace postern;
using namespace postern::test;

class MailStoreTest : public QObject {
  Q_OBJECT
 private slots:
  void every_size_comes_back_as_it_was();
  void chunk_borders_do_not_depend_on_how_content_comes();
  void content_is_not_readable_on_disk();
  void stored_once_for_many();
  void mailbox_is_exclusive_and_a_snapshot();
  void numbers_and_unique_ids_are_stable();
  void quota_refuses_for_everybody();
  void nobody_to_deliver_to();
  void a_draft_that_is_dropped_leaves_nothing();
  void a_new_data_key_is_used_and_the_old_one_kept();
  void what_outlives_the_store_is_told();
  void a_thousand_at_once();
  void readers_and_writers_at_once();
};

void MailStoreTest::every_size_comes_back_as_it_was() {
  MailFixture f;
  QVERIFY(f.open());
  const std::vector<size_t> sizes{0,       1,       1000,    8192,    65'535,  65'536,   65'537,
                                  131'072, 131'073, 262'143, 262'144, 300'000, 1'000'001};
  for (size_t i = 0; i < sizes.size(); ++i) QVERIFY(f.deliver(text_of(sizes[i], static_cast<int>(i))).has_value());
  QVERIFY(f.open());
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto number = static_cast<uint32_t>(i + 1);
    const auto text = f.read(number);
    QVERIFY2(text.has_value(), std::to_string(sizes[i]).c_str());
    QVERIFY(*text == text_of(sizes[i], static_cast<int>(i)));
    QCOMPARE((*f.store->open_mailbox(kAlice))->entry(number)->size, uint64_t{sizes[i]});
  }
}

void MailStoreTest::chunk_borders_do_not_depend_on_how_content_comes() {
  MailFixture f;
  QVERIFY(f.open());
  const std::string text = text_of(700'003);
  for (const size_t piece : {size_t{1001}, size_t{65'536}, size_t{700'003}}) {
    auto draft = f.store->begin();
    for (size_t at = 0; at < text.size(); at += piece) {
      draft->append(as_bytes(std::string_view(text).substr(at, piece)));
      if (draft->wants_flush())
        QVERIFY(wait_for<void>([&](mail::Done<void> done) { draft->flush(std::move(done)); }).has_value());
    }
    QCOMPARE(draft->size(), uint64_t{text.size()});
    QVERIFY(wait_for<uint64_t>([&](mail::Done<uint64_t> done) {
              draft->commit({"", {kAlice}, {}, 0}, std::move(done));
            }).has_value());
  }
  for (uint32_t i = 1; i <= 3; ++i) QVERIFY(*f.read(i) == text);
}

void MailStoreTest::content_is_not_readable_on_disk() {
  MailFixture f;
  QVERIFY(f.open());
  const std::string secret = "the quick brown fox 7261";
  QVERIFY(f.deliver(secret).has_value());
  QVERIFY(f.deliver(secret + text_of(200'000, 1)).has_value());
  f.store.reset();
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(f.path())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    QVERIFY2(file_content(entry.path()).find(secret) == std::string::npos, entry.path().c_str());
  }
  QVERIFY(files >= 2);
}

void MailStoreTest::stored_once_for_many() {
  MailFixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver(text_of(200'000), {kAlice, kBob}).has_value());
  QCOMPARE(f.blobs().size(), size_t{1});
  QVERIFY(f.remove({1}).has_value());
  QCOMPARE(f.blobs().size(), size_t{1});
  QVERIFY(*f.read(1, kBob) == text_of(200'000));
  QVERIFY(f.remove({1}, kBob).has_value());
  f.store.reset();
  QCOMPARE(f.blobs().size(), size_t{0});
}

void MailStoreTest::mailbox_is_exclusive_and_a_snapshot() {
  MailFixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver("one").has_value());
  auto mailbox = f.store->open_mailbox(kAlice);
  QVERIFY(mailbox.has_value());
  QVERIFY(f.store->open_mailbox(kAlice).error().code == ErrorCode::busy);
  QVERIFY(f.store->open_mailbox(kBob).has_value());
  QVERIFY(f.deliver("two").has_value());
  QCOMPARE((*mailbox)->count(), uint32_t{1});
  QCOMPARE((*mailbox)->octets(), uint64_t{3});
  QVERIFY(!(*mailbox)->entry(2).has_value());
  QVERIFY(!(*mailbox)->entry(0).has_value());
  mailbox->reset();
  QCOMPARE((*f.store->open_mailbox(kAlice))->count(), uint32_t{2});
  QCOMPARE((*f.store->open_mailbox(77))->count(), uint32_t{0});
}

void MailStoreTest::numbers_and_unique_ids_are_stable() {
  MailFixture f;
  QVERIFY(f.open());
  for (int i = 0; i < 2500; ++i) QVERIFY(f.deliver(std::to_string(i)).has_value());
  std::vector<std::string> before;
  {
    auto mailbox = f.store->open_mailbox(kAlice);
    for (uint32_t i = 1; i <= 2500; ++i) before.push_back((*mailbox)->unique_id(*(*mailbox)->entry(i)));
  }
  QCOMPARE(std::set<std::string>(before.begin(), before.end()).size(), before.size());
  for (const std::string& id : before) {
    QVERIFY(!id.empty() && id.size() <= 70);
    for (const char c : id) QVERIFY(c >= 0x21 && c <= 0x7e);
  }
  QVERIFY(f.remove({2500, 1}).has_value());
  QVERIFY(f.open());
  QVERIFY(f.deliver("after the newest was deleted").has_value());
  auto mailbox = f.store->open_mailbox(kAlice);
  QCOMPARE((*mailbox)->count(), uint32_t{2499});
  for (uint32_t i = 1; i <= 2498; ++i) QCOMPARE((*mailbox)->unique_id(*(*mailbox)->entry(i)), before[i]);
  const std::string fresh = (*mailbox)->unique_id(*(*mailbox)->entry(2499));
  QVERIFY(std::find(before.begin(), before.end(), fresh) == before.end());
  MailFixture other;
  QVERIFY(other.open());
  QVERIFY(other.deliver("1").has_value());
  auto elsewhere = other.store->open_mailbox(kAlice);
  const std::string foreign = (*elsewhere)->unique_id(*(*elsewhere)->entry(1));
  QVERIFY(std::find(before.begin(), before.end(), foreign) == before.end());
}

void MailStoreTest::quota_refuses_for_everybody() {
  MailFixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver(text_of(900), {kAlice}, {1000}).has_value());
  const auto refused = f.deliver(text_of(200), {kBob, kAlice}, {0, 1000});
  QVERIFY(!refused.has_value());
  QCOMPARE(refused.error(), (Error{ErrorCode::mailbox_full, {std::to_string(kAlice)}}));
  QCOMPARE(f.messages(kBob), uint64_t{0});
  QCOMPARE(f.store->usage(kAlice)->octets, uint64_t{900});
  QVERIFY(!f.deliver(text_of(70'000), {kAlice}, {1000}).has_value());
  QVERIFY(f.blobs().empty());
  QVERIFY(f.deliver(text_of(100), {kBob, kAlice}, {0, 1000}).has_value());
  QCOMPARE(f.store->usage(kAlice)->octets, uint64_t{1000});
  // A quota that was lowered below what is there: nothing overflows.
  QVERIFY(!f.deliver("x", {kAlice}, {10}).has_value());
  QVERIFY(f.store->accepting());
}

void MailStoreTest::nobody_to_deliver_to() {
  MailFixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver("x", {}).error().code == ErrorCode::bad_input);
  QCOMPARE(f.store->status()->messages, uint64_t{0});
}

void MailStoreTest::a_draft_that_is_dropped_leaves_nothing() {
  MailFixture f;
  QVERIFY(f.open());
  {
    auto draft = f.store->begin();
    draft->append(as_bytes(text_of(900'000)));
    QVERIFY(draft->wants_flush());
    QVERIFY(wait_for<void>([&](mail::Done<void> done) { draft->flush(std::move(done)); }).has_value());
    QCOMPARE(f.blobs().size(), size_t{1});
  }
  f.store.reset();
  QVERIFY(f.blobs().empty());
  QVERIFY(f.open());
  QCOMPARE(f.store->status()->swept.orphans, uint64_t{0});
}

void MailStoreTest::a_new_data_key_is_used_and_the_old_one_kept() {
  MailFixture f;
  QVERIFY(f.open(1));
  QVERIFY(f.deliver("under the first").has_value());
  f.store->use_keys(test_keys(2));
  QVERIFY(f.deliver("under the second").has_value());
  QVERIFY(f.deliver(text_of(100'000)).has_value());
  QCOMPARE(*f.read(1), std::string("under the first"));
  QCOMPARE(*f.read(2), std::string("under the second"));
  QVERIFY(f.open(1));
  QCOMPARE(*f.read(1), std::string("under the first"));
  QVERIFY(f.read(2).error().code == ErrorCode::key_missing);
  QVERIFY(f.read(3).error().code == ErrorCode::key_missing);
}

void MailStoreTest::what_outlives_the_store_is_told() {
  MailFixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver("kept").has_value());
  auto mailbox = f.store->open_mailbox(kAlice);
  auto small = f.store->begin(), large = f.store->begin();
  small->append(as_bytes("late"));
  large->append(as_bytes(text_of(300'000)));
  f.store.reset();
  const auto cancelled = [](const auto& result) { return !result && result.error().code == ErrorCode::cancelled; };
  QVERIFY(cancelled(remove_from(**mailbox, {1})));
  QVERIFY(cancelled(wait_for<void>([&](mail::Done<void> done) { large->flush(std::move(done)); })));
  for (auto* draft : {&small, &large})
    QVERIFY(cancelled(wait_for<uint64_t>([&](mail::Done<uint64_t> done) {
      (*draft)->commit({"", {kAlice}, {}, 0}, std::move(done));
    })));
  small.reset();
  large.reset();
  mailbox->reset();
  QVERIFY(f.open());
  QCOMPARE(f.messages(), uint64_t{1});
}

void MailStoreTest::a_thousand_at_once() {
  MailFixture f;
  QVERIFY(f.open());
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&f, &good, t] {
      for (int i = 0; i < 250; ++i) {
        const auto account = static_cast<mail::AccountId>(1 + t % 2);
        good += f.deliver(text_of(static_cast<size_t>(100 + i), t), {account}).has_value() ? 1 : 0;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  QCOMPARE(good.load(), 1000);
  QCOMPARE(f.messages(1) + f.messages(2), uint64_t{1000});
  const auto status = f.store->status();
  QVERIFY(status.has_value());
  QCOMPARE(status->messages, uint64_t{1000});
  QCOMPARE(status->writer.work, uint64_t{1000});
  QVERIFY(status->writer.commits <= status->writer.work);
}

/// Sessions that deliver, fetch and delete in the same mailboxes, small and large messages.
void MailStoreTest::readers_and_writers_at_once() {
  MailFixture f;
  QVERIFY(f.open());
  constexpr int kEach = 60;
  std::atomic<int> delivered{0}, removed{0}, wrong{0};
  std::atomic<bool> all_sent{false};
  std::vector<std::thread> senders, readers;
  for (int t = 0; t < 3; ++t) {
    senders.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const size_t size = i % 10 == 0 ? 150'000 : 5000;
        delivered += f.deliver(text_of(size, t), {kAlice, kBob}).has_value() ? 2 : 0;
      }
    });
  }
  for (const mail::AccountId account : {kAlice, kBob}) {
    readers.emplace_back([&, account] {
      for (bool last = false; !last;) {
        last = all_sent;
        auto mailbox = f.store->open_mailbox(account);
        if (!mailbox) {
          ++wrong;
          continue;
        }
        std::vector<uint32_t> numbers;
        for (uint32_t i = 1; i <= (*mailbox)->count(); ++i) {
          const auto text = read_message(**mailbox, i);
          if (!text || text->substr(0, 5) != "line " || text->size() != (*mailbox)->entry(i)->size) ++wrong;
          numbers.push_back(i);
        }
        const auto count = static_cast<int>(numbers.size());
        if (count > 0 && remove_from(**mailbox, numbers)) removed += count;
      }
    });
  }
  for (auto& thread : senders) thread.join();
  all_sent = true;
  for (auto& thread : readers) thread.join();
  QCOMPARE(wrong.load(), 0);
  QCOMPARE(delivered.load(), 3 * kEach * 2);
  QCOMPARE(removed.load(), delivered.load());
  QCOMPARE(f.store->status()->messages, uint64_t{0});
  QCOMPARE(f.store->status()->octets, uint64_t{0});
  f.store.reset();
  QVERIFY(f.blobs().empty());
}

QTEST_APPLESS_MAIN(MailStoreTest)
#include "mail_store_test.moc"

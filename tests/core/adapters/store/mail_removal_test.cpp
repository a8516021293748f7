// Deletions of many messages, of whole mailboxes, and what is left behind by those that never finished.
#include <QtTest>
#include <thread>

#include "adapters/store/sqlite.h"
#include "core/adapters/store/mail_fixture.h"

using namespace postern;
using namespace postern::test;

namespace {

int64_t rows(const MailFixture& f, const std::string& table) {
  store::Database::Options how;
  how.read_only = true;
  auto database = store::Database::open(f.path() + "/mail.db", how);
  return database->scalar("SELECT count(*) FROM " + table).value_or(-1);
}

std::vector<uint32_t> numbers(uint32_t first, uint32_t last) {
  std::vector<uint32_t> out;
  for (uint32_t i = first; i <= last; ++i) out.push_back(i);
  return out;
}

Expected<void> purge(MailFixture& f, mail::AccountId account, const std::string& effect) {
  return wait_for<void>(
      [&](mail::Done<void> done) { f.store->purge_mailbox(account, effect, 1'000'000, std::move(done)); });
}

/// Files go after the answer was given.
bool blobs_soon(const MailFixture& f, size_t count) {
  for (int i = 0; i < 500 && f.blobs().size() != count; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return f.blobs().size() == count;
}

bool not_busy_soon(MailFixture& f, mail::AccountId account) {
  for (int i = 0; i < 2000; ++i) {
    if (f.store->open_mailbox(account)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace

class MailRemovalTest : public QObject {
  Q_OBJECT
 private slots:
  void many_are_removed_piece_by_piece();
  void deliveries_go_on_meanwhile();
  void an_unfinished_removal_is_finished_at_the_next_start();
  void numbers_out_of_range_remove_nothing();
  void twice_the_same_number();
  void purging();
  void purging_what_is_shared_or_open();
  void orphans_are_swept();
  void a_missing_blob_is_counted();
  void damage_is_found();
};

void MailRemovalTest::many_are_removed_piece_by_piece() {
  MailFixture f;
  f.options.limits.removals = 10;
  QVERIFY(f.open());
  for (int i = 0; i < 95; ++i) QVERIFY(f.deliver(text_of(i % 9 == 0 ? 70'000 : 500, i), {kAlice, kBob}).has_value());
  QVERIFY(f.remove(numbers(2, 94)).has_value());
  QCOMPARE(f.messages(), uint64_t{2});
  QCOMPARE(f.messages(kBob), uint64_t{95});
  QVERIFY(*f.read(1) == text_of(70'000, 0));
  QVERIFY(*f.read(2) == text_of(500, 94));
  QCOMPARE(rows(f, "removal"), int64_t{0});
  QVERIFY(f.remove(numbers(1, 95), kBob).has_value());
  QCOMPARE(rows(f, "message"), int64_t{2});
  QVERIFY(blobs_soon(f, 1));
}

void MailRemovalTest::deliveries_go_on_meanwhile() {
  MailFixture f;
  f.options.limits.removals = 5;
  QVERIFY(f.open());
  constexpr uint32_t kCount = 400;
  for (uint32_t i = 0; i < kCount; ++i) QVERIFY(f.deliver("x").has_value());
  auto mailbox = f.store->open_mailbox(kAlice);
  std::promise<void> removed;
  std::atomic<bool> done{false};
  (*mailbox)->remove(numbers(1, kCount), [&](Expected<void> result) {
    done = result.has_value();
    removed.set_value();
  });
  mailbox->reset();
  // The session is gone, but the mailbox stays locked until its messages are.
  int meanwhile = 0;
  while (!done) {
    QVERIFY(f.deliver("new").has_value());
    if (!done) ++meanwhile;
    const auto opened = f.store->open_mailbox(kAlice);
    if (opened) QVERIFY((*opened)->count() < kCount);
  }
  removed.get_future().wait();
  QVERIFY(meanwhile > 1);
  QVERIFY(not_busy_soon(f, kAlice));
  QCOMPARE(f.messages(), static_cast<uint64_t>(rows(f, "delivery")));
  QCOMPARE(*f.read(1), std::string("new"));
}

void MailRemovalTest::an_unfinished_removal_is_finished_at_the_next_start() {
  MailFixture f;
  QVERIFY(f.open());
  for (int i = 0; i < 30; ++i) QVERIFY(f.deliver(text_of(i == 3 ? 70'000 : 100, i)).has_value());
  f.store.reset();
  {  // what a crash in the middle leaves: the decision, and a part carried out
    auto database = store::Database::open(f.path() + "/mail.db", {});
    // Messages 4, 5 and 9, as eight octets each, the least significant first; 5 is gone already.
    QVERIFY(database
                ->execute("INSERT INTO removal(mailbox, uids) VALUES(1, "
                          "x'040000000000000005000000000000000900000000000000'); DELETE FROM delivery WHERE uid=5; "
                          "DELETE FROM message WHERE id=5; UPDATE mailbox SET messages=29, octets=octets-100")
                .has_value());
  }
  QVERIFY(f.open());
  QVERIFY(not_busy_soon(f, kAlice));
  QCOMPARE(f.messages(), uint64_t{27});
  QVERIFY(blobs_soon(f, 0));
  QCOMPARE(rows(f, "removal"), int64_t{0});
}

void MailRemovalTest::numbers_out_of_range_remove_nothing() {
  MailFixture f;
  QVERIFY(f.open());
  for (int i = 0; i < 3; ++i) QVERIFY(f.deliver("x").has_value());
  QVERIFY(f.remove({1, 4}).error().code == ErrorCode::not_found);
  QVERIFY(f.remove({0}).error().code == ErrorCode::not_found);
  QCOMPARE(f.messages(), uint64_t{3});
  QVERIFY(f.remove({}).has_value());
}

void MailRemovalTest::twice_the_same_number() {
  MailFixture f;
  QVERIFY(f.open());
  for (int i = 0; i < 3; ++i) QVERIFY(f.deliver("x").has_value());
  auto mailbox = f.store->open_mailbox(kAlice);
  QVERIFY(remove_from(**mailbox, {2, 2}).has_value());
  QVERIFY(remove_from(**mailbox, {2}).has_value());
  QVERIFY((*mailbox)->open(2).error().code == ErrorCode::not_found);
  mailbox->reset();
  QCOMPARE(f.messages(), uint64_t{2});
  QCOMPARE(f.store->usage(kAlice)->octets, uint64_t{2});
}

void MailRemovalTest::purging() {
  for (const size_t at_once : {size_t{1000}, size_t{3}}) {
    MailFixture f;
    f.options.limits.removals = at_once;
    QVERIFY(f.open());
    for (int i = 0; i < 20; ++i) QVERIFY(f.deliver(text_of(i == 0 ? 80'000 : 10, i)).has_value());
    QVERIFY(f.deliver("other", {kBob}).has_value());
    QCOMPARE(*f.store->effect_done("effect-1"), false);
    QVERIFY(purge(f, kAlice, "effect-1").has_value());
    QCOMPARE(*f.store->effect_done("effect-1"), true);
    QCOMPARE(f.messages(), uint64_t{0});
    QCOMPARE(rows(f, "mailbox"), int64_t{1});
    QCOMPARE(rows(f, "message"), int64_t{1});
    QVERIFY(blobs_soon(f, 0));
    QVERIFY(purge(f, kAlice, "effect-1").has_value());  // once more does no harm
    QVERIFY(f.open());
    QCOMPARE(*f.store->effect_done("effect-1"), true);
    QCOMPARE(*f.store->effect_done("effect-2"), false);
  }
}

void MailRemovalTest::purging_what_is_shared_or_open() {
  MailFixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver(text_of(90'000), {kAlice, kBob}).has_value());
  {
    auto mailbox = f.store->open_mailbox(kAlice);
    QVERIFY(purge(f, kAlice, "").error().code == ErrorCode::busy);
    // A reader goes on reading although somebody else's purge takes the last name of the blob.
    auto reader = (*mailbox)->open(1);
    QVERIFY(remove_from(**mailbox, {1}).has_value());
    QVERIFY(purge(f, kBob, "").has_value());
    QVERIFY(blobs_soon(f, 0));
    size_t octets = 0;
    for (;;) {
      const auto chunk = (*reader)->next();
      QVERIFY(chunk.has_value());
      if (chunk->empty()) break;
      octets += chunk->size();
    }
    QCOMPARE(octets, size_t{90'000});
  }
  QVERIFY(purge(f, 4711, "").has_value());
}

void MailRemovalTest::orphans_are_swept() {
  MailFixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver(text_of(200'000)).has_value());
  f.store.reset();
  const std::string root = f.path() + "/blobs/";
  std::filesystem::create_directories(root + "ff");
  write_file(root + "ff/ff00", "orphan");
  write_file(root + "tmp/half", "half");
  QVERIFY(f.open());
  QCOMPARE(f.store->status()->swept.orphans, uint64_t{1});
  QCOMPARE(f.store->status()->swept.missing, uint64_t{0});
  QCOMPARE(f.blobs().size(), size_t{1});
  QVERIFY(f.read(1).has_value());
}

void MailRemovalTest::a_missing_blob_is_counted() {
  MailFixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver(text_of(200'000)).has_value());
  QVERIFY(f.deliver("small").has_value());
  std::filesystem::remove(f.blobs().at(0));
  QVERIFY(f.read(1).error().code == ErrorCode::io_error);
  QVERIFY(f.open());
  QCOMPARE(f.store->status()->swept.missing, uint64_t{1});
  QCOMPARE(f.messages(), uint64_t{2});  // it is said, not hidden
  QVERIFY(f.read(1).error().code == ErrorCode::io_error);
  QCOMPARE(*f.read(2), std::string("small"));
  QVERIFY(f.remove({1}).has_value());
}

void MailRemovalTest::damage_is_found() {
  MailFixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver(text_of(200'000)).has_value());
  const std::string path = f.blobs().at(0), all = file_content(path);
  const auto refused = [&](const std::string& content) {
    write_file(path, content);
    const auto text = f.read(1);
    return !text && text.error().code == ErrorCode::io_error;
  };
  constexpr size_t kSealed = 65'536 + 16;
  std::string flipped = all;
  flipped[100'000] = static_cast<char>(flipped[100'000] ^ 1);
  QVERIFY(refused(flipped));
  QVERIFY(refused(all.substr(0, 2 * kSealed)));  // whole chunks, but the end is missing
  QVERIFY(refused(all.substr(0, all.size() - 1)));
  QVERIFY(refused(all.substr(kSealed, kSealed) + all.substr(0, kSealed) + all.substr(2 * kSealed)));
  QVERIFY(refused(all.substr(0, kSealed) + all.substr(0, kSealed) + all.substr(2 * kSealed)));
  QVERIFY(refused(""));
  QVERIFY(!refused(all));
  // An inline one.
  QVERIFY(f.deliver(text_of(3000)).has_value());
  f.store.reset();
  {
    auto database = store::Database::open(f.path() + "/mail.db", {});
    QVERIFY(database
                ->execute("UPDATE message SET content=CAST(substr(content,1,100)||x'00'||substr(content,102) AS BLOB) "
                          "WHERE blob=0")
                .has_value());
  }
  QVERIFY(f.open());
  const auto text = f.read(2);
  QVERIFY(!text && text.error().code == ErrorCode::io_error);
  QVERIFY(f.read(1).has_value());
}

QTEST_APPLESS_MAIN(MailRemovalTest)
#include "mail_removal_test.moc"

// Disks that are full, read-only or broken: a plain answer, nothing lost, recovery by itself.
#include <QtTest>
#include <thread>

#include "core/adapters/store/mail_fixture.h"
#include "support/shim_disk.h"

using namespace postern;
using namespace postern::test;

namespace {

constexpr uint64_t kMib = 1024 * 1024;
constexpr auto kPatience = std::chrono::seconds(20);

struct TroubleFixture : MailFixture {
  ShimDisk& disk = ShimDisk::fresh(platform::real_files());
  ShimDisk::Faults faults;

  TroubleFixture() {
    options.vfs = ShimDisk::kVfs;
    options.files = &disk.files();
    options.reserve = true;
    options.sync = true;  // the shim's syncs cost nothing
  }
  void room(uint64_t octets) {
    faults.room = octets;
    disk.set(faults);
  }
  /// The shim keeps the books of the reserve; it makes no file.
  bool reserve_counted() const { return disk.used() >= 64 * kMib; }
  /// Delivers until something is refused; the number of those that were taken.
  size_t fill(size_t octets, Error& refused) {
    for (size_t count = 0;; ++count) {
      const auto done = deliver(text_of(octets, static_cast<int>(count)));
      if (done) continue;
      refused = done.error();
      return count;
    }
  }
  bool accepting_soon() {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!store->accepting()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
  }
  bool all_there(size_t count, size_t octets) {
    auto mailbox = store->open_mailbox(kAlice);
    if (!mailbox || (*mailbox)->count() != count) return false;
    for (uint32_t i = 1; i <= count; ++i)
      if (read_message(**mailbox, i) != text_of(octets, static_cast<int>(i - 1))) return false;
    return true;
  }
  bool remove_all() {
    auto mailbox = store->open_mailbox(kAlice);
    std::vector<uint32_t> numbers;
    for (uint32_t i = 1; i <= (*mailbox)->count(); ++i) numbers.push_back(i);
    return remove_from(**mailbox, std::move(numbers)).has_value();
  }
};

}  // namespace

class MailTroubleTest : public QObject {
  Q_OBJECT
 private slots:
  void full_with_small_messages();
  void full_with_large_messages();
  void full_all_of_a_sudden();
  void full_from_the_start();
  void read_only_for_a_while();
  void read_only_from_the_start();
  void a_sync_that_fails_is_no_acknowledgement();
  void a_failed_commit_is_not_found_later();
};

void MailTroubleTest::full_with_small_messages() {
  TroubleFixture f;
  f.room(90 * kMib);
  QVERIFY(f.open());
  QVERIFY(f.store->accepting());
  Error refused;
  const size_t count = f.fill(40'000, refused);
  QVERIFY(count > 100);
  QVERIFY(refused.code == ErrorCode::disk_full);
  QVERIFY(!f.store->accepting());
  QVERIFY(f.store->status()->trouble == ErrorCode::disk_full);
  QVERIFY(f.all_there(count, 40'000));
  // What was taken survives a restart on the full disk.
  QVERIFY(f.open());
  QVERIFY(f.all_there(count, 40'000));
  // The room that deletions make lies inside the database: it has to come back to the disk.
  QVERIFY(f.remove_all());
  QVERIFY(f.accepting_soon());
  QVERIFY(f.reserve_counted());
  QVERIFY(f.deliver("again").has_value());
  QCOMPARE(f.messages(), uint64_t{1});
}

void MailTroubleTest::full_with_large_messages() {
  TroubleFixture f;
  f.room(90 * kMib);
  QVERIFY(f.open());
  Error refused;
  const size_t count = f.fill(700'000, refused);
  QVERIFY(count > 5);
  QVERIFY(refused.code == ErrorCode::disk_full);
  QVERIFY(!f.store->accepting());
  QVERIFY(f.all_there(count, 700'000));
  QCOMPARE(f.blobs().size(), count);  // of what was refused nothing is left
  QVERIFY(f.remove_all());
  QVERIFY(f.accepting_soon());
  QVERIFY(f.deliver(text_of(700'000)).has_value());
}

/// Another program takes everything at once: not even a deletion's log entry fits but for the reserve.
void MailTroubleTest::full_all_of_a_sudden() {
  TroubleFixture f;
  QVERIFY(f.open());
  for (int i = 0; i < 50; ++i) QVERIFY(f.deliver(text_of(30'000, i)).has_value());
  f.room(f.disk.used());
  const auto refused = f.deliver(text_of(60'000));
  QVERIFY(!refused.has_value());
  QVERIFY(refused.error().code == ErrorCode::disk_full);
  QVERIFY(f.all_there(50, 30'000));
  QVERIFY(f.remove({1, 2, 3}).has_value());
  QCOMPARE(f.messages(), uint64_t{47});
  QVERIFY(!f.store->accepting());
  f.room(UINT64_MAX);
  QVERIFY(f.accepting_soon());
  QVERIFY(f.deliver(text_of(60'000)).has_value());
}

void MailTroubleTest::full_from_the_start() {
  TroubleFixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver("kept").has_value());
  f.store.reset();
  QVERIFY(f.disk.files().remove(f.path() + "/reserve.bin").has_value());
  f.room(f.disk.used() + 2 * kMib);
  QVERIFY(f.open());
  QVERIFY(!f.store->accepting());
  QVERIFY(!f.deliver("refused").has_value());
  QCOMPARE(*f.read(1), std::string("kept"));
  f.room(200 * kMib);
  QVERIFY(f.accepting_soon());
  QVERIFY(f.deliver("taken").has_value());
}

void MailTroubleTest::read_only_for_a_while() {
  TroubleFixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver(text_of(1000, 0)).has_value());
  f.faults.read_only = true;
  f.disk.set(f.faults);
  for (const size_t octets : {size_t{1000}, size_t{200'000}, size_t{900'000}}) {
    const auto refused = f.deliver(text_of(octets));
    QVERIFY(!refused.has_value());
    QVERIFY2(refused.error().code == ErrorCode::folder_read_only, std::to_string(octets).c_str());
  }
  QVERIFY(!f.store->accepting());
  QVERIFY(f.store->status()->trouble == ErrorCode::folder_read_only);
  QVERIFY(f.remove({1}).error().code == ErrorCode::folder_read_only);
  QVERIFY(f.all_there(1, 1000));
  f.faults.read_only = false;
  f.disk.set(f.faults);
  QVERIFY(f.accepting_soon());
  QVERIFY(f.deliver(text_of(1000, 1)).has_value());
  QVERIFY(f.all_there(2, 1000));
}

void MailTroubleTest::read_only_from_the_start() {
  TroubleFixture f;
  f.faults.read_only = true;
  f.disk.set(f.faults);
  const auto opened = store::MailStore::open(test_keys(), f.options);
  QVERIFY(!opened.has_value());
  QVERIFY(opened.error().code == ErrorCode::folder_read_only);
}

void MailTroubleTest::a_sync_that_fails_is_no_acknowledgement() {
  TroubleFixture f;
  QVERIFY(f.open());
  f.faults.syncs_fail = true;
  f.disk.set(f.faults);
  for (const size_t octets : {size_t{1000}, size_t{200'000}}) {
    const auto refused = f.deliver(text_of(octets));
    QVERIFY(!refused.has_value());
    QVERIFY(refused.error().code == ErrorCode::io_error);
  }
  QCOMPARE(f.messages(), uint64_t{0});
  f.faults.syncs_fail = false;
  f.disk.set(f.faults);
  QVERIFY(f.deliver("works again").has_value());
  QCOMPARE(f.messages(), uint64_t{1});
  QCOMPARE(f.store->status()->messages, uint64_t{1});
}

/// The rollback takes numbers kept in memory with it: counters, and uids out of a block that was never written.
void MailTroubleTest::a_failed_commit_is_not_found_later() {
  TroubleFixture f;
  QVERIFY(f.open());
  f.faults.read_only = true;
  f.disk.set(f.faults);
  QVERIFY(!f.deliver("first, refused").has_value());  // would have reserved the first block of uids
  f.faults.read_only = false;
  f.disk.set(f.faults);
  QVERIFY(f.accepting_soon());
  QVERIFY(f.deliver("one").has_value());
  std::string before;
  {
    auto mailbox = f.store->open_mailbox(kAlice);
    before = (*mailbox)->unique_id(*(*mailbox)->entry(1));
  }
  QVERIFY(f.remove({1}).has_value());
  QVERIFY(f.open());
  QVERIFY(f.deliver("two").has_value());
  auto mailbox = f.store->open_mailbox(kAlice);
  QVERIFY((*mailbox)->unique_id(*(*mailbox)->entry(1)) != before);
  QCOMPARE(f.store->status()->messages, uint64_t{1});
}

QTEST_APPLESS_MAIN(MailTroubleTest)
#include "mail_trouble_test.moc"

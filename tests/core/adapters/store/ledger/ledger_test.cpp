#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <atomic>
#include <thread>

#include "adapters/store/ledger_store.h"
#include "adapters/store/sqlite.h"
#include "observe/session_id.h"

using namespace postern;
using namespace postern::store;

namespace {

constexpr WallTime kSecond = kMicrosPerSecond;

std::string name_of(uint64_t account) {
  return "user" + std::to_string(account) + "@example.org";
}

LedgerSession session(uint64_t id, WallTime began, uint16_t port = 25, const char* address = "192.0.2.7",
                      uint64_t account = 0) {
  LedgerSession out;
  out.row.id = id;
  out.row.port = port;
  out.row.address = *IpAddress::parse(address);
  out.row.began = began;
  out.row.ended = began + kSecond;
  out.row.verdict = id % 3 == 0 ? Decision::refuse : Decision::pass;
  out.row.stage = Stage::close;
  out.row.octets_in = 1000 + id;
  out.row.octets_out = 500;
  out.row.messages = 2;
  out.row.rule = id % 3 == 0 ? "no-such-user" : "";
  out.row.why = "quit";
  out.account = account;
  return out;
}

std::vector<uint64_t> ids(const LedgerPage& page) {
  std::vector<uint64_t> out;
  for (const LedgerSession& row : page.rows) out.push_back(row.row.id);
  return out;
}

using Ids = std::vector<uint64_t>;

/// A month's end that was reported.
struct Report {
  SealedMonth month;
  std::function<void()> recorded;
};

}  // namespace

class LedgerTest : public QObject {
  Q_OBJECT
 private slots:
  void init();
  void every_field_comes_back();
  void no_address_of_a_user_is_written();
  void pages_newest_first();
  void filters();
  void bad_cursors();
  void months_roll_and_are_sealed();
  void an_unrecorded_seal_is_reported_again();
  void a_month_that_ended_while_stopped();
  void retention_removes_whole_files();
  void a_clock_set_back_does_not_reopen();
  void folded_refusals();
  void contacts();
  void a_full_queue_drops_and_counts();
  void folds_are_bounded();
  void trouble_with_the_disk_is_told_and_over();
  void a_newer_file_is_left_alone();
  void a_damaged_file_is_an_error();
  void words_are_bounded();
  void many_writers();
  void the_highest_id();
  void closing_writes_what_waits();

 private:
  LedgerOptions options() {
    LedgerOptions out;
    out.folder = folder_->path().toStdString();
    return out;
  }
  std::unique_ptr<LedgerStore> open(LedgerOptions with) {
    auto opened = LedgerStore::open(clock_, std::move(with));
    if (!opened) qFatal("open: %s", std::string(error_name(opened.error().code)).c_str());
    return std::move(*opened);
  }
  std::unique_ptr<LedgerStore> open() { return open(options()); }
  observe::SessionFilter filter(const char* text) const {
    return observe::SessionFilter::parse(text, clock_.wall()).value();
  }
  QString path(const char* name) const { return folder_->filePath(name); }

  std::unique_ptr<QTemporaryDir> folder_;
  ManualClock clock_;
};

void LedgerTest::init() {
  folder_ = std::make_unique<QTemporaryDir>();
  QVERIFY(folder_->isValid());
  clock_.set_wall(*parse_rfc3339("2026-11-24T08:30:00Z"));
}

void LedgerTest::every_field_comes_back() {
  const auto ledger = open();
  LedgerSession written = session(1234567890123456789, clock_.wall(), 110, "2001:db8::7", 42);
  written.row.verdict = Decision::defer;
  written.row.rule = "store-full";
  QVERIFY(ledger->record(written));
  QVERIFY(ledger->flush());
  const LedgerPage page = *ledger->list({}, {}, 10, name_of);
  QCOMPARE(page.rows.size(), size_t{1});
  const observe::SessionRow& row = page.rows[0].row;
  QCOMPARE(row.id, written.row.id);
  QCOMPARE(row.port, uint16_t{110});
  QCOMPARE(row.address.to_string(), std::string("2001:db8::7"));
  QCOMPARE(row.user, std::string("user42@example.org"));
  QCOMPARE(row.verdict, Decision::defer);
  QCOMPARE(row.stage, Stage::close);
  QCOMPARE(row.began, written.row.began);
  QCOMPARE(row.ended, written.row.ended);
  QCOMPARE(row.octets_in, written.row.octets_in);
  QCOMPARE(row.octets_out, written.row.octets_out);
  QCOMPARE(row.messages, uint32_t{2});
  QCOMPARE(row.rule, std::string("store-full"));
  QCOMPARE(row.why, std::string("quit"));
  QCOMPARE(page.rows[0].account, uint64_t{42});
  QCOMPARE(ledger->find(written.row.id, name_of).value().value().row.user, std::string("user42@example.org"));
  QVERIFY(!ledger->find(5, name_of).value());
  QCOMPARE(ledger->status().written, uint64_t{1});
}

void LedgerTest::no_address_of_a_user_is_written() {
  {
    const auto ledger = open();
    LedgerSession written = session(1, clock_.wall(), 110, "192.0.2.7", 42);
    written.row.user = "somebody@example.org";
    ledger->record(written);
  }
  QDir dir(folder_->path());
  for (const QString& name : dir.entryList(QDir::Files)) {
    QFile file(dir.filePath(name));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY2(!file.readAll().contains("somebody"), qPrintable(name));
  }
}

void LedgerTest::pages_newest_first() {
  const auto ledger = open();
  for (uint64_t id = 1; id <= 1200; ++id) ledger->record(session(id, clock_.wall()));
  QVERIFY(ledger->flush());
  std::optional<LedgerCursor> cursor;
  uint64_t expected = 1200;
  do {
    const LedgerPage page = *ledger->list({}, cursor, 100, name_of);
    for (const uint64_t id : ids(page)) QCOMPARE(id, expected--);
    cursor = page.next;
    if (cursor) QCOMPARE(LedgerCursor::parse(cursor->to_string())->below, cursor->below);
  } while (cursor);
  QCOMPARE(expected, uint64_t{0});
}

void LedgerTest::filters() {
  const auto ledger = open();
  ledger->record(session(1, clock_.wall() - 3 * 86'400 * kSecond, 25, "192.0.2.1"));
  ledger->record(session(2, clock_.wall() - 7'200 * kSecond, 110, "192.0.2.2", 7));
  ledger->record(session(3, clock_.wall() - 60 * kSecond, 25, "198.51.100.3"));
  QVERIFY(ledger->flush());
  const auto found = [&](const char* text) { return ids(*ledger->list(filter(text), {}, 100, name_of)); };
  QCOMPARE(found(""), (Ids{3, 2, 1}));
  QCOMPARE(found("port=110"), (Ids{2}));
  QCOMPARE(found("address=192.0.2.0/24"), (Ids{2, 1}));
  QCOMPARE(found("user=user7"), (Ids{2}));
  QCOMPARE(found("user="), (Ids{3, 1}));
  QCOMPARE(found("verdict=refuse"), (Ids{3}));
  QCOMPARE(found("since=3h"), (Ids{3, 2}));
  QCOMPARE(found("until=1h"), (Ids{2, 1}));
  QCOMPARE(found("text=no-such"), (Ids{3}));
  QCOMPARE(found("state=open"), (Ids{}));
}

void LedgerTest::bad_cursors() {
  for (const char* text :
       {"", "2026-11", "2026-11.", "2026-13.1", "2026-1.1", "2026-11.x", "2026-11.99999999999999999999", "../../x.1"})
    QVERIFY2(!LedgerCursor::parse(text), text);
  QVERIFY(LedgerCursor::parse("2026-11.18446744073709551615"));
}

void LedgerTest::months_roll_and_are_sealed() {
  std::vector<Report> reports;
  LedgerOptions with = options();
  with.sealed = [&](const SealedMonth& month, std::function<void()> recorded) {
    reports.push_back({month, std::move(recorded)});
  };
  auto ledger = open(with);
  for (uint64_t id = 1; id <= 5; ++id) ledger->record(session(id, clock_.wall()));
  QVERIFY(ledger->flush());
  QVERIFY(reports.empty());
  clock_.set_wall(*parse_rfc3339("2026-12-01T00:00:01Z"));
  ledger->record(session(6, clock_.wall()));
  QVERIFY(ledger->flush());
  QCOMPARE(reports.size(), size_t{1});
  const SealedMonth& month = reports[0].month;
  QCOMPARE(month.month, std::string("2026-11"));
  QCOMPARE(month.sessions, uint64_t{5});
  QVERIFY(!QFile::exists(path("sessions-2026-11.db-wal")));
  QFile file(path("sessions-2026-11.db"));
  QVERIFY(!(file.permissions() & QFileDevice::WriteOwner));
  QVERIFY(file.open(QIODevice::ReadOnly));
  QCOMPARE(QCryptographicHash::hash(file.readAll(), QCryptographicHash::Sha256).toHex().toStdString(), month.sha256);
  // Lists go on over the border, and reading does not change the sealed file.
  QCOMPARE(ids(*ledger->list({}, {}, 100, name_of)), (Ids{6, 5, 4, 3, 2, 1}));
  LedgerPage page = *ledger->list({}, {}, 1, name_of);
  page = *ledger->list({}, page.next, 100, name_of);
  QCOMPARE(ids(page), (Ids{5, 4, 3, 2, 1}));
  file.seek(0);
  QCOMPARE(QCryptographicHash::hash(file.readAll(), QCryptographicHash::Sha256).toHex().toStdString(), month.sha256);
  reports[0].recorded();
  ledger.reset();
  reports.clear();
  ledger = open(with);
  QVERIFY(ledger->flush());
  QVERIFY(reports.empty());
}

void LedgerTest::an_unrecorded_seal_is_reported_again() {
  std::vector<Report> reports;
  LedgerOptions with = options();
  with.sealed = [&](const SealedMonth& month, std::function<void()> recorded) {
    reports.push_back({month, std::move(recorded)});
  };
  auto ledger = open(with);
  ledger->record(session(1, clock_.wall()));
  QVERIFY(ledger->flush());
  clock_.set_wall(*parse_rfc3339("2026-12-05T00:00:00Z"));
  ledger->record(session(2, clock_.wall()));
  QVERIFY(ledger->flush());
  ledger.reset();
  ledger = open(with);
  QVERIFY(ledger->flush());
  QCOMPARE(reports.size(), size_t{2});
  QCOMPARE(reports[0].month.sha256, reports[1].month.sha256);
}

void LedgerTest::a_month_that_ended_while_stopped() {
  std::vector<Report> reports;
  LedgerOptions with = options();
  open(with)->record(session(1, clock_.wall()));
  clock_.set_wall(*parse_rfc3339("2027-02-01T00:00:00Z"));
  with.sealed = [&](const SealedMonth& month, std::function<void()> recorded) {
    reports.push_back({month, std::move(recorded)});
  };
  const auto ledger = open(with);
  QVERIFY(ledger->flush());
  QCOMPARE(reports.size(), size_t{1});
  QCOMPARE(reports[0].month.month, std::string("2026-11"));
  QCOMPARE(reports[0].month.sessions, uint64_t{1});
  QCOMPARE(ids(*ledger->list({}, {}, 10, name_of)), (Ids{1}));
}

void LedgerTest::retention_removes_whole_files() {
  LedgerOptions with = options();
  with.retention_days = 400;
  open(with)->record(session(1, clock_.wall()));
  clock_.set_wall(*parse_rfc3339("2028-01-04T00:00:00Z"));  // 399 days after the end of November 2026
  { QVERIFY(open(with)->flush()); }
  QVERIFY(QFile::exists(path("sessions-2026-11.db")));
  clock_.set_wall(*parse_rfc3339("2028-01-06T00:00:00Z"));
  { QVERIFY(open(with)->flush()); }
  QVERIFY(!QFile::exists(path("sessions-2026-11.db")));
  QVERIFY(QFile::exists(path("sessions-2028-01.db")));
}

void LedgerTest::a_clock_set_back_does_not_reopen() {
  const auto ledger = open();
  ledger->record(session(1, clock_.wall()));
  QVERIFY(ledger->flush());
  clock_.set_wall(*parse_rfc3339("2026-10-24T08:30:00Z"));
  ledger->record(session(2, clock_.wall()));
  QVERIFY(ledger->flush());
  QVERIFY(!QFile::exists(path("sessions-2026-10.db")));
  QCOMPARE(ids(*ledger->list({}, {}, 10, name_of)), (Ids{2, 1}));
}

void LedgerTest::folded_refusals() {
  const auto ledger = open();
  const IpAddress one = *IpAddress::parse("192.0.2.7"), other = *IpAddress::parse("2001:db8::1");
  const WallTime minute = clock_.wall();
  for (int i = 0; i < 500; ++i) QVERIFY(ledger->turned_away(minute + i * kSecond / 10, one, 25, "too-many"));
  QVERIFY(ledger->flush());
  for (int i = 0; i < 500; ++i) QVERIFY(ledger->turned_away(minute + i * kSecond / 10, one, 25, "too-many"));
  QVERIFY(ledger->turned_away(minute, one, 110, "too-many"));
  QVERIFY(ledger->turned_away(minute, other, 25, "ban"));
  QVERIFY(ledger->turned_away(minute + 60 * kSecond, one, 25, "too-many"));
  QVERIFY(ledger->flush());
  const auto rows = *ledger->turned_away_between(minute, minute + 3600 * kSecond, 100);
  QCOMPARE(rows.size(), size_t{4});
  QCOMPARE(rows[0].minute, minute + 60 * kSecond);
  uint64_t sum = 0;
  for (const TurnedAway& row : rows) {
    if (row.minute == minute && row.port == 25 && row.address == one) {
      QCOMPARE(row.count, uint64_t{1000});
      QCOMPARE(row.rule, std::string("too-many"));
    }
    sum += row.count;
  }
  QCOMPARE(sum, uint64_t{1003});
  QCOMPARE(ledger->turned_away_between(minute, minute + 1, 100)->size(), size_t{3});
  QCOMPARE(ledger->turned_away_between(minute, minute + 3600 * kSecond, 2)->size(), size_t{2});
}

void LedgerTest::contacts() {
  const auto ledger = open();
  Contact contact;
  contact.address = *IpAddress::parse("192.0.2.7");
  contact.port = 110;
  contact.account = 7;
  contact.credential = "password";
  contact.client = "thunderbird";
  contact.outcome = "ok";
  for (int i = 0; i < 10; ++i) QVERIFY(ledger->contact(clock_.wall() + i * kSecond, contact));
  contact.outcome = "wrong";
  contact.account = 8;
  QVERIFY(ledger->contact(clock_.wall(), contact));
  QVERIFY(ledger->flush());
  const auto all = *ledger->contacts_between(clock_.wall() - 3600 * kSecond, clock_.wall() + 1, 0, 100);
  QCOMPARE(all.size(), size_t{2});
  const auto one = *ledger->contacts_between(clock_.wall() - 3600 * kSecond, clock_.wall() + 1, 7, 100);
  QCOMPARE(one.size(), size_t{1});
  QCOMPARE(one[0].count, uint64_t{10});
  QCOMPARE(one[0].hour, *parse_rfc3339("2026-11-24T08:00:00Z"));
  QCOMPARE(one[0].client, std::string("thunderbird"));
  QCOMPARE(one[0].outcome, std::string("ok"));
}

void LedgerTest::a_full_queue_drops_and_counts() {
  LedgerOptions with = options();
  with.queue = 10;
  with.batch = 1000;
  with.interval = Millis(3'600'000);
  auto ledger = open(with);
  QVERIFY(ledger->flush());
  int taken = 0;
  for (uint64_t id = 1; id <= 25; ++id) taken += ledger->record(session(id, clock_.wall())) ? 1 : 0;
  QCOMPARE(taken, 10);
  QCOMPARE(ledger->status().dropped, uint64_t{15});
  QCOMPARE(ledger->status().waiting, size_t{10});
  QVERIFY(ledger->flush());
  QCOMPARE(ledger->list({}, {}, 100, name_of)->rows.size(), size_t{10});
  QVERIFY(ledger->record(session(26, clock_.wall())));
}

void LedgerTest::folds_are_bounded() {
  LedgerOptions with = options();
  with.interval = Millis(3'600'000);
  const auto ledger = open(with);
  QVERIFY(ledger->flush());
  uint64_t refused = 0;
  for (uint32_t i = 0; i < kLedgerFolds + 100; ++i) {
    const IpAddress address =
        IpAddress::v4({10, static_cast<uint8_t>(i >> 16), static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)});
    refused += ledger->turned_away(clock_.wall(), address, 25, "ban") ? 0 : 1;
  }
  QCOMPARE(refused, uint64_t{100});
  QCOMPARE(ledger->status().dropped, uint64_t{100});
}

void LedgerTest::trouble_with_the_disk_is_told_and_over() {
  LedgerOptions with = options();
  with.queue = 100;
  const auto ledger = open(with);
  ledger->record(session(1, clock_.wall()));
  QVERIFY(ledger->flush());
  // Somebody holds the write lock: what waits is kept, and written as soon as that is over.
  {
    Database::Options other;
    auto blocker = *Database::open(folder_->filePath("sessions-2026-11.db").toStdString(), other);
    QVERIFY(blocker.begin());
    ledger->record(session(2, clock_.wall()));
    const auto flushed = ledger->flush();
    QVERIFY(!flushed);
    QCOMPARE(flushed.error().code, ErrorCode::busy);
    QVERIFY(ledger->status().error.has_value());
    ledger->record(session(3, clock_.wall()));
  }
  QVERIFY(ledger->flush());
  QVERIFY(!ledger->status().error);
  QCOMPARE(ids(*ledger->list({}, {}, 10, name_of)), (Ids{3, 2, 1}));
  QCOMPARE(ledger->status().dropped, uint64_t{0});
}

void LedgerTest::a_newer_file_is_left_alone() {
  { open()->record(session(1, clock_.wall())); }
  {
    Database::Options with;
    auto database = *Database::open(path("sessions-2026-11.db").toStdString(), with);
    QVERIFY(database.set_user_version(99));
    QVERIFY(database.checkpoint(true));
  }
  QFile file(path("sessions-2026-11.db"));
  QVERIFY(file.open(QIODevice::ReadOnly));
  const QByteArray before = file.readAll();
  const auto opened = LedgerStore::open(clock_, options());
  QVERIFY(!opened);
  QCOMPARE(opened.error().code, ErrorCode::folder_newer);
  QCOMPARE(opened.error().args.at(1), std::string("99"));
  file.seek(0);
  QVERIFY(file.readAll() == before);
}

void LedgerTest::a_damaged_file_is_an_error() {
  QFile file(path("sessions-2026-11.db"));
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(QByteArray(8192, 'x'));
  file.close();
  const auto opened = LedgerStore::open(clock_, options());
  QVERIFY(!opened);
  QCOMPARE(opened.error().code, ErrorCode::folder_damaged);
  LedgerOptions missing = options();
  missing.folder += "/not-there";
  QCOMPARE(LedgerStore::open(clock_, missing).error().code, ErrorCode::folder_unreadable);
}

void LedgerTest::words_are_bounded() {
  const auto ledger = open();
  for (uint64_t id = 1; id <= 6000; ++id) {
    LedgerSession row = session(id, clock_.wall());
    row.row.why = "end " + std::to_string(id) + std::string(200, 'x');
    ledger->record(row);
  }
  QVERIFY(ledger->flush());
  QCOMPARE(ledger->find(1, name_of).value()->row.why.size(), size_t{64});
  QCOMPARE(ledger->find(6000, name_of).value()->row.why, std::string("other"));
}

void LedgerTest::many_writers() {
  constexpr uint64_t kThreads = 4, kEach = 3'000;
  LedgerOptions with = options();
  with.batch = 200;
  const auto ledger = open(with);
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (uint64_t n = 0; n < kEach; ++n) {
        ledger->record(session(1 + i * kEach + n, clock_.wall()));
        ledger->turned_away(clock_.wall(), *IpAddress::parse("192.0.2.7"), 25, "ban");
        if (n % 500 == 0) (void)ledger->list({}, {}, 10, name_of);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  QVERIFY(ledger->flush());
  QCOMPARE(ledger->status().dropped, uint64_t{0});
  QCOMPARE(ledger->turned_away_between(0, INT64_MAX, 10)->at(0).count, kThreads * kEach);
  size_t count = 0;
  std::optional<LedgerCursor> cursor;
  do {
    const LedgerPage page = *ledger->list({}, cursor, 1000, name_of);
    count += page.rows.size();
    cursor = page.next;
  } while (cursor);
  QCOMPARE(count, size_t{kThreads * kEach});
}

void LedgerTest::the_highest_id() {
  QCOMPARE(open()->highest_session(), uint64_t{0});
  { open()->record(session(77, clock_.wall())); }
  QCOMPARE(open()->highest_session(), uint64_t{77});
  clock_.set_wall(*parse_rfc3339("2026-12-05T00:00:00Z"));
  { QCOMPARE(open()->highest_session(), uint64_t{77}); }
  // The new month's file is there and empty: the older one still counts.
  QCOMPARE(open()->highest_session(), uint64_t{77});
}

void LedgerTest::closing_writes_what_waits() {
  LedgerOptions with = options();
  with.interval = Millis(3'600'000);
  {
    const auto ledger = open(with);
    for (uint64_t id = 1; id <= 50; ++id) ledger->record(session(id, clock_.wall()));
  }
  QCOMPARE(open(with)->list({}, {}, 100, name_of)->rows.size(), size_t{50});
}

QTEST_APPLESS_MAIN(LedgerTest)
#include "ledger_test.moc"

// SQLite behind our own words: errors that are told apart, migrations with a snapshot, newer databases left alone.
#include <QTemporaryDir>
#include <QtTest>
#include <array>
#include <filesystem>
#include <fstream>

#include "adapters/platform/files.h"
#include "adapters/store/mail_schema.h"
#include "adapters/store/migrate.h"
#include "core/adapters/store/mail_fixture.h"

using namespace postern;
using namespace postern::test;
using store::Database;
using store::Migration;
using store::Statement;

namespace {

constexpr std::array<Migration, 3> kSteps{{{1, "CREATE TABLE t(a); INSERT INTO t VALUES(1);"},
                                           {2, "ALTER TABLE t ADD COLUMN b; UPDATE t SET b=a+1;"},
                                           {3, "INSERT INTO t VALUES(5, 6);"}}};

struct Folder {
  QTemporaryDir folder;
  std::string path = folder.path().toStdString() + "/some.db";
  Database::Options options = [] {
    Database::Options out;
    out.create = true;
    return out;
  }();
  Expected<Database> open(size_t steps) {
    return store::open_migrated(path, options, std::span(kSteps).first(steps), platform::real_files());
  }
};

}  // namespace

class DatabaseTest : public QObject {
  Q_OBJECT
 private slots:
  void statements_bind_and_read();
  void transactions_roll_back();
  void errors_are_told_apart();
  void a_damaged_file_is_an_error_not_an_end();
  void the_log_is_watched();
  void migrations_run_once_each();
  void a_snapshot_is_taken_before();
  void a_migration_that_fails_changes_nothing();
  void newer_is_refused_and_untouched();
  void foreign_is_refused();
  void the_mail_database_when_it_is_newer();
};

void DatabaseTest::statements_bind_and_read() {
  Folder f;
  auto database = Database::open(f.path, f.options);
  QVERIFY(database->execute("CREATE TABLE t(i, u, t, b, n)").has_value());
  Statement insert(*database, "INSERT INTO t VALUES(?1,?2,?3,?4,?5)");
  const Bytes blob{0, 1, 255};
  QVERIFY(
      insert.bind(1, int64_t{-5}).bind(2, UINT64_MAX).bind(3, "te\0xt").bind(4, BytesView(blob)).bind_null(5).run());
  QVERIFY(
      insert.bind(1, 7).bind(2, 0U).bind(3, std::string_view()).bind(4, BytesView()).bind_null(5).run().has_value());
  Statement look(*database, "SELECT * FROM t");
  QVERIFY(*look.step());
  QCOMPARE(look.integer(0), int64_t{-5});
  QCOMPARE(static_cast<uint64_t>(look.integer(1)), UINT64_MAX);
  QCOMPARE(look.text(2), std::string_view("te"));
  QVERIFY(std::equal(blob.begin(), blob.end(), look.blob(3).begin(), look.blob(3).end()));
  QVERIFY(look.is_null(4));
  QVERIFY(*look.step());
  QVERIFY(!look.is_null(2) && !look.is_null(3));
  QVERIFY(!*look.step());
}

void DatabaseTest::transactions_roll_back() {
  Folder f;
  auto database = Database::open(f.path, f.options);
  QVERIFY(database->execute("CREATE TABLE t(a)").has_value());
  {
    store::Transaction transaction(*database);
    QVERIFY(database->execute("INSERT INTO t VALUES(1)").has_value());
  }
  QCOMPARE(*database->scalar("SELECT count(*) FROM t"), int64_t{0});
  {
    store::Transaction transaction(*database);
    QVERIFY(database->execute("INSERT INTO t VALUES(1)").has_value());
    QVERIFY(transaction.commit().has_value());
  }
  QCOMPARE(*database->scalar("SELECT count(*) FROM t"), int64_t{1});
}

void DatabaseTest::errors_are_told_apart() {
  Folder f;
  f.options.busy_timeout_ms = 1;
  auto first = Database::open(f.path, f.options);
  QVERIFY(first->execute("CREATE TABLE t(a)").has_value());
  auto second = Database::open(f.path, f.options);
  {
    store::Transaction writing(*first);
    QVERIFY(second->execute("INSERT INTO t VALUES(1)").error().code == ErrorCode::busy);
  }
  Database::Options reading = f.options;
  reading.read_only = true;
  auto third = Database::open(f.path, reading);
  QVERIFY(third->execute("INSERT INTO t VALUES(1)").error().code == ErrorCode::folder_read_only);
  const auto nowhere = Database::open(f.path + "/not/there.db", f.options);
  QVERIFY(nowhere.error().code == ErrorCode::folder_unreadable);
  QVERIFY(first->execute("PRAGMA max_page_count=5").has_value());
  const auto full = first->execute("INSERT INTO t VALUES(zeroblob(1000000))");
  QVERIFY(full.error().code == ErrorCode::disk_full);
}

void DatabaseTest::a_damaged_file_is_an_error_not_an_end() {
  Folder f;
  write_file(f.path, "not a database at all" + text_of(8192));
  for (const bool read_only : {true, false}) {
    Database::Options how = f.options;
    how.read_only = read_only;
    auto database = Database::open(f.path, how);
    if (!database) {
      QVERIFY(database.error().code == ErrorCode::folder_damaged);
      continue;
    }
    QVERIFY(database->scalar("SELECT count(*) FROM sqlite_schema").error().code == ErrorCode::folder_damaged);
    Statement statement(*database, "SELECT ?1 FROM sqlite_schema");
    QVERIFY(statement.bind(1, 1).bind(1, "x").step().error().code == ErrorCode::folder_damaged);
    QCOMPARE(statement.integer(0), int64_t{0});
  }
  QVERIFY(f.open(1).error().code == ErrorCode::folder_damaged);
}

void DatabaseTest::the_log_is_watched() {
  Folder f;
  int frames = 0;
  auto database = Database::open(f.path, f.options);
  database->watch_log(frames);
  QVERIFY(database->execute("CREATE TABLE t(a)").has_value());
  const int before = frames;
  QVERIFY(before > 0);
  QVERIFY(database->execute("INSERT INTO t VALUES(1)").has_value());
  QVERIFY(frames > before);
  const auto done = database->checkpoint_log(false);
  QVERIFY(done.complete());
  QCOMPARE(done.frames, frames);
  QVERIFY(database->execute("INSERT INTO t VALUES(1)").has_value());
  QVERIFY(frames < before);  // begun anew
}

void DatabaseTest::migrations_run_once_each() {
  Folder f;
  for (size_t steps = 1; steps <= 3; ++steps) {
    for (int again = 0; again < 2; ++again) {
      auto database = f.open(steps);
      QVERIFY(database.has_value());
      QCOMPARE(database->user_version(), static_cast<int64_t>(steps));
      QCOMPARE(*database->scalar("SELECT count(*) FROM t"), steps == 3 ? int64_t{2} : int64_t{1});
    }
  }
  QCOMPARE(*store::version_of(f.path, f.options), int64_t{3});
  QCOMPARE(*store::version_of(f.path + "x", f.options), int64_t{0});
}

void DatabaseTest::a_snapshot_is_taken_before() {
  Folder f;
  QVERIFY(f.open(1).has_value());
  QVERIFY(!std::filesystem::exists(f.path + ".before-0"));
  QVERIFY(f.open(2).has_value());
  QVERIFY(std::filesystem::exists(f.path + ".before-1"));
  QVERIFY(f.open(3).has_value());
  QVERIFY(!std::filesystem::exists(f.path + ".before-1"));
  auto old = Database::open(f.path + ".before-2", {});
  QVERIFY(old.has_value());
  QCOMPARE(old->user_version(), int64_t{2});
  QCOMPARE(*old->scalar("SELECT b FROM t"), int64_t{2});
  QCOMPARE(*old->scalar("PRAGMA application_id"), f.options.application_id);
  QVERIFY(!std::filesystem::exists(f.path + ".before-2.new"));
}

void DatabaseTest::a_migration_that_fails_changes_nothing() {
  Folder f;
  QVERIFY(f.open(1).has_value());
  constexpr std::array<Migration, 2> kBroken{{{1, ""}, {2, "INSERT INTO t VALUES(8); INSERT INTO nowhere VALUES(1);"}}};
  QVERIFY(!store::open_migrated(f.path, f.options, kBroken, platform::real_files()).has_value());
  auto database = f.open(1);
  QVERIFY2(database.has_value(), database ? "" : error_name(database.error().code).data());
  QCOMPARE(database->user_version(), int64_t{1});
  QCOMPARE(*database->scalar("SELECT count(*) FROM t"), int64_t{1});
}

void DatabaseTest::newer_is_refused_and_untouched() {
  Folder f;
  QVERIFY(f.open(3).has_value());
  const std::string before = file_content(f.path);
  const auto refused = f.open(2);
  QVERIFY(!refused.has_value());
  QCOMPARE(refused.error(), (Error{ErrorCode::folder_newer, {f.path, "3", "2"}}));
  QVERIFY(file_content(f.path) == before);
  // Its version may stand in a log that a crash left behind: that is read, and left too.
  {
    auto database = f.open(3);
    QVERIFY(database->execute("PRAGMA user_version=9").has_value());
    for (const char* end : {"", "-wal"}) std::filesystem::copy_file(f.path + end, f.path + ".copy" + end);
  }
  const std::string log = file_content(f.path + ".copy-wal");
  QVERIFY(!log.empty());
  const auto newer = store::open_migrated(f.path + ".copy", f.options, kSteps, platform::real_files());
  QVERIFY(newer.error().code == ErrorCode::folder_newer);
  QVERIFY(file_content(f.path + ".copy-wal") == log);
  QVERIFY(file_content(f.path + ".copy") == before);
}

void DatabaseTest::foreign_is_refused() {
  Folder f;
  Database::Options other = f.options;
  other.application_id = 42;
  {
    auto database = Database::open(f.path, other);
    QVERIFY(database->execute("CREATE TABLE t(a); PRAGMA user_version=1").has_value());
  }
  const std::string before = file_content(f.path);
  QVERIFY(f.open(2).error().code == ErrorCode::folder_damaged);
  QVERIFY(file_content(f.path) == before);
}

void DatabaseTest::the_mail_database_when_it_is_newer() {
  MailFixture f;
  QVERIFY(f.open());
  QVERIFY(f.deliver("kept").has_value());
  f.store.reset();
  const std::string path = f.path() + "/mail.db";
  {
    auto database = Database::open(path, {});
    QVERIFY(database->set_user_version(99).has_value());
  }
  const std::string before = file_content(path);
  const auto opened = store::MailStore::open(test_keys(), f.options);
  QVERIFY(!opened.has_value());
  QCOMPARE(opened.error(), (Error{ErrorCode::folder_newer, {path, "99", std::to_string(store::kMailSchema)}}));
  QVERIFY(file_content(path) == before);
}

QTEST_APPLESS_MAIN(DatabaseTest)
#include "database_test.moc"

// Somebody with the database in his hands, and an administration that is opened on it afterwards: what he did is found,
// and stays found.
#include "adapters/store/sqlite.h"
#include "adapters/store/state_store.h"
#include "admin_fixture.h"

using namespace postern;
using namespace postern::test;

namespace {

using std::filesystem::copy_options;

struct TrailFixture : AdminFixture {
  std::string database() const { return path() + "/" + store::kStateFile; }
  /// "10 truncated", "ok".
  std::string found() {
    const auto verdict = ask(api::AuditVerify{});
    if (!verdict) return "error";
    if (verdict->ok) return "ok";
    return verdict->first_bad->seq + " " + verdict->first_bad->kind;
  }
  uint64_t entries() { return ask(api::AuditVerify{})->entries; }
  std::string entry_of(const std::string& action) {
    for (const auto& row : want(api::AuditList{}).entries)
      if (row.action == action) return row.seq;
    return "none";
  }
  std::vector<std::string> damage_entries() {
    std::vector<std::string> out;
    for (const auto& row : want(api::AuditList{}).entries)
      if (row.action == "audit.damage") out.push_back(row.object);
    return out;
  }
  /// The administration is closed after it.
  bool tamper(const std::string& sql) {
    admin.reset();
    auto file = store::Database::open(database(), {});
    return file && file->execute(sql).has_value() && file->checkpoint(true);
  }
  bool again() { return open().has_value(); }
  bool keep_copy() { return tamper("SELECT 1") && std::filesystem::copy_file(database(), path() + "/old") && again(); }
  void put_copy_back() {
    admin.reset();
    for (const char* beside : {"-wal", "-shm"}) std::filesystem::remove(database() + beside);
    std::filesystem::copy_file(path() + "/old", database(), copy_options::overwrite_existing);
  }
  bool set_limits(int first, int last) {
    for (int i = first; i <= last; ++i)
      if (!set("smtp/limits", "recipients", std::to_string(i))) return false;
    return true;
  }
  bool warns(const std::string& of) const {
    const auto all = admin->warnings();
    return std::find(all.begin(), all.end(), of) != all.end();
  }
};

/// The last entry of an old copy is `seq - 1`; four were made after it.
bool rolled_back(TrailFixture& f, uint64_t& seq) {
  if (!f.begin() || !f.set_limits(10, 12) || !f.keep_copy()) return false;
  seq = f.entries() + 1;
  if (!f.set_limits(13, 16)) return false;
  f.put_copy_back();
  return f.again();
}

}  // namespace

class TrailTest : public QObject {
  Q_OBJECT
 private slots:
  void a_rollback_is_not_outgrown();
  void a_rollback_is_told_of_once();
  void deleted_heads_are_not_forgotten();
  void the_newest_heads_deleted();
  void a_kept_trail_tells_of_nothing();
  void the_entry_outlives_its_payload();
  void nothing_can_be_appended();
  void edited_rows_data();
  void edited_rows();
  void the_earliest_of_both();
  void erased_payloads_are_skipped();
  void everything_an_administrator_does_agrees();
  void upkeep_that_fails();
  void a_revert_that_fails();
};

void TrailTest::a_rollback_is_not_outgrown() {
  TrailFixture f;
  uint64_t cut = 0;
  QVERIFY(rolled_back(f, cut));
  const std::string expected = std::to_string(cut) + " truncated";
  QVERIFY(f.warns("audit_damaged"));
  QCOMPARE(f.found(), expected);
  for (int i = 0; i < 10; ++i) {
    QVERIFY(f.set_limits(20 + i, 20 + i));
    QCOMPARE(f.found(), expected);
    QVERIFY(f.again());
    QCOMPARE(f.found(), expected);
  }
}

void TrailTest::a_rollback_is_told_of_once() {
  TrailFixture f;
  uint64_t cut = 0;
  QVERIFY(rolled_back(f, cut));
  const std::vector<std::string> once{"audit/" + std::to_string(cut) + " truncated"};
  QCOMPARE(f.damage_entries(), once);
  QCOMPARE(f.entry_of("audit.damage"), std::to_string(cut));
  for (int i = 0; i < 6; ++i) {
    QVERIFY(f.again());
    QVERIFY(f.set_limits(20 + i, 20 + i));
  }
  QCOMPARE(f.damage_entries(), once);
  const auto shown = f.ask(api::AuditShow{.seq = std::to_string(cut)});
  const Json payload = Json::parse(shown->payload->text);
  QCOMPARE(payload.at("seq"), Json(std::to_string(cut)));
  QCOMPARE(payload.at("kind"), Json("truncated"));
  QCOMPARE(payload.at("entries"), Json(std::to_string(cut - 1)));
  QCOMPARE(shown->actor, std::string("postern"));
}

void TrailTest::deleted_heads_are_not_forgotten() {
  TrailFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.set_limits(10, 12));
  QVERIFY(f.tamper("DELETE FROM audit_head"));
  QVERIFY(f.again());
  QVERIFY(f.warns("audit_damaged"));
  const std::string first = f.found();
  QVERIFY(first.ends_with(" deleted"));
  for (int i = 0; i < 3; ++i) {
    QVERIFY(f.set_limits(20 + i, 20 + i));
    QVERIFY(f.again());
    QCOMPARE(f.found(), first);
  }
  QCOMPARE(f.damage_entries().size(), size_t{1});
  // Once more is another damage.
  QVERIFY(f.tamper("DELETE FROM audit_head"));
  QVERIFY(f.again());
  QCOMPARE(f.damage_entries().size(), size_t{2});
  QCOMPARE(f.found(), first);
}

void TrailTest::the_newest_heads_deleted() {
  TrailFixture f;
  QVERIFY(f.begin());
  for (int i = 0; i < 3; ++i) QVERIFY(f.set_limits(10 + i, 10 + i) && f.again());
  QVERIFY(f.tamper("DELETE FROM audit_head WHERE size=(SELECT max(size) FROM audit_head)"));
  QVERIFY(f.again());
  const std::string first = f.found();
  QVERIFY(first.ends_with(" deleted"));
  QVERIFY(f.set_limits(20, 20) && f.again() && f.again());
  QCOMPARE(f.found(), first);
}

void TrailTest::a_kept_trail_tells_of_nothing() {
  TrailFixture f;
  QVERIFY(f.begin());
  for (int i = 0; i < 5; ++i) QVERIFY(f.set_limits(10 + i, 10 + i) && f.again());
  QCOMPARE(f.found(), std::string("ok"));
  QVERIFY(f.damage_entries().empty());
  QVERIFY(f.admin->warnings().empty());
}

void TrailTest::the_entry_outlives_its_payload() {
  TrailFixture f;
  uint64_t cut = 0;
  QVERIFY(rolled_back(f, cut));
  QVERIFY(f.set_limits(20, 26));
  QVERIFY(f.tamper("DELETE FROM audit_payload WHERE seq=" + std::to_string(cut)));
  QVERIFY(f.again());
  QCOMPARE(f.found(), std::to_string(cut) + " truncated");
}

/// Then nothing can hide what was done either; mail goes on.
void TrailTest::nothing_can_be_appended() {
  TrailFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.set_limits(10, 12));
  QVERIFY(f.tamper("UPDATE audit_frontier SET size=2"));
  QVERIFY(f.again());
  QVERIFY(f.warns("audit_damaged"));
  QVERIFY(f.found() != "ok");
  QVERIFY(f.again());
  QVERIFY(f.found() != "ok");
}

void TrailTest::edited_rows_data() {
  QTest::addColumn<QString>("sql");
  QTest::addColumn<QString>("expected");  // %1: the entry of the change, %2: the last entry
  const auto row = [](const char* name, const char* sql, const char* expected) {
    QTest::newRow(name) << sql << expected;
  };
  // C stands for the change of smtp/limits, L for the last change.
  row("nothing", "SELECT 1", "ok");
  row("actor", "UPDATE journal SET actor='mallory' WHERE id=C", "%1 edited");
  row("via", "UPDATE journal SET via='mallory' WHERE id=C", "%1 edited");
  row("reason", "UPDATE journal SET reason='mallory' WHERE id=C", "%1 edited");
  row("action", "UPDATE journal SET action='mallory' WHERE id=C", "%1 edited");
  row("summary", "UPDATE journal SET summary='mallory' WHERE id=C", "%1 edited");
  row("undoes", "UPDATE journal SET undoes=1 WHERE id=C", "%1 edited");
  row("a state that is none", "UPDATE journal SET state='mallory' WHERE id=C", "%1 edited");
  row("a journal row gone", "PRAGMA foreign_keys=OFF; DELETE FROM journal WHERE id=C", "%1 deleted");
  row("before", "UPDATE journal_item SET before='{}' WHERE change=C", "%1 edited");
  row("after", "UPDATE journal_item SET after=replace(after, '42', '43') WHERE change=C", "%1 edited");
  row("after that is no JSON", "UPDATE journal_item SET after='{' WHERE change=C", "%1 edited");
  row("an item gone", "DELETE FROM journal_item WHERE change=C", "%1 edited");
  row("an item more", "INSERT INTO journal_item VALUES(C,9,'a','b',NULL,'{}')", "%1 edited");
  row("body", "UPDATE document SET body=replace(body, '42', '43') WHERE kind='smtp' AND id='limits'", "%1 edited");
  row("body gone", "UPDATE document SET body=NULL WHERE kind='user' AND id='2'", "%2 edited");
  row("document gone", "DELETE FROM document WHERE kind='user' AND id='2'", "%2 deleted");
  row("version put back", "UPDATE document SET version=1 WHERE kind='smtp' AND id='limits'", "1 edited");
  row("a document put back",
      "UPDATE document SET version=1, body=(SELECT after FROM journal_item WHERE change=1 AND kind='smtp' AND "
      "id='limits') WHERE kind='smtp' AND id='limits'",
      "2 edited");
  row("version of another change",
      "UPDATE document SET version=L, body=replace(body, '42', '43') WHERE kind='smtp' AND id='limits'", "%2 edited");
  row("a document invented", "INSERT INTO document VALUES('user','9','{\"address\":\"mallory@example.org\"}',L,0)",
      "%2 edited");
  row("a change invented",
      "INSERT INTO journal SELECT L+1,time,actor,via,reason,action,incident,summary,state,undo,0,0,NULL,NULL,NULL,NULL "
      "FROM journal WHERE id=C; INSERT INTO journal_item SELECT L+1,0,kind,id,after,replace(after,'42','43') FROM "
      "journal_item WHERE change=C; UPDATE document SET version=L+1,body=replace(body,'42','43') WHERE kind='smtp' AND "
      "id='limits'",
      "%2 edited");
}

void TrailTest::edited_rows() {
  QFETCH(QString, sql);
  QFETCH(QString, expected);
  TrailFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.set_limits(40, 41));
  const auto limits = f.set("smtp/limits", "recipients", "42");
  const std::string seq = f.entry_of("smtp.set");
  QVERIFY(limits && f.add("bob@example.org"));
  const auto last = f.want(api::ChangeList{}).changes.front().id;
  const std::string end = std::to_string(f.entries());
  QCOMPARE(f.found(), std::string("ok"));
  sql.replace(QRegularExpression("\\bC\\b"), QString::fromStdString(limits->change));
  sql.replace(QRegularExpression("\\bL\\b"), QString::fromStdString(last));
  QVERIFY(f.tamper(sql.toStdString()));
  QVERIFY(f.again());
  QVERIFY(!f.warns("audit_damaged"));
  expected.replace("%1", QString::fromStdString(seq)).replace("%2", QString::fromStdString(end));
  QCOMPARE(QString::fromStdString(f.found()), expected);
  QCOMPARE(f.warns("audit_damaged"), expected != "ok");
}

void TrailTest::the_earliest_of_both() {
  TrailFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.set_limits(10, 12));
  const std::string third = f.entry_of("smtp.set");
  QVERIFY(f.set_limits(13, 15));
  const std::string sixth = f.entry_of("smtp.set");
  const auto newest = f.want(api::ChangeList{}).changes.front().id;
  QVERIFY(f.tamper("UPDATE audit_entry SET actor='m' WHERE seq=" + third +
                   "; UPDATE journal SET actor='m' WHERE id=" + newest));
  QVERIFY(f.again());
  QCOMPARE(f.found(), third + " edited");
  QVERIFY(f.tamper("UPDATE audit_entry SET actor='alice' WHERE seq=" + third));
  QVERIFY(f.again());
  QCOMPARE(f.found(), sixth + " edited");
  QVERIFY(f.tamper("UPDATE journal SET actor='m' WHERE id=1"));
  QVERIFY(f.again());
  QVERIFY(f.found() != sixth + " edited");
}

void TrailTest::erased_payloads_are_skipped() {
  TrailFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.set_limits(10, 12));
  const auto change = f.set("pop3/limits", "errors", "3");
  const std::string seq = f.entry_of("pop3.set");
  QVERIFY(f.set_limits(13, 14));
  // Also the newest one's, whose documents hold.
  const std::string last = f.entry_of("smtp.set");
  QVERIFY(f.tamper("DELETE FROM audit_payload WHERE seq IN (" + seq + "," + last + ")"));
  QVERIFY(f.again());
  QCOMPARE(f.found(), seq + " deleted");
  // As an erasing does it: the trail says so itself.
  QVERIFY(f.admin->note("audit.erase", "audit/" + seq + "-" + seq, "{}").has_value());
  QVERIFY(f.admin->note("audit.erase", "audit/" + last + "-" + last, "{}").has_value());
  QCOMPARE(f.found(), std::string("ok"));
  QVERIFY(f.tamper("UPDATE journal SET actor='m' WHERE id=" + change->change));
  QVERIFY(f.again());
  QCOMPARE(f.found(), std::string("ok"));
}

/// No false alarm, whatever is done.
void TrailTest::everything_an_administrator_does_agrees() {
  TrailFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.add("bob@example.org", "pw", {"robert@example.org"}).has_value());
  QVERIFY(f.ask(api::UserRemove{.user = "bob@example.org"}).has_value());
  QVERIFY(f.ask(api::UserRestore{.user = "bob@example.org"}).has_value());
  const auto one = f.set("smtp/limits", "recipients", "10");
  QVERIFY(f.set("smtp/limits", "errors", "5").has_value());
  QVERIFY(f.ask(api::ChangeUndo{.id = one->change, .reason = "\xff no UTF-8"}).has_value());
  const auto kept = f.set("pop3/limits", "errors", "3", 600);
  QVERIFY(f.ask(api::ChangeConfirm{.id = kept->change}).has_value());
  QVERIFY(f.set("pop3/limits", "errors", "4", 30).has_value());
  f.clock.advance(std::chrono::seconds(31));
  f.admin->tick();
  QVERIFY(f.ask(api::DocumentSet{.id = "domain/example.net", .document = api::JsonText{"{}"}}).has_value());
  QVERIFY(f.ask(api::DocumentSet{.id = "domain/example.net", .document = api::JsonText{"null"}}).has_value());
  f.clock.advance(std::chrono::hours(24 * 95));
  f.admin->tick();
  QCOMPARE(f.found(), std::string("ok"));
  QVERIFY(f.again());
  QCOMPARE(f.found(), std::string("ok"));
  QVERIFY(f.admin->warnings().empty());
}

void TrailTest::upkeep_that_fails() {
  TrailFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.tamper("CREATE TRIGGER no BEFORE INSERT ON data_key BEGIN SELECT RAISE(FAIL, 'no'); END"));
  f.clock.advance(std::chrono::hours(24 * 95));
  QVERIFY(f.again());
  QCOMPARE(f.admin->warnings(), std::vector<std::string>{"upkeep_failed"});
  QVERIFY(f.tamper("DROP TRIGGER no"));
  QVERIFY(f.again());
  QVERIFY(f.admin->warnings().empty());
}

void TrailTest::a_revert_that_fails() {
  TrailFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.set("smtp/limits", "recipients", "42", 30).has_value());
  QVERIFY(f.tamper("CREATE TRIGGER no BEFORE UPDATE ON journal BEGIN SELECT RAISE(FAIL, 'no'); END"));
  QVERIFY(f.again());
  f.admin->tick();
  QVERIFY(f.admin->warnings().empty());
  f.clock.advance(std::chrono::seconds(31));
  f.admin->tick();
  QCOMPARE(f.admin->warnings(), std::vector<std::string>{"revert_failed"});
  QVERIFY(f.tamper("DROP TRIGGER no"));
  QVERIFY(f.again());
  f.admin->tick();
  QVERIFY(f.admin->warnings().empty());
}

QTEST_APPLESS_MAIN(TrailTest)
#include "trail_test.moc"

#include "response/audit/recorded.h"

#include <QtTest>

using namespace postern::audit;

class RecordedTest : public QObject {
  Q_OBJECT
 private slots:
  void objects_there_and_back();
  void only_damage_entries_tell();
  void the_same_damage_again_data();
  void the_same_damage_again();
};

void RecordedTest::objects_there_and_back() {
  for (const Damage kind : {Damage::edited, Damage::deleted, Damage::truncated, Damage::reordered})
    for (const uint64_t seq : {uint64_t{1}, uint64_t{10}, UINT64_MAX}) {
      const FirstDamage damage{seq, kind};
      QVERIFY(parse_damage_object(damage_object(damage)) == damage);
    }
  QCOMPARE(damage_object({10, Damage::truncated}), std::string("audit/10 truncated"));
  for (const char* bad : {"", "audit/", "audit/10", "audit/10 ", "audit/10 lost", "audit/10 edited ",
                          "audit/10  edited", "audit/0 edited", "audit/-1 edited", "audit/ 1 edited",
                          "audit/99999999999999999999 edited", "user/10 edited", "audit/1-5"})
    QVERIFY(!parse_damage_object(bad));
}

void RecordedTest::only_damage_entries_tell() {
  Entry entry;
  entry.action = kDamageAction;
  entry.object = "audit/10 truncated";
  QVERIFY(recorded_in(entry) == (FirstDamage{10, Damage::truncated}));
  entry.action = "user.add";
  QVERIFY(!recorded_in(entry));
}

void RecordedTest::the_same_damage_again_data() {
  QTest::addColumn<QString>("recorded");
  QTest::addColumn<QString>("found");
  QTest::addColumn<bool>("same");
  const auto row = [](const char* recorded, const char* found, bool same) {
    QTest::addRow("%s, %s", recorded, found) << recorded << found << same;
  };
  row("audit/10 truncated", "audit/10 truncated", true);
  // The end moves on, then the trail is longer than what was cut away.
  row("audit/10 truncated", "audit/11 truncated", true);
  row("audit/10 truncated", "audit/12 edited", true);
  row("audit/10 truncated", "audit/12 deleted", true);
  row("audit/10 truncated", "audit/9 truncated", false);
  row("audit/10 edited", "audit/14 edited", true);
  row("audit/10 edited", "audit/14 truncated", false);
  row("audit/9 deleted", "audit/9 deleted", true);
  row("audit/9 deleted", "audit/30 deleted", false);
}

void RecordedTest::the_same_damage_again() {
  QFETCH(QString, recorded);
  QFETCH(QString, found);
  QFETCH(bool, same);
  const auto before = parse_damage_object(recorded.toStdString()), now = parse_damage_object(found.toStdString());
  QVERIFY(before && now);
  QCOMPARE(tells_of(*before, *now), same);
}

QTEST_APPLESS_MAIN(RecordedTest)
#include "recorded_test.moc"

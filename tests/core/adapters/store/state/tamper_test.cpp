// Somebody with the database in his hands: whatever he does to the trail is found, at its place, and called by its
// name.
#include <QtTest>
#include <fstream>

#include "response/audit/recorded.h"
#include "support/state_folder.h"

using namespace postern;
using namespace postern::audit;
using test::StateFolder;

namespace {

constexpr int kEntries = 50;  // signed after 20 and 40

/// Twenty, a head, twenty, a head, ten without one.
bool fill(StateFolder& f) {
  return f.open() && f.append_many(20) && f.sign() && f.append_many(20) && f.sign() && f.append_many(10);
}

QString found(StateFolder& f) {
  if (!f.open()) return "cannot be opened";
  const auto verdict = f.verify();
  if (!verdict) return "error";
  if (verdict->ok()) return "ok";
  return QString::number(verdict->first->seq) + " " + damage_name(verdict->first->kind);
}

/// Writes the trail anew from `seq` on, as somebody would who knows how it is made but has no keys: entries, chain,
/// leaves, inner nodes and frontier fit each other again.
bool forge(StateFolder& f, uint64_t seq, const std::function<void(Entry&)>& change) {
  if (!f.open()) return false;
  std::vector<Entry> entries;
  auto read = f.store->read_entries(1, false, false, [&](const StoredEntry& stored) {
    entries.push_back(stored.entry);
    return true;
  });
  if (!read) return false;
  change(entries[seq - 1]);
  Frontier frontier;
  audit::Transaction transaction(*f.store);
  std::vector<Digest> chains;
  Digest chain{};
  for (const Entry& entry : entries) {
    const Bytes octets = serialise(entry);
    chain = link(chain, octets);
    chains.push_back(chain);
    add_leaf(frontier, leaf_hash(octets), [&f](unsigned level, uint64_t index, const Digest& hash) {
      static_cast<void>(f.store->put_node(level, index, hash));
    });
  }
  frontier.chain = chain;
  const auto old = f.store->frontier();
  if (!f.store->put_frontier({frontier, (*old)->mac}) || !transaction.commit()) return false;
  std::string sql;
  for (size_t i = 0; i < entries.size(); ++i)
    sql += "UPDATE audit_entry SET actor='" + entries[i].actor + "', chain=x'" + hex(chains[i]) +
           "' WHERE seq=" + std::to_string(i + 1) + ";";
  return f.tamper(sql);
}

}  // namespace

class TamperTest : public QObject {
  Q_OBJECT
 private slots:
  void statements_data();
  void statements();
  void every_entry_and_column();
  void a_trail_written_anew_is_found_by_its_heads();
  void a_tail_written_anew_is_found_by_the_frontier();
  void the_end_cut_with_its_heads();
  void the_end_cut_and_grown_again();
  void a_stranger_s_heads();
  void the_quick_look_at_the_end();
  void the_quick_look_at_lost_heads();
  void what_an_entry_tells_of_stays();
};

void TamperTest::statements_data() {
  QTest::addColumn<QString>("sql");
  QTest::addColumn<QString>("expected");
  const auto row = [](const char* name, const char* sql, const char* expected) {
    QTest::newRow(name) << sql << expected;
  };
  row("nothing", "SELECT 1", "ok");
  row("actor", "UPDATE audit_entry SET actor='mallory' WHERE seq=7", "7 edited");
  row("object of the first", "UPDATE audit_entry SET object='x' WHERE seq=1", "1 edited");
  row("time of the last", "UPDATE audit_entry SET time=time+1 WHERE seq=50", "50 edited");
  row("commitment", "UPDATE audit_entry SET commitment=randomblob(32) WHERE seq=30", "30 edited");
  row("short commitment", "UPDATE audit_entry SET commitment=x'00' WHERE seq=30", "30 edited");
  row("chain", "UPDATE audit_entry SET chain=randomblob(32) WHERE seq=30", "30 edited");
  row("leaf", "UPDATE audit_node SET hash=randomblob(32) WHERE level=0 AND position=29", "30 edited");
  row("no leaf", "DELETE FROM audit_node WHERE level=0 AND position=29", "30 edited");
  row("two entries", "UPDATE audit_entry SET actor='m' WHERE seq IN (33, 12)", "12 edited");
  row("one deleted", "DELETE FROM audit_entry WHERE seq=7", "7 deleted");
  row("first deleted", "DELETE FROM audit_entry WHERE seq=1", "1 deleted");
  row("some deleted", "DELETE FROM audit_entry WHERE seq BETWEEN 10 AND 25", "10 deleted");
  row("deleted and renumbered",
      "DELETE FROM audit_entry WHERE seq=7; UPDATE audit_entry SET seq=-seq WHERE seq>7; UPDATE audit_entry SET "
      "seq=-seq-1 WHERE seq<0",
      "7 deleted");
  row("two swapped",
      "UPDATE audit_entry SET seq=-7 WHERE seq=7; UPDATE audit_entry SET seq=7 WHERE seq=8; UPDATE audit_entry SET "
      "seq=8 WHERE seq=-7",
      "7 reordered");
  row("far ones swapped",
      "UPDATE audit_entry SET seq=-3 WHERE seq=3; UPDATE audit_entry SET seq=3 WHERE seq=41; UPDATE audit_entry SET "
      "seq=41 WHERE seq=-3",
      "3 reordered");
  row("moved to the end", "UPDATE audit_entry SET seq=51 WHERE seq=9", "9 reordered");
  row("last one cut", "DELETE FROM audit_entry WHERE seq=50", "50 truncated");
  row("end cut", "DELETE FROM audit_entry WHERE seq>30", "31 truncated");
  row("end cut with everything beside it",
      "DELETE FROM audit_entry WHERE seq>30; DELETE FROM audit_node WHERE position>=(30>>level); DELETE FROM "
      "audit_payload WHERE seq>30",
      "31 truncated");
  row("all gone", "DELETE FROM audit_entry", "1 truncated");
  row("frontier gone", "DELETE FROM audit_frontier", "50 deleted");
  row("frontier's size", "UPDATE audit_frontier SET size=60", "51 truncated");
  row("frontier's mac", "UPDATE audit_frontier SET mac=randomblob(32)", "50 edited");
  row("inner node", "UPDATE audit_node SET hash=randomblob(32) WHERE level=2 AND position=3", "13 edited");
  row("no inner node", "DELETE FROM audit_node WHERE level=3 AND position=1", "9 edited");
  row("a head deleted", "DELETE FROM audit_head WHERE size=20", "40 deleted");
  row("last head deleted", "DELETE FROM audit_head WHERE size=40", "40 deleted");
  row("a head edited", "UPDATE audit_head SET head=randomblob(250) WHERE size=20", "20 edited");
  row("a head moved", "UPDATE audit_head SET size=21 WHERE size=20", "21 edited");
  row("payload edited", "UPDATE audit_payload SET box=(SELECT box FROM audit_payload WHERE seq=4) WHERE seq=5",
      "5 edited");
  row("payload deleted", "DELETE FROM audit_payload WHERE seq=5", "5 deleted");
  row("payload deleted before an edit",
      "DELETE FROM audit_payload WHERE seq=5; UPDATE audit_entry SET actor='m' WHERE seq=9", "5 deleted");
  row("an entry invented",
      "INSERT INTO audit_entry SELECT 51,time,actor,via,action,object,commitment,chain FROM audit_entry WHERE seq=50",
      "51 edited");
}

void TamperTest::statements() {
  QFETCH(QString, sql);
  QFETCH(QString, expected);
  StateFolder f;
  QVERIFY(fill(f));
  QCOMPARE(f.verify()->entries, uint64_t{kEntries});
  QVERIFY(f.verify()->ok());
  QVERIFY(f.tamper(sql.toStdString()));
  QCOMPARE(found(f), expected);
}

void TamperTest::every_entry_and_column() {
  StateFolder f;
  QVERIFY(fill(f));
  f.close();
  std::filesystem::copy(f.database(), f.path() + "/good");
  for (int seq = 1; seq <= kEntries; seq += 7)
    for (const char* column : {"time", "actor", "via", "action", "object", "commitment"}) {
      const std::string value = std::string(column) == "time" ? "time+1" : "'mallory'";
      QVERIFY(f.tamper("UPDATE audit_entry SET " + std::string(column) + "=" + value +
                       " WHERE seq=" + std::to_string(seq)));
      QCOMPARE(found(f), QString::number(seq) + " edited");
      f.close();
      std::filesystem::copy(f.path() + "/good", f.database(), std::filesystem::copy_options::overwrite_existing);
    }
  QCOMPARE(found(f), QString("ok"));
}

/// Entries, chain and tree fit each other; only the signature tells. The first one may be any since the head before.
void TamperTest::a_trail_written_anew_is_found_by_its_heads() {
  StateFolder f;
  QVERIFY(fill(f));
  QVERIFY(forge(f, 25, [](Entry& entry) { entry.actor = "mallory"; }));
  QCOMPARE(found(f), QString("21 edited"));
}

void TamperTest::a_tail_written_anew_is_found_by_the_frontier() {
  StateFolder f;
  QVERIFY(fill(f));
  QVERIFY(forge(f, 45, [](Entry& entry) { entry.actor = "mallory"; }));
  QCOMPARE(found(f), QString("50 edited"));
}

void TamperTest::the_end_cut_with_its_heads() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(f.append_many(20));
  QVERIFY(f.sign());
  f.close();
  // A copy of the whole database as it was: nothing in it tells that it is old.
  std::filesystem::copy(f.database(), f.path() + "/old");
  QVERIFY(f.open());
  QVERIFY(f.append_many(20));
  QVERIFY(f.sign());
  f.close();
  std::filesystem::copy(f.path() + "/old", f.database(), std::filesystem::copy_options::overwrite_existing);
  QCOMPARE(found(f), QString("21 truncated"));
}

void TamperTest::the_end_cut_and_grown_again() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(f.append_many(20));
  QVERIFY(f.sign());
  f.close();
  std::filesystem::copy(f.database(), f.path() + "/old");
  QVERIFY(f.open());
  QVERIFY(f.append_many(20));
  QVERIFY(f.sign());
  f.close();
  std::filesystem::copy(f.path() + "/old", f.database(), std::filesystem::copy_options::overwrite_existing);
  // Work goes on, beyond what was cut, and is signed: the copy outside keeps the evidence.
  QVERIFY(f.open());
  QVERIFY(f.append_many(60));
  QVERIFY(f.sign());
  QCOMPARE(found(f), QString("40 edited"));
}

void TamperTest::a_stranger_s_heads() {
  StateFolder f;
  QVERIFY(fill(f));
  f.signer = crypto::Ed25519Key::generate();
  QCOMPARE(found(f), QString("20 edited"));
}

void TamperTest::the_quick_look_at_the_end() {
  StateFolder f;
  QVERIFY(fill(f));
  const TrustedKeys keys{f.signer.public_key()};
  QVERIFY(!check_end(*f.store, keys, &f.mac)->has_value());
  QVERIFY(f.tamper("UPDATE audit_frontier SET size=30"));
  QVERIFY(f.open());
  QVERIFY(check_end(*f.store, keys, &f.mac)->has_value());
  QVERIFY(check_end(*f.store, keys, nullptr)->has_value());
  QVERIFY(check_end(*f.store, {}, nullptr)->has_value());
}

void TamperTest::the_quick_look_at_lost_heads() {
  StateFolder f;
  QVERIFY(fill(f));
  const TrustedKeys keys{f.signer.public_key()};
  const auto look = [&](const std::string& sql) {
    return f.tamper(sql) && f.open() ? *check_end(*f.store, keys, &f.mac) : std::nullopt;
  };
  // After a crash the newest head may have no copy outside yet.
  const auto old = *f.store->outside_head();
  QVERIFY(f.sign());
  QVERIFY(f.store->keep_outside(*old).has_value());
  QVERIFY(!look("SELECT 1"));
  QVERIFY(look("DELETE FROM audit_head WHERE size=40") == (FirstDamage{40, Damage::edited}));
  QVERIFY(look("DELETE FROM audit_head WHERE size>20") == (FirstDamage{40, Damage::deleted}));
  QVERIFY(look("DELETE FROM audit_head") == (FirstDamage{40, Damage::deleted}));
}

/// Entries that tell of damage are heeded wherever they stand; the earliest place counts.
void TamperTest::what_an_entry_tells_of_stays() {
  StateFolder f;
  QVERIFY(fill(f));
  const auto tell = [&f](const FirstDamage& damage) {
    audit::Transaction transaction(*f.store);
    return f.log->append({"postern", "process", kDamageAction, damage_object(damage), "{}"}).has_value() &&
           transaction.commit().has_value();
  };
  QVERIFY(!newest_recorded(*f.store)->has_value());
  QVERIFY(tell({30, Damage::truncated}));
  QCOMPARE(found(f), QString("30 truncated"));
  QVERIFY(tell({35, Damage::deleted}));
  QVERIFY(*newest_recorded(*f.store) == (FirstDamage{35, Damage::deleted}));
  QVERIFY(f.sign());
  QCOMPARE(found(f), QString("30 truncated"));
  // At the same place, and after it, nothing else is said.
  QVERIFY(f.tamper("UPDATE audit_entry SET actor='m' WHERE seq=30"));
  QCOMPARE(found(f), QString("30 truncated"));
  QVERIFY(f.tamper("UPDATE audit_entry SET actor='m' WHERE seq=12"));
  QCOMPARE(found(f), QString("12 edited"));
}

QTEST_APPLESS_MAIN(TamperTest)
#include "tamper_test.moc"

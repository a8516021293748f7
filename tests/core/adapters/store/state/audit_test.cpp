// The audit trail as it is kept: appending, heads, erasing, proofs.
#include <QtTest>
#include <fstream>

#include "response/audit/proof.h"
#include "support/state_folder.h"

using namespace postern;
using namespace postern::audit;
using test::StateFolder;

class AuditTest : public QObject {
  Q_OBJECT
 private slots:
  void an_empty_trail();
  void it_goes_on_after_a_restart();
  void a_rolled_back_entry_never_was();
  void heads_are_signed_in_time();
  void heads_name_their_predecessor();
  void erased_payloads();
  void payloads_are_encrypted();
  void proofs_over_the_store();
  void a_damaged_copy_outside_stays();
  void the_copy_outside_is_made_after_a_crash();
  void verification_can_be_cancelled();
  void a_payload_beyond_the_limit();
};

void AuditTest::an_empty_trail() {
  StateFolder f;
  QVERIFY(f.open());
  const auto verdict = f.verify();
  QVERIFY(verdict.has_value());
  QVERIFY(verdict->ok());
  QCOMPARE(verdict->entries, uint64_t{0});
  QVERIFY(!f.log->head_due());
  QVERIFY(f.sign());
  QVERIFY(f.store->heads()->empty());
}

void AuditTest::it_goes_on_after_a_restart() {
  StateFolder f;
  QVERIFY(f.open());
  for (int round = 0; round < 5; ++round) {
    QVERIFY(f.append_many(7));
    QVERIFY(f.sign());
    QVERIFY(f.open());
    QCOMPARE(f.log->size(), uint64_t(7 * (round + 1)));
  }
  const auto verdict = f.verify();
  QVERIFY(verdict->ok());
  QCOMPARE(verdict->entries, uint64_t{35});
  QCOMPARE(verdict->heads, uint64_t{5});
}

void AuditTest::a_rolled_back_entry_never_was() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(f.append("one"));
  {
    audit::Transaction transaction(*f.store);
    QVERIFY(f.log->append({"a", "b", "c", "lost", "{}"}).has_value());
  }
  QVERIFY(f.log->load().has_value());
  QCOMPARE(f.log->size(), uint64_t{1});
  QVERIFY(f.append("two"));
  QVERIFY(f.verify()->ok());
  QCOMPARE(f.verify()->entries, uint64_t{2});
}

void AuditTest::heads_are_signed_in_time() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(f.append("one"));
  QVERIFY(!f.log->head_due());
  f.clock.advance(std::chrono::seconds(59));
  QVERIFY(f.append("two"));
  QVERIFY(!f.log->head_due());
  // A wall clock that is set makes no head, nor does it keep one away.
  f.clock.set_wall(0);
  QVERIFY(!f.log->head_due());
  f.clock.advance(std::chrono::seconds(1));
  QVERIFY(f.log->head_due());
  QVERIFY(f.sign());
  QVERIFY(!f.log->head_due());
  QVERIFY(f.append_many(999));
  QVERIFY(!f.log->head_due());
  QVERIFY(f.append("thousandth"));
  QVERIFY(f.log->head_due());
}

void AuditTest::heads_name_their_predecessor() {
  StateFolder f;
  QVERIFY(f.open());
  for (int i = 0; i < 3; ++i) {
    QVERIFY(f.append("x"));
    QVERIFY(f.sign());
  }
  const auto heads = f.store->heads();
  QCOMPARE(heads->size(), size_t{3});
  QVERIFY((*heads)[0].head.previous == Digest{});
  for (size_t i = 1; i < 3; ++i) QVERIFY((*heads)[i].head.previous == digest_of((*heads)[i - 1]));
  const auto outside = f.store->outside_head();
  QVERIFY(**outside == heads->back());
}

void AuditTest::erased_payloads() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(f.append_many(20));
  QVERIFY(f.sign());
  const auto root = root_at(*f.store, 20);
  {
    audit::Transaction transaction(*f.store);
    const auto seq = f.log->erase(5, 9, {"bob", "socket", "", "", R"({"reason":"asked for"})"});
    QVERIFY(seq.has_value());
    QCOMPARE(*seq, uint64_t{21});
    QVERIFY(transaction.commit().has_value());
  }
  // Gone, and yet everything verifies, with the same root.
  const auto verdict = f.verify();
  QVERIFY(verdict->ok());
  QCOMPARE(verdict->entries, uint64_t{21});
  QVERIFY(*root_at(*f.store, 20) == *root);
  std::vector<uint64_t> without;
  QVERIFY(f.store
              ->read_entries(1, false, true,
                             [&](const StoredEntry& entry) {
                               if (!entry.has_payload) without.push_back(entry.entry.seq);
                               return true;
                             })
              .has_value());
  QCOMPARE(without, (std::vector<uint64_t>{5, 6, 7, 8, 9}));
  {
    audit::Transaction transaction(*f.store);
    for (const auto& [first, last] : {std::pair<uint64_t, uint64_t>{0, 3}, {9, 5}, {20, 40}})
      QVERIFY(!f.log->erase(first, last, {"bob", "socket", "", "", "{}"}).has_value());
  }
}

void AuditTest::payloads_are_encrypted() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(f.append("object", "Xyzzy-payload-in-clear"));
  f.store->idle();
  f.close();
  for (const auto& entry : std::filesystem::directory_iterator(f.path())) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string octets((std::istreambuf_iterator<char>(file)), {});
    QVERIFY(octets.find("Xyzzy-payload-in-clear") == std::string::npos);
  }
  QVERIFY(f.open());
  std::string text;
  QVERIFY(f.store
              ->read_entries(1, false, true,
                             [&](const StoredEntry& entry) {
                               text = to_string(entry.payload->text);
                               return true;
                             })
              .has_value());
  QCOMPARE(text, std::string("Xyzzy-payload-in-clear"));
}

void AuditTest::proofs_over_the_store() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(f.append_many(23));
  QVERIFY(f.sign());
  const Head earlier = (*f.store->newest_head())->head;
  QVERIFY(f.append_many(14));
  QVERIFY(f.sign());
  const Head later = (*f.store->newest_head())->head;
  const auto consistency = consistency_proof(*f.store, earlier.size, later.size);
  QVERIFY(verify_consistency(earlier.size, later.size, earlier.root, later.root, *consistency));
  QVERIFY(f.store
              ->read_entries(1, false, false,
                             [&](const StoredEntry& stored) {
                               const auto proof = inclusion_proof(*f.store, stored.entry.seq - 1, later.size);
                               const Digest leaf = leaf_hash(serialise(stored.entry));
                               return proof &&
                                      verify_inclusion(leaf, stored.entry.seq - 1, later.size, *proof, later.root);
                             })
              .has_value());
}

void AuditTest::a_damaged_copy_outside_stays() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(f.append("one"));
  QVERIFY(f.sign());
  const std::string copy = f.path() + "/" + store::kAuditHeadFile;
  std::ofstream(copy) << "scribble\n";
  QVERIFY(f.append("two"));
  QVERIFY(f.sign());
  std::ifstream file(copy);
  std::string line;
  std::getline(file, line);
  QCOMPARE(line, std::string("scribble"));
  QVERIFY(!f.verify()->ok());
}

void AuditTest::the_copy_outside_is_made_after_a_crash() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(f.append("one"));
  QVERIFY(f.sign());
  const std::string copy = f.path() + "/" + store::kAuditHeadFile;
  std::filesystem::copy(copy, copy + ".old");
  QVERIFY(f.append("two"));
  QVERIFY(f.sign());
  // As if the process had ended between the commit and the copy.
  std::filesystem::rename(copy + ".old", copy);
  QVERIFY(f.open());
  QVERIFY(f.verify()->ok());
  const auto missing = f.log->keep_newest_outside();
  QVERIFY(missing.has_value() && !*missing);
  QVERIFY(**f.store->outside_head() == **f.store->newest_head());
  std::filesystem::remove(copy);
  QCOMPARE(f.verify()->first->kind, Damage::deleted);
  const auto gone = f.log->keep_newest_outside();
  QVERIFY(gone.has_value() && *gone);
  QVERIFY(f.verify()->ok());
}

void AuditTest::verification_can_be_cancelled() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(f.append_many(3000));
  VerifyOptions options = f.verify_options();
  int asked = 0;
  options.cancelled = [&asked] { return ++asked == 2; };
  const auto verdict = verify(*f.store, options);
  QVERIFY(!verdict.has_value());
  QCOMPARE(verdict.error().code, ErrorCode::cancelled);
}

void AuditTest::a_payload_beyond_the_limit() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(!f.append("big", std::string(kPayloadLimit + 1, 'x')));
  QVERIFY(f.log->load().has_value());
  QVERIFY(f.append("fits", std::string(kPayloadLimit, 'x')));
  QVERIFY(f.verify()->ok());
}

QTEST_APPLESS_MAIN(AuditTest)
#include "audit_test.moc"

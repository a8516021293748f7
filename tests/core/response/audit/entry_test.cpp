#include "response/audit/entry.h"

#include <QtTest>

#include "crypto/ed25519.h"
#include "response/audit/audit_log.h"
#include "response/audit/head.h"

using namespace postern;
using namespace postern::audit;

namespace {

Entry example() {
  Entry entry{7, 1'795'510'800'000'000, "alice", "socket", "user.add", "user/7 \u00e9", {}};
  for (size_t i = 0; i < entry.commitment.size(); ++i) entry.commitment[i] = static_cast<uint8_t>(i);
  return entry;
}

}  // namespace

class EntryTest : public QObject {
  Q_OBJECT
 private slots:
  void canonical_form();
  void every_octet_counts();
  void hostile_forms();
  void commitments();
  void chain();
  void fields_are_cut();
  void erased_objects();
  void heads();
};

void EntryTest::canonical_form() {
  Entry small{1, 2, "a", "b", "", "d", {}};
  // version, seq, time, four fields with their lengths, 32 octets.
  QCOMPARE(hex(serialise(small)),
           "01"
           "0000000000000001"
           "0000000000000002"
           "0000000161"
           "0000000162"
           "00000000"
           "0000000164" +
               std::string(64, '0'));
  const auto back = parse_entry(serialise(example()));
  QVERIFY(back.has_value());
  QVERIFY(*back == example());
}

void EntryTest::every_octet_counts() {
  const Bytes good = serialise(example());
  const Digest leaf = leaf_hash(good);
  for (size_t i = 0; i < good.size(); ++i) {
    Bytes other = good;
    other[i] ^= 1;
    QVERIFY(leaf_hash(other) != leaf);
    const auto parsed = parse_entry(other);
    QVERIFY(!parsed || !(*parsed == example()));
    if (parsed) QCOMPARE(serialise(*parsed), other);
  }
}

void EntryTest::hostile_forms() {
  const Bytes good = serialise(example());
  QVERIFY(!parse_entry({}));
  for (size_t size = 0; size < good.size(); ++size) QVERIFY(!parse_entry(BytesView(good).first(size)));
  Bytes longer = good;
  longer.push_back(0);
  QVERIFY(!parse_entry(longer));
  Bytes huge = good;
  for (size_t i = 17; i < 21; ++i) huge[i] = 0xff;  // the first field's length
  QVERIFY(!parse_entry(huge));
  Entry bad_text = example();
  bad_text.object = "\xff";
  QVERIFY(!parse_entry(serialise(bad_text)));
  bad_text.object = std::string(kEntryFieldLimit + 1, 'x');
  QVERIFY(!parse_entry(serialise(bad_text)));
}

void EntryTest::commitments() {
  const Bytes salt(kSaltSize, 1), other(kSaltSize, 2);
  QVERIFY(commit_to(salt, as_bytes("x")) == crypto::sha256({BytesView(salt), as_bytes("x")}));
  QVERIFY(commit_to(salt, as_bytes("x")) != commit_to(other, as_bytes("x")));
  QVERIFY(commit_to(salt, as_bytes("x")) != commit_to(salt, as_bytes("y")));
}

void EntryTest::chain() {
  const Bytes one = serialise(example());
  const uint8_t tag[] = {2};
  const Digest zero{};
  QVERIFY(link(zero, one) == crypto::sha256({BytesView(tag), BytesView(zero), BytesView(one)}));
  QVERIFY(link(link(zero, one), one) != link(zero, one));
}

void EntryTest::fields_are_cut() {
  QCOMPARE(entry_field("plain"), std::string("plain"));
  QVERIFY(entry_field(std::string("\xff\xfe")).find("\\x") != std::string::npos);
  std::string wide;
  while (wide.size() < 2 * kEntryFieldLimit) wide += "\u20ac";
  const std::string cut = entry_field(wide);
  QVERIFY(cut.size() <= kEntryFieldLimit);
  QVERIFY(cut.size() > kEntryFieldLimit - 3);
  Entry entry = example();
  entry.object = cut;
  QVERIFY(parse_entry(serialise(entry)).has_value());
}

void EntryTest::erased_objects() {
  uint64_t first = 0, last = 0;
  QVERIFY(parse_erased_object(erased_object(5, 900), first, last));
  QCOMPARE(first, uint64_t{5});
  QCOMPARE(last, uint64_t{900});
  for (const char* bad : {"", "audit/", "audit/5", "audit/5-", "audit/0-3", "audit/9-3", "audit/5-9x", "audit/-5-9",
                          "other/5-9", "audit/99999999999999999999-99999999999999999999"})
    QVERIFY2(!parse_erased_object(bad, first, last), bad);
}

void EntryTest::heads() {
  const auto key = crypto::Ed25519Key::generate(), stranger = crypto::Ed25519Key::generate();
  Head head{1000, 5, {}, {}, {}, {}};
  head.root[0] = 9;
  const SignedHead made = sign_head(head, key);
  const TrustedKeys trusted{key.public_key()};
  QVERIFY(is_genuine(made, trusted));
  QVERIFY(!is_genuine(made, {}));
  QVERIFY(!is_genuine(sign_head(head, stranger), trusted));
  SignedHead forged = sign_head(head, stranger);
  forged.head.key = key.public_key();
  QVERIFY(!is_genuine(forged, trusted));
  const std::string line = to_line(made);
  const auto back = head_from_line(line + "\r\n");
  QVERIFY(back.has_value());
  QVERIFY(*back == made);
  QVERIFY(digest_of(*back) == digest_of(made));
  for (size_t i = 0; i < line.size(); i += 2) {
    std::string other = line;
    other[i] = other[i] == '0' ? '1' : '0';
    const auto parsed = head_from_line(other);
    QVERIFY(!parsed || !is_genuine(*parsed, trusted));
  }
  for (size_t size = 0; size < line.size(); size += 7) QVERIFY(!head_from_line(line.substr(0, size)));
  QVERIFY(!head_from_line(line + "00"));
  QVERIFY(!head_from_line("not hexadecimal"));
}

QTEST_APPLESS_MAIN(EntryTest)
#include "entry_test.moc"

// The key hierarchy: wrapping, wrong keys, derivation, change of the key-encryption key.
#include "crypto/keys.h"

#include <QtTest>
#include <set>

#include "crypto/random.h"

using namespace postern;
using namespace postern::crypto;

namespace {

constexpr WallTime kNow = 1'795'510'800 * kMicrosPerSecond;  // 2026-11-24

AeadKey random_key() {
  AeadKey key;
  random_bytes(std::span<uint8_t>(key));
  return key;
}

WallTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

}  // namespace

class KeysTest : public QObject {
  Q_OBJECT
 private slots:
  void round_trip();
  void wrong_kek();
  void stored_keys_are_bound_to_id_and_date();
  void changed_octets();
  void derivation();
  void fixed_key_survives_new_data_keys();
  void no_keys();
  void quarters();
  void rewrapping();
};

void KeysTest::round_trip() {
  const AeadKey kek = random_key();
  const std::vector<WrappedKey> stored = {make_data_key(kek, 1, kNow), make_data_key(kek, 2, kNow + 1)};
  const auto ring = KeyRing::open(kek, stored, "kek-file");
  QVERIFY(ring.has_value());
  QCOMPARE((*ring)->newest(), 2U);
  QVERIFY((*ring)->find(1) != nullptr && (*ring)->find(2) != nullptr);
  QVERIFY(*(*ring)->find(1) != *(*ring)->find(2));
  QVERIFY((*ring)->find(3) == nullptr);
  // The order of the rows says nothing.
  const auto other = KeyRing::open(kek, {stored[1], stored[0]}, "kek-file");
  QCOMPARE(*(*other)->find(1), *(*ring)->find(1));
  QCOMPARE((*other)->newest(), 2U);
}

void KeysTest::wrong_kek() {
  const AeadKey kek = random_key();
  const std::vector<WrappedKey> stored = {make_data_key(kek, 1, kNow)};
  const auto ring = KeyRing::open(random_key(), stored, "/etc/kek");
  QVERIFY(!ring.has_value());
  QVERIFY(ring.error() == (Error{ErrorCode::key_wrong, {"/etc/kek"}}));
  // One key of another folder spoils the whole ring.
  QVERIFY(!KeyRing::open(kek, {stored[0], make_data_key(random_key(), 2, kNow)}, "x").has_value());
}

void KeysTest::stored_keys_are_bound_to_id_and_date() {
  const AeadKey kek = random_key();
  const WrappedKey good = make_data_key(kek, 1, kNow);
  WrappedKey other_id = good;
  other_id.id = 2;
  QVERIFY(!KeyRing::open(kek, {other_id}, "x").has_value());
  WrappedKey other_date = good;
  ++other_date.created;
  QVERIFY(!KeyRing::open(kek, {other_date}, "x").has_value());
  QVERIFY(!KeyRing::open(kek, {good, good}, "x").has_value());
  QVERIFY(KeyRing::open(kek, {good}, "x").has_value());
}

void KeysTest::changed_octets() {
  const AeadKey kek = random_key();
  const WrappedKey good = make_data_key(kek, 1, kNow);
  for (size_t i = 0; i < good.wrapped.size(); ++i) {
    WrappedKey bad = good;
    bad.wrapped[i] ^= 1;
    QVERIFY(!KeyRing::open(kek, {bad}, "x").has_value());
  }
  WrappedKey empty = good;
  empty.wrapped.clear();
  QVERIFY(!KeyRing::open(kek, {empty}, "x").has_value());
  // A box that opens but holds no key of 32 octets.
  Bytes context = to_bytes("postern data key");
  for (int i = 0; i < 3; ++i) context.push_back(0);
  context.push_back(1);
  for (int i = 0; i < 8; ++i) context.push_back(0);
  QVERIFY(KeyRing::open(kek, {{1, 0, seal_box(kek, context, Bytes(32, 5))}}, "x").has_value());
  QVERIFY(!KeyRing::open(kek, {{1, 0, seal_box(kek, context, Bytes(31, 5))}}, "x").has_value());
}

void KeysTest::derivation() {
  const AeadKey kek = random_key();
  const auto ring = KeyRing::open(kek, {make_data_key(kek, 1, kNow), make_data_key(kek, 2, kNow)}, "x").value();
  std::set<AeadKey> seen = {*ring->find(1), *ring->find(2)};
  for (const uint32_t id : {1U, 2U}) {
    for (const char* label : {"message", "blob", "fixed"}) {
      for (const char* object : {"1", "2", ""}) QVERIFY(seen.insert(ring->derive(id, label, as_bytes(object))).second);
    }
  }
  QVERIFY(seen.insert(ring->fixed("1")).second);
  QVERIFY(seen.insert(ring->fixed("message")).second);
  QCOMPARE(ring->derive(1, "message", as_bytes("1")), ring->derive(1, "message", as_bytes("1")));
  QVERIFY_EXCEPTION_THROWN(ring->derive(9, "message", as_bytes("1")), std::out_of_range);
}

void KeysTest::fixed_key_survives_new_data_keys() {
  const AeadKey kek = random_key();
  std::vector<WrappedKey> stored = {make_data_key(kek, 1, kNow)};
  const AeadKey before = KeyRing::open(kek, stored, "x").value()->fixed("lookup");
  stored.push_back(make_data_key(kek, 2, kNow));
  QCOMPARE(KeyRing::open(kek, stored, "x").value()->fixed("lookup"), before);
}

void KeysTest::no_keys() {
  const auto ring = KeyRing::open(random_key(), {}, "x");
  QVERIFY(ring.has_value());
  QCOMPARE((*ring)->newest(), 0U);
  QVERIFY_EXCEPTION_THROWN((*ring)->fixed("lookup"), std::out_of_range);
}

void KeysTest::quarters() {
  QCOMPARE(quarter_of(at("2026-01-01T00:00:00Z")), std::string("2026Q1"));
  QCOMPARE(quarter_of(at("2026-03-31T23:59:59Z")), std::string("2026Q1"));
  QCOMPARE(quarter_of(at("2026-04-01T00:00:00Z")), std::string("2026Q2"));
  QCOMPARE(quarter_of(at("2026-11-24T12:00:00Z")), std::string("2026Q4"));
  QCOMPARE(quarter_of(at("2026-12-31T23:59:59Z")), std::string("2026Q4"));
  QCOMPARE(quarter_of(at("2027-01-01T00:00:00Z")), std::string("2027Q1"));
  QCOMPARE(quarter_of(at("2028-02-29T00:00:00Z")), std::string("2028Q1"));
  QCOMPARE(quarter_of(-1), std::string("1969Q4"));
}

void KeysTest::rewrapping() {
  const AeadKey old_kek = random_key();
  const AeadKey new_kek = random_key();
  const std::vector<WrappedKey> stored = {make_data_key(old_kek, 1, kNow), make_data_key(old_kek, 2, kNow + 5)};
  const auto moved = rewrap(old_kek, new_kek, stored);
  QVERIFY(moved.has_value());
  QVERIFY(!KeyRing::open(old_kek, *moved, "x").has_value());
  const auto before = KeyRing::open(old_kek, stored, "x").value();
  const auto after = KeyRing::open(new_kek, *moved, "x").value();
  QCOMPARE(*after->find(1), *before->find(1));
  QCOMPARE(*after->find(2), *before->find(2));
  QCOMPARE((*moved)[1].created, kNow + 5);
  QVERIFY(!rewrap(new_kek, old_kek, stored).has_value());
}

QTEST_APPLESS_MAIN(KeysTest)
#include "keys_test.moc"

// HKDF-SHA-256 (RFC 5869 appendix A) and Argon2id (strings of the reference implementation's own test).
#include "crypto/kdf.h"

#include <QtTest>
#include <chrono>
#include <set>

using namespace postern;
using namespace postern::crypto;

namespace {

Bytes unhex(std::string_view text) {
  return from_hex(text).value();
}

Bytes counting(uint8_t from, uint8_t to) {
  Bytes octets;
  for (unsigned value = from; value <= to; ++value) octets.push_back(static_cast<uint8_t>(value));
  return octets;
}

constexpr Argon2Cost kCheap{64, 1, 1};

const std::vector<std::string> kReferenceStrings = {
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
};

}  // namespace

class KdfTest : public QObject {
  Q_OBJECT
 private slots:
  void hkdf_vectors();
  void hkdf_lengths();
  void hkdf_forgets_the_salt_before();
  void derived_keys_are_separate();
  void argon2_reference_strings();
  void argon2_round_trip();
  void argon2_refuses_changed_strings();
  void argon2_refuses_costs_out_of_bounds();
  void argon2_default_cost();
};

void KdfTest::hkdf_vectors() {
  // A.1
  QCOMPARE(hex(hkdf_sha256(Bytes(22, 0x0b), counting(0x00, 0x0c), counting(0xf0, 0xf9), 42)),
           std::string("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"));
  // A.2
  QCOMPARE(
      hex(hkdf_sha256(counting(0x00, 0x4f), counting(0x60, 0xaf), counting(0xb0, 0xff), 82)),
      std::string("b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da"
                  "3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"));
  // A.3: no salt, no info
  QCOMPARE(hex(hkdf_sha256(Bytes(22, 0x0b), {}, {}, 42)),
           std::string("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"));
}

void KdfTest::hkdf_lengths() {
  const Bytes key = unhex("0102030405060708");
  const Bytes longest = hkdf_sha256(key, {}, as_bytes("info"), 255 * 32);
  QCOMPARE(longest.size(), size_t{8160});
  for (const size_t length : {0U, 1U, 31U, 32U, 33U, 64U, 65U}) {
    const Bytes out = hkdf_sha256(key, {}, as_bytes("info"), length);
    QVERIFY(std::equal(out.begin(), out.end(), longest.begin(), longest.begin() + static_cast<int>(length)));
    QCOMPARE(out.size(), length);
  }
}

void KdfTest::hkdf_forgets_the_salt_before() {
  const Bytes key(32, 7);
  const Bytes without = hkdf_sha256(key, {}, {}, 32);
  QVERIFY(hkdf_sha256(key, as_bytes("salt"), {}, 32) != without);
  QCOMPARE(hkdf_sha256(key, {}, {}, 32), without);
}

void KdfTest::derived_keys_are_separate() {
  const AeadKey root{1};
  std::set<AeadKey> seen;
  seen.insert(derive_key(root, "message", as_bytes("1")));
  seen.insert(derive_key(root, "message", as_bytes("2")));
  seen.insert(derive_key(root, "message1", as_bytes("")));
  seen.insert(derive_key(root, "message", as_bytes("")));
  seen.insert(derive_key(root, "messag", as_bytes("e1")));
  seen.insert(derive_key(AeadKey{2}, "message", as_bytes("1")));
  QCOMPARE(seen.size(), size_t{6});
  QCOMPARE(derive_key(root, "message", as_bytes("1")), derive_key(root, "message", as_bytes("1")));
}

void KdfTest::argon2_reference_strings() {
  for (const std::string& encoded : kReferenceStrings) {
    QVERIFY2(argon2id_verify(encoded, Secret("password")), encoded.c_str());
    QVERIFY2(!argon2id_verify(encoded, Secret("passwore")), encoded.c_str());
  }
}

void KdfTest::argon2_round_trip() {
  for (const std::string password : {"", "0123456789012345678901234567890123456789012345678901234567890123456789", "p",
                                     "with blank", "пароль 密码"}) {
    const std::string encoded = argon2id_hash(Secret(password), kCheap);
    QVERIFY(encoded.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
    QVERIFY(argon2id_verify(encoded, Secret(password)));
    QVERIFY(!argon2id_verify(encoded, Secret(password + "x")));
  }
  QVERIFY(argon2id_hash(Secret("same"), kCheap) != argon2id_hash(Secret("same"), kCheap));
  const std::string zero("a\0b", 3);
  QVERIFY(!argon2id_verify(argon2id_hash(Secret(zero), kCheap), Secret("a")));
}

void KdfTest::argon2_refuses_changed_strings() {
  const std::string encoded = argon2id_hash(Secret("password"), kCheap);
  for (size_t at = 0; at < encoded.size(); ++at) {
    std::string changed = encoded;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    QVERIFY2(!argon2id_verify(changed, Secret("password")), changed.c_str());
  }
  for (size_t size = 0; size < encoded.size(); ++size)
    QVERIFY(!argon2id_verify(encoded.substr(0, size), Secret("password")));
  QVERIFY(!argon2id_verify(encoded + "=", Secret("password")));
  QVERIFY(!argon2id_verify(encoded + "$", Secret("password")));
  QVERIFY(!argon2id_verify(encoded + std::string(1, '\0'), Secret("password")));
  QVERIFY(!argon2id_verify(std::string(100'000, '$'), Secret("password")));
}

void KdfTest::argon2_refuses_costs_out_of_bounds() {
  const std::string tail = "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  const auto started = std::chrono::steady_clock::now();
  for (const char* cost :
       {"m=1048577,t=1,p=1", "m=4294967295,t=1,p=1", "m=4294967296,t=1,p=1", "m=256,t=17,p=1", "m=256,t=0,p=1",
        "m=256,t=2,p=0", "m=256,t=2,p=17", "m=7,t=2,p=1", "m=15,t=2,p=2", "m=-1,t=2,p=1", "m=256,t=2",
        "m=256,t=2,p=1,x=1", "t=2,m=256,p=1", "m= 256,t=2,p=1", "m=0256,t=2,p=1", ""}) {
    QVERIFY2(!argon2id_verify("$argon2id$v=19$" + std::string(cost) + tail, Secret("password")), cost);
  }
  for (const char* head : {"$argon2i$v=19$", "$argon2d$v=19$", "$argon2id$v=16$", "$argon2id$"}) {
    QVERIFY2(!argon2id_verify(head + std::string("m=256,t=2,p=1") + tail, Secret("password")), head);
  }
  // A hash cut to 4 octets would let one guess in four thousand million pass; the salt is too short in the second.
  QVERIFY(!argon2id_verify("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EA", Secret("password")));
  QVERIFY(!argon2id_verify("$argon2id$v=19$m=256,t=2,p=1$c29t$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
                           Secret("password")));
  // Refused before any work: a GiB would take seconds.
  QVERIFY(std::chrono::steady_clock::now() - started < std::chrono::seconds(5));
}

void KdfTest::argon2_default_cost() {
  const std::string encoded = argon2id_hash(Secret("password"));
  QVERIFY(encoded.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  QVERIFY(argon2id_verify(encoded, Secret("password")));
}

QTEST_APPLESS_MAIN(KdfTest)
#include "kdf_test.moc"

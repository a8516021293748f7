// Ed25519: the vectors of RFC 8032 section 7.1, and that nothing changed verifies.
#include "crypto/ed25519.h"

#include <QtTest>

#include "crypto/random.h"

using namespace postern;
using namespace postern::crypto;

namespace {

struct Vector {
  std::string seed, key, message, signature;
};

const std::vector<Vector> kVectors = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246"
     "55"
     "141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb"
     "00"
     "d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc"
     "02"
     "7beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2"
     "a9"
     "ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad"
     "9b"
     "ef1177331a704"},
};

template <size_t N>
std::array<uint8_t, N> fixed(std::string_view text) {
  const Bytes octets = from_hex(text).value();
  std::array<uint8_t, N> result{};
  if (octets.size() != N) qFatal("wrong size in a vector");
  std::copy(octets.begin(), octets.end(), result.begin());
  return result;
}

}  // namespace

class Ed25519Test : public QObject {
  Q_OBJECT
 private slots:
  void published_vectors();
  void every_octet_counts();
  void keys();
  void odd_points();
};

void Ed25519Test::published_vectors() {
  for (const Vector& test : kVectors) {
    const auto key = Ed25519Key::from_seed(from_hex(test.seed).value()).value();
    const Bytes message = from_hex(test.message).value();
    QCOMPARE(hex(key.public_key()), test.key);
    QCOMPARE(hex(key.sign(message)), test.signature);
    QVERIFY(ed25519_verify(fixed<32>(test.key), message, fixed<64>(test.signature)));
  }
}

void Ed25519Test::every_octet_counts() {
  const auto key = Ed25519Key::generate();
  const Bytes message = to_bytes("head of the chain");
  const auto signature = key.sign(message);
  QVERIFY(ed25519_verify(key.public_key(), message, signature));
  for (size_t at = 0; at < signature.size(); ++at) {
    auto changed = signature;
    changed[at] ^= 1;
    QVERIFY(!ed25519_verify(key.public_key(), message, changed));
  }
  for (size_t at = 0; at < message.size(); ++at) {
    Bytes changed = message;
    changed[at] ^= 1;
    QVERIFY(!ed25519_verify(key.public_key(), changed, signature));
  }
  for (size_t at = 0; at < 32; ++at) {
    auto other = key.public_key();
    other[at] ^= 1;
    QVERIFY(!ed25519_verify(other, message, signature));
  }
  QVERIFY(!ed25519_verify(key.public_key(), {}, signature));
}

void Ed25519Test::keys() {
  const auto key = Ed25519Key::generate();
  QCOMPARE(key.seed().size(), size_t{32});
  QVERIFY(Ed25519Key::generate().public_key() != key.public_key());
  QCOMPARE(Ed25519Key::from_seed(key.seed().reveal_bytes()).value().public_key(), key.public_key());
  for (const size_t size : {0U, 31U, 33U, 64U}) {
    const auto bad = Ed25519Key::from_seed(Bytes(size, 1));
    QVERIFY(!bad.has_value());
    QCOMPARE(bad.error().code, ErrorCode::bad_input);
  }
}

void Ed25519Test::odd_points() {
  // A signature whose scalar is not reduced (S + L) must not pass: RFC 8032 section 5.1.7.
  const Bytes order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").value();
  auto signature = fixed<64>(kVectors[0].signature);
  unsigned carry = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    carry += static_cast<unsigned>(signature[32 + i]) + order[i];
    signature[32 + i] = static_cast<uint8_t>(carry);
    carry >>= 8;
  }
  QVERIFY(!ed25519_verify(fixed<32>(kVectors[0].key), {}, signature));
  // Not a point at all.
  Ed25519Public nowhere{};
  nowhere.fill(0xff);
  QVERIFY(!ed25519_verify(nowhere, {}, fixed<64>(kVectors[0].signature)));
}

QTEST_APPLESS_MAIN(Ed25519Test)
#include "ed25519_test.moc"

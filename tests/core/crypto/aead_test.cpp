// AES-256-GCM: the vectors of McGrew and Viega (test cases 13 to 16), and that nothing changed is ever opened.
#include "crypto/aead.h"

#include <QtTest>
#include <algorithm>
#include <atomic>
#include <thread>

#include "crypto/random.h"

using namespace postern;
using namespace postern::crypto;

namespace {

template <size_t N>
std::array<uint8_t, N> fixed(std::string_view text) {
  const Bytes octets = from_hex(text).value();
  std::array<uint8_t, N> result{};
  if (octets.size() != N) qFatal("wrong size in a vector");
  std::copy(octets.begin(), octets.end(), result.begin());
  return result;
}

struct Vector {
  std::string key, nonce, associated, plain, sealed;
};

const std::string kKey = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
const std::string kPlain =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba"
    "637b391aafd255";
const std::string kCipher =
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abc"
    "c9f662898015ad";

std::vector<Vector> vectors() {
  const std::string zero_key(64, '0');
  const std::string zero_nonce(24, '0');
  return {
      {zero_key, zero_nonce, "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
      {zero_key, zero_nonce, "", std::string(32, '0'),
       "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"},
      {kKey, "cafebabefacedbaddecaf888", "", kPlain, kCipher + "b094dac5d93471bdec1a502270e3cc6c"},
      {kKey, "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2", kPlain.substr(0, 120),
       kCipher.substr(0, 120) + "76fc6ece0f4e1768cddf8853bb2d551b"},
  };
}

AeadKey random_key() {
  AeadKey key;
  random_bytes(std::span<uint8_t>(key));
  return key;
}

}  // namespace

class AeadTest : public QObject {
  Q_OBJECT
 private slots:
  void published_vectors();
  void appends_and_leaves_alone();
  void every_octet_counts();
  void key_nonce_and_associated_data_are_bound();
  void works_again_after_a_failure();
  void boxes();
  void boxes_refuse_what_is_changed();
  void many_threads_one_key();
};

void AeadTest::published_vectors() {
  for (const Vector& test : vectors()) {
    const auto key = fixed<kAeadKeySize>(test.key);
    const auto nonce = fixed<kAeadNonceSize>(test.nonce);
    const Bytes associated = from_hex(test.associated).value();
    const Bytes plain = from_hex(test.plain).value();
    Bytes sealed;
    aead_seal(key, nonce, associated, plain, sealed);
    QCOMPARE(hex(sealed), test.sealed);
    Bytes opened;
    QVERIFY(aead_open(key, nonce, associated, sealed, opened));
    QCOMPARE(opened, plain);
  }
}

void AeadTest::appends_and_leaves_alone() {
  const AeadKey key = random_key();
  const AeadNonce nonce{};
  Bytes sealed = to_bytes("before");
  aead_seal(key, nonce, {}, as_bytes("text"), sealed);
  QCOMPARE(sealed.size(), 6 + 4 + kAeadTagSize);
  QVERIFY(as_text(sealed).starts_with("before"));
  Bytes out = to_bytes("kept");
  QVERIFY(aead_open(key, nonce, {}, BytesView(sealed).subspan(6), out));
  QCOMPARE(to_string(out), std::string("kepttext"));
  sealed.back() ^= 1;
  QVERIFY(!aead_open(key, nonce, {}, BytesView(sealed).subspan(6), out));
  QCOMPARE(to_string(out), std::string("kepttext"));
}

void AeadTest::every_octet_counts() {
  const AeadKey key = random_key();
  const AeadNonce nonce{1, 2, 3};
  Bytes sealed;
  aead_seal(key, nonce, as_bytes("ad"), as_bytes("forty octets of plain text, no more, ok."), sealed);
  for (size_t at = 0; at < sealed.size(); ++at) {
    for (const uint8_t flip : {uint8_t{0x01}, uint8_t{0x80}, uint8_t{0xff}}) {
      Bytes changed = sealed;
      changed[at] ^= flip;
      Bytes out;
      QVERIFY(!aead_open(key, nonce, as_bytes("ad"), changed, out));
      QVERIFY(out.empty());
    }
  }
  for (size_t size = 0; size < sealed.size(); ++size) {
    Bytes out;
    QVERIFY(!aead_open(key, nonce, as_bytes("ad"), BytesView(sealed).first(size), out));
  }
  sealed.push_back(0);
  Bytes out;
  QVERIFY(!aead_open(key, nonce, as_bytes("ad"), sealed, out));
}

void AeadTest::key_nonce_and_associated_data_are_bound() {
  const AeadKey key = random_key();
  const AeadNonce nonce{};
  Bytes sealed;
  aead_seal(key, nonce, as_bytes("message 1"), as_bytes("text"), sealed);
  Bytes out;
  for (size_t at = 0; at < key.size(); ++at) {
    AeadKey other = key;
    other[at] ^= 1;
    QVERIFY(!aead_open(other, nonce, as_bytes("message 1"), sealed, out));
  }
  for (size_t at = 0; at < nonce.size(); ++at) {
    AeadNonce other = nonce;
    other[at] ^= 1;
    QVERIFY(!aead_open(key, other, as_bytes("message 1"), sealed, out));
  }
  for (const char* other : {"message 2", "message ", "message 1 ", ""}) {
    QVERIFY(!aead_open(key, nonce, as_bytes(other), sealed, out));
  }
  QVERIFY(out.empty());
  QVERIFY(aead_open(key, nonce, as_bytes("message 1"), sealed, out));
}

void AeadTest::works_again_after_a_failure() {
  const AeadKey key = random_key();
  const AeadNonce nonce{};
  Bytes first;
  Bytes second;
  aead_seal(key, nonce, {}, as_bytes("text"), first);
  Bytes out;
  QVERIFY(!aead_open(random_key(), nonce, {}, first, out));
  QVERIFY(aead_open(key, nonce, {}, first, out));
  aead_seal(key, nonce, {}, as_bytes("text"), second);
  QCOMPARE(second, first);
}

void AeadTest::boxes() {
  const AeadKey key = random_key();
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{15}, size_t{16}, size_t{17}, size_t{65536}, size_t{1'000'003}}) {
    const Bytes plain = random_bytes(size);
    const Bytes box = seal_box(key, as_bytes("purpose"), plain);
    QCOMPARE(box.size(), kAeadNonceSize + size + kAeadTagSize);
    QCOMPARE(open_box(key, as_bytes("purpose"), box), std::optional<Bytes>(plain));
  }
  QVERIFY(seal_box(key, {}, as_bytes("x")) != seal_box(key, {}, as_bytes("x")));
}

void AeadTest::boxes_refuse_what_is_changed() {
  const AeadKey key = random_key();
  const Bytes box = seal_box(key, as_bytes("purpose"), as_bytes("secret"));
  for (size_t at = 0; at < box.size(); ++at) {
    Bytes changed = box;
    changed[at] ^= 0x10;
    QVERIFY(!open_box(key, as_bytes("purpose"), changed));
  }
  for (size_t size = 0; size < box.size(); ++size) {
    QVERIFY(!open_box(key, as_bytes("purpose"), BytesView(box).first(size)));
  }
  QVERIFY(!open_box(key, as_bytes("another"), box));
  QVERIFY(!open_box(random_key(), as_bytes("purpose"), box));
}

void AeadTest::many_threads_one_key() {
  const AeadKey key = random_key();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&key, &wrong, t] {
      const Bytes plain(1000, static_cast<uint8_t>(t));
      for (int i = 0; i < 500; ++i) wrong += open_box(key, {}, seal_box(key, {}, plain)) != plain;
    });
  }
  for (auto& thread : threads) thread.join();
  QCOMPARE(wrong.load(), 0);
}

QTEST_APPLESS_MAIN(AeadTest)
#include "aead_test.moc"

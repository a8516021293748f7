// SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 4231) and random octets.
#include "crypto/digest.h"

#include <QtTest>
#include <atomic>
#include <set>
#include <thread>

#include "crypto/random.h"

using namespace postern;
using namespace postern::crypto;

namespace {

Bytes unhex(std::string_view text) {
  return from_hex(text).value();
}

struct HmacCase {
  Bytes key, data;
  std::string tag;
};

/// RFC 4231 sections 4.2 to 4.8; the fifth is truncated to 128 bits there.
std::vector<HmacCase> rfc4231() {
  return {
      {Bytes(20, 0x0b), to_bytes("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {to_bytes("Jefe"), to_bytes("what do ya want for nothing?"),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {Bytes(20, 0xaa), Bytes(50, 0xdd), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {unhex("0102030405060708090a0b0c0d0e0f10111213141516171819"), Bytes(50, 0xcd),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {Bytes(20, 0x0c), to_bytes("Test With Truncation"), "a3b6167473100ee06e0c796c2955552b"},
      {Bytes(131, 0xaa), to_bytes("Test Using Larger Than Block-Size Key - Hash Key First"),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {Bytes(131, 0xaa),
       to_bytes("This is a test using a larger than block-size key and a larger than block-size data. The key needs to "
                "be hashed before being used by the HMAC algorithm."),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
}

}  // namespace

class DigestTest : public QObject {
  Q_OBJECT
 private slots:
  void sha256_vectors();
  void parts_equal_the_whole();
  void stream_equals_the_whole();
  void stream_starts_again();
  void hmac_vectors();
  void hmac_keeps_no_key();
  void threads_do_not_mix();
  void random_differs();
};

void DigestTest::sha256_vectors() {
  QCOMPARE(hex(sha256(BytesView())), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  QCOMPARE(hex(sha256(as_bytes("abc"))),
           std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  QCOMPARE(hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
           std::string("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
  QCOMPARE(hex(sha256(Bytes(1'000'000, 'a'))),
           std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

void DigestTest::parts_equal_the_whole() {
  QCOMPARE(sha256({as_bytes("a"), as_bytes(""), as_bytes("bc")}), sha256(as_bytes("abc")));
  const Bytes key = to_bytes("Jefe");
  QCOMPARE(hmac_sha256(key, {as_bytes("ab"), as_bytes("c")}), hmac_sha256(key, as_bytes("abc")));
  QVERIFY(sha256({as_bytes("a"), as_bytes("b")}) != sha256({as_bytes("b"), as_bytes("a")}));
}

void DigestTest::stream_equals_the_whole() {
  const Bytes data = random_bytes(1000);
  for (const size_t step : {1U, 63U, 64U, 65U, 999U, 1000U}) {
    Sha256 stream;
    for (size_t at = 0; at < data.size(); at += step) {
      stream.update(BytesView(data).subspan(at, std::min(step, data.size() - at)));
    }
    QCOMPARE(stream.finish(), sha256(data));
  }
}

void DigestTest::stream_starts_again() {
  Sha256 stream;
  stream.update(as_bytes("something else"));
  stream.finish();
  stream.update(as_bytes("abc"));
  Sha256 moved(std::move(stream));
  QCOMPARE(moved.finish(), sha256(as_bytes("abc")));
  QCOMPARE(moved.finish(), sha256(BytesView()));
}

void DigestTest::hmac_vectors() {
  for (const HmacCase& test : rfc4231()) {
    QCOMPARE(hex(hmac_sha256(test.key, test.data)).substr(0, test.tag.size()), test.tag);
  }
}

void DigestTest::hmac_keeps_no_key() {
  // RFC 2104: an empty key is a key of zeros, whatever the thread used before.
  const Digest zero = hmac_sha256(Bytes(64, 0), as_bytes("x"));
  hmac_sha256(as_bytes("another key"), as_bytes("x"));
  QCOMPARE(hmac_sha256(BytesView(), as_bytes("x")), zero);
  QCOMPARE(hmac_sha256(BytesView(), BytesView()), hmac_sha256(Bytes(64, 0), {BytesView(), BytesView()}));
}

void DigestTest::threads_do_not_mix() {
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&wrong, t] {
      const Bytes data(200, static_cast<uint8_t>(t));
      Sha256 stream;
      stream.update(data);
      const Digest expected = stream.finish();
      for (int i = 0; i < 2000; ++i) wrong += sha256(data) != expected;
    });
  }
  for (auto& thread : threads) thread.join();
  QCOMPARE(wrong.load(), 0);
}

void DigestTest::random_differs() {
  std::set<Bytes> seen;
  for (int i = 0; i < 1000; ++i) QVERIFY(seen.insert(random_bytes(16)).second);
  QVERIFY(random_bytes(0).empty());
  QVERIFY(random_u64() != random_u64());
  // Each octet of a long draw takes part: the chance that one value of 256 is missing in 16 KiB is below 1e-25.
  const Bytes long_draw = random_bytes(16384);
  QCOMPARE(std::set<uint8_t>(long_draw.begin(), long_draw.end()).size(), size_t{256});
}

QTEST_APPLESS_MAIN(DigestTest)
#include "digest_test.moc"

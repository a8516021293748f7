#include "mail/blob_format.h"

#include <QtTest>

#include "crypto/random.h"

using namespace postern;
using namespace postern::mail;

namespace {

crypto::AeadKey some_key() {
  crypto::AeadKey out{};
  crypto::random_bytes(out);
  return out;
}

Bytes sealed(const crypto::AeadKey& key, uint32_t index, bool last, const Bytes& plain) {
  Bytes out;
  seal_chunk(key, index, last, plain, out);
  return out;
}

bool opens(const crypto::AeadKey& key, uint32_t index, bool last, const Bytes& chunk) {
  Bytes out{1, 2, 3};
  const bool good = open_chunk(key, index, last, chunk, out);
  if (!good && out != Bytes{1, 2, 3}) qFatal("output changed by a chunk that does not open");
  return good;
}

}  // namespace

class BlobFormatTest : public QObject {
  Q_OBJECT
 private slots:
  void sizes();
  void place_and_end_are_bound();
  void every_octet_is_bound();
};

void BlobFormatTest::sizes() {
  QCOMPARE(chunk_count(0), uint32_t{1});
  QCOMPARE(chunk_count(1), uint32_t{1});
  QCOMPARE(chunk_count(kChunk), uint32_t{1});
  QCOMPARE(chunk_count(kChunk + 1), uint32_t{2});
  QCOMPARE(chunk_count(uint64_t{25} << 20), uint32_t{400});
  QCOMPARE(sealed_size(0), uint64_t{16});
  QCOMPARE(sealed_size(kChunk + 1), uint64_t{kChunk + 33});
}

void BlobFormatTest::place_and_end_are_bound() {
  const auto key = some_key();
  const Bytes plain = crypto::random_bytes(1000);
  for (const uint32_t index : {0U, 1U, 255U, 256U, 70'000U, UINT32_MAX}) {
    for (const bool last : {false, true}) {
      const Bytes chunk = sealed(key, index, last, plain);
      QVERIFY(opens(key, index, last, chunk));
      QVERIFY(!opens(key, index, !last, chunk));
      QVERIFY(!opens(key, index + 1, last, chunk));
      QVERIFY(!opens(key, index ^ 0x01000000U, last, chunk));
      QVERIFY(!opens(some_key(), index, last, chunk));
    }
  }
}

void BlobFormatTest::every_octet_is_bound() {
  const auto key = some_key();
  const Bytes chunk = sealed(key, 3, true, crypto::random_bytes(100));
  for (size_t i = 0; i < chunk.size(); ++i) {
    Bytes changed = chunk;
    changed[i] ^= 0x10;
    QVERIFY(!opens(key, 3, true, changed));
    QVERIFY(!opens(key, 3, true, Bytes(chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(i))));
  }
  Bytes longer = chunk;
  longer.push_back(0);
  QVERIFY(!opens(key, 3, true, longer));
}

QTEST_APPLESS_MAIN(BlobFormatTest)
#include "blob_format_test.moc"

// The guard against announced lengths: alone, octet by octet, and inside a server.
#include "crypto/hello_guard.h"

#include <QtTest>

#include "core/crypto/tls_pair.h"
#include "crypto/random.h"

using namespace postern;
using namespace postern::crypto;
using namespace postern::crypto::detail;
using namespace postern::test;
using Status = TlsEngine::Status;

namespace {

void append(Bytes& to, const Bytes& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// A handshake message with a length that may be a lie.
Bytes message(uint8_t type, size_t announced, size_t real) {
  Bytes octets = {type, static_cast<uint8_t>(announced >> 16), static_cast<uint8_t>(announced >> 8),
                  static_cast<uint8_t>(announced)};
  octets.resize(4 + real, 0x11);
  return octets;
}

/// `payload` in records of `size` octets each.
Bytes records(uint8_t type, const Bytes& payload, size_t size = 16'384) {
  Bytes wire;
  for (size_t at = 0; at < payload.size(); at += size) {
    const size_t count = std::min(size, payload.size() - at);
    append(wire, {type, 3, 3, static_cast<uint8_t>(count >> 8), static_cast<uint8_t>(count)});
    append(wire, Bytes(payload.begin() + static_cast<std::ptrdiff_t>(at),
                       payload.begin() + static_cast<std::ptrdiff_t>(at + count)));
  }
  return wire;
}

bool accepted(const Bytes& wire, size_t step = SIZE_MAX) {
  HelloGuard guard;
  BytesView left(wire);
  while (!left.empty()) {
    const BytesView piece = left.first(std::min(step, left.size()));
    if (!guard.accepts(piece)) return false;
    left = left.subspan(piece.size());
  }
  return true;
}

}  // namespace

class HelloGuardTest : public QObject {
  Q_OBJECT
 private slots:
  void the_limit();
  void fragments();
  void second_hello();
  void after_the_hello();
  void inside_a_server();
};

void HelloGuardTest::the_limit() {
  for (const size_t step : {size_t{1}, size_t{4}, SIZE_MAX}) {
    QVERIFY(accepted(records(22, message(1, 0, 0)), step));
    QVERIFY(accepted(records(22, message(1, 500, 500)), step));
    QVERIFY(accepted(records(22, message(1, kMaxClientHello, 100)), step));
    QVERIFY(!accepted(records(22, message(1, kMaxClientHello + 1, 0)), step));
    QVERIFY(!accepted(records(22, message(1, 131'396, 100)), step));
    QVERIFY(!accepted(records(22, message(1, 0xffffff, 0)), step));
  }
}

void HelloGuardTest::fragments() {
  for (const size_t size : {1U, 2U, 3U, 4U, 5U, 100U}) {
    for (const size_t step : {size_t{1}, size_t{7}, SIZE_MAX}) {
      QVERIFY(accepted(records(22, message(1, 3000, 3000), size), step));
      QVERIFY(!accepted(records(22, message(1, 20'000, 10), size), step));
    }
  }
  // Empty records in between change nothing.
  Bytes wire = records(22, {1, 0});
  append(wire, {22, 3, 3, 0, 0});
  append(wire, records(22, {0xff, 0xff}));
  QVERIFY(!accepted(wire));
}

void HelloGuardTest::second_hello() {
  Bytes wire = records(22, message(1, 300, 300), 70);
  append(wire, {20, 3, 3, 0, 1, 1});
  Bytes good = wire;
  append(good, records(22, message(1, 400, 400)));
  append(wire, records(22, message(1, 100'000, 0)));
  for (const size_t step : {size_t{1}, size_t{3}, SIZE_MAX}) {
    QVERIFY(accepted(good, step));
    QVERIFY(!accepted(wire, step));
  }
  // Two in one record.
  Bytes both = message(1, 300, 300);
  append(both, message(1, 100'000, 0));
  QVERIFY(!accepted(records(22, both)));
}

void HelloGuardTest::after_the_hello() {
  // An encrypted Finished of TLS 1.2 looks like anything.
  Bytes wire = records(22, message(1, 300, 300));
  append(wire, records(22, message(16, 33, 33)));
  append(wire, {20, 3, 3, 0, 1, 1});
  append(wire, records(22, {1, 0xff, 0xff, 0xff, 0xff, 0xff}));
  QVERIFY(accepted(wire));
  Bytes modern = records(22, message(1, 300, 300));
  append(modern, {20, 3, 3, 0, 1, 1});
  append(modern, records(23, Bytes(60, 0xff)));
  append(modern, records(22, message(1, 0xffffff, 0)));
  QVERIFY(accepted(modern));
  // What is no TLS is OpenSSL's to judge.
  QVERIFY(accepted(to_bytes("EHLO client.example\r\n"), 1));
  for (int round = 0; round < 200; ++round) accepted(random_bytes(300), 3);
}

void HelloGuardTest::inside_a_server() {
  const auto authority = make_authority("Test authority", wall_now());
  const auto leaf = issue_leaf(authority, {"mx.example.org"}, {}, wall_now()).value();
  const auto context = TlsContext::server(leaf, false).value();
  TlsEngine server(context);
  Bytes wire = records(22, message(1, 131'000, 16'380));
  BytesView in(wire);
  Bytes out;
  QCOMPARE(server.handshake(in, out), Status::failed);
  QCOMPARE(server.failure(), std::string("client hello too long"));
  TlsEngine patient(context);
  wire = records(22, message(1, kMaxClientHello, 1000));
  in = wire;
  QCOMPARE(patient.handshake(in, out), Status::more);
  // A TLS 1.2 Finished is encrypted, so its first octets take every value sooner or later.
  TlsClientOptions options;
  options.ca_pem = authority.chain_pem;
  options.versions = TlsClientOptions::Versions::only_12;
  const auto client_context = TlsContext::client(options).value();
  for (int round = 0; round < 40; ++round) {
    TlsSide client{TlsEngine(client_context, "mx.example.org"), {}};
    TlsSide peer{TlsEngine(context), {}};
    shake_hands(client, peer, round % 2 == 0 ? SIZE_MAX : 3);
    QVERIFY(client.engine.established() && peer.engine.established());
  }
}

QTEST_APPLESS_MAIN(HelloGuardTest)
#include "hello_guard_test.moc"

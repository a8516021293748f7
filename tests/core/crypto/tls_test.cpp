// Server and client engine against each other in memory: versions, suites, pieces of any size, bad input, both ends.
#include "crypto/tls.h"

#include <QtTest>
#include <atomic>
#include <thread>

#include "base/clock.h"
#include "core/crypto/tls_pair.h"
#include "crypto/random.h"

using namespace postern;
using namespace postern::crypto;
using namespace postern::test;
using Status = TlsEngine::Status;
using Versions = TlsClientOptions::Versions;

namespace {

constexpr const char* kName = "mx.example.org";

struct World {
  CertificateBundle authority = make_authority("Test authority", wall_now());
  CertificateBundle leaf = issue_leaf(authority, {kName}, {*IpAddress::parse("192.0.2.1")}, wall_now()).value();
  std::shared_ptr<const TlsContext> server = TlsContext::server(leaf, false).value();
  std::shared_ptr<const TlsContext> strict_server = TlsContext::server(leaf, true).value();

  std::shared_ptr<const TlsContext> client(Versions versions = Versions::from_12, bool verify = true) const {
    TlsClientOptions options;
    options.ca_pem = authority.chain_pem;
    options.versions = versions;
    options.verify = verify;
    return TlsContext::client(options).value();
  }
};

const World& world() {
  static const World made;
  return made;
}

struct Pair {
  explicit Pair(Versions versions = Versions::from_12, const std::string& name = kName)
      : client{TlsEngine(world().client(versions), name), {}}, server{TlsEngine(world().server), {}} {}

  Pair& shake(size_t step = SIZE_MAX) {
    shake_hands(client, server, step);
    return *this;
  }
  bool established() const { return client.engine.established() && server.engine.established(); }

  TlsSide client, server;
};

}  // namespace

class TlsTest : public QObject {
  Q_OBJECT
 private slots:
  void versions_and_suites();
  void only_13_refuses_12();
  void one_octet_at_a_time();
  void data_behind_the_handshake();
  void both_ways_and_large();
  void pieces_of_any_size();
  void key_updates();
  void close_notify();
  void nothing_before_the_handshake();
  void threads_share_contexts();
};

void TlsTest::versions_and_suites() {
  Pair newest;
  newest.shake();
  QVERIFY(newest.established());
  QCOMPARE(newest.server.engine.version(), std::string("TLSv1.3"));
  QCOMPARE(newest.server.engine.description(), std::string("TLSv1.3 TLS_AES_256_GCM_SHA384"));
  QCOMPARE(newest.client.engine.description(), newest.server.engine.description());
  Pair older(Versions::only_12);
  QVERIFY(older.client.engine.description().empty());
  older.shake();
  QVERIFY(older.established());
  QCOMPARE(older.server.engine.description(), std::string("TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384"));
  QVERIFY(older.server.engine.failure().empty());
}

void TlsTest::only_13_refuses_12() {
  TlsSide client{TlsEngine(world().client(Versions::only_12), kName), {}};
  TlsSide server{TlsEngine(world().strict_server), {}};
  shake_hands(client, server);
  QCOMPARE(server.status, Status::failed);
  QCOMPARE(server.engine.failure(), std::string("unsupported protocol"));
  QVERIFY(!server.engine.established());
  QCOMPARE(client.status, Status::failed);
  TlsSide modern{TlsEngine(world().client(Versions::only_13), kName), {}};
  TlsSide again{TlsEngine(world().strict_server), {}};
  shake_hands(modern, again);
  QVERIFY(modern.engine.established() && again.engine.established());
}

void TlsTest::one_octet_at_a_time() {
  for (const Versions versions : {Versions::only_12, Versions::only_13}) {
    Pair pair(versions);
    pair.shake(1);
    QVERIFY(pair.established());
    QVERIFY(pair.client.out.empty() && pair.server.out.empty());
    Bytes wire;
    QCOMPARE(pair.client.engine.write(as_bytes("EHLO client\r\n"), wire), Status::ok);
    Status last = Status::ok;
    QCOMPARE(read_all(pair.server.engine, wire, pair.server.out, last, 1), std::string("EHLO client\r\n"));
    QCOMPARE(last, Status::more);
  }
}

void TlsTest::data_behind_the_handshake() {
  for (const Versions versions : {Versions::only_12, Versions::only_13}) {
    Pair pair(versions);
    BytesView nothing;
    pair.client.status = pair.client.engine.handshake(nothing, pair.client.out);
    feed_handshake(pair.server, pair.client.out, SIZE_MAX);
    feed_handshake(pair.client, pair.server.out, SIZE_MAX);
    if (versions == Versions::only_12) {  // here the server speaks last
      feed_handshake(pair.server, pair.client.out, SIZE_MAX);
      feed_handshake(pair.client, pair.server.out, SIZE_MAX);
    }
    QVERIFY(pair.client.engine.established());
    QCOMPARE(pair.client.engine.write(as_bytes("early bird"), pair.client.out), Status::ok);
    // Finished and data arrive in one span.
    BytesView in(pair.client.out);
    if (pair.server.status == Status::more) pair.server.status = pair.server.engine.handshake(in, pair.server.out);
    QCOMPARE(pair.server.status, Status::ok);
    QVERIFY(!in.empty());
    Status last = Status::ok;
    QCOMPARE(read_all(pair.server.engine, in, pair.server.out, last), std::string("early bird"));
  }
}

void TlsTest::both_ways_and_large() {
  for (const Versions versions : {Versions::only_12, Versions::only_13}) {
    Pair pair(versions);
    pair.shake();
    const Bytes large = random_bytes(3'000'000);
    Bytes wire;
    QCOMPARE(pair.client.engine.write(large, wire), Status::ok);
    QVERIFY(wire.size() > large.size() && wire.size() < large.size() + 184 * 30);
    Status last = Status::ok;
    QVERIFY(read_all(pair.server.engine, wire, pair.server.out, last) == to_string(large));
    wire.clear();
    QCOMPARE(pair.server.engine.write(large, wire), Status::ok);
    QVERIFY(read_all(pair.client.engine, wire, pair.client.out, last) == to_string(large));
    // The plain text is nowhere on the wire.
    QVERIFY(as_text(wire).find(as_text(BytesView(large).first(16))) == std::string_view::npos);
  }
}

void TlsTest::pieces_of_any_size() {
  for (const size_t step : {2U, 3U, 5U, 7U, 100U, 1000U, 16'383U, 16'500U}) {
    Pair pair;
    pair.shake(step);
    QVERIFY(pair.established());
    const Bytes data = random_bytes(40'000);
    Bytes wire;
    pair.client.engine.write(data, wire);
    Status last = Status::ok;
    QVERIFY(read_all(pair.server.engine, wire, pair.server.out, last, step) == to_string(data));
  }
  // A tiny target: the rest of the record waits inside and comes without further input.
  Pair pair;
  pair.shake();
  Bytes wire;
  pair.client.engine.write(as_bytes("abcdef"), wire);
  BytesView in(wire);
  std::string text;
  std::array<uint8_t, 1> one;
  size_t got = 0;
  while (pair.server.engine.read(in, one, got, pair.server.out) == Status::ok)
    text.push_back(static_cast<char>(one[0]));
  QCOMPARE(text, std::string("abcdef"));
}

void TlsTest::key_updates() {
  Pair pair;
  pair.shake();
  for (int round = 0; round < 20; ++round) {
    Bytes wire;
    QVERIFY(pair.client.engine.update_keys(wire));
    const std::string text = "round " + std::to_string(round);
    pair.client.engine.write(as_bytes(text), wire);
    Status last = Status::ok;
    Bytes answer;
    QCOMPARE(read_all(pair.server.engine, wire, answer, last), text);
    QVERIFY(pair.server.engine.write(as_bytes("heard"), answer) == Status::ok);
    QCOMPARE(read_all(pair.client.engine, answer, wire, last), std::string("heard"));
  }
  Pair older(Versions::only_12);
  older.shake();
  Bytes wire;
  QVERIFY(!older.client.engine.update_keys(wire));
  QVERIFY(wire.empty());
}

void TlsTest::close_notify() {
  for (const Versions versions : {Versions::only_12, Versions::only_13}) {
    Pair pair(versions);
    pair.shake();
    Bytes wire;
    pair.client.engine.write(as_bytes("QUIT\r\n"), wire);
    pair.client.engine.shutdown(wire);
    Status last = Status::ok;
    QCOMPARE(read_all(pair.server.engine, wire, pair.server.out, last), std::string("QUIT\r\n"));
    QCOMPARE(last, Status::closed);
    BytesView nothing;
    size_t got = 1;
    std::array<uint8_t, 10> plain;
    QCOMPARE(pair.server.engine.read(nothing, plain, got, pair.server.out), Status::closed);
    QCOMPARE(got, size_t{0});
    Bytes answer;
    QCOMPARE(pair.server.engine.write(as_bytes("221 bye\r\n"), answer), Status::ok);
    pair.server.engine.shutdown(answer);
    QCOMPARE(read_all(pair.client.engine, answer, wire, last), std::string("221 bye\r\n"));
    QCOMPARE(last, Status::closed);
  }
}

void TlsTest::nothing_before_the_handshake() {
  TlsEngine server(world().server);
  Bytes out;
  QCOMPARE(server.write(as_bytes("220 too early\r\n"), out), Status::failed);
  server.shutdown(out);
  QVERIFY(!server.update_keys(out));
  QVERIFY(out.empty());
  QVERIFY(server.description().empty() && server.version().empty());
}

void TlsTest::threads_share_contexts() {
  const auto client_context = world().client();
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&good, client_context] {
      for (int i = 0; i < 10; ++i) {
        TlsSide client{TlsEngine(client_context, kName), {}};
        TlsSide server{TlsEngine(world().server), {}};
        shake_hands(client, server);
        Bytes wire;
        client.engine.write(as_bytes("NOOP\r\n"), wire);
        Status last = Status::ok;
        good += read_all(server.engine, wire, server.out, last) == "NOOP\r\n";
      }
    });
  }
  for (auto& thread : threads) thread.join();
  QCOMPARE(good.load(), 40);
}

QTEST_APPLESS_MAIN(TlsTest)
#include "tls_test.moc"

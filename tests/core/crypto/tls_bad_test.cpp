// TLS against peers that mean no good or do not speak it: garbage, plain text, cut and changed records, weak offers,
// floods.
#include <QtTest>

#include "core/crypto/openssl_tool.h"
#include "core/crypto/tls_pair.h"
#include "crypto/random.h"
#include "crypto/tls.h"

using namespace postern;
using namespace postern::crypto;
using namespace postern::test;
using Status = TlsEngine::Status;
using Versions = TlsClientOptions::Versions;

namespace {

constexpr const char* kName = "mx.example.org";

const CertificateBundle& authority() {
  static const CertificateBundle made = make_authority("Test authority", wall_now());
  return made;
}

std::shared_ptr<const TlsContext> server_context() {
  static const auto made =
      TlsContext::server(issue_leaf(authority(), {kName}, {*IpAddress::parse("192.0.2.1")}, wall_now()).value(), false)
          .value();
  return made;
}

/// RSA opens the way to suites that an EC certificate cannot serve anyhow.
std::shared_ptr<const TlsContext> rsa_server_context() {
  static const auto made = [] {
    const OpensslTool openssl;
    openssl.self_signed("rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
    const auto bundle = import_pem(openssl.read("rsa.crt"), openssl.read("rsa.key"), Secret(), wall_now(), "rsa");
    return TlsContext::server(bundle.value(), false).value();
  }();
  return made;
}

std::shared_ptr<const TlsContext> client_context(Versions versions = Versions::from_12, bool verify = true,
                                                 const std::string& trusted = authority().chain_pem) {
  TlsClientOptions options;
  options.ca_pem = trusted;
  options.versions = versions;
  options.verify = verify;
  return TlsContext::client(options).value();
}

struct Pair {
  explicit Pair(Versions versions = Versions::from_12)
      : client{TlsEngine(client_context(versions), kName), {}}, server{TlsEngine(server_context()), {}} {
    shake_hands(client, server);
  }
  TlsSide client, server;
};

/// What a fresh server makes of `octets`.
std::pair<Status, std::string> server_hears(std::string_view octets, Bytes& out) {
  TlsEngine server(server_context());
  BytesView in = as_bytes(octets);
  const Status status = server.handshake(in, out);
  return {status, server.failure()};
}

/// A ClientHello that offers one suite and one group, as old software would.
Bytes client_hello(uint16_t version, uint16_t suite) {
  Bytes body = {static_cast<uint8_t>(version >> 8), static_cast<uint8_t>(version)};
  body.insert(body.end(), 32, 0x42);  // random
  body.push_back(0);                  // no session
  for (const int octet : {0, 2, suite >> 8, suite & 0xff, 1, 0}) body.push_back(static_cast<uint8_t>(octet));
  // supported_groups: P-256; ec_point_formats: uncompressed; signature_algorithms: ECDSA and RSA with SHA-256
  const Bytes extensions = {0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0, 0, 13, 0, 6, 0, 4, 4, 3, 4, 1};
  body.push_back(0);
  body.push_back(static_cast<uint8_t>(extensions.size()));
  body.insert(body.end(), extensions.begin(), extensions.end());
  Bytes record = {22, 3, 1, 0, static_cast<uint8_t>(body.size() + 4), 1, 0, 0, static_cast<uint8_t>(body.size())};
  record.insert(record.end(), body.begin(), body.end());
  return record;
}

}  // namespace

class TlsBadTest : public QObject {
  Q_OBJECT
 private slots:
  void not_tls_at_all();
  void failed_stays_failed();
  void random_octets();
  void half_a_hello_waits();
  void every_changed_octet_is_noticed();
  void a_cut_record_waits();
  void weak_offers_data();
  void weak_offers();
  void renegotiation_is_refused();
  void wrong_name_or_authority();
  void addresses_as_names();
  void expired_server();
  void unverified_client();
  void key_of_another();
  void no_tickets_and_no_resumption();
  void contexts_outlive_their_replacement();
};

void TlsBadTest::not_tls_at_all() {
  Bytes out;
  QCOMPARE(server_hears("GET / HTTP/1.1\r\nHost: x\r\n\r\n", out),
           std::pair(Status::failed, std::string("http request")));
  QCOMPARE(server_hears("EHLO client.example\r\n", out),
           std::pair(Status::failed, std::string("wrong version number")));
  QCOMPARE(server_hears("\x16\x03\x01\xff\xff" + std::string(100, 'x'), out).first, Status::failed);
  QCOMPARE(server_hears(std::string(70'000, '\0'), out).first, Status::failed);
  QCOMPARE(server_hears("", out), std::pair(Status::more, std::string()));
}

void TlsBadTest::failed_stays_failed() {
  TlsEngine server(server_context());
  Bytes out;
  BytesView in = as_bytes("EHLO client.example\r\n");
  QCOMPARE(server.handshake(in, out), Status::failed);
  out.clear();
  Bytes hello;
  BytesView nothing;
  TlsEngine client(client_context(), kName);
  client.handshake(nothing, hello);
  in = hello;
  size_t got = 0;
  std::array<uint8_t, 10> plain;
  QCOMPARE(server.handshake(in, out), Status::failed);
  QCOMPARE(server.read(in, plain, got, out), Status::failed);
  QCOMPARE(server.write(as_bytes("x"), out), Status::failed);
  server.shutdown(out);
  QVERIFY(out.empty());
  QVERIFY(!server.established());
  QCOMPARE(server.failure(), std::string("wrong version number"));
}

void TlsBadTest::random_octets() {
  for (int round = 0; round < 300; ++round) {
    Bytes octets = random_bytes(1 + static_cast<size_t>(round) * 7);
    if (round % 2 == 0) {  // passes the first look at the record
      const Bytes head = {22, 3, 1, 0, static_cast<uint8_t>(round)};
      std::copy_n(head.begin(), std::min(head.size(), octets.size()), octets.begin());
    }
    TlsEngine server(server_context());
    Bytes out;
    BytesView in(octets);
    const Status status = server.handshake(in, out);
    QVERIFY(status == Status::failed || (status == Status::more && in.empty()));
    QVERIFY(out.size() < 100);
    QVERIFY(!server.established());
  }
}

void TlsBadTest::half_a_hello_waits() {
  Bytes hello;
  BytesView nothing;
  TlsEngine client(client_context(), kName);
  QCOMPARE(client.handshake(nothing, hello), Status::more);
  for (const size_t size : {size_t{1}, size_t{4}, size_t{5}, size_t{6}, hello.size() - 1}) {
    TlsEngine server(server_context());
    Bytes out;
    BytesView in = BytesView(hello).first(size);
    QCOMPARE(server.handshake(in, out), Status::more);
    QVERIFY(in.empty() && out.empty());
    QCOMPARE(server.handshake(in, out), Status::more);
    in = BytesView(hello).subspan(size);
    QCOMPARE(server.handshake(in, out), Status::more);
    QVERIFY(!out.empty());
  }
}

void TlsBadTest::every_changed_octet_is_noticed() {
  for (const Versions versions : {Versions::only_12, Versions::only_13}) {
    Bytes wire;
    const std::string text = "MAIL FROM:<a@example.org>\r\n";
    const size_t size = [&] {
      Pair pair(versions);
      pair.client.engine.write(as_bytes(text), wire);
      return wire.size();
    }();
    for (size_t at = 0; at < size; ++at) {
      Pair pair(versions);
      wire.clear();
      pair.client.engine.write(as_bytes(text), wire);
      wire[at] ^= 0x04;
      Status last = Status::ok;
      Bytes answer;
      const std::string heard = read_all(pair.server.engine, wire, answer, last);
      QVERIFY(heard.empty());
      // A longer length waits for octets that never come; all else is an error with an alert.
      QVERIFY2(last == Status::failed || (last == Status::more && (at == 3 || at == 4)), std::to_string(at).c_str());
      if (last == Status::failed) {
        QVERIFY(!answer.empty() && !pair.server.engine.established());
        QVERIFY(!pair.server.engine.failure().empty());
        QVERIFY(!pair.server.engine.description().empty());  // what the connection was is still worth a line
      }
    }
  }
}

void TlsBadTest::a_cut_record_waits() {
  Pair pair;
  Bytes wire;
  pair.client.engine.write(as_bytes("complete"), wire);
  Status last = Status::ok;
  Bytes answer;
  QCOMPARE(read_all(pair.server.engine, BytesView(wire).first(wire.size() - 1), answer, last), std::string());
  QCOMPARE(last, Status::more);
  QCOMPARE(read_all(pair.server.engine, BytesView(wire).last(1), answer, last), std::string("complete"));
  // A record heard twice is an attack.
  QCOMPARE(read_all(pair.server.engine, wire, answer, last), std::string());
  QCOMPARE(last, Status::failed);
}

void TlsBadTest::weak_offers_data() {
  QTest::addColumn<int>("version");
  QTest::addColumn<int>("suite");
  QTest::addColumn<bool>("taken");
  QTest::newRow("ECDHE-ECDSA-AES128-GCM-SHA256") << 0x0303 << 0xc02b << true;
  QTest::newRow("ECDHE-ECDSA-AES256-GCM-SHA384") << 0x0303 << 0xc02c << true;
  QTest::newRow("ECDHE-ECDSA-CHACHA20-POLY1305") << 0x0303 << 0xcca9 << true;
  QTest::newRow("TLS 1.1") << 0x0302 << 0xc02b << false;
  QTest::newRow("TLS 1.0") << 0x0301 << 0xc009 << false;
  QTest::newRow("SSL 3.0") << 0x0300 << 0xc009 << false;
  QTest::newRow("ECDHE-ECDSA-AES128-SHA, CBC") << 0x0303 << 0xc009 << false;
  QTest::newRow("ECDHE-ECDSA-AES256-SHA384, CBC") << 0x0303 << 0xc024 << false;
  QTest::newRow("ECDHE-ECDSA-AES128-CCM") << 0x0303 << 0xc0ac << false;
  QTest::newRow("ECDHE-ECDSA-NULL-SHA") << 0x0303 << 0xc006 << false;
  QTest::newRow("AECDH-AES128-SHA, anonymous") << 0x0303 << 0xc018 << false;
  QTest::newRow("PSK-AES128-GCM-SHA256") << 0x0303 << 0x00a8 << false;
  QTest::newRow("RSA: ECDHE-RSA-AES128-GCM-SHA256") << 0x0303 << 0xc02f << true;
  QTest::newRow("RSA: ECDHE-RSA-CHACHA20-POLY1305") << 0x0303 << 0xcca8 << true;
  QTest::newRow("RSA: ECDHE-RSA-AES128-SHA, CBC") << 0x0303 << 0xc013 << false;
  QTest::newRow("RSA: ECDHE-RSA-AES256-SHA384, CBC") << 0x0303 << 0xc028 << false;
  QTest::newRow("RSA: DHE-RSA-AES256-GCM-SHA384") << 0x0303 << 0x009f << false;
  QTest::newRow("RSA: AES128-GCM-SHA256, RSA key exchange") << 0x0303 << 0x009c << false;
  QTest::newRow("RSA: AES128-SHA") << 0x0303 << 0x002f << false;
  QTest::newRow("RSA: DES-CBC3-SHA") << 0x0303 << 0x000a << false;
  QTest::newRow("RSA: RC4-SHA") << 0x0303 << 0x0005 << false;
  QTest::newRow("RSA: NULL-SHA") << 0x0303 << 0x0002 << false;
}

void TlsBadTest::weak_offers() {
  QFETCH(int, version);
  QFETCH(int, suite);
  QFETCH(bool, taken);
  const Bytes hello = client_hello(static_cast<uint16_t>(version), static_cast<uint16_t>(suite));
  const bool rsa = std::string_view(QTest::currentDataTag()).starts_with("RSA");
  TlsEngine server(rsa ? rsa_server_context() : server_context());
  Bytes out;
  BytesView in(hello);
  QCOMPARE(server.handshake(in, out), taken ? Status::more : Status::failed);
  QVERIFY(!out.empty());
  QCOMPARE(out.front(), taken ? uint8_t{22} : uint8_t{21});  // handshake or alert
}

void TlsBadTest::renegotiation_is_refused() {
  // A second ClientHello inside the connection, as plain handshake record, is not even decrypted.
  Pair pair(Versions::only_12);
  const Bytes hello = client_hello(0x0303, 0xc02b);
  Status last = Status::ok;
  Bytes answer;
  QVERIFY(read_all(pair.server.engine, hello, answer, last).empty());
  QCOMPARE(last, Status::failed);
}

void TlsBadTest::wrong_name_or_authority() {
  TlsSide client{TlsEngine(client_context(), "other.example.org"), {}};
  TlsSide server{TlsEngine(server_context()), {}};
  shake_hands(client, server);
  QCOMPARE(client.status, Status::failed);
  QCOMPARE(client.engine.failure(), std::string("hostname mismatch"));
  QVERIFY(!server.engine.established());
  const CertificateBundle stranger = make_authority("Test authority", wall_now());
  TlsSide doubter{TlsEngine(client_context(Versions::from_12, true, stranger.chain_pem), kName), {}};
  TlsSide again{TlsEngine(server_context()), {}};
  shake_hands(doubter, again);
  QCOMPARE(doubter.status, Status::failed);
  QVERIFY(!doubter.engine.failure().empty());
  QVERIFY(doubter.engine.failure() != "hostname mismatch");
  // The context's name is used when the engine has none; an engine's own name wins.
  const auto named = TlsContext::client(authority().chain_pem, "other.example.org").value();
  TlsSide by_context{TlsEngine(named), {}};
  TlsSide first{TlsEngine(server_context()), {}};
  shake_hands(by_context, first);
  QCOMPARE(by_context.status, Status::failed);
  TlsSide by_engine{TlsEngine(named, kName), {}};
  TlsSide second{TlsEngine(server_context()), {}};
  shake_hands(by_engine, second);
  QVERIFY(by_engine.engine.established());
}

void TlsBadTest::addresses_as_names() {
  for (const auto& [name, good] : {std::pair("192.0.2.1", true), std::pair("192.0.2.2", false)}) {
    TlsSide client{TlsEngine(client_context(), name), {}};
    TlsSide server{TlsEngine(server_context()), {}};
    shake_hands(client, server);
    QCOMPARE(client.engine.established(), good);
  }
}

void TlsBadTest::expired_server() {
  const WallTime long_ago = wall_now() - int64_t{500} * 24 * 3600 * kMicrosPerSecond;
  const CertificateBundle old = make_authority("Old authority", long_ago);
  const auto context = TlsContext::server(issue_leaf(old, {kName}, {}, long_ago).value(), false).value();
  TlsSide client{TlsEngine(client_context(Versions::from_12, true, old.chain_pem), kName), {}};
  TlsSide server{TlsEngine(context), {}};
  shake_hands(client, server);
  QCOMPARE(client.status, Status::failed);
  QCOMPARE(client.engine.failure(), std::string("certificate has expired"));
}

void TlsBadTest::unverified_client() {
  TlsSide client{TlsEngine(client_context(Versions::from_12, false), "other.example.org"), {}};
  TlsSide server{TlsEngine(server_context()), {}};
  shake_hands(client, server);
  QVERIFY(client.engine.established());
  QVERIFY(!TlsContext::client("no PEM", kName).has_value());
  QVERIFY(!TlsContext::client("", kName).has_value());
}

void TlsBadTest::key_of_another() {
  const auto one = issue_leaf(authority(), {kName}, {}, wall_now()).value();
  const auto other = issue_leaf(authority(), {kName}, {}, wall_now()).value();
  CertificateBundle mixed{one.chain_pem, other.key_pem.clone()};
  const auto context = TlsContext::server(mixed, false);
  QVERIFY(!context.has_value());
  QCOMPARE(context.error().code, ErrorCode::certificate_mismatch);
  for (const auto& [chain, key] : {std::pair(std::string(), one.key_pem.clone()), std::pair(one.chain_pem, Secret()),
                                   std::pair(std::string("x"), Secret("y"))}) {
    const auto none = TlsContext::server({chain, key.clone()}, false);
    QCOMPARE(none.error().code, ErrorCode::certificate_broken);
  }
}

void TlsBadTest::no_tickets_and_no_resumption() {
  // TLS 1.3: nothing follows the server's Finished once the client's has been heard.
  Pair pair(Versions::only_13);
  QVERIFY(pair.client.engine.established() && pair.server.engine.established());
  QVERIFY(pair.server.out.empty());
}

void TlsBadTest::contexts_outlive_their_replacement() {
  auto context = TlsContext::server(issue_leaf(authority(), {kName}, {}, wall_now()).value(), false).value();
  TlsSide client{TlsEngine(client_context(), kName), {}};
  TlsSide server{TlsEngine(context), {}};
  const std::weak_ptr<const TlsContext> watched = context;
  context.reset();
  shake_hands(client, server);
  QVERIFY(client.engine.established());
  QVERIFY(!watched.expired());
  server.engine = TlsEngine(server_context());
  QVERIFY(watched.expired());
}

QTEST_APPLESS_MAIN(TlsBadTest)
#include "tls_bad_test.moc"

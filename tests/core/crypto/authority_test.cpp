// The own authority and its leaves, as openssl sees them.
#include <QtTest>
#include <set>

#include "core/crypto/openssl_tool.h"
#include "core/crypto/tls_pair.h"
#include "crypto/certificate.h"

using namespace postern;
using namespace postern::crypto;
using namespace postern::test;

namespace {

constexpr WallTime kDay = int64_t{24} * 3600 * kMicrosPerSecond;
/// Certificates count whole seconds.
WallTime now() {
  return wall_now() / kMicrosPerSecond * kMicrosPerSecond;
}

std::string first_certificate(const std::string& chain) {
  const std::string end = "-----END CERTIFICATE-----\n";
  return chain.substr(0, chain.find(end) + end.size());
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

class AuthorityTest : public QObject {
  Q_OBJECT
 private slots:
  void authority_as_openssl_sees_it();
  void leaf_as_openssl_sees_it();
  void openssl_verifies_name_and_address();
  void description();
  void a_leaf_lives_at_most_397_days();
  void a_leaf_never_outlives_its_authority();
  void serials_and_keys_differ();
  void odd_common_names();
  void long_and_missing_names();
  void names_that_are_refused();
  void authorities_that_are_refused();
  void a_renewed_leaf_has_the_same_issuer();
  void imports_what_it_issued();
};

void AuthorityTest::authority_as_openssl_sees_it() {
  const OpensslTool openssl;
  openssl.write("ca.pem", make_authority("Example authority", now()).chain_pem);
  const std::string text = openssl.must("x509 -in ca.pem -noout -text");
  for (const char* part :
       {"Version: 3", "CN = Example authority", "CA:TRUE, pathlen:0", "X509v3 Basic Constraints: critical",
        "X509v3 Key Usage: critical", "Certificate Sign, CRL Sign", "ASN1 OID: prime256v1", "ecdsa-with-SHA256",
        "X509v3 Subject Key Identifier"}) {
    QVERIFY2(has(text, part), part);
  }
  QCOMPARE(openssl.must("verify -x509_strict -check_ss_sig -CAfile ca.pem ca.pem"), std::string("ca.pem: OK\n"));
}

void AuthorityTest::leaf_as_openssl_sees_it() {
  const OpensslTool openssl;
  const auto authority = make_authority("Example authority", now());
  const auto leaf = issue_leaf(authority, {"MX.example.org", "mail.example.org", "mx.example.org"},
                               {*IpAddress::parse("192.0.2.1"), *IpAddress::parse("2001:db8::25")}, now())
                        .value();
  QVERIFY(leaf.chain_pem.ends_with(authority.chain_pem));
  openssl.write("leaf.pem", first_certificate(leaf.chain_pem));
  openssl.write("leaf.key", leaf.key_pem.reveal());
  const std::string text = openssl.must("x509 -in leaf.pem -noout -text");
  for (const char* part :
       {"Version: 3", "Issuer: CN = Example authority", "Subject: CN = mx.example.org", "CA:FALSE",
        "X509v3 Key Usage: critical\n                Digital Signature\n", "TLS Web Server Authentication",
        "X509v3 Authority Key Identifier", "X509v3 Subject Key Identifier",
        "DNS:mx.example.org, DNS:mail.example.org, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:25",
        "ASN1 OID: prime256v1"}) {
    QVERIFY2(has(text, part), (std::string(part) + "\n" + text).c_str());
  }
  QCOMPARE(openssl.must("pkey -in leaf.key -pubout"), openssl.must("x509 -in leaf.pem -noout -pubkey"));
  QVERIFY(leaf.key_pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));
}

void AuthorityTest::openssl_verifies_name_and_address() {
  const OpensslTool openssl;
  const auto authority = make_authority("Example authority", now());
  const auto leaf =
      issue_leaf(authority, {"mx.example.org", "*.mail.example.org"}, {*IpAddress::parse("192.0.2.1")}, now()).value();
  openssl.write("ca.pem", authority.chain_pem);
  openssl.write("other.pem", make_authority("Example authority", now()).chain_pem);
  openssl.write("leaf.pem", leaf.chain_pem);
  const QString verify = "verify -x509_strict -purpose sslserver -CAfile ca.pem ";
  QCOMPARE(openssl.must(verify + "-verify_hostname mx.example.org leaf.pem"), std::string("leaf.pem: OK\n"));
  QCOMPARE(openssl.must(verify + "-verify_hostname a.mail.example.org leaf.pem"), std::string("leaf.pem: OK\n"));
  QCOMPARE(openssl.must(verify + "-verify_ip 192.0.2.1 leaf.pem"), std::string("leaf.pem: OK\n"));
  const auto fails = [&](const QString& line) { return openssl.run(line.split(' ')).code != 0; };
  QVERIFY(fails(verify + "-verify_hostname other.example.org leaf.pem"));
  QVERIFY(fails(verify + "-verify_ip 192.0.2.2 leaf.pem"));
  QVERIFY(fails("verify -purpose sslclient -CAfile ca.pem leaf.pem"));
  QVERIFY(fails("verify -CAfile other.pem leaf.pem"));
}

void AuthorityTest::description() {
  const WallTime time = now();
  const auto authority = make_authority("Example, \"authority\" ü", time);
  const auto leaf = issue_leaf(authority, {"mx.example.org"}, {*IpAddress::parse("2001:db8::25")}, time).value();
  const auto info = describe_certificate(leaf.chain_pem).value();
  QCOMPARE(info.subject, std::string("CN=mx.example.org"));
  QCOMPARE(info.issuer, std::string("CN=Example\\, \\\"authority\\\" ü"));
  QCOMPARE(info.names, (std::vector<std::string>{"mx.example.org", "2001:db8::25"}));
  QCOMPARE(info.not_before, time - 3600 * kMicrosPerSecond);
  QCOMPARE(info.key, std::string("EC P-256"));
  const OpensslTool openssl;
  openssl.write("leaf.pem", leaf.chain_pem);
  std::string print = openssl.must("x509 -in leaf.pem -noout -fingerprint -sha256");
  print.erase(std::remove(print.begin(), print.end(), ':'), print.end());
  QVERIFY(has(QString::fromStdString(print).toLower().toStdString(), info.sha256));
  const std::string serial =
      QString::fromStdString(openssl.must("x509 -in leaf.pem -noout -serial")).toLower().toStdString();
  QCOMPARE(serial, "serial=" + info.serial + "\n");
  for (const char* bad : {"", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    QCOMPARE(describe_certificate(bad).error().code, ErrorCode::certificate_broken);
  }
}

void AuthorityTest::a_leaf_lives_at_most_397_days() {
  const WallTime time = now();
  const auto leaf = issue_leaf(make_authority("A", time), {"mx.example.org"}, {}, time).value();
  const auto info = describe_certificate(leaf.chain_pem).value();
  QCOMPARE(info.not_before, time - 3600 * kMicrosPerSecond);
  // Both ends are part of the life, hence the second.
  QCOMPARE(info.not_after - info.not_before, kLeafDays * kDay - kMicrosPerSecond);
}

void AuthorityTest::a_leaf_never_outlives_its_authority() {
  const auto authority = make_authority("A", now());
  const auto ca = describe_certificate(authority.chain_pem).value();
  QCOMPARE(ca.not_after, now() + kCaDays * kDay);
  const auto late = issue_leaf(authority, {"mx.example.org"}, {}, ca.not_after - 10 * kDay).value();
  QCOMPARE(describe_certificate(late.chain_pem).value().not_after, ca.not_after);
  const auto too_late = issue_leaf(authority, {"mx.example.org"}, {}, ca.not_after + kDay);
  QCOMPARE(too_late.error().code, ErrorCode::certificate_expired);
  QCOMPARE(too_late.error().args, (std::vector<std::string>{"certificate authority", format_rfc3339(ca.not_after)}));
}

void AuthorityTest::serials_and_keys_differ() {
  const auto authority = make_authority("A", now());
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const auto leaf = issue_leaf(authority, {"mx.example.org"}, {}, now()).value();
    const std::string serial = describe_certificate(leaf.chain_pem).value().serial;
    QVERIFY(seen.insert(serial).second);
    QVERIFY(seen.insert(std::string(leaf.key_pem.reveal())).second);
    // 128 bits: fewer than 14 octets would come once in 2^16 draws.
    QVERIFY(serial.size() >= 28 && serial.size() <= 32);
  }
}

void AuthorityTest::odd_common_names() {
  const std::string long_name(63, 'x');
  for (const auto& [given, shown] : {std::pair<std::string, std::string>{"", "Postern"},
                                     {"\xff\xfe", "Postern"},
                                     {long_name + "üyz", long_name + "ü"}}) {
    const auto authority = make_authority(given, now());
    QCOMPARE(describe_certificate(authority.chain_pem).value().subject, "CN=" + shown);
    QVERIFY(issue_leaf(authority, {"mx.example.org"}, {}, now()).has_value());
  }
}

void AuthorityTest::long_and_missing_names() {
  const OpensslTool openssl;
  const auto authority = make_authority("A", now());
  openssl.write("ca.pem", authority.chain_pem);
  const std::string label(60, 'a');
  const std::string name = label + "." + label + ".example.org";  // does not fit a common name
  openssl.write("leaf.pem", issue_leaf(authority, {name}, {}, now()).value().chain_pem);
  QVERIFY(has(openssl.must("x509 -in leaf.pem -noout -text"), "X509v3 Subject Alternative Name: critical"));
  openssl.must("verify -x509_strict -CAfile ca.pem -verify_hostname " + QString::fromStdString(name) + " leaf.pem");
  const auto by_address = issue_leaf(authority, {}, {*IpAddress::parse("192.0.2.1")}, now()).value();
  QCOMPARE(describe_certificate(by_address.chain_pem).value().names, std::vector<std::string>{"192.0.2.1"});
}

void AuthorityTest::names_that_are_refused() {
  const auto authority = make_authority("A", now());
  for (const std::string& name :
       {std::string(), std::string("."), std::string("a..b"), std::string("-a.example"), std::string("a-.example"),
        std::string("a b.example"), std::string("a.example,DNS:evil.example"), std::string("a\nb"),
        std::string("a\0b", 3), std::string("ü.example"), std::string("*"), std::string("*.example"),
        std::string("a.*.example"), std::string("192.0.2.1"), std::string("1"), std::string(64, 'a') + ".example",
        std::string("a_b.example"), std::string("mx.example."), std::string(254, 'a')}) {
    const auto leaf = issue_leaf(authority, {"good.example", name}, {}, now());
    QVERIFY2(!leaf.has_value(), name.c_str());
    QCOMPARE(leaf.error().code, ErrorCode::bad_domain);
  }
  QCOMPARE(issue_leaf(authority, {}, {}, now()).error().code, ErrorCode::bad_input);
  QCOMPARE(issue_leaf(authority, std::vector<std::string>(101, "a.example"), {}, now()).error().code,
           ErrorCode::too_many);
  QVERIFY(issue_leaf(authority, {"localhost", "xn--bcher-kva.example", "1.example"}, {}, now()).has_value());
}

void AuthorityTest::authorities_that_are_refused() {
  const auto authority = make_authority("A", now());
  const auto other = make_authority("A", now());
  const auto leaf = issue_leaf(authority, {"mx.example.org"}, {}, now()).value();
  const auto refused = [](const CertificateBundle& bundle) {
    return issue_leaf(bundle, {"mx.example.org"}, {}, now()).error().code;
  };
  QCOMPARE(refused({authority.chain_pem, other.key_pem.clone()}), ErrorCode::certificate_mismatch);
  QCOMPARE(refused({leaf.chain_pem, leaf.key_pem.clone()}), ErrorCode::certificate_broken);
  QCOMPARE(refused({"", authority.key_pem.clone()}), ErrorCode::certificate_broken);
  QCOMPARE(refused({authority.chain_pem, Secret()}), ErrorCode::certificate_broken);
}

void AuthorityTest::a_renewed_leaf_has_the_same_issuer() {
  const OpensslTool openssl;
  const auto authority = make_authority("A", now());
  openssl.write("ca.pem", authority.chain_pem);
  openssl.write("next.pem", issue_leaf(authority, {"mx.example.org"}, {}, now() + 300 * kDay).value().chain_pem);
  const QString at = QString::number((now() + 310 * kDay) / kMicrosPerSecond);
  openssl.must("verify -x509_strict -attime " + at + " -CAfile ca.pem next.pem");
}

void AuthorityTest::imports_what_it_issued() {
  const auto authority = make_authority("A", now());
  const auto leaf = issue_leaf(authority, {"mx.example.org"}, {}, now()).value();
  const auto imported = import_pem(leaf.chain_pem, leaf.key_pem.reveal(), Secret(), now(), "x");
  QVERIFY(imported.has_value());
  QCOMPARE(imported->chain_pem, leaf.chain_pem);
  QVERIFY(imported->key_pem.reveal() == leaf.key_pem.reveal());
}

QTEST_APPLESS_MAIN(AuthorityTest)
#include "authority_test.moc"

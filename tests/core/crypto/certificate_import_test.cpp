// Import of certificates and keys that openssl made: every form, and every reason to refuse.
#include <QtTest>

#include "core/crypto/openssl_tool.h"
#include "core/crypto/tls_pair.h"
#include "crypto/certificate.h"

using namespace postern;
using namespace postern::crypto;
using namespace postern::test;

namespace {

constexpr WallTime kDay = int64_t{24} * 3600 * kMicrosPerSecond;
constexpr const char* kEc = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
const Error kNoError;

Error refusal(const Expected<CertificateBundle>& result) {
  return result ? kNoError : result.error();
}

/// The reason of a certificate_broken, with a mark when it is another error.
std::string reason(const Expected<CertificateBundle>& result) {
  const Error error = refusal(result);
  if (error.code != ErrorCode::certificate_broken || error.args.size() != 2 || error.args[0] != "file") {
    return "not certificate_broken: " + std::string(error_name(error.code));
  }
  return error.args[1];
}

Expected<CertificateBundle> import_text(const std::string& text, const char* passphrase = "",
                                        WallTime now = wall_now()) {
  return import_pem(text, "", Secret(passphrase), now, "file");
}

Expected<CertificateBundle> import_file(const std::string& octets, const char* passphrase) {
  return import_pfx(as_bytes(octets), Secret(passphrase), wall_now(), "file");
}

size_t certificates_in(const std::string& pem) {
  size_t count = 0;
  for (size_t at = 0; (at = pem.find("BEGIN CERTIFICATE", at)) != std::string::npos; ++at) ++count;
  return count;
}

/// root, intermediate and leaf, made by openssl: root.crt, mid.crt, leaf.crt, leaf.key
struct Chain {
  OpensslTool openssl;
  std::string root, mid, leaf, key;

  Chain() {
    openssl.write(
        "ca.ext",
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n");
    openssl.write("leaf.ext",
                  "subjectAltName=DNS:mx.example.org\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature\n");
    openssl.self_signed("root", kEc, "-addext keyUsage=critical,keyCertSign");
    sign("mid", "root", "ca.ext", "Mid");
    sign("leaf", "mid", "leaf.ext", "mx.example.org");
    root = openssl.read("root.crt");
    mid = openssl.read("mid.crt");
    leaf = openssl.read("leaf.crt");
    key = openssl.read("leaf.key");
  }
  void sign(const QString& name, const QString& issuer, const QString& extensions, const QString& subject,
            const QString& more = "-days 30 -sha256") const {
    openssl.must("genpkey -out " + name + ".key " + kEc);
    openssl.must("req -new -key " + name + ".key -out " + name + ".csr -subj /CN=" + subject);
    openssl.must("x509 -req -in " + name + ".csr -CA " + issuer + ".crt -CAkey " + issuer +
                 ".key -CAcreateserial -out " + name + ".crt -extfile " + extensions + " " + more);
  }
};

const Chain& chain() {
  static const Chain made;
  return made;
}

}  // namespace

class CertificateImportTest : public QObject {
  Q_OBJECT
 private slots:
  void key_kinds_data();
  void key_kinds();
  void encrypted_keys_data();
  void encrypted_keys();
  void order_is_put_right();
  void root_and_strangers();
  void mismatch_and_missing();
  void dates();
  void weak_keys_and_signatures();
  void purposes();
  void damaged_text();
  void damaged_key();
  void limits();
  void odd_text_forms();
  void pfx_forms_data();
  void pfx_forms();
  void pfx_refusals();
  void costly_files();
  void imported_bundles_serve_tls();
};

void CertificateImportTest::key_kinds_data() {
  QTest::addColumn<QString>("options");
  QTest::addColumn<QString>("name");
  QTest::newRow("P-256") << QString(kEc) << "EC P-256";
  QTest::newRow("P-384") << "-algorithm EC -pkeyopt ec_paramgen_curve:P-384"
                         << "EC P-384";
  QTest::newRow("P-521") << "-algorithm EC -pkeyopt ec_paramgen_curve:P-521"
                         << "EC P-521";
  QTest::newRow("RSA") << "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"
                       << "RSA 2048";
  QTest::newRow("RSA-PSS") << "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048"
                           << "RSA-PSS 2048";
  QTest::newRow("Ed25519") << "-algorithm ED25519"
                           << "Ed25519";
  QTest::newRow("Ed448") << "-algorithm ED448"
                         << "Ed448";
}

void CertificateImportTest::key_kinds() {
  QFETCH(QString, options);
  QFETCH(QString, name);
  const OpensslTool openssl;
  openssl.self_signed("x", options);
  const auto bundle = import_pem(openssl.read("x.crt"), openssl.read("x.key"), Secret(), wall_now(), "file");
  QVERIFY2(bundle.has_value(), reason(bundle).c_str());
  QCOMPARE(QString::fromStdString(describe_certificate(bundle->chain_pem).value().key), name);
  QCOMPARE(bundle->chain_pem, openssl.read("x.crt"));
  QVERIFY(bundle->key_pem.reveal() == openssl.read("x.key"));
}

void CertificateImportTest::encrypted_keys_data() {
  QTest::addColumn<QString>("command");
  QTest::newRow("PKCS 8, PBES2 AES") << "pkcs8 -topk8 -in KEY -out OUT -v2 aes-256-cbc -passout pass:secret";
  QTest::newRow("PKCS 8, PBES2 SHA-1 3DES")
      << "pkcs8 -topk8 -in KEY -out OUT -v2 des3 -v2prf hmacWithSHA1 -passout pass:secret";
  QTest::newRow("PKCS 8, scrypt") << "pkcs8 -topk8 -in KEY -out OUT -scrypt -passout pass:secret";
  QTest::newRow("PKCS 8, PBE SHA-1 3DES") << "pkcs8 -topk8 -in KEY -out OUT -v1 PBE-SHA1-3DES -passout pass:secret";
  QTest::newRow("old EC form") << "ec -in KEY -out OUT -aes256 -passout pass:secret";
}

void CertificateImportTest::encrypted_keys() {
  QFETCH(QString, command);
  const OpensslTool openssl;
  openssl.write("leaf.key", chain().key);
  openssl.must(command.replace("KEY", "leaf.key").replace("OUT", "sealed.key"));
  const std::string text = openssl.read("sealed.key") + chain().leaf;
  const auto bundle = import_text(text, "secret");
  QVERIFY2(bundle.has_value(), reason(bundle).c_str());
  QVERIFY(bundle->key_pem.reveal() == chain().key);
  QCOMPARE(reason(import_text(text, "wrong")), std::string("the passphrase does not open the key"));
  QCOMPARE(reason(import_text(text)), std::string("the key is encrypted and no passphrase was given"));
}

void CertificateImportTest::order_is_put_right() {
  const Chain& c = chain();
  const std::string expected = c.leaf + c.mid;
  for (const std::string& text :
       {c.key + c.leaf + c.mid, c.leaf + c.mid + c.key, c.mid + c.key + c.leaf, c.mid + c.leaf + c.key}) {
    const auto bundle = import_text(text);
    QVERIFY2(bundle.has_value(), reason(bundle).c_str());
    QCOMPARE(bundle->chain_pem, expected);
  }
  const auto apart = import_pem(c.mid + c.leaf, c.key, Secret(), wall_now(), "file");
  QCOMPARE(apart.value().chain_pem, expected);
  // A renewed certificate of the same key beside the old one.
  c.openssl.must("x509 -req -in leaf.csr -CA mid.crt -CAkey mid.key -out newer.crt -extfile leaf.ext -days 60 -sha256");
  const std::string newer = c.openssl.read("newer.crt");
  QCOMPARE(import_text(c.leaf + newer + c.key + c.mid).value().chain_pem, newer + c.mid);
}

void CertificateImportTest::root_and_strangers() {
  const Chain& c = chain();
  QCOMPARE(import_text(c.root + c.mid + c.leaf + c.key).value().chain_pem, c.leaf + c.mid + c.root);
  const OpensslTool openssl;
  openssl.self_signed("stranger", kEc);
  const std::string stranger = openssl.read("stranger.crt");
  QCOMPARE(import_text(stranger + c.mid + c.leaf + c.key).value().chain_pem, c.leaf + c.mid);
  // A stranger's key first: the one that fits is found.
  QCOMPARE(import_text(openssl.read("stranger.key") + c.leaf + c.key).value().chain_pem, c.leaf);
  // An issuer that bears the right name but did not sign.
  c.sign("mid2", "root", "ca.ext", "Mid");
  QCOMPARE(certificates_in(import_text(c.openssl.read("mid2.crt") + c.leaf + c.key).value().chain_pem), size_t{1});
}

void CertificateImportTest::mismatch_and_missing() {
  const Chain& c = chain();
  const OpensslTool openssl;
  openssl.self_signed("other", kEc);
  QCOMPARE(refusal(import_text(c.leaf + openssl.read("other.key"))),
           (Error{ErrorCode::certificate_mismatch, {"file"}}));
  QCOMPARE(reason(import_text(c.leaf)), std::string("no private key in it"));
  QCOMPARE(reason(import_text(c.key)), std::string("no certificate in it"));
  QCOMPARE(reason(import_text("")), std::string("no certificate in it"));
  QCOMPARE(reason(import_text("hello")), std::string("no certificate in it"));
  QCOMPARE(reason(import_text(c.openssl.read("leaf.csr") + c.key)), std::string("no certificate in it"));
}

void CertificateImportTest::dates() {
  const Chain& c = chain();
  const auto info = describe_certificate(c.leaf).value();
  const std::string text = c.leaf + c.key;
  const auto late = import_text(text, "", info.not_after + kMicrosPerSecond);
  QCOMPARE(refusal(late), (Error{ErrorCode::certificate_expired, {"file", format_rfc3339(info.not_after)}}));
  QCOMPARE(reason(import_text(text, "", info.not_before - kMicrosPerSecond)),
           "not valid before " + format_rfc3339(info.not_before));
  QVERIFY(import_text(text, "", info.not_before).has_value());
  QVERIFY(import_text(text, "", info.not_after).has_value());
  // An intermediate that ran out breaks every client.
  c.sign("short", "root", "ca.ext", "Short", "-days 1 -sha256");
  c.sign("under", "short", "leaf.ext", "mx.example.org");
  const std::string under = c.openssl.read("under.crt") + c.openssl.read("short.crt") + c.openssl.read("under.key");
  QVERIFY(import_text(under).has_value());
  QCOMPARE(refusal(import_text(under, "", wall_now() + 2 * kDay)).code, ErrorCode::certificate_expired);
}

void CertificateImportTest::weak_keys_and_signatures() {
  const OpensslTool openssl;
  const auto import_of = [&](const QString& name) {
    return import_text(openssl.read(name + ".key") + openssl.read(name + ".crt"));
  };
  openssl.self_signed("rsa1024", "-algorithm RSA -pkeyopt rsa_keygen_bits:1024");
  QCOMPARE(reason(import_of("rsa1024")), std::string("RSA 1024 is too short: at least 2048 bits are needed"));
  openssl.self_signed("koblitz", "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1");
  QCOMPARE(reason(import_of("koblitz")), std::string("EC secp256k1 is not a curve for TLS"));
  openssl.self_signed("sha1", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "-sha1");
  QCOMPARE(reason(import_of("sha1")), std::string("a certificate is signed with a weak digest: SHA1"));
  openssl.self_signed("md5", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "-md5");
  QCOMPARE(reason(import_of("md5")), std::string("a certificate is signed with a weak digest: MD5"));
  // An intermediate counts too; a root's own signature does not.
  const Chain& c = chain();
  c.sign("weakmid", "root", "ca.ext", "Weak", "-days 30 -sha1");
  c.sign("weakleaf", "weakmid", "leaf.ext", "mx.example.org");
  const std::string weak = c.openssl.read("weakleaf.crt") + c.openssl.read("weakleaf.key");
  QVERIFY(import_text(weak).has_value());
  QCOMPARE(reason(import_text(weak + c.openssl.read("weakmid.crt"))),
           std::string("a certificate is signed with a weak digest: SHA1"));
  c.openssl.self_signed("oldroot", kEc, "-sha1 -addext keyUsage=critical,keyCertSign");
  c.sign("fresh", "oldroot", "leaf.ext", "mx.example.org");
  const auto fresh =
      import_text(c.openssl.read("fresh.crt") + c.openssl.read("fresh.key") + c.openssl.read("oldroot.crt"));
  QCOMPARE(certificates_in(fresh.value().chain_pem), size_t{2});
}

void CertificateImportTest::purposes() {
  const OpensslTool openssl;
  const auto import_with = [&](const QString& extension) {
    openssl.self_signed("x", kEc, "-addext " + extension);
    return import_text(openssl.read("x.key") + openssl.read("x.crt"));
  };
  QCOMPARE(reason(import_with("extendedKeyUsage=clientAuth")), std::string("the certificate is not meant for servers"));
  QCOMPARE(reason(import_with("keyUsage=keyAgreement")), std::string("the certificate's key may not sign"));
  QVERIFY(import_with("extendedKeyUsage=clientAuth,serverAuth").has_value());
  QVERIFY(import_with("extendedKeyUsage=anyExtendedKeyUsage").has_value());
  QVERIFY(import_with("keyUsage=digitalSignature,keyEncipherment").has_value());
}

void CertificateImportTest::damaged_text() {
  const Chain& c = chain();
  const std::string good = c.leaf + c.key;
  std::string cut = c.leaf.substr(0, c.leaf.size() / 2) + "\n";
  QVERIFY(reason(import_text(cut)).starts_with("a PEM block is damaged"));
  std::string letter = good;
  letter[c.leaf.size() / 2] = '!';
  QVERIFY(reason(import_text(letter)).starts_with("a PEM block is damaged"));
  // No octet of the base64 may change and still give the same certificate unnoticed.
  size_t accepted = 0;
  for (size_t at = 28; at < c.leaf.size() - 27; at += 3) {
    std::string changed = good;
    if (changed[at] == '\n' || changed[at] == '=') continue;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    const auto bundle = import_text(changed);
    if (bundle) QVERIFY(bundle->chain_pem != c.leaf);  // what was not signed over by the key itself
    accepted += bundle ? 1 : 0;
  }
  QVERIFY(accepted < c.leaf.size() / 3);
  QVERIFY(reason(import_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + c.key)) ==
          "a certificate is damaged");
  QCOMPARE(reason(import_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" + c.leaf)),
           std::string("the key is damaged"));
  QCOMPARE(reason(import_text("-----BEGIN DSA PRIVATE KEY-----\nAAAA\n-----END DSA PRIVATE KEY-----\n")),
           std::string("DSA keys are not usable"));
}

void CertificateImportTest::damaged_key() {
  const Chain& c = chain();
  QVERIFY(c.key.find("-----END") != std::string::npos);
  // The secret number lies behind the head of the structure, the public point behind it: a change in the secret alone
  // keeps the public half right.
  Bytes der = from_base64([&] {
                std::string body = c.key.substr(c.key.find('\n') + 1);
                body.resize(body.find("-----END"));
                std::string joined;
                for (const char letter : body) {
                  if (letter != '\n') joined.push_back(letter);
                }
                return joined;
              }())
                  .value();
  der[40] ^= 0x01;
  const std::string key = "-----BEGIN PRIVATE KEY-----\n" + base64(der).substr(0, 64) + "\n" +
                          base64(der).substr(64, 64) + "\n" + base64(der).substr(128) + "\n-----END PRIVATE KEY-----\n";
  const std::string why = reason(import_text(c.leaf + key));
  QVERIFY2(why == "the private key is damaged" || why == "the key is damaged", why.c_str());
}

void CertificateImportTest::limits() {
  const Chain& c = chain();
  QCOMPARE(reason(import_text(std::string(1024 * 1024 + 1, 'x'))), std::string("the file is too large"));
  std::string many = c.key;
  for (int i = 0; i < 40; ++i) many += c.leaf;
  QCOMPARE(reason(import_text(many)), std::string("too many certificates"));
  std::string keys = c.leaf;
  for (int i = 0; i < 10; ++i) keys += c.key;
  QCOMPARE(reason(import_text(keys)), std::string("too many keys"));
  QCOMPARE(reason(import_file(std::string(1024 * 1024 + 1, 'x'), "")), std::string("the file is too large"));
}

void CertificateImportTest::odd_text_forms() {
  const Chain& c = chain();
  QString crlf = QString::fromStdString(c.leaf + c.key);
  crlf.replace("\n", "\r\n");
  QVERIFY(import_text(crlf.toStdString()).has_value());
  QVERIFY(import_text("\xef\xbb\xbf" + c.leaf + c.key).has_value());
  QVERIFY(
      import_text("Bag Attributes\n    friendlyName: x\nsubject=CN = x\n" + c.leaf + "\n\n# my key\n" + c.key + "end")
          .has_value());
  QVERIFY(import_text(c.leaf + c.openssl.must("ec -in leaf.key -no_public") + c.key).has_value());
  // The old EC form comes with a block of parameters in front.
  QVERIFY(
      import_text(c.leaf + c.openssl.must("ecparam -name prime256v1") + c.openssl.must("ec -in leaf.key")).has_value());
  c.openssl.self_signed("rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
  QVERIFY(import_text(c.openssl.must("rsa -traditional -in rsa.key") + c.openssl.read("rsa.crt")).has_value());
}

void CertificateImportTest::pfx_forms_data() {
  QTest::addColumn<QString>("options");
  QTest::addColumn<QString>("passphrase");
  QTest::newRow("modern") << "-passout pass:secret"
                          << "secret";
  QTest::newRow("non-ASCII passphrase") << "-passout pass:sécrêt"
                                        << "sécrêt";
  QTest::newRow("3DES") << "-passout pass:secret -keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1"
                        << "secret";
  QTest::newRow("legacy RC2") << "-passout pass:secret -legacy"
                              << "secret";
  QTest::newRow("empty passphrase") << "-passout pass:"
                                    << "";
  QTest::newRow("legacy, empty passphrase") << "-passout pass: -legacy"
                                            << "";
  QTest::newRow("nothing encrypted") << "-passout pass:secret -keypbe NONE -certpbe NONE"
                                     << "secret";
  QTest::newRow("no MAC") << "-passout pass:secret -nomac"
                          << "secret";
}

void CertificateImportTest::pfx_forms() {
  QFETCH(QString, options);
  QFETCH(QString, passphrase);
  const Chain& c = chain();
  c.openssl.write("all.pem", c.leaf + c.mid);
  c.openssl.must("pkcs12 -export -in all.pem -inkey leaf.key -name mx -out x.pfx " + options);
  const std::string file = c.openssl.read("x.pfx");
  const auto bundle = import_file(file, passphrase.toUtf8().constData());
  QVERIFY2(bundle.has_value(), reason(bundle).c_str());
  QCOMPARE(bundle->chain_pem, c.leaf + c.mid);
  QVERIFY(bundle->key_pem.reveal() == c.key);
  const bool guarded = !options.contains("-nomac");
  const std::string why = reason(import_file(file, "wrong"));
  if (guarded) QCOMPARE(why, std::string("the passphrase does not open the file"));
  if (!guarded) QVERIFY(!import_file(file, "wrong").has_value());
}

void CertificateImportTest::pfx_refusals() {
  const Chain& c = chain();
  for (const std::string& text :
       {std::string(), std::string("0"), std::string("\x30\x82"), c.leaf, std::string(1000, '\0')}) {
    QCOMPARE(reason(import_file(text, "")), std::string("not a PKCS #12 file"));
  }
  c.openssl.must("pkcs12 -export -in leaf.crt -nokeys -out nokey.pfx -passout pass:secret");
  QCOMPARE(reason(import_file(c.openssl.read("nokey.pfx"), "secret")), std::string("no private key in it"));
  c.openssl.must("pkcs12 -export -in leaf.crt -inkey leaf.key -out x.pfx -passout pass:secret");
  const std::string file = c.openssl.read("x.pfx");
  for (size_t size = 0; size < file.size(); size += 17)
    QVERIFY(!import_file(file.substr(0, size), "secret").has_value());
  for (size_t at = 0; at < file.size(); at += 5) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    const auto bundle = import_file(changed, "secret");
    QVERIFY(!bundle.has_value() || bundle->chain_pem == c.leaf);
  }
}

void CertificateImportTest::costly_files() {
  // openssl works off 100,000 rounds; the number is then raised to 8,388,607 in the file.
  const std::string rounds("\x02\x03\x01\x86\xa0", 5);
  const std::string more("\x02\x03\x7f\xff\xff", 5);
  const auto raise = [&](std::string der) {
    const size_t at = der.find(rounds);
    return at == std::string::npos ? std::string() : der.replace(at, rounds.size(), more);
  };
  const Chain& c = chain();
  c.openssl.must("pkcs8 -topk8 -in leaf.key -out sealed.der -outform DER -iter 100000 -passout pass:secret");
  const std::string body = base64(as_bytes(raise(c.openssl.read("sealed.der"))));
  std::string pem = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n";
  for (size_t at = 0; at < body.size(); at += 64) pem += body.substr(at, 64) + "\n";
  pem += "-----END ENCRYPTED PRIVATE KEY-----\n";
  QCOMPARE(reason(import_text(c.leaf + pem, "secret")),
           std::string("the key asks for too many rounds of key stretching"));
  // The first bag, and the MAC.
  for (const char* options : {"-iter 100000 -nomaciter", "-iter 100000", "-keypbe NONE -certpbe NONE -iter 100000",
                              "-legacy -iter 100000 -nomaciter", "-certpbe NONE -iter 100000 -nomaciter"}) {
    c.openssl.must("pkcs12 -export -in leaf.crt -inkey leaf.key -out x.pfx -passout pass:secret " + QString(options));
    const std::string file = raise(c.openssl.read("x.pfx"));
    QVERIFY(!file.empty());
    const std::string why = reason(import_file(file, "secret"));
    // A changed number inside what the MAC covers shows there first, and that is as good.
    QVERIFY2(
        why == "the file asks for too many rounds of key stretching" || why == "the passphrase does not open the file",
        why.c_str());
  }
  c.openssl.must("pkcs12 -export -in leaf.crt -inkey leaf.key -out x.pfx -passout pass:secret -iter 100000 -nomac");
  QCOMPARE(reason(import_file(raise(c.openssl.read("x.pfx")), "secret")),
           std::string("the file asks for too many rounds of key stretching"));
}

void CertificateImportTest::imported_bundles_serve_tls() {
  const OpensslTool openssl;
  for (const char* options :
       {"-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048",
        "-algorithm ED25519", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-521"}) {
    openssl.self_signed("x", options, "-addext subjectAltName=DNS:mx.example.org");
    const auto bundle = import_text(openssl.read("x.key") + openssl.read("x.crt")).value();
    const auto server_context = TlsContext::server(bundle, false);
    QVERIFY2(server_context.has_value(), options);
    for (const auto versions : {TlsClientOptions::Versions::only_12, TlsClientOptions::Versions::only_13}) {
      TlsClientOptions wishes;
      wishes.ca_pem = bundle.chain_pem;
      wishes.versions = versions;
      TlsSide client{TlsEngine(TlsContext::client(wishes).value(), "mx.example.org"), {}};
      TlsSide server{TlsEngine(*server_context), {}};
      shake_hands(client, server);
      QVERIFY2(client.engine.established(),
               (options + (": " + client.engine.failure()) + server.engine.failure()).c_str());
    }
  }
}

QTEST_APPLESS_MAIN(CertificateImportTest)
#include "certificate_import_test.moc"

#include <fstream>

#include "adapters/store/sqlite.h"
#include "admin_fixture.h"

using namespace postern;
using namespace postern::test;

namespace {

std::vector<std::string> entries_in(const std::string& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) out.push_back(entry.path().filename().string());
  return out;
}

}  // namespace

class CreateTest : public QObject {
  Q_OBJECT
 private slots:
  void a_new_folder_works();
  void nothing_is_left_when_it_fails_data();
  void nothing_is_left_when_it_fails();
  void a_domain_in_utf8_needs_a_host_name();
  void a_folder_is_not_made_twice();
  void what_cannot_be_opened();
  void a_newer_database_is_not_touched();
  void the_first_change_stays();
};

void CreateTest::a_new_folder_works() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto policy = f.admin->policy();
  QVERIFY(policy->tls != nullptr);
  QCOMPARE(*policy->host_name, std::string("example.org"));
  const auto* alice = policy->directory->find("Alice@EXAMPLE.org");
  QVERIFY(alice != nullptr);
  QVERIFY(crypto::argon2id_verify(alice->password.encoded, Secret("secret")));
  QVERIFY(!crypto::argon2id_verify(alice->password.encoded, Secret("Secret")));
  for (const char* role : {"postmaster", "POSTMASTER", "abuse"})
    QCOMPARE(policy->directory->recipient(role, "example.org"), alice);
  QCOMPARE(policy->directory->recipient("PostMaster", ""), alice);
  QCOMPARE(f.admin->first_domain(), std::string("example.org"));
  QCOMPARE(f.admin->pending_changes(), uint64_t{0});
  const auto certificate = f.ask(api::CertificateShow{});
  QVERIFY(certificate.has_value());
  QVERIFY(certificate->own_authority);
  QCOMPARE(certificate->names, std::vector<std::string>{"example.org"});
  QVERIFY(f.ask(api::CertificateAuthority{})->pem.find("BEGIN CERTIFICATE") != std::string::npos);
  const auto verified = f.ask(api::AuditVerify{});
  QVERIFY(verified->ok);
  QVERIFY(verified->entries >= 1);
  QVERIFY(std::filesystem::exists(f.path() + "/audit.head"));
  // Limits are those of the machines.
  QCOMPARE(f.get("smtp/limits").at("recipients").get<uint32_t>(), smtp::Limits{}.recipients);
  QCOMPARE(policy->smtp->message_size, smtp::Limits{}.message_size);
}

void CreateTest::nothing_is_left_when_it_fails_data() {
  QTest::addColumn<QString>("domain");
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("password");
  QTest::addColumn<int>("code");
  QTest::newRow("domain") << "not a domain"
                          << "alice"
                          << "secret" << int(ErrorCode::bad_domain);
  QTest::newRow("no domain") << ""
                             << "alice"
                             << "secret" << int(ErrorCode::bad_domain);
  QTest::newRow("name") << "example.org"
                        << "a b"
                        << "secret" << int(ErrorCode::bad_address);
  QTest::newRow("quoted name") << "example.org"
                               << "\"a\""
                               << "secret" << int(ErrorCode::bad_address);
  QTest::newRow("no name") << "example.org"
                           << ""
                           << "secret" << int(ErrorCode::bad_address);
  QTest::newRow("password") << "example.org"
                            << "alice"
                            << "line\nend" << int(ErrorCode::bad_password);
}

void CreateTest::nothing_is_left_when_it_fails() {
  QFETCH(QString, domain);
  QFETCH(QString, name);
  QFETCH(QString, password);
  QFETCH(int, code);
  AdminFixture f;
  service::Beginning beginning;
  beginning.domain = domain.toStdString();
  beginning.administrator = name.toStdString();
  beginning.password = Secret(password.toStdString());
  QCOMPARE(int(code_of(AdminState::create(f.path(), f.kek, f.clock, std::move(beginning)))), code);
  QCOMPARE(entries_in(f.path()), std::vector<std::string>{});
}

void CreateTest::a_domain_in_utf8_needs_a_host_name() {
  const auto create = [](AdminFixture& f, const std::string& domain, const std::string& host) {
    service::Beginning beginning;
    beginning.domain = domain;
    beginning.administrator = "alice";
    beginning.host_name = host;
    return AdminState::create(f.path(), f.kek, f.clock, std::move(beginning));
  };
  AdminFixture f;
  for (const char* host : {"", "mx.m\u00fcnchen.example"}) {
    const auto refused = create(f, "M\u00fcnchen.example", host);
    QCOMPARE(code_of(refused), ErrorCode::bad_domain);
    // As it was given: nothing is escaped.
    QCOMPARE(refused.error().args.front(), std::string(*host == 0 ? "M\u00fcnchen.example" : host));
    QCOMPARE(entries_in(f.path()), std::vector<std::string>{});
  }
  QCOMPARE(code_of(create(f, "example.org", "no host")), ErrorCode::bad_domain);
  QVERIFY(create(f, "m\u00fcnchen.example", "mx.example.org").has_value());
  QVERIFY(f.open().has_value());
  QVERIFY(f.account("alice@m\u00fcnchen.example") != nullptr);
  QCOMPARE(f.ask(api::CertificateShow{})->names, std::vector<std::string>{"mx.example.org"});
  AdminFixture labels;
  QVERIFY(create(labels, "xn--mnchen-3ya.example", "").has_value());
  QVERIFY(labels.open().has_value());
  QCOMPARE(labels.ask(api::CertificateShow{})->names, std::vector<std::string>{"xn--mnchen-3ya.example"});
}

void CreateTest::a_folder_is_not_made_twice() {
  AdminFixture f;
  QVERIFY(f.begin());
  QCOMPARE(code_of(f.create()), ErrorCode::folder_not_empty);
  QVERIFY(f.open().has_value());
  QVERIFY(f.account("alice@example.org") != nullptr);
}

void CreateTest::what_cannot_be_opened() {
  AdminFixture f;
  QCOMPARE(code_of(f.open()), ErrorCode::not_initialised);
  QCOMPARE(entries_in(f.path()), std::vector<std::string>{});
  QVERIFY(f.create().has_value());
  const crypto::AeadKey right = f.kek;
  f.kek[0] ^= 1;
  QCOMPARE(code_of(f.open()), ErrorCode::key_wrong);
  f.kek = right;
  QVERIFY(f.open().has_value());
  f.admin.reset();
  {
    std::ofstream file(f.path() + "/state.db", std::ios::binary | std::ios::trunc);
    file << std::string(8192, 'x');
  }
  QCOMPARE(code_of(f.open()), ErrorCode::folder_damaged);
}

void CreateTest::a_newer_database_is_not_touched() {
  AdminFixture f;
  QVERIFY(f.create().has_value());
  const std::string path = f.path() + "/state.db";
  {
    auto database = store::Database::open(path, {});
    QVERIFY(database.has_value());
    QVERIFY(database->set_user_version(store::kStateSchema + 1).has_value());
    QVERIFY(database->checkpoint(true));
  }
  QFile file(QString::fromStdString(path));
  QVERIFY(file.open(QIODevice::ReadOnly));
  const QByteArray before = file.readAll();
  const auto opened = f.open();
  QCOMPARE(code_of(opened), ErrorCode::folder_newer);
  QCOMPARE(opened.error().args.size(), size_t{3});
  file.seek(0);
  QCOMPARE(file.readAll(), before);
}

void CreateTest::the_first_change_stays() {
  AdminFixture f;
  QVERIFY(f.begin());
  QCOMPARE(code_of(f.ask(api::ChangeUndo{.id = "1"})), ErrorCode::irreversible);
  QVERIFY(f.account("alice@example.org") != nullptr);
}

QTEST_APPLESS_MAIN(CreateTest)
#include "create_test.moc"

#include "admin_fixture.h"
#include "core/crypto/openssl_tool.h"
#include "crypto/certificate.h"

using namespace postern;
using namespace postern::test;

class DocumentsTest : public QObject {
  Q_OBJECT
 private slots:
  void fields_are_typed();
  void listeners_do_not_share_a_port();
  void null_takes_a_field_away();
  void whole_documents();
  void lists_show_what_holds();
  void only_what_changed_is_made_anew();
  void a_change_that_changes_nothing();
  void changes_tell_everything();
  void pending_changes();
  void pending_outlasts_a_restart();
  void a_clock_put_back_keeps_nothing_alive();
  void another_start_of_the_machine();
  void overlapping_changes_conflict_or_merge();
  void certificates();
  void a_certificate_names_a_host();
  void an_own_certificate_keeps_its_authority();
  void the_own_certificate_is_renewed();
  void names_follow_into_the_certificate();
  void keys_are_renewed();
  void audit_entries_tell_what();
};

void DocumentsTest::fields_are_typed() {
  AdminFixture f;
  QVERIFY(f.begin());
  const struct {
    const char *id, *field, *json;
  } bad[] = {
      {"smtp/limits", "recipients", "\"many\""},
      {"smtp/limits", "recipients", "-1"},
      {"smtp/limits", "recipients", "1.5"},
      {"smtp/limits", "recipients", "99999999999999"},
      {"smtp/limits", "recipients", "18446744073709551615"},
      {"smtp/limits", "nonsense", "1"},
      {"smtp/limits", "a.b", "1"},
      {"smtp/limits", "recipients.x", "1"},
      {"smtp/limits", "", "1"},
      {"smtp/limits", "recipients", "true"},
      {"pop3/limits", "downgrade", "\"maybe\""},
      {"listener/default", "smtp", "\"nowhere\""},
      {"listener/default", "host_name", "\"no host\""},
      {"smtp/lenient_networks", "networks", "[\"x\"]"},
      {"smtp/lenient_networks", "networks", "[\"::1\",\"::1\"]"},
      {"tls/default", "only_tls13", "\"maybe\""},
      {"tls/default", "certificate", "\"\""},
      {"tls/default", "authority", "\"\""},
      {"tls/default", "authority", "null"},
      {"admin/alice", "role", "\"king\""},
  };
  for (const auto& one : bad) {
    const auto result = f.set(one.id, one.field, one.json);
    QCOMPARE(code_of(result), ErrorCode::bad_input);
    QCOMPARE(result.error().args.size(), size_t{2});
  }
  QCOMPARE(code_of(f.set("no/such", "x", "1")), ErrorCode::not_found);
  QCOMPARE(code_of(f.set("nonsense", "x", "1")), ErrorCode::not_found);
  QCOMPARE(code_of(f.set("smtp/other", "x", "1")), ErrorCode::not_found);
  QCOMPARE(code_of(f.ask(api::DocumentGet{.id = "no/such"})), ErrorCode::not_found);
  QCOMPARE(code_of(f.ask(api::DocumentList{.kind = "no"})), ErrorCode::not_found);
  // A value typed as text becomes what the field holds.
  QVERIFY(f.set("smtp/limits", "recipients", "\"33\"").has_value());
  QCOMPARE(f.get("smtp/limits").at("recipients"), Json(33));
  QVERIFY(f.set("smtp/lenient_networks", "networks", "\"192.0.2.0/24, ::1\"").has_value());
  QCOMPARE(f.admin->policy()->lenient->size(), size_t{2});
  QVERIFY(f.set("domain/example.org", "note", "25").has_value());
  QCOMPARE(f.get("domain/example.org").at("note"), Json("25"));
}

void DocumentsTest::listeners_do_not_share_a_port() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto put = [&f](const std::string& smtp, const std::string& pop3) {
    const Json body{{"host_name", "example.org"}, {"smtp", smtp}, {"pop3", pop3}};
    return f.ask(api::DocumentSet{.id = "listener/default", .document = api::JsonText{body.dump()}});
  };
  const char* const same[][2] = {
      {"0.0.0.0:25", "0.0.0.0:25"}, {"127.0.0.1:25", "127.0.0.1:25"}, {"0.0.0.0:25", "127.0.0.1:25"},
      {"192.0.2.1:25", "[::]:25"},  {"[::]:25", "[::1]:25"},          {"[::1]:25", "[::1]:25"},
      {"[::]:25", "0.0.0.0:25"},    {"127.0.0.1:110", "0.0.0.0:110"}, {"[::ffff:127.0.0.1]:25", "127.0.0.1:25"},
  };
  for (const auto& [smtp, pop3] : same) {
    const auto refused = put(smtp, pop3);
    QVERIFY2(code_of(refused) == ErrorCode::bad_input, smtp);
    QCOMPARE(refused.error().args.front(), std::string("pop3"));
  }
  // The other one's default is held against it, too.
  QCOMPARE(code_of(f.set("listener/default", "smtp", "\"127.0.0.1:110\"")), ErrorCode::bad_input);
  const char* const apart[][2] = {
      {"127.0.0.1:25", "127.0.0.1:110"}, {"127.0.0.1:25", "127.0.0.2:25"}, {"127.0.0.1:25", "[::1]:25"},
      {"0.0.0.0:0", "0.0.0.0:0"},        {"127.0.0.1:0", "127.0.0.1:0"},
  };
  for (const auto& [smtp, pop3] : apart) QVERIFY2(put(smtp, pop3).has_value(), smtp);
}

void DocumentsTest::null_takes_a_field_away() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.set("smtp/limits", "recipients", "5").has_value());
  QVERIFY(f.set("smtp/limits", "recipients", "null").has_value());
  QCOMPARE(f.get("smtp/limits").at("recipients").get<uint32_t>(), smtp::Limits{}.recipients);
  QCOMPARE(code_of(f.set("listener/default", "host_name", "null")), ErrorCode::bad_input);
}

void DocumentsTest::whole_documents() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto put = [&f](const std::string& id, const std::string& text) {
    return f.ask(api::DocumentSet{.id = id, .document = api::JsonText{text}});
  };
  QVERIFY(put("domain/example.net", "{}").has_value());
  QVERIFY(f.admin->policy()->directory->is_local("example.net"));
  QVERIFY(f.add("bob@example.net").has_value());
  QCOMPARE(code_of(put("domain/example.net", "null")), ErrorCode::bad_input);
  QVERIFY(f.ask(api::UserRemove{.user = "bob@example.net"}).has_value());
  QVERIFY(put("domain/example.net", "null").has_value());
  QVERIFY(!f.admin->policy()->directory->is_local("example.net"));
  QCOMPARE(code_of(put("smtp/limits", "null")), ErrorCode::bad_input);
  QCOMPARE(code_of(put("domain/example.com", "[]")), ErrorCode::bad_input);
  QCOMPARE(code_of(put("domain/example.com", "{\"note\":\"" + std::string(300'000, 'x') + "\"}")),
           ErrorCode::too_large);
  QCOMPARE(code_of(put("domain/Not.Lower", "{}")), ErrorCode::bad_domain);
  QCOMPARE(code_of(put("user/007", "{\"address\":\"x@example.org\"}")), ErrorCode::bad_input);
}

void DocumentsTest::lists_show_what_holds() {
  AdminFixture f;
  QVERIFY(f.begin());
  std::vector<std::string> whole, paged;
  for (const auto& row : f.want(api::DocumentList{}).documents) whole.push_back(row.id);
  QVERIFY(std::is_sorted(whole.begin(), whole.end()));
  for (const char* id : {"admin/alice", "domain/example.org", "smtp/lenient_networks", "tls/default", "user/1"})
    QVERIFY(std::find(whole.begin(), whole.end(), id) != whole.end());
  std::string cursor;
  do {
    const auto page = f.ask(api::DocumentList{.cursor = cursor, .limit = 2});
    for (const auto& row : page->documents) paged.push_back(row.id);
    cursor = page->next;
  } while (!cursor.empty());
  QCOMPARE(paged, whole);
  QCOMPARE(f.ask(api::DocumentList{.kind = "smtp"})->documents.size(), size_t{3});
}

void DocumentsTest::only_what_changed_is_made_anew() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto before = f.admin->policy();
  QVERIFY(f.set("smtp/limits", "recipients", "5").has_value());
  const auto after = f.admin->policy();
  QVERIFY(before->smtp != after->smtp);
  QVERIFY(before->directory == after->directory);
  QVERIFY(before->tls == after->tls);
  QVERIFY(before->pop3 == after->pop3);
  QCOMPARE(before->smtp->recipients, smtp::Limits{}.recipients);
  QCOMPARE(after->smtp->recipients, 5U);
  QVERIFY(f.set("smtp/timeouts", "command", "77").has_value());
  QCOMPARE(f.admin->policy()->smtp->recipients, 5U);
  QCOMPARE(f.admin->policy()->smtp->command, Seconds(77));
}

void DocumentsTest::a_change_that_changes_nothing() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto made = f.set("smtp/limits", "recipients", "5");
  const auto entries = f.ask(api::AuditVerify{})->entries;
  const auto again = f.set("smtp/limits", "recipients", "5");
  QCOMPARE(again->change, made->change);
  QCOMPARE(f.ask(api::AuditVerify{})->entries, entries);
}

void DocumentsTest::changes_tell_everything() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto made = f.set("smtp/limits", "recipients", "42");
  const auto shown = f.ask(api::ChangeShow{.id = made->change});
  QCOMPARE(shown->actor, std::string("alice"));
  QCOMPARE(shown->via, std::string("socket"));
  QCOMPARE(shown->reason, std::string("test"));
  QCOMPARE(shown->state, std::string("applied"));
  QCOMPARE(shown->items.size(), size_t{1});
  QCOMPARE(shown->items[0].kind, std::string("smtp"));
  QCOMPARE(shown->items[0].id, std::string("limits"));
  QCOMPARE(Json::parse(shown->items[0].before->text).at("recipients"), Json(100));
  QCOMPARE(Json::parse(shown->items[0].after->text).at("recipients"), Json(42));
  const auto list = f.ask(api::ChangeList{});
  QCOMPARE(list->changes.front().id, made->change);
  QCOMPARE(list->changes.front().summary, std::string("smtp/limits changed"));
  const auto undone = f.ask(api::ChangeUndo{.id = made->change});
  const auto rows = f.want(api::ChangeList{}).changes;
  QCOMPARE(rows[0].undoes.value_or(""), made->change);
  QCOMPARE(rows[1].undone_by.value_or(""), undone->change);
  QCOMPARE(rows[1].state, std::string("reverted"));
  // Once more changes nothing, and says by which change it is undone.
  const auto again = f.ask(api::ChangeUndo{.id = made->change});
  QCOMPARE(again->change, undone->change);
  QVERIFY(f.ask(api::ChangeUndo{.id = undone->change}).has_value());
  QCOMPARE(f.get("smtp/limits").at("recipients"), Json(42));
  for (const char* id : {"999999", "0", "-1", "x", "", "01", "1 "})
    QCOMPARE(code_of(f.ask(api::ChangeUndo{.id = id})), ErrorCode::not_found);
}

void DocumentsTest::pending_changes() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto made = f.set("smtp/limits", "recipients", "42", 600);
  QVERIFY(made->deadline.has_value());
  QCOMPARE(f.admin->pending_changes(), uint64_t{1});
  QCOMPARE(f.admin->policy()->smtp->recipients, 42U);
  const auto other = f.set("smtp/limits", "errors", "3");
  QCOMPARE(code_of(other), ErrorCode::pending);
  QCOMPARE(other.error().args, (std::vector<std::string>{made->change, *made->deadline}));
  QVERIFY(f.set("pop3/limits", "errors", "3").has_value());
  QVERIFY(f.ask(api::ChangeConfirm{.id = made->change}).has_value());
  QCOMPARE(f.state_of(made->change), std::string("confirmed"));
  QVERIFY(f.ask(api::ChangeConfirm{.id = made->change}).has_value());
  f.clock.advance(std::chrono::hours(1));
  f.admin->tick();
  QCOMPARE(f.admin->policy()->smtp->recipients, 42U);
  // Not confirmed: it goes by itself, at its time and not before.
  const auto second = f.set("smtp/limits", "recipients", "7", 30);
  f.clock.advance(std::chrono::seconds(29));
  f.admin->tick();
  QCOMPARE(f.admin->policy()->smtp->recipients, 7U);
  f.clock.advance(std::chrono::seconds(1));
  f.admin->tick();
  QCOMPARE(f.admin->policy()->smtp->recipients, 42U);
  QCOMPARE(f.state_of(second->change), std::string("reverted"));
  QCOMPARE(f.admin->pending_changes(), uint64_t{0});
  QCOMPARE(code_of(f.ask(api::ChangeConfirm{.id = second->change})), ErrorCode::not_found);
  // A pending change can be undone at once.
  const auto third = f.set("smtp/limits", "recipients", "8", 30);
  QVERIFY(f.ask(api::ChangeUndo{.id = third->change}).has_value());
  QCOMPARE(f.state_of(third->change), std::string("reverted"));
  QCOMPARE(f.admin->pending_changes(), uint64_t{0});
  for (const uint32_t bad : {0U, 1'000'000U})
    QCOMPARE(code_of(f.set("smtp/limits", "recipients", "9", bad)), ErrorCode::bad_input);
}

void DocumentsTest::pending_outlasts_a_restart() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto made = f.set("smtp/limits", "recipients", "42", 30);
  f.clock.advance(std::chrono::seconds(10));
  QVERIFY(f.open().has_value());
  QCOMPARE(f.admin->policy()->smtp->recipients, 42U);
  f.clock.advance(std::chrono::seconds(25));
  QVERIFY(f.open().has_value());
  QCOMPARE(f.admin->policy()->smtp->recipients, smtp::Limits{}.recipients);
  QCOMPARE(f.state_of(made->change), std::string("reverted"));
}

void DocumentsTest::a_clock_put_back_keeps_nothing_alive() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto made = f.set("smtp/limits", "recipients", "42", 30);
  f.clock.advance(std::chrono::seconds(10));
  f.clock.set_wall(f.clock.wall() - 3600 * kMicrosPerSecond);
  f.admin->tick();
  QCOMPARE(f.state_of(made->change), std::string("pending-confirm"));
  f.clock.advance(std::chrono::seconds(20));
  f.admin->tick();
  QCOMPARE(f.state_of(made->change), std::string("reverted"));
  // Put back, then restarted: the stored deadline moved along.
  const auto second = f.set("smtp/limits", "recipients", "43", 30);
  f.clock.set_wall(f.clock.wall() - 3600 * kMicrosPerSecond);
  f.admin->tick();
  f.boot = "boot-2";
  f.clock.advance(std::chrono::seconds(31));
  QVERIFY(f.open().has_value());
  QCOMPARE(f.state_of(second->change), std::string("reverted"));
  // Put forward, as after a sleep: over at once.
  const auto third = f.set("smtp/limits", "recipients", "44", 30);
  f.clock.set_wall(f.clock.wall() + 31 * kMicrosPerSecond);
  f.admin->tick();
  QCOMPARE(f.state_of(third->change), std::string("reverted"));
}

void DocumentsTest::another_start_of_the_machine() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto made = f.set("smtp/limits", "recipients", "42", 30);
  f.admin.reset();
  // The machine comes back with its clock years behind: nobody can say how much time has passed.
  f.clock.set_wall(0);
  f.boot = "boot-2";
  QVERIFY(f.open().has_value());
  QCOMPARE(f.state_of(made->change), std::string("reverted"));
}

void DocumentsTest::overlapping_changes_conflict_or_merge() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto first = f.set("smtp/limits", "recipients", "10");
  const auto second = f.set("smtp/limits", "errors", "5");
  // Another field since: both can be had.
  QVERIFY(f.ask(api::ChangeUndo{.id = first->change}).has_value());
  QCOMPARE(f.get("smtp/limits").at("recipients"), Json(100));
  QCOMPARE(f.get("smtp/limits").at("errors"), Json(5));
  // The same field since: nothing is done.
  const auto third = f.set("smtp/limits", "errors", "6");
  const auto refused = f.ask(api::ChangeUndo{.id = second->change});
  QCOMPARE(code_of(refused), ErrorCode::conflict);
  QCOMPARE(refused.error().args, std::vector<std::string>{"smtp/limits"});
  QCOMPARE(f.get("smtp/limits").at("errors"), Json(6));
  QCOMPARE(f.state_of(second->change), std::string("applied"));
  QVERIFY(f.ask(api::ChangeUndo{.id = third->change}).has_value());
  QVERIFY(f.ask(api::ChangeUndo{.id = second->change}).has_value());
  QCOMPARE(f.get("smtp/limits").at("errors"), Json(20));
  // Lists that are sets.
  const auto one = f.set("smtp/lenient_networks", "networks", "[\"192.0.2.1\"]");
  QVERIFY(f.set("smtp/lenient_networks", "networks", "[\"192.0.2.1\",\"192.0.2.2\"]").has_value());
  QVERIFY(f.ask(api::ChangeUndo{.id = one->change}).has_value());
  QCOMPARE(f.get("smtp/lenient_networks").at("networks"), (Json{"192.0.2.2"}));
}

void DocumentsTest::certificates() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto own = f.ask(api::CertificateShow{});
  const auto authority = crypto::make_authority("another", f.clock.wall());
  const auto leaf = crypto::issue_leaf(authority, {"mx.example.org"}, {}, f.clock.wall());
  const auto other = crypto::issue_leaf(authority, {"mx.example.org"}, {}, f.clock.wall());
  const std::string key(leaf->key_pem.reveal());
  const auto context = f.admin->policy()->tls;
  const auto refused = f.ask(api::CertificateImport{.certificate = {leaf->chain_pem}, .key = {"no key"}});
  QVERIFY(!refused.has_value());
  QVERIFY(!f.ask(api::CertificateImport{.certificate = {"\x30\x80garbage"}}).has_value());
  QVERIFY(!f.ask(api::CertificateImport{}).has_value());
  QCOMPARE(code_of(f.ask(api::CertificateImport{.certificate = {leaf->chain_pem},
                                                .key = {std::string(other->key_pem.reveal())}})),
           ErrorCode::certificate_mismatch);
  QVERIFY(f.admin->policy()->tls == context);
  const auto imported = f.ask(api::CertificateImport{.certificate = {leaf->chain_pem}, .key = {key}});
  QVERIFY(imported.has_value());
  QVERIFY(!imported->own_authority);
  QVERIFY(imported->change.has_value());
  QCOMPARE(imported->names, std::vector<std::string>{"mx.example.org"});
  QVERIFY(f.admin->policy()->tls != context);
  // An imported one is nobody's to renew.
  f.clock.advance(std::chrono::hours(24 * 380));
  f.admin->tick();
  QCOMPARE(f.ask(api::CertificateShow{})->sha256, imported->sha256);
}

void DocumentsTest::a_certificate_names_a_host() {
  AdminFixture f;
  const OpensslTool openssl;
  const char* const ec = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
  openssl.self_signed("bare", ec);
  openssl.self_signed("mail", ec, "-addext subjectAltName=email:alice@example.org");
  openssl.self_signed("host", ec, "-addext subjectAltName=DNS:mx.example.org");
  openssl.self_signed("address", ec, "-addext subjectAltName=IP:192.0.2.1");
  f.clock.set_wall(SystemClock().wall());
  QVERIFY(f.begin());
  const auto import = [&](const QString& name) {
    return f.ask(
        api::CertificateImport{.certificate = {openssl.read(name + ".crt")}, .key = {openssl.read(name + ".key")}});
  };
  const auto context = f.admin->policy()->tls;
  for (const char* name : {"bare", "mail"}) {
    const auto refused = import(name);
    QCOMPARE(code_of(refused), ErrorCode::certificate_broken);
    QCOMPARE(refused.error().args.size(), size_t{2});
  }
  QVERIFY(f.admin->policy()->tls == context);
  QCOMPARE(import("host")->names, std::vector<std::string>{"mx.example.org"});
  QCOMPARE(import("address")->names, std::vector<std::string>{"192.0.2.1"});
}

void DocumentsTest::an_own_certificate_keeps_its_authority() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto own = f.ask(api::CertificateShow{});
  const auto authority = crypto::make_authority("another", f.clock.wall());
  const auto leaf = crypto::issue_leaf(authority, {"mx.example.org"}, {}, f.clock.wall());
  const auto imported =
      f.ask(api::CertificateImport{.certificate = {leaf->chain_pem + std::string(leaf->key_pem.reveal())}});
  QVERIFY(imported.has_value());
  QCOMPARE(code_of(f.set("tls/default", "certificate", "\"\"")), ErrorCode::bad_input);
  // An imported one can do without; then there is no way back to an own one.
  const auto dropped = f.set("tls/default", "authority", "\"\"");
  QVERIFY(dropped.has_value());
  const auto refused = f.set("tls/default", "source", "\"own\"");
  QCOMPARE(code_of(refused), ErrorCode::bad_input);
  QCOMPARE(refused.error().args.front(), std::string("authority"));
  QCOMPARE(code_of(f.ask(api::ChangeUndo{.id = *imported->change})), ErrorCode::conflict);
  QVERIFY(f.open().has_value());
  QVERIFY(f.ask(api::ChangeUndo{.id = dropped->change}).has_value());
  QVERIFY(f.ask(api::ChangeUndo{.id = *imported->change}).has_value());
  QCOMPARE(f.ask(api::CertificateShow{})->sha256, own->sha256);
}

void DocumentsTest::the_own_certificate_is_renewed() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto own = f.ask(api::CertificateShow{});
  const auto authority = crypto::make_authority("another", f.clock.wall());
  const auto leaf = crypto::issue_leaf(authority, {"mx.example.org"}, {}, f.clock.wall());
  const auto imported =
      f.ask(api::CertificateImport{.certificate = {leaf->chain_pem + std::string(leaf->key_pem.reveal())}});
  QVERIFY(imported.has_value());
  QVERIFY(f.ask(api::ChangeUndo{.id = *imported->change}).has_value());
  QCOMPARE(f.ask(api::CertificateShow{})->sha256, own->sha256);
  f.clock.advance(std::chrono::hours(24 * 300));
  f.admin->tick();
  QCOMPARE(f.ask(api::CertificateShow{})->sha256, own->sha256);
  f.clock.advance(std::chrono::hours(24 * 70));
  f.admin->tick();
  const auto renewed = f.ask(api::CertificateShow{});
  QVERIFY(renewed->sha256 != own->sha256);
  QCOMPARE(renewed->names, own->names);
  QCOMPARE(renewed->issuer, own->issuer);
  QVERIFY(renewed->own_authority);
  QCOMPARE(f.ask(api::ChangeList{})->changes.front().actor, std::string("postern"));
  // Also when the service was off at that time.
  f.admin.reset();
  f.clock.advance(std::chrono::hours(24 * 390));
  QVERIFY(f.open().has_value());
  QVERIFY(f.ask(api::CertificateShow{})->sha256 != renewed->sha256);
  QVERIFY(f.ask(api::AuditVerify{})->ok);
}

void DocumentsTest::names_follow_into_the_certificate() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.set("listener/default", "host_name", "\"mx.example.org\"").has_value());
  f.admin->tick();
  QCOMPARE(f.ask(api::CertificateShow{})->names, (std::vector<std::string>{"mx.example.org", "example.org"}));
  const auto entries = f.ask(api::AuditVerify{})->entries;
  for (int i = 0; i < 3; ++i) {
    f.clock.advance(std::chrono::hours(2));
    f.admin->tick();
  }
  QCOMPARE(f.ask(api::AuditVerify{})->entries, entries);
}

void DocumentsTest::keys_are_renewed() {
  AdminFixture f;
  QVERIFY(f.begin());
  QCOMPARE(f.admin->keys()->newest(), 1U);
  const auto fixed = f.admin->purpose_key("test");
  f.clock.advance(std::chrono::hours(24 * 95));
  f.admin->tick();
  QCOMPARE(f.admin->keys()->newest(), 2U);
  QVERIFY(f.admin->purpose_key("test") == fixed);
  QVERIFY(f.add("bob@example.org", "pw").has_value());
  f.clock.advance(std::chrono::minutes(2));
  f.admin->tick();
  QVERIFY(f.ask(api::AuditVerify{})->ok);
  QVERIFY(f.open().has_value());
  QVERIFY(f.ask(api::AuditVerify{})->ok);
  QVERIFY(crypto::argon2id_verify(f.account("bob@example.org")->password.encoded, Secret("pw")));
  QVERIFY(crypto::argon2id_verify(f.account("alice@example.org")->password.encoded, Secret("secret")));
}

void DocumentsTest::audit_entries_tell_what() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(
      f.ask(api::DocumentSet{.id = "smtp/limits", .fields = {{"recipients", {"42"}}}, .reason = "fewer"}).has_value());
  const auto entry = f.ask(api::AuditList{})->entries.front();
  QCOMPARE(entry.actor, std::string("alice"));
  QCOMPARE(entry.via, std::string("socket"));
  QCOMPARE(entry.action, std::string("smtp.set"));
  QCOMPARE(entry.object, std::string("smtp/limits changed"));
  const auto shown = f.ask(api::AuditShow{.seq = entry.seq});
  const Json payload = Json::parse(shown->payload->text);
  QCOMPARE(payload.at("reason"), Json("fewer"));
  QCOMPARE(payload.at("patches")[0].at("patch")[0].at("value"), Json(42));
  QCOMPARE(payload.at("patches")[0].at("inverse")[0].at("value"), Json(100));
  QCOMPARE(code_of(f.ask(api::AuditShow{.seq = "99999"})), ErrorCode::not_found);
  QCOMPARE(code_of(f.ask(api::AuditShow{.seq = "x"})), ErrorCode::not_found);
  QVERIFY(f.admin->note("session.kill", "session 17", "{}").has_value());
  QCOMPARE(f.ask(api::AuditList{.limit = 1})->entries.front().object, std::string("session 17"));
  QVERIFY(!f.ask(api::AuditList{.limit = 1})->next.empty());
}

QTEST_APPLESS_MAIN(DocumentsTest)
#include "documents_test.moc"

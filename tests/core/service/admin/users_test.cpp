#include "adapters/store/sqlite.h"
#include "admin_fixture.h"

using namespace postern;
using namespace postern::test;

namespace {

bool opens(const identity::Account* account, const std::string& password) {
  return account != nullptr && crypto::argon2id_verify(account->password.encoded, Secret(password));
}

}  // namespace

class UsersTest : public QObject {
  Q_OBJECT
 private slots:
  void add_and_show();
  void what_is_refused();
  void addresses_are_unique();
  void aliases();
  void passwords();
  void weak_passwords_are_taken();
  void an_id_is_given_out_once();
  void a_counter_that_lags_overwrites_nobody();
  void remove_and_restore();
  void undo_of_remove_brings_everything_back();
  void administrators_come_back_with_their_user();
  void an_administrator_whose_place_is_taken_stays_away();
  void the_last_administrator_stays();
  void roles_belong_to_the_first_administrator();
  void an_operator_may_not_touch_administrators();
  void lists_have_pages();
  void every_change_is_undone();
  void quota_and_disabled();
};

void UsersTest::add_and_show() {
  AdminFixture f;
  QVERIFY(f.begin());
  f.admin->set_usage([](identity::AccountId id) { return std::pair(id * 10, id * 1000); });
  const auto added = f.add("Bob@Example.ORG", "pw", {"rob@example.org"});
  QVERIFY(added.has_value());
  QVERIFY(added->change.has_value());
  QCOMPARE(added->users.size(), size_t{1});
  QCOMPARE(added->users[0].address, std::string("Bob@example.org"));
  QVERIFY(added->users[0].has_password);
  QCOMPARE(added->users[0].octets, uint64_t{2000});
  for (const char* name : {"bob@example.org", "ROB@example.org", "2"}) {
    const auto shown = f.ask(api::UserShow{.user = name});
    QVERIFY2(shown.has_value(), name);
    QCOMPARE(shown->users[0].id, added->users[0].id);
  }
  QCOMPARE(code_of(f.ask(api::UserShow{.user = "nobody@example.org"})), ErrorCode::not_found);
  QCOMPARE(f.state_of(*added->change), std::string("applied"));
  QVERIFY(f.open().has_value());
  QVERIFY(opens(f.account("rob@example.org"), "pw"));
}

void UsersTest::what_is_refused() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto policy = f.admin->policy();
  QCOMPARE(code_of(f.add("not an address")), ErrorCode::bad_address);
  QCOMPARE(code_of(f.add("x@[192.0.2.1]")), ErrorCode::bad_input);
  QCOMPARE(code_of(f.add("x@elsewhere.example")), ErrorCode::unknown_domain);
  QCOMPARE(code_of(f.add("x@example.org", "", {"y@elsewhere.example"})), ErrorCode::unknown_domain);
  QCOMPARE(code_of(f.add("x@example.org", std::string(2000, 'p'))), ErrorCode::bad_password);
  QCOMPARE(code_of(f.add("x@example.org", "p\xff")), ErrorCode::bad_password);
  QCOMPARE(code_of(f.add("x@example.org", std::string("a\0b", 3))), ErrorCode::bad_password);
  QCOMPARE(code_of(f.ask(api::UserSet{.user = "alice@example.org", .level = "L2"})), ErrorCode::bad_input);
  QCOMPARE(code_of(f.ask(api::UserSet{.user = "alice@example.org", .remove_aliases = {"no@example.org"}})),
           ErrorCode::not_found);
  QCOMPARE(code_of(f.ask(api::UserRestore{.user = "alice@example.org"})), ErrorCode::already_exists);
  QCOMPARE(code_of(f.ask(api::UserRestore{.user = "no@example.org"})), ErrorCode::not_found);
  QVERIFY(f.admin->policy() == policy);
  QVERIFY(f.ask(api::AuditVerify{})->ok);
  // Nothing of all that was given an id.
  QCOMPARE(f.add("x@example.org")->users[0].id, std::string("2"));
}

void UsersTest::addresses_are_unique() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.add("bob@example.org", "", {"rob@example.org"}).has_value());
  for (const char* taken : {"BOB@example.org", "Rob@Example.org", "\"bob\"@example.org", "alice@example.org"}) {
    QCOMPARE(code_of(f.add(taken)), ErrorCode::already_exists);
    QCOMPARE(code_of(f.add("carol@example.org", "", {taken})), ErrorCode::already_exists);
    QCOMPARE(code_of(f.ask(api::UserSet{.user = "alice@example.org", .add_aliases = {taken}})),
             std::string(taken) == "alice@example.org" ? ErrorCode::already_exists : ErrorCode::already_exists);
  }
  // Within one account, too.
  QCOMPARE(code_of(f.add("dave@example.org", "", {"Dave@example.org"})), ErrorCode::already_exists);
}

void UsersTest::aliases() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.add("bob@example.org", "", {"rob@example.org"}).has_value());
  const auto set = f.ask(
      api::UserSet{.user = "bob@example.org", .add_aliases = {"b@example.org"}, .remove_aliases = {"ROB@example.org"}});
  QVERIFY(set.has_value());
  QCOMPARE(set->users[0].aliases, std::vector<std::string>{"b@example.org"});
  QVERIFY(f.account("rob@example.org") == nullptr);
  const auto* bob = f.account("b@example.org");
  QVERIFY(bob != nullptr);
  QVERIFY(f.kept->directory->may_send_as(bob->id, "B@Example.org"));
  QVERIFY(!f.kept->directory->may_send_as(bob->id, "rob@example.org"));
  QVERIFY(!f.kept->directory->may_send_as(bob->id, ""));
  // What is there already changes nothing.
  const auto again = f.ask(api::UserSet{.user = "bob@example.org", .add_aliases = {"B@example.org"}});
  QVERIFY(again.has_value());
  QVERIFY(!again->change.has_value());
}

void UsersTest::passwords() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.add("bob@example.org", "one").has_value());
  const auto before = *f.account("bob@example.org");
  const auto set = f.ask(api::UserSet{.user = "bob@example.org", .password = "two"});
  QVERIFY(set->change.has_value());
  const auto after = *f.account("bob@example.org");
  QVERIFY(opens(&after, "two"));
  QVERIFY(!opens(&after, "one"));
  QVERIFY(after.version > before.version);
  QVERIFY(after.password.id != before.password.id);
  QVERIFY(f.ask(api::ChangeUndo{.id = *set->change}).has_value());
  QVERIFY(opens(f.account("bob@example.org"), "one"));
  QVERIFY(f.account("bob@example.org")->version > after.version);
  QVERIFY(f.ask(api::UserSet{.user = "bob@example.org", .password = ""}).has_value());
  QVERIFY(f.account("bob@example.org")->password.id.empty());
  // Somebody else's secret cannot be named.
  const std::string alices = f.account("alice@example.org")->password.id;
  QCOMPARE(code_of(f.set("user/2", "password", "\"" + alices + "\"")), ErrorCode::not_found);
  QCOMPARE(code_of(f.set("user/2", "password", "\"feedfacefeedface\"")), ErrorCode::not_found);
  // No secret in clear anywhere in the folder.
  QVERIFY(f.ask(api::UserSet{.user = "bob@example.org", .password = "Xyzzy-in-clear-17"}).has_value());
  f.admin.reset();
  for (const auto& entry : std::filesystem::directory_iterator(f.path())) {
    QFile file(QString::fromStdString(entry.path().string()));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray octets = file.readAll();
    QVERIFY(!octets.contains("Xyzzy-in-clear-17"));
    QVERIFY(!octets.contains("$argon2id$"));
    QVERIFY(!octets.contains("PRIVATE KEY"));
  }
}

void UsersTest::weak_passwords_are_taken() {
  AdminFixture f;
  QVERIFY(f.begin());
  for (const char* weak : {"secret", "1", "password1", "bob"}) {
    const auto taken = f.ask(api::UserSet{.user = "alice@example.org", .password = weak});
    QVERIFY(taken.has_value() && taken->weakness.has_value());
    QVERIFY(opens(f.account("alice@example.org"), weak));
  }
}

void UsersTest::an_id_is_given_out_once() {
  AdminFixture f;
  QVERIFY(f.begin());
  const auto refused = [&f](const std::string& id) {
    const auto whole = f.ask(api::DocumentSet{.id = id, .document = api::JsonText{R"({"address":"eve@example.org"})"}});
    const auto field = f.set(id, "address", "\"eve@example.org\"");
    return code_of(whole) == ErrorCode::bad_input && code_of(field) == ErrorCode::bad_input &&
           field.error().args.front() == id && f.account("eve@example.org") == nullptr;
  };
  QVERIFY(refused("user/2"));
  QVERIFY(refused("user/99"));
  QCOMPARE(f.add("bob@example.org", "pw")->users[0].id, std::string("2"));
  QVERIFY(f.set("user/2", "quota", "5").has_value());
  const auto removed = f.ask(api::UserRemove{.user = "2"});
  QVERIFY(refused("user/2"));
  const auto carol = f.add("carol@example.org");
  QCOMPARE(carol->users[0].id, std::string("3"));
  const auto undone = f.ask(api::ChangeUndo{.id = *carol->change});
  QVERIFY(undone.has_value());
  QVERIFY(refused("user/3"));
  QVERIFY(f.open().has_value());
  QCOMPARE(f.add("dave@example.org")->users[0].id, std::string("4"));
  // Only he who had an id gets it back.
  QVERIFY(f.ask(api::ChangeUndo{.id = *removed->change}).has_value());
  QCOMPARE(f.account("bob@example.org")->id, uint64_t{2});
  QVERIFY(f.ask(api::ChangeUndo{.id = undone->change}).has_value());
  QCOMPARE(f.account("carol@example.org")->id, uint64_t{3});
}

void UsersTest::a_counter_that_lags_overwrites_nobody() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.add("bob@example.org", "pw").has_value());
  QVERIFY(f.ask(api::UserRemove{.user = f.add("carol@example.org")->users[0].id}).has_value());
  f.admin.reset();
  {
    auto database = store::Database::open(f.path() + "/state.db", {});
    QVERIFY(database.has_value());
    QVERIFY(database->execute("UPDATE meta SET value=1 WHERE name='account'").has_value());
    QCOMPARE(database->changes(), int64_t{1});
  }
  QVERIFY(f.open().has_value());
  const Json before = f.get("user/2");
  QCOMPARE(f.add("dave@example.org", "other")->users[0].id, std::string("4"));
  QCOMPARE(f.get("user/2"), before);
  QVERIFY(opens(f.account("bob@example.org"), "pw"));
  QCOMPARE(f.add("eve@example.org")->users[0].id, std::string("5"));
}

void UsersTest::remove_and_restore() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.add("bob@example.org", "pw", {"rob@example.org"}).has_value());
  const auto removed = f.ask(api::UserRemove{.user = "rob@example.org"});
  QVERIFY(removed.has_value());
  QVERIFY(removed->users[0].removed);
  QVERIFY(f.account("bob@example.org") == nullptr);
  QCOMPARE(f.ask(api::UserList{})->users.size(), size_t{1});
  const auto all = f.ask(api::UserList{.removed = true});
  QCOMPARE(all->users.size(), size_t{2});
  QVERIFY(all->users[1].removed);
  // The id is not given out again.
  QCOMPARE(f.add("carol@example.org")->users[0].id, std::string("3"));
  // Its address may be taken meanwhile; then it cannot come back.
  const auto taker = f.add("rob@example.org");
  QVERIFY(taker.has_value());
  QCOMPARE(code_of(f.ask(api::UserRestore{.user = "bob@example.org"})), ErrorCode::already_exists);
  QVERIFY(f.ask(api::ChangeUndo{.id = *taker->change}).has_value());
  const auto restored = f.ask(api::UserRestore{.user = "BOB@example.org"});
  QVERIFY(restored.has_value());
  QCOMPARE(restored->users[0].id, std::string("2"));
  QVERIFY(opens(f.account("rob@example.org"), "pw"));
  // After a month the password is gone for good.
  QVERIFY(f.ask(api::UserRemove{.user = "bob@example.org"}).has_value());
  f.clock.advance(std::chrono::hours(24 * 31));
  f.admin->tick();
  const auto late = f.ask(api::UserRestore{.user = "2"});
  QVERIFY(late.has_value());
  QVERIFY(!late->users[0].has_password);
}

void UsersTest::undo_of_remove_brings_everything_back() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.add("bob@example.org", "pw", {"rob@example.org"}).has_value());
  const auto before = *f.account("bob@example.org");
  const Json document = f.get("user/2");
  const auto removed = f.ask(api::UserRemove{.user = "bob@example.org"});
  QVERIFY(f.open().has_value());
  const auto undone = f.ask(api::ChangeUndo{.id = *removed->change});
  QVERIFY(undone.has_value());
  const auto* after = f.account("rob@example.org");
  QVERIFY(after != nullptr);
  QCOMPARE(after->id, before.id);
  QVERIFY(opens(after, "pw"));
  QCOMPARE(f.get("user/2"), document);
  QCOMPARE(f.state_of(*removed->change), std::string("reverted"));
  // And the undo is undone.
  QVERIFY(f.ask(api::ChangeUndo{.id = undone->change}).has_value());
  QVERIFY(f.account("bob@example.org") == nullptr);
  QVERIFY(f.ask(api::AuditVerify{})->ok);
}

void UsersTest::administrators_come_back_with_their_user() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.add("bob@example.org", "pw").has_value());
  QVERIFY(f.set("admin/bob", "mailbox", "2").has_value());
  QVERIFY(f.set("admin/bob", "role", "\"owner\"").has_value());
  QVERIFY(f.set("admin/bob", "os_user", "\"bobby\"").has_value());
  const Json document = f.get("admin/bob");
  QVERIFY(f.ask(api::UserRemove{.user = "bob@example.org"}).has_value());
  QCOMPARE(f.get("admin/bob"), Json());
  const auto restored = f.ask(api::UserRestore{.user = "bob@example.org"});
  QVERIFY(restored.has_value());
  QCOMPARE(f.get("admin/bob"), document);
  QCOMPARE(f.admin->policy()->directory->administrator_of("bobby")->role, api::Role::owner);
  QVERIFY(f.ask(api::ChangeUndo{.id = *restored->change}).has_value());
  QCOMPARE(f.get("admin/bob"), Json());
  QVERIFY(f.account("bob@example.org") == nullptr);
  // An operator makes nobody an administrator.
  QVERIFY(f.ask(api::UserRestore{.user = "bob@example.org"}, f.helper).has_value());
  QVERIFY(opens(f.account("bob@example.org"), "pw"));
  QCOMPARE(f.get("admin/bob"), Json());
  // He who was none when he went is none when he comes back.
  QVERIFY(f.ask(api::UserRemove{.user = "bob@example.org"}).has_value());
  QVERIFY(f.ask(api::UserRestore{.user = "bob@example.org"}).has_value());
  QCOMPARE(f.get("admin/bob"), Json());
  QVERIFY(f.ask(api::AuditVerify{})->ok);
}

void UsersTest::an_administrator_whose_place_is_taken_stays_away() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.add("bob@example.org").has_value());
  QVERIFY(f.add("carol@example.org").has_value());
  for (const char* name : {"admin/bob", "admin/robert"}) QVERIFY(f.set(name, "mailbox", "2").has_value());
  QVERIFY(f.set("admin/robert", "os_user", "\"bobby\"").has_value());
  QVERIFY(f.ask(api::UserRemove{.user = "2"}).has_value());
  // The name of one, the operating system user of the other.
  QVERIFY(f.set("admin/bob", "mailbox", "3").has_value());
  QVERIFY(f.set("admin/bob", "os_user", "\"bobby\"").has_value());
  const Json document = f.get("admin/bob");
  QVERIFY(f.ask(api::UserRestore{.user = "2"}).has_value());
  QVERIFY(f.account("bob@example.org") != nullptr);
  QCOMPARE(f.get("admin/bob"), document);
  QCOMPARE(f.get("admin/robert"), Json());
}

void UsersTest::the_last_administrator_stays() {
  AdminFixture f;
  QVERIFY(f.begin());
  QCOMPARE(code_of(f.ask(api::UserRemove{.user = "alice@example.org"})), ErrorCode::last_administrator);
  QCOMPARE(code_of(f.ask(api::DocumentSet{.id = "admin/alice", .document = api::JsonText{"null"}})),
           ErrorCode::last_administrator);
  QVERIFY(f.add("bob@example.org", "pw").has_value());
  QCOMPARE(code_of(f.set("admin/bob", "mailbox", "\"99\"")), ErrorCode::bad_input);
  QVERIFY(f.set("admin/bob", "mailbox", "2").has_value());
  const auto removed = f.ask(api::UserRemove{.user = "alice@example.org"});
  QVERIFY(removed.has_value());
  QCOMPARE(f.admin->policy()->directory->postmaster()->id, uint64_t{2});
  QCOMPARE(code_of(f.ask(api::UserRemove{.user = "bob@example.org"})), ErrorCode::last_administrator);
  QVERIFY(f.ask(api::ChangeUndo{.id = *removed->change}).has_value());
  QCOMPARE(f.admin->policy()->directory->administrators().size(), size_t{2});
  QCOMPARE(f.admin->policy()->directory->postmaster()->id, uint64_t{1});
}

void UsersTest::roles_belong_to_the_first_administrator() {
  AdminFixture f;
  QVERIFY(f.begin());
  for (const char* role : {"postmaster@example.org", "Abuse@example.org"}) {
    QCOMPARE(code_of(f.add(role)), ErrorCode::already_exists);
    QCOMPARE(code_of(f.add("bob@example.org", "", {role})), ErrorCode::already_exists);
    QVERIFY(f.ask(api::UserSet{.user = "alice@example.org", .add_aliases = {role}}).has_value());
  }
  QVERIFY(f.set("domain/example.net", "note", "\"second\"").has_value());
  const auto policy = f.admin->policy();
  QCOMPARE(policy->directory->recipient("postmaster", "EXAMPLE.net")->id, uint64_t{1});
  QVERIFY(policy->directory->recipient("postmaster", "elsewhere.example") == nullptr);
  QVERIFY(policy->directory->recipient("abuse", "") == nullptr);
}

void UsersTest::an_operator_may_not_touch_administrators() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.ask(api::UserAdd{.address = "bob@example.org"}, f.helper).has_value());
  QVERIFY(f.set("admin/bob", "mailbox", "2").has_value());
  QCOMPARE(code_of(f.ask(api::UserRemove{.user = "bob@example.org"}, f.helper)), ErrorCode::not_allowed);
  QCOMPARE(code_of(f.ask(api::DocumentSet{.id = "admin/bob", .fields = {{"role", {"\"owner\""}}}}, f.helper)),
           ErrorCode::not_allowed);
  const auto made = f.set("smtp/limits", "recipients", "7");
  QCOMPARE(code_of(f.ask(api::ChangeUndo{.id = made->change}, f.helper)), ErrorCode::not_allowed);
  QCOMPARE(code_of(f.ask(api::ChangeConfirm{.id = made->change}, f.helper)), ErrorCode::not_allowed);
  QVERIFY(f.set("admin/bob", "os_user", "\"bobby\"").has_value());
  const auto policy = f.admin->policy();
  const auto* bob = policy->directory->administrator_of("bobby");
  QVERIFY(bob != nullptr);
  QCOMPARE(bob->name, std::string("bob"));
  QCOMPARE(bob->role, api::Role::auditor);
  QVERIFY(policy->directory->administrator_of("") == nullptr);
  QVERIFY(policy->directory->administrator_of("nobody") == nullptr);
}

void UsersTest::lists_have_pages() {
  AdminFixture f;
  QVERIFY(f.begin());
  for (int i = 2; i <= 25; ++i) QVERIFY(f.add("u" + std::to_string(i) + "@example.org").has_value());
  QVERIFY(f.ask(api::UserRemove{.user = "5"}).has_value());
  std::vector<std::string> ids;
  std::string cursor;
  for (int page = 0; page < 10; ++page) {
    const auto reply = f.ask(api::UserList{.removed = true, .cursor = cursor, .limit = 7});
    QVERIFY(reply.has_value());
    QVERIFY(reply->users.size() <= 7);
    for (const auto& user : reply->users) ids.push_back(user.id);
    cursor = reply->next;
    if (cursor.empty()) break;
  }
  QCOMPARE(ids.size(), size_t{25});
  for (size_t i = 0; i < ids.size(); ++i) QCOMPARE(ids[i], std::to_string(i + 1));
  QCOMPARE(code_of(f.ask(api::UserList{.cursor = "x"})), ErrorCode::bad_input);
}

/// Each request that is said to be undone is performed, undone, and everything is compared.
void UsersTest::every_change_is_undone() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.add("bob@example.org", "pw", {"rob@example.org"}).has_value());
  QVERIFY(f.ask(api::UserRemove{.user = f.add("old@example.org", "pw")->users[0].id}).has_value());
  const auto everything = [&f] {
    std::map<std::string, Json> out;
    for (const auto& row : f.want(api::DocumentList{}).documents) out[row.id] = f.get(row.id);
    out["certificate"] = f.ask(api::CertificateShow{})->sha256;
    return out;
  };
  const auto users = [&f](auto request) { return f.ask(std::move(request))->change.value_or(""); };
  const std::vector<std::function<std::string()>> requests = {
      [&] { return users(api::UserAdd{.address = "new@example.org", .password = "x"}); },
      [&] { return users(api::UserSet{.user = "bob@example.org", .password = "y", .disabled = true}); },
      [&] { return users(api::UserSet{.user = "bob@example.org", .add_aliases = {"z@example.org"}, .quota = 5}); },
      [&] { return users(api::UserRemove{.user = "bob@example.org"}); },
      [&] { return users(api::UserRestore{.user = "old@example.org"}); },
      [&] { return f.set("smtp/limits", "recipients", "5")->change; },
      [&] { return f.set("domain/example.net", "note", "\"n\"")->change; },
      [&] { return f.set("tls/default", "only_tls13", "true")->change; },
  };
  for (size_t i = 0; i < requests.size(); ++i) {
    const auto before = everything();
    const std::string change = requests[i]();
    QVERIFY2(!change.empty(), std::to_string(i).c_str());
    QVERIFY(everything() != before);
    const auto undone = f.ask(api::ChangeUndo{.id = change});
    QVERIFY2(undone.has_value(), std::to_string(i).c_str());
    QVERIFY2(everything() == before, std::to_string(i).c_str());
  }
}

void UsersTest::quota_and_disabled() {
  AdminFixture f;
  QVERIFY(f.begin());
  QVERIFY(f.ask(api::UserAdd{.address = "bob@example.org", .quota = 10 << 20}).has_value());
  QCOMPARE(f.account("bob@example.org")->quota, uint64_t{10 << 20});
  QVERIFY(f.ask(api::UserSet{.user = "bob@example.org", .quota = 0, .disabled = true}).has_value());
  const auto* bob = f.account("bob@example.org");
  QVERIFY(bob->disabled);
  QCOMPARE(bob->quota, uint64_t{0});
  QCOMPARE(f.kept->directory->recipient("bob", "example.org"), bob);
  QCOMPARE(code_of(f.ask(api::UserSet{.user = "bob@example.org", .quota = UINT64_MAX})), ErrorCode::bad_input);
}

QTEST_APPLESS_MAIN(UsersTest)
#include "users_test.moc"

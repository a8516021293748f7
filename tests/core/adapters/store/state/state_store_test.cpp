// Documents, journal, secrets and effects as they are kept.
#include <QtTest>
#include <fstream>

#include "support/state_folder.h"

using namespace postern;
using namespace postern::change;
using test::StateFolder;

namespace {

template <class Work>
bool in_transaction(StateFolder& f, Work work) {
  audit::Transaction transaction(*f.store);
  return transaction.opened() && work() && transaction.commit();
}

std::vector<std::string> names(const Expected<std::vector<StoredDocument>>& documents) {
  std::vector<std::string> out;
  for (const StoredDocument& document : *documents) out.push_back(document.name.to_string());
  return out;
}

std::string octets_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

}  // namespace

class StateStoreTest : public QObject {
  Q_OBJECT
 private slots:
  void documents_in_order();
  void removed_documents_are_remembered();
  void changes_come_back_as_they_went();
  void secrets_open_with_their_key_only();
  void a_secret_cannot_take_another_s_place();
  void erased_secrets_leave_no_octets();
  void effects_come_back_as_they_went();
  void numbers();
  void a_rolled_back_transaction_leaves_nothing();
  void not_initialised();
};

void StateStoreTest::documents_in_order() {
  StateFolder f;
  QVERIFY(f.open());
  const std::vector<std::string> all{"a/1", "a/2", "a-b/1", "ab/1", "b/x", "b/x/y"};
  QVERIFY(in_transaction(f, [&] {
    for (const std::string& name : all)
      if (!f.store->put_document({*DocumentName::parse(name), "{}", 1, 5})) return false;
    return true;
  }));
  const auto whole = names(f.store->documents("", "", 100, false));
  QCOMPARE(whole.size(), all.size());
  // However it is cut into pages, each comes once.
  for (size_t limit = 1; limit <= all.size(); ++limit) {
    std::vector<std::string> paged;
    for (;;) {
      const auto page = names(f.store->documents("", paged.empty() ? "" : paged.back(), limit, false));
      paged.insert(paged.end(), page.begin(), page.end());
      if (page.size() < limit) break;
    }
    QCOMPARE(paged, whole);
  }
  QCOMPARE(names(f.store->documents("a", "", 100, false)), (std::vector<std::string>{"a/1", "a/2"}));
  QCOMPARE(names(f.store->documents("a", "a/1", 100, false)), std::vector<std::string>{"a/2"});
  QCOMPARE(names(f.store->documents("b", "a/1", 100, false)).size(), size_t{2});
  QCOMPARE(names(f.store->documents("a", "b/1", 100, false)).size(), size_t{0});
}

void StateStoreTest::removed_documents_are_remembered() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(in_transaction(f, [&] {
    return f.store->put_document({{"a", "1"}, "{}", 1, 5}) && f.store->put_document({{"a", "1"}, std::nullopt, 2, 6});
  }));
  const auto document = f.store->document({"a", "1"});
  QVERIFY(document->has_value());
  QVERIFY(!(*document)->body);
  QCOMPARE((*document)->version, uint64_t{2});
  QVERIFY(f.store->documents("", "", 10, false)->empty());
  QCOMPARE(f.store->documents("", "", 10, true)->size(), size_t{1});
  QVERIFY(!f.store->document({"a", "2"})->has_value());
}

void StateStoreTest::changes_come_back_as_they_went() {
  StateFolder f;
  QVERIFY(f.open());
  ChangeSet change;
  change.time = 17;
  change.actor = "alice";
  change.via = "socket";
  change.reason = std::string("why\0not", 7);
  change.action = "test";
  change.incident = "P1";
  change.summary = "a/1 added";
  change.state = State::pending_confirm;
  change.undo = Undo::effect;
  change.deadline = Deadline{100, 200, 150, "boot"};
  change.undoes = 3;
  change.items = {{{"a", "1"}, std::nullopt, "{}"}, {{"a", "2"}, "{\"x\":1}", std::nullopt}};
  uint64_t id = 0;
  QVERIFY(in_transaction(f, [&] { return (id = f.store->add_change(change).value_or(0)) != 0; }));
  QVERIFY(f.open());
  const auto read = f.store->change(id);
  QVERIFY(read->has_value());
  const ChangeSet& back = **read;
  QCOMPARE(back.reason, change.reason);
  QVERIFY(back.items == change.items);
  QVERIFY(back.deadline == change.deadline);
  QCOMPARE(int(back.state), int(change.state));
  QCOMPARE(int(back.undo), int(change.undo));
  QCOMPARE(back.incident, change.incident);
  QCOMPARE(back.undoes, uint64_t{3});
  QCOMPARE(f.store->changes_in(State::pending_confirm)->size(), size_t{1});
  ChangeSet moved = back;
  moved.state = State::confirmed;
  moved.deadline.reset();
  QVERIFY(in_transaction(f, [&] { return f.store->move_change(moved).has_value(); }));
  QVERIFY(f.store->changes_in(State::pending_confirm)->empty());
  QVERIFY(!(**f.store->change(id)).deadline);
  QVERIFY(!f.store->change(id + 1)->has_value());
}

void StateStoreTest::secrets_open_with_their_key_only() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(in_transaction(f, [&] {
    return f.store->put_secret({"s1", {"a", "1"}, "password", Secret("xyzzy")}, 5).has_value();
  }));
  QCOMPARE(std::string(f.store->open_secret("s1")->reveal()), std::string("xyzzy"));
  QCOMPARE(f.store->open_secret("s2").error().code, ErrorCode::not_found);
  const auto info = f.store->secret_info("s1");
  QCOMPARE((*info)->owner.to_string(), std::string("a/1"));
  QCOMPARE((*info)->field, std::string("password"));
  QVERIFY(!(*info)->retired);
  const auto keys = f.keys;
  crypto::AeadKey other{};
  crypto::random_bytes(other);
  f.keys = *crypto::KeyRing::open(other, {crypto::make_data_key(other, 1, 0)}, "other");
  QVERIFY(f.open());
  QCOMPARE(f.store->open_secret("s1").error().code, ErrorCode::key_wrong);
  f.keys = keys;
  QVERIFY(f.open());
  QVERIFY(f.store->open_secret("s1").has_value());
}

void StateStoreTest::a_secret_cannot_take_another_s_place() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(in_transaction(f, [&] {
    return f.store->put_secret({"s1", {"a", "1"}, "password", Secret("one")}, 5) &&
           f.store->put_secret({"s2", {"a", "2"}, "password", Secret("two")}, 5);
  }));
  QVERIFY(f.tamper("UPDATE secret SET box=(SELECT box FROM secret WHERE id='s2') WHERE id='s1'"));
  QVERIFY(f.open());
  QCOMPARE(f.store->open_secret("s1").error().code, ErrorCode::key_wrong);
  QVERIFY(f.store->open_secret("s2").has_value());
}

void StateStoreTest::erased_secrets_leave_no_octets() {
  StateFolder f;
  QVERIFY(f.open());
  QVERIFY(in_transaction(f, [&] {
    return f.store->put_secret({"s1", {"a", "1"}, "password", Secret("xyzzy")}, 5).has_value();
  }));
  f.store->idle();
  f.close();
  std::string box;
  {
    auto database = store::Database::open(f.database(), {});
    store::Statement row(*database, "SELECT box FROM secret");
    QVERIFY(*row.step());
    box = to_string(row.blob(0));
  }
  QVERIFY(octets_of(f.database()).find(box) != std::string::npos);
  QVERIFY(f.open());
  QVERIFY(in_transaction(f, [&] { return f.store->erase_secret("s1").has_value(); }));
  f.store->idle();
  f.close();
  QVERIFY(octets_of(f.database()).find(box) == std::string::npos);
}

void StateStoreTest::effects_come_back_as_they_went() {
  StateFolder f;
  QVERIFY(f.open());
  EffectRecord effect{"abc", 7, {"verb", "object", "\"before\"", "\"after\""}, EffectState::intended, {}, 5};
  QVERIFY(in_transaction(f, [&] { return f.store->add_effect(effect).has_value(); }));
  QCOMPARE(f.store->effects_in(EffectState::intended)->size(), size_t{1});
  effect.state = EffectState::failed;
  effect.error = "disk_full";
  effect.what.before = "\"found\"";
  QVERIFY(in_transaction(f, [&] { return f.store->move_effect(effect).has_value(); }));
  QVERIFY(f.store->effects_in(EffectState::intended)->empty());
  const auto back = f.store->effects_of(7);
  QCOMPARE(back->size(), size_t{1});
  QCOMPARE(back->front().error, effect.error);
  QCOMPARE(back->front().what.before, effect.what.before);
  QCOMPARE(back->front().what.after, effect.what.after);
}

void StateStoreTest::numbers() {
  StateFolder f;
  QVERIFY(f.open());
  QCOMPARE(*f.store->number("x"), uint64_t{0});
  QVERIFY(in_transaction(f, [&] { return f.store->set_number("x", 7).has_value(); }));
  QVERIFY(f.open());
  QCOMPARE(*f.store->number("x"), uint64_t{7});
}

void StateStoreTest::a_rolled_back_transaction_leaves_nothing() {
  StateFolder f;
  QVERIFY(f.open());
  {
    audit::Transaction transaction(*f.store);
    QVERIFY(f.store->put_document({{"a", "1"}, "{}", 1, 5}).has_value());
    QVERIFY(f.store->set_number("x", 7).has_value());
  }
  QVERIFY(!f.store->document({"a", "1"})->has_value());
  QCOMPARE(*f.store->number("x"), uint64_t{0});
  QVERIFY(in_transaction(f, [] { return true; }));
}

void StateStoreTest::not_initialised() {
  QTemporaryDir folder;
  store::StateStoreOptions options;
  options.folder = folder.path().toStdString();
  options.files = &platform::real_files();
  const auto opened = store::StateStore::open(options);
  QCOMPARE(opened.error().code, ErrorCode::not_initialised);
  QVERIFY(std::filesystem::is_empty(options.folder));
}

QTEST_APPLESS_MAIN(StateStoreTest)
#include "state_store_test.moc"

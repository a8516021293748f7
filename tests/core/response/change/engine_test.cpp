#include <QtTest>
#include <set>

#include "support/engine_folder.h"

using namespace postern;
using namespace postern::change;
using test::code_of;
using test::EngineFolder;

class EngineTest : public QObject {
  Q_OBJECT
 private slots:
  void all_or_nothing();
  void what_the_policy_refuses_never_was();
  void versions_never_repeat();
  void only_documents_fall_back();
  void undo_merges_or_conflicts();
  void a_conflict_stops_the_whole_undo();
  void plans_say_what_would_happen();
  void undo_of_undo_of_undo();
  void removed_and_made_again();
  void secrets_belong_to_one_document();
  void secrets_retire_and_return();
  void pending_holds_its_documents();
  void an_overdue_change_others_build_upon();
  void several_overdue_changes();
  void drafts();
  void limits();
  void a_full_disk_changes_nothing();
  void a_journal_that_cannot_be_read();
  void patches_are_exported();
  void everything_is_told();
};

void EngineTest::all_or_nothing() {
  EngineFolder f;
  QVERIFY(f.start());
  const auto size = f.log->size();
  QCOMPARE(code_of(f.apply({{"thing/1", R"({"text":"a"})"}, {"thing/2", R"({"count":"x"})"}})), ErrorCode::bad_input);
  QCOMPARE(code_of(f.apply({{"thing/1", R"({"text":"a"})"}, {"nothing/2", "{}"}})), ErrorCode::not_found);
  QCOMPARE(code_of(f.apply({{"thing/1", R"({"text":"a"})"}, {"thing/1", R"({"text":"b"})"}})), ErrorCode::bad_input);
  QCOMPARE(code_of(f.apply({{"thing/9", ""}})), ErrorCode::not_found);
  QVERIFY(f.everything().empty());
  QCOMPARE(f.log->size(), size);
  QVERIFY(f.store->changes(0, 10)->empty());
  const auto applied = f.apply({{"thing/1", R"({"text":"a"})"}, {"thing/2", "{}"}});
  QVERIFY(applied.has_value());
  QCOMPARE(f.everything().size(), size_t{2});
  QCOMPARE(f.log->size(), size + 1);
  QCOMPARE(f.stage.in_force.at("thing/1").at("text"), Json("a"));
}

void EngineTest::what_the_policy_refuses_never_was() {
  EngineFolder f;
  QVERIFY(f.start());
  QVERIFY(f.apply({{"thing/1", R"({"text":"a"})"}}).has_value());
  const auto before = f.everything();
  const auto in_force = f.stage.in_force;
  QCOMPARE(code_of(f.apply({{"thing/1", R"({"text":"b"})"}, {"thing/2", R"({"text":"refused"})"}})),
           ErrorCode::bad_input);
  QCOMPARE(f.everything(), before);
  QVERIFY(f.stage.in_force == in_force);
  QVERIFY(f.stage.next.empty());
  QVERIFY(f.apply({{"thing/1", R"({"text":"b"})"}}).has_value());
  QVERIFY(f.verify()->ok());
  QCOMPARE(f.verify()->entries, uint64_t{2});
}

void EngineTest::versions_never_repeat() {
  EngineFolder f;
  QVERIFY(f.start());
  std::set<uint64_t> seen;
  for (int i = 0; i < 4; ++i) {
    QVERIFY(f.apply({{"thing/1", R"({"text":"a"})"}}).has_value());
    QVERIFY(seen.insert((*f.store->document({"thing", "1"}))->version).second);
    QVERIFY(f.apply({{"thing/1", ""}}).has_value());
    QVERIFY(seen.insert((*f.store->document({"thing", "1"}))->version).second);
    QVERIFY(f.start());
  }
}

void EngineTest::only_documents_fall_back() {
  EngineFolder f;
  QVERIFY(f.start());
  const auto made = f.apply({{"only/one", R"({"size":7})"}});
  QCOMPARE(f.stage.in_force.at("only/one").at("size"), Json(7));
  QCOMPARE(code_of(f.apply({{"only/one", ""}})), ErrorCode::bad_input);
  // Undone, there is no document again, and what holds is what its kind falls back to.
  QVERIFY(f.engine->undo(made->id, f.author).has_value());
  QVERIFY(f.everything().empty());
  QCOMPARE(f.stage.in_force.at("only/one").at("size"), Json(5));
}

void EngineTest::undo_merges_or_conflicts() {
  EngineFolder f;
  QVERIFY(f.start());
  QVERIFY(f.apply({{"thing/1", R"({"text":"a","count":1,"tags":["x"]})"}}).has_value());
  const auto text = f.apply({{"thing/1", R"({"text":"b","count":1,"tags":["x"]})"}});
  const auto tags = f.apply({{"thing/1", R"({"text":"b","count":1,"tags":["x","y"]})"}});
  const auto count = f.apply({{"thing/1", R"({"text":"b","count":2,"tags":["x","y","z"]})"}});
  QVERIFY(f.engine->undo(text->id, f.author).has_value());
  QCOMPARE(f.body("thing/1").at("text"), Json("a"));
  QCOMPARE(f.body("thing/1").at("count"), Json(2));
  QVERIFY(f.engine->undo(tags->id, f.author).has_value());
  QCOMPARE(f.body("thing/1").at("tags"), (Json{"x", "z"}));
  QVERIFY(f.apply({{"thing/1", R"({"text":"a","count":3,"tags":["x","z"]})"}}).has_value());
  const auto refused = f.engine->undo(count->id, f.author);
  QCOMPARE(code_of(refused), ErrorCode::conflict);
  QCOMPARE(refused.error().args, std::vector<std::string>{"thing/1"});
  QCOMPARE(f.body("thing/1").at("count"), Json(3));
  QCOMPARE(f.state_of(count->id), State::applied);
}

void EngineTest::a_conflict_stops_the_whole_undo() {
  EngineFolder f;
  QVERIFY(f.start());
  const auto both =
      f.apply({{"thing/1", R"({"text":"a"})"}, {"thing/2", R"({"text":"a"})"}, {"thing/3", R"({"text":"a"})"}});
  QVERIFY(f.apply({{"thing/2", R"({"text":"b"})"}}).has_value());
  QVERIFY(f.apply({{"thing/3", R"({"text":"b"})"}}).has_value());
  const auto before = f.everything();
  const auto refused = f.engine->undo(both->id, f.author);
  QCOMPARE(code_of(refused), ErrorCode::conflict);
  QCOMPARE(refused.error().args, std::vector<std::string>{"thing/2, thing/3"});
  QCOMPARE(f.everything(), before);
}

void EngineTest::plans_say_what_would_happen() {
  EngineFolder f;
  QVERIFY(f.start());
  QVERIFY(f.apply({{"thing/1", "{}"}, {"thing/2", "{}"}, {"thing/3", "{}"}, {"thing/4", "{}"}}).has_value());
  const auto made = f.apply({{"thing/1", R"({"text":"a"})"},
                             {"thing/2", R"({"text":"a"})"},
                             {"thing/3", R"({"text":"a"})"},
                             {"thing/4", R"({"text":"a"})"}});
  QVERIFY(f.apply({{"thing/2", "{}"}, {"thing/3", R"({"text":"a","count":4})"}, {"thing/4", R"({"text":"c"})"}})
              .has_value());
  const auto steps = f.engine->plan_undo(made->id);
  QCOMPARE(steps->size(), size_t{4});
  using Kind = UndoStep::Kind;
  const Kind expected[] = {Kind::back, Kind::nothing, Kind::merged, Kind::conflict};
  for (size_t i = 0; i < 4; ++i) QCOMPARE(int((*steps)[i].kind), int(expected[i]));
  QCOMPARE(Json::parse(*(*steps)[2].then).at("count"), Json(4));
  QCOMPARE(code_of(f.engine->plan_undo(99)), ErrorCode::not_found);
}

void EngineTest::undo_of_undo_of_undo() {
  EngineFolder f;
  QVERIFY(f.start());
  QVERIFY(f.apply({{"thing/1", R"({"text":"a"})"}}).has_value());
  uint64_t last = f.apply({{"thing/1", R"({"text":"b"})"}})->id;
  for (int i = 0; i < 6; ++i) {
    const auto undone = f.engine->undo(last, f.author);
    QVERIFY(undone.has_value());
    QCOMPARE(f.body("thing/1").at("text"), Json(i % 2 == 0 ? "a" : "b"));
    QCOMPARE(f.state_of(last), State::reverted);
    last = undone->id;
    if (i == 2) QVERIFY(f.start());
  }
  QVERIFY(f.verify()->ok());
}

void EngineTest::removed_and_made_again() {
  EngineFolder f;
  QVERIFY(f.start());
  QVERIFY(f.apply({{"thing/1", R"({"text":"a"})"}}).has_value());
  const auto removed = f.apply({{"thing/1", ""}});
  QVERIFY(f.apply({{"thing/1", R"({"text":"other"})"}}).has_value());
  // Somebody made another one of that name: it is not overwritten.
  QCOMPARE(code_of(f.engine->undo(removed->id, f.author)), ErrorCode::conflict);
  QVERIFY(f.apply({{"thing/1", ""}}).has_value());
  QVERIFY(f.engine->undo(removed->id, f.author).has_value());
  QCOMPARE(f.body("thing/1").at("text"), Json("a"));
}

void EngineTest::secrets_belong_to_one_document() {
  EngineFolder f;
  QVERIFY(f.start());
  auto proposal = f.proposal({{"thing/1", R"({"key":"s1"})"}});
  proposal.secrets.push_back({"s1", {"thing", "1"}, "key", Secret("xyzzy")});
  QVERIFY(f.engine->apply(std::move(proposal)).has_value());
  QCOMPARE(code_of(f.apply({{"thing/2", R"({"key":"s1"})"}})), ErrorCode::not_found);
  QCOMPARE(code_of(f.apply({{"thing/1", R"({"key":"s9"})"}})), ErrorCode::not_found);
  // A change that fails leaves no secret behind.
  proposal = f.proposal({{"thing/2", R"({"key":"s2","text":"refused"})"}});
  proposal.secrets.push_back({"s2", {"thing", "2"}, "key", Secret("xyzzy")});
  QVERIFY(!f.engine->apply(std::move(proposal)).has_value());
  QVERIFY(!f.store->secret_info("s2")->has_value());
}

void EngineTest::secrets_retire_and_return() {
  EngineFolder f;
  QVERIFY(f.start());
  const auto put = [&f](const std::string& id) {
    auto proposal = f.proposal({{"thing/1", "{\"key\":\"" + id + "\"}"}});
    proposal.secrets.push_back({id, {"thing", "1"}, "key", Secret("value of " + id)});
    return f.engine->apply(std::move(proposal));
  };
  QVERIFY(put("s1").has_value());
  const auto second = put("s2");
  QVERIFY((**f.store->secret_info("s1")).retired.has_value());
  QVERIFY(!(**f.store->secret_info("s2")).retired);
  QVERIFY(f.engine->undo(second->id, f.author).has_value());
  QVERIFY(!(**f.store->secret_info("s1")).retired);
  QVERIFY((**f.store->secret_info("s2")).retired.has_value());
  const auto removed = f.apply({{"thing/1", ""}});
  QVERIFY((**f.store->secret_info("s1")).retired.has_value());
  QCOMPARE(f.store->retired_secrets(f.clock.wall() + 1, 10)->size(), size_t{2});
  {
    audit::Transaction transaction(*f.store);
    QVERIFY(f.store->erase_secret("s1").has_value());
    QVERIFY(transaction.commit().has_value());
  }
  // What is gone for good cannot come back, and the undo says so.
  const auto late = f.engine->undo(removed->id, f.author);
  QCOMPARE(code_of(late), ErrorCode::not_found);
  QVERIFY(f.everything().empty());
}

void EngineTest::pending_holds_its_documents() {
  EngineFolder f;
  QVERIFY(f.start());
  const auto other = f.apply({{"thing/2", R"({"text":"a"})"}});
  const auto pending = f.apply({{"thing/1", R"({"text":"a"})"}, {"thing/2", R"({"text":"b"})"}}, Seconds(30));
  QVERIFY(pending->deadline.has_value());
  const auto refused = f.apply({{"thing/1", R"({"text":"c"})"}});
  QCOMPARE(code_of(refused), ErrorCode::pending);
  QCOMPARE(refused.error().args,
           (std::vector<std::string>{std::to_string(pending->id), format_rfc3339(*pending->deadline)}));
  QCOMPARE(code_of(f.apply({{"thing/2", ""}})), ErrorCode::pending);
  QCOMPARE(code_of(f.engine->undo(other->id, f.author)), ErrorCode::conflict);
  QVERIFY(f.apply({{"thing/3", "{}"}}).has_value());
  QVERIFY(f.start());
  QCOMPARE(code_of(f.apply({{"thing/1", ""}})), ErrorCode::pending);
  QVERIFY(f.engine->confirm(pending->id, f.author).has_value());
  QVERIFY(f.apply({{"thing/1", R"({"text":"c"})"}}).has_value());
}

/// It cannot go, so it stays, and that is said.
void EngineTest::an_overdue_change_others_build_upon() {
  EngineFolder f;
  QVERIFY(f.start());
  QVERIFY(f.apply({{"thing/1", R"({"text":"refused-later"})"}}).has_value());
  const auto pending = f.apply({{"thing/1", R"({"text":"b"})"}}, Seconds(30));
  // Meanwhile the policy has come to refuse what stood there before.
  QVERIFY(f.tamper(
      "UPDATE journal_item SET before='{\"count\":0,\"key\":\"\",\"tags\":[],\"text\":\"refused\"}' WHERE change=2"));
  f.clock.advance(std::chrono::seconds(31));
  QVERIFY(f.start());
  const auto reverted = f.engine->revert_overdue();
  QVERIFY(reverted.has_value());
  QCOMPARE(*reverted, size_t{0});
  QCOMPARE(f.state_of(pending->id), State::superseded);
  QCOMPARE(f.body("thing/1").at("text"), Json("b"));
  QCOMPARE(f.engine->pending(), size_t{0});
  QVERIFY(f.apply({{"thing/1", R"({"text":"c"})"}}).has_value());
}

void EngineTest::several_overdue_changes() {
  EngineFolder f;
  QVERIFY(f.start());
  for (int i = 1; i <= 5; ++i) QVERIFY(f.apply({{"thing/" + std::to_string(i), "{}"}}, Seconds(i * 10)).has_value());
  f.clock.advance(std::chrono::seconds(30));
  QCOMPARE(*f.engine->revert_overdue(), size_t{3});
  QCOMPARE(f.everything().size(), size_t{2});
  f.clock.advance(std::chrono::hours(1));
  QVERIFY(f.start());
  QCOMPARE(*f.engine->revert_overdue(), size_t{2});
  QVERIFY(f.everything().empty());
  QCOMPARE(*f.engine->revert_overdue(), size_t{0});
  QVERIFY(f.verify()->ok());
}

void EngineTest::drafts() {
  EngineFolder f;
  QVERIFY(f.start());
  QVERIFY(f.apply({{"thing/1", R"({"text":"a"})"}}).has_value());
  const auto first = f.engine->save_draft(f.proposal({{"thing/1", R"({"text":"b"})"}}));
  const auto second = f.engine->save_draft(f.proposal({{"thing/1", R"({"text":"c"})"}}));
  QVERIFY(first.has_value() && second.has_value());
  QCOMPARE(f.body("thing/1").at("text"), Json("a"));
  QCOMPARE(code_of(f.engine->undo(*first, f.author)), ErrorCode::not_found);
  QCOMPARE(code_of(f.engine->save_draft(f.proposal({{"thing/1", R"({"count":-1})"}}))), ErrorCode::bad_input);
  const auto applied = f.engine->apply_draft(*first, f.author, std::nullopt);
  QVERIFY(applied.has_value());
  QCOMPARE(f.body("thing/1").at("text"), Json("b"));
  QCOMPARE(code_of(f.engine->apply_draft(*first, f.author, std::nullopt)), ErrorCode::not_found);
  // The other one was made over something that is no more.
  QCOMPARE(code_of(f.engine->apply_draft(*second, f.author, std::nullopt)), ErrorCode::conflict);
  QCOMPARE(f.state_of(*second), State::superseded);
  QCOMPARE(f.body("thing/1").at("text"), Json("b"));
}

void EngineTest::limits() {
  EngineFolder f;
  QVERIFY(f.start());
  const std::string big(kTextLimit + 1, 'x');
  QCOMPARE(code_of(f.apply({{"thing/1", "{\"text\":\"" + big + "\"}"}})), ErrorCode::bad_input);
  Json tags = Json::array();
  for (int i = 0; i < 5000; ++i) tags.push_back(std::to_string(i) + std::string(60, 'x'));
  QCOMPARE(code_of(f.apply({{"thing/1", Json{{"tags", tags}}.dump()}})), ErrorCode::too_large);
  Proposal proposal = f.proposal({});
  for (size_t i = 0; i <= kItemLimit; ++i) proposal.items.emplace_back(DocumentName{"thing", std::to_string(i)}, "{}");
  QCOMPARE(code_of(f.engine->apply(std::move(proposal))), ErrorCode::too_many);
  for (const int64_t within : {int64_t{0}, int64_t{-5}, kLongestConfirm.count() + 1})
    QCOMPARE(code_of(f.apply({{"thing/1", "{}"}}, Seconds(within))), ErrorCode::bad_input);
  QVERIFY(f.everything().empty());
}

void EngineTest::a_full_disk_changes_nothing() {
  EngineFolder f;
  QVERIFY(f.start());
  QVERIFY(f.apply({{"thing/1", R"({"text":"a"})"}}).has_value());
  f.stop();
  int64_t pages = 0;
  {
    auto database = store::Database::open(f.database(), {});
    pages = *database->scalar("PRAGMA page_count");
  }
  QVERIFY(f.start());
  // SQLite refuses to grow beyond this: what a full disk looks like to everything above.
  auto limited = f.store->limit_pages(static_cast<uint64_t>(pages));
  QVERIFY(limited.has_value());
  const auto before = f.everything();
  ErrorCode code = ErrorCode::none;
  for (int i = 0; i < 200 && code == ErrorCode::none; ++i) {
    Proposal proposal = f.proposal({});
    for (int k = 0; k < 50; ++k)
      proposal.items.emplace_back(DocumentName{"thing", "x" + std::to_string(i) + "-" + std::to_string(k)}, "{}");
    code = code_of(f.engine->apply(std::move(proposal)));
  }
  QCOMPARE(code, ErrorCode::disk_full);
  QVERIFY(f.stage.next.empty());
  const auto after = f.everything();
  QCOMPARE(after.size() % 50, before.size() % 50);
  QVERIFY(f.store->limit_pages(1'000'000).has_value());
  QVERIFY(f.apply({{"thing/1", R"({"text":"b"})"}}).has_value());
  QVERIFY(f.verify()->ok());
}

void EngineTest::a_journal_that_cannot_be_read() {
  EngineFolder f;
  QVERIFY(f.start());
  const auto made = f.apply({{"thing/1", R"({"text":"a"})"}});
  QVERIFY(f.tamper("UPDATE journal SET state='nonsense'"));
  QVERIFY(f.start());
  QCOMPARE(code_of(f.engine->undo(made->id, f.author)), ErrorCode::folder_damaged);
  f.stop();
  // A document that is no JSON, too: told, not crashed upon.
  QVERIFY(f.tamper("UPDATE journal SET state='applied'; UPDATE document SET body='{'"));
  QVERIFY(!f.start());
}

void EngineTest::patches_are_exported() {
  EngineFolder f;
  QVERIFY(f.start());
  QVERIFY(f.apply({{"thing/1", R"({"text":"a"})"}, {"thing/2", "{}"}}).has_value());
  const auto made = f.apply({{"thing/1", R"({"text":"b"})"}, {"thing/2", ""}, {"thing/3", "{}"}});
  const auto change = **f.store->change(made->id);
  const Json patches = Json::parse(patches_of(f.kinds, change.items, 1 << 20));
  QCOMPARE(patches.size(), size_t{3});
  for (size_t i = 0; i < 3; ++i) {
    const Item& item = change.items[i];
    const Json before = item.before ? Json::parse(*item.before) : Json(),
               after = item.after ? Json::parse(*item.after) : Json();
    QCOMPARE(before.patch(patches[i].at("patch")), after);
    QCOMPARE(after.patch(patches[i].at("inverse")), before);
  }
  const Json cut = Json::parse(patches_of(f.kinds, change.items, 200));
  QCOMPARE(cut.back().at("left_out").get<int>() + int(cut.size()) - 1, 3);
}

void EngineTest::everything_is_told() {
  EngineFolder f;
  QVERIFY(f.start());
  std::vector<std::string> told;
  f.engine->on_moved([&told](const ChangeSet& change) {
    told.push_back(std::to_string(change.id) + " " + std::string(state_name(change.state)));
  });
  const auto one = f.apply({{"thing/1", "{}"}}, Seconds(30));
  QVERIFY(f.engine->confirm(one->id, f.author).has_value());
  QVERIFY(f.engine->undo(one->id, f.author).has_value());
  QCOMPARE(told, (std::vector<std::string>{"1 pending-confirm", "1 confirmed", "1 reverted", "2 applied"}));
  // And each step stands in the audit.
  std::vector<std::string> actions;
  QVERIFY(f.store
              ->read_entries(1, false, false,
                             [&](const audit::StoredEntry& entry) {
                               actions.push_back(entry.entry.action);
                               return true;
                             })
              .has_value());
  QCOMPARE(actions, (std::vector<std::string>{"test", "change.confirm", "change.undo"}));
}

QTEST_APPLESS_MAIN(EngineTest)
#include "engine_test.moc"

// Effects by intent: whoever dies at whatever edge, each effect is performed once and the journal says so.
#include <QtTest>
#include <fstream>

#include "support/engine_folder.h"

using namespace postern;
using namespace postern::change;
using test::code_of;
using test::EngineFolder;

namespace {

/// What is outside: a file of lines "id value", one for each time something was done. An effect with an id that is
/// there already is done already, as with the effects_done of a database.
class Outside {
 public:
  explicit Outside(std::string path) : path_(std::move(path)) {}
  std::vector<std::string> lines() const {
    std::ifstream file(path_);
    std::vector<std::string> out;
    for (std::string line; std::getline(file, line);) out.push_back(line);
    return out;
  }
  bool has(const std::string& id) const {
    for (const std::string& line : lines())
      if (line.starts_with(id + " ")) return true;
    return false;
  }
  void add(const std::string& id, const std::string& value) {
    std::ofstream(path_, std::ios::app) << id << ' ' << value << '\n';
  }
  std::string value() const {
    const auto all = lines();
    return all.empty() ? "nothing" : all.back().substr(all.back().find(' ') + 1);
  }

 private:
  const std::string path_;
};

struct Script {
  bool fails = false;
  bool later = false;
  bool reversible = true;
  std::function<void()> held;
};

class SetOutside final : public Effect {
 public:
  SetOutside(Outside& outside, Script& script) : outside_(outside), script_(script) {}
  std::string_view verb() const override { return "set"; }
  Expected<Found> probe(const EffectRecord& effect) override {
    return outside_.has(effect.id) ? Found::done : Found::not_done;
  }
  void perform(const EffectRecord& effect, std::function<void(EffectOutcome)> done) override {
    if (script_.fails) return done({fail(ErrorCode::disk_full, {"outside"}), {}});
    const std::string before = outside_.value();
    if (!outside_.has(effect.id)) outside_.add(effect.id, effect.what.after);
    if (script_.later)
      script_.held = [done, before] { done({{}, before}); };
    else
      done({{}, before});
  }
  std::optional<EffectIntent> inverse(const EffectRecord& effect) const override {
    if (!script_.reversible) return std::nullopt;
    return EffectIntent{"set", effect.what.object, effect.what.after, effect.what.before};
  }

 private:
  Outside& outside_;
  Script& script_;
};

struct Death {};

struct Fixture : EngineFolder {
  Outside outside{path() + "/outside"};
  Script script;

  bool run() {
    if (!start()) return false;
    effects->add(std::make_unique<SetOutside>(outside, script));
    return effects->settle().has_value();
  }
  Proposal with_effect(const std::string& value) {
    Proposal out = proposal({{"thing/1", "{\"text\":\"" + value + "\"}"}});
    out.effects.push_back({"set", "outside", "", value});
    return out;
  }
  std::vector<EffectRecord> of(uint64_t change) { return *store->effects_of(change); }
};

}  // namespace

class EffectsTest : public QObject {
  Q_OBJECT
 private slots:
  void performed_and_taken_back();
  void a_death_at_each_edge_data();
  void a_death_at_each_edge();
  void a_death_while_settling();
  void a_failure_is_told();
  void an_answer_that_comes_later();
  void what_cannot_be_taken_back();
  void an_unknown_verb();
};

void EffectsTest::performed_and_taken_back() {
  Fixture f;
  QVERIFY(f.run());
  const auto first = f.engine->apply(f.with_effect("one"));
  QVERIFY(first.has_value());
  QCOMPARE(f.outside.value(), std::string("one"));
  QCOMPARE(f.of(first->id).front().state, EffectState::done);
  const auto second = f.engine->apply(f.with_effect("two"));
  QCOMPARE(f.of(second->id).front().what.before, std::string("one"));
  QCOMPARE((**f.store->change(second->id)).undo, Undo::effect);
  const auto undone = f.engine->undo(second->id, f.author);
  QVERIFY(undone.has_value());
  QCOMPARE(f.outside.value(), std::string("one"));
  QCOMPARE(f.body("thing/1").at("text"), Json("one"));
  QVERIFY(f.engine->undo(undone->id, f.author).has_value());
  QCOMPARE(f.outside.value(), std::string("two"));
  QVERIFY(f.verify()->ok());
}

void EffectsTest::a_death_at_each_edge_data() {
  QTest::addColumn<int>("edge");
  QTest::newRow("before the intent") << int(Edge::before_intent);
  QTest::newRow("after the intent") << int(Edge::after_intent);
  QTest::newRow("before performing") << int(Edge::before_perform);
  QTest::newRow("after performing") << int(Edge::after_perform);
  QTest::newRow("before done is written") << int(Edge::before_done);
  QTest::newRow("after done is written") << int(Edge::after_done);
}

void EffectsTest::a_death_at_each_edge() {
  QFETCH(int, edge);
  Fixture f;
  QVERIFY(f.run());
  QVERIFY(f.engine->apply(f.with_effect("before")).has_value());
  const auto stored = f.everything();
  f.effects->set_edge_hook([edge](Edge here) {
    if (int(here) == edge) throw Death{};
  });
  bool died = false;
  try {
    static_cast<void>(f.engine->apply(f.with_effect("wanted")));
  } catch (const Death&) {
    died = true;
  }
  QVERIFY(died);
  f.stop();
  QVERIFY(f.run());
  QVERIFY(f.store->effects_in(EffectState::intended)->empty());
  QVERIFY(f.verify()->ok());
  if (edge == int(Edge::before_intent)) {
    // Nothing of the change was durable: it never was.
    QCOMPARE(f.outside.value(), std::string("before"));
    QCOMPARE(f.everything(), stored);
    QVERIFY(!f.store->change(2)->has_value());
    return;
  }
  QCOMPARE(f.outside.value(), std::string("wanted"));
  QCOMPARE(f.outside.lines().size(), size_t{2});
  QCOMPARE(f.body("thing/1").at("text"), Json("wanted"));
  QCOMPARE(f.of(2).front().state, EffectState::done);
  // And it can still be taken back.
  QVERIFY(f.engine->undo(2, f.author).has_value());
  QCOMPARE(f.body("thing/1").at("text"), Json("before"));
}

void EffectsTest::a_death_while_settling() {
  Fixture f;
  QVERIFY(f.run());
  f.effects->set_edge_hook([](Edge here) {
    if (here == Edge::before_perform) throw Death{};
  });
  try {
    static_cast<void>(f.engine->apply(f.with_effect("wanted")));
    QFAIL("it should have died");
  } catch (const Death&) {
  }
  for (const Edge edge : {Edge::before_perform, Edge::after_perform, Edge::before_done}) {
    f.stop();
    QVERIFY(f.start());
    f.effects->add(std::make_unique<SetOutside>(f.outside, f.script));
    f.effects->set_edge_hook([edge](Edge here) {
      if (here == edge) throw Death{};
    });
    try {
      static_cast<void>(f.effects->settle());
      QFAIL("it should have died");
    } catch (const Death&) {
    }
  }
  f.stop();
  QVERIFY(f.run());
  QCOMPARE(f.outside.lines().size(), size_t{1});
  QCOMPARE(f.of(1).front().state, EffectState::done);
  QVERIFY(f.verify()->ok());
}

void EffectsTest::a_failure_is_told() {
  Fixture f;
  QVERIFY(f.run());
  f.script.fails = true;
  const auto made = f.engine->apply(f.with_effect("one"));
  QVERIFY(made.has_value());
  QCOMPARE(f.of(made->id).front().state, EffectState::failed);
  QCOMPARE(f.of(made->id).front().error, std::string("disk_full"));
  std::string last;
  QVERIFY(f.store
              ->read_entries(UINT64_MAX, true, false,
                             [&last](const audit::StoredEntry& entry) {
                               last = entry.entry.action;
                               return false;
                             })
              .has_value());
  QCOMPARE(last, std::string("effect.failed"));
  // What was not done need not be taken back; the documents are.
  f.script.fails = false;
  QVERIFY(f.engine->undo(made->id, f.author).has_value());
  QVERIFY(f.everything().empty());
  QCOMPARE(f.outside.value(), std::string("nothing"));
}

void EffectsTest::an_answer_that_comes_later() {
  Fixture f;
  QVERIFY(f.run());
  f.script.later = true;
  const auto made = f.engine->apply(f.with_effect("one"));
  QCOMPARE(f.of(made->id).front().state, EffectState::intended);
  QCOMPARE(code_of(f.engine->undo(made->id, f.author)), ErrorCode::busy);
  f.script.held();
  QCOMPARE(f.of(made->id).front().state, EffectState::done);
  f.script.later = false;
  QVERIFY(f.engine->undo(made->id, f.author).has_value());
}

void EffectsTest::what_cannot_be_taken_back() {
  Fixture f;
  QVERIFY(f.run());
  const auto made = f.engine->apply(f.with_effect("one"));
  f.script.reversible = false;
  QCOMPARE(code_of(f.engine->undo(made->id, f.author)), ErrorCode::irreversible);
  QCOMPARE(f.body("thing/1").at("text"), Json("one"));
}

void EffectsTest::an_unknown_verb() {
  Fixture f;
  QVERIFY(f.run());
  Proposal proposal = f.proposal({{"thing/1", "{}"}});
  proposal.effects.push_back({"explode", "outside", "", ""});
  QCOMPARE(code_of(f.engine->apply(std::move(proposal))), ErrorCode::bad_input);
  QVERIFY(f.everything().empty());
  // One that an older version knew and this one does not is closed as failed, not tried for ever.
  const auto made = f.engine->apply(f.with_effect("one"));
  f.stop();
  QVERIFY(f.tamper("UPDATE effect SET state='intended', verb='gone'"));
  QVERIFY(f.run());
  QCOMPARE(f.of(made->id).front().state, EffectState::failed);
  QVERIFY(f.verify()->ok());
}

QTEST_APPLESS_MAIN(EffectsTest)
#include "effects_test.moc"

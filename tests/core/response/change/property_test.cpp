// Whatever is done in whatever order: undoing everything backwards leads to where it began, the trail verifies, what is
// in force is what is stored.
#include <QtTest>
#include <random>
#include <set>

#include "support/engine_folder.h"

using namespace postern;
using namespace postern::change;
using test::EngineFolder;

namespace {

constexpr int kSteps = 120;
constexpr int kThings = 6;

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  int below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(engine_); }
  bool one_in(int n) { return below(n) == 0; }

 private:
  std::mt19937 engine_;
};

std::string thing(Random& random) {
  return "thing/" + std::to_string(random.below(kThings));
}

std::string some_body(Random& random, const Json& now) {
  Json body = now.is_object() && !random.one_in(4) ? now : Json::object();
  if (random.one_in(2)) body["text"] = std::string(1, static_cast<char>('a' + random.below(4)));
  if (random.one_in(2)) body["count"] = random.below(4);
  Json tags = Json::array();
  for (const char* tag : {"x", "y", "z"})
    if (random.one_in(2)) tags.push_back(tag);
  if (random.one_in(2)) body["tags"] = tags;
  return body.dump();
}

struct Run {
  EngineFolder& f;
  Random& random;
  std::set<ErrorCode> refusals;

  void note(const Expected<Applied>& result) {
    if (!result) refusals.insert(result.error().code);
  }
  void change() {
    std::map<std::string, std::string> wanted;
    for (int i = random.below(3); i >= 0; --i) {
      const std::string name = thing(random);
      const Json now = f.body(name);
      wanted[name] = now.is_object() && random.one_in(4) ? "" : some_body(random, now);
    }
    const auto within = random.one_in(5) ? std::optional(Seconds(1 + random.below(60))) : std::nullopt;
    note(f.apply({wanted.begin(), wanted.end()}, within));
  }
  uint64_t some_change() {
    const auto newest = f.store->changes(0, 1);
    return newest->empty() ? 1 : static_cast<uint64_t>(1 + random.below(static_cast<int>(newest->front().id)));
  }
  void step() {
    switch (random.below(8)) {
      case 0:
        return note(f.engine->undo(some_change(), f.author));
      case 1:
        return note(f.engine->confirm(some_change(), f.author));
      case 2: {
        f.clock.advance(std::chrono::seconds(random.below(40)));
        QVERIFY(f.engine->revert_overdue().has_value());
        return;
      }
      case 3: {
        if (random.one_in(4)) f.clock.set_wall(f.clock.wall() + (random.below(200) - 100) * kMicrosPerSecond);
        if (random.one_in(4)) QVERIFY(f.start());
        return;
      }
      default:
        return change();
    }
  }
};

}  // namespace

class PropertyTest : public QObject {
  Q_OBJECT
 private slots:
  void undoing_everything_leads_back_data();
  void undoing_everything_leads_back();
};

void PropertyTest::undoing_everything_leads_back_data() {
  QTest::addColumn<unsigned>("seed");
  for (unsigned seed = 1; seed <= 12; ++seed) QTest::addRow("%u", seed) << seed;
}

void PropertyTest::undoing_everything_leads_back() {
  QFETCH(unsigned, seed);
  EngineFolder f;
  QVERIFY(f.start());
  Random random(seed);
  // A beginning that is not empty.
  QVERIFY(f.apply({{"thing/0", R"({"text":"begin","tags":["x"]})"}, {"thing/1", R"({"count":3})"}}).has_value());
  const auto beginning = f.everything();
  Run run{f, random, {}};
  for (int i = 0; i < kSteps; ++i) {
    run.step();
    // What is in force is what is stored, after every step.
    const auto stored = f.everything();
    QCOMPARE(f.stage.in_force.size(), stored.size());
    for (const auto& [name, text] : stored) QCOMPARE(f.stage.in_force.at(name), Json::parse(text));
    QVERIFY(f.stage.next.empty());
  }
  // Nothing is refused but for a reason.
  for (const ErrorCode code : run.refusals)
    QVERIFY(code == ErrorCode::conflict || code == ErrorCode::pending || code == ErrorCode::not_found);
  f.clock.advance(std::chrono::hours(2));
  QVERIFY(f.engine->revert_overdue().has_value());
  QCOMPARE(f.engine->pending(), size_t{0});
  for (uint64_t id = f.store->changes(0, 1)->front().id; id > 1; --id) {
    const auto undone = f.engine->undo(id, f.author);
    QVERIFY2(undone.has_value(), std::to_string(id).c_str());
  }
  QCOMPARE(f.everything(), beginning);
  const auto verdict = f.verify();
  QVERIFY(verdict->ok());
  QVERIFY(f.start());
  QCOMPARE(f.everything(), beginning);
}

QTEST_APPLESS_MAIN(PropertyTest)
#include "property_test.moc"

#include "response/change/schema.h"

#include <QtTest>

#include "base/json.h"
#include "response/change/document.h"
#include "response/change/merge.h"

using namespace postern;
using namespace postern::change;

namespace {

DocumentKind example() {
  return make_kind("thing", "",
                   {text("name"), text_or("note", "none"), flag("on", true), number("count", 3, -2, 9), texts("tags"),
                    secret_id("key"), choice("mode", {"soft", "hard"}, "soft")});
}

Json parse(const char* text) {
  return Json::parse(text);
}

}  // namespace

class SchemaTest : public QObject {
  Q_OBJECT
 private slots:
  void documents_are_completed();
  void what_is_refused_data();
  void what_is_refused();
  void coercion();
  void names();
  void fallbacks();
  void kinds();
  void merging_data();
  void merging();
  void patches_lead_there_and_back();
};

void SchemaTest::documents_are_completed() {
  const auto body = example().parse(parse(R"({"name":"x","count":-2,"tags":["a","b"]})"));
  QVERIFY(body.has_value());
  QCOMPARE(*body, parse(R"({"name":"x","note":"none","on":true,"count":-2,"tags":["a","b"],"key":"","mode":"soft"})"));
  // null is the same as nothing.
  QCOMPARE(*example().parse(parse(R"({"name":"x","count":null})")), *example().parse(parse(R"({"name":"x"})")));
}

void SchemaTest::what_is_refused_data() {
  QTest::addColumn<QString>("json");
  QTest::addColumn<QString>("field");
  const auto row = [](const char* json, const char* field) { QTest::newRow(json) << json << field; };
  row(R"([])", "document");
  row(R"("text")", "document");
  row(R"({})", "name");
  row(R"({"name":7})", "name");
  row(R"({"name":null})", "name");
  row(R"({"name":"x","other":1})", "other");
  row(R"({"name":"x","on":"true"})", "on");
  row(R"({"name":"x","on":1})", "on");
  row(R"({"name":"x","count":10})", "count");
  row(R"({"name":"x","count":-3})", "count");
  row(R"({"name":"x","count":1.0})", "count");
  row(R"({"name":"x","count":18446744073709551615})", "count");
  row(R"({"name":"x","count":1e400})", "");
  row(R"({"name":"x","tags":"a"})", "tags");
  row(R"({"name":"x","tags":[1]})", "tags");
  row(R"({"name":"x","tags":["a","a"]})", "tags");
  row(R"({"name":"x","tags":[["a"]]})", "tags");
  row(R"({"name":"x","mode":"medium"})", "mode");
  row(R"({"name":"x","key":{"a":1}})", "key");
}

void SchemaTest::what_is_refused() {
  QFETCH(QString, json);
  QFETCH(QString, field);
  const auto given = parse_json(json.toStdString());
  if (field.isEmpty()) {
    QVERIFY(!given.has_value());
    return;
  }
  const auto body = example().parse(*given);
  QVERIFY(!body.has_value());
  QCOMPARE(body.error().code, ErrorCode::bad_input);
  QCOMPARE(QString::fromStdString(body.error().args.at(0)), field);
  QVERIFY(!body.error().args.at(1).empty());
}

void SchemaTest::coercion() {
  const auto kind = example();
  QCOMPARE(kind.coerce("name", Json(25)), Json("25"));
  QCOMPARE(kind.coerce("name", Json(true)), Json("true"));
  QCOMPARE(kind.coerce("count", Json("7")), Json(7));
  QCOMPARE(kind.coerce("count", Json("7x")), Json("7x"));
  QCOMPARE(kind.coerce("count", Json("")), Json(""));
  QCOMPARE(kind.coerce("tags", Json("a, b,,c ")), parse(R"(["a","b","c"])"));
  QCOMPARE(kind.coerce("tags", parse(R"(["a"])")), parse(R"(["a"])"));
  QCOMPARE(kind.coerce("other", Json("7")), Json("7"));
}

void SchemaTest::names() {
  for (const char* good : {"a/b", "user/7", "domain/example.org", "domain/m\u00fcnchen.example", "a_b-1/x/y"}) {
    const auto name = DocumentName::parse(good);
    QVERIFY2(name.has_value(), good);
    QCOMPARE(name->to_string(), std::string(good));
  }
  for (const std::string& bad :
       {std::string(), std::string("a"), std::string("/b"), std::string("a/"), std::string("A/b"), std::string("a b/c"),
        std::string("a/b c"), std::string("a/b\n"), std::string("a/\xff"), std::string("a/\0", 3),
        "a/" + std::string(256, 'x'), std::string(65, 'a') + "/b"})
    QVERIFY2(!DocumentName::parse(bad), bad.c_str());
}

void SchemaTest::fallbacks() {
  const auto whole = make_kind("only", "one", {number("size", 5, 1, 10)});
  QCOMPARE(whole.fallback, std::string(R"({"size":5})"));
  QVERIFY(!whole.removable);
  QVERIFY(make_kind("only", "one", {text("needed")}).fallback.empty());
  QVERIFY(example().fallback.empty());
  QVERIFY(example().removable);
  QCOMPARE(example().secret_fields, std::vector<std::string>{"key"});
}

void SchemaTest::kinds() {
  DocumentKinds all;
  all.add(make_kind("smtp", "limits", {number("size", 5, 1, 10)}));
  all.add(make_kind("smtp", "timeouts", {number("wait", 5, 1, 10)}));
  QVERIFY(all.find({"smtp", "limits"}) != nullptr);
  QVERIFY(all.find({"smtp", "timeouts"}) != all.find({"smtp", "limits"}));
  QVERIFY(all.find({"smtp", "other"}) == nullptr);
  QVERIFY(all.has_kind("smtp"));
  QVERIFY(!all.has_kind("pop3"));
  QCOMPARE(*all.check({"smtp", "limits"}, " { \"size\" : 7 } "), std::string(R"({"size":7})"));
  QCOMPARE(all.check({"smtp", "other"}, "{}").error().code, ErrorCode::not_found);
  QCOMPARE(all.check({"smtp", "limits"}, "{").error().code, ErrorCode::bad_input);
  QCOMPARE(all.check({"smtp", "limits"}, "{\"size\":7,\"size\":7}").error().code, ErrorCode::bad_input);
  const std::string big = "{\"size\":" + std::string(kDocumentLimit, ' ') + "7}";
  QCOMPARE(all.check({"smtp", "limits"}, big).error().code, ErrorCode::too_large);
  QVERIFY(!all.check({"smtp", "limits"}, std::string(100, '[') + std::string(100, ']')).has_value());
}

void SchemaTest::merging_data() {
  QTest::addColumn<QString>("base");
  QTest::addColumn<QString>("mine");
  QTest::addColumn<QString>("theirs");
  QTest::addColumn<QString>("expected");
  const auto row = [](const char* name, const char* base, const char* mine, const char* theirs, const char* expected) {
    QTest::newRow(name) << base << mine << theirs << expected;
  };
  row("nothing", R"({"a":1})", R"({"a":1})", R"({"a":1})", R"({"a":1})");
  row("mine only", R"({"a":1,"b":1})", R"({"a":2,"b":1})", R"({"a":1,"b":1})", R"({"a":2,"b":1})");
  row("theirs only", R"({"a":1,"b":1})", R"({"a":1,"b":1})", R"({"a":1,"b":2})", R"({"a":1,"b":2})");
  row("different fields", R"({"a":1,"b":1})", R"({"a":2,"b":1})", R"({"a":1,"b":2})", R"({"a":2,"b":2})");
  row("same value", R"({"a":1})", R"({"a":2})", R"({"a":2})", R"({"a":2})");
  row("conflict", R"({"a":1})", R"({"a":2})", R"({"a":3})", "");
  row("I add", R"({})", R"({"a":1})", R"({"b":2})", R"({"a":1,"b":2})");
  row("I take away", R"({"a":1,"b":1})", R"({"b":1})", R"({"a":1,"b":2})", R"({"b":2})");
  row("I take away what they changed", R"({"a":1})", R"({})", R"({"a":2})", "");
  row("both take away", R"({"a":1})", R"({})", R"({})", R"({})");
  row("both add the same", R"({})", R"({"a":1})", R"({"a":1})", R"({"a":1})");
  row("both add otherwise", R"({})", R"({"a":1})", R"({"a":2})", "");
  row("inner objects", R"({"o":{"a":1,"b":1}})", R"({"o":{"a":2,"b":1}})", R"({"o":{"a":1,"b":2}})",
      R"({"o":{"a":2,"b":2}})");
  row("inner conflict", R"({"o":{"a":1}})", R"({"o":{"a":2}})", R"({"o":{"a":3}})", "");
  row("lists", R"({"l":[1]})", R"({"l":[2]})", R"({"l":[3]})", "");
  row("sets", R"({"s":["a","b"]})", R"({"s":["b","c"]})", R"({"s":["a","b","d"]})", R"({"s":["b","d","c"]})");
  row("sets, both add", R"({"s":[]})", R"({"s":["x"]})", R"({"s":["x","y"]})", R"({"s":["x","y"]})");
  row("null is a value", R"({"a":null})", R"({})", R"({"a":null})", R"({})");
  row("no objects", "1", "2", "1", "");
}

void SchemaTest::merging() {
  QFETCH(QString, base);
  QFETCH(QString, mine);
  QFETCH(QString, theirs);
  QFETCH(QString, expected);
  const auto json = [](const QString& text) { return Json::parse(text.toStdString()); };
  const auto merged = merge_objects(json(base), json(mine), json(theirs), {"s"});
  QCOMPARE(merged.has_value(), !expected.isEmpty());
  if (merged) QCOMPARE(*merged, json(expected));
}

void SchemaTest::patches_lead_there_and_back() {
  const auto kind = example();
  const std::vector<Json> bodies = {Json(), parse(R"({"a":1})"), parse(R"({"a":2,"b":[1,2,3]})"),
                                    parse(R"({"a":{"~/":"x"}})")};
  for (const Json& before : bodies)
    for (const Json& after : bodies) QCOMPARE(before.patch(kind.diff(before, after)), after);
}

QTEST_APPLESS_MAIN(SchemaTest)
#include "schema_test.moc"

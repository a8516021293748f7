#include "postern/codec.h"

#include <QtTest>

#include "core/api/fill.h"

using namespace postern;
using namespace postern::api;

namespace {

Error refusal(std::string_view text) {
  const auto decoded = decode_request(text);
  return error_of(decoded) ? *error_of(decoded) : Error{};
}

std::string nested(size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

class CodecTest : public QObject {
  Q_OBJECT
 private slots:
  void requests_round_trip();
  void replies_round_trip();
  void events_round_trip();
  void documented_json();
  void absent_and_null();
  void unknown_fields_are_ignored();
  void missing_fields_keep_their_default();
  void hostile_json_data();
  void hostile_json();
  void errors_never_show_the_value();
  void numbers_in_range_only();
  void too_long();
  void id_of_a_refused_request();
  void unknown_error_code_keeps_its_name();
  void what_is_not_utf8_is_refused_in_requests();
  void what_is_no_json_is_not_sent();
  void one_line();
  void json_text_is_canonical();
};

void CodecTest::requests_round_trip() {
  int count = 0;
  test::for_each_message(static_cast<const Request*>(nullptr), [&count](const auto& request) {
    const auto text = encode(RequestFrame{77, request});
    QVERIFY(!error_of(text));
    const auto back = decode_request(std::get<0>(text));
    QVERIFY2(!error_of(back), std::get<0>(text).c_str());
    QCOMPARE(std::get<0>(back).id, uint64_t(77));
    QVERIFY2(std::get<0>(back).request == Request(request), std::get<0>(text).c_str());
    ++count;
  });
  QCOMPARE(count, int(2 * std::variant_size_v<Request>));
}

void CodecTest::replies_round_trip() {
  test::for_each_message(static_cast<const Reply*>(nullptr), [](auto reply) {
    if constexpr (std::is_same_v<decltype(reply), Error>)
      reply = Error{ErrorCode::folder_locked, {"/a b", "\xe4\xbd\xa0"}};
    const std::string text = encode(ReplyFrame{UINT64_MAX, reply});
    const auto back = decode_from_server(text);
    QVERIFY2(!error_of(back), text.c_str());
    const auto& frame = std::get<ReplyFrame>(std::get<0>(back));
    QCOMPARE(frame.id, UINT64_MAX);
    QVERIFY2(frame.reply == Reply(reply), text.c_str());
  });
}

void CodecTest::events_round_trip() {
  test::for_each_message(static_cast<const Event*>(nullptr), [](const auto& event) {
    const std::string text = encode(Event(event));
    const auto back = decode_from_server(text);
    QVERIFY2(!error_of(back), text.c_str());
    QVERIFY2(std::get<Event>(std::get<0>(back)) == Event(event), text.c_str());
  });
}

void CodecTest::documented_json() {
  // Outside of the macros: moc cannot read raw texts inside them.
  const UserRow row{.id = "7", .address = "a@b.example", .aliases = {"c@b.example"}};
  const std::vector<std::pair<std::string, std::string>> cases = {
      {to_json(UsersReply{.users = {row}}),
       R"({"users":[{"id":"7","address":"a@b.example","aliases":["c@b.example"],"disabled":false,"level":"L0",)"
       R"("removed":false,"has_password":false,"quota":0,"messages":0,"octets":0}],"next":""})"},
      {to_json(DocumentReply{.document = {R"({ "z": 1, "a": [1, 2.5] })"}}), R"({"z":1,"a":[1,2.5]})"},
      {to_json(AuditVerifyReply{.ok = true, .entries = 12}), R"({"ok":true,"entries":12})"},
      {to_json(AuditVerifyReply{.ok = false, .entries = 12, .first_bad = FirstBad{"3", "edited"}}),
       R"({"ok":false,"entries":12,"first_bad":{"seq":"3","kind":"edited"}})"},
      {to_json(ChangeMade{.change = "9"}), R"({"change":"9"})"},
      {to_json(Error{ErrorCode::not_found, {"x"}}), R"({"error":{"code":"not_found","args":["x"]}})"},
      {encode(ReplyFrame{3, Error{ErrorCode::busy, {}}}), R"({"id":3,"error":{"code":"busy","args":[]}})"},
      {std::get<0>(encode(RequestFrame{1, UserShow{.user = "u"}})),
       R"({"id":1,"request":"user show","body":{"user":"u"}})"},
  };
  for (const auto& [got, wanted] : cases) QCOMPARE(got, wanted);
}

void CodecTest::absent_and_null() {
  const auto set = decode_request(
      R"({"id":1,"request":"user set","body":{"user":"u","password":null,"quota":null,"disabled":false}})");
  QVERIFY(!error_of(set));
  const auto& request = std::get<UserSet>(std::get<0>(set).request);
  QVERIFY(!request.password && !request.quota && request.disabled == false);
  // A JsonText that is there may be null; one that is absent is not.
  const auto there =
      decode_from_server(R"({"id":1,"reply":"change","body":{"items":[{"kind":"k","id":"i","before":null}]}})");
  const auto& change = std::get<ChangeReply>(std::get<ReplyFrame>(std::get<0>(there)).reply);
  QVERIFY(change.items.at(0).before.has_value() && !change.items.at(0).after.has_value());
  QCOMPARE(change.items.at(0).before->text, std::string("null"));
}

void CodecTest::unknown_fields_are_ignored() {
  const auto decoded =
      decode_request(R"({"id":1,"new":{"a":[]},"request":"user show","body":{"later":1,"user":"u","x":[null]}})");
  QVERIFY(!error_of(decoded));
  QVERIFY(std::get<0>(decoded).request == Request(UserShow{.user = "u"}));
}

void CodecTest::missing_fields_keep_their_default() {
  const auto without = decode_request(R"({"id":1,"request":"user add"})");
  QVERIFY(!error_of(without));
  QVERIFY(std::get<0>(without).request == Request(UserAdd{}));
}

void CodecTest::hostile_json_data() {
  QTest::addColumn<QByteArray>("text");
  const auto row = [](const char* name, const std::string& text) {
    QTest::newRow(name) << QByteArray::fromStdString(text);
  };
  row("empty", "");
  row("half", R"({"id":1,"request":"status)");
  row("no object", R"(["status"])");
  row("number", "1");
  row("two values", R"({"id":1,"request":"status"}{})");
  row("comment", R"({"id":1,/*x*/"request":"status"})");
  row("NaN", R"({"id":NaN,"request":"status"})");
  row("no name", R"({"id":1,"body":{}})");
  row("unknown name", R"({"id":1,"request":"user  add"})");
  row("name of another type", R"({"id":1,"request":["status"]})");
  row("a reply's name", R"({"id":1,"request":"users"})");
  row("body is a list", R"({"id":1,"request":"status","body":[]})");
  row("body is null", R"({"id":1,"request":"user show","body":null})");
  row("text for a list", R"({"id":1,"request":"user add","body":{"aliases":"a"}})");
  row("number in a list of texts", R"({"id":1,"request":"user add","body":{"aliases":["a",1]}})");
  row("object for text", R"({"id":1,"request":"user show","body":{"user":{}}})");
  row("number for bool", R"({"id":1,"request":"user list","body":{"removed":1}})");
  row("text for number", R"({"id":1,"request":"user list","body":{"limit":"1"}})");
  row("fraction", R"({"id":1,"request":"user list","body":{"limit":1.0}})");
  row("null for what must be there", R"({"id":1,"request":"user show","body":{"user":null}})");
  row("odd hex", R"({"id":1,"request":"certificate import","body":{"certificate":"abc"}})");
  row("upper-case hex", R"({"id":1,"request":"certificate import","body":{"certificate":"AB"}})");
  row("no hex", R"({"id":1,"request":"certificate import","body":{"certificate":"zz"}})");
  row("not UTF-8", "{\"id\":1,\"request\":\"user show\",\"body\":{\"user\":\"\xc0\x80\"}}");
  row("lone surrogate", R"({"id":1,"request":"user show","body":{"user":"\ud800"}})");
  row("control character", "{\"id\":1,\"request\":\"user show\",\"body\":{\"user\":\"a\nb\"}}");
  row("deep", R"({"id":1,"request":"document set","body":{"document":)" + nested(kMaxDepth) + "}}");
  row("very deep", std::string(500'000, '['));
  row("deep and closed", nested(500'000));
  row("list item deep inside", R"({"id":1,"request":"document set","body":{"fields":[{"field":"a"},{"field":7}]}})");
}

void CodecTest::hostile_json() {
  QFETCH(QByteArray, text);
  const Error error = refusal(text.toStdString());
  QVERIFY(error.code == ErrorCode::bad_input);
  QCOMPARE(error.args.size(), size_t(2));
}

void CodecTest::errors_never_show_the_value() {
  const Error error = refusal(R"({"id":1,"request":"user add","body":{"password":["hunter2"]}})");
  QVERIFY(error == (Error{ErrorCode::bad_input, {"password", "text"}}));
  const Error inner = refusal(R"({"id":1,"request":"document set","body":{"fields":[{"field":7}]}})");
  QVERIFY(inner == (Error{ErrorCode::bad_input, {"fields.field", "text"}}));
}

void CodecTest::numbers_in_range_only() {
  const auto limit = [](const char* number) {
    return decode_request(std::string(R"({"id":1,"request":"user list","body":{"limit":)") + number + "}}");
  };
  QCOMPARE(std::get<UserList>(std::get<0>(limit("4294967295")).request).limit, UINT32_MAX);
  for (const char* bad : {"4294967296", "-1", "18446744073709551616", "1e3", "1e400", "-0.5"})
    QVERIFY2(error_of(limit(bad)), bad);
  const auto score =
      decode_from_server(R"({"id":1,"reply":"session","body":{"stages":[{"verdicts":[{"score":-2147483648}]}]}})");
  QCOMPARE(std::get<SessionReply>(std::get<ReplyFrame>(std::get<0>(score)).reply).stages.at(0).verdicts.at(0).score,
           INT32_MIN);
  QVERIFY(error_of(
      decode_from_server(R"({"id":1,"reply":"session","body":{"stages":[{"verdicts":[{"score":-2147483649}]}]}})")));
}

void CodecTest::too_long() {
  std::string text = R"({"id":1,"request":"status"})";
  text.append(kMaxMessage - text.size(), ' ');
  QVERIFY(!error_of(decode_request(text)));
  QVERIFY(refusal(text + ' ').code == ErrorCode::too_large);
}

void CodecTest::id_of_a_refused_request() {
  uint64_t id = 0;
  const std::string unknown = R"({"id":42,"request":"no such thing"})";
  const std::string negative = R"({"id":-1,"request":"status"})";
  QVERIFY(error_of(decode_request(unknown, &id)));
  QCOMPARE(id, uint64_t(42));
  QVERIFY(error_of(decode_request("nonsense", &id)));
  QCOMPARE(id, uint64_t(42));
  QVERIFY(!error_of(decode_request(negative, &id)));
  QCOMPARE(id, uint64_t(0));
}

void CodecTest::unknown_error_code_keeps_its_name() {
  const auto decoded = decode_from_server(R"({"id":1,"error":{"code":"from_the_future","args":["a",1]}})");
  const auto& frame = std::get<ReplyFrame>(std::get<0>(decoded));
  QVERIFY(*error_of(frame.reply) == (Error{ErrorCode::internal, {"from_the_future", "a", ""}}));
  const std::string no_object = R"({"id":1,"error":"busy"})";
  QVERIFY(error_of(decode_from_server(no_object)));
}

void CodecTest::what_is_not_utf8_is_refused_in_requests() {
  const auto text = encode(RequestFrame{1, UserAdd{.address = "a@b", .password = "\xff\xfe"}});
  QVERIFY(error_of(text) && error_of(text)->code == ErrorCode::bad_input);
  const std::string reply = encode(ReplyFrame{1, MetricsReply{.text = "a\xff"}});
  QVERIFY(reply.find("\xef\xbf\xbd") != std::string::npos);
  QVERIFY(!error_of(decode_from_server(reply)));
}

void CodecTest::what_is_no_json_is_not_sent() {
  const auto text = encode(RequestFrame{1, DocumentSet{.id = "a/b", .fields = {{"f", {"{half"}}}}});
  QVERIFY(error_of(text) && error_of(text)->code == ErrorCode::bad_input);
  const auto reply = decode_from_server(encode(ReplyFrame{1, DocumentReply{.document = {nested(kMaxDepth + 1)}}}));
  QVERIFY(error_of(std::get<ReplyFrame>(std::get<0>(reply)).reply)->code == ErrorCode::internal);
}

void CodecTest::one_line() {
  test::for_each_message(static_cast<const Reply*>(nullptr), [](const auto& reply) {
    const std::string text = to_json(reply);
    QVERIFY(text.find('\n') == std::string::npos && text.find('\r') == std::string::npos);
    QVERIFY(text.front() == '{' || text == "null");
  });
}

void CodecTest::json_text_is_canonical() {
  const std::string canonical = R"({"b":1.5,"a":[]})", quoted = R"("a\"\n")";
  QCOMPARE(std::get<0>(json_text(" { \"b\" : 1.50 , \"a\" : [ ] } ")).text, canonical);
  for (const char* bad : {"", "{", "tru", "1 2", "'x'"}) QVERIFY2(error_of(json_text(bad)), bad);
  QCOMPARE(std::get<0>(json_of_text("a\"\n")).text, quoted);
  QVERIFY(error_of(json_of_text("\xff")));
}

QTEST_APPLESS_MAIN(CodecTest)
#include "codec_test.moc"

#include <QtTest>
#include <set>
#include <thread>

#include "observe/session_id.h"
#include "observe/session_table.h"

using namespace postern;
using namespace postern::observe;

namespace {

constexpr WallTime kNow = 1'795'510'800 * kMicrosPerSecond;

struct Sketch {
  uint64_t id = 1;
  uint16_t port = 25;
  const char* address = "192.0.2.7";
  const char* user = "";
  Decision decision = Decision::pass;
  const char* said = "EHLO mx.example.net";
  WallTime began = kNow;
  bool open = false;
};

TracePointer make(const Sketch& sketch) {
  auto trace = std::make_shared<Trace>(sketch.id, sketch.port, Endpoint{*IpAddress::parse(sketch.address), 40000},
                                       Endpoint{}, sketch.began);
  trace->set_user(sketch.user);
  trace->line('C', sketch.said, sketch.began);
  if (sketch.decision != Decision::pass)
    trace->verdict({Stage::rcpt, sketch.decision, "relay", "no-such-user", "eve@example.org"}, sketch.began);
  if (!sketch.open) trace->finish(sketch.began + kMicrosPerSecond, "quit");
  return trace;
}

SessionFilter filter(const char* text) {
  auto parsed = SessionFilter::parse(text, kNow);
  if (!parsed) qFatal("filter %s: %s %s", text, parsed.error().args.at(0).c_str(), parsed.error().args.at(1).c_str());
  return *parsed;
}

std::vector<uint64_t> ids(const SessionPage& page) {
  std::vector<uint64_t> out;
  for (const SessionRow& row : page.rows) out.push_back(row.id);
  return out;
}

using Ids = std::vector<uint64_t>;

}  // namespace

class SessionsTest : public QObject {
  Q_OBJECT
 private slots:
  void ids_grow_across_restarts();
  void id_text();
  void filters_data();
  void filters();
  void filter_errors_data();
  void filter_errors();
  void filter_bounds();
  void row_filter_looks_at_the_row();
  void pages();
  void live_sessions_come_first();
  void short_scans_go_on();
  void bounded_in_number();
  void bounded_in_octets();
  void finds_by_key();
  void keys_that_are_none();
  void cursors();
  void readers_beside_writers();
};

void SessionsTest::ids_grow_across_restarts() {
  SessionIds first(kNow);
  uint64_t last = 0;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t id = first.next();
    QVERIFY(id > last);
    last = id;
  }
  SessionIds second(kNow + 2'000);
  QVERIFY(second.next() > last);
  // The clock was set back: the ledger's highest id keeps them apart.
  SessionIds third(kNow - 3600 * kMicrosPerSecond, last);
  QCOMPARE(third.next(), last + 1);
  QVERIFY(static_cast<int64_t>(last) > 0);
}

void SessionsTest::id_text() {
  std::set<std::string> texts;
  for (const uint64_t id :
       {uint64_t{0}, uint64_t{1}, uint64_t{31}, uint64_t{32}, uint64_t{1'882'731'234'567'890'123}, UINT64_MAX}) {
    const std::string text = session_id_text(id);
    QCOMPARE(text.size(), size_t{13});
    QCOMPARE(parse_session_id(text).value(), id);
    QVERIFY(texts.insert(text).second);
  }
  QCOMPARE(parse_session_id("000000000000Z").value(), uint64_t{31});
  for (const char* text :
       {"", "1", "00000000000001", "000000000000u", "000000000000-", "zzzzzzzzzzzzz", "g000000000000"})
    QVERIFY2(!parse_session_id(text), text);
}

void SessionsTest::filters_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<bool>("holds");
  // Against: port 25, 192.0.2.7, alice@example.org, refused, two hours ago.
  const std::vector<std::pair<const char*, bool>> cases{
      {"", true},
      {"port=25", true},
      {"port=110", false},
      {"port!=110", true},
      {"address=192.0.2.0/24", true},
      {"address=192.0.2.8", false},
      {"address!=192.0.2.8", true},
      {"address=2001:db8::/32", false},
      {"user=alice@example.org", true},
      {"user=ALICE", true},
      {"user=ali", false},
      {"user=", false},
      {"user!=", true},
      {"verdict=refuse", true},
      {"verdict=pass", false},
      {"verdict!=defer", true},
      {"since=3h", true},
      {"since=1h", false},
      {"since=2026-01-01T00:00:00Z", true},
      {"until=1h", true},
      {"until=3h", false},
      {"since=3h until=1h", true},
      {"state=closed", true},
      {"state=open", false},
      {"text=MX.example", true},
      {"text=\"ehlo mx\"", true},
      {"text=no-such", true},
      {"text=eve@", true},
      {"text=nothing", false},
      {"text!=nothing", true},
      {"text=\"a \\\" b\"", false},
      {"port=25,verdict=refuse", true},
      {"port=25, verdict=pass", false},
      {"  port=25   user=alice ", true},
  };
  for (const auto& [text, holds] : cases) QTest::newRow(text) << QString(text) << holds;
}

void SessionsTest::filters() {
  QFETCH(QString, text);
  QFETCH(bool, holds);
  const auto trace = make({1, 25, "192.0.2.7", "alice@example.org", Decision::refuse, "EHLO mx.example.net",
                           kNow - 7200 * kMicrosPerSecond});
  QCOMPARE(filter(text.toStdString().c_str()).matches(*trace), holds);
}

void SessionsTest::filter_errors_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("where");
  const std::vector<std::pair<const char*, const char*>> cases{
      {"prt=25", "filter, column 1"},
      {"port=25 nonsense", "filter, column 9"},
      {"port=26", "filter, column 6"},
      {"port=", "filter, column 6"},
      {"address=300.1.1.1", "filter, column 9"},
      {"port=25 verdict=maybe", "filter, column 17"},
      {"since=yesterday", "filter, column 7"},
      {"since=5x", "filter, column 7"},
      {"since!=5m", "filter, column 6"},
      {"text=\"open", "filter, column 6"},
      {"text=", "filter, column 6"},
      {"=25", "filter, column 1"},
      {"!=25", "filter, column 1"},
      {"state=dead", "filter, column 7"},
  };
  for (const auto& [text, where] : cases) QTest::newRow(text) << QString(text) << QString(where);
}

void SessionsTest::filter_errors() {
  QFETCH(QString, text);
  QFETCH(QString, where);
  const auto parsed = SessionFilter::parse(text.toStdString(), kNow);
  QVERIFY(!parsed);
  QCOMPARE(parsed.error().code, ErrorCode::bad_input);
  QCOMPARE(QString::fromStdString(parsed.error().args.at(0)), where);
  QVERIFY(!parsed.error().args.at(2).empty());
}

void SessionsTest::filter_bounds() {
  QCOMPARE(SessionFilter::parse(std::string(2000, 'x'), kNow).error().code, ErrorCode::too_large);
  std::string many;
  for (int i = 0; i < 40; ++i) many += "port=25 ";
  QCOMPARE(SessionFilter::parse(many, kNow).error().code, ErrorCode::too_many);
  QVERIFY(!SessionFilter::parse(std::string("port\0=25", 8), kNow));
}

void SessionsTest::row_filter_looks_at_the_row() {
  const SessionRow row = row_of(*make({1, 25, "192.0.2.7", "alice@example.org", Decision::refuse}));
  QVERIFY(filter("text=no-such-user").matches(row));
  QVERIFY(filter("text=quit").matches(row));
  QVERIFY(!filter("text=EHLO").matches(row));
  QVERIFY(filter("text!=EHLO verdict=refuse").matches(row));
}

void SessionsTest::pages() {
  SessionTable table;
  for (uint64_t id = 1; id <= 25; ++id) table.add(make({id, static_cast<uint16_t>(id % 2 == 0 ? 110 : 25)}));
  SessionPage page = table.list({}, {}, 10);
  QCOMPARE(ids(page), (Ids{25, 24, 23, 22, 21, 20, 19, 18, 17, 16}));
  // What comes in meanwhile does not shift the pages.
  table.add(make({26}));
  page = table.list({}, *page.next, 10);
  QCOMPARE(ids(page), (Ids{15, 14, 13, 12, 11, 10, 9, 8, 7, 6}));
  page = table.list({}, *page.next, 10);
  QCOMPARE(ids(page), (Ids{5, 4, 3, 2, 1}));
  QVERIFY(!page.next);
  page = table.list(filter("port=110"), {}, 5);
  QCOMPARE(ids(page), (Ids{24, 22, 20, 18, 16}));
  QCOMPARE(ids(table.list(filter("port=110"), *page.next, 100)), (Ids{14, 12, 10, 8, 6, 4, 2}));
}

void SessionsTest::live_sessions_come_first() {
  SessionTable table;
  for (uint64_t id = 1; id <= 3; ++id) table.add(make({id}));
  std::vector<TracePointer> live;
  for (const uint64_t id : {7U, 9U, 8U})
    live.push_back(make({id, 25, "192.0.2.7", "", Decision::pass, "NOOP", kNow, true}));
  QCOMPARE(ids(table.list({}, {}, 100, live)), (Ids{9, 8, 7, 3, 2, 1}));
  SessionPage page = table.list({}, {}, 2, live);
  QCOMPARE(ids(page), (Ids{9, 8}));
  page = table.list({}, *page.next, 2, live);
  QCOMPARE(ids(page), (Ids{7, 3}));
  page = table.list({}, *page.next, 2, live);
  QCOMPARE(ids(page), (Ids{2, 1}));
  QVERIFY(!page.next);
  QCOMPARE(ids(table.list(filter("state=open"), {}, 100, live)), (Ids{9, 8, 7}));
}

void SessionsTest::short_scans_go_on() {
  SessionTable table;
  for (uint64_t id = 1; id <= 2000; ++id) table.add(make({id, static_cast<uint16_t>(id == 3 ? 110 : 25)}));
  SessionPage page = table.list(filter("port=110"), {}, 10, {}, 700);
  QVERIFY(page.rows.empty());
  size_t rounds = 1;
  for (; page.rows.empty() && page.next; ++rounds) page = table.list(filter("port=110"), *page.next, 10, {}, 700);
  QCOMPARE(ids(page), (Ids{3}));
  QCOMPARE(rounds, size_t{3});
}

void SessionsTest::bounded_in_number() {
  SessionTable table(10, SIZE_MAX);
  for (uint64_t id = 1; id <= 30; ++id) table.add(make({id}));
  QCOMPARE(table.size(), size_t{10});
  QVERIFY(!table.find(20));
  QCOMPARE(table.find(21)->session(), uint64_t{21});
  QCOMPARE(ids(table.list({}, {}, 100)), (Ids{30, 29, 28, 27, 26, 25, 24, 23, 22, 21}));
}

void SessionsTest::bounded_in_octets() {
  SessionTable table(1000, 100'000);
  for (uint64_t id = 1; id <= 200; ++id) {
    auto trace = std::make_shared<Trace>(id, 25, Endpoint{}, Endpoint{}, kNow);
    for (int i = 0; i < 40; ++i) trace->line('C', std::string(100, 'x'), kNow);
    table.add(trace);
  }
  QVERIFY(table.octets() <= 100'000);
  QVERIFY2(table.size() > 3 && table.size() < 25, qPrintable(QString::number(table.size())));
  QVERIFY(table.find(200));
  // One that is larger than everything is not kept, and the account is back at nothing.
  SessionTable tiny(1000, 10);
  tiny.add(make({1}));
  QCOMPARE(tiny.size(), size_t{0});
  QCOMPARE(tiny.octets(), size_t{0});
}

void SessionsTest::finds_by_key() {
  SessionTable table;
  const uint64_t id = SessionIds(kNow).next();
  table.add(make({1, 25, "198.51.100.9", "", Decision::pass, "RCPT TO:<bob@example.org>"}));
  table.add(make({2, 25, "192.0.2.7", "", Decision::pass, "250 2.0.0 stored as 4KD7Q2."}));
  table.add(make({3, 110, "192.0.2.7", "bob@example.org", Decision::pass, "USER bob@example.org"}));
  table.add(make({id, 25, "2001:db8::1", ""}));
  const auto found = [&](const std::string& text) {
    Ids out;
    for (const TracePointer& trace : table.find(*TraceKey::parse(text), 10)) out.push_back(trace->session());
    return out;
  };
  QCOMPARE(found(session_id_text(id)), (Ids{id}));
  QCOMPARE(found("192.0.2.7"), (Ids{3, 2}));
  QCOMPARE(found("2001:DB8:0::1"), (Ids{id}));
  QCOMPARE(found("Bob@Example.org"), (Ids{3, 1}));
  QCOMPARE(found("4kd7q2"), (Ids{2}));
  QCOMPARE(found("<4KD7Q2>"), (Ids{2}));
  QCOMPARE(found("4KD7Q"), Ids{});
  QCOMPARE(found("ob@example.org"), Ids{});
  QCOMPARE(table.find(*TraceKey::parse("192.0.2.7"), 1).size(), size_t{1});
  const auto live = make({8, 25, "192.0.2.7", "", Decision::pass, "NOOP", kNow, true});
  QCOMPARE(table.find(*TraceKey::parse("192.0.2.7"), 10, {live}).front()->session(), uint64_t{8});
}

void SessionsTest::keys_that_are_none() {
  for (const std::string& text :
       {std::string(), std::string("  "), std::string(300, 'x'), std::string("a\nb"), std::string("a\0b", 3)})
    QVERIFY(!TraceKey::parse(text));
}

void SessionsTest::cursors() {
  for (const SessionCursor& cursor : {SessionCursor{}, SessionCursor{true, 17}, SessionCursor{false, 1}})
    QVERIFY(SessionCursor::parse(cursor.to_string()).value() == cursor);
  for (const char* text : {"", "c", "x5", "c5x", "c-1", "5", "c99999999999999999999"})
    QVERIFY2(!SessionCursor::parse(text), text);
}

void SessionsTest::readers_beside_writers() {
  SessionTable table(500, SIZE_MAX);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (uint64_t id = 1; id <= 5'000; ++id) table.add(make({id}));
    done = true;
  });
  while (!done) {
    const SessionPage page = table.list({}, {}, 1000);
    for (size_t i = 1; i < page.rows.size(); ++i) QVERIFY(page.rows[i].id < page.rows[i - 1].id);
  }
  writer.join();
  QCOMPARE(table.size(), size_t{500});
  QCOMPARE(table.find(5'000)->session(), uint64_t{5'000});
}

QTEST_APPLESS_MAIN(SessionsTest)
#include "sessions_test.moc"

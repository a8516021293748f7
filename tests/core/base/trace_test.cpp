#include "base/trace.h"

#include <QtTest>
#include <string>

#include "base/text.h"

using namespace postern;

namespace {

constexpr WallTime kBegan = 1'795'510'800 * kMicrosPerSecond;
constexpr WallTime after(int64_t millis) {
  return kBegan + millis * 1000;
}

Trace make() {
  return Trace(7, 25, *Endpoint::parse("192.0.2.1:4000"), *Endpoint::parse("127.0.0.1:25"), kBegan);
}

/// The number in "... N octets left out".
size_t left_out(const std::string& transcript) {
  const size_t at = transcript.find("\n... ");
  return at == std::string::npos ? 0 : std::stoul(transcript.substr(at + 5));
}

}  // namespace

class TraceTest : public QObject {
  Q_OBJECT
 private slots:
  void names();
  void a_stage_is_reached_once();
  void verdicts_are_bounded();
  void a_short_transcript_is_whole();
  void a_long_transcript_keeps_both_ends();
  void a_long_line_is_cut();
  void odd_times();
  void finishing_twice();
  void a_copy_has_everything();
};

void TraceTest::names() {
  for (size_t i = 0; i < kStages; ++i) QVERIFY(!stage_name(static_cast<Stage>(i)).empty());
  QCOMPARE(std::string(stage_name(Stage::accept)), std::string("accept"));
  QCOMPARE(std::string(stage_name(Stage::close)), std::string("close"));
  QCOMPARE(std::string(decision_name(Decision::refuse)), std::string("refuse"));
}

void TraceTest::a_stage_is_reached_once() {
  Trace trace = make();
  QCOMPARE(trace.reached(Stage::tls), Trace::kNotReached);
  trace.reach(Stage::tls, after(20));
  trace.reach(Stage::tls, after(90));
  QCOMPARE(trace.reached(Stage::tls), 20U);
  trace.verdict({Stage::rcpt, Decision::refuse, "relay", "not-local", "", 0, 0}, after(30));
  QCOMPARE(trace.reached(Stage::rcpt), 30U);
  QCOMPARE(trace.verdicts().at(0).at_ms, 30U);
}

void TraceTest::verdicts_are_bounded() {
  Trace trace = make();
  for (size_t i = 0; i < kVerdictLimit + 50; ++i)
    trace.verdict({Stage::rcpt, Decision::refuse, "relay", std::to_string(i), "", 0, 0}, after(1));
  QCOMPARE(trace.verdicts().size(), kVerdictLimit);
  QCOMPARE(trace.verdicts().front().rule, std::string("0"));
}

void TraceTest::a_short_transcript_is_whole() {
  Trace trace = make();
  trace.line('S', "220 ready", after(0));
  trace.line('C', "QUIT", after(12));
  QCOMPARE(trace.transcript(), std::string("0 S: 220 ready\n12 C: QUIT\n"));
}

void TraceTest::a_long_transcript_keeps_both_ends() {
  Trace trace = make();
  size_t said = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string text = "NOOP " + std::to_string(i);
    trace.line('C', text, after(i));
    said += std::to_string(i).size() + std::string(" C: \n").size() + text.size();
  }
  const std::string transcript = trace.transcript();
  QVERIFY(transcript.starts_with("0 C: NOOP 0\n1 C: NOOP 1\n"));
  QVERIFY(transcript.ends_with("\n4999 C: NOOP 4999\n"));
  const size_t missing = left_out(transcript);
  const std::string note = "... " + std::to_string(missing) + " octets left out\n";
  QCOMPARE(transcript.size() - note.size() + missing, said);
  QVERIFY2(transcript.size() - note.size() <= kTranscriptLimit, std::to_string(transcript.size()).c_str());
  // Nothing is cut in the middle of a line.
  for (const std::string_view line : split(std::string_view(transcript).substr(0, transcript.size() - 1), '\n'))
    QVERIFY2(line.starts_with("... ") || line.find(" C: NOOP ") != std::string_view::npos, std::string(line).c_str());
}

void TraceTest::a_long_line_is_cut() {
  Trace trace = make();
  trace.line('C', std::string(100'000, 'x'), after(0));
  QVERIFY(trace.transcript().size() < 2000);
  for (int i = 0; i < 1000; ++i) trace.line('C', std::string(100'000, 'y'), after(1));
  QVERIFY(trace.transcript().size() <= 2 * kTranscriptLimit);
  trace.set_helo(std::string(10'000, 'h'));
  QCOMPARE(trace.helo().size(), size_t{255});
}

void TraceTest::odd_times() {
  Trace trace = make();
  trace.reach(Stage::banner, kBegan - kMicrosPerSecond);  // the clock was set back
  QCOMPARE(trace.reached(Stage::banner), 0U);
  trace.reach(Stage::ehlo, kBegan + int64_t{100} * 366 * 86'400 * kMicrosPerSecond);
  QCOMPARE(trace.reached(Stage::ehlo), Trace::kNotReached - 1);
}

void TraceTest::finishing_twice() {
  Trace trace = make();
  QCOMPARE(trace.ended(), WallTime{0});
  trace.finish(after(50), "quit");
  trace.finish(after(90), "lost");
  QCOMPARE(trace.ended(), after(50));
  QCOMPARE(trace.why(), std::string("quit"));
  QCOMPARE(trace.reached(Stage::close), 50U);
}

void TraceTest::a_copy_has_everything() {
  Trace trace = make();
  trace.set_user("bob@example.org");
  trace.set_helo("client.example");
  trace.set_tls("TLSv1.3 TLS_AES_256_GCM_SHA384");
  trace.count_in(10);
  trace.count_out(20);
  trace.count_message();
  trace.verdict({Stage::auth, Decision::pass, "login", "ok", "", 3, 0}, after(5));
  for (int i = 0; i < 5000; ++i) trace.line('C', "NOOP", after(i));
  trace.finish(after(5000), "quit");
  const Trace copy = trace.copy();
  QCOMPARE(copy.transcript(), trace.transcript());
  QCOMPARE(copy.user(), trace.user());
  QCOMPARE(copy.helo(), trace.helo());
  QCOMPARE(copy.tls(), trace.tls());
  QCOMPARE(copy.why(), trace.why());
  QCOMPARE(copy.ended(), trace.ended());
  QCOMPARE(copy.octets_in(), uint64_t{10});
  QCOMPARE(copy.octets_out(), uint64_t{20});
  QCOMPARE(copy.messages(), 1U);
  QCOMPARE(copy.verdicts().size(), size_t{1});
  QCOMPARE(copy.verdicts()[0].score, 3);
  QCOMPARE(copy.reached(Stage::auth), 5U);
  QCOMPARE(copy.session(), uint64_t{7});
  QCOMPARE(copy.peer().to_string(), std::string("192.0.2.1:4000"));
}

QTEST_APPLESS_MAIN(TraceTest)
#include "trace_test.moc"

// What dialogue files cannot say: time-outs, questions, memory, lifetimes.
#include "protocol/smtp/session.h"

#include <QtTest>
#include <cstdlib>
#include <new>

using namespace postern;
using namespace postern::smtp;

namespace {

size_t g_allocated = 0;  // octets asked for and not given back

struct Header {
  size_t size;
  size_t padding;
};

}  // namespace

// Counted: an idle session is promised to be small.
void* operator new(size_t size) {
  auto* header = static_cast<Header*>(std::malloc(size + sizeof(Header)));
  if (header == nullptr) std::abort();
  header->size = size;
  g_allocated += size;
  return header + 1;
}
void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  Header* header = static_cast<Header*>(memory) - 1;
  g_allocated -= header->size;
  std::free(header);
}
void operator delete(void* memory, size_t) noexcept {
  operator delete(memory);
}

namespace {

constexpr size_t kIdleLimit = 600;  // octets on the heap

class TestRules final : public Rules {
 public:
  Limits bounds;
  std::string name = "mx.example.org";
  const Limits& limits() const override { return bounds; }
  const std::string& host_name() const override { return name; }
  Recipient recipient(std::string_view, std::string_view) const override { return {Recipient::Kind::local, 9}; }
  bool may_send_as(AccountId, std::string_view, std::string_view) const override { return true; }
  bool lenient(const IpAddress&) const override { return false; }
  bool accepting() const override { return true; }
  bool tls_available() const override { return true; }
};

struct Talk {
  TestRules rules;
  Trace trace{1, 25, {}, {}, 0};
  Session session{77, *Endpoint::parse("192.0.2.7:50000")};
  Actions actions;
  std::string sent;

  Context context() { return {rules, 0, trace}; }
  size_t say(std::string_view text) {
    const size_t used = session.input(context(), text, actions);
    perform();
    return used;
  }
  void perform() {
    for (size_t i = 0; i < actions.size(); ++i)
      if (actions[i].kind == Action::Kind::send) sent += actions[i].bytes;
    actions.clear();
  }
  void secure() {
    say("EHLO client.example.com\r\nSTARTTLS\r\n");
    session.tls_done(context(), true, "TLSv1.3", actions);
    say("EHLO client.example.com\r\n");
    sent.clear();
  }
};

constexpr std::string_view kLogin = "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n";
constexpr std::string_view kToData = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n";

}  // namespace

class SessionTest final : public QObject {
  Q_OBJECT

 private slots:
  void idle_sessions_are_small() {
    TestRules rules;
    const std::string hello = "EHLO a-rather-long-client-name.of-some-provider.example.com\r\n";
    const size_t before = g_allocated;
    auto session = std::make_unique<Session>(78, *Endpoint::parse("192.0.2.8:50000"));
    {
      // Trace and list of actions are not the session's.
      Trace trace(1, 25, {}, {}, 0);
      Actions actions;
      const Context context{rules, 0, trace};
      session->start(context, actions);
      session->input(context, hello + "STARTTLS\r\n", actions);
      session->tls_done(context, true, "TLSv1.3", actions);
      session->input(context, hello, actions);
      session->input(context, kLogin, actions);
      session->verified(context, session->question().number, {VerifyAnswer::Kind::accepted, 9, "alice"}, actions);
      session->input(context, kToData, actions);
      session->input(context, "Subject: x\r\n\r\nhello\r\n.\r\n", actions);
      session->committed(context, session->question().number, {CommitAnswer::Kind::stored, 1}, actions);
      session->input(context, "NOOP\r\n", actions);
    }
    QVERIFY(session->account() == 9 && !session->waiting() && !session->in_message());
    const size_t idle = g_allocated - before;
    QVERIFY2(idle <= kIdleLimit, std::to_string(idle).c_str());
    QVERIFY(idle > sizeof(Session));
    session.reset();
    QVERIFY(g_allocated <= before);
  }

  /// RFC 5321 section 4.5.3.2, by phase.
  void time_outs() {
    Talk talk;
    Limits& limits = talk.rules.bounds;
    limits.greeting = Seconds(1);
    limits.command = Seconds(2);
    limits.data_block = Seconds(3);
    limits.data_end = Seconds(4);
    talk.session.start(talk.context(), talk.actions);
    QCOMPARE(talk.session.timeout(limits).count(), 1);
    talk.say("EHLO a\r\n");
    QCOMPARE(talk.session.timeout(limits).count(), 2);
    talk.say(kToData);
    QVERIFY(talk.session.in_message());
    QCOMPARE(talk.session.timeout(limits).count(), 3);
    talk.say(".\r\n");
    QVERIFY(talk.session.waiting());
    QCOMPARE(talk.session.timeout(limits).count(), 4);
    talk.session.committed(talk.context(), talk.session.question().number, {CommitAnswer::Kind::stored, 1},
                           talk.actions);
    QCOMPARE(talk.session.timeout(limits).count(), 2);
    QVERIFY(!talk.session.in_message());
    talk.say("BDAT 5\r\nab");
    QCOMPARE(talk.session.timeout(limits).count(), 3);
  }

  void a_question_stops_the_parsing() {
    Talk talk;
    talk.secure();
    const std::string text = std::string(kLogin) + "NOOP\r\n";
    QCOMPARE(talk.say(text), kLogin.size());
    QVERIFY(talk.session.waiting());
    QCOMPARE(talk.session.question().kind, Question::Kind::verify);
    QCOMPARE(talk.session.question().login, std::string("alice"));
    QVERIFY(talk.session.question().secret.reveal() == "secret");
    QCOMPARE(talk.say("NOOP\r\n"), size_t{0});
    QVERIFY(talk.sent.empty());
  }

  void answers_to_other_questions_are_dropped() {
    Talk talk;
    talk.secure();
    talk.say(kLogin);
    const uint32_t number = talk.session.question().number;
    const VerifyAnswer yes{VerifyAnswer::Kind::accepted, 9, "alice"};
    talk.session.verified(talk.context(), number + 1, yes, talk.actions);
    talk.session.committed(talk.context(), number, {CommitAnswer::Kind::stored, 1}, talk.actions);
    QVERIFY(talk.actions.empty() && talk.session.waiting());
    talk.session.verified(talk.context(), number, yes, talk.actions);
    talk.perform();
    QCOMPARE(talk.sent, std::string("235 2.7.0 Authentication successful\r\n"));
    talk.session.verified(talk.context(), number, yes, talk.actions);
    QVERIFY(talk.actions.empty());
    QCOMPARE(talk.session.account(), AccountId{9});
  }

  void an_answer_after_the_end_changes_nothing() {
    Talk talk;
    talk.secure();
    talk.say(kLogin);
    const uint32_t number = talk.session.question().number;
    talk.session.timed_out(talk.context(), talk.actions);
    QVERIFY(talk.session.closed() && !talk.session.waiting());
    talk.actions.clear();
    talk.session.verified(talk.context(), number, {VerifyAnswer::Kind::accepted, 9, "alice"}, talk.actions);
    talk.session.timed_out(talk.context(), talk.actions);
    talk.session.stop(talk.context(), "x", true, talk.actions);
    talk.session.disconnected(talk.context(), talk.actions);
    QCOMPARE(talk.session.input(talk.context(), "NOOP\r\n", talk.actions), size_t{6});
    QVERIFY(talk.actions.empty());
    QCOMPARE(talk.session.account(), AccountId{0});
  }

  void a_reason_cannot_write_a_reply() {
    Talk talk;
    talk.session.stop(talk.context(), "go away\r\n250 OK", false, talk.actions);
    talk.perform();
    QCOMPARE(talk.sent, std::string("421 4.3.2 go away\\x0d\\x0a250 OK\r\n"));
  }

  void message_ids_differ() {
    Talk talk;
    talk.say("EHLO a\r\n");
    std::string last;
    for (int i = 0; i < 3; ++i) {
      talk.say(std::string(kToData) + "x\r\n.\r\n");
      QVERIFY(talk.session.message_id() != last);
      last = talk.session.message_id();
      talk.sent.clear();
      talk.session.committed(talk.context(), talk.session.question().number, {CommitAnswer::Kind::stored, 1},
                             talk.actions);
      talk.perform();
      QCOMPARE(talk.sent, "250 2.0.0 Ok: " + last + "\r\n");
    }
  }

  void stages_are_reached_in_turn() {
    Talk talk;
    talk.session.start(talk.context(), talk.actions);
    talk.secure();
    talk.say(std::string(kToData) + "x\r\n.\r\n");
    talk.session.committed(talk.context(), talk.session.question().number, {CommitAnswer::Kind::stored, 1},
                           talk.actions);
    for (const Stage stage :
         {Stage::banner, Stage::ehlo, Stage::tls, Stage::mail, Stage::rcpt, Stage::data, Stage::content, Stage::commit})
      QVERIFY2(talk.trace.reached(stage) != Trace::kNotReached, std::string(stage_name(stage)).c_str());
    QVERIFY(talk.trace.reached(Stage::auth) == Trace::kNotReached);
    QCOMPARE(talk.trace.tls(), std::string("TLSv1.3"));
    talk.say("QUIT\r\n");
    QCOMPARE(talk.trace.why(), std::string("goodbye"));
  }

  void the_envelope_lives_until_the_answer() {
    Talk talk;
    talk.say("EHLO a\r\n");
    QVERIFY(talk.session.envelope().recipients.empty());
    talk.say(std::string(kToData) + "x\r\n.\r\n");
    QCOMPARE(talk.session.envelope().mailboxes, std::vector<AccountId>{9});
    QCOMPARE(talk.session.envelope().reverse_path, std::string("a@example.com"));
    talk.session.committed(talk.context(), talk.session.question().number, {CommitAnswer::Kind::stored, 1},
                           talk.actions);
    QVERIFY(talk.session.envelope().recipients.empty());
  }
};

QTEST_APPLESS_MAIN(SessionTest)
#include "session_test.moc"

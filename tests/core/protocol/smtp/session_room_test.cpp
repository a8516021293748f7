// Full mailboxes, half commands, many replies, and content that would go on our own header.
#include <QtTest>
#include <map>

#include "protocol/smtp/session.h"

using namespace postern;
using namespace postern::smtp;

namespace {

/// Accounts by local part: "a" is 1, "b" is 2, ...
class RoomRules final : public Rules {
 public:
  Limits bounds;
  std::string name = "mx.example.org";
  std::map<AccountId, uint64_t> rooms;
  const Limits& limits() const override { return bounds; }
  const std::string& host_name() const override { return name; }
  Recipient recipient(std::string_view local_part, std::string_view) const override {
    if (local_part == "postmaster") return {Recipient::Kind::local, 1, true};
    return {Recipient::Kind::local, static_cast<AccountId>(local_part.front() - 'a' + 1)};
  }
  uint64_t room(AccountId account) const override {
    const auto found = rooms.find(account);
    return found == rooms.end() ? UINT64_MAX : found->second;
  }
  bool may_send_as(AccountId, std::string_view, std::string_view) const override { return true; }
  bool lenient(const IpAddress&) const override { return false; }
  bool accepting() const override { return true; }
  bool tls_available() const override { return true; }
};

struct Talk {
  RoomRules rules;
  Trace trace{1, 25, {}, {}, 0};
  Session session{77, *Endpoint::parse("192.0.2.7:50000")};
  Actions actions;
  std::string sent, content;

  Context context() { return {rules, 0, trace}; }
  void perform() {
    for (size_t i = 0; i < actions.size(); ++i) {
      if (actions[i].kind == Action::Kind::send) sent += actions[i].bytes;
      if (actions[i].kind == Action::Kind::content) content += actions[i].bytes;
    }
    actions.clear();
  }
  /// One piece of input; the octets used.
  size_t piece(std::string_view text) {
    const size_t used = session.input(context(), text, actions);
    perform();
    return used;
  }
  std::string say(const std::string& line) {
    sent.clear();
    piece(line + "\r\n");
    return sent.substr(0, 9);
  }
};

}  // namespace

class SessionRoomTest : public QObject {
  Q_OBJECT
 private slots:
  void a_full_mailbox_is_refused_alone();
  void a_declared_size_that_does_not_fit();
  void a_nearly_full_mailbox_goes_alone();
  void postmaster_has_no_quota();
  void half_a_command_is_no_progress();
  void replies_that_nobody_reads_are_bounded();
  void content_does_not_go_on_our_header();
  void unread_input_is_told();
};

void SessionRoomTest::a_full_mailbox_is_refused_alone() {
  Talk talk;
  talk.rules.rooms[2] = 0;
  talk.say("EHLO x");
  talk.say("MAIL FROM:<s@example.net>");
  QCOMPARE(talk.say("RCPT TO:<a@example.org>"), std::string("250 2.1.5"));
  QCOMPARE(talk.say("RCPT TO:<b@example.org>"), std::string("452 4.2.2"));
  QCOMPARE(talk.say("RCPT TO:<c@example.org>"), std::string("250 2.1.5"));
  QCOMPARE(talk.session.envelope().mailboxes, (std::vector<AccountId>{1, 3}));
}

void SessionRoomTest::a_declared_size_that_does_not_fit() {
  Talk talk;
  talk.rules.rooms[2] = 50'000;
  talk.say("EHLO x");
  talk.say("MAIL FROM:<s@example.net> SIZE=49500");
  QCOMPARE(talk.say("RCPT TO:<b@example.org>"), std::string("452 4.2.2"));
  talk.say("RSET");
  talk.say("MAIL FROM:<s@example.net> SIZE=1000");
  QCOMPARE(talk.say("RCPT TO:<b@example.org>"), std::string("250 2.1.5"));
  QCOMPARE(talk.say("RCPT TO:<a@example.org>"), std::string("250 2.1.5"));
}

void SessionRoomTest::a_nearly_full_mailbox_goes_alone() {
  Talk talk;
  talk.rules.rooms[2] = 50'000;
  talk.say("EHLO x");
  talk.say("MAIL FROM:<s@example.net>");
  QCOMPARE(talk.say("RCPT TO:<a@example.org>"), std::string("250 2.1.5"));
  QCOMPARE(talk.say("RCPT TO:<b@example.org>"), std::string("452 4.5.3"));
  talk.say("RSET");
  talk.say("MAIL FROM:<s@example.net>");
  QCOMPARE(talk.say("RCPT TO:<b@example.org>"), std::string("250 2.1.5"));
  QCOMPARE(talk.say("RCPT TO:<a@example.org>"), std::string("452 4.5.3"));
  QCOMPARE(talk.session.envelope().mailboxes, (std::vector<AccountId>{2}));
}

void SessionRoomTest::postmaster_has_no_quota() {
  Talk talk;
  talk.rules.rooms[1] = 0;
  talk.say("EHLO x");
  talk.say("MAIL FROM:<s@example.net>");
  QCOMPARE(talk.say("RCPT TO:<postmaster@example.org>"), std::string("250 2.1.5"));
  QCOMPARE(talk.say("RCPT TO:<a@example.org>"), std::string("452 4.2.2"));
  QCOMPARE(talk.session.envelope().unlimited, (std::vector<AccountId>{1}));
}

void SessionRoomTest::half_a_command_is_no_progress() {
  Talk talk;
  talk.say("EHLO x");
  const uint64_t before = talk.session.progress();
  for (const char c : std::string("NOOP x")) talk.piece(std::string(1, c));
  QCOMPARE(talk.session.progress(), before);
  talk.piece("\r\n");
  QVERIFY(talk.session.progress() > before);
  const uint64_t whole = talk.session.progress();
  talk.piece(std::string(2000, 'x'));
  QCOMPARE(talk.session.progress(), whole);
}

void SessionRoomTest::replies_that_nobody_reads_are_bounded() {
  Talk talk;
  std::string flood;
  for (int i = 0; i < 10'000; ++i) flood += "HELP\r\n";
  size_t most = 0, calls = 0;
  for (std::string_view rest = flood; !rest.empty(); ++calls) {
    const size_t used = talk.session.input(talk.context(), rest, talk.actions);
    QVERIFY(used > 0);
    most = std::max(most, talk.actions.waiting_octets());
    talk.perform();
    rest.remove_prefix(used);
  }
  QVERIFY(most < 2 * kReplyHold);
  QVERIFY(calls > 5);
  QCOMPARE(std::count(talk.sent.begin(), talk.sent.end(), '\n'), std::ptrdiff_t{2 * 10'000});  // two lines each
}

void SessionRoomTest::content_does_not_go_on_our_header() {
  for (const std::string& begin : {std::string("\tby mx.example.com"), std::string(" x"), std::string(". x")}) {
    Talk talk;
    talk.say("EHLO x");
    talk.say("MAIL FROM:<s@example.net>");
    talk.say("RCPT TO:<a@example.org>");
    talk.say("DATA");
    talk.piece(begin + "\r\nSubject: y\r\n\r\nz\r\n.\r\n");
    const std::string text = begin.starts_with('.') ? begin.substr(1) : begin;
    QVERIFY(talk.content.ends_with("\r\n\r\n" + text + "\r\nSubject: y\r\n\r\nz\r\n"));
  }
}

void SessionRoomTest::unread_input_is_told() {
  Talk talk;
  talk.piece("EHLO x\r\nQUIT\r\n");
  QVERIFY(talk.session.closed() && !talk.session.unread());
  Talk more;
  more.piece("EHLO x\r\nQUIT\r\nNOOP\r\n");
  QVERIFY(more.session.closed() && more.session.unread());
}

QTEST_APPLESS_MAIN(SessionRoomTest)
#include "session_room_test.moc"

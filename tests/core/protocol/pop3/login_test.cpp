#include <QtTest>

#include "base/bytes.h"
#include "fixture.h"

using namespace postern;
using namespace postern::pop3;

namespace {

std::string plain(std::string_view authorize, std::string_view login, std::string_view password) {
  std::string message(authorize);
  message += '\0';
  message += login;
  message += '\0';
  message += password;
  return base64(as_bytes(message));
}

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\r\n" + line + "\r\n") != std::string::npos;
}

}  // namespace

class LoginTest : public QObject {
  Q_OBJECT
 private slots:
  void greeting();
  void capabilities_in_clear();
  void capabilities_inside_tls();
  void no_login_in_clear();
  void stls_starts_anew();
  void stls_drops_what_stands_behind_it();
  void stls_refusals();
  void failed_handshake_closes();
  void user_and_pass();
  void pass_needs_user();
  void pass_comes_right_behind_an_accepted_user();
  void a_password_behind_the_name_is_masked();
  void password_with_blanks();
  void names_that_are_none();
  void wrong_logins_are_limited();
  void answers_other_than_accepted();
  void auth_plain();
  void auth_plain_refusals();
  void auth_long_response();
  void utf8_before_login_only();
  void late_answers_are_dropped();
  void transcript_holds_no_secret();
  void nothing_is_parsed_while_a_question_is_open();
  void verdicts_and_stages();
};

void LoginTest::greeting() {
  Talk talk;
  talk.start();
  QCOMPARE(talk.sent, std::string("+OK mail.example.org POP3 ready\r\n"));
}

void LoginTest::capabilities_in_clear() {
  Talk talk;
  talk.start();
  talk.sent.clear();
  const std::string text = talk.say("CAPA");
  QVERIFY(text.starts_with("+OK "));
  QVERIFY(text.ends_with("\r\n.\r\n"));
  for (const char* line :
       {"STLS", "TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "UTF8 USER", "EXPIRE NEVER"})
    QVERIFY2(has_line(text, line), line);
  QVERIFY(!has_line(text, "USER"));
  QVERIFY(text.find("SASL") == std::string::npos);
  talk.rules.tls = false;
  QVERIFY(!has_line(talk.say("capa"), "STLS"));
}

void LoginTest::capabilities_inside_tls() {
  Talk talk;
  talk.secure();
  const std::string text = talk.say("CAPA");
  QVERIFY(has_line(text, "USER"));
  QVERIFY(has_line(text, "SASL PLAIN"));
  QVERIFY(!has_line(text, "STLS"));
  QVERIFY(text.find("IMPLEMENTATION Postern\r\n") != std::string::npos);
}

void LoginTest::no_login_in_clear() {
  Talk talk;
  talk.start();
  talk.sent.clear();
  for (const std::string line : {"USER alice@example.org", "PASS secret", "AUTH PLAIN", "AUTH PLAIN AGEAYg=="}) {
    const std::string reply = talk.say(line);
    QVERIFY2(reply.starts_with("-ERR STLS first"), reply.c_str());
    QVERIFY(!talk.session.waiting());
  }
  QVERIFY(talk.say("CAPA").starts_with("+OK"));
}

void LoginTest::stls_starts_anew() {
  Talk talk;
  talk.start();
  talk.say("UTF8");
  QCOMPARE(talk.say("STLS"), std::string("+OK Begin TLS\r\n"));
  QVERIFY(talk.tls_started);
  talk.handshake();
  QVERIFY(talk.say("PASS secret").starts_with("-ERR"));
  QVERIFY(talk.trace.tls().starts_with("TLSv1.3"));
}

void LoginTest::stls_drops_what_stands_behind_it() {
  Talk talk;
  talk.start();
  talk.sent.clear();
  QCOMPARE(talk.raw("STLS\r\nUSER alice@example.org\r\nPASS secret\r\nQUI"), std::string("+OK Begin TLS\r\n"));
  // Even a driver that hands the rest in again gets nothing parsed before the handshake.
  QCOMPARE(talk.raw("CAPA\r\n"), std::string());
  talk.handshake();
  QVERIFY(talk.say("T").starts_with("-ERR Unknown"));
  QVERIFY(talk.say("PASS secret").starts_with("-ERR USER first"));
}

void LoginTest::stls_refusals() {
  Talk talk;
  talk.start();
  talk.rules.tls = false;
  QVERIFY(talk.say("STLS").find("-ERR [SYS/TEMP]") != std::string::npos);
  talk.rules.tls = true;
  QVERIFY(talk.say("STLS now").starts_with("-ERR"));
  Talk inside;
  inside.secure();
  QVERIFY(inside.say("STLS").starts_with("-ERR TLS is already"));
  Talk logged_in;
  logged_in.log_in();
  QVERIFY(logged_in.say("STLS").starts_with("-ERR"));
  QVERIFY(!logged_in.tls_started);
}

void LoginTest::failed_handshake_closes() {
  Talk talk;
  talk.start();
  talk.say("STLS");
  talk.sent.clear();
  talk.handshake(false);
  QVERIFY(talk.closed && talk.session.closed());
  QVERIFY(talk.sent.empty());
}

void LoginTest::user_and_pass() {
  Talk talk;
  talk.mailbox.messages = {"a\r\n", "bc\r\n"};
  talk.secure();
  QVERIFY(talk.say("user alice@example.org").starts_with("+OK"));
  QCOMPARE(talk.say("pass secret"), std::string("+OK 2 messages (7 octets)\r\n"));
  QVERIFY(talk.session.in_transaction());
  QCOMPARE(talk.session.account(), AccountId{7});
  QCOMPARE(talk.trace.user(), std::string("alice@example.org"));
  for (const char* line : {"USER alice@example.org", "PASS secret", "AUTH PLAIN", "UTF8"})
    QVERIFY2(talk.say(line).starts_with("-ERR"), line);
}

void LoginTest::pass_needs_user() {
  Talk talk;
  talk.secure();
  QVERIFY(talk.say("PASS secret").starts_with("-ERR"));
  QVERIFY(talk.say("USER").starts_with("-ERR"));
  QVERIFY(talk.say("USER ").starts_with("-ERR"));
  talk.say("USER alice@example.org");
  QVERIFY(talk.say("PASS").starts_with("-ERR"));
  QVERIFY(talk.say("PASS wrong").starts_with("-ERR [AUTH]"));
  // The name is used up by the attempt.
  QVERIFY(talk.say("PASS secret").starts_with("-ERR USER first"));
}

/// RFC 1939 section 7.
void LoginTest::pass_comes_right_behind_an_accepted_user() {
  for (const char* between : {"USER bad name", "USER", "CAPA", "GIMME", "NOOP"}) {
    Talk talk;
    talk.start();
    talk.secure();
    QVERIFY(talk.say("USER alice@example.org").starts_with("+OK"));
    talk.say(between);
    QVERIFY2(talk.say("PASS secret").starts_with("-ERR USER first"), between);
  }
}

void LoginTest::a_password_behind_the_name_is_masked() {
  Talk talk;
  talk.start();
  talk.say("USER bob Hidden-word-7");
  talk.secure();
  talk.say("USER  bob Hidden-word-7");
  QVERIFY(talk.trace.transcript().find("Hidden-word-7") == std::string::npos);
  QVERIFY(talk.trace.transcript().find("USER bob ***") != std::string::npos);
}

void LoginTest::password_with_blanks() {
  Talk talk;
  talk.password = " two  blanks ";
  talk.secure();
  talk.say("USER alice@example.org");
  QVERIFY(talk.say("PASS  two  blanks ").starts_with("+OK"));
}

void LoginTest::names_that_are_none() {
  Talk talk;
  talk.secure();
  for (const std::string line : {"USER alice smith", "USER a\tb", "USER \xff\xfe", "USER a\x01"})
    QVERIFY2(talk.say(line).starts_with("-ERR"), line.c_str());
  QVERIFY(talk.say("USER jörg@example.org").starts_with("+OK"));
  QVERIFY(talk.say("PASS \xc0\x80").starts_with("-ERR"));
}

void LoginTest::wrong_logins_are_limited() {
  Talk talk;
  talk.secure();
  for (uint32_t i = 0; i < talk.rules.values.logins; ++i) {
    QVERIFY(!talk.closed);
    talk.say("USER alice@example.org");
    QVERIFY(talk.say("PASS guess").starts_with("-ERR [AUTH]"));
  }
  QVERIFY(talk.closed);
  QCOMPARE(talk.raw("CAPA\r\n"), std::string());
}

void LoginTest::answers_other_than_accepted() {
  const std::vector<std::pair<LoginAnswer::Kind, std::string>> cases{
      {LoginAnswer::Kind::wrong, "-ERR [AUTH] "},
      {LoginAnswer::Kind::disabled, "-ERR [AUTH] "},
      {LoginAnswer::Kind::in_use, "-ERR [IN-USE] "},
      {LoginAnswer::Kind::unavailable, "-ERR [SYS/TEMP] "},
  };
  std::vector<std::string> replies;
  for (const auto& [kind, prefix] : cases) {
    Talk talk;
    talk.login_result = kind;
    talk.secure();
    talk.say("USER alice@example.org");
    replies.push_back(talk.say("PASS secret"));
    QVERIFY2(replies.back().starts_with(prefix), replies.back().c_str());
    QVERIFY(!talk.session.in_transaction());
    talk.login_result = LoginAnswer::Kind::accepted;
    talk.say("USER alice@example.org");
    QVERIFY(talk.say("PASS secret").starts_with("+OK"));
  }
  QCOMPARE(replies[0], replies[1]);
}

void LoginTest::auth_plain() {
  Talk first;
  first.secure();
  QVERIFY(first.say("AUTH PLAIN " + plain("", "alice@example.org", "secret")).starts_with("+OK"));
  Talk second;
  second.secure();
  QCOMPARE(second.say("auth plain"), std::string("+ \r\n"));
  QVERIFY(second.say(plain("alice@example.org", "alice@example.org", "secret")).starts_with("+OK"));
  Talk third;
  third.secure();
  third.say("AUTH PLAIN");
  QVERIFY(third.say("*").starts_with("-ERR"));
  third.say("USER alice@example.org");
  QVERIFY(third.say("PASS secret").starts_with("+OK"));
}

void LoginTest::auth_plain_refusals() {
  const std::string good = plain("", "alice@example.org", "secret");
  for (const std::string& response :
       {std::string("="), std::string("!!!!"), std::string("QUJD"), good.substr(1), good + " x",
        plain("", "", "secret"), plain("", "alice@example.org", ""),
        plain("bob@example.org", "alice@example.org", "secret"), plain("", "alice@example.org", std::string("a\0b", 3)),
        plain("", "al ice", "x"), plain("", "\xff", "x")}) {
    Talk talk;
    talk.secure();
    QVERIFY2(talk.say("AUTH PLAIN " + response).starts_with("-ERR"), response.c_str());
    QVERIFY(talk.say("AUTH PLAIN " + good).starts_with("+OK"));
  }
  Talk talk;
  talk.secure();
  for (const char* line : {"AUTH", "AUTH LOGIN", "AUTH CRAM-MD5", "AUTH PLAINER"})
    QVERIFY2(talk.say(line).starts_with("-ERR"), line);
  talk.say("AUTH PLAIN");
  QVERIFY(talk.say("").starts_with("-ERR"));
  QVERIFY(talk.say("CAPA").starts_with("+OK"));
}

void LoginTest::auth_long_response() {
  Talk talk;
  talk.password = std::string(8000, 'p');
  talk.secure();
  talk.say("AUTH PLAIN");
  QVERIFY(talk.say(plain("", "alice@example.org", talk.password)).starts_with("+OK"));
  Talk pieces;
  pieces.password = std::string(8000, 'p');
  pieces.secure();
  const std::string line = "AUTH PLAIN " + plain("", "alice@example.org", pieces.password) + "\r\n";
  std::string reply;
  for (char c : line) reply += pieces.raw(std::string(1, c));
  QVERIFY(reply.starts_with("+OK"));
  Talk over;
  over.secure();
  over.say("AUTH PLAIN");
  QVERIFY(over.say(std::string(12287, 'A')).starts_with("-ERR The line is too long"));
  QVERIFY(over.say("CAPA").starts_with("+OK"));
}

void LoginTest::utf8_before_login_only() {
  Talk talk;
  talk.secure();
  QVERIFY(talk.say("UTF8").starts_with("+OK"));
  QVERIFY(talk.say("UTF8 x").starts_with("-ERR"));
  talk.say("USER alice@example.org");
  talk.say("PASS secret");
  QVERIFY(talk.say("UTF8").starts_with("-ERR"));
}

void LoginTest::late_answers_are_dropped() {
  Talk talk;
  talk.answer = false;
  talk.secure();
  talk.say("USER alice@example.org");
  talk.say("PASS secret");
  QVERIFY(talk.session.waiting());
  const uint32_t number = talk.session.question().number;
  LoginAnswer reply;
  reply.kind = LoginAnswer::Kind::accepted;
  reply.mailbox = &talk.mailbox;
  talk.call([&](Actions& out) { talk.session.logged_in(talk.context(), number + 1, reply, out); });
  talk.call([&](Actions& out) { talk.session.more(talk.context(), number, out); });
  talk.call([&](Actions& out) { talk.session.updated(talk.context(), number, true, out); });
  talk.call([&](Actions& out) { talk.session.content_end(talk.context(), number, true, out); });
  QVERIFY(talk.sent.empty() && talk.session.waiting());
  talk.call([&](Actions& out) { talk.session.logged_in(talk.context(), number, reply, out); });
  QVERIFY(talk.sent.starts_with("+OK"));
  talk.sent.clear();
  talk.call([&](Actions& out) { talk.session.logged_in(talk.context(), number, reply, out); });
  QVERIFY(talk.sent.empty());
}

void LoginTest::transcript_holds_no_secret() {
  Talk talk;
  talk.password = "s3cr3t-word";
  talk.start();
  const std::string response = plain("", "alice@example.org", "s3cr3t-word");
  talk.say("PASS s3cr3t-word");
  talk.say("AUTH PLAIN " + response);
  talk.say(response);
  talk.say("LOGIN alice s3cr3t-word");
  talk.say("pas s3cr3t-word");
  talk.say("PASS\ts3cr3t-word");
  talk.say("STLS");
  talk.handshake();
  talk.say("AUTH PLAIN");
  talk.say("wrong" + response);
  talk.raw("PASS s3cr3t-word\n");
  talk.say("PASS s3cr3t-word" + std::string(300, 'x'));
  talk.say("AUTH " + response);
  talk.say("USER alice@example.org");
  talk.say("PASS s3cr3t-word");
  QVERIFY(talk.session.in_transaction());
  std::string text = talk.trace.transcript();
  for (const Verdict& verdict : talk.trace.verdicts()) text += verdict.rule + verdict.reason;
  QVERIFY2(text.find("s3cr3t") == std::string::npos, text.c_str());
  QVERIFY2(text.find(response.substr(4, 20)) == std::string::npos, text.c_str());
  QVERIFY(text.find("C: PASS ***") != std::string::npos);
  QVERIFY(text.find("C: AUTH PLAIN ***") != std::string::npos);
  QVERIFY(text.find("C: USER alice@example.org") != std::string::npos);
}

void LoginTest::nothing_is_parsed_while_a_question_is_open() {
  Talk talk;
  talk.answer = false;
  talk.secure();
  talk.raw("USER alice@example.org\r\nPASS secret\r\nSTAT\r\nQUIT\r\n");
  QVERIFY(talk.session.waiting());
  QCOMPARE(talk.pending, std::string("STAT\r\nQUIT\r\n"));
  talk.answer = true;
  QCOMPARE(talk.raw(""), std::string("+OK 0 messages (0 octets)\r\n+OK 0 0\r\n+OK Bye\r\n"));
}

void LoginTest::verdicts_and_stages() {
  Talk talk;
  talk.secure();
  talk.say("USER alice@example.org");
  talk.say("PASS no");
  QCOMPARE(talk.trace.verdicts().back().rule, std::string("wrong-login"));
  QVERIFY(talk.trace.verdicts().back().stage == Stage::auth);
  talk.say("USER alice@example.org");
  talk.say("PASS secret");
  talk.say("QUIT");
  for (Stage stage : {Stage::accept, Stage::banner, Stage::tls, Stage::auth, Stage::data, Stage::close})
    QVERIFY(talk.trace.reached(stage) != Trace::kNotReached);
  QVERIFY(talk.trace.reached(Stage::commit) == Trace::kNotReached);
  QCOMPARE(talk.trace.why(), std::string("quit"));
}

QTEST_APPLESS_MAIN(LoginTest)
#include "login_test.moc"

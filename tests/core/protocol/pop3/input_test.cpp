#include <QtTest>

#include "fixture.h"

using namespace postern;
using namespace postern::pop3;

class InputTest : public QObject {
  Q_OBJECT
 private slots:
  void pipelining_in_any_pieces();
  void a_bare_lf_makes_no_second_command();
  void bare_cr_and_nul();
  void over_long_lines();
  void unknown_commands_and_the_error_limit();
  void binary_rubbish();
  void quit_ends_the_input();
  void input_after_close_is_dropped();
};

void InputTest::pipelining_in_any_pieces() {
  const std::string input = "NOOP\r\nSTAT\r\nLIST\r\nRETR 1\r\nDELE 1\r\nSTAT\r\nQUIT\r\n";
  const std::string wanted =
      "+OK\r\n+OK 1 3\r\n+OK 1 messages (3 octets)\r\n1 3\r\n.\r\n+OK 3 octets\r\na\r\n.\r\n+OK Marked for "
      "deletion\r\n+OK 0 0\r\n+OK Bye\r\n";
  for (size_t piece = 1; piece <= input.size(); ++piece) {
    Talk talk;
    talk.mailbox.messages = {"a\r\n"};
    talk.log_in();
    std::string got;
    for (size_t at = 0; at < input.size(); at += piece) got += talk.raw(input.substr(at, piece));
    QCOMPARE(got, wanted);
    QVERIFY(talk.closed);
  }
}

void InputTest::a_bare_lf_makes_no_second_command() {
  const std::string refusal = "-ERR The line holds a bare LF\r\n";
  const std::string longer(300, 'x');
  for (const auto& [input, wanted] : std::vector<std::pair<std::string, std::string>>{
           {"NOOP\nDELE 1\r\nSTAT\r\n", refusal + "+OK 1 3\r\n"},
           {"NOOP\n", refusal},
           {"NOOP\nNOOP\nDELE 1\n", refusal},
           {"NOOP\n\r\nSTAT\r\n", refusal + "+OK 1 3\r\n"},
           {longer + "\nDELE 1\r\nSTAT\r\n", "-ERR The line is too long\r\n+OK 1 3\r\n"},
           {longer + "\r\nSTAT\r\n", "-ERR The line is too long\r\n+OK 1 3\r\n"}}) {
    for (size_t piece = 1; piece <= input.size(); ++piece) {
      Talk talk;
      talk.mailbox.messages = {"a\r\n"};
      talk.log_in();
      std::string said;
      for (size_t at = 0; at < input.size(); at += piece) said += talk.raw(input.substr(at, piece));
      QCOMPARE(said, wanted);
    }
  }
}

void InputTest::bare_cr_and_nul() {
  Talk talk;
  talk.mailbox.messages = {"a\r\n"};
  talk.log_in();
  QVERIFY(talk.raw("NOOP\rDELE 1\r\n").starts_with("-ERR"));
  QVERIFY(talk.raw("NOOP\r\r\n").starts_with("-ERR"));
  QVERIFY(talk.raw(std::string("NOOP\0\r\n", 7)).starts_with("-ERR"));
  QCOMPARE(talk.say("STAT"), std::string("+OK 1 3\r\n"));
}

void InputTest::over_long_lines() {
  Talk talk;
  talk.log_in();
  const std::string just_right = "NOOP" + std::string(255 - 6, ' ');
  QVERIFY(talk.say(just_right).starts_with("+OK"));
  QCOMPARE(talk.say(just_right + " "), std::string("-ERR The line is too long\r\n"));
  std::string said;
  for (int i = 0; i < 1000; ++i) said += talk.raw(std::string(1000, 'x'));
  said += talk.raw("\r\nNOOP\r\n");
  QCOMPARE(said, std::string("-ERR The line is too long\r\n+OK\r\n"));
  for (int i = 0; i < 2000 && !talk.closed; ++i) talk.raw(std::string(1000, 'x'));
  QVERIFY(talk.closed);
}

void InputTest::unknown_commands_and_the_error_limit() {
  Talk talk;
  talk.log_in();
  talk.rules.values.errors = 5;
  for (const char* line : {"GIMME", "", " ", "APOP alice c4c9334bac560ecc979e58001b3e22fb"}) {
    QVERIFY2(talk.say(line).starts_with("-ERR"), line);
    QVERIFY(!talk.closed);
  }
  const std::string last = talk.raw("NOOPE\r\nNOOP\r\n");
  QCOMPARE(last, std::string("-ERR Unknown command (too many errors, closing)\r\n"));
  QVERIFY(talk.closed);
}

void InputTest::binary_rubbish() {
  Talk talk;
  talk.start();
  std::string rubbish;
  for (int i = 0; i < 100000; ++i) rubbish += static_cast<char>((i * 7919 + i / 251) & 0xff);
  talk.raw(rubbish);
  // TLS spoken at once, without STLS.
  Talk hello;
  hello.start();
  hello.sent.clear();
  QVERIFY(hello.raw(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 13)).starts_with("-ERR"));
}

void InputTest::quit_ends_the_input() {
  Talk talk;
  talk.log_in();
  QCOMPARE(talk.raw("QUIT\r\nNOOP\r\nSTAT\r\n"), std::string("+OK Bye\r\n"));
}

void InputTest::input_after_close_is_dropped() {
  Talk talk;
  talk.log_in();
  talk.say("QUIT");
  Actions out;
  QCOMPARE(talk.session.input(talk.context(), "NOOP\r\n", out), size_t{6});
  QVERIFY(out.empty());
}

QTEST_APPLESS_MAIN(InputTest)
#include "input_test.moc"

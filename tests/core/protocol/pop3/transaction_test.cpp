#include <QtTest>
#include <algorithm>

#include "fixture.h"

using namespace postern;
using namespace postern::pop3;

class TransactionTest : public QObject {
  Q_OBJECT
 private slots:
  void numbers_do_not_shift();
  void single_listings();
  void bad_numbers();
  void long_listings_stream();
  void a_store_that_cannot_say();
  void rset();
  void deletions_only_at_quit();
  void nothing_is_deleted_without_quit();
  void update_fails();
  void stop_and_time_out();
  void time_outs_by_phase();
  void commands_wait_for_the_login();
  void arguments_that_are_not_expected();
};

namespace {

Talk* open_talk(std::vector<std::string> messages) {
  Talk* talk = new Talk;
  talk->mailbox.messages = std::move(messages);
  talk->log_in();
  return talk;
}

}  // namespace

void TransactionTest::numbers_do_not_shift() {
  const std::unique_ptr<Talk> talk(open_talk({"a\r\n", "bb\r\n", "ccc\r\n"}));
  QCOMPARE(talk->say("STAT"), std::string("+OK 3 12\r\n"));
  QCOMPARE(talk->say("LIST"), std::string("+OK 3 messages (12 octets)\r\n1 3\r\n2 4\r\n3 5\r\n.\r\n"));
  QVERIFY(talk->say("DELE 2").starts_with("+OK"));
  QCOMPARE(talk->say("STAT"), std::string("+OK 2 8\r\n"));
  QCOMPARE(talk->say("LIST"), std::string("+OK 2 messages (8 octets)\r\n1 3\r\n3 5\r\n.\r\n"));
  QCOMPARE(talk->say("UIDL"), std::string("+OK 2 messages (8 octets)\r\n1 uid-1\r\n3 uid-3\r\n.\r\n"));
  for (const char* line : {"DELE 2", "RETR 2", "TOP 2 0", "LIST 2", "UIDL 2"})
    QVERIFY2(talk->say(line).starts_with("-ERR"), line);
}

void TransactionTest::single_listings() {
  const std::unique_ptr<Talk> talk(open_talk({"a\r\n", "bb\r\n"}));
  QCOMPARE(talk->say("LIST 2"), std::string("+OK 2 4\r\n"));
  QCOMPARE(talk->say("UIDL 2"), std::string("+OK 2 uid-2\r\n"));
  QCOMPARE(talk->say("LIST "), std::string("+OK 2 messages (7 octets)\r\n1 3\r\n2 4\r\n.\r\n"));
}

void TransactionTest::bad_numbers() {
  const std::unique_ptr<Talk> talk(open_talk({"a\r\n"}));
  talk->rules.values.errors = 1000;
  for (const std::string number : {"0", "2", "-1", "+1", "x", "1x", "x1", "0x1", "1.0", "4294967297",
                                   "18446744073709551617", "99999999999999999999", "1 1", "\xd9\xa1"}) {
    for (const std::string verb : {"RETR ", "DELE ", "LIST ", "UIDL "})
      QVERIFY2(talk->say(verb + number).starts_with("-ERR"), (verb + number).c_str());
    QVERIFY2(talk->say("TOP " + number + " 0").starts_with("-ERR"), number.c_str());
  }
  for (const char* line :
       {"TOP", "TOP 1", "TOP 1 ", "TOP 1 -1", "TOP 1 +1", "TOP 1 x", "TOP 1 1 1", "TOP 1 4294967296", "RETR", "DELE"})
    QVERIFY2(talk->say(line).starts_with("-ERR"), line);
  QCOMPARE(talk->say("STAT"), std::string("+OK 1 3\r\n"));
}

void TransactionTest::long_listings_stream() {
  const std::unique_ptr<Talk> talk(open_talk(std::vector<std::string>(20000, "x\r\n")));
  talk->say("DELE 10000");
  const std::string whole = talk->raw("LIST\r\nNOOP\r\n");
  QVERIFY(whole.ends_with("20000 3\r\n.\r\n+OK\r\n"));
  QVERIFY(whole.find("\r\n10000 ") == std::string::npos);

  talk->answer = false;
  std::string listing = talk->say("LIST");
  int steps = 0;
  while (talk->session.waiting()) {
    QVERIFY(talk->session.question().kind == Question::Kind::listing);
    talk->answer_question();
    QVERIFY(talk->sent.size() <= 17 * 1024);
    listing += talk->sent;
    talk->sent.clear();
    ++steps;
  }
  QVERIFY(steps > 8);
  QCOMPARE(std::count(listing.begin(), listing.end(), '\n'), std::ptrdiff_t{20001});
  QVERIFY(listing.ends_with("\r\n.\r\n"));
}

void TransactionTest::a_store_that_cannot_say() {
  const std::unique_ptr<Talk> talk(open_talk({"a\r\n", "b\r\n"}));
  talk->mailbox.unreadable = 2;
  for (const char* line : {"LIST 2", "UIDL 2", "RETR 2", "TOP 2 1", "DELE 2", "LIST", "UIDL"}) {
    const std::string reply = talk->say(line);
    QVERIFY2(reply.starts_with("-ERR [SYS/TEMP]"), reply.c_str());
    QCOMPARE(std::count(reply.begin(), reply.end(), '\n'), std::ptrdiff_t{1});
  }
  const std::unique_ptr<Talk> large(open_talk(std::vector<std::string>(20000, "x\r\n")));
  large->mailbox.unreadable = 15000;
  const std::string listing = large->say("LIST");
  QVERIFY(large->closed);
  QVERIFY(!listing.ends_with(".\r\n"));
}

void TransactionTest::rset() {
  const std::unique_ptr<Talk> talk(open_talk({"a\r\n", "b\r\n"}));
  talk->say("DELE 1");
  talk->say("DELE 2");
  QCOMPARE(talk->say("STAT"), std::string("+OK 0 0\r\n"));
  QCOMPARE(talk->say("LIST"), std::string("+OK 0 messages (0 octets)\r\n.\r\n"));
  QCOMPARE(talk->say("RSET"), std::string("+OK 2 messages (6 octets)\r\n"));
  QCOMPARE(talk->say("STAT"), std::string("+OK 2 6\r\n"));
  talk->say("QUIT");
  QVERIFY(talk->removed.empty());
}

void TransactionTest::deletions_only_at_quit() {
  const std::unique_ptr<Talk> talk(open_talk(std::vector<std::string>(200, "x\r\n")));
  for (const char* line : {"DELE 1", "DELE 200", "DELE 64", "DELE 63"}) talk->say(line);
  QVERIFY(talk->removed.empty());
  QCOMPARE(talk->say("QUIT"), std::string("+OK Bye\r\n"));
  QVERIFY((talk->removed == std::vector<uint32_t>{1, 63, 64, 200}));
  QVERIFY(talk->closed);
  QVERIFY(talk->trace.reached(Stage::commit) != Trace::kNotReached);
}

void TransactionTest::nothing_is_deleted_without_quit() {
  for (int way = 0; way < 3; ++way) {
    const std::unique_ptr<Talk> talk(open_talk({"a\r\n"}));
    talk->answer = false;
    talk->say("DELE 1");
    talk->call([&](Actions& out) {
      if (way == 0) talk->session.disconnected(talk->context(), out);
      if (way == 1) talk->session.timed_out(talk->context(), out);
      if (way == 2) talk->session.stop(talk->context(), "stopping", out);
    });
    QVERIFY(talk->session.closed() && !talk->session.waiting());
    QCOMPARE(talk->raw("QUIT\r\n"), std::string(way == 2 ? "-ERR [SYS/TEMP] stopping\r\n" : ""));
    QVERIFY(!talk->session.waiting());
  }
}

void TransactionTest::update_fails() {
  const std::unique_ptr<Talk> talk(open_talk({"a\r\n"}));
  talk->update_fails = true;
  talk->say("DELE 1");
  QVERIFY(talk->say("QUIT").starts_with("-ERR [SYS/TEMP] Some deleted messages not removed"));
  QVERIFY(talk->closed);
}

void TransactionTest::stop_and_time_out() {
  const std::unique_ptr<Talk> talk(open_talk({"a\r\n"}));
  talk->answer = false;
  talk->say("DELE 1");
  talk->say("QUIT");
  // The removals are with the store: neither may take the answer away from the client.
  talk->call([&](Actions& out) { talk->session.stop(talk->context(), "stopping", out); });
  talk->call([&](Actions& out) { talk->session.timed_out(talk->context(), out); });
  QVERIFY(talk->session.waiting() && !talk->session.closed());
  talk->answer = true;
  QCOMPARE(talk->raw(""), std::string("+OK Bye\r\n"));

  const std::unique_ptr<Talk> reading(open_talk({"a\r\n"}));
  reading->answer = false;
  reading->say("RETR 1");
  const uint32_t number = reading->session.question().number;
  reading->call([&](Actions& out) { reading->session.content(reading->context(), number, "a\r\n", out); });
  reading->sent.clear();
  reading->call([&](Actions& out) { reading->session.stop(reading->context(), "evil\r\n.\r\n", out); });
  QVERIFY(reading->sent.empty() && reading->closed);
  reading->call([&](Actions& out) { reading->session.content_end(reading->context(), number, true, out); });
  QVERIFY(reading->sent.empty());
}

void TransactionTest::time_outs_by_phase() {
  Talk talk;
  talk.start();
  QCOMPARE(talk.session.timeout(talk.rules.values).count(), talk.rules.values.authorization.count());
  const std::unique_ptr<Talk> open(open_talk({}));
  QVERIFY(open->session.timeout(open->rules.values) >= Seconds(600));
}

void TransactionTest::commands_wait_for_the_login() {
  for (bool tls : {false, true}) {
    Talk talk;
    if (tls)
      talk.secure();
    else
      talk.start();
    talk.sent.clear();
    for (const char* line : {"STAT", "LIST", "LIST 1", "UIDL", "RETR 1", "TOP 1 0", "DELE 1", "RSET", "NOOP"})
      QVERIFY2(talk.say(line).starts_with("-ERR"), line);
    QVERIFY(talk.say("QUIT").starts_with("+OK"));
    QVERIFY(talk.closed);
  }
}

void TransactionTest::arguments_that_are_not_expected() {
  const std::unique_ptr<Talk> talk(open_talk({"a\r\n"}));
  for (const char* line : {"STAT 1", "NOOP x", "RSET 1", "QUIT now", "CAPA x"})
    QVERIFY2(talk->say(line).starts_with("-ERR"), line);
  QVERIFY(!talk->closed);
  for (const char* line : {"STAT ", "noop", "RETR  1"}) QVERIFY2(talk->say(line).starts_with("+OK"), line);
}

QTEST_APPLESS_MAIN(TransactionTest)
#include "transaction_test.moc"

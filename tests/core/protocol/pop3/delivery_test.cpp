#include <QtTest>

#include "fixture.h"

using namespace postern;
using namespace postern::pop3;

namespace {

/// What a client makes of a dot-terminated block; fails on anything behind the terminator.
std::string unstuffed(const std::string& reply) {
  std::string out;
  size_t at = reply.find("\r\n") + 2;
  for (;;) {
    const size_t end = reply.find("\r\n", at);
    if (end == std::string::npos) return "(no terminator)";
    std::string line = reply.substr(at, end - at);
    at = end + 2;
    if (line == ".") return at == reply.size() ? out : "(octets behind the terminator)";
    if (line.starts_with(".")) line.erase(0, 1);
    out += line + "\r\n";
  }
}

}  // namespace

class DeliveryTest : public QObject {
  Q_OBJECT
 private slots:
  void octets_come_back_in_any_pieces();
  void stuffing_octet_for_octet();
  void a_last_line_without_end();
  void top_lines();
  void top_of_odd_messages();
  void top_stops_the_store();
  void store_fails_before_and_in_the_middle();
  void legacy_octets_stay();
  void nothing_is_copied();
  void header_without_utf8();
  void header_with_utf8();
  void downgrade_modes();
  void top_of_a_downgraded_header();
  void a_huge_header_passes();
};

void DeliveryTest::octets_come_back_in_any_pieces() {
  const std::vector<std::string> messages{
      "",
      "\r\n",
      ".\r\n",
      "Subject: x\r\n\r\n",
      "Subject: x\r\n\r\n.\r\n..\r\n. \r\n.x\r\n\r\n.\r\n",
      "Subject: x\r\n.dot: y\r\n\r\n" + std::string(700, '.') + "\r\n",
      "\r\n\r\n.\r\n",
      "no header at all\r\n",
      "Subject: x\r\n\r\n" + std::string(3000, 'a') + "\r\n.\r\n" + std::string(3000, 'b') + "\r\n",
  };
  for (const std::string& message : messages) {
    for (size_t chunk : {1, 2, 3, 5, 7, 64, 1000, 100000}) {
      Talk talk;
      talk.chunk = chunk;
      talk.mailbox.messages = {message};
      talk.log_in();
      const std::string reply = talk.say("RETR 1");
      QVERIFY(reply.starts_with("+OK"));
      QCOMPARE(unstuffed(reply), message);
      QCOMPARE(talk.say("NOOP"), std::string("+OK\r\n"));
    }
  }
}

void DeliveryTest::stuffing_octet_for_octet() {
  Talk talk;
  talk.mailbox.messages = {"A: b\r\n\r\n.\r\na.\r\n"};
  talk.log_in();
  QCOMPARE(talk.say("RETR 1"), std::string("+OK 15 octets\r\nA: b\r\n\r\n..\r\na.\r\n.\r\n"));
}

void DeliveryTest::a_last_line_without_end() {
  for (size_t chunk : {1, 100}) {
    Talk talk;
    talk.chunk = chunk;
    talk.mailbox.messages = {"A: b\r\n\r\nx", "A: b\r\n\r\nx\r", "A: b\r\n\r\n."};
    talk.log_in();
    QVERIFY(talk.say("RETR 1").ends_with("\r\n\r\nx\r\n.\r\n"));
    QVERIFY(talk.say("RETR 2").ends_with("x\r\r\n.\r\n"));
    QVERIFY(talk.say("RETR 3").ends_with("\r\n\r\n..\r\n.\r\n"));
  }
}

void DeliveryTest::top_lines() {
  const std::string header = "Subject: x\r\nTo: y\r\n\r\n";
  for (size_t chunk : {1, 3, 1000}) {
    Talk talk;
    talk.chunk = chunk;
    talk.mailbox.messages = {header + "one\r\n.two\r\nthree\r\n"};
    talk.log_in();
    QCOMPARE(unstuffed(talk.say("TOP 1 0")), header);
    QCOMPARE(unstuffed(talk.say("TOP 1 1")), header + "one\r\n");
    QCOMPARE(unstuffed(talk.say("TOP 1 2")), header + "one\r\n.two\r\n");
    QCOMPARE(unstuffed(talk.say("top 1 4294967295")), header + "one\r\n.two\r\nthree\r\n");
  }
}

void DeliveryTest::top_of_odd_messages() {
  for (size_t chunk : {1, 1000}) {
    Talk talk;
    talk.chunk = chunk;
    talk.mailbox.messages = {"", "Subject: only header\r\n", "\r\nbody\r\nmore\r\n", "A: b\r\n\r\nlast"};
    talk.log_in();
    QCOMPARE(unstuffed(talk.say("TOP 1 5")), std::string());
    QCOMPARE(unstuffed(talk.say("TOP 2 5")), std::string("Subject: only header\r\n"));
    QCOMPARE(unstuffed(talk.say("TOP 3 1")), std::string("\r\nbody\r\n"));
    QCOMPARE(unstuffed(talk.say("TOP 4 1")), std::string("A: b\r\n\r\nlast\r\n"));
  }
}

void DeliveryTest::top_stops_the_store() {
  Talk talk;
  talk.answer = false;
  talk.mailbox.messages = {"A: b\r\n\r\n1\r\n2\r\n3\r\n"};
  talk.log_in();
  talk.answer = true;
  talk.say("NOOP");
  Talk open;
  open.mailbox.messages = talk.mailbox.messages;
  open.log_in();
  open.answer = false;
  open.say("TOP 1 1");
  const uint32_t number = open.session.question().number;
  bool enough = false;
  open.call([&](Actions& out) { enough = open.session.content(open.context(), number, "A: b\r\n\r\n1", out); });
  QVERIFY(!enough);
  open.call([&](Actions& out) { enough = open.session.content(open.context(), number, "\r\n2\r\n", out); });
  QVERIFY(enough);
  open.call([&](Actions& out) { open.session.content_end(open.context(), number, true, out); });
  QCOMPARE(open.sent, std::string("+OK Message follows\r\nA: b\r\n\r\n1\r\n.\r\n"));
}

void DeliveryTest::store_fails_before_and_in_the_middle() {
  Talk talk;
  talk.store_fails = true;
  talk.mailbox.messages = {"A: b\r\n\r\n1\r\n"};
  talk.log_in();
  QVERIFY(talk.say("RETR 1").starts_with("-ERR [SYS/TEMP]"));
  talk.answer = false;
  talk.say("RETR 1");
  const uint32_t number = talk.session.question().number;
  talk.call([&](Actions& out) { talk.session.content(talk.context(), number, "A: b\r\n\r\n", out); });
  talk.call([&](Actions& out) { talk.session.content_end(talk.context(), number, false, out); });
  QVERIFY(talk.closed);
  QCOMPARE(talk.sent, std::string("+OK 11 octets\r\nA: b\r\n\r\n"));
}

void DeliveryTest::legacy_octets_stay() {
  std::string message = "Subject: gr\xfc\xdf\r\nFrom: J\xf6rg <j@example.org>\r\n\r\n";
  for (int i = 1; i < 256; ++i)
    if (i != '\r' && i != '\n') message += static_cast<char>(i);
  message += "\r\n";
  Talk talk;
  talk.rules.values.downgrade = Downgrade::always;
  talk.mailbox.messages = {message};
  talk.log_in();
  QCOMPARE(unstuffed(talk.say("RETR 1")), message);
}

void DeliveryTest::nothing_is_copied() {
  Talk talk;
  talk.mailbox.messages = {"A: b\r\n\r\n" + std::string(100000, 'x') + "\r\n"};
  talk.log_in();
  talk.answer = false;
  talk.say("RETR 1");
  const std::string& message = talk.mailbox.messages[0];
  Actions out;
  talk.session.content(talk.context(), talk.session.question().number, message, out);
  bool viewed = false;
  for (size_t i = 0; i < out.size(); ++i)
    viewed = viewed || (out[i].bytes.data() >= message.data() && out[i].bytes.size() > 90000);
  QVERIFY(viewed);
}

namespace {

const std::string kBody = "\r\nGrüße, unverändert\r\n.\r\n";
const std::string kInternational = "From: Jörg <jörg@example.org>\r\nSubject: Grüße\r\nX-Plain: yes\r\n" + kBody;
const std::string kFreeText = "From: Bob <bob@example.org>\r\nSubject: Grüße\r\n" + kBody;

std::string retrieved(const std::string& message, Downgrade mode, bool utf8, size_t chunk = 4096) {
  Talk talk;
  talk.chunk = chunk;
  talk.rules.values.downgrade = mode;
  talk.mailbox.messages = {message};
  talk.secure();
  if (utf8) talk.say("UTF8");
  talk.say("USER alice@example.org");
  talk.say("PASS secret");
  return unstuffed(talk.say("RETR 1"));
}

}  // namespace

void DeliveryTest::header_without_utf8() {
  const std::string wanted =
      "From: =?UTF-8?Q?J=C3=B6rg?= =?UTF-8?Q?j=C3=B6rg=40example=2Eorg?= :;\r\nSubject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
      "X-Plain: yes\r\n" +
      kBody;
  for (size_t chunk : {1, 2, 50, 4096})
    QCOMPARE(retrieved(kInternational, Downgrade::structured, false, chunk), wanted);
}

void DeliveryTest::header_with_utf8() {
  for (Downgrade mode : {Downgrade::never, Downgrade::structured, Downgrade::always})
    QCOMPARE(retrieved(kInternational, mode, true), kInternational);
}

void DeliveryTest::downgrade_modes() {
  QCOMPARE(retrieved(kInternational, Downgrade::never, false), kInternational);
  QCOMPARE(retrieved(kFreeText, Downgrade::never, false), kFreeText);
  // UTF-8 in free text alone: octets as they were sent, unless told otherwise.
  QCOMPARE(retrieved(kFreeText, Downgrade::structured, false), kFreeText);
  QCOMPARE(retrieved(kFreeText, Downgrade::always, false),
           "From: Bob <bob@example.org>\r\nSubject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n" + kBody);
  const std::string legacy = "From: J\xf6rg <jörg@example.org>\r\n\r\nx\r\n";
  QCOMPARE(retrieved(legacy, Downgrade::always, false), legacy);
}

void DeliveryTest::top_of_a_downgraded_header() {
  for (size_t chunk : {1, 4096}) {
    Talk talk;
    talk.chunk = chunk;
    talk.mailbox.messages = {kInternational + "more\r\n", "To: ü@x.example"};
    talk.log_in();
    const std::string top = unstuffed(talk.say("TOP 1 1"));
    QVERIFY(top.ends_with("X-Plain: yes\r\n\r\nGrüße, unverändert\r\n"));
    QVERIFY(top.starts_with("From: =?UTF-8?Q?"));
    QCOMPARE(unstuffed(talk.say("TOP 2 0")), std::string("To: =?UTF-8?Q?=C3=BC=40x=2Eexample?= :;\r\n"));
    // Another size than the stored one: none is claimed.
    QVERIFY(talk.say("RETR 1").starts_with("+OK Message follows\r\n"));
  }
}

void DeliveryTest::a_huge_header_passes() {
  const std::string message = "To: ü@x.example\r\nX: " + std::string(300 * 1024, 'x') + "\r\n" + kBody;
  QCOMPARE(retrieved(message, Downgrade::always, false), message);
  QCOMPARE(retrieved(message, Downgrade::always, false, 100000), message);
}

QTEST_APPLESS_MAIN(DeliveryTest)
#include "delivery_test.moc"

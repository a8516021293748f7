#include "base/machine.h"

#include <QtTest>
#include <string>

using namespace postern;
using Kind = Action::Kind;

class MachineTest : public QObject {
  Q_OBJECT
 private slots:
  void text_that_follows_text_is_one_action();
  void another_action_separates();
  void views_are_not_copied();
  void empty_content_is_nothing();
  void texts_stay_when_the_list_grows();
  void clear_empties();
};

void MachineTest::text_that_follows_text_is_one_action() {
  Actions actions;
  std::string text = "250-first\r\n";
  actions.send(text);
  text.assign(text.size(), 'x');  // it was copied
  actions.send("250 last\r\n");
  QCOMPARE(actions.size(), size_t{1});
  QVERIFY(actions[0].kind == Kind::send);
  QCOMPARE(std::string(actions[0].bytes), std::string("250-first\r\n250 last\r\n"));
}

void MachineTest::another_action_separates() {
  Actions actions;
  actions.send("220 go\r\n");
  actions.add(Kind::start_tls);
  actions.send("221 bye\r\n");
  actions.add(Kind::close);
  QCOMPARE(actions.size(), size_t{4});
  QCOMPARE(std::string(actions[0].bytes), std::string("220 go\r\n"));
  QVERIFY(actions[1].kind == Kind::start_tls && actions[1].bytes.empty());
  QCOMPARE(std::string(actions[2].bytes), std::string("221 bye\r\n"));
  QVERIFY(actions[3].kind == Kind::close);
}

void MachineTest::views_are_not_copied() {
  Actions actions;
  const std::string body = "octets";
  actions.send("+OK\r\n");
  actions.send_view(body);
  actions.send(".\r\n");
  actions.content(body);
  QCOMPARE(actions.size(), size_t{4});
  QVERIFY(actions[1].kind == Kind::send && actions[1].bytes.data() == body.data());
  QCOMPARE(std::string(actions[2].bytes), std::string(".\r\n"));
  QVERIFY(actions[3].kind == Kind::content && actions[3].bytes.data() == body.data());
}

void MachineTest::empty_content_is_nothing() {
  Actions actions;
  actions.content("");
  QVERIFY(actions.empty());
  actions.send("");
  actions.send("x");
  QCOMPARE(actions.size(), size_t{1});
  QCOMPARE(std::string(actions[0].bytes), std::string("x"));
}

void MachineTest::texts_stay_when_the_list_grows() {
  Actions actions;
  for (int i = 0; i < 1000; ++i) {
    actions.send("reply " + std::to_string(i));
    actions.add(Kind::ask);
  }
  QCOMPARE(actions.size(), size_t{2000});
  for (int i = 0; i < 1000; ++i)
    QCOMPARE(std::string(actions[static_cast<size_t>(2 * i)].bytes), "reply " + std::to_string(i));
}

void MachineTest::clear_empties() {
  Actions actions;
  actions.send("one");
  actions.add(Kind::commit);
  actions.clear();
  QVERIFY(actions.empty());
  actions.send("two");
  QCOMPARE(actions.size(), size_t{1});
  QCOMPARE(std::string(actions[0].bytes), std::string("two"));
}

QTEST_APPLESS_MAIN(MachineTest)
#include "machine_test.moc"

#include <QtTest>

#include "dialogues/pop3_machine.h"

using namespace postern::test;

class Pop3DialoguesTest final : public QObject {
  Q_OBJECT

 private slots:
  void dialogue_data() {
    QTest::addColumn<size_t>("index");
    std::string error;
    dialogues_ = load_dialogues(POSTERN_SOURCE_DIR "/tests/dialogues/pop3", error);
    QVERIFY2(error.empty(), error.c_str());
    for (size_t i = 0; i < dialogues_.size(); ++i)
      QTest::newRow((dialogues_[i].file + ": " + dialogues_[i].name).c_str()) << i;
  }

  void dialogue() {
    QFETCH(size_t, index);
    const std::string error = run_every_way(dialogues_[index], [] { return std::make_unique<Pop3Dialogue>(); });
    QVERIFY2(error.empty(), error.c_str());
  }

  /// The machine's own checks must be able to fail.
  void a_wrong_dialogue_fails_data() {
    QTest::addColumn<QString>("text");
    QTest::newRow("other reply") << "C: CAPA\nS: -ERR\n";
    QTest::newRow("not closed") << "X:\n";
    QTest::newRow("nothing removed") << "removed: 1\n";
    QTest::newRow("no such verdict") << "V: wrong-login\n";
    QTest::newRow("not kept secret") << "C: USER hush\nS: -ERR *\nsecret: hush\n";
    QTest::newRow("no question") << "Q: login\n";
  }

  void a_wrong_dialogue_fails() {
    QFETCH(QString, text);
    std::string error;
    const std::string whole = "== wrong\nS: +OK mx.example.org POP3 ready\n" + text.toStdString();
    const std::vector<Dialogue> dialogues = parse_dialogues(whole, "wrong", error);
    QVERIFY(error.empty());
    QVERIFY(!run_every_way(dialogues[0], [] { return std::make_unique<Pop3Dialogue>(); }).empty());
  }

 private:
  std::vector<Dialogue> dialogues_;
};

QTEST_APPLESS_MAIN(Pop3DialoguesTest)
#include "pop3_dialogues_test.moc"

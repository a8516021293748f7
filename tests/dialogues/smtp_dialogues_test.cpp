#include <QtTest>

#include "dialogues/smtp_machine.h"

using namespace postern::test;

class SmtpDialoguesTest final : public QObject {
  Q_OBJECT

 private slots:
  void dialogue_data() {
    QTest::addColumn<size_t>("index");
    std::string error;
    dialogues_ = load_dialogues(POSTERN_SOURCE_DIR "/tests/dialogues/smtp", error);
    QVERIFY2(error.empty(), error.c_str());
    for (size_t i = 0; i < dialogues_.size(); ++i)
      QTest::newRow((dialogues_[i].file + ": " + dialogues_[i].name).c_str()) << i;
  }

  void dialogue() {
    QFETCH(size_t, index);
    const std::string error = run_every_way(dialogues_[index], [] { return std::make_unique<SmtpDialogue>(); });
    QVERIFY2(error.empty(), error.c_str());
  }

  /// The runner itself must be able to fail.
  void a_wrong_dialogue_fails_data() {
    QTest::addColumn<QString>("text");
    QTest::newRow("other reply") << "C: NOOP\nS: 250 2.0.0 NO\n";
    QTest::newRow("reply not expected") << "C: NOOP\n";
    QTest::newRow("no reply") << "C: NOOP\nS: 250 2.0.0 OK\nS: 250 2.0.0 OK\n";
    QTest::newRow("not closed") << "X:\n";
    QTest::newRow("no TLS wanted") << "T: ok\n";
    QTest::newRow("no question") << "A: stored\n";
    QTest::newRow("unknown event") << "E: flood\n";
    QTest::newRow("nothing stored") << "D: 1\n";
    QTest::newRow("no such verdict") << "V: relay-denied\n";
    QTest::newRow("not kept secret") << "C: NOOP hush\nS: 250 2.0.0 OK\nsecret: hush\n";
  }

  void a_wrong_dialogue_fails() {
    QFETCH(QString, text);
    std::string error;
    const std::string whole = "== wrong\nS: 220 mx.example.org ESMTP Postern\n" + text.toStdString();
    const std::vector<Dialogue> dialogues = parse_dialogues(whole, "wrong", error);
    QVERIFY(error.empty());
    QVERIFY(!run_every_way(dialogues[0], [] { return std::make_unique<SmtpDialogue>(); }).empty());
  }

  void escapes() {
    QCOMPARE(unescape("a\\r\\n\\x41\\\\{xy*3}."), std::string("a\r\nA\\xyxyxy."));
    QVERIFY(matches("250*OK", "250 2.0.0 OK"));
    QVERIFY(!matches("250*OK", "250 2.0.0 OK."));
  }

 private:
  std::vector<Dialogue> dialogues_;
};

QTEST_APPLESS_MAIN(SmtpDialoguesTest)
#include "smtp_dialogues_test.moc"

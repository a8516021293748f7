#include "protocol/smtp/request.h"

#include <QtTest>
#include <limits>

using namespace postern::smtp;

class RequestTest final : public QObject {
  Q_OBJECT

 private slots:
  void xtext_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("decoded");
    QTest::newRow("plain") << QByteArray("QQ314159") << "QQ314159";
    QTest::newRow("plus and equals") << QByteArray("a+2Bb+3Dc") << "a+b=c";
    QTest::newRow("empty") << QByteArray("") << "";
    QTest::newRow("blank") << QByteArray("a+20b") << "a b";
  }

  void xtext() {
    QFETCH(QByteArray, text);
    const auto decoded = decode_xtext(text.toStdString());
    QVERIFY(decoded.has_value());
    QTEST(QString::fromStdString(*decoded), "decoded");
  }

  void bad_xtext() {
    for (const char* bad :
         {"a=b", "a+2", "a+", "a+2b", "a+GG", "a+0D", "a+0a", "a+00", "a+7F", "a+FF", "\xc3\xbc", "a\r"})
      QVERIFY2(!decode_xtext(bad).has_value(), bad);
  }

  void chunks() {
    Chunk chunk;
    QCOMPARE(parse_chunk("86 LAST", chunk), ChunkForm::good);
    QCOMPARE(chunk.octets, uint64_t{86});
    QVERIFY(chunk.last);
    QCOMPARE(parse_chunk("0", chunk), ChunkForm::good);
    QVERIFY(!chunk.last);
    QCOMPARE(parse_chunk("18446744073709551614", chunk), ChunkForm::good);
    QCOMPARE(chunk.octets, std::numeric_limits<uint64_t>::max() - 1);
    for (const char* text : {"10 LASTLY", "10 11", "10 LAST LAST"})
      QCOMPARE(parse_chunk(text, chunk), ChunkForm::bad_end);
    for (const char* text : {"", "LAST", "x10"}) QCOMPARE(parse_chunk(text, chunk), ChunkForm::bad);
    for (const char* text : {"-1", "+1", "1x", "0x10", "18446744073709551615", "18446744073709551616", "1,000", "1.0",
                             "000000000000000000001"})
      QCOMPARE(parse_chunk(text, chunk), ChunkForm::lost);
  }

  void paths() {
    Request request;
    request.argument = "FROM:<@a.example,@b.example:\"x>y\"@Example.com> SIZE=5";
    QVERIFY(!parse_mail(request));
    QVERIFY(request.path.routed);
    QCOMPARE(request.path.mailbox->local_part, std::string("x>y"));
    QCOMPARE(request.path.mailbox->domain, std::string("example.com"));
    QCOMPARE(request.mail.size.value(), uint64_t{5});
  }

  void the_null_path_is_a_sender_only() {
    Request mail, rcpt;
    mail.argument = "FROM:<>";
    rcpt.argument = "TO:<>";
    QVERIFY(!parse_mail(mail));
    QVERIFY(!mail.path.mailbox.has_value());
    QCOMPARE(parse_rcpt(rcpt).reply, Reply::bad_recipient);
  }

  void reasons_are_printable() {
    Request request;
    const std::string text = "FROM:<j\xc3\xbcrgen\x1b@>";
    request.argument = text;
    const Refusal refusal = parse_mail(request);
    QCOMPARE(refusal.reply, Reply::bad_sender);
    for (const char c : refusal.reason) QVERIFY(c >= 32 && c < 127);
  }
};

QTEST_APPLESS_MAIN(RequestTest)
#include "request_test.moc"

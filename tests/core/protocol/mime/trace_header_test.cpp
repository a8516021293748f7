#include "protocol/mime/trace_header.h"

#include <QtTest>

using namespace postern;
using namespace postern::mime;

namespace {

Received example() {
  Received out;
  out.helo = "foo.com";
  out.peer = *IpAddress::parse("192.0.2.7");
  out.by = "mx.example.org";
  out.with = "ESMTPS";
  out.id = "id.1";
  out.recipient = "alice@example.org";
  out.time = 1'795'510'800 * kMicrosPerSecond;
  return out;
}

}  // namespace

class TraceHeaderTest final : public QObject {
  Q_OBJECT

 private slots:
  void received() {
    const std::string expected =
        "Received: from foo.com ([192.0.2.7])\r\n"
        "\tby mx.example.org with ESMTPS id id.1\r\n"
        "\tfor <alice@example.org>;\r\n"
        "\tTue, 24 Nov 2026 09:00:00 +0000\r\n";
    QCOMPARE(received_header(example()), expected);
  }

  void several_recipients_are_not_named() {
    Received what = example();
    what.recipient = {};
    what.peer = *IpAddress::parse("2001:db8::7");
    const std::string text = received_header(what);
    QVERIFY(text.find("for <") == std::string::npos);
    QVERIFY(text.find("([IPv6:2001:db8::7])\r\n") != std::string::npos);
  }

  /// Whatever stands in it, a header is one header.
  void nothing_breaks_out_data() {
    QTest::addColumn<QByteArray>("helo");
    QTest::newRow("line end") << QByteArray("a\r\nBcc: x");
    QTest::newRow("bare LF") << QByteArray("a\nBcc: x");
    QTest::newRow("NUL") << QByteArray("a\0b", 3);
    QTest::newRow("comment") << QByteArray("a) by evil (b");
    QTest::newRow("semicolon") << QByteArray("a; Tue, 24 Nov 2026");
    QTest::newRow("8 bit") << QByteArray(
        "b\xc3\xbc"
        "cher");
    QTest::newRow("brackets") << QByteArray("[not a literal]");
    QTest::newRow("angle") << QByteArray("<a@b>");
    QTest::newRow("quote") << QByteArray("\"a\\");
    QTest::newRow("empty") << QByteArray("");
    QTest::newRow("long") << QByteArray(5000, 'a');
  }

  void nothing_breaks_out() {
    QFETCH(QByteArray, helo);
    const std::string name = helo.toStdString();
    const std::string cleaned = clean_helo(name);
    QVERIFY(!cleaned.empty() && cleaned.size() <= 255);
    for (const char c : cleaned)
      QVERIFY(std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr(".-_?", c) != nullptr);
    Received what = example();
    what.helo = name;
    what.recipient = name;
    const std::string text = received_header(what);
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\r') QVERIFY(text[i + 1] == '\n');
      if (text[i] == '\n') QVERIFY(i + 1 == text.size() || text[i + 1] == '\t');
      QVERIFY(text[i] != '\0');
    }
  }

  void literals_stay() {
    QCOMPARE(clean_helo("[192.0.2.1]"), std::string("[192.0.2.1]"));
    QCOMPARE(clean_helo("[IPv6:2001:db8::1]"), std::string("[IPv6:2001:db8::1]"));
    QCOMPARE(clean_helo("[192.0.2.1"), std::string("?192.0.2.1"));
    QCOMPARE(clean_helo("under_score"), std::string("under_score"));
    QCOMPARE(clean_helo(""), std::string("unknown"));
  }

  void return_path() {
    QCOMPARE(return_path_header("a@example.com"), std::string("Return-Path: <a@example.com>\r\n"));
    QCOMPARE(return_path_header(""), std::string("Return-Path: <>\r\n"));
    QCOMPARE(return_path_header("a\r\nb"), std::string("Return-Path: <a??b>\r\n"));
  }
};

QTEST_APPLESS_MAIN(TraceHeaderTest)
#include "trace_header_test.moc"

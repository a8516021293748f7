#include "protocol/mime/address.h"

#include <QtTest>

using namespace postern::mime;

class AddressTest final : public QObject {
  Q_OBJECT

 private slots:
  void accepted_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("local_part");
    QTest::addColumn<QString>("domain");
    QTest::addColumn<QString>("written");
    QTest::newRow("plain") << "bob@example.com"
                           << "bob"
                           << "example.com"
                           << "bob@example.com";
    QTest::newRow("case") << "Bob.Smith@EXAMPLE.Com"
                          << "Bob.Smith"
                          << "example.com"
                          << "Bob.Smith@example.com";
    QTest::newRow("atext") << "!#$%&'*+-/=?^_`{|}~@x"
                           << "!#$%&'*+-/=?^_`{|}~"
                           << "x"
                           << "!#$%&'*+-/=?^_`{|}~@x";
    QTest::newRow("quoted") << "\"bob smith\"@x"
                            << "bob smith"
                            << "x"
                            << "\"bob smith\"@x";
    QTest::newRow("quotes not needed") << "\"bob\"@x"
                                       << "bob"
                                       << "x"
                                       << "bob@x";
    QTest::newRow("quoted pair") << "\"a\\\"\\\\\\b\"@x"
                                 << "a\"\\b"
                                 << "x"
                                 << "\"a\\\"\\\\b\"@x";
    QTest::newRow("quoted at") << "\"a@b\"@x"
                               << "a@b"
                               << "x"
                               << "\"a@b\"@x";
    QTest::newRow("empty quoted") << "\"\"@x"
                                  << ""
                                  << "x"
                                  << "\"\"@x";
    QTest::newRow("quoted dots") << "\"a..b\"@x"
                                 << "a..b"
                                 << "x"
                                 << "\"a..b\"@x";
    QTest::newRow("IPv4") << "a@[192.0.2.1]"
                          << "a"
                          << "[192.0.2.1]"
                          << "a@[192.0.2.1]";
    QTest::newRow("IPv6") << "a@[IPv6:2001:db8::1]"
                          << "a"
                          << "[IPv6:2001:db8::1]"
                          << "a@[IPv6:2001:db8::1]";
    QTest::newRow("longest local part") << QString(64, 'l') + "@x" << QString(64, 'l') << "x"
                                        << QString(64, 'l') + "@x";
    QTest::newRow("digits") << "1@2.3"
                            << "1"
                            << "2.3"
                            << "1@2.3";
    QTest::newRow("hyphens") << "-a-@b--c.d-e"
                             << "-a-"
                             << "b--c.d-e"
                             << "-a-@b--c.d-e";
  }

  void accepted() {
    QFETCH(QString, text);
    const auto mailbox = parse_mailbox(text.toStdString(), false);
    QVERIFY(mailbox.has_value());
    QTEST(QString::fromStdString(mailbox->local_part), "local_part");
    QTEST(QString::fromStdString(mailbox->domain), "domain");
    QTEST(QString::fromStdString(mailbox->to_string()), "written");
    // What is written means the same.
    QVERIFY(parse_mailbox(mailbox->to_string(), false) == mailbox);
  }

  void refused_data() {
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char* text) { QTest::newRow(text) << QByteArray(text); };
    for (const char* text : {"",
                             "@",
                             "bob",
                             "bob@",
                             "@x",
                             "a@b@c",
                             ".a@x",
                             "a.@x",
                             "a..b@x",
                             "a b@x",
                             "a@b c",
                             "a@.b",
                             "a@b.",
                             "a@b..c",
                             "a@-b",
                             "a@b-",
                             "a@b_c",
                             "\"a@x",
                             "\"a\"b@x",
                             "a\"b\"@x",
                             "\"a\\\"@x",
                             "\"a\"",
                             "\"a\"@",
                             "a@[1.2.3]",
                             "a@[1.2.3.4",
                             "a@[01.2.3.4]",
                             "a@[1.2.3.4]x",
                             "a@[::1]",
                             "a@[IPv6:1.2.3.4]",
                             "a@[IPv6:]",
                             "a@[tag:x]",
                             "a@[]",
                             "<a@x>",
                             "a@x,",
                             "a,b@x",
                             "a:b@x",
                             "(a)b@x",
                             "a@x(c)",
                             "a\r\n@x",
                             "\"a\nb\"@x",
                             "\"a\tb\"@x",
                             "a@x\r",
                             "j\xc3\xbcrgen@x",
                             "a@b\xc3\xbc",
                             "\"\xc3\xbc\"@x",
                             "a@\x7f",
                             "\"\\\xc3\xbc\"@x"})
      row(text);
    QTest::newRow("NUL") << QByteArray("a\0b@x", 5);
    QTest::newRow("NUL quoted") << QByteArray("\"a\0b\"@x", 7);
    QTest::newRow("long local part") << QByteArray(65, 'l') + "@x";
    QTest::newRow("long quoted local part") << "\"" + QByteArray(63, 'l') + "\"@x";
    QTest::newRow("long label") << "a@" + QByteArray(64, 'l');
    QTest::newRow("long path") << "a@" + QByteArray("12345678.").repeated(30) + "x";
  }

  void refused() {
    QFETCH(QByteArray, text);
    QVERIFY(!parse_mailbox(text.toStdString(), false).has_value());
  }

  void utf8() {
    const auto mailbox = parse_mailbox(
        "j\xc3\xbcrgen@B\xc3\xbc"
        "CHER.example",
        true);
    QVERIFY(mailbox.has_value());
    QCOMPARE(mailbox->local_part, std::string("j\xc3\xbcrgen"));
    QCOMPARE(mailbox->domain, std::string("b\xc3\xbc"
                                          "cher.example"));
    QVERIFY(parse_mailbox("\"\xe4\xbd\xa0 \xe5\xa5\xbd\"@x", true).has_value());
    for (const char* bad : {"\xff@x", "\xc0\xaf@x", "a@\xed\xa0\x80", "\xc3@x", "\"\xc3\"@x", "\"\\\xc3\xbc\"@x"})
      QVERIFY2(!parse_mailbox(bad, true).has_value(), bad);
  }

  void domains() {
    for (const char* good : {"x", "example.com", "xn--bcher-kva.example", "1.2"})
      QVERIFY2(is_domain(good, false), good);
    for (const char* bad : {"", ".", "a..b", "a_b", "[1.2.3.4]", "a b", "a\n", "*"})
      QVERIFY2(!is_domain(bad, false), bad);
    QVERIFY(
        is_domain("b\xc3\xbc"
                  "cher",
                  true));
    QVERIFY(
        !is_domain("b\xc3\xbc"
                   "cher",
                   false));
    const std::string label(63, 'a');
    QVERIFY(is_domain(label + "." + label + "." + label + "." + std::string(63, 'b'), false));
    QVERIFY(!is_domain(label + "." + label + "." + label + "." + label + ".a", false));
  }
};

QTEST_APPLESS_MAIN(AddressTest)
#include "address_test.moc"

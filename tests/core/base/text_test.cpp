#include "base/text.h"

#include <QtTest>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "base/json.h"

using namespace postern;

class TextTest : public QObject {
  Q_OBJECT
 private slots:
  void base64_round_trip();
  void base64_is_strict();
  void addresses();
  void networks();
  void times();
  void utf8();
  void json_limits();
};

void TextTest::base64_round_trip() {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    const auto back = from_base64(base64(as_bytes(text)));
    QVERIFY(back.has_value());
    QCOMPARE(to_string(*back), text);
  }
  QCOMPARE(base64(as_bytes("foob")), std::string("Zm9vYg=="));
}

void TextTest::base64_is_strict() {
  for (const char* text : {"Zg", "Zg=", "Z===", "Zh==", "Zm9=", "Zm 9", "=m9v", "Zm9v\r\n", "Zg==Zg=="})
    QVERIFY2(!from_base64(text), text);
}

void TextTest::addresses() {
  QCOMPARE(IpAddress::parse("2001:db8:0:0:1:0:0:1")->to_string(), std::string("2001:db8::1:0:0:1"));
  QCOMPARE(IpAddress::parse("::ffff:192.0.2.1")->to_string(), std::string("192.0.2.1"));
  QVERIFY(*IpAddress::parse("::ffff:192.0.2.1") == *IpAddress::parse("192.0.2.1"));
  QCOMPARE(IpAddress::parse("2001:db8::25")->to_literal(), std::string("[IPv6:2001:db8::25]"));
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", ":::", "1::2::3", "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9", "fe80::1%eth0", "12345::"})
    QVERIFY2(!IpAddress::parse(text), text);
  QCOMPARE(Endpoint::parse("[::1]:110")->to_string(), std::string("[::1]:110"));
  QVERIFY(!Endpoint::parse("::1:110"));
  QVERIFY(!Endpoint::parse("127.0.0.1:65536"));
}

void TextTest::networks() {
  QVERIFY(Network::parse("10.0.1.0/24")->contains(*IpAddress::parse("10.0.1.255")));
  QVERIFY(!Network::parse("10.0.1.0/24")->contains(*IpAddress::parse("10.0.2.0")));
  QCOMPARE(Network::parse("10.0.1.77/24")->to_string(), std::string("10.0.1.0/24"));
  QVERIFY(Network::parse("0.0.0.0/0")->contains(*IpAddress::parse("203.0.113.7")));
  QVERIFY(!Network::parse("0.0.0.0/0")->contains(*IpAddress::parse("2001:db8::1")));
  QVERIFY(!Network::parse("10.0.0.0/33"));
}

void TextTest::times() {
  const WallTime time = *parse_rfc3339("2026-11-24T08:30:05Z");
  QCOMPARE(format_rfc3339(time), std::string("2026-11-24T08:30:05Z"));
  QCOMPARE(format_rfc5322(time), std::string("Tue, 24 Nov 2026 08:30:05 +0000"));
  QVERIFY(!parse_rfc3339("2026-02-30T00:00:00Z"));
  QVERIFY(!parse_rfc3339("2026-11-24T08:30:05"));
}

void TextTest::utf8() {
  QVERIFY(is_utf8("Grüße 你好 🙂"));
  for (const char* text : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) QVERIFY(!is_utf8(text));
}

void TextTest::json_limits() {
  QVERIFY(parse_json("{\"a\":[1,2]}").has_value());
  QVERIFY(!parse_json(std::string(100, '[') + std::string(100, ']')).has_value());
  QVERIFY(!parse_json("{\"a\":1,\"a\":2}").has_value());
  QVERIFY(!parse_json("{\"a\":1").has_value());
}

QTEST_APPLESS_MAIN(TextTest)
#include "text_test.moc"

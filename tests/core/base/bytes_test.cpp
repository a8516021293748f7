#include "base/bytes.h"

#include <QtTest>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/json.h"
#include "base/text.h"

using namespace postern;

class BytesTest : public QObject {
  Q_OBJECT
 private slots:
  void hexadecimal();
  void every_octet_survives_base64();
  void trimming_and_splitting();
  void cases();
  void printable_text();
  void clocks();
  void dates();
  void json_text();
  void address_order();
};

void BytesTest::hexadecimal() {
  QCOMPARE(hex(Bytes{0x00, 0x0f, 0xa0, 0xff}), std::string("000fa0ff"));
  QCOMPARE(from_hex("000FA0ff").value(), (Bytes{0x00, 0x0f, 0xa0, 0xff}));
  QVERIFY(from_hex("").value().empty());
  for (const char* text : {"0", "0g", "0x00", " 00", "00 ", "-1"}) QVERIFY2(!from_hex(text), text);
}

void BytesTest::every_octet_survives_base64() {
  Bytes all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<uint8_t>(i));
  for (size_t length = 250; length <= all.size(); ++length) {
    const Bytes part(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(length));
    QCOMPARE(from_base64(base64(part)).value(), part);
    QCOMPARE(from_hex(hex(part)).value(), part);
  }
  QVERIFY(!from_base64("=") && !from_base64("Zg=\xff") && !from_base64(std::string_view("Zg=\0", 4)));
}

void BytesTest::trimming_and_splitting() {
  QCOMPARE(std::string(trim(" \t a b\t ")), std::string("a b"));
  QVERIFY(trim(" \t ").empty());
  QCOMPARE(std::string(trim("\r\na")), std::string("\r\na"));
  const auto parts = split("a,,b,", ',');
  QCOMPARE(parts.size(), size_t{4});
  QVERIFY(parts[0] == "a" && parts[1].empty() && parts[2] == "b" && parts[3].empty());
  QCOMPARE(split("", ',').size(), size_t{1});
}

void BytesTest::cases() {
  QCOMPARE(to_lower("ABC\xc3\x84Z"), std::string("abc\xc3\x84z"));
  QVERIFY(equal_ignoring_case("MAIL from", "mail FROM"));
  QVERIFY(!equal_ignoring_case("MAIL", "MAILX"));
  QVERIFY(!equal_ignoring_case("[", "{"));  // they differ by the same bit as letters do
  QVERIFY(starts_with_ignoring_case("From:<a>", "FROM:"));
  QVERIFY(!starts_with_ignoring_case("FRO", "FROM:"));
  QVERIFY(is_ascii("\x7f") && !is_ascii("\x80"));
}

void BytesTest::printable_text() {
  QCOMPARE(printable("a\\b\r\n\x1b\xff"), std::string("a\\x5cb\\x0d\\x0a\\x1b\\xff"));
  QCOMPARE(printable("abcdef", 3), std::string("abc..."));
  QVERIFY(printable(std::string(1000, '\n'), 100).size() <= 107);
}

void BytesTest::clocks() {
  ManualClock clock(5 * kMicrosPerSecond);
  const auto began = clock.now();
  clock.advance(std::chrono::milliseconds(1500));
  QCOMPARE(clock.wall(), WallTime{6'500'000});
  QVERIFY(clock.now() - began == std::chrono::milliseconds(1500));
  clock.set_wall(0);
  QVERIFY(clock.now() - began == std::chrono::milliseconds(1500));
  const SystemClock system;
  QVERIFY(system.wall() > 1'700'000'000 * kMicrosPerSecond);
  const auto first = system.now();
  QVERIFY(first <= system.now());
}

void BytesTest::dates() {
  QCOMPARE(format_rfc3339(951'782'400 * kMicrosPerSecond), std::string("2000-02-29T00:00:00Z"));
  QCOMPARE(format_rfc3339(999, true), std::string("1970-01-01T00:00:00.000Z"));
  QCOMPARE(format_rfc3339(999'000, true), std::string("1970-01-01T00:00:00.999Z"));
  QCOMPARE(parse_rfc3339("2000-02-29T00:00:00Z").value(), 951'782'400 * kMicrosPerSecond);
  for (const char* text : {"", "2000-02-29", "2001-02-29T00:00:00Z", "2000-13-01T00:00:00Z", "2000-01-01T24:00:00Z",
                           "2000-01-01T00:60:00Z", "x000-01-01T00:00:00Z", "2000-01-01T00:00:00Zx"})
    QVERIFY2(!parse_rfc3339(text), text);
}

void BytesTest::json_text() {
  QVERIFY(!parse_json("{\"a\":\"\xff\"}").has_value());
  QVERIFY(!parse_json("").has_value());
  QVERIFY(!parse_json("1 2").has_value());
  QVERIFY(!parse_json("[1,]").has_value());
  QVERIFY(!parse_json(std::string(kJsonMaxSize + 1, ' ')).has_value());
  QVERIFY(parse_json(std::string(kJsonMaxDepth, '[') + std::string(kJsonMaxDepth, ']')).has_value());
  QVERIFY(!parse_json(std::string(kJsonMaxDepth + 1, '[') + std::string(kJsonMaxDepth + 1, ']')).has_value());
  QVERIFY(!parse_json("{\"a\":{\"b\":1,\"b\":1}}").has_value());
  QVERIFY(parse_json("{\"a\":{\"b\":1},\"c\":{\"b\":1}}").has_value());
  QVERIFY(parse_json("[\"[[[[[\\\"[[[\"]").has_value());
  QCOMPARE(dump_json(Json{{"b", 1}, {"a", "\xff"}}), std::string("{\"a\":\"\xef\xbf\xbd\",\"b\":1}"));
}

void BytesTest::address_order() {
  const auto at = [](const char* text) { return IpAddress::parse(text).value(); };
  QVERIFY(at("10.0.0.1") < at("10.0.0.2"));
  QVERIFY(at("127.9.9.9").is_loopback() && at("::1").is_loopback() && !at("128.0.0.1").is_loopback());
  QVERIFY(at("192.0.2.1").is_v4() && !at("2001:db8::1").is_v4());
  QVERIFY(Network::parse("2001:db8::/33")->contains(at("2001:db8:7fff::1")));
  QVERIFY(!Network::parse("2001:db8::/33")->contains(at("2001:db8:8000::1")));
  QVERIFY(Network::parse("::/0")->contains(at("192.0.2.1")));
  QVERIFY(Network::parse("192.0.2.7/32")->contains(at("::ffff:192.0.2.7")));
}

QTEST_APPLESS_MAIN(BytesTest)
#include "bytes_test.moc"

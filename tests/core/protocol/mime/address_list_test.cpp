#include "protocol/mime/address_list.h"

#include "protocol/mime/parameters.h"
#include "show.h"

using namespace postern;
using namespace postern::mime;

namespace {

std::string shown(std::string_view text) {
  std::string out;
  for (const Address& address : parse_address_list(text))
    out += (out.empty() ? "" : " | ") + address.group + ":" + address.name + ":" + address.address;
  return out;
}

std::string parameters(std::string_view text) {
  const RawParameters raw = read_parameters(text);
  std::string out = raw.head;
  for (const Parameter& parameter : parse_parameters(raw)) out += "|" + parameter.name + "=" + parameter.value;
  return out;
}

}  // namespace

class AddressListTest : public QObject {
  Q_OBJECT
 private slots:
  void lists_data();
  void lists();
  void bounds();
  void parameters_are_read_data();
  void parameters_are_read();
  void parameter_bounds();
};

void AddressListTest::lists_data() {
  QTest::addColumn<std::string>("text");
  QTest::addColumn<std::string>("wanted");
  const auto row = [](const char* name, const std::string& text, const std::string& wanted) {
    QTest::newRow(name) << text << wanted;
  };
  row("bare", " bob@example.org ", "::bob@example.org");
  row("named", "Bob Smith <bob@example.org>", ":Bob Smith:bob@example.org");
  row("quoted", "\"Smith, Bob \\\"B\\\"\" <bob@example.org>, x@y", ":Smith, Bob \"B\":bob@example.org | ::x@y");
  row("initial", "Joe Q. Public <joe@example.com>", ":Joe Q. Public:joe@example.com");
  row("comments", "Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", ":Pete:pete@silly.test");
  row("comment as name", "bob@example.org (Bob Smith)", ":Bob Smith:bob@example.org");
  row("groups", "A (x) :Chris <c@x>, joe@y; B: ; z@z", "A:Chris:c@x | A::joe@y | ::z@z");
  row("encoded", "=?utf-8?q?a?= =?utf-8?q?b?= <a@b.com>", ":ab:a@b.com");
  row("encoded in quotes", "\"foo =?utf-8?q?bar?=\" <a@b.com>", ":foo bar:a@b.com");
  row("utf8", "Jörg <jörg@bücher.example>", ":Jörg:jörg@bücher.example");
  row("route", "<@a.example,@b.example:bob@example.org>", "::bob@example.org");
  row("obsolete blanks", "bob . smith @ example . org", "::bob.smith@example.org");
  row("quoted local part", "\"bob smith\"@example.org", "::\"bob smith\"@example.org");
  row("literal", "bob@[192.0.2.1]", "::bob@[192.0.2.1]");
  row("address as name", "bob@example.org <bob@example.org>", ":bob@example.org:bob@example.org");
  row("no brackets", "John Doe john@example.org", "::john@example.org");
  row("no closing bracket", "Bob <bob@x.example, ann@y.example", ":Bob:bob@x.example | ::ann@y.example");
  row("empty places", ",, bob@x ,;, ann@y,", "::bob@x | ::ann@y");
  row("empty brackets", "Nobody <>", "");
  row("folded", "Bob\r\n Smith\r\n <bob@x>", ":Bob Smith:bob@x");
  row("nothing", "", "");
  row("semicolons", "a@x; b@y", "::a@x | ::b@y");
}

void AddressListTest::lists() {
  QFETCH(std::string, text);
  QFETCH(std::string, wanted);
  QCOMPARE(shown(text), wanted);
}

void AddressListTest::bounds() {
  std::string many;
  for (size_t i = 0; i < kAddressLimit + 10; ++i) many += "a@b,";
  QCOMPARE(parse_address_list(many).size(), kAddressLimit);
  QVERIFY(parse_address_list(std::string(200000, '(')).empty());
  QVERIFY(parse_address_list(std::string(200000, '<')).empty());
  QVERIFY(parse_address_list(std::string(200000, ':')).empty());
}

void AddressListTest::parameters_are_read_data() {
  QTest::addColumn<std::string>("text");
  QTest::addColumn<std::string>("wanted");
  const auto row = [](const char* name, const std::string& text, const std::string& wanted) {
    QTest::newRow(name) << text << wanted;
  };
  row("none", " audio/basic", "audio/basic");
  row("simple", "text/plain; charset =us-ascii (Plain text)", "text/plain|charset=us-ascii");
  row("quoted", "multipart/mixed; boundary=\"a; b=c\"; x=y", "multipart/mixed|boundary=a; b=c|x=y");
  row("blank in type", "image/ jpeg", "image/jpeg");
  row("comments in type", "(hello) text (plain) / (world) plain (eod);charset=utf-8", "text/plain|charset=utf-8");
  row("empty ones", "text/plain ;;;;; = ;; name=\"value\"", "text/plain|name=value");
  row("escaped", "application/x-stuff;\r\n title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
      "application/x-stuff|title=This is ***fun***");
  row("continued",
      "a/b; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
      "a/b|title=This is even more ***fun*** isn't it!");
  row("out of order", "a/b; n*1=b; n*0=a; n*2=c", "a/b|n=abc");
  row("latin", "a/b; name*=iso-8859-1''HasenundFr%F6sche.txt", "a/b|name=HasenundFrösche.txt");
  row("character in two sections", "a/b; n*0*=utf-8''%C3; n*1*=%BC", "a/b|n=ü");
  row("escaped wins", "attachment; filename=\"plain.txt\"; filename*=UTF-8''b%C3%BC.txt", "attachment|filename=bü.txt");
  row("encoded word", "image/png; name=\"=?utf-8?q?=E3=83=8F?=.png\"", "image/png|name=ハ.png");
  row("windows path", "attachment; filename=\"C:\\Temp\\x.doc\"", "attachment|filename=C:\\Temp\\x.doc");
  row("bare with parentheses", "attachment; filename=report (1).pdf", "attachment|filename=report (1).pdf");
  row("first counts", "a/b; charset=x; CHARSET=y", "a/b|charset=x");
  row("open quote", "a/b; name=\"abc", "a/b|name=abc");
  row("bad escapes", "a/b; n*=utf-8''a%G1%", "a/b|n=a%G1%");
  row("stars", "a/b; *=test; n**=x; n*99999=y", "a/b|*=test|n*=x|n*99999=y");
  row("type alone", "text plain", "text");
}

void AddressListTest::parameters_are_read() {
  QFETCH(std::string, text);
  QFETCH(std::string, wanted);
  QCOMPARE(parameters(text), wanted);
}

void AddressListTest::parameter_bounds() {
  std::string many = "a/b";
  for (int i = 0; i < 100000; ++i) many += "; n*" + std::to_string(i % 5000) + "=x";
  const RawParameters raw = read_parameters(many);
  QCOMPARE(raw.parameters.size(), kParameterLimit);
  QCOMPARE(parse_parameters(raw).size(), size_t{1});
}

QTEST_APPLESS_MAIN(AddressListTest)
#include "address_list_test.moc"

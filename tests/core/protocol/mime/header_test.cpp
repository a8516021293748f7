#include "protocol/mime/header.h"

#include "protocol/mime/lexer.h"
#include "show.h"

using namespace postern;
using namespace postern::mime;

class HeaderTest : public QObject {
  Q_OBJECT
 private slots:
  void fields_and_positions();
  void folds();
  void odd_blocks();
  void the_raw_fields_make_up_the_block();
  void many_fields_are_counted();
  void tokens();
  void open_delimiters();
};

void HeaderTest::fields_and_positions() {
  const std::string text = "Subject: one\r\n two\r\nTo : a@b\r\n\r\nbody: x\r\n";
  const Header header = read_header(text);
  QVERIFY(header.blank_line && !header.defective);
  QCOMPARE(header.fields.size(), size_t{2});
  QCOMPARE(std::string(header.fields[0].name), std::string("Subject"));
  QCOMPARE(std::string(header.fields[0].value), std::string(" one\r\n two"));
  QCOMPARE(std::string(header.fields[0].raw), std::string("Subject: one\r\n two\r\n"));
  QCOMPARE(std::string(header.fields[1].name), std::string("To"));
  QCOMPARE(text.substr(header.end), std::string("body: x\r\n"));
  QVERIFY(header.find("SUBJECT") == &header.fields[0]);
  QVERIFY(header.find("Body") == nullptr);
}

void HeaderTest::folds() {
  QCOMPARE(unfold(" a\r\n b\r\n\tc "), std::string("a b\tc"));
  QCOMPARE(unfold("a\n b"), std::string("a b"));
  QCOMPARE(unfold(" \r\n "), std::string());
}

void HeaderTest::odd_blocks() {
  QCOMPARE(read_header("").end, size_t{0});
  QCOMPARE(read_header("\r\nbody").end, size_t{2});
  QCOMPARE(read_header("\nbody").end, size_t{1});
  const Header no_end = read_header("A: b");
  QVERIFY(!no_end.blank_line);
  QCOMPARE(std::string(no_end.fields.at(0).value), std::string(" b"));
  const std::string_view stray = "A: b\r\nno colon here\r\nC: d\r\n\r\n";
  const Header defective = read_header(stray);
  QVERIFY(defective.defective);
  QCOMPARE(defective.fields.size(), size_t{1});
  QCOMPARE(std::string(stray.substr(defective.end, 8)), std::string("no colon"));
  const Header mbox = read_header("From bob Tue Nov 24\r\nA: b\r\n\r\n");
  QCOMPARE(std::string(mbox.fields.at(0).name), std::string("A"));
  const Header indented = read_header(" lost\r\nA: b\r\n\r\n");
  QVERIFY(indented.defective);
  QCOMPARE(indented.fields.size(), size_t{1});
  QVERIFY(read_header(": no name\r\n").fields.empty());
}

void HeaderTest::the_raw_fields_make_up_the_block() {
  const std::string block = "A: b\r\n\tc\r\nLong:" + std::string(5000, 'x') + "\r\nE:\nF: \n g\n";
  std::string joined;
  const std::string text = block + "\n";
  const Header header = read_header(text);
  for (const Field& field : header.fields) joined += field.raw;
  QCOMPARE(joined, block);
}

void HeaderTest::many_fields_are_counted() {
  std::string text;
  for (size_t i = 0; i < kFieldLimit + 5; ++i) text += "X: y\r\n";
  const Header header = read_header(text + "\r\nbody");
  QCOMPARE(header.fields.size(), kFieldLimit);
  QCOMPARE(header.left_out, size_t{5});
  QCOMPARE(header.end, text.size() + 2);
}

void HeaderTest::tokens() {
  Lexer lexer("a.b \"q \\\" (\"(c (d) \\) e)[1.2]<;\xc3\xa4");
  std::vector<std::string> texts;
  for (Token token = lexer.next(); token.kind != Token::Kind::end; token = lexer.next()) texts.emplace_back(token.text);
  const std::vector<std::string> wanted{"a.b", " ", "\"q \\\" (\"", "(c (d) \\) e)", "[1.2]", "<", ";", "\xc3\xa4"};
  QCOMPARE(texts, wanted);
  QCOMPARE(unquote("\"a\\\"b\""), std::string("a\"b"));
  QCOMPARE(unquote("(a (b)\\))"), std::string("a (b))"));
  QCOMPARE(first_word(" (c) base64 ; x"), std::string("base64"));
}

void HeaderTest::open_delimiters() {
  const std::string deep = std::string(100000, '(') + "x";
  Lexer lexer(deep);
  QCOMPARE(lexer.next().text.size(), deep.size());
  QVERIFY(lexer.next().kind == Token::Kind::end);
  QCOMPARE(Lexer("\"abc").next().text.size(), size_t{4});
  QCOMPARE(Lexer("\"abc\\").next().text.size(), size_t{5});
  QCOMPARE(unquote("\"abc\\"), std::string("abc\\"));
}

QTEST_APPLESS_MAIN(HeaderTest)
#include "header_test.moc"

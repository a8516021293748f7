#include "protocol/mime/walk.h"

#include "protocol/mime/date.h"
#include "protocol/mime/describe.h"
#include "show.h"

using namespace postern;
using namespace postern::mime;

namespace {

/// "type depth body" of each part, bodies of leaves only.
std::string shown(std::string_view message, const WalkLimits& limits = {}) {
  std::string out;
  for (const Part& part : walk(message, limits).parts) {
    out += part.type + " " + std::to_string(part.depth);
    out += part.leaf() ? " [" + std::string(part.body) + "]\n" : "\n";
  }
  return out;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

}  // namespace

class WalkTest : public QObject {
  Q_OBJECT
 private slots:
  void single_part();
  void multipart();
  void nested_and_unclosed();
  void boundaries_that_begin_alike();
  void the_same_boundary_inside();
  void messages_inside();
  void encoded_messages_stay_closed();
  void digests();
  void line_ends_that_belong_to_a_boundary();
  void broken_ones();
  void limits();
  void names_and_dispositions();
  void describes();
  void dates_data();
  void dates();
};

void WalkTest::single_part() {
  QCOMPARE(shown(""), std::string("text/plain 0 []\n"));
  QCOMPARE(shown("\r\nbody"), std::string("text/plain 0 [body]\n"));
  QCOMPARE(shown("A: b\r\n\r\nbody\r\n"), std::string("text/plain 0 [body\r\n]\n"));
  QCOMPARE(shown("Content-Type: Text/HTML\n\n--x\nbody"), std::string("text/html 0 [--x\nbody]\n"));
  QCOMPARE(shown("A: b"), std::string("text/plain 0 []\n"));
}

void WalkTest::multipart() {
  const std::string text =
      "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none\n--b \nContent-Type: "
      "a/b\n\ntwo\n\n--b--\nepilogue\n--b\nno part\n";
  const std::string wanted = "multipart/mixed 0\ntext/plain 1 [one]\na/b 1 [two\n]\n";
  QCOMPARE(shown(text), wanted);
  QCOMPARE(shown(with_crlf(text)), std::string("multipart/mixed 0\ntext/plain 1 [one]\na/b 1 [two\r\n]\n"));
  QVERIFY(!walk(text).defective);
}

void WalkTest::nested_and_unclosed() {
  const std::string text =
      "Content-Type: multipart/mixed; boundary=out\n\n--out\nContent-Type: multipart/alternative; "
      "boundary=in\n\n--in\n\na\n--in\n\nb\n--out\n\nc\n--out--\n";
  QCOMPARE(shown(text),
           std::string(
               "multipart/mixed 0\nmultipart/alternative 1\ntext/plain 2 [a]\ntext/plain 2 [b]\ntext/plain 1 [c]\n"));
  QVERIFY(walk(text).defective);
  QCOMPARE(shown("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nto the end\n"),
           std::string("multipart/mixed 0\ntext/plain 1 [to the end\n]\n"));
}

void WalkTest::boundaries_that_begin_alike() {
  QCOMPARE(shown("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--b1\n--bb--\n --b\nx\n--b--\n"),
           std::string("multipart/mixed 0\ntext/plain 1 [--b1\n--bb--\n --b\nx]\n"));
}

void WalkTest::the_same_boundary_inside() {
  const std::string text =
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; "
      "boundary=b\n\n--b\n\nx\n--b--\n--b--\n";
  QCOMPARE(shown(text), std::string("multipart/mixed 0\nmultipart/mixed 1\ntext/plain 2 [x]\n"));
}

void WalkTest::messages_inside() {
  const std::string text =
      "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nSubject: inner\nContent-Type: "
      "multipart/mixed; "
      "boundary=c\n\n--c\n\nx\n--c--\n--b\n\ny\n--b--\n";
  QCOMPARE(shown(text),
           std::string("multipart/mixed 0\nmessage/rfc822 1\nmultipart/mixed 2\ntext/plain 3 [x]\ntext/plain 1 [y]\n"));
  const Walk walked = walk(text);
  QCOMPARE(walked.parts[2].parent, size_t{1});
  QVERIFY(walked.parts[2].header.starts_with("Subject: inner"));
  QCOMPARE(shown("Content-Type: message/rfc822\n\n"), std::string("message/rfc822 0\ntext/plain 1 []\n"));
}

void WalkTest::encoded_messages_stay_closed() {
  QCOMPARE(shown("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQTogYg=="),
           std::string("message/rfc822 0 [QTogYg==]\n"));
}

void WalkTest::digests() {
  QCOMPARE(shown("Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\ny\n--b--\n"),
           std::string("multipart/digest 0\nmessage/rfc822 1\ntext/plain 2 [y]\n"));
}

/// The line end before a boundary is not content, nor when it is the empty line after the header of a message inside.
void WalkTest::line_ends_that_belong_to_a_boundary() {
  const std::string text =
      "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nA: b\r\n\r\n--b\r\n\r\n--b\r\n--b--\r\n";
  const Walk walked = walk(text);
  QCOMPARE(shown(text),
           std::string("multipart/digest 0\nmessage/rfc822 1\ntext/plain 2 []\nmessage/rfc822 1\ntext/plain 2 []\n"
                       "message/rfc822 1\ntext/plain 2 []\n"));
  QCOMPARE(walked.parts.at(1).body, std::string_view("A: b\r\n"));
  QCOMPARE(walked.parts.at(2).header, std::string_view("A: b\r\n"));
  for (size_t i = 1; i < walked.parts.size(); ++i) {
    const std::string_view body = walked.parts[i].body;
    const std::string_view around = walked.parts[walked.parts[i].parent].body;
    QVERIFY(body.data() >= around.data() && body.data() + body.size() <= around.data() + around.size());
  }
}

void WalkTest::broken_ones() {
  for (const std::string& text :
       {std::string("Content-Type: multipart/mixed\n\n--b\n\nx"),
        std::string("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n----\n"),
        std::string("Content-Type: multipart/mixed; boundary=\"" + std::string(100000, 'a') + "\n\nx")}) {
    const Walk walked = walk(text);
    QCOMPARE(walked.parts.size(), size_t{1});
    QVERIFY(walked.defective);
  }
  QCOMPARE(shown("Content-Type: multipart/mixed; boundary=b\n\n--b--\n"), std::string("multipart/mixed 0 [--b--\n]\n"));
  QCOMPARE(shown("Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n--b--"),
           std::string("multipart/mixed 0\ntext/plain 1 []\ntext/plain 1 []\n"));
  QCOMPARE(shown("Content-Type: multipart/mixed; boundary=b\n--b\nA: b\n--b--\n"),
           std::string("multipart/mixed 0 [--b\nA: b\n--b--\n]\n"));
  QCOMPARE(shown("Content-Type: nonsense\n\nx"), std::string("text/plain 0 [x]\n"));
  QCOMPARE(shown("A: b\nthe body begins here\n"), std::string("text/plain 0 [the body begins here\n]\n"));
  // A boundary with a colon looks like a field inside a header that does not end.
  QCOMPARE(shown("Content-Type: multipart/mixed; boundary=\"a:b\"\n\n--a:b\nX: y\n--a:b\n\nz\n--a:b--\n"),
           std::string("multipart/mixed 0\ntext/plain 1 []\ntext/plain 1 [z]\n"));
}

void WalkTest::limits() {
  std::string deep;
  for (int i = 0; i < 5000; ++i)
    deep += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\n\n--b" + std::to_string(i) + "\n";
  const Walk nested = walk(deep);
  QVERIFY(nested.truncated);
  QVERIFY(nested.parts.size() <= WalkLimits().depth + 1);
  std::string messages;
  for (int i = 0; i < 5000; ++i) messages += "Content-Type: message/rfc822\n\n";
  QVERIFY(walk(messages).truncated);
  std::string wide = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 100000; ++i) wide += "--b\n\nx\n";
  const Walk many = walk(wide);
  QCOMPARE(many.parts.size(), WalkLimits().parts);
  QVERIFY(many.truncated);
  WalkLimits few;
  few.parts = 2;
  QCOMPARE(walk("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n\ny\n--b--\n", few).parts.size(),
           size_t{2});
}

void WalkTest::names_and_dispositions() {
  const Walk walked = walk(
      "Content-Type: application/pdf; name=\"=?utf-8?q?=C3=BC.pdf?=\"; charset=X\nContent-Disposition: ATTACHMENT; "
      "filename*=utf-8''%C3%A4.pdf\n"
      "Content-Transfer-Encoding: Base64\n\nQUJD");
  const Part& part = walked.parts.at(0);
  QCOMPARE(part.filename, std::string("ä.pdf"));
  QCOMPARE(part.disposition, std::string("attachment"));
  QCOMPARE(std::string(part.charset()), std::string("X"));
  QVERIFY(part.transfer == Transfer::base64);
  QCOMPARE(walk("Content-Type: image/png; name=x.png\n\n").parts.at(0).filename, std::string("x.png"));
}

void WalkTest::describes() {
  const std::string text =
      "From: =?utf-8?q?J=C3=B6rg?= <j@example.org>, b@example.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n und mehr\n"
      "Date: Tue, 24 Nov 2026 09:00:00 +0100\nMessage-ID: <a@b> (x)\nContent-Type: multipart/mixed; "
      "boundary=b\n\n--b\n\nabc\n--b\n"
      "Content-Type: a/b\nContent-Transfer-Encoding: base64\n\nQUJD\nRA==\n--b\nContent-Transfer-Encoding: "
      "quoted-printable\n\n=41=\n\n--b--\n";
  const Description got = describe(as_bytes(text), [](BytesView octets) { return "<" + to_string(octets) + ">"; });
  QCOMPARE(got.subject, std::string("Grüße und mehr"));
  QCOMPARE(got.from, (std::vector<std::string>{"j@example.org", "b@example.org"}));
  QVERIFY(got.date == std::optional<int64_t>(1795507200));
  QCOMPARE(got.message_id, std::string("a@b"));
  QCOMPARE(got.parts.size(), size_t{3});
  QCOMPARE(got.parts[0].digest, std::string("<abc>"));
  QCOMPARE(got.parts[1].digest, std::string("<ABCD>"));
  QCOMPARE(got.parts[1].size, uint64_t{4});
  QCOMPARE(got.parts[2].digest, std::string("<A>"));
  const Description bare = describe(as_bytes("Message-ID: no@brackets x\nFrom: \xff\n"));
  QCOMPARE(bare.message_id, std::string("no@brackets"));
  QVERIFY(!bare.date && bare.parts.size() == 1 && bare.parts[0].digest.empty());
  QCOMPARE(describe({}).parts.size(), size_t{1});
}

void WalkTest::dates_data() {
  QTest::addColumn<std::string>("text");
  QTest::addColumn<qint64>("wanted");
  const auto row = [](const std::string& text, qint64 wanted) { QTest::newRow(text.c_str()) << text << wanted; };
  constexpr qint64 kNone = INT64_MIN;
  row("Tue, 24 Nov 2026 08:00:00 +0000", 1795507200);
  row("24 Nov 2026 08:00 GMT", 1795507200);
  row("Tue, 24 Nov 2026 03:00:00 EST", 1795507200);
  row("Tue, 24 Nov 2026 01:00:00 PDT", 1795507200);
  row("(a (b)) Tue , 24(c)Nov 26 10:30:00 +0230 (x)", 1795507200);
  row("Tue Nov 24 08:00:00 2026", 1795507200);
  row("from a by b; Tue, 24 Nov 2026 08:00:00 -0000", 1795507200);
  row("1 Jan 70 00:00:00 Z", 0);
  row("31 Dec 1969 23:59:59 +0000", -1);
  row("29 Feb 2000 00:00:00 +0000", 951782400);
  row("Tue, 24 Nov 2026 08:00:00.5 +0000", 1795507200);
  for (const char* none :
       {"", "nonsense", "24 Nov 2026", "0 Nov 2026 08:00", "32 Nov 2026 08:00", "31 Nov 2026 08:00",
        "24 Nov 2026 24:00", "24 Nov 2026 08:60", "24 Nov 2026 08:00:00 +9999", "24 Nov 2026 08:00:00 +1",
        "24 Nov 99999 08:00", "24 Nov 2026 2027 08:00", "24 Nov 2026 08:00 09:00", "99999999999 Nov 2026 08:00",
        "24 Nov 2026 :", "24 Nov 2026 1:2:3:4", "a b c d e f g h i j k l m n o p q r"})
    row(none, kNone);
}

void WalkTest::dates() {
  QFETCH(std::string, text);
  QFETCH(qint64, wanted);
  QCOMPARE(qint64{parse_date(text).value_or(INT64_MIN)}, wanted);
}

QTEST_APPLESS_MAIN(WalkTest)
#include "walk_test.moc"

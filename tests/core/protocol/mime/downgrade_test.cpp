#include "protocol/mime/downgrade.h"

#include "base/text.h"
#include "protocol/mime/encoded_word.h"
#include "protocol/mime/header.h"
#include "protocol/mime/parameters.h"
#include "show.h"

using namespace postern;
using namespace postern::mime;

class DowngradeTest : public QObject {
  Q_OBJECT
 private slots:
  void fields_data();
  void fields();
  void what_is_left_alone();
  void ascii_fields_are_untouched();
  void subjects_read_the_same();
  void file_names_read_the_same();
  void lines_are_short();
  void structured_or_not();
  void broken_fields_become_ascii();
  void a_stray_line_does_not_end_the_block();
  void too_many();
};

void DowngradeTest::fields_data() {
  QTest::addColumn<std::string>("text");
  QTest::addColumn<std::string>("wanted");
  const auto row = [](const char* name, const std::string& text, const std::string& wanted) {
    QTest::newRow(name) << text << wanted;
  };
  row("subject", "Subject: Grüße", "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=");
  row("part of a subject", "Subject: Re: two Grüße und mehr x",
      "Subject: Re: two =?UTF-8?Q?Gr=C3=BC=C3=9Fe?= und mehr x");
  row("unknown field", "X-Note: ü", "X-Note: =?UTF-8?B?w7w=?=");
  row("display name", "From: Jörg <j@example.org>", "From: =?UTF-8?Q?J=C3=B6rg?= <j@example.org>");
  row("quoted name", "From: \"Jörg, B.\" <j@example.org>", "From: =?UTF-8?Q?J=C3=B6rg=2C_B=2E?= <j@example.org>");
  row("address", "To: jörg@example.org", "To: =?UTF-8?Q?j=C3=B6rg=40example=2Eorg?= :;");
  row("name and address", "To: Bob \"B.\" <jörg@example.org>",
      "To: \"Bob B.\" =?UTF-8?Q?j=C3=B6rg=40example=2Eorg?= :;");
  row("one of two", "Cc: a@example.org, jörg@example.org, \"b, c\" <b@example.org>",
      "Cc: a@example.org, =?UTF-8?Q?j=C3=B6rg=40example=2Eorg?= :;, \"b, c\"\r\n <b@example.org>");
  row("comment", "From: j@example.org (Jörg)", "From: j@example.org (=?UTF-8?Q?J=C3=B6rg?=)");
  row("group name", "To: Büro: a@x.example, b@x.example;", "To: =?UTF-8?Q?B=C3=BCro?=: a@x.example, b@x.example;");
  row("group member", "To: Office: a@x.example, ü@x.example;, c@x.example",
      "To: Office =?UTF-8?Q?a=40x=2Eexample=2C_=C3=BC=40x=2Eexample?= :;,\r\n c@x.example");
  row("date comment", "Date: Tue, 24 Nov 2026 08:00:00 +0000 (früh)",
      "Date: Tue, 24 Nov 2026 08:00:00 +0000 (=?UTF-8?Q?fr=C3=BCh?=)");
  row("message id", "Message-ID: <ü@example.org>", "Downgraded-Message-ID: =?UTF-8?Q?=3C=C3=BC=40example=2Eorg=3E?=");
  row("received", "Received: from a by b with UTF8SMTP id 1 for <ü@example.org>; Tue, 24 Nov 2026 08:00:00 +0000",
      "Received: from a by b with UTF8SMTP id 1 ; Tue, 24 Nov 2026 08:00:00 +0000");
  row("parameter", "Content-Disposition: attachment; filename=\"bü.txt\"; size=3",
      "Content-Disposition: attachment; filename*=UTF-8''b%C3%BC.txt; size=3");
  row("keywords", "Keywords: one, zwölf", "Keywords: one, =?UTF-8?Q?zw=C3=B6lf?=");
  row("mixed with encoded words", "Subject: =?utf-8?q?a?= ü", "Subject: a =?UTF-8?B?w7w=?=");
}

void DowngradeTest::fields() {
  QFETCH(std::string, text);
  QFETCH(std::string, wanted);
  const std::optional<std::string> got = downgrade_header(text + "\r\n\r\n");
  QVERIFY(got.has_value());
  QCOMPARE(*got, wanted + "\r\n\r\n");
}

void DowngradeTest::what_is_left_alone() {
  QVERIFY(!downgrade_header("Subject: plain\r\n\r\n"));
  QVERIFY(!downgrade_header("Subject: gr\xfc\xdf\r\n\r\n"));
  QVERIFY(!downgrade_header("Subject: Grüße\r\nX: \xff\r\n\r\n"));
  QVERIFY(!downgrade_header(""));
}

void DowngradeTest::ascii_fields_are_untouched() {
  const std::string before = "Received: x\r\n\ty;  z\r\nX-Fold: a\r\n  b\r\n\tc \r\nx-odd :v\r\n";
  const std::string after = "To:  \"a\"  <b@c>\r\nContent-Type: text/plain ;  charset = utf-8\r\n\r\n";
  const std::string got = *downgrade_header(before + "Subject: ü\r\n" + after);
  QVERIFY(got.starts_with(before));
  QVERIFY(got.ends_with(after));
}

void DowngradeTest::subjects_read_the_same() {
  for (const std::string& subject :
       {std::string("你好，世界 Привет"), std::string("a  ü  b"),
        std::string("naïve café and some quite long text behind it that has to be folded somewhere"),
        std::string("🙂 ok"), std::string("ü") + std::string(600, 'x') + " y", std::string("=? ü ?= =?utf-8?q?")}) {
    const std::string got = *downgrade_header("Subject: " + subject + "\r\n\r\n");
    QVERIFY(is_ascii(got));
    QCOMPARE(decode_words(unfold(read_header(got).fields.at(0).value)), subject);
  }
}

void DowngradeTest::file_names_read_the_same() {
  std::string name;
  for (int i = 0; i < 40; ++i) name += "资料 \"x\" \\ 'y' %";
  std::string quoted;
  for (char c : name) quoted += (c == '"' || c == '\\' ? "\\" : "") + std::string(1, c);
  const std::string got =
      *downgrade_header("Content-Type: application/pdf; name=\"" + quoted + "\"; x=\"a b\"\r\n\r\n");
  QVERIFY(is_ascii(got));
  const RawParameters raw = read_parameters(read_header(got).fields.at(0).value);
  QCOMPARE(raw.head, std::string("application/pdf"));
  const std::vector<Parameter> parameters = parse_parameters(raw);
  QCOMPARE(*find_parameter(parameters, "name"), name);
  QCOMPARE(*find_parameter(parameters, "x"), std::string("a b"));
}

void DowngradeTest::lines_are_short() {
  std::string addresses;
  for (int i = 0; i < 50; ++i)
    addresses +=
        (i == 0 ? "" : ", ") + std::string("Jürgen Müller <j@example.org>, ü") + std::to_string(i) + "@example.org";
  const std::string got =
      *downgrade_header("To: " + addresses + "\r\nSubject: " + std::string(300, 'x') + "ü ü ü\r\n\r\n");
  std::string_view rest = got;
  std::string_view line;
  while (next_line(rest, line)) {
    QVERIFY2(chomp(line).size() <= 78, std::string(line).c_str());
    QVERIFY(line.ends_with("\r\n"));
    if (chomp(line).empty()) QVERIFY(rest.empty());
  }
}

void DowngradeTest::structured_or_not() {
  QVERIFY(has_utf8_in_structured("To: ü@x\r\n\r\n"));
  QVERIFY(has_utf8_in_structured("Subject: x\r\nContent-Type: a/b; name=\"ü\"\r\n"));
  QVERIFY(!has_utf8_in_structured("Subject: ü\r\nX-Note: ü\r\n\r\nTo: ü"));
  QVERIFY(!has_utf8_in_structured("To: a@b\r\n\r\n"));
  QVERIFY(!has_utf8_in_structured("From: Jürgen <a@b>, \"ü\" <c@d> (ü)\r\n\r\n"));
  QVERIFY(has_utf8_in_structured("From: Jurgen <ü@b>\r\n\r\n"));
  QVERIFY(has_utf8_in_structured("From: a@b, \"ü \\\" x\"@b\r\n\r\n"));
  QVERIFY(has_utf8_in_structured("To: Büro: a@b, c@bücher.example;\r\n\r\n"));
  QVERIFY(!has_utf8_in_structured("To: Büro: Jürgen a@b, \"ü@x\" <c@d>;\r\n\r\n"));
}

void DowngradeTest::broken_fields_become_ascii() {
  for (const std::string& text :
       {std::string("To: <ü\r\n"), std::string("To: ü:ü:ü;;ü\r\n"), std::string("Content-Type: ü/ü; ü=ü\r\n"),
        std::string("From: \"ü\r\n"), std::string("Received: for for ü for\r\n"), std::string("A: b\r\nno field ü\r\n"),
        std::string(" ü\r\nA: ü"), std::string("Date: ü \"ü\" [ü] (ü\r\n"),
        std::string("Content-Type: text/plain; filename*1*=ü; name*0=ü; name*=x'y'ü\r\n"), std::string("To: (((ü\r\n"),
        std::string("Return-Path: <ü@x>\r\n")}) {
    const std::optional<std::string> got = downgrade_header(text);
    QVERIFY2(got.has_value(), text.c_str());
    QVERIFY2(is_ascii(*got), got->c_str());
  }
}

void DowngradeTest::a_stray_line_does_not_end_the_block() {
  const std::string got = *downgrade_header("A: b\r\nno field ü\r\nTo: ü@x\r\nno field\r\nSubject: ü\r\n\r\n");
  QCOMPARE(got, std::string("A: b\r\n=?UTF-8?Q?no_field_=C3=BC?=\r\nTo: =?UTF-8?Q?=C3=BC=40x?= :;\r\nno field\r\n"
                            "Subject: =?UTF-8?B?w7w=?=\r\n\r\n"));
  QVERIFY(has_utf8_in_structured("no field\r\nTo: ü@x\r\n\r\n"));
}

void DowngradeTest::too_many() {
  std::string fields;
  for (size_t i = 0; i <= kFieldLimit; ++i) fields += "X: ü\r\n";
  QVERIFY(!downgrade_header(fields));
  std::string parameters = "Content-Type: a/b";
  for (size_t i = 0; i <= kParameterLimit; ++i) parameters += "; x=ü";
  const std::string got = *downgrade_header(parameters + "\r\n\r\n");
  QVERIFY(is_ascii(got));
  QCOMPARE(decode_words(unfold(read_header(got).fields.at(0).value)), parameters.substr(14));
}

QTEST_APPLESS_MAIN(DowngradeTest)
#include "downgrade_test.moc"

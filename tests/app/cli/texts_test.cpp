#include <QFile>
#include <QtTest>

#include "cli/exit_code.h"
#include "cli/parse.h"
#include "cli/printable.h"
#include "cli/sentences.h"

using namespace postern;
using namespace postern::cli;

namespace {

/// How many arguments a code has, by the comments of postern/error.h: "///< path, reason: words".
QMap<QString, int> documented_arguments() {
  QFile file(POSTERN_SOURCE_DIR "/core/api/postern/error.h");
  QMap<QString, int> out;
  if (!file.open(QIODevice::ReadOnly)) return out;
  static const QRegularExpression line("^  (\\w+),\\s*///< (.*)$");
  while (!file.atEnd()) {
    const auto match = line.match(QString::fromUtf8(file.readLine()).trimmed().prepend("  "));
    if (!match.hasMatch()) continue;
    QString arguments = match.captured(2);
    static const QRegularExpression brackets("\\([^)]*(\\([^)]*\\)[^)]*)*\\)");
    arguments = arguments.remove(brackets).section(':', 0, 0);
    out[match.captured(1)] = static_cast<int>(arguments.count(',')) + 1;
  }
  return out;
}

bool has_chinese(const std::string& text) {
  for (const QChar c : QString::fromStdString(text))
    if (c.unicode() >= 0x4E00 && c.unicode() <= 0x9FFF) return true;
  return false;
}

}  // namespace

class TextsTest : public QObject {
  Q_OBJECT
 private slots:
  void every_code_has_its_sentence_in_both_languages();
  void every_code_has_its_exit_code();
  void a_missing_holder_leaves_no_gap();
  void arguments_cannot_write_to_the_terminal();
  void printable_text();
  void widths_and_tables();
  void sizes();
  void endpoints();
  void fields();
  void filling_in();
};

void TextsTest::every_code_has_its_sentence_in_both_languages() {
  const auto documented = documented_arguments();
  QCOMPARE(documented.size(), qsizetype(all_error_codes().size()));
  for (const ErrorCode code : all_error_codes()) {
    const std::string name(error_name(code));
    const int count = documented.value(QString::fromStdString(name), -1);
    QVERIFY2(count >= 1, name.c_str());
    Error error{code, {}};
    for (int i = 0; i < count; ++i) error.args.push_back("<argument-" + std::to_string(i) + ">");
    const std::string english = sentence(error, Language::english), chinese = sentence(error, Language::chinese);
    for (const std::string& text : {english, chinese}) {
      for (const std::string& argument : error.args) QVERIFY2(text.find(argument) != std::string::npos, name.c_str());
      QVERIFY2(text.find('{') == std::string::npos && text.find('[') == std::string::npos, text.c_str());
    }
    QVERIFY2(!has_chinese(english) && english.back() == '.', english.c_str());
    QVERIFY2(has_chinese(chinese), chinese.c_str());
    QVERIFY2(QString::fromStdString(chinese).endsWith(QString::fromUtf8("\xe3\x80\x82")), chinese.c_str());
    // Fewer arguments than documented are no reason to fail.
    QVERIFY(!sentence(Error{code, {}}, Language::english).empty());
  }
}

void TextsTest::every_code_has_its_exit_code() {
  for (const ErrorCode code : all_error_codes())
    QVERIFY(exit_code_of(code) == kExitFailed || exit_code_of(code) == kExitCannot);
  for (const ErrorCode code :
       {ErrorCode::folder_locked, ErrorCode::folder_unreadable, ErrorCode::folder_newer, ErrorCode::port_in_use,
        ErrorCode::certificate_broken, ErrorCode::unreachable, ErrorCode::version_mismatch, ErrorCode::access_denied})
    QCOMPARE(exit_code_of(code), kExitCannot);
  for (const ErrorCode code : {ErrorCode::not_found, ErrorCode::already_exists, ErrorCode::not_allowed,
                               ErrorCode::bad_input, ErrorCode::conflict, ErrorCode::pending})
    QCOMPARE(exit_code_of(code), kExitFailed);
  QCOMPARE(exit_code_of(ErrorCode::none), kExitDone);
}

void TextsTest::a_missing_holder_leaves_no_gap() {
  QCOMPARE(sentence({ErrorCode::folder_locked, {"/d", ""}}, Language::english),
           std::string("Another Postern is using the data folder /d."));
  QCOMPARE(sentence({ErrorCode::folder_locked, {"/d", "12"}}, Language::english),
           std::string("Another Postern (process 12) is using the data folder /d."));
  QCOMPARE(sentence({ErrorCode::port_in_use, {"127.0.0.1:25", ""}}, Language::english),
           std::string("127.0.0.1:25 is already in use."));
  QCOMPARE(sentence({ErrorCode::port_in_use, {"127.0.0.1:25", "exim4 (pid 812)"}}, Language::english),
           std::string("127.0.0.1:25 is already in use by exim4 (pid 812)."));
}

void TextsTest::arguments_cannot_write_to_the_terminal() {
  const std::string text = sentence({ErrorCode::not_found, {"a\x1b[2J\r\nb {1} [x]"}}, Language::english);
  QCOMPARE(text, std::string("\"a\\u{1B}[2J\\u{0D}\\u{0A}b {1} [x]\" was not found."));
}

void TextsTest::printable_text() {
  QCOMPARE(printable("Gr\xc3\xbc\xc3\x9f"
                     "e \xe4\xbd\xa0\xe5\xa5\xbd"),
           std::string("Gr\xc3\xbc\xc3\x9f"
                       "e \xe4\xbd\xa0\xe5\xa5\xbd"));
  QCOMPARE(printable("a\tb\x7f\xc2\x9b"
                     "c"),
           std::string("a\\u{09}b\\u{7F}\\u{9B}c"));
  QCOMPARE(printable("\xe2\x80\xae"
                     "cod.exe"),
           std::string("\\u{202E}cod.exe"));
  QCOMPARE(printable("\xff\xc0\x80\xed\xa0\x80\xe4\xbd"),
           std::string("\\x{FF}\\x{C0}\\x{80}\\x{ED}\\x{A0}\\x{80}\\x{E4}\\x{BD}"));
  QCOMPARE(printable(std::string("a\0b", 3)), std::string("a\\u{00}b"));
}

void TextsTest::widths_and_tables() {
  QCOMPARE(display_width("abc"), size_t(3));
  QCOMPARE(display_width("\xe4\xbd\xa0\xe5\xa5\xbd"), size_t(4));
  QCOMPARE(display_width("e\xcc\x81"), size_t(1));
  Table table({"A", "LONGER"});
  table.add({"\xe4\xbd\xa0\xe5\xa5\xbd", "x"});
  table.add({"abcd", ""});
  table.add({"evil\n", "y"});
  QCOMPARE(table.text(), std::string("A           LONGER\n\xe4\xbd\xa0\xe5\xa5\xbd        x\nabcd\nevil\\u{0A}  y\n"));
}

void TextsTest::sizes() {
  QCOMPARE(*parse_size("0"), uint64_t(0));
  QCOMPARE(*parse_size("512"), uint64_t(512));
  QCOMPARE(*parse_size("64k"), uint64_t(65536));
  QCOMPARE(*parse_size("25M"), uint64_t(25) << 20);
  QCOMPARE(*parse_size("2G"), uint64_t(2) << 30);
  QCOMPARE(*parse_size("1T"), uint64_t(1) << 40);
  QCOMPARE(*parse_size("18446744073709551615"), UINT64_MAX);
  for (const char* bad : {"", "M", "-1", "1.5M", "25MB", "1 M", "0x10", "18446744073709551616", "99999999999T", "+1"})
    QVERIFY2(!parse_size(bad), bad);
}

void TextsTest::endpoints() {
  for (const char* good : {"127.0.0.1:25", "0.0.0.0:0", "[::1]:65535", "[::]:110", "[::ffff:1.2.3.4]:1"})
    QVERIFY2(is_endpoint(good), good);
  for (const char* bad : {"", ":", ":25", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "::1:25",
                          "[]:25", "[::1:25", "host:25", "1.2.3.4:-1", "[::1%lo]:25"})
    QVERIFY2(!is_endpoint(bad), bad);
}

void TextsTest::fields() {
  const auto value = [](const char* text) { return parse_field(text)->value.text; };
  QCOMPARE(parse_field("limits.size=25M")->field, std::string("limits.size"));
  QCOMPARE(value("a=25M"), std::string("26214400"));
  QCOMPARE(value("a=25"), std::string("25"));
  QCOMPARE(value("a=true"), std::string("true"));
  QCOMPARE(value("a=null"), std::string("null"));
  QCOMPARE(value("a=[\"x\", 1]"), std::string("[\"x\",1]"));
  QCOMPARE(value("a=\"25M\""), std::string("\"25M\""));
  QCOMPARE(value("a=mail.example.org"), std::string("\"mail.example.org\""));
  QCOMPARE(value("a="), std::string("\"\""));
  QCOMPARE(value("a=b=c"), std::string("\"b=c\""));
  QCOMPARE(value("a={half"), std::string("\"{half\""));
  for (const char* bad : {"", "a", "=x", "a b=c", "a\"=1", "a=\xff"}) QVERIFY2(!parse_field(bad), bad);
}

void TextsTest::filling_in() {
  constexpr Text kText{"{0}[ and {1}]!", "\xe5\x92\x8c"};
  QCOMPARE(fill_in(kText, Language::english, {"a", "b"}), std::string("a and b!"));
  QCOMPARE(fill_in(kText, Language::english, {"a"}), std::string("a!"));
  QCOMPARE(fill_in(kText, Language::english, {"{1}", "[b]"}), std::string("{1} and [b]!"));
  QCOMPARE(fill_in({"[{0}", ""}, Language::english, {"a"}), std::string("a"));
  QVERIFY(language_from_name("zh_CN") == Language::chinese && language_from_name("en") == Language::english &&
          !language_from_name("de"));
}

QTEST_APPLESS_MAIN(TextsTest)
#include "texts_test.moc"

// Command lines that cannot be meant, help, and the options that stand anywhere.
#include "app/cli/program.h"
#include "cli/verb.h"

using namespace postern;
using namespace postern::test;

namespace {

bool has_chinese(const QString& text) {
  return std::any_of(text.begin(), text.end(), [](QChar c) { return c.unicode() >= 0x4E00 && c.unicode() <= 0x9FFF; });
}

QStringList words_of(const cli::Verb& verb) {
  return QString::fromStdString(std::string(verb.words)).split(' ');
}

}  // namespace

class UsageTest : public QObject {
  Q_OBJECT
 private slots:
  void mistakes_data();
  void mistakes();
  void mistakes_in_json();
  void passwords_on_the_command_line_are_refused_unseen();
  void global_options_stand_anywhere();
  void language();
  void help_of_every_verb();
  void help_in_chinese_is_chinese();
  void no_option_takes_a_password();
  void version();
  void without_a_verb();
};

void UsageTest::mistakes_data() {
  QTest::addColumn<QStringList>("words");
  QTest::addColumn<QString>("text");
  const auto row = [](const char* words, const char* text) {
    QTest::newRow(words) << QString(words).split(' ') << QString(text) + "\n";
  };
  row("usr list", "\"usr\" is not understood here.\nSee \"postern --help\".");
  row("user lst", "\"lst\" is not understood here.\nSee \"postern user --help\".");
  row("user", "What is to be done is missing.\nSee \"postern user --help\".");
  row("user add", "N@D is missing.\nSee \"postern user add --help\".");
  row("user show a@b c@d", "There are more words than this command takes.\nSee \"postern user show --help\".");
  row("user list --no-such", "\"--no-such\" is not understood here.\nSee \"postern user list --help\".");
  row("user list --no-such=x", "\"--no-such\" is not understood here.\nSee \"postern user list --help\".");
  row("user list --limit", "--limit needs a value.\nSee \"postern user list --help\".");
  row("user list --limit x", "--limit cannot be \"x\".\nSee \"postern user list --help\".");
  row("user list --limit -1", "--limit cannot be \"-1\".\nSee \"postern user list --help\".");
  row("user list --limit 1 --limit 2", "--limit may stand only once.\nSee \"postern user list --help\".");
  row("user list --json=perhaps", "--json takes no value.\nSee \"postern user list --help\".");
  row("user add a@b --quota 25MB", "--quota cannot be \"25MB\".\nSee \"postern user add --help\".");
  row("user add a@b --no-password --password-stdin",
      "--password-stdin, --no-password cannot stand together.\nSee \"postern user add --help\".");
  row("user set a@b --enable --disable",
      "--disable, --enable cannot stand together.\nSee \"postern user set --help\".");
  row("user set a@b --reason x", "Nothing to change was named.");
  row("document set a/b size", "FIELD=VALUE... cannot be \"size\".\nSee \"postern document set --help\".");
  row("document set a/b =1", "FIELD=VALUE... cannot be \"=1\".\nSee \"postern document set --help\".");
  row("serve --smtp here", "--smtp cannot be \"here\".\nSee \"postern serve --help\".");
  row("init --admin anna", "--domain is missing.\nSee \"postern init --help\".");
  row("--lang de status", "--lang cannot be \"de\".\nSee \"postern status --help\".");
  row("status extra", "There are more words than this command takes.\nSee \"postern status --help\".");
}

void UsageTest::mistakes() {
  QFETCH(QStringList, words);
  QFETCH(QString, text);
  const Program program;
  const Ran ran = program.run(words);
  QCOMPARE(ran.err, text);
  QCOMPARE(ran.out, QString());
  QCOMPARE(ran.exit, 2);
  QCOMPARE(program.requests(), QStringList());
}

void UsageTest::mistakes_in_json() {
  const Program program;
  const Ran ran = program.run({"user", "lst", "--json"});
  QCOMPARE(ran.exit, 2);
  QCOMPARE(ran.error()["code"].toString(), QString("usage"));
  QCOMPARE(ran.error()["text"].toString(), QString("\"lst\" is not understood here."));
  QVERIFY(ran.err.startsWith("\"lst\" is not"));
}

void UsageTest::passwords_on_the_command_line_are_refused_unseen() {
  const Program program;
  for (const QStringList& words :
       {QStringList{"user", "add", "a@b", "--password", "hunter2"},
        QStringList{"user", "add", "a@b", "--password=hunter2"}, QStringList{"user", "add", "a@b", "hunter2"},
        QStringList{"user", "set", "a@b", "--ask-password", "hunter2"},
        QStringList{"user", "add", "a@b", "--password-stdin", "hunter2"},
        QStringList{"user", "add", "a@b", "--password-stdin=hunter2"},
        QStringList{"init", "--domain", "d", "--admin", "a", "--password", "hunter2"}}) {
    const Ran ran = program.run(words + QStringList{"--json"}, "x\n");
    QCOMPARE(ran.exit, 2);
    QVERIFY2(!ran.out.contains("hunter2") && !ran.err.contains("hunter2"), qPrintable(words.join(' ')));
  }
  QCOMPARE(program.requests(), QStringList());
}

void UsageTest::global_options_stand_anywhere() {
  const Program program;
  const QString data = program.data();
  for (const QStringList& words :
       {QStringList{"--json", "--data", data, "user", "list"}, QStringList{"user", "--json", "--data", data, "list"},
        QStringList{"user", "list", "--data", data, "--json"},
        QStringList{"user", "--data=" + data, "list", "--limit", "1", "--json"},
        QStringList{"--lang", "zh_CN", "user", "list", "--json", "--data", data}}) {
    const Ran ran = program.run_plain(words);
    QCOMPARE(ran.exit, 0);
    QVERIFY2(ran.json().contains("users"), qPrintable(words.join(' ')));
  }
  const Ran positional = program.run({"trace", "--json", "--", "--key"});
  QCOMPARE(positional.exit, 0);
  QVERIFY(program.requests().back().contains("\"key\":\"--key\""));
}

void UsageTest::language() {
  const Program program;
  QVERIFY(has_chinese(program.run({"user", "lst", "--lang", "zh_CN"}).err));
  QVERIFY(has_chinese(program.run({"--lang=zh_CN", "user", "lst"}).err));
  QProcess process;
  QProcessEnvironment environment = program.environment();
  environment.insert("LC_ALL", "zh_CN.UTF-8");
  process.setProcessEnvironment(environment);
  process.start(POSTERN_FAKE_PROGRAM, {"usr"});
  QVERIFY(process.waitForFinished(kPatience));
  QVERIFY(has_chinese(QString::fromUtf8(process.readAllStandardError())));
}

void UsageTest::help_of_every_verb() {
  const Program program;
  const Ran all = program.run_plain({"--help"});
  QCOMPARE(all.exit, 0);
  for (const cli::Verb& verb : cli::all_verbs()) {
    const QString words = words_of(verb).join(' ');
    QVERIFY2(all.out.contains("\n  " + words + " "), qPrintable(words));
    const Ran ran = program.run_plain(words_of(verb) << "--help");
    QCOMPARE(ran.exit, 0);
    QVERIFY2(ran.out.startsWith("Usage: postern " + words + " "), qPrintable(ran.out));
    QVERIFY2(ran.out.contains(QString::fromUtf8(verb.help.english)), qPrintable(ran.out));
    QVERIFY(ran.out.contains("--data") && ran.out.contains("--lang"));
    for (const QString& line : ran.out.split('\n')) QVERIFY2(line.size() <= 120, qPrintable(line));
    QVERIFY2(!has_chinese(ran.out), qPrintable(words));
  }
  QVERIFY(program.run_plain({"user", "-h"}).out.contains("user restore"));
}

void UsageTest::help_in_chinese_is_chinese() {
  const Program program;
  for (const cli::Verb& verb : cli::all_verbs()) {
    const Ran ran = program.run_plain(words_of(verb) << "--help"
                                                     << "--lang"
                                                     << "zh_CN");
    QCOMPARE(ran.exit, 0);
    for (const QString& line : ran.out.split('\n', Qt::SkipEmptyParts)) {
      const bool is_example =
          line.startsWith("  ") && !line.startsWith("  -") && line.contains('=') && !has_chinese(line);
      QVERIFY2(has_chinese(line) || is_example, qPrintable(line));
    }
  }
}

void UsageTest::no_option_takes_a_password() {
  const Program program;
  for (const cli::Verb& verb : cli::all_verbs()) {
    const Ran ran = program.run_plain(words_of(verb) << "--help");
    for (const QString& line : ran.out.split('\n')) {
      const QString option = line.trimmed().section("  ", 0, 0);
      if (!option.startsWith("--")) continue;
      const bool secret = option.contains("password") || option.contains("passphrase");
      QVERIFY2(!secret || !option.contains(' '), qPrintable(line));
    }
  }
}

void UsageTest::version() {
  const Program program;
  const Ran ran = program.run_plain({"--version"});
  QCOMPARE(ran.exit, 0);
  static const QRegularExpression form("^postern \\d+\\.\\d+\\.\\d+\n$");
  QVERIFY2(form.match(ran.out).hasMatch(), qPrintable(ran.out));
}

void UsageTest::without_a_verb() {
  const Program program;
  const Ran none = program.run_plain({});
  QCOMPARE(none.exit, 3);
  QVERIFY(none.err.contains("postern-console") && none.err.contains("not installed"));
  QCOMPARE(program.run_plain({"--json"}).error()["code"].toString(), QString("console_missing"));
  // Beside a console it becomes the console.
  const QString copy = program.data() + "/postern", console = program.data() + "/postern-console";
  QVERIFY(QFile::copy(POSTERN_FAKE_PROGRAM, copy));
  program.write("postern-console", "#!/bin/sh\necho console $#\nexit 7\n");
  QFile::setPermissions(console, QFile::ReadOwner | QFile::ExeOwner);
  QProcess process;
  process.start(copy, QStringList());
  QVERIFY(process.waitForFinished(kPatience));
  QCOMPARE(process.readAllStandardOutput(), QByteArray("console 0\n"));
  QCOMPARE(process.exitCode(), 7);
}

QTEST_GUILESS_MAIN(UsageTest)
#include "usage_test.moc"

// Each verb, as a script and as a person meets it.
#include <QJsonArray>

#include "app/cli/program.h"
#include "cli/exit_code.h"
#include "cli/verb.h"
#include "postern/codec.h"

using namespace postern;
using namespace postern::api;
using namespace postern::test;

class VerbsTest : public QObject {
  Q_OBJECT
 private slots:
  void every_request_has_its_verb();
  void requests_data();
  void requests();
  void json_is_one_object_on_one_line();
  void replies_for_people_data();
  void replies_for_people();
  void warnings_are_sentences();
  void errors_in_both_forms();
  void exit_codes_follow_the_error();
  void documents_print_as_they_are();
  void init_makes_a_folder();
  void passwords_come_from_standard_input();
  void certificates_come_from_files();
  void document_from_a_file();
  void what_came_by_mail_cannot_touch_the_terminal();
  void a_full_disk_at_the_other_end_of_the_pipe();
};

void VerbsTest::every_request_has_its_verb() {
  const auto verbs = cli::all_verbs();
  for (const RequestInfo& info : all_requests()) {
    const bool has_verb =
        std::any_of(verbs.begin(), verbs.end(), [&info](const cli::Verb& verb) { return verb.words == info.name; });
    QVERIFY2(has_verb == info.no_verb.empty(), std::string(info.name).c_str());
  }
  for (const cli::Verb& verb : verbs) {
    const size_t blank = verb.words.find(' ');
    if (blank != std::string_view::npos)
      QVERIFY2(cli::group_help(verb.words.substr(0, blank)) != nullptr, std::string(verb.words).c_str());
  }
}

void VerbsTest::requests_data() {
  QTest::addColumn<QStringList>("words");
  QTest::addColumn<QByteArray>("body");
  const auto row = [](const char* words, const char* body) {
    QTest::newRow(words) << QString(words).split(' ') << QByteArray(body);
  };
  row("status", "{}");
  row("metrics", "{}");
  row("user list", R"({"removed":false,"cursor":"","limit":0})");
  row("user list --removed --cursor x --limit 5", R"({"removed":true,"cursor":"x","limit":5})");
  row("user show a@b", R"({"user":"a@b"})");
  row("user add a@b --no-password", R"({"address":"a@b","password":"","aliases":[],"reason":""})");
  row("user add a@b --no-password --alias c@b --quota 25M --alias d@b --reason why",
      R"({"address":"a@b","password":"","aliases":["c@b","d@b"],"quota":26214400,"reason":"why"})");
  row("user set a@b --disable", R"({"user":"a@b","add_aliases":[],"remove_aliases":[],"disabled":true,"reason":""})");
  row("user set a@b --enable --quota 0 --level L2 --add-alias x@b --remove-alias y@b",
      R"({"user":"a@b","add_aliases":["x@b"],"remove_aliases":["y@b"],"quota":0,"disabled":false,"level":"L2","reason":""})");
  row("user set a@b --no-password", R"({"user":"a@b","password":"","add_aliases":[],"remove_aliases":[],"reason":""})");
  row("user remove a@b --reason left", R"({"user":"a@b","reason":"left"})");
  row("user restore a@b", R"({"user":"a@b","reason":""})");
  row("document list", R"({"kind":"","cursor":"","limit":0})");
  row("document list smtp", R"({"kind":"smtp","cursor":"","limit":0})");
  row("document get smtp/limits", R"({"id":"smtp/limits"})");
  row("document set smtp/limits size=25M names=[\"a\"] text=abc --reason why --confirm-within 30",
      R"({"id":"smtp/limits","fields":[{"field":"size","value":26214400},{"field":"names","value":["a"]},{"field":"text","value":"abc"}],"reason":"why","confirm_within":30})");
  row("change list", R"({"cursor":"","limit":0})");
  row("change show 7", R"({"id":"7"})");
  row("change undo 7 --reason oops", R"({"id":"7","reason":"oops"})");
  row("change confirm 7", R"({"id":"7"})");
  row("audit list --limit 3", R"({"cursor":"","limit":3})");
  row("audit show 12", R"({"seq":"12"})");
  row("audit verify", "{}");
  row("session list --filter port=25", R"({"filter":"port=25","cursor":"","limit":0})");
  row("session show abc", R"({"id":"abc"})");
  row("session kill abc --reason spam", R"({"id":"abc","reason":"spam"})");
  row("trace status", R"({"key":"status"})");
  row("certificate show", "{}");
  row("certificate authority", "{}");
}

void VerbsTest::requests() {
  QFETCH(QStringList, words);
  QFETCH(QByteArray, body);
  const Program program;
  const Ran ran = program.run(words);
  QCOMPARE(ran.exit, 0);
  QCOMPARE(ran.err, QString());
  const QJsonObject request = program.only_request();
  QVERIFY(QString(words.join(' ')).startsWith(request["request"].toString()));
  QCOMPARE(QJsonDocument(request["body"].toObject()).toJson(), QJsonDocument::fromJson(body).toJson());
  // The core that was opened for the command was closed again.
  QCOMPARE(program.read("requests").section('\n', -2), QString("stop\n"));
}

void VerbsTest::json_is_one_object_on_one_line() {
  for (const char* words :
       {"status", "metrics", "user list", "user show a", "document list", "change list", "change show 1",
        "change undo 1", "audit list", "audit show 1", "audit verify", "session list", "session show 1",
        "session kill 1", "trace a", "certificate show", "certificate authority"}) {
    const Program program;
    const Ran ran = program.run(QString(words).split(' ') << "--json");
    QCOMPARE(ran.exit, 0);
    QVERIFY2(!ran.json().isEmpty() && !ran.json().contains("error"), qPrintable(ran.out));
    QCOMPARE(ran.err, QString());
  }
}

void VerbsTest::replies_for_people_data() {
  QTest::addColumn<QString>("words");
  QTest::addColumn<QByteArray>("reply");
  QTest::addColumn<QString>("text");
  const auto row = [](const char* words, const char* reply, const char* text) {
    QTest::newRow(words) << words << QByteArray(reply) << QString::fromUtf8(text);
  };
  row("user list",
      R"({"id":1,"reply":"users","body":{"next":"7","users":[{"id":"1","address":"anna@b.example","aliases":["a@b.example","c@b.example"],"has_password":true,"messages":3,"octets":1536},{"id":"22","address":"b@b.example","disabled":true,"quota":26214400}]}})",
      "ID  ADDRESS         ALIASES                   STATE     LEVEL  MESSAGES  SIZE     QUOTA\n"
      "1   anna@b.example  a@b.example, c@b.example  active    L0     3         1.5 KiB  none\n"
      "22  b@b.example                               disabled  L0     0         0 B      25.0 MiB\n"
      "There is more: --cursor 7\n");
  row("change undo 3", R"({"id":1,"reply":"change made","body":{"change":"4"}})", "Change 4 was made.\n");
  row("change undo 3 ", R"({"id":1,"reply":"change made","body":{"change":"4","deadline":"2026-11-24T08:30:00Z"}})",
      "Change 4 was made. It reverts by itself at 2026-11-24T08:30:00Z unless it is confirmed.\n");
  row("audit verify", R"({"id":1,"reply":"audit verify","body":{"ok":true,"entries":12}})",
      "The audit chain verifies: 12 entries.\n");
  row("audit verify ",
      R"({"id":1,"reply":"audit verify","body":{"ok":false,"entries":12,"first_bad":{"seq":"5","kind":"edited"}}})",
      "The audit chain does not verify: entry 5 was edited. 12 entries were read.\n");
  row("metrics", R"({"id":1,"reply":"metrics","body":{"text":"# HELP a\na 1\n"}})", "# HELP a\na 1\n");
  row("certificate authority",
      R"({"id":1,"reply":"authority","body":{"pem":"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"}})",
      "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n");
  row("session kill 5", R"({"id":1,"reply":"session killed","body":{"killed":"5"}})", "Session 5 was ended.\n");
}

void VerbsTest::replies_for_people() {
  QFETCH(QString, words);
  QFETCH(QByteArray, reply);
  QFETCH(QString, text);
  const Program program;
  program.write("reply", reply);
  const Ran ran = program.run(QString(words).split(' ', Qt::SkipEmptyParts));
  QCOMPARE(ran.exit, 0);
  QCOMPARE(ran.out, text);
}

void VerbsTest::warnings_are_sentences() {
  const Program program;
  program.write("reply", R"({"id":1,"reply":"users","body":{"users":[],"change":"3","weakness":"short"}})");
  QVERIFY(program.run({"user", "set", "a@b", "--quota", "1"})
              .out.endsWith("Change 3 was made.\nThe new password is easily guessed: it is short.\n"));
  program.write("reply", R"({"id":1,"reply":"status","body":{"warnings":["audit_damaged","from a later version"]}})");
  const QString status = program.run({"status"}).out;
  QVERIFY(status.contains("the audit trail was damaged"));
  QVERIFY(status.contains("from a later version"));
  QVERIFY(program.run({"status", "--lang", "zh_CN"}).out.contains("审计记录已受损"));
}

void VerbsTest::errors_in_both_forms() {
  const Program program;
  program.write("reply", R"({"id":1,"error":{"code":"not_found","args":["user a@b"]}})");
  const Ran plain = program.run({"user", "show", "a@b"});
  QCOMPARE(plain.exit, 1);
  QCOMPARE(plain.out, QString());
  QCOMPARE(plain.err, QString("\"user a@b\" was not found.\n"));
  const Ran json = program.run({"user", "show", "a@b", "--json"});
  QCOMPARE(json.exit, 1);
  QCOMPARE(json.out,
           QString(R"({"error":{"code":"not_found","args":["user a@b"],"text":"\"user a@b\" was not found."}})"
                   "\n"));
  QCOMPARE(json.err, plain.err);
  const Ran chinese = program.run({"user", "show", "a@b", "--lang", "zh_CN"});
  QCOMPARE(chinese.err, QString::fromUtf8("找不到“user a@b”。\n"));
}

void VerbsTest::exit_codes_follow_the_error() {
  const Program program;
  for (const ErrorCode code : all_error_codes()) {
    const QByteArray name = QByteArray::fromStdString(std::string(error_name(code)));
    program.write("start-error", R"({"id":1,"error":{"code":")" + name + R"(","args":["a","b","c"]}})");
    const Ran ran = program.run({"status", "--json"});
    QCOMPARE(ran.exit, int(cli::exit_code_of(code)));
    QCOMPARE(ran.error()["code"].toString(), QString(name));
    QCOMPARE(ran.error()["text"].toString() + "\n", ran.err);
  }
  QCOMPARE(program.requests(), QStringList());
}

void VerbsTest::documents_print_as_they_are() {
  const Program program;
  program.write("reply", R"({"id":1,"reply":"document","body":{"z":1,"a":{"b":["x\u001b",2.5]}}})");
  QCOMPARE(program.run({"document", "get", "a/b", "--json"}).out, QString(R"({"z":1,"a":{"b":["x\u001b",2.5]}})"
                                                                          "\n"));
  QCOMPARE(program.run({"document", "get", "a/b"}).out,
           QString("{\n  \"z\": 1,\n  \"a\": {\n    \"b\": [\n      \"x\\u001b\",\n      2.5\n    ]\n  }\n}\n"));
}

void VerbsTest::init_makes_a_folder() {
  const Program program;
  const QString folder = program.data() + "/new";
  const Ran ran = program.run_plain(
      {"init", "--domain", "b.example", "--admin", "anna", "--password-stdin", "--data", folder, "--json"},
      "geheim 1\r\nmore\n");
  QCOMPARE(ran.exit, 0);
  QCOMPARE(ran.out, QString(R"({"domain":"b.example","admin":"anna"})"
                            "\n"));
  QCOMPARE(program.read("new/requests"), QString("init b.example anna geheim 1\n"));
  const Ran again = program.run_plain(
      {"--data", folder, "init", "--domain", "b.example", "--admin", "anna", "--password-stdin"}, "x\n");
  QCOMPARE(again.exit, 1);
  QVERIFY(again.err.contains("not empty"));
}

void VerbsTest::passwords_come_from_standard_input() {
  const Program program;
  for (const QByteArray& input :
       {QByteArray("p\xc3\xa4ss wort"), QByteArray("p\xc3\xa4ss wort\n"), QByteArray("p\xc3\xa4ss wort\r\nx")}) {
    program.write("requests", "");
    QCOMPARE(program.run({"user", "add", "a@b", "--password-stdin"}, input).exit, 0);
    QCOMPARE(program.only_request()["body"].toObject()["password"].toString(), QString::fromUtf8("p\xc3\xa4ss wort"));
  }
  program.write("requests", "");
  QCOMPARE(program.run({"user", "set", "a@b", "--password-stdin"}, "neu\n").exit, 0);
  QCOMPARE(program.only_request()["body"].toObject()["password"].toString(), QString("neu"));

  program.write("requests", "");
  for (const QByteArray& input : {QByteArray(), QByteArray("\n"), QByteArray("\r\n"), QByteArray(5000, 'x')}) {
    const Ran ran = program.run({"user", "add", "a@b", "--password-stdin", "--json"}, input);
    QCOMPARE(ran.exit, 1);
    QCOMPARE(ran.error()["code"].toString(), QString("bad_password"));
    QVERIFY(!ran.err.contains("xxxx"));
  }
  // Nobody there to ask.
  const Ran nobody = program.run({"user", "add", "a@b"}, "secret\n");
  QCOMPARE(nobody.exit, 2);
  QVERIFY(nobody.err.contains("--password-stdin"));
  QCOMPARE(program.requests(), QStringList());
}

void VerbsTest::certificates_come_from_files() {
  const Program program;
  program.write("chain.pem", "PEM");
  program.write("key.pem", QByteArray("\x00\xff", 2));
  QCOMPARE(program
               .run({"certificate", "import", program.data() + "/chain.pem", "--key", program.data() + "/key.pem",
                     "--passphrase-stdin"},
                    "open\n")
               .exit,
           0);
  const QJsonObject body = program.only_request()["body"].toObject();
  QCOMPARE(body["certificate"].toString(), QString("50454d"));
  QCOMPARE(body["key"].toString(), QString("00ff"));
  QCOMPARE(body["passphrase"].toString(), QString("open"));

  const Ran missing = program.run({"certificate", "import", program.data() + "/none.pem", "--json"});
  QCOMPARE(missing.exit, 3);
  QCOMPARE(missing.error()["code"].toString(), QString("io_error"));
  program.write("big.pem", QByteArray(200 * 1024, 'x'));
  const Ran big = program.run({"certificate", "import", program.data() + "/big.pem", "--json"});
  QCOMPARE(big.exit, 1);
  QCOMPARE(big.error()["code"].toString(), QString("too_large"));
  QCOMPARE(program.run({"certificate", "import", program.data()}).exit, 3);
}

void VerbsTest::document_from_a_file() {
  const Program program;
  program.write("d.json", "{ \"a\": [1] }\n");
  QCOMPARE(program.run({"document", "set", "a/b", "--file", program.data() + "/d.json"}).exit, 0);
  QCOMPARE(program.only_request()["body"].toObject()["document"].toObject()["a"].toArray(), (QJsonArray{1}));
  program.write("d.json", "{half");
  QCOMPARE(program.run({"document", "set", "a/b", "--file", program.data() + "/d.json"}).exit, 1);
  QCOMPARE(program.run({"document", "set", "a/b"}).exit, 2);
  QCOMPARE(program.run({"document", "set", "a/b", "x=1", "--file", program.data() + "/d.json"}).exit, 2);
}

void VerbsTest::what_came_by_mail_cannot_touch_the_terminal() {
  const Program program;
  program.write(
      "reply",
      R"({"id":1,"reply":"session","body":{"id":"5","helo":"x\u001b[2J","user":"a\u0007@b","transcript":["3 C: EHLO \u001b]0;t\u0007","4 S: 250\r\n\u202e"],"stages":[{"stage":"rcpt","ms":3,"verdicts":[{"gate":"relay","decision":"refuse","reason":"\u009b31m"}]}]}})");
  const Ran ran = program.run({"session", "show", "5"});
  QCOMPARE(ran.exit, 0);
  for (const QChar c : ran.out) QVERIFY2(c == '\n' || (c.isPrint() && c.unicode() != 0x202e), qPrintable(ran.out));
  QVERIFY(ran.out.contains("\\u{1B}[2J"));
}

void VerbsTest::a_full_disk_at_the_other_end_of_the_pipe() {
  const Program program;
  QProcess process;
  process.setProcessEnvironment(program.environment());
  process.setStandardOutputFile("/dev/full");
  process.start(POSTERN_FAKE_PROGRAM, {"--data", program.data(), "status", "--json"});
  QVERIFY(process.waitForFinished(kPatience));
  QVERIFY(process.exitCode() != 0);
  QVERIFY(process.readAllStandardError().contains("stdout"));
}

QTEST_GUILESS_MAIN(VerbsTest)
#include "verbs_test.moc"

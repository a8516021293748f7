// The shipped program with its own core: every verb in process and attached, and what stands in its way.
#include <sys/file.h>

#include <QDir>
#include <QDirIterator>
#include <QJsonArray>
#include <QTimer>
#include <memory>
#include <vector>

#include "app/cli/program.h"

using namespace postern::test;

namespace {

/// A data folder of its own, with a home of its own for the key.
class Real {
 public:
  Real() : folder(program.data() + "/data") {}
  Ran run(const QStringList& words, const QByteArray& input = {}) const {
    return program.run_plain(QStringList{"--data", folder, "--json"} + words, input);
  }
  bool init() const {
    return run({"init", "--domain", "b.example", "--admin", "anna", "--password-stdin"}, "first password 1\n").exit ==
           0;
  }

  Program program{POSTERN_PROGRAM};
  QString folder;
};

class Service {
 public:
  explicit Service(const Real& real) {
    process.setProcessEnvironment(real.program.environment());
    process.start(POSTERN_PROGRAM, {"--data", real.folder, "serve", "--smtp", "127.0.0.1:0", "--pop3", "127.0.0.1:0"});
    while (!process.canReadLine() && process.waitForReadyRead(kPatience)) {
    }
    ready = process.readLine();
  }
  ~Service() {
    process.kill();
    process.waitForFinished(kPatience);
  }

  QProcess process;
  QByteArray ready;
};

/// The names in a reply, all the way down; lists by their first item.
QStringList names_in(const QJsonValue& value) {
  QStringList names;
  if (value.isArray()) return value.toArray().isEmpty() ? names : names_in(value.toArray().first());
  const QJsonObject object = value.toObject();
  for (auto it = object.begin(); it != object.end(); ++it) {
    names += it.key();
    for (const QString& inner : names_in(it.value())) names += it.key() + '.' + inner;
  }
  return names;
}

QString change_of(const Ran& ran) {
  return ran.json()["change"].toString();
}

}  // namespace

class RealTest : public QObject {
  Q_OBJECT
 private slots:
  void reads_are_the_same_both_ways();
  void changes_made_one_way_are_undone_the_other();
  void a_password_taken_by_the_service();
  void init_never_touches_what_is_there();
  void what_stands_in_the_way_data();
  void what_stands_in_the_way();
  void a_second_service();
  void a_service_waits_for_a_command();
  void init_leaves_a_folder_that_is_held();
  void a_message_store_that_is_gone_is_never_swept();
  void a_table_that_is_gone();
  void an_empty_value_takes_no_other_word();
  void one_place_for_two_listeners();
  void files_are_their_owners_alone();
  void stopped_means_free();
  void commands_side_by_side();
};

void RealTest::reads_are_the_same_both_ways() {
  const Real real;
  QVERIFY(real.init());
  QCOMPARE(real.run({"user", "add", "karl@b.example", "--password-stdin"}, "second password 2\n").exit, 0);
  const QList<QStringList> reads = {{"status"},
                                    {"metrics"},
                                    {"user", "list"},
                                    {"user", "show", "karl@b.example"},
                                    {"document", "list"},
                                    {"document", "get", "smtp/limits"},
                                    {"change", "list"},
                                    {"change", "show", "2"},
                                    {"audit", "list"},
                                    {"audit", "show", "2"},
                                    {"audit", "verify"},
                                    {"session", "list"},
                                    {"certificate", "show"},
                                    {"certificate", "authority"}};
  QList<Ran> alone;
  for (const QStringList& words : reads) alone += real.run(words);
  const Service service(real);
  QVERIFY2(service.ready.startsWith("ready smtp=127.0.0.1:"), service.ready.constData());
  for (qsizetype i = 0; i < reads.size(); ++i) {
    const QString words = reads[i].join(' ');
    const Ran attached = real.run(reads[i]);
    QVERIFY2(alone[i].exit == 0 && attached.exit == 0, qPrintable(words + ": " + alone[i].err + attached.err));
    QVERIFY2(!names_in(attached.json()).isEmpty(), qPrintable(words));
    // A core for one command has neither sessions nor a start; whatever else it says is said in the same form.
    QCOMPARE(names_in(attached.json()), names_in(alone[i].json()));
    const QStringList told_of_the_start{"status", "metrics", "audit list", "audit verify"};
    if (!told_of_the_start.contains(words)) QCOMPARE(attached.out, alone[i].out);
  }
  QCOMPARE(real.run({"status"}).json()["state"].toString(), QString("running"));
}

void RealTest::changes_made_one_way_are_undone_the_other() {
  const Real real;
  QVERIFY(real.init());
  const QString before = real.run({"document", "get", "smtp/limits"}).out;
  const QString alone = change_of(real.run({"document", "set", "smtp/limits", "recipients=50"}));
  QVERIFY(!alone.isEmpty());
  {
    const Service service(real);
    QCOMPARE(real.run({"change", "undo", alone}).exit, 0);
    QCOMPARE(real.run({"document", "get", "smtp/limits"}).out, before);
  }
  QString attached;
  {
    const Service service(real);
    attached = change_of(real.run({"user", "add", "karl@b.example", "--no-password"}));
    QVERIFY(!attached.isEmpty());
    QCOMPARE(real.run({"user", "remove", "nobody@b.example"}).error()["code"].toString(), QString("not_found"));
  }
  const Ran undone = real.run({"change", "undo", attached, "--reason", "not needed"});
  QVERIFY2(undone.exit == 0, qPrintable(undone.err));
  QCOMPARE(real.run({"user", "list"}).json()["users"].toArray().size(), 1);
  QVERIFY(real.run({"audit", "verify"}).json()["ok"].toBool());
}

void RealTest::a_password_taken_by_the_service() {
  const Real real;
  QVERIFY(real.init());
  const Service service(real);
  QCOMPARE(real.run({"user", "add", "karl@b.example", "--password-stdin"}, "tr0ub4dor-and-3\n").exit, 0);
  const Ran again = real.run({"user", "add", "karl@b.example", "--password-stdin"}, "tr0ub4dor-and-3\n");
  QCOMPARE(again.exit, 1);
  QCOMPARE(again.error()["code"].toString(), QString("already_exists"));
  for (const QStringList& words :
       {QStringList{"change", "list"}, QStringList{"change", "show", "2"}, QStringList{"audit", "show", "2"},
        QStringList{"user", "show", "karl@b.example"}, QStringList{"document", "get", "user/2"}})
    QVERIFY2(!real.run(words).out.contains("tr0ub4dor"), qPrintable(words.join(' ')));
}

void RealTest::init_never_touches_what_is_there() {
  const Real real;
  QDir().mkpath(real.folder);
  QFile precious(real.folder + "/precious");
  QVERIFY(precious.open(QIODevice::WriteOnly));
  precious.close();
  const Ran refused =
      real.run({"init", "--domain", "b.example", "--admin", "anna", "--password-stdin"}, "first password 1\n");
  QCOMPARE(refused.error()["code"].toString(), QString("folder_not_empty"));
  QCOMPARE(QDir(real.folder).entryList(QDir::NoDotAndDotDot | QDir::AllEntries | QDir::Hidden),
           QStringList{"precious"});
  QVERIFY(precious.remove());
  QVERIFY(real.init());
  QCOMPARE(
      real.run({"init", "--domain", "c.example", "--admin", "bert", "--password-stdin"}, "first password 1\n").exit, 1);
  QCOMPARE(real.run({"status"}).json()["domain"].toString(), QString("b.example"));
  for (const QStringList& words : {QStringList{"--domain", "not a domain", "--admin", "anna"},
                                   QStringList{"--domain", "b.example", "--admin", "a b@"}}) {
    const Real other;
    QCOMPARE(other.run(QStringList{"init", "--password-stdin"} + words, "first password 1\n").exit, 1);
    QVERIFY(!QFile::exists(other.folder + "/state.db"));
  }
}

void RealTest::what_stands_in_the_way_data() {
  QTest::addColumn<QString>("what");
  QTest::addColumn<QString>("code");
  QTest::newRow("no folder") << "none"
                             << "folder_missing";
  QTest::newRow("empty folder") << "empty"
                                << "not_initialised";
  QTest::newRow("key gone") << "key"
                            << "key_missing";
  QTest::newRow("a file instead") << "file"
                                  << "";
  QTest::newRow("state gone") << "state"
                              << "folder_damaged";
  QTest::newRow("state empty") << "empty state"
                               << "folder_damaged";
  QTest::newRow("messages gone") << "mail"
                                 << "folder_damaged";
  QTest::newRow("messages empty") << "empty mail"
                                  << "folder_damaged";
  QTest::newRow("garbage for a database") << "garbage"
                                          << "folder_damaged";
}

void RealTest::what_stands_in_the_way() {
  QFETCH(QString, what);
  QFETCH(QString, code);
  const Real real;
  if (what == "empty") QDir().mkpath(real.folder);
  if (what == "file") real.program.write("data", "a file");
  if (!QStringList{"none", "empty", "file"}.contains(what)) QVERIFY(real.init());
  if (what == "state") QVERIFY(QFile::remove(real.folder + "/state.db"));
  if (what == "mail") QVERIFY(QFile::remove(real.folder + "/mail.db"));
  if (what == "empty state") QVERIFY(QFile::resize(real.folder + "/state.db", 0));
  if (what == "empty mail") QVERIFY(QFile::resize(real.folder + "/mail.db", 0));
  if (what == "key") QVERIFY(QDir(real.program.data() + "/.config").removeRecursively());
  if (what == "garbage") real.program.write("data/state.db", QByteArray(100'000, 'x'));
  for (const QStringList& words :
       {QStringList{"status"}, QStringList{"serve", "--smtp", "127.0.0.1:0", "--pop3", "127.0.0.1:0"}}) {
    const Ran ran = real.run(words);
    QCOMPARE(ran.exit, 3);
    QVERIFY2(ran.err.count('\n') == 1 && ran.err.endsWith(".\n"), qPrintable(ran.err));
    if (!code.isEmpty()) QCOMPARE(ran.error()["code"].toString(), code);
  }
  if (what == "garbage") QCOMPARE(real.program.read("data/state.db"), QString(100'000, 'x'));
}

void RealTest::a_second_service() {
  const Real real;
  QVERIFY(real.init());
  const Service service(real);
  const Ran second = real.run({"serve", "--smtp", "127.0.0.1:0", "--pop3", "127.0.0.1:0"});
  QCOMPARE(second.exit, 3);
  QCOMPARE(second.error()["code"].toString(), QString("folder_locked"));
  QVERIFY(second.err.contains(QString::number(service.process.processId())));
}

/// Somebody else holds the folder's lock.
class Held {
 public:
  explicit Held(const Real& real) : file_(real.folder + "/lock") {
    held = file_.open(QIODevice::ReadWrite) && ::flock(file_.handle(), LOCK_EX | LOCK_NB) == 0;
  }
  bool held = false;

 private:
  QFile file_;
};

void RealTest::a_service_waits_for_a_command() {
  const Real real;
  QVERIFY(real.init());
  auto holder = std::make_unique<Held>(real);
  QVERIFY(holder->held);
  QTimer::singleShot(500, [&holder] { holder.reset(); });
  QProcess service;
  service.setProcessEnvironment(real.program.environment());
  service.start(POSTERN_PROGRAM, {"--data", real.folder, "serve", "--smtp", "127.0.0.1:0", "--pop3", "127.0.0.1:0"});
  QTRY_VERIFY_WITH_TIMEOUT(service.canReadLine() || service.state() == QProcess::NotRunning, kPatience);
  QVERIFY(service.readLine().startsWith("ready "));
  QVERIFY(holder == nullptr);
  service.terminate();
  QVERIFY(service.waitForFinished(kPatience));
}

void RealTest::init_leaves_a_folder_that_is_held() {
  const Real real;
  QVERIFY(QDir().mkpath(real.folder));
  const Held holder(real);
  QVERIFY(holder.held);
  QVERIFY(!real.init());
  QVERIFY(QFile::exists(real.folder + "/lock"));
}

void RealTest::a_message_store_that_is_gone_is_never_swept() {
  const Real real;
  QVERIFY(real.init());
  QVERIFY(QDir().mkpath(real.folder + "/blobs/ab"));
  real.program.write("data/blobs/ab/content", "somebody's mail");
  // Only a service sweeps what no message names, and only with the database that belongs here.
  QCOMPARE(real.run({"status"}).exit, 0);
  QVERIFY(QFile::exists(real.folder + "/blobs/ab/content"));
  const Real other;
  QVERIFY(other.init());
  QVERIFY(QFile::remove(real.folder + "/mail.db"));
  QVERIFY(QFile::copy(other.folder + "/mail.db", real.folder + "/mail.db"));
  const Service service(real);
  QVERIFY(service.ready.isEmpty());
  QVERIFY(QFile::exists(real.folder + "/blobs/ab/content"));
}

void RealTest::a_table_that_is_gone() {
  const Real real;
  QVERIFY(real.init());
  QProcess python;
  python.start("python3", {"-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('DROP TABLE removal')",
                           real.folder + "/mail.db"});
  QVERIFY(python.waitForFinished(kPatience) && python.exitCode() == 0);
  const Ran ran = real.run({"status"});
  QCOMPARE(ran.exit, 3);
  QCOMPARE(ran.error()["code"].toString(), QString("folder_damaged"));
}

void RealTest::an_empty_value_takes_no_other_word() {
  const Real real;
  const Ran refused = real.run({"init", "--domain", "b.example", "--admin=", "--password-stdin"}, "first password 1\n");
  QVERIFY(refused.exit != 0);
  QVERIFY(!QFile::exists(real.folder + "/state.db"));
  QVERIFY(real.init());
  const Ran made = real.run({"document", "set", "smtp/limits", "recipients=9", "--reason=", "--lang=en"});
  QCOMPARE(made.exit, 0);
  QCOMPARE(real.run({"change", "show", change_of(made)}).json()["reason"].toString(), QString());
}

void RealTest::one_place_for_two_listeners() {
  const Real real;
  QVERIFY(real.init());
  for (const char* pop3 : {"127.0.0.1:3333", "0.0.0.0:3333"}) {
    const Ran refused = real.run({"serve", "--smtp", "127.0.0.1:3333", "--pop3", pop3});
    QCOMPARE(refused.exit, 3);
    QCOMPARE(refused.error()["code"].toString(), QString("port_in_use"));
  }
}

void RealTest::files_are_their_owners_alone() {
  const Real real;
  QVERIFY(real.init());
  const Service service(real);
  QDirIterator files(real.folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
  int seen = 0;
  while (files.hasNext()) {
    const QFileInfo file(files.next());
    const auto others = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther | QFile::WriteOther;
    QVERIFY2((file.permissions() & others) == 0, qPrintable(file.filePath()));
    ++seen;
  }
  QVERIFY(seen > 4);
}

void RealTest::stopped_means_free() {
  const Real real;
  QVERIFY(real.init());
  for (int round = 0; round < 3; ++round) {
    Service service(real);
    QVERIFY(service.ready.startsWith("ready "));
    QCOMPARE(real.run({"stop"}).exit, 0);
    QVERIFY(service.process.waitForFinished(200));
    QCOMPARE(service.process.exitCode(), 0);
    QCOMPARE(service.process.readAllStandardError(), QByteArray());
  }
}

void RealTest::commands_side_by_side() {
  const Real real;
  QVERIFY(real.init());
  std::vector<std::unique_ptr<QProcess>> commands;
  for (int i = 0; i < 3; ++i) {
    commands.push_back(std::make_unique<QProcess>());
    commands.back()->setProcessEnvironment(real.program.environment());
    commands.back()->start(POSTERN_PROGRAM,
                           {"--data", real.folder, "user", "add", QString("user%1@b.example").arg(i), "--no-password"});
  }
  for (const auto& command : commands) {
    QVERIFY(command->waitForFinished(kPatience));
    QVERIFY2(command->exitCode() == 0, command->readAllStandardError().constData());
  }
  QCOMPARE(real.run({"user", "list"}).json()["users"].toArray().size(), 4);
}

QTEST_GUILESS_MAIN(RealTest)
#include "real_test.moc"

// `serve`, `stop`, and how commands find the core that runs.
#include <signal.h>

#include "app/cli/program.h"

using namespace postern::test;

namespace {

/// A serving process; ended with the test whatever happens.
class Serving {
 public:
  explicit Serving(const Program& program, const QStringList& words = {}) {
    process.setProcessEnvironment(program.environment());
    process.start(POSTERN_FAKE_PROGRAM, QStringList{"--data", program.data(), "serve"} + words);
  }
  ~Serving() {
    process.kill();
    process.waitForFinished(kPatience);
  }
  QByteArray ready_line() {
    while (!process.canReadLine() && process.waitForReadyRead(kPatience)) {
    }
    return process.readLine();
  }
  void signal(int number) const { ::kill(static_cast<pid_t>(process.processId()), number); }

  QProcess process;
};

}  // namespace

class ServeTest : public QObject {
  Q_OBJECT
 private slots:
  void says_when_it_is_ready();
  void each_signal_stops_it_data();
  void each_signal_stops_it();
  void a_second_signal_does_not_wait();
  void stop_verb_waits_until_it_is_gone();
  void commands_attach_to_it();
  void attach_by_path();
  void nobody_to_stop();
  void a_refused_start();
  void serve_cannot_attach();
  void a_reader_that_goes_away();
};

void ServeTest::says_when_it_is_ready() {
  const Program program;
  Serving serving(program, {"--smtp", "127.0.0.1:2525", "--pop3", "[::1]:0"});
  QCOMPARE(serving.ready_line(), QByteArray("ready smtp=127.0.0.1:2525 pop3=[::1]:0\n"));
  QCOMPARE(program.read("requests"), QString("start listening\n"));
}

void ServeTest::each_signal_stops_it_data() {
  QTest::addColumn<int>("number");
  QTest::newRow("SIGTERM") << SIGTERM;
  QTest::newRow("SIGINT") << SIGINT;
  QTest::newRow("SIGHUP") << SIGHUP;
}

void ServeTest::each_signal_stops_it() {
  QFETCH(int, number);
  const Program program;
  Serving serving(program);
  QVERIFY(serving.ready_line().startsWith("ready "));
  serving.signal(number);
  QVERIFY(serving.process.waitForFinished(kPatience));
  QCOMPARE(serving.process.exitStatus(), QProcess::NormalExit);
  QCOMPARE(serving.process.exitCode(), 0);
  QCOMPARE(program.read("requests"), QString("start listening\nstop\n"));
  QCOMPARE(serving.process.readAllStandardError(), QByteArray());
}

void ServeTest::a_second_signal_does_not_wait() {
  const Program program;
  program.write("slow-stop", "15000");
  Serving serving(program);
  QVERIFY(serving.ready_line().startsWith("ready "));
  serving.signal(SIGTERM);
  QTRY_VERIFY_WITH_TIMEOUT(program.read("requests").endsWith("stop\n"), kPatience);
  QElapsedTimer timer;
  timer.start();
  serving.signal(SIGINT);
  QVERIFY(serving.process.waitForFinished(kPatience));
  QVERIFY2(timer.elapsed() < 10'000, qPrintable(QString::number(timer.elapsed())));
  QCOMPARE(serving.process.exitCode(), 1);
  QVERIFY(serving.process.readAllStandardError().contains("at once"));
}

void ServeTest::stop_verb_waits_until_it_is_gone() {
  const Program program;
  program.write("slow-stop", "100");
  program.write("slow-end", "500");
  Serving serving(program);
  QVERIFY(serving.ready_line().startsWith("ready "));
  const Ran ran = program.run({"stop", "--json"});
  QCOMPARE(ran.exit, 0);
  QCOMPARE(ran.out, QString("{\"state\":\"stopping\"}\n"));
  QVERIFY(!QFile::exists(program.data() + "/control.sock"));
  // The process had ended, not only its socket: it is found so at once.
  QVERIFY(serving.process.waitForFinished(100));
  QCOMPARE(serving.process.exitCode(), 0);
}

void ServeTest::commands_attach_to_it() {
  const Program program;
  Serving serving(program);
  QVERIFY(serving.ready_line().startsWith("ready "));
  program.write("requests", "");
  QCOMPARE(program.run({"user", "add", "a@b", "--password-stdin"}, "secret word\n").exit, 0);
  QCOMPARE(program.only_request()["body"].toObject()["password"].toString(), QString("secret word"));
  QVERIFY2(!program.read("requests").contains("start"), "a core of its own was opened beside the running one");
  program.write("reply", R"({"id":1,"error":{"code":"conflict","args":["user/1"]}})");
  const Ran refused = program.run({"change", "undo", "1", "--json"});
  QCOMPARE(refused.exit, 1);
  QCOMPARE(refused.error()["code"].toString(), QString("conflict"));
}

void ServeTest::attach_by_path() {
  const Program program, elsewhere;
  Serving serving(program);
  QVERIFY(serving.ready_line().startsWith("ready "));
  const QString socket = program.data() + "/control.sock";
  QCOMPARE(elsewhere.run_plain({"status", "--attach", socket}).exit, 0);
  QVERIFY(program.requests().back().contains("\"request\":\"status\""));
  const Ran nobody = elsewhere.run_plain({"--attach", elsewhere.data() + "/none.sock", "status", "--json"});
  QCOMPARE(nobody.exit, 3);
  QCOMPARE(nobody.error()["code"].toString(), QString("unreachable"));
  QCOMPARE(elsewhere.read("requests"), QString());
  QCOMPARE(elsewhere.run_plain({"--attach", socket, "--data", elsewhere.data(), "status"}).exit, 2);
}

void ServeTest::nobody_to_stop() {
  const Program program;
  const Ran ran = program.run({"stop"});
  QCOMPARE(ran.exit, 3);
  QVERIFY(ran.err.contains("No running Postern"));
  QCOMPARE(program.read("requests"), QString());
}

void ServeTest::a_refused_start() {
  const Program program;
  // No raw text: moc would not understand its delimiter.
  program.write("start-error",
                "{\"id\":1,\"error\":{\"code\":\"port_in_use\",\"args\":[\"127.0.0.1:25\",\"exim4 (pid 812)\"]}}");
  Serving serving(program);
  QVERIFY(serving.process.waitForFinished(kPatience));
  QCOMPARE(serving.process.exitCode(), 3);
  QCOMPARE(serving.process.readAllStandardOutput(), QByteArray());
  QCOMPARE(serving.process.readAllStandardError(), QByteArray("127.0.0.1:25 is already in use by exim4 (pid 812).\n"));
}

void ServeTest::serve_cannot_attach() {
  const Program program;
  QCOMPARE(program.run_plain({"serve", "--attach", program.data() + "/control.sock"}).exit, 2);
}

void ServeTest::a_reader_that_goes_away() {
  const Program program;
  QProcess shell;
  shell.setProcessEnvironment(program.environment());
  // The reader of the ready line is gone at once; the service goes on until it is stopped.
  shell.start("sh",
              {"-c", QString("'%1' --data '%2' serve | head -n 1; sleep 0").arg(POSTERN_FAKE_PROGRAM, program.data())});
  while (!shell.canReadLine() && shell.waitForReadyRead(kPatience)) {
  }
  QVERIFY(shell.readLine().startsWith("ready "));
  QCOMPARE(program.run({"status"}).exit, 0);
  QCOMPARE(program.run({"stop"}).exit, 0);
  QVERIFY(shell.waitForFinished(kPatience));
}

QTEST_GUILESS_MAIN(ServeTest)
#include "serve_test.moc"

#include "base/log.h"

#include <unistd.h>

#include <QRegularExpression>
#include <QTemporaryFile>
#include <QtTest>
#include <cstdio>
#include <string>
#include <vector>

using namespace postern;

namespace {

struct Line {
  LogLevel level;
  std::string area, text;
};

/// What `work` writes to stderr.
std::string stderr_of(const std::function<void()>& work) {
  QTemporaryFile file;
  if (!file.open()) return "no temporary file";
  std::fflush(stderr);
  const int kept = ::dup(STDERR_FILENO);
  ::dup2(file.handle(), STDERR_FILENO);
  work();
  std::fflush(stderr);
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  file.seek(0);
  return file.readAll().toStdString();
}

}  // namespace

class LogTest : public QObject {
  Q_OBJECT
 private slots:
  void cleanup() { set_log_sink({}); }
  void without_a_sink_lines_are_dropped();
  void a_sink_gets_level_area_and_text();
  void no_line_is_forged();
  void a_long_text_is_cut();
  void stderr_lines();
  void lower_levels_are_left_out();
};

void LogTest::without_a_sink_lines_are_dropped() {
  QCOMPARE(stderr_of([] { log_error("net", "nobody listens"); }), std::string());
}

void LogTest::a_sink_gets_level_area_and_text() {
  std::vector<Line> lines;
  set_log_sink([&](LogLevel level, std::string_view area, std::string_view text) {
    lines.push_back({level, std::string(area), std::string(text)});
  });
  log_info("store", "opened");
  log_warning("net", "slow");
  log_error("crypto", "broken");
  log(LogLevel::debug, "smtp", "detail");
  QCOMPARE(lines.size(), size_t{4});
  QVERIFY(lines[0].level == LogLevel::info && lines[0].area == "store" && lines[0].text == "opened");
  QVERIFY(lines[1].level == LogLevel::warning && lines[2].level == LogLevel::error &&
          lines[3].level == LogLevel::debug);
}

void LogTest::no_line_is_forged() {
  const std::string said = stderr_of([] {
    set_log_sink(stderr_log_sink(LogLevel::debug));
    log_info("smtp", "HELO a\r\n2026-11-24T08:30:00.123Z error store: forged \x1b[31m\x80");
  });
  QCOMPARE(std::count(said.begin(), said.end(), '\n'), 1);
  QVERIFY(said.find("\\x0d\\x0a") != std::string::npos);
  for (const char odd : {'\r', '\x1b', '\x80'}) QVERIFY(said.find(odd) == std::string::npos);
}

void LogTest::a_long_text_is_cut() {
  size_t size = 0;
  set_log_sink([&](LogLevel, std::string_view, std::string_view text) { size = text.size(); });
  log_info("net", std::string(1'000'000, 'x'));
  QVERIFY(size > 100 && size < 4000);
  log_info("net", std::string(1'000'000, '\n'));
  QVERIFY(size > 100 && size < 4000);
}

void LogTest::stderr_lines() {
  const std::string said = stderr_of([] {
    set_log_sink(stderr_log_sink(LogLevel::info));
    log_warning("store", "disk is slow");
  });
  const QRegularExpression form(R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning store: disk is slow\n$)");
  QVERIFY2(form.match(QString::fromStdString(said)).hasMatch(), said.c_str());
}

void LogTest::lower_levels_are_left_out() {
  const std::string said = stderr_of([] {
    set_log_sink(stderr_log_sink(LogLevel::warning));
    log(LogLevel::debug, "net", "no");
    log_info("net", "no");
    log_warning("net", "yes");
    log_error("net", "yes");
  });
  QCOMPARE(std::count(said.begin(), said.end(), '\n'), 2);
  QVERIFY(said.find("no\n") == std::string::npos);
}

QTEST_APPLESS_MAIN(LogTest)
#include "log_test.moc"

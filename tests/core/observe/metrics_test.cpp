#include <QRegularExpression>
#include <QtTest>
#include <cmath>
#include <map>

#include "observe/metrics_text.h"

using namespace postern;
using namespace postern::observe;

namespace {

/// A strict reader of the text format 0.0.4; fails with the line.
class Reader {
 public:
  QString read(const std::string& text) {
    if (text.empty() || text.back() != '\n') return "no line end at the end";
    const QStringList lines = QString::fromStdString(text).split('\n');
    for (int i = 0; i + 1 < lines.size(); ++i)
      if (const QString problem = line(lines[i]); !problem.isEmpty()) return problem + ": " + lines[i];
    return {};
  }
  std::map<QString, double> samples;
  std::map<QString, QString> types;

 private:
  QString line(const QString& text) {
    static const QRegularExpression kHelp("^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\\\]|\\\\\\\\|\\\\n)*$");
    static const QRegularExpression kType("^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$");
    static const QRegularExpression kSample(
        "^([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\]|\\\\[\\\\\"n])*\""
        "(?:,[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\]|\\\\[\\\\\"n])*\")*\\})? (\\S+)$");
    if (const auto match = kHelp.match(text); match.hasMatch()) {
      if (types.count(match.captured(1)) != 0) return "family appears twice";
      helped_ = match.captured(1);
      return {};
    }
    if (const auto match = kType.match(text); match.hasMatch()) {
      if (match.captured(1) != helped_) return "TYPE without its HELP";
      family_ = helped_;
      types[family_] = match.captured(2);
      return {};
    }
    const auto match = kSample.match(text);
    return match.hasMatch() ? sample(match) : "not understood";
  }

  QString sample(const QRegularExpressionMatch& match) {
    const QString name = match.captured(1);
    bool fits = name == family_;
    if (types[family_] == "histogram")
      for (const char* suffix : {"_bucket", "_sum", "_count"}) fits = fits || name == family_ + suffix;
    if (!fits) return "sample outside its family";
    if (types[family_] == "counter" && !name.endsWith("_total")) return "counter without _total";
    bool number = false;
    const QString value = match.captured(3);
    const double parsed = value == "+Inf" ? INFINITY : value == "NaN" ? NAN : value.toDouble(&number);
    if (!number && value != "+Inf" && value != "NaN") return "no number";
    if (!samples.emplace(name + match.captured(2), parsed).second) return "sample appears twice";
    return {};
  }

  QString helped_, family_;
};

Totals some_totals() {
  Counters counters(2);
  counters.session_opened(0, 25);
  counters.session_opened(1, 110);
  for (int i = 0; i < 99; ++i) counters.message_committed(0, true, 4'000, 10'240);
  counters.message_committed(1, true, 900'000, 10'240);
  counters.login_judged(0, 110, false);
  counters.session_refused(0, 25, "a \"quoted\"\\rule\nwith a line end");
  return counters.read();
}

}  // namespace

class MetricsTest : public QObject {
  Q_OBJECT
 private slots:
  void the_format_is_right();
  void values();
  void the_histogram_is_cumulative();
  void the_reader_can_fail();
  void odd_values();
};

void MetricsTest::the_format_is_right() {
  Gauges gauges;
  gauges.version = "0.1.0 \"x\"";
  Reader reader;
  QCOMPARE(reader.read(metrics_text(some_totals(), gauges)), QString());
  for (const auto& [name, type] : reader.types) QVERIFY2(name.startsWith("postern_"), qPrintable(name));
  Reader empty;
  QCOMPARE(empty.read(metrics_text(Totals{}, Gauges{})), QString());
}

void MetricsTest::values() {
  Gauges gauges;
  gauges.open_sessions = 2;
  gauges.disk_free_octets = uint64_t{79} << 30;
  gauges.store_accepting = false;
  gauges.uptime_seconds = 12.5;
  Reader reader;
  QCOMPARE(reader.read(metrics_text(some_totals(), gauges)), QString());
  QCOMPARE(reader.samples.at("postern_sessions_opened_total{gate=\"smtp\"}"), 1.0);
  QCOMPARE(reader.samples.at("postern_messages_total{direction=\"in\"}"), 100.0);
  QCOMPARE(reader.samples.at("postern_logins_total{gate=\"pop3\",result=\"failed\"}"), 1.0);
  QCOMPARE(reader.samples.at("postern_refusals_total{rule=\"a \\\"quoted\\\"\\\\rule\\nwith a line end\"}"), 1.0);
  QCOMPARE(reader.samples.at("postern_sessions_open"), 2.0);
  QCOMPARE(reader.samples.at("postern_disk_free_octets"), 79.0 * 1024 * 1024 * 1024);
  QCOMPARE(reader.samples.at("postern_store_accepting"), 0.0);
  QCOMPARE(reader.samples.at("postern_uptime_seconds"), 12.5);
  QCOMPARE(reader.samples.at("postern_stored_octets_total"), 1'024'000.0);
}

void MetricsTest::the_histogram_is_cumulative() {
  Reader reader;
  QCOMPARE(reader.read(metrics_text(some_totals(), {})), QString());
  double last = 0;
  int buckets = 0;
  for (unsigned bit = 8; bit <= 24; ++bit, ++buckets) {
    const double bound = static_cast<double>(1U << bit) / 1e6;
    double value = -1;
    for (const auto& [name, count] : reader.samples)
      if (name.startsWith("postern_commit_seconds_bucket{le=\"") &&
          std::abs(name.mid(34).chopped(2).toDouble() - bound) < 1e-9)
        value = count;
    QVERIFY(value >= last);
    last = value;
  }
  QCOMPARE(buckets, 17);
  QCOMPARE(reader.samples.at("postern_commit_seconds_bucket{le=\"0.004096\"}"), 99.0);
  QCOMPARE(reader.samples.at("postern_commit_seconds_bucket{le=\"0.002048\"}"), 0.0);
  QCOMPARE(reader.samples.at("postern_commit_seconds_bucket{le=\"+Inf\"}"), 100.0);
  QCOMPARE(reader.samples.at("postern_commit_seconds_count"), 100.0);
  QCOMPARE(reader.samples.at("postern_commit_seconds_sum"), 99 * 0.004 + 0.9);
  const double p50 = reader.samples.at("postern_commit_quantile_seconds{quantile=\"0.5\"}");
  QVERIFY(p50 >= 0.004 && p50 < 0.0042);
}

void MetricsTest::the_reader_can_fail() {
  for (const char* text :
       {"# HELP a b\n# TYPE a counter\na 1\n", "# HELP a_total b\n# TYPE a_total counter\na_total{x=\"\"\"} 1\n",
        "# HELP g b\n# TYPE g gauge\nh 1\n", "# HELP g b\n# TYPE g gauge\ng 1",
        "# HELP g b\n# TYPE g gauge\ng 1\ng 2\n", "# HELP g b\n# TYPE g gauge\ng one\n", "# TYPE g gauge\ng 1\n",
        "# HELP g a\\x\n# TYPE g gauge\n"}) {
    Reader reader;
    QVERIFY2(!reader.read(text).isEmpty(), text);
  }
}

void MetricsTest::odd_values() {
  MetricsWriter out;
  out.family("g", "gauge", "a \\ and\na line");
  out.sample("", {{"a", "1"}}, std::nan(""));
  out.sample("", {{"a", "2"}}, INFINITY);
  out.sample("", {}, UINT64_MAX);
  QCOMPARE(
      QString::fromStdString(out.take()),
      QString(
          "# HELP g a \\\\ and\\na line\n# TYPE g gauge\ng{a=\"1\"} NaN\ng{a=\"2\"} +Inf\ng 18446744073709551615\n"));
}

QTEST_APPLESS_MAIN(MetricsTest)
#include "metrics_test.moc"

#include "observe/rings.h"

#include <QtTest>

using namespace postern;
using namespace postern::observe;

namespace {

constexpr WallTime kStart = 1'795'510'800 * kMicrosPerSecond;
constexpr WallTime kSecond = kMicrosPerSecond;

}  // namespace

class RingsTest : public QObject {
  Q_OBJECT
 private slots:
  void rates_and_levels();
  void steps_sum_rates_and_keep_peaks();
  void gaps_show();
  void bounded();
  void the_clock_may_go_back();
  void bad_ranges();
  void every_series_has_a_name();
};

void RingsTest::rates_and_levels() {
  Rings rings;
  Counters counters(1);
  Gauges gauges;
  rings.tick(kStart, counters.read(), gauges);
  for (int second = 1; second <= 5; ++second) {
    for (int i = 0; i < second; ++i) counters.message_committed(0, true, 1000 * second, 10);
    counters.session_opened(0, 25);
    gauges.open_sessions = static_cast<uint64_t>(second * 10);
    rings.tick(kStart + second * kSecond, counters.read(), gauges);
    rings.tick(kStart + second * kSecond + 1000, counters.read(), gauges);  // the same second: left out
  }
  QCOMPARE(rings.size(), size_t{5});
  const auto messages = rings.read(Series::messages_in, kStart + kSecond, kStart + 6 * kSecond, 1);
  QCOMPARE(messages.size(), size_t{5});
  for (size_t i = 0; i < 5; ++i) {
    QCOMPARE(messages[i].value, static_cast<double>(i + 1));
    QCOMPARE(messages[i].at, kStart + static_cast<WallTime>(i + 1) * kSecond);
    QVERIFY(!messages[i].gap);
  }
  QCOMPARE(rings.read(Series::open_sessions, kStart + 3 * kSecond, kStart + 4 * kSecond, 1).at(0).value, 30.0);
  const double p99 = rings.read(Series::commit_p99_micros, kStart + 5 * kSecond, kStart + 6 * kSecond, 1).at(0).value;
  QVERIFY(p99 >= 5000 && p99 < 5200);
}

void RingsTest::steps_sum_rates_and_keep_peaks() {
  Rings rings;
  Counters counters(1);
  Gauges gauges;
  rings.tick(kStart - kSecond, counters.read(), gauges);
  for (int second = 0; second < 60; ++second) {
    counters.session_opened(0, 110);
    gauges.open_sessions = second == 31 ? 500 : 3;
    rings.tick(kStart + second * kSecond, counters.read(), gauges);
  }
  const auto rates = rings.read(Series::pop3_opened, kStart, kStart + 60 * kSecond, 20);
  QCOMPARE(rates.size(), size_t{3});
  for (const Point& point : rates) QCOMPARE(point.value, 20.0);
  const auto peaks = rings.read(Series::open_sessions, kStart, kStart + 60 * kSecond, 20);
  QCOMPARE(peaks[0].value, 3.0);
  QCOMPARE(peaks[1].value, 500.0);
}

void RingsTest::gaps_show() {
  Rings rings;
  Counters counters(1);
  rings.tick(kStart, counters.read(), {});
  rings.tick(kStart + kSecond, counters.read(), {});
  rings.tick(kStart + 10 * kSecond, counters.read(), {});
  const auto points = rings.read(Series::logins, kStart, kStart + 11 * kSecond, 1);
  QCOMPARE(points.size(), size_t{11});
  for (size_t i = 0; i < points.size(); ++i) QCOMPARE(points[i].gap, i != 1 && i != 10);
}

void RingsTest::bounded() {
  Rings rings;
  const Totals totals;
  for (size_t second = 0; second < 2 * kRingSeconds; ++second)
    rings.tick(kStart + static_cast<WallTime>(second) * kSecond, totals, {});
  QVERIFY2(rings.size() >= kRingSeconds && rings.size() <= kRingSeconds + 3600,
           qPrintable(QString::number(rings.size())));
  const WallTime end = kStart + 2 * static_cast<WallTime>(kRingSeconds) * kSecond;
  const auto day = rings.read(Series::logins, end - 400 * 86'400 * kSecond, end, 1);
  QVERIFY(day.size() <= kRingPoints);
  for (const Point& point : day) QVERIFY(!point.gap);
}

void RingsTest::the_clock_may_go_back() {
  Rings rings;
  Counters counters(1);
  for (int i = 0; i < 10; ++i) rings.tick(kStart + i * kSecond, counters.read(), {});
  counters.session_opened(0, 25);
  rings.tick(kStart - 3600 * kSecond, counters.read(), {});
  rings.tick(kStart - 3599 * kSecond, counters.read(), {});
  QCOMPARE(rings.size(), size_t{2});
  QCOMPARE(rings.read(Series::smtp_opened, kStart - 3600 * kSecond, kStart - 3598 * kSecond, 1).at(0).value, 1.0);
}

void RingsTest::bad_ranges() {
  Rings rings;
  QVERIFY(rings.read(Series::logins, kStart, kStart, 1).empty());
  QVERIFY(rings.read(Series::logins, kStart, kStart - kSecond, 1).empty());
  QVERIFY(rings.read(Series::logins, -5, 0, 0).empty());
  QCOMPARE(rings.read(Series::logins, kStart, kStart + 5 * kSecond, 0).size(), size_t{5});
  QVERIFY(rings.read(Series::logins, INT64_MIN, INT64_MAX, UINT32_MAX).size() <= kRingPoints);
}

void RingsTest::every_series_has_a_name() {
  for (size_t i = 0; i < kSeries; ++i) QVERIFY(!series_name(static_cast<Series>(i)).empty());
}

QTEST_APPLESS_MAIN(RingsTest)
#include "rings_test.moc"

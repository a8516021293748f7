#include "observe/counters.h"

#include <QtTest>
#include <algorithm>
#include <random>
#include <thread>
#include <vector>

using namespace postern;
using namespace postern::observe;

class CountersTest : public QObject {
  Q_OBJECT
 private slots:
  void steps_join_without_gaps();
  void quantiles_are_right_within_a_step();
  void counts_below_powers_of_two_are_exact();
  void differences();
  void sums_over_threads();
  void closed_sessions_are_read_from_the_trace();
  void words_are_bounded();
  void a_thread_without_a_shard_is_counted();
};

void CountersTest::steps_join_without_gaps() {
  for (size_t step = 0; step + 1 < kHistogramSteps; ++step) {
    const uint64_t end = histogram_step_end(step);
    QCOMPARE(histogram_step(end - 1), step);
    QCOMPARE(histogram_step(end), step + 1);
  }
  QCOMPARE(histogram_step(0), size_t{0});
  QCOMPARE(histogram_step(UINT64_MAX), kHistogramSteps - 1);
}

void CountersTest::quantiles_are_right_within_a_step() {
  std::mt19937_64 random(7);
  Histogram histogram;
  std::vector<uint64_t> values;
  for (int i = 0; i < 20'000; ++i)
    values.push_back(random() % 100 < 98 ? 2'000 + random() % 9'000 : 20'000 + random() % 400'000);
  for (const uint64_t value : values) histogram.record(value);
  std::sort(values.begin(), values.end());
  HistogramCounts counts;
  histogram.read_into(counts);
  QCOMPARE(counts.count, uint64_t{20'000});
  for (const double q : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const auto exact = static_cast<double>(values[static_cast<size_t>(q * 20'000) - 1]);
    const auto found = static_cast<double>(counts.quantile(q));
    QVERIFY2(found >= exact && found <= exact * 1.032,
             qPrintable(QString("%1: %2 instead of %3").arg(q).arg(found).arg(exact)));
  }
  QCOMPARE(HistogramCounts{}.quantile(0.5), uint64_t{0});
}

void CountersTest::counts_below_powers_of_two_are_exact() {
  Histogram histogram;
  for (const uint64_t value : {255U, 256U, 257U, 511U, 512U}) histogram.record(value);
  HistogramCounts counts;
  histogram.read_into(counts);
  QCOMPARE(counts.below(256), uint64_t{1});
  QCOMPARE(counts.below(512), uint64_t{4});
  QCOMPARE(counts.below(1024), uint64_t{5});
  QCOMPARE(counts.sum, uint64_t{255 + 256 + 257 + 511 + 512});
}

void CountersTest::differences() {
  Histogram histogram;
  histogram.record(10);
  HistogramCounts before, after;
  histogram.read_into(before);
  histogram.record(1000);
  histogram.read_into(after);
  const HistogramCounts change = after.since(before);
  QCOMPARE(change.count, uint64_t{1});
  QCOMPARE(change.sum, uint64_t{1000});
  QVERIFY(change.quantile(0.5) >= 1000 && change.quantile(0.5) < 1032);
}

void CountersTest::sums_over_threads() {
  constexpr unsigned kThreads = 4;
  constexpr int kRounds = 5'000;
  Counters counters(kThreads);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([&counters, i] {
      for (int round = 0; round < kRounds; ++round) {
        counters.session_opened(i, 25);
        counters.session_opened(i, 110);
        counters.message_committed(i, true, 4'000, 10);
        counters.login_judged(i, 110, round % 2 == 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  counters.message_committed(0, false, 1, 1);
  const Totals totals = counters.read();
  QCOMPARE(totals.gate(Gate::smtp).opened, uint64_t{kThreads * kRounds});
  QCOMPARE(totals.gate(Gate::pop3).opened, uint64_t{kThreads * kRounds});
  QCOMPARE(totals.gate(Gate::smtp).messages, uint64_t{kThreads * kRounds});
  QCOMPARE(totals.octets_stored, uint64_t{kThreads * kRounds * 10});
  QCOMPARE(totals.commit_micros.count, uint64_t{kThreads * kRounds});
  QCOMPARE(totals.gate(Gate::pop3).logins, uint64_t{kThreads * kRounds / 2});
  QCOMPARE(totals.gate(Gate::pop3).logins_failed, uint64_t{kThreads * kRounds / 2});
  QCOMPARE(totals.commits_failed, uint64_t{1});
}

void CountersTest::closed_sessions_are_read_from_the_trace() {
  Counters counters(1);
  Trace smtp(1, 25, {}, {}, 0);
  smtp.count_in(100);
  smtp.count_out(50);
  smtp.count_message();
  smtp.verdict({Stage::rcpt, Decision::refuse, "relay", "no-such-user", "x"}, 10);
  smtp.verdict({Stage::rcpt, Decision::note, "relay", "noted", ""}, 10);
  smtp.verdict({Stage::commit, Decision::defer, "store", "", ""}, 10);
  counters.session_closed(0, smtp);
  Trace pop3(2, 110, {}, {}, 0);
  pop3.count_message();
  pop3.verdict({Stage::auth, Decision::defer, "identity", "slow", ""}, 10);
  counters.session_closed(0, pop3);
  counters.session_refused(0, 25, "full");
  const Totals totals = counters.read();
  QCOMPARE(totals.gate(Gate::smtp).octets_in, uint64_t{100});
  QCOMPARE(totals.gate(Gate::smtp).octets_out, uint64_t{50});
  QCOMPARE(totals.gate(Gate::smtp).messages, uint64_t{0});
  QCOMPARE(totals.gate(Gate::smtp).sessions_refused, uint64_t{1});
  QCOMPARE(totals.gate(Gate::smtp).sessions_deferred, uint64_t{0});
  QCOMPARE(totals.gate(Gate::smtp).refused, uint64_t{1});
  QCOMPARE(totals.gate(Gate::smtp).opened, uint64_t{0});
  QCOMPARE(totals.gate(Gate::pop3).messages, uint64_t{1});
  QCOMPARE(totals.gate(Gate::pop3).sessions_deferred, uint64_t{1});
  const TallyCounts expected{{"full", 1}, {"no-such-user", 1}, {"slow", 1}, {"store", 1}};
  QVERIFY(totals.refusals == expected);
}

void CountersTest::words_are_bounded() {
  Counters counters(1);
  for (int i = 0; i < 1'000; ++i) counters.error(0, "area" + std::to_string(i));
  counters.error(0, std::string(10'000, 'x'));
  const TallyCounts errors = counters.read().errors;
  QCOMPARE(errors.size(), kTallyWords + 1);
  QCOMPARE(errors.at(std::string(kTallyOther)), uint64_t{1'001 - kTallyWords});
  for (const auto& [word, count] : errors) QVERIFY(word.size() <= kTallyWordLength);
}

void CountersTest::a_thread_without_a_shard_is_counted() {
  Counters counters(2);
  counters.session_opened(99, 25);
  QCOMPARE(counters.read().gate(Gate::smtp).opened, uint64_t{1});
}

QTEST_APPLESS_MAIN(CountersTest)
#include "counters_test.moc"

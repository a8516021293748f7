// What one edit among a hundred thousand documents costs.
#include <QElapsedTimer>
#include <QtTest>

#include "support/engine_folder.h"

using namespace postern;
using namespace postern::change;
using test::EngineFolder;

namespace {

constexpr size_t kDocuments = 100'000;
constexpr int kEdits = 200;
constexpr double kMostOctets = 2048;  // an edit
constexpr qint64 kMostMillis = 50;

std::string rule(size_t rank, const std::string& text) {
  return R"({"count":)" + std::to_string(rank % 1000) + R"(,"text":")" + text + R"("})";
}

}  // namespace

class BudgetTest : public QObject {
  Q_OBJECT
 private slots:
  void one_edit_among_many();
};

void BudgetTest::one_edit_among_many() {
  EngineFolder f;
  QVERIFY(f.start());
  Proposal all = f.proposal({});
  for (size_t i = 0; i < kDocuments; ++i)
    all.items.emplace_back(DocumentName{"thing", std::to_string(i)},
                           rule(i, "allow 192.0.2.0/24 25 # rule " + std::to_string(i)));
  QElapsedTimer timer;
  timer.start();
  QVERIFY(f.engine->apply(std::move(all)).has_value());
  qInfo("%zu documents in one change: %lld ms", kDocuments, timer.elapsed());
  f.store->idle();
  const uint64_t before = f.store->octets();
  std::vector<qint64> times;
  for (int i = 0; i < kEdits; ++i) {
    const size_t which = static_cast<size_t>(i) * 499 % kDocuments;
    timer.restart();
    QVERIFY(f.apply({{"thing/" + std::to_string(which),
                      rule(which, "deny 198.51.100.0/24 25 # edit " + std::to_string(i))}})
                .has_value());
    times.push_back(timer.nsecsElapsed());
  }
  f.store->idle();
  const double growth = static_cast<double>(f.store->octets() - before) / kEdits;
  std::sort(times.begin(), times.end());
  qInfo("an edit: %.0f octets, %.2f ms (median), %.2f ms (slowest)", growth,
        static_cast<double>(times[kEdits / 2]) / 1e6, static_cast<double>(times.back()) / 1e6);
  QVERIFY(growth < kMostOctets);
  QVERIFY(times[kEdits / 2] < kMostMillis * 1'000'000);
  timer.restart();
  QVERIFY(f.start());
  qInfo("opened again in %lld ms", timer.elapsed());
  QCOMPARE(f.stage.in_force.size(), kDocuments);
}

QTEST_APPLESS_MAIN(BudgetTest)
#include "budget_test.moc"

#include "base/bounded_queue.h"

#include <QtTest>
#include <atomic>
#include <latch>
#include <memory>
#include <set>
#include <thread>

using namespace postern;

class BoundedQueueTest : public QObject {
  Q_OBJECT
 private slots:
  void first_in_first_out();
  void a_full_queue_leaves_the_item();
  void a_closed_queue_is_drained();
  void pop_all_takes_everything();
  void no_room_at_all();
  void closing_wakes_every_waiter();
  void many_producers_and_consumers();
  void pop_all_beside_producers();
};

void BoundedQueueTest::first_in_first_out() {
  BoundedQueue<int> queue(3);
  for (int i = 1; i <= 3; ++i) QVERIFY(queue.push(int{i}));
  QCOMPARE(queue.size(), size_t{3});
  for (int i = 1; i <= 3; ++i) QCOMPARE(queue.pop().value_or(0), i);
  QCOMPARE(queue.size(), size_t{0});
}

void BoundedQueueTest::a_full_queue_leaves_the_item() {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  QVERIFY(queue.push(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  QVERIFY(!queue.push(std::move(second)));
  QVERIFY(second != nullptr);  // NOLINT: a refused item is untouched by contract
  QCOMPARE(*queue.pop().value(), 1);
  QVERIFY(queue.push(std::move(second)));
  QCOMPARE(*queue.pop().value(), 2);
}

void BoundedQueueTest::a_closed_queue_is_drained() {
  BoundedQueue<std::string> queue(4);
  QVERIFY(queue.push("one"));
  QVERIFY(queue.push("two"));
  queue.close();
  std::string late = "late";
  QVERIFY(!queue.push(std::move(late)));
  QCOMPARE(late, std::string("late"));  // NOLINT: a refused item is untouched by contract
  QCOMPARE(queue.pop().value_or(""), std::string("one"));
  QCOMPARE(queue.pop().value_or(""), std::string("two"));
  QVERIFY(!queue.pop());
  std::vector<std::string> all{"left over"};
  QVERIFY(!queue.pop_all(all));
  QVERIFY(all.empty());
}

void BoundedQueueTest::pop_all_takes_everything() {
  BoundedQueue<int> queue(8);
  for (int i = 0; i < 5; ++i) QVERIFY(queue.push(int{i}));
  std::vector<int> all{99};
  QVERIFY(queue.pop_all(all));
  QCOMPARE(all, (std::vector<int>{0, 1, 2, 3, 4}));
  QVERIFY(queue.push(5));
  queue.close();
  QVERIFY(queue.pop_all(all));
  QCOMPARE(all, (std::vector<int>{5}));
}

void BoundedQueueTest::no_room_at_all() {
  BoundedQueue<int> queue(0);
  QVERIFY(!queue.push(1));
  QCOMPARE(queue.size(), size_t{0});
}

void BoundedQueueTest::closing_wakes_every_waiter() {
  constexpr int kWaiters = 4;
  BoundedQueue<int> queue(1);
  std::latch started(kWaiters);
  std::atomic<int> woken{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < kWaiters; ++i)
    waiters.emplace_back([&, i] {
      started.count_down();
      std::vector<int> all;
      const bool got = i % 2 == 0 ? queue.pop().has_value() : queue.pop_all(all);
      if (!got) ++woken;
    });
  started.wait();
  queue.close();
  for (std::thread& waiter : waiters) waiter.join();
  QCOMPARE(woken.load(), kWaiters);
}

void BoundedQueueTest::many_producers_and_consumers() {
  constexpr int kProducers = 3, kConsumers = 3, kEach = 4000;
  constexpr size_t kLimit = 16;
  BoundedQueue<int> queue(kLimit);
  std::atomic<bool> too_long{false};
  std::vector<std::thread> producers, consumers;
  std::vector<std::vector<int>> got(kConsumers);
  for (int c = 0; c < kConsumers; ++c)
    consumers.emplace_back([&, c] {
      while (const auto item = queue.pop()) {
        got[static_cast<size_t>(c)].push_back(*item);
        if (queue.size() > kLimit) too_long = true;
      }
    });
  for (int p = 0; p < kProducers; ++p)
    producers.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i)
        while (!queue.push(p * kEach + i)) std::this_thread::yield();
    });
  for (std::thread& producer : producers) producer.join();
  queue.close();
  for (std::thread& consumer : consumers) consumer.join();

  std::set<int> all;
  size_t count = 0;
  for (const auto& part : got) {
    count += part.size();
    all.insert(part.begin(), part.end());
    // What one producer put in comes out in order, whoever takes it.
    std::vector<int> last(kProducers, -1);
    for (const int item : part) {
      QVERIFY(item > last[static_cast<size_t>(item / kEach)]);
      last[static_cast<size_t>(item / kEach)] = item;
    }
  }
  QVERIFY(!too_long);
  QCOMPARE(count, size_t{kProducers * kEach});
  QCOMPARE(all.size(), size_t{kProducers * kEach});
}

void BoundedQueueTest::pop_all_beside_producers() {
  constexpr int kEach = 4000;
  BoundedQueue<int> queue(64);
  std::thread producer([&] {
    for (int i = 0; i < kEach; ++i)
      while (!queue.push(int{i})) std::this_thread::yield();
    queue.close();
  });
  std::vector<int> batch;
  int next = 0;
  bool in_order = true;
  while (queue.pop_all(batch)) {
    if (batch.size() > 64) in_order = false;
    for (const int item : batch) in_order = in_order && item == next++;
  }
  producer.join();
  QVERIFY(in_order);
  QCOMPARE(next, kEach);
}

QTEST_APPLESS_MAIN(BoundedQueueTest)
#include "bounded_queue_test.moc"

#include "service/login_workers.h"

#include <QtTest>
#include <future>
#include <latch>

using namespace postern;
using service::LoginWorkers;
using service::NetworkClass;

class LoginWorkersTest : public QObject {
  Q_OBJECT
 private slots:
  void strangers_do_not_starve_the_office();
  void a_strange_network_waits_with_two_at_most();
  void stop_cancels_what_waits();
  void networks_are_24_and_64();
};

namespace {

/// Holds the only worker until opened.
struct Gate {
  std::promise<void> open;
  std::promise<void> entered;
  void block(LoginWorkers& workers) {
    auto opened = open.get_future().share();
    workers.submit(NetworkClass::trusted, *Network::parse("127.0.0.0/24"), [this, opened](bool) {
      entered.set_value();
      opened.wait();
    });
    entered.get_future().wait();
  }
};

Network strange(int number) {
  return *Network::parse("203.0." + std::to_string(number) + ".0/24");
}

}  // namespace

void LoginWorkersTest::strangers_do_not_starve_the_office() {
  LoginWorkers workers(1);
  Gate gate;
  gate.block(workers);
  std::string order;
  std::latch done(14);
  for (int i = 0; i < 7; ++i) {
    const auto note = [&order, &done](char who) {
      return [&order, &done, who](bool) {
        order += who;
        done.count_down();
      };
    };
    QVERIFY(workers.submit(NetworkClass::unknown, strange(i), note('u')));
    QVERIFY(workers.submit(NetworkClass::trusted, *Network::parse("127.0.0.0/24"), note('t')));
  }
  gate.open.set_value();
  done.wait();
  // Of the first seven turns at least four are the office's, although strangers stood first.
  QVERIFY(std::count(order.begin(), order.begin() + 7, 't') >= 4);
  QCOMPARE(order.size(), size_t{14});
}

void LoginWorkersTest::a_strange_network_waits_with_two_at_most() {
  LoginWorkers workers(1);
  Gate gate;
  gate.block(workers);
  std::latch done(2);
  const auto job = [&done](bool) { done.count_down(); };
  QVERIFY(workers.submit(NetworkClass::unknown, strange(1), job));
  QVERIFY(workers.submit(NetworkClass::unknown, strange(1), job));
  QVERIFY(!workers.submit(NetworkClass::unknown, strange(1), job));
  QCOMPARE(workers.waiting(), size_t{2});
  gate.open.set_value();
  done.wait();
}

void LoginWorkersTest::stop_cancels_what_waits() {
  LoginWorkers workers(1);
  Gate gate;
  gate.block(workers);
  std::atomic<int> cancelled{0};
  const auto job = [&cancelled](bool was) { cancelled += was ? 1 : 0; };
  for (int i = 0; i < 5; ++i) QVERIFY(workers.submit(NetworkClass::unknown, strange(i), job));
  workers.cancel();
  QVERIFY(!workers.submit(NetworkClass::trusted, strange(99), job));
  gate.open.set_value();
  workers.stop();
  QCOMPARE(cancelled.load(), 5);
}

void LoginWorkersTest::networks_are_24_and_64() {
  QCOMPARE(service::network_of(*IpAddress::parse("192.0.2.77")).to_string(), std::string("192.0.2.0/24"));
  QCOMPARE(service::network_of(*IpAddress::parse("2001:db8:1:2:3::4")).to_string(), std::string("2001:db8:1:2::/64"));
}

QTEST_APPLESS_MAIN(LoginWorkersTest)
#include "login_workers_test.moc"

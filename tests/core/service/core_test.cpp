// The whole core in this process, asked by several threads and over its socket while mail comes in and the policy
// changes. Run under ThreadSanitizer, too.
#include "postern/core.h"

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <atomic>
#include <thread>

#include "base/ip_address.h"
#include "support/tcp_client.h"

using namespace postern;

namespace {

constexpr int kRounds = 15;

struct Running {
  QTemporaryDir folder;
  api::Place place{(folder.path() + "/data").toStdString(), (folder.path() + "/kek").toStdString()};
  std::unique_ptr<api::Core> core;
  Endpoint smtp, pop3;

  bool start() {
    if (api::error_of(api::initialise(place, {"example.org", "anna", "Correct horse 9 battery"}))) return false;
    return again();
  }
  bool again() {
    core = api::make_core(place);
    const auto listening = core->start({true, "127.0.0.1:0", "127.0.0.1:0"});
    if (api::error_of(listening)) return false;
    smtp = *Endpoint::parse(std::get<0>(listening).smtp);
    pop3 = *Endpoint::parse(std::get<0>(listening).pop3);
    return true;
  }
  api::Reply ask(api::Request request) { return api::call(core->channel(), std::move(request)); }
};

api::DocumentSet recipients(int count) {
  return {.id = "smtp/limits", .fields = {{"recipients", {std::to_string(count)}}}, .reason = "test"};
}

size_t open_sessions(Running& r) {
  const auto reply = std::get<api::SessionsReply>(r.ask(api::SessionList{}));
  return static_cast<size_t>(std::count_if(reply.sessions.begin(), reply.sessions.end(),
                                           [](const api::SessionInfo& one) { return !one.ended; }));
}

/// One message; true when it was acknowledged.
bool deliver(const Endpoint& smtp) {
  test::TcpClient client(smtp);
  client.reply();
  for (const char* line :
       {"EHLO test\r\n", "MAIL FROM:<a@example.net>\r\n", "RCPT TO:<anna@example.org>\r\n", "DATA\r\n"}) {
    client.send(line);
    client.reply();
  }
  client.send("Subject: x\r\n\r\nbody\r\n.\r\n");
  const bool good = client.reply().starts_with("250");
  client.send("QUIT\r\n");
  client.reply();
  return good;
}

}  // namespace

class CoreTest : public QObject {
  Q_OBJECT
 private slots:
  void many_at_once();
  void ending_a_session();
  void stopped_while_it_is_asked();
  void a_month_that_is_over_is_sealed();
};

void CoreTest::many_at_once() {
  Running r;
  QVERIFY(r.start());
  std::atomic<int> failures{0}, delivered{0};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    for (int i = 0; i < kRounds; ++i)
      if (api::error_of(r.ask(recipients(10 + i)))) ++failures;
  });
  threads.emplace_back([&] {
    for (int i = 0; i < kRounds; ++i)
      for (const api::Request& request : {api::Request(api::Status{}), api::Request(api::Metrics{}),
                                          api::Request(api::SessionList{}), api::Request(api::UserList{})})
        if (api::error_of(r.ask(request))) ++failures;
  });
  threads.emplace_back([&] {
    for (int i = 0; i < kRounds; ++i) {
      auto attached = api::attach(api::control_socket(r.place));
      if (api::error_of(attached) || api::error_of(api::call(*std::get<0>(attached), api::ChangeList{}))) ++failures;
    }
  });
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) delivered += deliver(r.smtp) ? 1 : 0;
    });
  for (auto& thread : threads) thread.join();
  QCOMPARE(failures.load(), 0);
  QCOMPARE(delivered.load(), 2 * kRounds);
  const auto verdict = std::get<api::AuditVerifyReply>(r.ask(api::AuditVerify{}));
  QVERIFY(verdict.ok);
  QCOMPARE(std::get<api::StatusReply>(r.ask(api::Status{})).messages, uint64_t{2 * kRounds});
  r.core->stop();
  QVERIFY(r.again());
  QCOMPARE(std::get<api::StatusReply>(r.ask(api::Status{})).messages, uint64_t{2 * kRounds});
}

void CoreTest::ending_a_session() {
  Running r;
  QVERIFY(r.start());
  test::TcpClient client(r.smtp);
  client.reply();
  const auto sessions = std::get<api::SessionsReply>(r.ask(api::SessionList{})).sessions;
  QCOMPARE(sessions.size(), size_t{1});
  const auto ended = r.ask(api::SessionKill{.id = sessions[0].id, .reason = "test"});
  QVERIFY(std::holds_alternative<api::SessionKilled>(ended));
  QVERIFY(client.reply().starts_with("421"));
  const std::string change = std::get<api::SessionKilled>(ended).change;
  const auto shown = std::get<api::ChangeReply>(r.ask(api::ChangeShow{.id = change}));
  QCOMPARE(shown.effects, std::vector<std::string>{"session.kill " + sessions[0].id + " done"});
  QCOMPARE(api::error_of(r.ask(api::ChangeUndo{.id = change}))->code, ErrorCode::irreversible);
  client.close();
  QTRY_VERIFY(open_sessions(r) == 0);
  // Nothing is written for one that is not there.
  const size_t changes = std::get<api::ChangesReply>(r.ask(api::ChangeList{})).changes.size();
  QCOMPARE(api::error_of(r.ask(api::SessionKill{.id = sessions[0].id}))->code, ErrorCode::not_found);
  QCOMPARE(api::error_of(r.ask(api::SessionKill{.id = "?"}))->code, ErrorCode::bad_input);
  QCOMPARE(std::get<api::ChangesReply>(r.ask(api::ChangeList{})).changes.size(), changes);
}

void CoreTest::stopped_while_it_is_asked() {
  Running r;
  QVERIFY(r.start());
  auto attached = api::attach(api::control_socket(r.place));
  QVERIFY(!api::error_of(attached));
  std::atomic<int> answered{0};
  for (int i = 0; i < 40; ++i)
    std::get<0>(attached)->send(recipients(10 + i), [&answered](const api::Reply&) { ++answered; });
  r.core->stop();
  std::get<0>(attached).reset();
  QCOMPARE(answered.load(), 40);
  QVERIFY(r.again());
  QVERIFY(std::get<api::AuditVerifyReply>(r.ask(api::AuditVerify{})).ok);
}

size_t seals(Running& r) {
  const auto trail = std::get<api::AuditReply>(r.ask(api::AuditList{}));
  return static_cast<size_t>(std::count_if(trail.entries.begin(), trail.entries.end(),
                                           [](const api::AuditRow& row) { return row.action == "ledger.seal"; }));
}

void CoreTest::a_month_that_is_over_is_sealed() {
  Running r;
  QVERIFY(r.start());
  QVERIFY(deliver(r.smtp));
  r.core->stop();
  const QString data = r.folder.path() + "/data/sessions-";
  const QDate today = QDateTime::currentDateTimeUtc().date();
  QVERIFY(
      QFile::copy(data + today.toString("yyyy-MM") + ".db", data + today.addMonths(-1).toString("yyyy-MM") + ".db"));
  QVERIFY(r.again());
  QTRY_COMPARE(seals(r), size_t{1});
  r.core->stop();
  // Once: the next start finds it recorded.
  QVERIFY(r.again());
  QVERIFY(deliver(r.smtp));
  QCOMPARE(seals(r), size_t{1});
}

QTEST_GUILESS_MAIN(CoreTest)
#include "core_test.moc"

#include <QTemporaryDir>
#include <QtTest>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "adapters/control/client.h"
#include "adapters/control/server.h"
#include "core/adapters/control/raw_client.h"

using namespace postern;
using namespace postern::control;
using namespace postern::control::test;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

namespace {

/// A server that keeps what it was asked, and answers by `on_request`.
class Server {
 public:
  explicit Server(ServerLimits limits = {}, bool group = false)
      : Server(ServerOptions{.group = group, .build = "test", .schema = 3, .limits = limits}) {}
  explicit Server(ServerOptions options, const std::string& name = "control.sock") {
    path = folder.filePath(QString::fromStdString(name)).toStdString();
    options.path = path;
    server = std::make_unique<ControlServer>(
        options, [this](const Peer& peer) { return judge(peer); },
        [this](api::Caller caller, api::Request request, api::ReplyHandler answer) {
          {
            const std::lock_guard lock(mutex);
            last_caller = caller;
            ++requests;
          }
          changed.notify_all();
          on_request(std::move(request), std::move(answer));
        });
  }

  bool wait_for_requests(int count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 10s, [this, count] { return requests >= count; });
  }

  QTemporaryDir folder;
  std::string path;
  std::mutex mutex;
  std::condition_variable changed;
  int requests = 0;
  api::Caller last_caller;
  std::function<Expected<api::Caller>(const Peer&)> judge = [](const Peer& peer) -> Expected<api::Caller> {
    if (!peer.is_owner) return fail(ErrorCode::access_denied, {peer.user});
    return api::Caller{"owner", api::Role::owner, "socket"};
  };
  std::function<void(api::Request, api::ReplyHandler)> on_request = [](api::Request request, api::ReplyHandler answer) {
    if (const auto* show = std::get_if<api::UserShow>(&request))
      return answer(api::UsersReply{.users = {{.address = show->user}}});
    answer(api::StopReply{});
  };
  std::unique_ptr<ControlServer> server;
};

void answer_stop(const api::Caller&, const api::Request&, const api::ReplyHandler& answer) {
  answer(api::StopReply{});
}

// QObject has a connect of its own.
Expected<std::unique_ptr<api::Channel>> dial(const std::string& path, const ClientLimits& limits = {}) {
  return control::connect(path, limits);
}

std::string user_show(uint64_t id, const std::string& user) {
  return R"({"id":)" + std::to_string(id) + R"(,"request":"user show","body":{"user":")" + user + "\"}}";
}

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

class ControlTest : public QObject {
  Q_OBJECT
 private slots:
  void requests_and_replies();
  void replies_in_any_order_from_any_thread();
  void caller_is_what_the_system_says();
  void strangers_are_told_and_closed();
  void other_major_is_told_and_closed();
  void client_finds_another_major();
  void hello_comes_first_and_once();
  void over_long_and_empty_messages();
  void nonsense_is_answered_and_the_connection_lives();
  void seventeenth_connection();
  void silent_connection_is_closed();
  void half_message_is_closed();
  void idle_connection_is_closed();
  void a_waiting_request_is_not_idle();
  void slow_reader_is_bounded();
  void reply_over_the_limit();
  void left_over_file_is_replaced();
  void other_files_are_never_touched();
  void a_second_server_is_refused();
  void file_of_another_server_stays();
  void mode_of_the_socket();
  void long_path();
  void stop_lets_the_last_reply_out();
  void answers_after_the_end();
  void a_throwing_dispatch();
  void client_without_a_server();
  void client_when_the_server_goes();
  void client_gives_up_waiting();
  void client_that_ends_answers_all();
  void client_refuses_what_cannot_be_sent();
};

void ControlTest::requests_and_replies() {
  Server s;
  QVERIFY(s.server->start().has_value());
  auto channel = dial(s.path);
  QVERIFY(channel.has_value());
  const auto reply = api::call(**channel, api::UserShow{.user = "a@b.example"});
  QCOMPARE(std::get<api::UsersReply>(reply).users.at(0).address, std::string("a@b.example"));
  for (int i = 0; i < 500; ++i) QVERIFY(std::holds_alternative<api::StopReply>(api::call(**channel, api::Stop{})));
  s.server->stop();
  QVERIFY(!fs::exists(s.path));
}

void ControlTest::replies_in_any_order_from_any_thread() {
  std::vector<std::pair<api::Request, api::ReplyHandler>> waiting;
  std::vector<std::thread> threads;
  Server s;
  s.on_request = [&](api::Request request, api::ReplyHandler answer) {
    waiting.emplace_back(std::move(request), std::move(answer));
    if (waiting.size() < 3) return;
    for (auto it = waiting.rbegin(); it != waiting.rend(); ++it)
      threads.emplace_back([user = std::get<api::UserShow>(it->first).user, reply = it->second] {
        reply(api::UsersReply{.users = {{.address = user}}});
      });
  };
  QVERIFY(s.server->start().has_value());
  auto channel = dial(s.path);
  QVERIFY(channel.has_value());
  std::vector<std::promise<std::string>> promises(3);
  for (size_t i = 0; i < 3; ++i)
    (*channel)->send(api::UserShow{.user = std::to_string(i)}, [&promises, i](api::Reply reply) {
      promises[i].set_value(std::get<api::UsersReply>(reply).users.at(0).address);
    });
  for (size_t i = 0; i < 3; ++i) QCOMPARE(promises[i].get_future().get(), std::to_string(i));
  for (auto& thread : threads) thread.join();
}

void ControlTest::caller_is_what_the_system_says() {
  Peer seen;
  Server s;
  s.judge = [&seen](const Peer& peer) -> Expected<api::Caller> {
    seen = peer;
    return api::Caller{"someone", api::Role::auditor, "socket"};
  };
  QVERIFY(s.server->start().has_value());
  auto channel = dial(s.path);
  QVERIFY(channel.has_value());
  api::call(**channel, api::Status{});
  s.server->stop();
  QCOMPARE(seen.uid, uint32_t(::geteuid()));
  QCOMPARE(seen.pid, int32_t(::getpid()));
  QVERIFY(seen.is_owner);
  QVERIFY(s.last_caller == (api::Caller{"someone", api::Role::auditor, "socket"}));
}

void ControlTest::strangers_are_told_and_closed() {
  Server s;
  s.judge = [](const Peer& peer) -> Expected<api::Caller> { return fail(ErrorCode::access_denied, {peer.user}); };
  QVERIFY(s.server->start().has_value());
  const auto refused = dial(s.path);
  QVERIFY(!refused && refused.error().code == ErrorCode::access_denied);
  RawClient raw(s.path);
  QVERIFY(has(raw.next(), "access_denied"));
  QVERIFY(raw.at_end());
  s.server->stop();
  QCOMPARE(s.requests, 0);
}

void ControlTest::other_major_is_told_and_closed() {
  Server s;
  QVERIFY(s.server->start().has_value());
  RawClient raw(s.path);
  raw.send_frame(R"({"id":1,"request":"hello","body":{"api_major":2,"api_minor":7,"build":"9"}})");
  const std::string hello = raw.next(), why = raw.next();
  QVERIFY(has(hello, "\"api_major\":1") && has(hello, "\"build\":\"test\"") && has(hello, "\"schema\":3"));
  QVERIFY(has(why, "version_mismatch") && has(why, "[\"2\",\"1\"]"));
  raw.send_frame(user_show(2, "a"));
  QVERIFY(raw.at_end());
  QCOMPARE(s.requests, 0);
}

void ControlTest::client_finds_another_major() {
  QTemporaryDir folder;
  const std::string path = folder.filePath("s").toStdString();
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  QCOMPARE(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  QCOMPARE(::listen(listener, 1), 0);
  std::thread server([listener] {
    const int peer = ::accept(listener, nullptr, nullptr);
    const std::string reply = frame_of(R"({"id":1,"reply":"hello","body":{"api_major":5,"later":true}})");
    ::send(peer, reply.data(), reply.size(), MSG_NOSIGNAL);
    char octet = 0;
    while (::recv(peer, &octet, 1, 0) > 0) {
    }
    ::close(peer);
  });
  const auto refused = dial(path);
  server.join();
  ::close(listener);
  QVERIFY(!refused);
  QVERIFY(refused.error() == (Error{ErrorCode::version_mismatch, {"1", "5"}}));
}

void ControlTest::hello_comes_first_and_once() {
  Server s;
  QVERIFY(s.server->start().has_value());
  RawClient early(s.path);
  early.send_frame(user_show(1, "a"));
  QVERIFY(has(early.next(), "bad_input"));
  QVERIFY(early.at_end());
  RawClient twice(s.path);
  twice.send_frame(kHello);
  twice.send_frame(kHello);
  QVERIFY(has(twice.next(), "\"reply\":\"hello\""));
  QVERIFY(has(twice.next(), "bad_input"));
  QVERIFY(twice.at_end());
  QCOMPARE(s.requests, 0);
}

void ControlTest::over_long_and_empty_messages() {
  Server s;
  QVERIFY(s.server->start().has_value());
  const std::vector<std::string> headers = {std::string("\x00\x10\x00\x01", 4), std::string("\xff\xff\xff\xff", 4),
                                            std::string(4, '\0')};
  for (const std::string& header : headers) {
    for (const bool greeted : {false, true}) {
      RawClient raw(s.path);
      if (greeted) {
        raw.send_frame(kHello);
        raw.next();
      }
      raw.send(header);
      QVERIFY(has(raw.next(), "too_large"));
      raw.send(std::string(100'000, 'x'));
      QVERIFY(raw.at_end());
    }
  }
  RawClient longest(s.path);
  longest.send_frame(kHello);
  longest.next();
  std::string text = user_show(2, "a");
  text.append(api::kMaxMessage - text.size(), ' ');
  longest.send_frame(text);
  QVERIFY(has(longest.next(), "\"id\":2,\"reply\":\"users\""));
}

void ControlTest::nonsense_is_answered_and_the_connection_lives() {
  Server s;
  QVERIFY(s.server->start().has_value());
  RawClient raw(s.path);
  raw.send_frame(kHello);
  raw.next();
  const std::vector<std::string> nonsense = {"x", "{", "{\"id\":9,\"request\":\"no such\"}", "\xff\xfe",
                                             "{\"id\":9,\"request\":\"user show\",\"body\":{\"user\":1}}"};
  for (const std::string& text : nonsense) {
    raw.send_frame(text);
    QVERIFY(has(raw.next(), "bad_input"));
  }
  raw.send_frame(user_show(7, "still"));
  QVERIFY(has(raw.next(), "still"));
  // A message in single octets is a message.
  for (const char octet : frame_of(user_show(8, "slow"))) raw.send(std::string_view(&octet, 1));
  QVERIFY(has(raw.next(), "slow"));
}

void ControlTest::seventeenth_connection() {
  Server s;
  QVERIFY(s.server->start().has_value());
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 16; ++i) {
    clients.push_back(std::make_unique<RawClient>(s.path));
    clients.back()->send_frame(kHello);
    QVERIFY(has(clients.back()->next(), "hello"));
  }
  const auto refused = dial(s.path);
  QVERIFY(!refused && refused.error().code == ErrorCode::busy);
  RawClient raw(s.path);
  QVERIFY(has(raw.next(), "busy"));
  QVERIFY(raw.at_end());
  clients.pop_back();
  // The server learns of the free place when it reads; asking again is the only way to see it.
  Expected<std::unique_ptr<api::Channel>> accepted = fail(ErrorCode::busy);
  QTRY_VERIFY_WITH_TIMEOUT((accepted = dial(s.path)).has_value(), kPatience);
}

void ControlTest::silent_connection_is_closed() {
  ServerLimits limits;
  limits.hello = 30ms;
  Server s(limits);
  QVERIFY(s.server->start().has_value());
  RawClient raw(s.path);
  QVERIFY(raw.at_end());
}

void ControlTest::half_message_is_closed() {
  ServerLimits limits;
  limits.message = 30ms;
  Server s(limits);
  QVERIFY(s.server->start().has_value());
  const std::string frame = frame_of(user_show(2, "a"));
  for (const size_t size : {size_t(1), size_t(3), size_t(4), frame.size() - 1}) {
    RawClient raw(s.path);
    raw.send_frame(kHello);
    raw.next();
    raw.send(frame.substr(0, size));
    QVERIFY(raw.at_end());
  }
  QCOMPARE(s.requests, 0);
}

void ControlTest::idle_connection_is_closed() {
  ServerLimits limits;
  limits.idle = 30ms;
  Server s(limits);
  QVERIFY(s.server->start().has_value());
  RawClient raw(s.path);
  raw.send_frame(kHello);
  raw.next();
  QVERIFY(raw.at_end());
}

void ControlTest::a_waiting_request_is_not_idle() {
  ServerLimits limits;
  limits.idle = 100ms;
  Server s(limits);
  std::thread late;
  s.on_request = [&late](api::Request, api::ReplyHandler answer) {
    late = std::thread([answer] {
      std::this_thread::sleep_for(400ms);
      answer(api::StopReply{});
    });
  };
  QVERIFY(s.server->start().has_value());
  RawClient raw(s.path);
  raw.send_frame(kHello);
  raw.next();
  raw.send_frame(user_show(2, "a"));
  const std::string reply = raw.next();
  const bool ended = raw.at_end();
  if (late.joinable()) late.join();
  QVERIFY(has(reply, "\"reply\":\"stop\""));
  QVERIFY(ended);
}

void ControlTest::slow_reader_is_bounded() {
  ServerLimits limits;
  limits.write = 200ms;
  Server s(limits);
  const std::string big(900'000, 'x');
  s.on_request = [&big](api::Request, api::ReplyHandler answer) { answer(api::MetricsReply{.text = big}); };
  QVERIFY(s.server->start().has_value());
  RawClient raw(s.path);
  raw.send_frame(kHello);
  for (uint64_t i = 2; i < 50; ++i) raw.send_frame(user_show(i, "a"));
  // It reads nothing: the server works on as many requests as it may, then gives up on the peer.
  QVERIFY(s.wait_for_requests(static_cast<int>(limits.requests) - 1));
  while (raw.read_frame()) {
    // What the socket itself had taken before the server closed.
    std::this_thread::sleep_for(300ms);
  }
  s.server->stop();
  QVERIFY2(s.requests <= static_cast<int>(limits.requests) + 2, qPrintable(QString::number(s.requests)));
}

void ControlTest::reply_over_the_limit() {
  Server s;
  s.on_request = [](api::Request, api::ReplyHandler answer) {
    answer(api::MetricsReply{.text = std::string(api::kMaxMessage, 'x')});
  };
  QVERIFY(s.server->start().has_value());
  auto channel = dial(s.path);
  QVERIFY(channel.has_value());
  const auto reply = api::call(**channel, api::Metrics{});
  QVERIFY(api::error_of(reply) && api::error_of(reply)->code == ErrorCode::too_large);
  QVERIFY(api::error_of(api::call(**channel, api::Metrics{})));
}

void ControlTest::left_over_file_is_replaced() {
  Server s;
  const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  s.path.copy(address.sun_path, sizeof address.sun_path - 1);
  QCOMPARE(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(dead);
  QVERIFY(fs::exists(s.path));
  QVERIFY(s.server->start().has_value());
  QVERIFY(dial(s.path).has_value());
}

void ControlTest::other_files_are_never_touched() {
  Server s;
  std::ofstream(s.path) << "precious";
  const auto refused = s.server->start();
  QVERIFY(!refused && refused.error().code == ErrorCode::io_error);
  std::string text;
  std::ifstream(s.path) >> text;
  QCOMPARE(text, std::string("precious"));
  // A link is a link, whatever it points to.
  Server linked;
  fs::create_symlink(s.path, linked.path);
  QVERIFY(!linked.server->start());
  QVERIFY(fs::is_symlink(linked.path));
}

void ControlTest::a_second_server_is_refused() {
  Server s;
  QVERIFY(s.server->start().has_value());
  ControlServer second(ServerOptions{.path = s.path}, s.judge, answer_stop);
  const auto refused = second.start();
  QVERIFY(!refused && refused.error().code == ErrorCode::folder_locked);
  QVERIFY(dial(s.path).has_value());
}

void ControlTest::file_of_another_server_stays() {
  Server s;
  QVERIFY(s.server->start().has_value());
  fs::rename(s.path, s.path + ".old");
  ControlServer second(ServerOptions{.path = s.path}, s.judge, answer_stop);
  QVERIFY(second.start().has_value());
  s.server->stop();
  QVERIFY(dial(s.path).has_value());
  second.stop();
  QVERIFY(!fs::exists(s.path));
}

void ControlTest::mode_of_the_socket() {
  for (const bool group : {false, true}) {
    Server s({}, group);
    QVERIFY(s.server->start().has_value());
    QCOMPARE(static_cast<unsigned>(fs::status(s.path).permissions()), group ? 0660u : 0600u);
  }
}

void ControlTest::long_path() {
  Server s(ServerOptions{}, std::string(60, 'a') + "/" + std::string(80, 'b') + "/control.sock");
  fs::create_directories(fs::path(s.path).parent_path());
  QVERIFY(s.path.size() > 150);
  QVERIFY(s.server->start().has_value());
  auto channel = dial(s.path);
  QVERIFY(channel.has_value());
  QVERIFY(std::holds_alternative<api::StopReply>(api::call(**channel, api::Stop{})));
  QVERIFY(fs::is_socket(s.path));
  channel->reset();
  s.server->stop();
  QVERIFY(!fs::exists(s.path));
  Server too_long(ServerOptions{}, std::string(200, 'c'));
  QVERIFY(!too_long.server->start());
}

void ControlTest::stop_lets_the_last_reply_out() {
  ServerLimits limits;
  limits.drain = 100ms;
  for (int round = 0; round < 20; ++round) {
    Server s(limits);
    std::atomic<bool> asked = false;
    s.on_request = [&asked](api::Request, api::ReplyHandler answer) {
      answer(api::StopReply{});
      asked = true;
    };
    QVERIFY(s.server->start().has_value());
    RawClient raw(s.path);
    raw.send_frame(kHello);
    raw.next();
    raw.send_frame(user_show(2, "a"));
    while (!asked) std::this_thread::yield();
    s.server->stop();
    QVERIFY(has(raw.next(), "\"reply\":\"stop\""));
    QVERIFY(raw.at_end());
  }
}

void ControlTest::answers_after_the_end() {
  api::ReplyHandler kept;
  {
    Server s;
    s.on_request = [&kept](api::Request, api::ReplyHandler answer) { kept = std::move(answer); };
    QVERIFY(s.server->start().has_value());
    RawClient raw(s.path);
    raw.send_frame(kHello);
    raw.send_frame(user_show(2, "a"));
    QVERIFY(s.wait_for_requests(1));
    const auto begin = std::chrono::steady_clock::now();
    s.server->stop();
    QVERIFY(std::chrono::steady_clock::now() - begin < 5s);
    kept(api::StopReply{});
  }
  kept(api::StopReply{});
}

void ControlTest::a_throwing_dispatch() {
  Server s;
  s.on_request = [](api::Request, const api::ReplyHandler&) { throw std::runtime_error("defect"); };
  QVERIFY(s.server->start().has_value());
  auto channel = dial(s.path);
  QVERIFY(channel.has_value());
  for (int i = 0; i < 3; ++i) {
    const auto reply = api::call(**channel, api::Status{});
    QVERIFY(api::error_of(reply)->code == ErrorCode::internal);
  }
}

void ControlTest::client_without_a_server() {
  QTemporaryDir folder;
  const std::string path = folder.filePath("none").toStdString();
  for (const std::string& at : {path, path + "/deeper", std::string(), std::string(300, 'x')}) {
    const auto refused = dial(at);
    QVERIFY(!refused && refused.error().code == ErrorCode::unreachable);
  }
  std::ofstream(path) << "no socket";
  QVERIFY(dial(path).error().code == ErrorCode::unreachable);
}

void ControlTest::client_when_the_server_goes() {
  std::vector<api::ReplyHandler> kept;  // outlives the server's thread
  Server s;
  s.on_request = [&kept](api::Request, api::ReplyHandler answer) { kept.push_back(std::move(answer)); };
  QVERIFY(s.server->start().has_value());
  auto channel = dial(s.path);
  QVERIFY(channel.has_value());
  std::promise<api::Reply> promise;
  (*channel)->send(api::Status{}, [&promise](api::Reply reply) { promise.set_value(std::move(reply)); });
  QVERIFY(s.wait_for_requests(1));
  s.server->stop();
  QVERIFY(api::error_of(promise.get_future().get())->code == ErrorCode::unreachable);
  QVERIFY(api::error_of(api::call(**channel, api::Status{}))->code == ErrorCode::unreachable);
}

void ControlTest::client_gives_up_waiting() {
  std::vector<api::ReplyHandler> kept;  // outlives the server's thread
  std::promise<void> taken;
  Server s;
  s.on_request = [&kept, &taken](api::Request, api::ReplyHandler answer) {
    kept.push_back(std::move(answer));
    taken.set_value();
  };
  QVERIFY(s.server->start().has_value());
  auto channel = dial(s.path, ClientLimits{.connect = 5s, .reply = 50ms});
  QVERIFY(channel.has_value());
  const auto reply = api::call(**channel, api::Metrics{});
  QVERIFY(*api::error_of(reply) == (Error{ErrorCode::timed_out, {"metrics"}}));
  taken.get_future().wait();
  kept.at(0)(api::StopReply{});  // too late, and for nobody
  s.server->stop();
}

void ControlTest::client_that_ends_answers_all() {
  std::vector<api::ReplyHandler> kept;  // outlives the server's thread
  Server s;
  s.on_request = [&kept](api::Request, api::ReplyHandler answer) { kept.push_back(std::move(answer)); };
  QVERIFY(s.server->start().has_value());
  std::atomic<size_t> cancelled = 0, busy = 0;
  {
    auto channel = dial(s.path);
    QVERIFY(channel.has_value());
    for (size_t i = 0; i < kMaxPending + 10; ++i)
      (*channel)->send(api::Status{}, [&cancelled, &busy](api::Reply reply) {
        if (api::error_of(reply)->code == ErrorCode::cancelled) ++cancelled;
        if (api::error_of(reply)->code == ErrorCode::busy) ++busy;
      });
  }
  QCOMPARE(cancelled + busy, kMaxPending + 10);
  QVERIFY(busy <= 10);
}

void ControlTest::client_refuses_what_cannot_be_sent() {
  Server s;
  QVERIFY(s.server->start().has_value());
  auto channel = dial(s.path);
  QVERIFY(channel.has_value());
  QVERIFY(api::error_of(api::call(**channel, api::UserShow{.user = "\xff"}))->code == ErrorCode::bad_input);
  QVERIFY(api::error_of(api::call(**channel, api::UserShow{.user = std::string(api::kMaxMessage, 'x')}))->code ==
          ErrorCode::too_large);
  QVERIFY(!api::error_of(api::call(**channel, api::UserShow{.user = "a"})));
  s.server->stop();
  QCOMPARE(s.requests, 1);
}

QTEST_APPLESS_MAIN(ControlTest)
#include "control_test.moc"

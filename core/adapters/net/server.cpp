#include "adapters/net/server.h"

#include <algorithm>
#include <asio/post.hpp>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "adapters/net/connection.h"
#include "adapters/net/listener.h"
#include "adapters/net/port_holder.h"
#include "base/log.h"

namespace postern::net {
namespace {

constexpr size_t kHandlesKept = 200;  // for databases, blobs and the control socket
constexpr Seconds kForcedEnd{5};      // after patience: sessions are cut and end at their next event
constexpr Millis kStopPoll{20};

/// Counts threads that have done their part; the last one calls `then`.
struct Round {
  std::atomic<size_t> left;
  std::function<void()> then;
};

}  // namespace

struct Server::State {
  Host& host;
  ServerOptions options;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::unique_ptr<Listener> smtp;
  std::unique_ptr<Listener> pop3;
  bool running = false;

  /// Runs `part` on every I/O thread, then `then` on the last.
  void on_each(std::function<void(IoThread&)> part, std::function<void()> then) {
    auto round = std::make_shared<Round>();
    round->left = threads.size();
    round->then = std::move(then);
    for (auto& thread : threads) {
      asio::post(thread->io(), [&thread = *thread, part, round] {
        part(thread);
        if (round->left.fetch_sub(1) == 1 && round->then) round->then();
      });
    }
  }
  size_t open() const {
    size_t sum = 0;
    for (const auto& thread : threads) sum += thread->open();
    return sum;
  }
  /// True when no session was open before the time was over.
  bool wait_until_empty(std::chrono::steady_clock::time_point end) const {
    while (open() > 0) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(kStopPoll);
    }
    return true;
  }
};

Server::Server(Host& host, ServerOptions options)
    : state_(std::make_unique<State>(State{host, options, {}, nullptr, nullptr, false})) {
  unsigned count = options.threads == 0 ? std::max(1U, std::thread::hardware_concurrency()) : options.threads;
  for (unsigned i = 0; i < count; ++i) state_->threads.push_back(std::make_unique<IoThread>(i, host));
}

Server::~Server() {
  stop(Seconds(0));
}

Expected<void> Server::bind() {
  const size_t handles = raise_socket_limit();
  const size_t limit = std::min(kMaxConnections, handles > 2 * kHandlesKept ? handles - kHandlesKept : handles / 2);
  auto& threads = state_->threads;
  state_->smtp =
      std::make_unique<Listener>(threads, limit, serve_smtp, "421 4.3.2 Too many connections, try again later\r\n");
  state_->pop3 = std::make_unique<Listener>(threads, limit, serve_pop3,
                                            "-ERR [SYS/TEMP] Too many connections, try again later\r\n");
  if (auto done = state_->smtp->open(state_->options.smtp); !done) return done;
  return state_->pop3->open(state_->options.pop3);
}

void Server::start(std::shared_ptr<const GatePolicy> policy) {
  for (auto& thread : state_->threads) {
    thread->set_policy(policy);
    thread->start();
  }
  state_->running = true;
  state_->smtp->start();
  state_->pop3->start();
}

void Server::stop(Seconds patience) {
  if (!state_->running) return;
  state_->running = false;
  const auto now = std::chrono::steady_clock::now();
  asio::post(state_->threads.front()->io(), [this] {
    state_->smtp->close();
    state_->pop3->close();
  });
  state_->on_each([](IoThread& thread) { thread.stop_sessions(true); }, nullptr);
  if (!state_->wait_until_empty(now + patience)) {
    state_->on_each([](IoThread& thread) { thread.stop_sessions(false); }, nullptr);
    if (!state_->wait_until_empty(std::chrono::steady_clock::now() + kForcedEnd))
      log_warning("net", "sessions were still open at the end");
  }
  for (auto& thread : state_->threads) thread->join();
}

Endpoint Server::smtp_endpoint() const {
  return state_->smtp ? state_->smtp->endpoint() : Endpoint{};
}
Endpoint Server::pop3_endpoint() const {
  return state_->pop3 ? state_->pop3->endpoint() : Endpoint{};
}

void Server::swap_policy(std::shared_ptr<const GatePolicy> policy, std::function<void()> applied) {
  state_->on_each([policy = std::move(policy)](IoThread& thread) { thread.set_policy(policy); }, std::move(applied));
}

void Server::kill(uint64_t session, std::string reason, std::function<void(bool)> done) {
  auto found = std::make_shared<std::atomic<bool>>(false);
  state_->on_each(
      [session, reason = std::move(reason), found](IoThread& thread) {
        Connection* connection = thread.find(session);
        if (connection == nullptr) return;
        *found = true;
        connection->request_stop(reason, false);
      },
      [found, done = std::move(done)] { done(*found); });
}

void Server::live_sessions(std::function<void(std::vector<std::shared_ptr<const Trace>>)> done) {
  struct Gathered {
    std::mutex mutex;
    std::vector<std::shared_ptr<const Trace>> sessions;
  };
  auto gathered = std::make_shared<Gathered>();
  state_->on_each(
      [gathered](IoThread& thread) {
        std::vector<std::shared_ptr<const Trace>> own;
        thread.each([&own](Connection& connection) {
          own.push_back(std::make_shared<const Trace>(connection.trace().copy()));
        });
        const std::lock_guard lock(gathered->mutex);
        std::move(own.begin(), own.end(), std::back_inserter(gathered->sessions));
      },
      [gathered, done = std::move(done)] { done(std::move(gathered->sessions)); });
}

size_t Server::open_sessions() const {
  return state_->open();
}

}  // namespace postern::net

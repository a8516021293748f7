#include "adapters/net/io_thread.h"

#include <algorithm>
#include <asio/post.hpp>

#include "adapters/net/connection.h"
#include "adapters/net/server.h"
#include "base/log.h"

namespace postern::net {
namespace {

constexpr Seconds kTick{1};

}  // namespace

IoThread::IoThread(unsigned index, Host& host) : index_(index), host_(host), work_(io_.get_executor()), timer_(io_) {
  buffers_.in.resize(kReadBuffer);
  // A record begun in an earlier read may complete now: one record more than was read.
  buffers_.plain.resize(kReadBuffer + 32 * 1024);
}

IoThread::~IoThread() {
  if (thread_.joinable()) join();
}

void IoThread::start() {
  tick();
  thread_ = std::thread([this] { io_.run(); });
}

void IoThread::join() {
  asio::post(io_, [this] {
    work_.reset();
    // A tick that is due already cannot be cancelled any more: it must not wind itself up again.
    ended_ = true;
    timer_.cancel();
  });
  thread_.join();
}

void IoThread::set_policy(std::shared_ptr<const GatePolicy> policy) {
  policy_ = std::move(policy);
  for (Connection* connection : connections_) connection->recheck_login();
}

void IoThread::adopt(Connection& connection) {
  connection.slot = connections_.size();
  connections_.push_back(&connection);
}

void IoThread::forget(Connection& connection) {
  Connection* last = connections_.back();
  connections_[connection.slot] = last;
  last->slot = connection.slot;
  connections_.pop_back();
  open_.fetch_sub(1, std::memory_order_relaxed);
}

Connection* IoThread::find(uint64_t session) {
  const auto found = std::find_if(connections_.begin(), connections_.end(),
                                  [session](const Connection* c) { return c->id() == session; });
  return found == connections_.end() ? nullptr : *found;
}

void IoThread::stop_sessions(bool patient) {
  stopping_ = true;
  for (Connection* connection : connections_) connection->request_stop("service is stopping", patient);
}

void IoThread::tick() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](std::error_code error) {
    if (error || ended_) return;
    const auto now = std::chrono::steady_clock::now();
    for (Connection* connection : connections_) connection->check_deadline(now);
    tick();
  });
}

}  // namespace postern::net

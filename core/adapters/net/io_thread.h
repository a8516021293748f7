// One I/O thread: its io_context, its buffers, its connections, its copy of the policy pointer. Private to
// adapters/net.
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "adapters/net/host.h"
#include "base/machine.h"

namespace postern::net {

class Connection;

/// Reused by every connection of the thread; nobody keeps them over an await.
struct Buffers {
  std::vector<uint8_t> in;     ///< as received
  std::vector<uint8_t> plain;  ///< decrypted
  std::string out;             ///< to be sent, in clear
  Bytes cipher;                ///< to be sent, as it goes on the wire
  Actions actions;
};

class IoThread {
 public:
  IoThread(unsigned index, Host& host);
  ~IoThread();

  void start();
  /// Lets run() end when nothing is left to do, then joins.
  void join();

  asio::io_context& io() { return io_; }
  Host& host() { return host_; }
  unsigned index() const { return index_; }
  Buffers& buffers() { return buffers_; }

  // On this thread only.
  const GatePolicy& policy() const { return *policy_; }
  std::shared_ptr<const GatePolicy> policy_pointer() const { return policy_; }
  void set_policy(std::shared_ptr<const GatePolicy> policy);
  void adopt(Connection& connection);
  void forget(Connection& connection);
  Connection* find(uint64_t session);
  template <class Visit>
  void each(Visit visit) {
    for (Connection* connection : connections_) visit(*connection);
  }
  bool stopping() const { return stopping_; }
  /// Asks every session to end; those in a message may finish when `patient`.
  void stop_sessions(bool patient);
  /// Any thread.
  size_t open() const { return open_.load(std::memory_order_relaxed); }
  /// Claims a place for a connection that is on its way to this thread.
  void reserve() { open_.fetch_add(1, std::memory_order_relaxed); }
  /// Gives the place back when no connection came of it.
  void release() { open_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  void tick();

  const unsigned index_;
  Host& host_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer timer_;
  Buffers buffers_;
  std::shared_ptr<const GatePolicy> policy_;
  std::vector<Connection*> connections_;
  std::atomic<size_t> open_{0};
  bool stopping_ = false;
  bool ended_ = false;  ///< join() has begun
  std::thread thread_;
};

}  // namespace postern::net

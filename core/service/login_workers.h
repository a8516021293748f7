// Threads that check passwords: bounded and fair. One queue for each network class, served 4:2:1, so that strangers who
// guess cannot keep the office waiting. Any thread may submit.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/ip_address.h"

namespace postern::service {

/// Where a login comes from.
enum class NetworkClass : uint8_t {
  trusted,  ///< this machine
  seen,     ///< a network from which a login succeeded lately
  unknown,
};

constexpr size_t kQueueLimit = 256;       ///< waiting logins of one class
constexpr size_t kWaitingForSeen = 64;    ///< of one network that is known
constexpr size_t kWaitingForUnknown = 2;  ///< of one network that is not

class LoginWorkers {
 public:
  /// Called once, on a worker; `cancelled` when the service stops before its turn came.
  using Job = std::function<void(bool cancelled)>;

  explicit LoginWorkers(unsigned threads);
  ~LoginWorkers();
  /// False when the queue or the network's share of it is full: the login gets a temporary refusal. The job is then
  /// dropped uncalled.
  bool submit(NetworkClass network_class, const Network& network, Job job);
  /// From now on nothing is taken, and what waits is called as cancelled. Returns at once.
  void cancel();
  /// cancel(), then joins the threads. Idempotent.
  void stop();
  size_t waiting() const;

 private:
  struct Item {
    Network network;
    Job job;
  };
  void run();
  bool take(Item& item);

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::array<std::deque<Item>, 3> queues_;
  std::map<Network, size_t> waiting_;
  size_t turn_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

/// The /24 or /64 an address belongs to: the unit of fairness.
Network network_of(const IpAddress& address);

}  // namespace postern::service

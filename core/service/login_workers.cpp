#include "service/login_workers.h"

namespace postern::service {
namespace {

// 4:2:1 for trusted, seen, unknown; an empty queue gives its turn to the next one.
constexpr std::array<size_t, 7> kTurns{0, 1, 0, 2, 0, 1, 0};

}  // namespace

Network network_of(const IpAddress& address) {
  return Network(address, address.is_v4() ? 24 : 64);
}

LoginWorkers::LoginWorkers(unsigned threads) {
  for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

LoginWorkers::~LoginWorkers() {
  stop();
}

bool LoginWorkers::submit(NetworkClass network_class, const Network& network, Job job) {
  {
    const std::lock_guard lock(mutex_);
    auto& queue = queues_[static_cast<size_t>(network_class)];
    if (stopping_ || queue.size() >= kQueueLimit) return false;
    size_t& waiting = waiting_[network];
    const size_t share = network_class == NetworkClass::trusted ? kQueueLimit
                         : network_class == NetworkClass::seen  ? kWaitingForSeen
                                                                : kWaitingForUnknown;
    if (waiting >= share) return false;
    ++waiting;
    queue.push_back({network, std::move(job)});
  }
  ready_.notify_one();
  return true;
}

/// Takes the next item by turn; the lock is held.
bool LoginWorkers::take(Item& item) {
  for (size_t tries = 0; tries < kTurns.size(); ++tries) {
    auto& queue = queues_[kTurns[turn_++ % kTurns.size()]];
    if (queue.empty()) continue;
    item = std::move(queue.front());
    queue.pop_front();
    const auto share = waiting_.find(item.network);
    if (--share->second == 0) waiting_.erase(share);
    return true;
  }
  return false;
}

void LoginWorkers::run() {
  for (;;) {
    Item item;
    bool cancelled = false;
    {
      std::unique_lock lock(mutex_);
      while (!take(item)) {
        if (stopping_) return;
        ready_.wait(lock);
      }
      cancelled = stopping_;
    }
    item.job(cancelled);
  }
}

void LoginWorkers::cancel() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
}

void LoginWorkers::stop() {
  cancel();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

size_t LoginWorkers::waiting() const {
  const std::lock_guard lock(mutex_);
  size_t sum = 0;
  for (const auto& queue : queues_) sum += queue.size();
  return sum;
}

}  // namespace postern::service

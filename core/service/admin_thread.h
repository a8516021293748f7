// The admin thread: the only one that touches documents, journal, audit and secrets. Work is posted and run in order.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace postern::service {

constexpr size_t kAdminQueue = 1024;
constexpr Millis kAdminTick{500};  ///< how often deadlines are looked at

class AdminThread {
 public:
  AdminThread() = default;
  ~AdminThread() { stop(); }
  /// `tick` runs on the thread about twice a second, between two pieces of work.
  void start(std::function<void()> tick);
  /// False when the queue is full or the thread is stopping. Any thread.
  bool post(std::function<void()> work);
  /// Finishes what was posted, then joins.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::function<void()> tick_;
  std::thread thread_;
};

}  // namespace postern::service

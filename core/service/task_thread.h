// A thread that runs what is posted to it, in order. Two exist: the admin thread, the only one that touches documents,
// journal, audit and secrets; and the desk, which answers questions about sessions so that no I/O thread has to search.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace postern::service {

constexpr size_t kTaskQueue = 1024;
constexpr Millis kTaskTick{500};  ///< how often the tick runs

class TaskThread {
 public:
  TaskThread() = default;
  ~TaskThread() { stop(); }
  /// `tick` (may be empty) runs on the thread about twice a second, between two pieces of work.
  void start(std::function<void()> tick = nullptr);
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

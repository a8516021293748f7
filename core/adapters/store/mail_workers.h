// Threads for the files of large messages. Each session has at most one piece of work here, so the queue is bounded by
// their number. Private to adapters/store.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace postern::store {

class FileWorkers {
 public:
  explicit FileWorkers(unsigned threads);
  ~FileWorkers();
  /// False once stopped: the work is not taken.
  bool post(std::function<void()> work);
  /// Finishes what was taken, then ends.
  void stop();

 private:
  void run();
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace postern::store

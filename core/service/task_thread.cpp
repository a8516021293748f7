#include "service/task_thread.h"

#include <exception>

#include "base/log.h"

namespace postern::service {

void TaskThread::start(std::function<void()> tick) {
  tick_ = std::move(tick);
  thread_ = std::thread([this] { run(); });
}

bool TaskThread::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= kTaskQueue) return false;
    queue_.push_back(std::move(work));
  }
  ready_.notify_one();
  return true;
}

void TaskThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void TaskThread::run() {
  auto next_tick = std::chrono::steady_clock::now() + kTaskTick;
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      ready_.wait_until(lock, next_tick, [this] { return stopping_ || !queue_.empty(); });
      if (!queue_.empty()) {
        work = std::move(queue_.front());
        queue_.pop_front();
      } else if (stopping_) {
        return;
      }
    }
    try {
      if (work) work();
      if (std::chrono::steady_clock::now() < next_tick) continue;
      next_tick = std::chrono::steady_clock::now() + kTaskTick;
      if (tick_) tick_();
    } catch (const std::exception& thrown) {
      log_error("service", thrown.what());
    }
  }
}

}  // namespace postern::service

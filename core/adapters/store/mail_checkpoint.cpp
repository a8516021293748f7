#include "adapters/store/mail_checkpoint.h"

namespace postern::store {

Checkpointer::Checkpointer(Database database, int rest, std::function<void()> nearly_done)
    : database_(std::move(database)), rest_(rest), nearly_done_(std::move(nearly_done)) {
  thread_ = std::thread([this] { run(); });
}

Checkpointer::~Checkpointer() {
  stop();
}

void Checkpointer::wake(int frames) {
  note(frames);
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  ready_.notify_one();
}

void Checkpointer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Checkpointer::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return woken_ || stopping_; });
      if (stopping_) return;
      woken_ = false;
    }
    copy();
    nearly_done_();
  }
}

void Checkpointer::copy() {
  for (int pass = 0; pass < kCheckpointPasses; ++pass) {
    const Database::Checkpoint done = database_.checkpoint_log(false);
    passes_.fetch_add(1, std::memory_order_relaxed);
    if (!done.good || done.moved < done.frames) return;  // a reader holds on to an older state
    const int left = frames_.load(std::memory_order_relaxed) - done.moved;
    if (left <= rest_) return;
  }
}

}  // namespace postern::store

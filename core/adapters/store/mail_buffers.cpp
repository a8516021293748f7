#include "adapters/store/mail_buffers.h"

namespace postern::store {

Bytes BufferPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Bytes out = std::move(idle_.back());
      idle_.pop_back();
      return out;
    }
  }
  Bytes fresh;
  fresh.reserve(capacity_);
  return fresh;
}

void BufferPool::give(Bytes buffer) {
  if (buffer.capacity() < capacity_ || buffer.capacity() > 2 * capacity_) return;
  buffer.clear();
  const std::lock_guard lock(mutex_);
  if (idle_.size() < keep_) idle_.push_back(std::move(buffer));
}

}  // namespace postern::store

// Buffers that go round between threads. First touch of fresh memory costs more than filling it, and a message's buffer
// is taken on one thread and given back on another. Any thread.
#pragma once

#include <mutex>
#include <vector>

#include "base/bytes.h"

namespace postern::store {

class BufferPool {
 public:
  /// Buffers of `capacity` octets, of which at most `keep` wait for their next use.
  BufferPool(size_t capacity, size_t keep) : capacity_(capacity), keep_(keep) {}

  /// Empty, with the pool's capacity.
  Bytes take();
  /// A buffer that was never taken, was moved from or has grown is simply freed.
  void give(Bytes buffer);

 private:
  const size_t capacity_, keep_;
  std::mutex mutex_;
  std::vector<Bytes> idle_;
};

}  // namespace postern::store

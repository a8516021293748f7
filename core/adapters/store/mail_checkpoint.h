// Copies the log into the database file beside the writer, so that commits do not wait for it. Private to
// adapters/store.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "adapters/store/sqlite.h"

namespace postern::store {

constexpr uint64_t kLogTooLong = 128ULL << 20;  ///< beyond it the writer waits for readers to empty it
constexpr int kCheckpointPasses = 4;            ///< each copies what was written during the one before

/// While it copies, the log goes on growing, and only a log that was copied to its end is begun anew. So it makes some
/// passes, each over less, and leaves the last short one to the writer.
class Checkpointer {
 public:
  /// `database` is a connection of its own. `nearly_done` is called on this object's thread when at most `rest` frames
  /// are left, or no more can be done.
  Checkpointer(Database database, int rest, std::function<void()> nearly_done);
  ~Checkpointer();
  /// `frames` are in the log. Returns at once; a pass under way goes on.
  void wake(int frames);
  /// The log's length now, for the passes under way.
  void note(int frames) { frames_.store(frames, std::memory_order_relaxed); }
  uint64_t passes() const { return passes_.load(std::memory_order_relaxed); }
  void stop();

 private:
  void run();
  void copy();

  Database database_;
  const int rest_;
  const std::function<void()> nearly_done_;
  std::atomic<int> frames_{0};
  std::atomic<uint64_t> passes_{0};
  std::mutex mutex_;
  std::condition_variable ready_;
  bool woken_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace postern::store

// Room on the disk: whether new mail is taken, the reserve that keeps deletions possible when the disk is full, and the
// way back. Private to adapters/store.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>

#include "adapters/store/sqlite.h"
#include "base/clock.h"
#include "base/files.h"

namespace postern::store {

constexpr uint64_t kReserve = 64ULL << 20;          ///< octets of reserve.bin
constexpr uint64_t kLowWater = 8ULL << 20;          ///< with less free room new mail is refused before the disk is full
constexpr uint64_t kFreeAgain = 16ULL << 20;        ///< free beyond the reserve before new mail is taken again
constexpr Millis kLook{1000};                       ///< between two looks at the free room
constexpr uint64_t kWorthGivingBack = 32ULL << 20;  ///< octets of unused pages that are given back to the disk
constexpr int kPagesAtOnce = 1024;                  ///< of them, in one step

class MailSpace {
 public:
  MailSpace(FileSystem& files, std::string folder, bool reserve);

  /// Takes the room of the reserve; without it new mail waits. read-only folders were refused before.
  void start();
  /// Any thread.
  bool accepting() const { return trouble_.load(std::memory_order_relaxed) == ErrorCode::none; }
  /// none, disk_full or folder_read_only. Any thread.
  ErrorCode trouble() const { return trouble_.load(std::memory_order_relaxed); }
  /// Something could not be written: on a full disk the reserve makes room for deletions. Any thread.
  void failed(const Error& error);

  /// The writer, at least once a kLook and after deletions; never inside a transaction. Looks at most once a kLook
  /// unless `room_was_made`.
  void look(Database& database, bool room_was_made);
  /// The writer, when nothing else is to be done: one step of giving unused pages back to the disk.
  void give_back(Database& database);

 private:
  std::string reserve_path() const;
  void check_low_water();
  void recover(Database& database);
  bool restore_reserve();
  bool can_write(Database& database);

  FileSystem& files_;
  const std::string folder_;
  const bool wants_reserve_;
  std::atomic<ErrorCode> trouble_{ErrorCode::none};
  std::atomic<bool> reserve_there_{false};
  std::chrono::steady_clock::time_point looked_{};
};

}  // namespace postern::store

// The machine's own files and the lock of a data folder. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/expected.h"
#include "base/files.h"

namespace postern::platform {

FileSystem& real_files();

/// Of this process.
uint64_t process_id();

/// The lock of a data folder; held as long as the object lives, let go by the kernel when the process dies.
class FolderLock {
 public:
  /// folder_locked with the holder's pid.
  static Expected<FolderLock> take(const std::string& folder);
  FolderLock() = default;
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;

 private:
  intptr_t handle_ = -1;
};

}  // namespace postern::platform

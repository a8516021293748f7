// The machine's own files and the lock of a data folder. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/files.h"

namespace postern::platform {

FileSystem& real_files();

/// Of this process.
uint64_t process_id();

/// The lock of a data folder; held as long as the object lives, let go by the kernel when the process dies.
class FolderLock {
 public:
  /// folder_locked with the holder's pid, folder_read_only, io_error.
  static Expected<FolderLock> take(const std::string& folder);
  FolderLock() = default;
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&& other) noexcept;

 private:
  intptr_t handle_ = -1;
};

/// A data folder that may be worked in: looked at, locked, closed to other users.
class DataFolder {
 public:
  /// In this order: folder_missing, folder_unreadable, not_initialised (the file `marker` is not in it; "" = not asked
  /// for), folder_locked, folder_read_only. Whatever is refused is left as it was.
  static Expected<DataFolder> open(const std::string& path, std::string_view marker = {});

  const std::string& path() const { return path_; }

 private:
  DataFolder(std::string path, FolderLock lock);
  std::string path_;
  FolderLock lock_;
};

/// Only its owner may look into the folder from now on (0700). Windows: the rights of the folder are left as they are.
Expected<void> close_to_others(const std::string& folder);

}  // namespace postern::platform

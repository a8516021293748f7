#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/platform/files.h"
#include "adapters/platform/posix/handle.h"

namespace postern::platform {
namespace {

constexpr const char* kLockName = "/lock";

/// What the holder wrote: its pid. Empty when it has not come to that yet.
std::string holder_of(int handle) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(handle, text.data(), text.size(), 0);
  const std::string pid(text.data(), length > 0 ? static_cast<size_t>(length) : 0);
  return pid.substr(0, pid.find_first_not_of("0123456789"));
}

}  // namespace

uint64_t process_id() {
  return static_cast<uint64_t>(::getpid());
}

Expected<FolderLock> FolderLock::take(const std::string& folder) {
  Handle file(folder + kLockName, O_RDWR | O_CREAT);
  if (!file.ok()) return fail(failure(folder));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(failure(folder));
    return fail(ErrorCode::folder_locked, {folder, holder_of(file.get())});
  }
  const std::string pid = std::to_string(process_id()) + "\n";
  // On a full disk the pid may stay unwritten: the lock itself holds.
  if (::ftruncate(file.get(), 0) != 0 || ::pwrite(file.get(), pid.data(), pid.size(), 0) < 0)
    if (errno != ENOSPC && errno != EDQUOT) return fail(failure(folder));
  FolderLock lock;
  lock.handle_ = file.release();
  return lock;
}

FolderLock::~FolderLock() {
  if (handle_ >= 0) ::close(static_cast<int>(handle_));
}

FolderLock::FolderLock(FolderLock&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Expected<void> close_to_others(const std::string& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) return fail(failure(folder));
  if ((info.st_mode & 07777) == kFolderMode) return {};
  // Somebody else's folder that we may write to is left as its owner wants it.
  if (::chmod(folder.c_str(), kFolderMode) != 0 && errno != EPERM) return fail(failure(folder));
  return {};
}

}  // namespace postern::platform

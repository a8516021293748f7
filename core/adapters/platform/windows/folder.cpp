#include <array>

#include "adapters/platform/files.h"
#include "adapters/platform/windows/handle.h"

namespace postern::platform {
namespace {

constexpr const char* kLockName = "/lock";
// The lock lies on an octet far behind the pid, which others may then read: Windows locks keep readers out too.
constexpr DWORD kLockedOctet = 0x40000000;

std::string holder_of(HANDLE handle) {
  std::array<char, 32> text{};
  DWORD length = 0;
  if (!::ReadFile(handle, text.data(), static_cast<DWORD>(text.size()), &length, nullptr)) return {};
  const std::string pid(text.data(), length);
  return pid.substr(0, pid.find_first_not_of("0123456789"));
}

}  // namespace

uint64_t process_id() {
  return ::GetCurrentProcessId();
}

Expected<FolderLock> FolderLock::take(const std::string& folder) {
  constexpr DWORD kShare = FILE_SHARE_READ | FILE_SHARE_WRITE;
  Handle file(::CreateFileW(wide(folder + kLockName).c_str(), GENERIC_READ | GENERIC_WRITE, kShare, nullptr,
                            OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file.ok()) return fail(failure(folder));
  OVERLAPPED where{};
  where.Offset = kLockedOctet;
  if (!::LockFileEx(file.get(), LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &where)) {
    if (::GetLastError() != ERROR_LOCK_VIOLATION && ::GetLastError() != ERROR_IO_PENDING) return fail(failure(folder));
    return fail(ErrorCode::folder_locked, {folder, holder_of(file.get())});
  }
  const std::string pid = std::to_string(process_id()) + "\r\n";
  DWORD written = 0;
  // On a full disk the pid may stay unwritten: the lock itself holds.
  if (!::SetEndOfFile(file.get()) ||
      !::WriteFile(file.get(), pid.data(), static_cast<DWORD>(pid.size()), &written, nullptr)) {
    Error error = failure(folder);
    if (error.code != ErrorCode::disk_full) return fail(std::move(error));
  }
  FolderLock lock;
  lock.handle_ = reinterpret_cast<intptr_t>(file.release());
  return lock;
}

FolderLock::~FolderLock() {
  if (handle_ != -1) ::CloseHandle(reinterpret_cast<HANDLE>(handle_));
}

FolderLock::FolderLock(FolderLock&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Expected<void> close_to_others(const std::string& folder) {
  // Folders below a user's profile and below ProgramData made by the installer carry the right list already.
  static_cast<void>(folder);
  return {};
}

}  // namespace postern::platform

#include "adapters/platform/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace postern::platform {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;

Error failure(const std::string& path) {
  switch (errno) {
    case ENOSPC:
    case EDQUOT:
      return {ErrorCode::disk_full, {path}};
    case EROFS:
    case EACCES:
    case EPERM:
      return {ErrorCode::folder_read_only, {path}};
    default:
      return {ErrorCode::io_error, {path, std::strerror(errno)}};
  }
}

/// An open handle that closes itself.
class Handle {
 public:
  Handle(const std::string& path, int flags) : handle_(::open(path.c_str(), flags | O_CLOEXEC, kFileMode)) {}
  ~Handle() {
    if (handle_ >= 0) ::close(handle_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  bool ok() const { return handle_ >= 0; }
  int get() const { return handle_; }

 private:
  int handle_;
};

class PosixFile final : public File {
 public:
  explicit PosixFile(std::string path) : path_(std::move(path)), handle_(path_, O_WRONLY | O_CREAT | O_TRUNC) {}
  bool ok() const { return handle_.ok(); }
  Expected<void> write(BytesView octets) override {
    while (!octets.empty()) {
      const ssize_t written = ::write(handle_.get(), octets.data(), octets.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return fail(failure(path_));
      octets = octets.subspan(static_cast<size_t>(written));
    }
    return {};
  }
  Expected<void> sync() override {
    if (::fdatasync(handle_.get()) != 0) return fail(failure(path_));
    return {};
  }

 private:
  std::string path_;
  Handle handle_;
};

class PosixFiles final : public FileSystem {
 public:
  Expected<std::unique_ptr<File>> create(const std::string& path) override {
    auto file = std::make_unique<PosixFile>(path);
    if (!file->ok()) return fail(failure(path));
    return std::unique_ptr<File>(std::move(file));
  }
  Expected<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return fail(failure(to));
    return {};
  }
  Expected<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail(failure(path));
    return {};
  }
  Expected<bool> make_folder(const std::string& path) override {
    if (::mkdir(path.c_str(), kFolderMode) == 0) return true;
    if (errno == EEXIST) return false;
    return fail(failure(path));
  }
  Expected<void> sync_folder(const std::string& path) override {
    const Handle folder(path, O_RDONLY | O_DIRECTORY);
    if (!folder.ok() || ::fsync(folder.get()) != 0) return fail(failure(path));
    return {};
  }
  Expected<Bytes> read(const std::string& path, uint64_t offset, size_t size) override {
    const Handle file(path, O_RDONLY);
    if (!file.ok()) return fail(failure(path));
    Bytes out(size);
    size_t total = 0;
    while (total < size) {
      const ssize_t got = ::pread(file.get(), out.data() + total, size - total, static_cast<off_t>(offset + total));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail(failure(path));
      if (got == 0) break;
      total += static_cast<size_t>(got);
    }
    out.resize(total);
    return out;
  }
  Expected<std::vector<std::string>> list(const std::string& folder) override {
    DIR* open = ::opendir(folder.c_str());
    if (open == nullptr) return fail(failure(folder));
    std::vector<std::string> out;
    while (const dirent* entry = ::readdir(open)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") out.push_back(name);
    }
    ::closedir(open);
    return out;
  }
  uint64_t free_octets(const std::string& folder) override {
    struct statvfs info {};
    if (::statvfs(folder.c_str(), &info) != 0) return 0;
    return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  }

  Expected<void> allocate(const std::string& path, uint64_t octets) override {
    const Handle file(path, O_WRONLY | O_CREAT);
    if (!file.ok()) return fail(failure(path));
    const int code = ::posix_fallocate(file.get(), 0, static_cast<off_t>(octets));
    if (code == 0) return {};
    errno = code;
    const Error error = failure(path);
    ::unlink(path.c_str());
    return fail(error);
  }
};

}  // namespace

FileSystem& real_files() {
  static PosixFiles files;
  return files;
}

uint64_t process_id() {
  return static_cast<uint64_t>(::getpid());
}

Expected<FolderLock> FolderLock::take(const std::string& folder) {
  const std::string path = folder + "/lock";
  const int handle = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
  if (handle < 0) return fail(failure(path));
  if (::flock(handle, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    const ssize_t length = ::pread(handle, holder, sizeof holder - 1, 0);
    ::close(handle);
    const std::string pid(holder, length > 0 ? static_cast<size_t>(length) : 0);
    return fail(ErrorCode::folder_locked, {folder, pid.substr(0, pid.find('\n'))});
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(handle, 0) != 0 || ::pwrite(handle, pid.data(), pid.size(), 0) < 0) {
    const Error error = failure(path);
    ::close(handle);
    return fail(error);
  }
  FolderLock lock;
  lock.handle_ = handle;
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

}  // namespace postern::platform

#include "adapters/platform/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/platform/posix/handle.h"

namespace postern::platform {

Error failure(const std::string& path) {
  switch (errno) {
    case ENOSPC:
    case EDQUOT:
      return {ErrorCode::disk_full, {path}};
    case EROFS:
    case EACCES:
    case EPERM:
      return {ErrorCode::folder_read_only, {path}};
    case ENOENT:
      return {ErrorCode::not_found, {path}};
    default:
      return {ErrorCode::io_error, {path, std::strerror(errno)}};
  }
}

Handle::Handle(const std::string& path, int flags) : handle_(::open(path.c_str(), flags | O_CLOEXEC, kFileMode)) {}

Handle::~Handle() {
  if (handle_ >= 0) ::close(handle_);
}

int Handle::release() {
  return std::exchange(handle_, -1);
}

namespace {

Expected<size_t> read_at(int handle, const std::string& path, uint64_t offset, std::span<uint8_t> to) {
  size_t total = 0;
  while (total < to.size()) {
    const ssize_t got = ::pread(handle, to.data() + total, to.size() - total, static_cast<off_t>(offset + total));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(failure(path));
    if (got == 0) break;
    total += static_cast<size_t>(got);
  }
  return total;
}

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

class PosixSource final : public Source {
 public:
  explicit PosixSource(std::string path) : path_(std::move(path)), handle_(path_, O_RDONLY) {}
  bool ok() const { return handle_.ok(); }
  Expected<size_t> read(uint64_t offset, std::span<uint8_t> to) override {
    return read_at(handle_.get(), path_, offset, to);
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
  Expected<std::unique_ptr<Source>> open(const std::string& path) override {
    auto source = std::make_unique<PosixSource>(path);
    if (!source->ok()) return fail(failure(path));
    return std::unique_ptr<Source>(std::move(source));
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
    const auto got = read_at(file.get(), path, offset, out);
    if (!got) return fail(got.error());
    out.resize(*got);
    return out;
  }
  Expected<std::vector<std::string>> list(const std::string& folder) override {
    DIR* open = ::opendir(folder.c_str());
    if (open == nullptr) {
      if (errno == EACCES || errno == EPERM) return fail(ErrorCode::folder_unreadable, {folder, std::strerror(errno)});
      return fail(failure(folder));
    }
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

}  // namespace postern::platform

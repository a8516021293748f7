#include "adapters/platform/files.h"

#include <algorithm>

#include "adapters/platform/windows/handle.h"

namespace postern::platform {

std::wstring wide(const std::string& path) {
  const int length = ::MultiByteToWideChar(CP_UTF8, 0, path.data(), static_cast<int>(path.size()), nullptr, 0);
  std::wstring out(static_cast<size_t>(length), L'\0');
  ::MultiByteToWideChar(CP_UTF8, 0, path.data(), static_cast<int>(path.size()), out.data(), length);
  return out;
}

Error failure(const std::string& path) {
  const DWORD code = ::GetLastError();
  switch (code) {
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
      return {ErrorCode::disk_full, {path}};
    case ERROR_ACCESS_DENIED:
    case ERROR_WRITE_PROTECT:
      return {ErrorCode::folder_read_only, {path}};
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
      return {ErrorCode::not_found, {path}};
    default:
      return {ErrorCode::io_error, {path, "error " + std::to_string(code)}};
  }
}

namespace {

constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
constexpr size_t kLargestPiece = 1U << 30;  // counts are 32 bits wide

HANDLE open_file(const std::string& path, DWORD access, DWORD how, DWORD flags = FILE_ATTRIBUTE_NORMAL) {
  return ::CreateFileW(wide(path).c_str(), access, kShareAll, nullptr, how, flags, nullptr);
}

Expected<size_t> read_at(HANDLE handle, const std::string& path, uint64_t offset, std::span<uint8_t> to) {
  size_t total = 0;
  while (total < to.size()) {
    OVERLAPPED where{};
    const uint64_t at = offset + total;
    where.Offset = static_cast<DWORD>(at);
    where.OffsetHigh = static_cast<DWORD>(at >> 32);
    DWORD got = 0;
    const auto piece = static_cast<DWORD>(std::min(to.size() - total, kLargestPiece));
    if (!::ReadFile(handle, to.data() + total, piece, &got, &where)) {
      if (::GetLastError() == ERROR_HANDLE_EOF) break;
      return fail(failure(path));
    }
    if (got == 0) break;
    total += got;
  }
  return total;
}

class WindowsFile final : public File {
 public:
  explicit WindowsFile(std::string path)
      : path_(std::move(path)), handle_(open_file(path_, GENERIC_WRITE, CREATE_ALWAYS)) {}
  bool ok() const { return handle_.ok(); }
  Expected<void> write(BytesView octets) override {
    while (!octets.empty()) {
      DWORD written = 0;
      const auto piece = static_cast<DWORD>(std::min(octets.size(), kLargestPiece));
      if (!::WriteFile(handle_.get(), octets.data(), piece, &written, nullptr)) return fail(failure(path_));
      octets = octets.subspan(written);
    }
    return {};
  }
  Expected<void> sync() override {
    if (!::FlushFileBuffers(handle_.get())) return fail(failure(path_));
    return {};
  }

 private:
  std::string path_;
  Handle handle_;
};

class WindowsSource final : public Source {
 public:
  explicit WindowsSource(std::string path)
      : path_(std::move(path)), handle_(open_file(path_, GENERIC_READ, OPEN_EXISTING)) {}
  bool ok() const { return handle_.ok(); }
  Expected<size_t> read(uint64_t offset, std::span<uint8_t> to) override {
    return read_at(handle_.get(), path_, offset, to);
  }

 private:
  std::string path_;
  Handle handle_;
};

class WindowsFiles final : public FileSystem {
 public:
  Expected<std::unique_ptr<File>> create(const std::string& path) override {
    auto file = std::make_unique<WindowsFile>(path);
    if (!file->ok()) return fail(failure(path));
    return std::unique_ptr<File>(std::move(file));
  }
  Expected<std::unique_ptr<Source>> open(const std::string& path) override {
    auto source = std::make_unique<WindowsSource>(path);
    if (!source->ok()) return fail(failure(path));
    return std::unique_ptr<Source>(std::move(source));
  }
  Expected<void> rename(const std::string& from, const std::string& to) override {
    // Written through: the new name is on the disk when the call returns.
    constexpr DWORD kHow = MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH;
    if (!::MoveFileExW(wide(from).c_str(), wide(to).c_str(), kHow)) return fail(failure(to));
    return {};
  }
  Expected<void> remove(const std::string& path) override {
    if (::DeleteFileW(wide(path).c_str())) return {};
    Error error = failure(path);
    if (error.code == ErrorCode::not_found) return {};
    return fail(std::move(error));
  }
  Expected<bool> make_folder(const std::string& path) override {
    if (::CreateDirectoryW(wide(path).c_str(), nullptr)) return true;
    if (::GetLastError() == ERROR_ALREADY_EXISTS) return false;
    return fail(failure(path));
  }
  Expected<void> sync_folder(const std::string& path) override {
    // A folder is opened like a file with FILE_FLAG_BACKUP_SEMANTICS. File systems that refuse to flush one keep their
    // names in a journal, and renames are written through anyway.
    const Handle folder(open_file(path, GENERIC_READ | GENERIC_WRITE, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
    if (!folder.ok()) {
      if (::GetLastError() == ERROR_ACCESS_DENIED) return {};
      return fail(failure(path));
    }
    if (::FlushFileBuffers(folder.get())) return {};
    const DWORD code = ::GetLastError();
    if (code == ERROR_ACCESS_DENIED || code == ERROR_INVALID_FUNCTION) return {};
    return fail(failure(path));
  }
  Expected<Bytes> read(const std::string& path, uint64_t offset, size_t size) override {
    const Handle file(open_file(path, GENERIC_READ, OPEN_EXISTING));
    if (!file.ok()) return fail(failure(path));
    Bytes out(size);
    const auto got = read_at(file.get(), path, offset, out);
    if (!got) return fail(got.error());
    out.resize(*got);
    return out;
  }
  Expected<std::vector<std::string>> list(const std::string& folder) override;
  uint64_t free_octets(const std::string& folder) override {
    ULARGE_INTEGER available{};
    if (!::GetDiskFreeSpaceExW(wide(folder).c_str(), &available, nullptr, nullptr)) return 0;
    return available.QuadPart;
  }
  Expected<void> allocate(const std::string& path, uint64_t octets) override {
    const Handle file(open_file(path, GENERIC_READ | GENERIC_WRITE, OPEN_ALWAYS));
    if (!file.ok()) return fail(failure(path));
    LARGE_INTEGER end{};
    end.QuadPart = static_cast<LONGLONG>(octets);
    // NTFS takes the clusters when the end of the file is set; only sparse files do not.
    if (::SetFilePointerEx(file.get(), end, nullptr, FILE_BEGIN) && ::SetEndOfFile(file.get())) return {};
    const Error error = failure(path);
    ::DeleteFileW(wide(path).c_str());
    return fail(error);
  }
};

std::string narrow(const wchar_t* text) {
  const int length = ::WideCharToMultiByte(CP_UTF8, 0, text, -1, nullptr, 0, nullptr, nullptr);
  if (length <= 1) return {};
  std::string out(static_cast<size_t>(length), '\0');
  ::WideCharToMultiByte(CP_UTF8, 0, text, -1, out.data(), length, nullptr, nullptr);
  out.pop_back();  // the terminating zero
  return out;
}

Expected<std::vector<std::string>> WindowsFiles::list(const std::string& folder) {
  WIN32_FIND_DATAW entry{};
  const HANDLE search = ::FindFirstFileW(wide(folder + "/*").c_str(), &entry);
  if (search == INVALID_HANDLE_VALUE) return fail(failure(folder));
  std::vector<std::string> out;
  do {
    std::string name = narrow(entry.cFileName);
    if (name != "." && name != "..") out.push_back(std::move(name));
  } while (::FindNextFileW(search, &entry));
  const bool complete = ::GetLastError() == ERROR_NO_MORE_FILES;
  ::FindClose(search);
  if (!complete) return fail(ErrorCode::folder_unreadable, {folder, "its listing ended early"});
  return out;
}

}  // namespace

FileSystem& real_files() {
  static WindowsFiles files;
  return files;
}

}  // namespace postern::platform

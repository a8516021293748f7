#include <filesystem>
#include <utility>

#include "adapters/platform/files.h"

namespace postern::platform {
namespace {

namespace fs = std::filesystem;

Expected<void> look_at(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return fail(ErrorCode::folder_missing, {path});
  if (error) return fail(ErrorCode::folder_unreadable, {path, error.message()});
  if (!fs::is_directory(status)) return fail(ErrorCode::folder_unreadable, {path, "not a folder"});
  const fs::directory_iterator entries(path, error);
  if (error) return fail(ErrorCode::folder_unreadable, {path, error.message()});
  return {};
}

}  // namespace

DataFolder::DataFolder(std::string path, FolderLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}

Expected<DataFolder> DataFolder::open(const std::string& path, std::string_view marker) {
  if (auto good = look_at(path); !good) return fail(good.error());
  std::error_code ignored;
  if (!marker.empty() && !fs::exists(fs::path(path) / marker, ignored)) return fail(ErrorCode::not_initialised, {path});
  auto lock = FolderLock::take(path);
  if (!lock) return fail(lock.error());
  if (auto closed = close_to_others(path); !closed) return fail(closed.error());
  return DataFolder(path, std::move(*lock));
}

}  // namespace postern::platform

#include "support/shim_disk.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace postern::test {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSector = 512;

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

Expected<void> refuse(const ShimDisk::Faults& faults, const std::string& path) {
  if (faults.read_only) return fail(ErrorCode::folder_read_only, {path});
  return {};
}

}  // namespace

/// The store's own files.
class ShimDisk::Files final : public FileSystem {
 public:
  explicit Files(ShimDisk& disk) : disk_(disk) {}
  Expected<std::unique_ptr<File>> create(const std::string& path) override;
  Expected<std::unique_ptr<Source>> open(const std::string& path) override { return disk_.real().open(path); }
  Expected<void> rename(const std::string& from, const std::string& to) override;
  Expected<void> remove(const std::string& path) override;
  Expected<bool> make_folder(const std::string& path) override;
  Expected<void> sync_folder(const std::string& path) override;
  Expected<Bytes> read(const std::string& path, uint64_t offset, size_t size) override {
    return disk_.real().read(path, offset, size);
  }
  Expected<std::vector<std::string>> list(const std::string& folder) override { return disk_.real().list(folder); }
  uint64_t free_octets(const std::string& folder) override;
  Expected<void> allocate(const std::string& path, uint64_t octets) override;

 private:
  class Writing;
  ShimDisk& disk_;
};

class ShimDisk::Files::Writing final : public File {
 public:
  Writing(ShimDisk& disk, std::string path, std::unique_ptr<File> real)
      : disk_(disk), path_(std::move(path)), real_(std::move(real)) {}
  Expected<void> write(BytesView octets) override {
    const std::lock_guard lock(disk_.mutex());
    if (auto good = refuse(disk_.faults(), path_); !good) return good;
    if (!disk_.fits(path_, size_ + octets.size())) return fail(ErrorCode::disk_full, {path_});
    disk_.wrote(path_, size_, octets);
    size_ += octets.size();
    return real_->write(octets);
  }
  Expected<void> sync() override {
    const std::lock_guard lock(disk_.mutex());
    if (disk_.faults().syncs_fail) return fail(ErrorCode::io_error, {path_, "sync"});
    disk_.synced(path_, Kind::file);
    return {};
  }

 private:
  ShimDisk& disk_;
  std::string path_;
  std::unique_ptr<File> real_;
  uint64_t size_ = 0;
};

Expected<std::unique_ptr<File>> ShimDisk::Files::create(const std::string& path) {
  const std::lock_guard lock(disk_.mutex());
  if (auto good = refuse(disk_.faults(), path); !good) return fail(good.error());
  auto file = disk_.real().create(path);
  if (!file) return file;
  disk_.made(path);
  return std::unique_ptr<File>(std::make_unique<Writing>(disk_, path, std::move(*file)));
}

Expected<void> ShimDisk::Files::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(disk_.mutex());
  if (auto good = refuse(disk_.faults(), to); !good) return good;
  if (auto done = disk_.real().rename(from, to); !done) return done;
  disk_.renamed(from, to);
  return {};
}

Expected<void> ShimDisk::Files::remove(const std::string& path) {
  const std::lock_guard lock(disk_.mutex());
  if (auto good = refuse(disk_.faults(), path); !good) return good;
  if (auto done = disk_.real().remove(path); !done) return done;
  disk_.removed(path);
  return {};
}

Expected<bool> ShimDisk::Files::make_folder(const std::string& path) {
  const std::lock_guard lock(disk_.mutex());
  if (auto good = refuse(disk_.faults(), path); !good) return fail(good.error());
  const auto made_now = disk_.real().make_folder(path);
  if (made_now && *made_now) disk_.made(path);
  return made_now;
}

Expected<void> ShimDisk::Files::sync_folder(const std::string& path) {
  const std::lock_guard lock(disk_.mutex());
  if (disk_.faults().syncs_fail) return fail(ErrorCode::io_error, {path, "sync"});
  disk_.folder_synced(path);
  return {};
}

uint64_t ShimDisk::Files::free_octets(const std::string& folder) {
  if (disk_.faults().room == UINT64_MAX) return disk_.real().free_octets(folder);
  const uint64_t taken = disk_.used();
  return taken > disk_.faults().room ? 0 : disk_.faults().room - taken;
}

Expected<void> ShimDisk::Files::allocate(const std::string& path, uint64_t octets) {
  const std::lock_guard lock(disk_.mutex());
  if (auto good = refuse(disk_.faults(), path); !good) return good;
  if (!disk_.fits(path, octets)) return fail(ErrorCode::disk_full, {path});
  disk_.made(path);
  disk_.truncated(path, octets);
  return {};
}

ShimDisk& ShimDisk::fresh(FileSystem& real) {
  static ShimDisk disk;
  register_shim_vfs(disk);
  const std::lock_guard lock(disk.mutex_);
  disk.real_ = &real;
  disk.files_ = std::make_unique<Files>(disk);
  disk.faults_ = {};
  disk.state_.clear();
  disk.graves_.clear();
  disk.syncs_.clear();
  return disk;
}

void ShimDisk::adopt(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    FileState& file = state_[entry.path().string()];
    file.name_durable = true;
    if (!entry.is_regular_file()) continue;
    std::ifstream content(entry.path(), std::ios::binary);
    file.durable.assign(std::istreambuf_iterator<char>(content), {});
    file.size = file.durable.size();
  }
}

void ShimDisk::set(const Faults& faults) {
  const std::lock_guard lock(mutex_);
  faults_ = faults;
}

uint64_t ShimDisk::used() {
  const std::lock_guard lock(mutex_);
  uint64_t sum = 0;
  for (const auto& [path, file] : state_) sum += file.size;
  return sum;
}

uint64_t ShimDisk::syncs(const std::string& path_end) {
  const std::lock_guard lock(mutex_);
  uint64_t sum = 0;
  for (const auto& [path, count] : syncs_)
    if (path.ends_with(path_end)) sum += count;
  return sum;
}

void ShimDisk::made(const std::string& path) {
  const auto [place, is_new] = state_.try_emplace(path);
  if (is_new) return;
  // An existing file is begun anew: its old content stays what a cut leaves until the new one is synced.
  place->second.unsynced.push_back({0, {}, true});
  place->second.size = 0;
}

bool ShimDisk::fits(const std::string& path, uint64_t size) const {
  if (faults_.room == UINT64_MAX) return true;
  uint64_t others = 0;
  for (const auto& [name, file] : state_)
    if (name != path) others += file.size;
  const auto here = state_.find(path);
  const uint64_t now = here == state_.end() ? 0 : here->second.size;
  return size <= now || others + size <= faults_.room;
}

void ShimDisk::wrote(const std::string& path, uint64_t offset, BytesView octets) {
  FileState& file = state_[path];
  file.unsynced.push_back({offset, Bytes(octets.begin(), octets.end()), false});
  file.size = std::max(file.size, offset + octets.size());
}

void ShimDisk::truncated(const std::string& path, uint64_t size) {
  FileState& file = state_[path];
  file.unsynced.push_back({size, {}, true});
  file.size = size;
}

void ShimDisk::apply(const Change& change, Bytes& content) {
  if (change.cut) return content.resize(change.offset);
  if (content.size() < change.offset + change.octets.size()) content.resize(change.offset + change.octets.size());
  std::copy(change.octets.begin(), change.octets.end(), content.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

void ShimDisk::synced(const std::string& path, Kind kind) {
  if (kind == Kind::database ? faults_.lie_about_databases : faults_.lie_about_files) return;
  ++syncs_[path];
  FileState& file = state_[path];
  for (const Change& change : file.unsynced) apply(change, file.durable);
  file.unsynced.clear();
}

void ShimDisk::folder_synced(const std::string& folder) {
  if (faults_.lie_about_folders) return;
  ++syncs_[folder];
  for (auto& [path, file] : state_)
    if (folder_of(path) == folder) file.name_durable = true;
  std::erase_if(graves_, [&folder](const auto& grave) { return folder_of(grave.first) == folder; });
}

void ShimDisk::removed(const std::string& path) {
  const auto found = state_.find(path);
  if (found == state_.end()) return;
  if (found->second.name_durable) graves_[path] = std::move(found->second);
  state_.erase(found);
}

void ShimDisk::renamed(const std::string& from, const std::string& to) {
  FileState moved = std::move(state_[from]);
  state_.erase(from);
  removed(to);
  moved.name_durable = false;
  state_[to] = std::move(moved);
}

Bytes ShimDisk::left_of(const FileState& file, bool keep_some, std::mt19937& random) const {
  Bytes out = file.durable;
  if (!keep_some) return out;
  for (const Change& change : file.unsynced) {
    const auto chance = random() % 3;
    if (chance == 0) continue;
    if (chance == 1 || change.octets.size() <= kSector) {
      apply(change, out);
      continue;
    }
    Change torn = change;  // some of its sectors only
    torn.octets.resize(kSector * (1 + random() % (change.octets.size() / kSector)));
    apply(torn, out);
  }
  return out;
}

void ShimDisk::cut(const std::string& from, const std::string& to, bool keep_some, std::mt19937& random) {
  const auto bring_back = [&](const std::string& path, const FileState& file) {
    if (path.compare(0, from.size() + 1, from + "/") != 0 || path.ends_with("-shm")) return;
    if (!file.name_durable && (!keep_some || random() % 2 == 0)) return;
    const fs::path target = fs::path(to) / path.substr(from.size() + 1);
    // A file can only be found when the folders above it can.
    for (std::string above = folder_of(path); above.size() > from.size(); above = folder_of(above)) {
      const auto known = state_.find(above);
      if (known == state_.end() || !known->second.name_durable) return;
    }
    if (fs::is_directory(path)) {
      fs::create_directories(target);
      return;
    }
    fs::create_directories(target.parent_path());
    const Bytes content = left_of(file, keep_some, random);
    std::ofstream(target, std::ios::binary) << as_text(content);
  };
  for (const auto& [path, file] : graves_)
    if (!state_.contains(path)) bring_back(path, file);
  for (const auto& [path, file] : state_) bring_back(path, file);
}

}  // namespace postern::test

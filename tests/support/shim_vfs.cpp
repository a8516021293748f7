#include "support/shim_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>

namespace postern::test {
namespace {

PowerCutVfs& instance() {
  static PowerCutVfs shim;
  return shim;
}

sqlite3_vfs* real() {
  static sqlite3_vfs* found = sqlite3_vfs_find(nullptr);
  return found;
}

/// SQLite hands out memory for this and, behind it, for the real file.
struct ShimFile {
  sqlite3_file base;
  std::string* path;
  sqlite3_file* inner;
};

ShimFile* shim(sqlite3_file* file) { return reinterpret_cast<ShimFile*>(file); }
sqlite3_file* inner(sqlite3_file* file) { return shim(file)->inner; }
const sqlite3_io_methods* methods(sqlite3_file* file) { return inner(file)->pMethods; }

int64_t size_of(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  methods(file)->xFileSize(inner(file), &size);
  return size;
}

Bytes read_range(sqlite3_file* file, int64_t offset, int64_t end) {
  Bytes out(static_cast<size_t>(std::max<int64_t>(0, end - offset)));
  if (!out.empty()) methods(file)->xRead(inner(file), out.data(), static_cast<int>(out.size()), offset);
  return out;
}

int do_close(sqlite3_file* file) {
  const int code = methods(file)->xClose(inner(file));
  delete shim(file)->path;
  return code;
}
int do_read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) { return methods(file)->xRead(inner(file), to, count, offset); }
int do_write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
  const std::lock_guard lock(instance().mutex());
  const int64_t size = size_of(file);
  Bytes before = read_range(file, offset, std::min<int64_t>(size, offset + count));
  const int code = methods(file)->xWrite(inner(file), from, count, offset);
  instance().wrote(*shim(file)->path, offset, std::move(before), size);
  return code;
}
int do_truncate(sqlite3_file* file, sqlite3_int64 size) {
  const std::lock_guard lock(instance().mutex());
  const int64_t before = size_of(file);
  Bytes tail = read_range(file, size, before);
  const int code = methods(file)->xTruncate(inner(file), size);
  instance().truncated(*shim(file)->path, std::move(tail), before);
  return code;
}
int do_sync(sqlite3_file* file, int) {
  // The real sync is left out: what counts is what the shim remembers, and rounds are many.
  const std::lock_guard lock(instance().mutex());
  instance().synced(*shim(file)->path);
  return SQLITE_OK;
}
int do_size(sqlite3_file* file, sqlite3_int64* size) { return methods(file)->xFileSize(inner(file), size); }
int do_lock(sqlite3_file* file, int level) { return methods(file)->xLock(inner(file), level); }
int do_unlock(sqlite3_file* file, int level) { return methods(file)->xUnlock(inner(file), level); }
int do_check(sqlite3_file* file, int* out) { return methods(file)->xCheckReservedLock(inner(file), out); }
int do_control(sqlite3_file* file, int op, void* argument) { return methods(file)->xFileControl(inner(file), op, argument); }
int do_sector(sqlite3_file* file) { return methods(file)->xSectorSize(inner(file)); }
// None of the device's promises: they would let SQLite leave out syncs.
int do_characteristics(sqlite3_file*) { return 0; }
int do_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) { return methods(file)->xShmMap(inner(file), page, size, extend, out); }
int do_shm_lock(sqlite3_file* file, int offset, int count, int flags) { return methods(file)->xShmLock(inner(file), offset, count, flags); }
void do_barrier(sqlite3_file* file) { methods(file)->xShmBarrier(inner(file)); }
int do_unmap(sqlite3_file* file, int remove) { return methods(file)->xShmUnmap(inner(file), remove); }

const sqlite3_io_methods kMethods{2,          do_close,  do_read, do_write,  do_truncate, do_sync,   do_size,       do_lock,    do_unlock,
                                  do_check,   do_control, do_sector, do_characteristics, do_map, do_shm_lock, do_barrier, do_unmap, nullptr,
                                  nullptr};

int do_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  ShimFile* mine = shim(file);
  mine->inner = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(ShimFile));
  const int code = real()->xOpen(real(), name, mine->inner, flags, out_flags);
  if (code != SQLITE_OK) return code;
  mine->path = new std::string(name == nullptr ? "" : name);
  mine->base.pMethods = &kMethods;
  return SQLITE_OK;
}

int do_delete(sqlite3_vfs*, const char* name, int sync) {
  const std::lock_guard lock(instance().mutex());
  instance().removed(name);
  return real()->xDelete(real(), name, sync);
}

void register_once() {
  static sqlite3_vfs mine = [] {
    sqlite3_vfs out = *real();
    out.zName = PowerCutVfs::kName;
    out.szOsFile = static_cast<int>(sizeof(ShimFile)) + real()->szOsFile;
    out.xOpen = do_open;
    out.xDelete = do_delete;
    return out;
  }();
  sqlite3_vfs_register(&mine, 0);
}

}  // namespace

PowerCutVfs& PowerCutVfs::fresh() {
  register_once();
  PowerCutVfs& shim_state = instance();
  const std::lock_guard lock(shim_state.mutex_);
  shim_state.unsynced_.clear();
  shim_state.syncs_ = 0;
  return shim_state;
}

void PowerCutVfs::wrote(const std::string& path, int64_t offset, Bytes before, int64_t size_before) {
  unsynced_[path].push_back({offset, std::move(before), size_before});
}

void PowerCutVfs::truncated(const std::string& path, Bytes tail, int64_t size_before) {
  const auto offset = size_before - static_cast<int64_t>(tail.size());
  unsynced_[path].push_back({offset, std::move(tail), size_before});
}

void PowerCutVfs::synced(const std::string& path) {
  unsynced_[path].clear();
  ++syncs_;
}

void PowerCutVfs::removed(const std::string& path) { unsynced_.erase(path); }

void PowerCutVfs::cut(const std::string& from, const std::string& to) {
  for (const auto& entry : std::filesystem::directory_iterator(from)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name.ends_with("-shm")) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::string content((std::istreambuf_iterator<char>(file)), {});
    const auto undo = unsynced_.find(entry.path().string());
    if (undo != unsynced_.end()) {
      for (auto step = undo->second.rbegin(); step != undo->second.rend(); ++step) {
        content.resize(static_cast<size_t>(std::max<int64_t>(step->size_before, 0)));
        const size_t room = content.size() > static_cast<size_t>(step->offset) ? content.size() - static_cast<size_t>(step->offset) : 0;
        if (room > 0) std::memcpy(content.data() + step->offset, step->before.data(), std::min(room, step->before.size()));
      }
    }
    std::ofstream(std::filesystem::path(to) / name, std::ios::binary) << content;
  }
}

}  // namespace postern::test

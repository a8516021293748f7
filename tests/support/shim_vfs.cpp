// The SQLite side of ShimDisk: a VFS that writes through to the default one and tells the disk.
#include <sqlite3.h>

#include "support/shim_disk.h"

namespace postern::test {
namespace {

ShimDisk* the_disk = nullptr;

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

ShimFile* shim(sqlite3_file* file) {
  return reinterpret_cast<ShimFile*>(file);
}
sqlite3_file* inner(sqlite3_file* file) {
  return shim(file)->inner;
}
const sqlite3_io_methods* methods(sqlite3_file* file) {
  return inner(file)->pMethods;
}

int do_close(sqlite3_file* file) {
  const int code = methods(file)->xClose(inner(file));
  delete shim(file)->path;
  return code;
}

int do_read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
  return methods(file)->xRead(inner(file), to, count, offset);
}

int do_write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
  const std::lock_guard lock(the_disk->mutex());
  const std::string& path = *shim(file)->path;
  if (the_disk->faults().read_only) return SQLITE_READONLY;
  if (!the_disk->fits(path, static_cast<uint64_t>(offset + count))) return SQLITE_FULL;
  const int code = methods(file)->xWrite(inner(file), from, count, offset);
  const BytesView octets(static_cast<const uint8_t*>(from), static_cast<size_t>(count));
  if (code == SQLITE_OK) the_disk->wrote(path, static_cast<uint64_t>(offset), octets);
  return code;
}

int do_truncate(sqlite3_file* file, sqlite3_int64 size) {
  const std::lock_guard lock(the_disk->mutex());
  if (the_disk->faults().read_only) return SQLITE_READONLY;
  const int code = methods(file)->xTruncate(inner(file), size);
  if (code == SQLITE_OK) the_disk->truncated(*shim(file)->path, static_cast<uint64_t>(size));
  return code;
}

int do_sync(sqlite3_file* file, int) {
  // The real sync is left out: what counts is what the disk remembers, and rounds are many.
  const std::lock_guard lock(the_disk->mutex());
  if (the_disk->faults().syncs_fail) return SQLITE_IOERR_FSYNC;
  const std::string& path = *shim(file)->path;
  the_disk->synced(path, ShimDisk::Kind::database);
  // The default VFS syncs the folder with a new log's first sync; more often does no harm here.
  if (path.ends_with("-wal") && !the_disk->faults().lie_about_databases)
    the_disk->folder_synced(path.substr(0, path.rfind('/')));
  return SQLITE_OK;
}

int do_size(sqlite3_file* file, sqlite3_int64* size) {
  return methods(file)->xFileSize(inner(file), size);
}
int do_lock(sqlite3_file* file, int level) {
  return methods(file)->xLock(inner(file), level);
}
int do_unlock(sqlite3_file* file, int level) {
  return methods(file)->xUnlock(inner(file), level);
}
int do_check(sqlite3_file* file, int* out) {
  return methods(file)->xCheckReservedLock(inner(file), out);
}
int do_control(sqlite3_file* file, int op, void* argument) {
  if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
  return methods(file)->xFileControl(inner(file), op, argument);
}
int do_sector(sqlite3_file* file) {
  return methods(file)->xSectorSize(inner(file));
}
// None of the device's promises: they would let SQLite leave out syncs.
int do_characteristics(sqlite3_file*) {
  return 0;
}
int do_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return methods(file)->xShmMap(inner(file), page, size, extend, out);
}
int do_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return methods(file)->xShmLock(inner(file), offset, count, flags);
}
void do_barrier(sqlite3_file* file) {
  methods(file)->xShmBarrier(inner(file));
}
int do_unmap(sqlite3_file* file, int remove) {
  return methods(file)->xShmUnmap(inner(file), remove);
}

const sqlite3_io_methods kMethods{
    2,         do_close, do_read,    do_write,  do_truncate,        do_sync, do_size,     do_lock,
    do_unlock, do_check, do_control, do_sector, do_characteristics, do_map,  do_shm_lock, do_barrier,
    do_unmap,  nullptr,  nullptr};

int do_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  ShimFile* mine = shim(file);
  mine->inner = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(ShimFile));
  mine->base.pMethods = nullptr;
  const std::string path = name == nullptr ? "" : name;
  int exists = 0;
  if (name != nullptr) real()->xAccess(real(), name, SQLITE_ACCESS_EXISTS, &exists);
  const int code = real()->xOpen(real(), name, mine->inner, flags, out_flags);
  if (code != SQLITE_OK) return code;
  const std::lock_guard lock(the_disk->mutex());
  if (exists == 0 && name != nullptr) the_disk->made(path);
  mine->path = new std::string(path);
  mine->base.pMethods = &kMethods;
  return SQLITE_OK;
}

int do_delete(sqlite3_vfs*, const char* name, int sync) {
  const std::lock_guard lock(the_disk->mutex());
  if (the_disk->faults().read_only) return SQLITE_READONLY;
  const int code = real()->xDelete(real(), name, 0);
  if (code == SQLITE_OK) the_disk->removed(name);
  const std::string path = name;
  if (code == SQLITE_OK && sync != 0) the_disk->folder_synced(path.substr(0, path.rfind('/')));
  return code;
}

}  // namespace

void register_shim_vfs(ShimDisk& disk) {
  the_disk = &disk;
  static sqlite3_vfs mine = [] {
    sqlite3_vfs out = *real();
    out.zName = ShimDisk::kVfs;
    out.szOsFile = static_cast<int>(sizeof(ShimFile)) + real()->szOsFile;
    out.xOpen = do_open;
    out.xDelete = do_delete;
    return out;
  }();
  sqlite3_vfs_register(&mine, 0);
}

}  // namespace postern::test

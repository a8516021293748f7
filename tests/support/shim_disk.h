// A disk for tests that can lose power, fill up, become read-only and fail. Databases reach it as an SQLite VFS, the
// store's own files as a FileSystem. Everything is written through to real files; beside them it remembers what a power
// cut would leave: for each file the content at its last completed sync, and whether its name was synced with its
// folder.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "base/files.h"

namespace postern::test {

class ShimDisk {
 public:
  static constexpr const char* kVfs = "shimdisk";
  /// The one disk of this process, as new: nothing remembered, no faults. The VFS is registered with the first call.
  static ShimDisk& fresh(FileSystem& real);
  /// Takes over what is in a folder, as if all of it were synced.
  void adopt(const std::string& folder);
  /// The store's own files on this disk.
  FileSystem& files() { return *files_; }

  /// Held while a moment is chosen: no write and no sync happens meanwhile.
  std::mutex& mutex() { return mutex_; }

  // Faults; each from now on.
  struct Faults {
    uint64_t room = UINT64_MAX;  ///< octets that all files may have together
    bool read_only = false;
    bool syncs_fail = false;  ///< with an I/O error
    // Syncs that report success and do nothing: for proving that a test notices.
    bool lie_about_databases = false, lie_about_files = false, lie_about_folders = false;
  };
  void set(const Faults& faults);
  uint64_t used();

  /// What a power cut now would leave of the tree at `from`, written to `to`. `keep_some`: unsynced writes are not all
  /// lost: each one is kept, lost or torn by chance, as real disks do. The caller holds the mutex.
  void cut(const std::string& from, const std::string& to, bool keep_some, std::mt19937& random);
  /// Completed syncs of files whose path ends like this.
  uint64_t syncs(const std::string& path_end);

  // Called by the VFS and the FileSystem, which hold the mutex.
  enum class Kind { database, file };
  void made(const std::string& path);
  /// Room for the file to grow to `size`?
  bool fits(const std::string& path, uint64_t size) const;
  void wrote(const std::string& path, uint64_t offset, BytesView octets);
  void truncated(const std::string& path, uint64_t size);
  void synced(const std::string& path, Kind kind);
  void folder_synced(const std::string& folder);
  void removed(const std::string& path);
  void renamed(const std::string& from, const std::string& to);
  const Faults& faults() const { return faults_; }
  FileSystem& real() const { return *real_; }

 private:
  /// A write, or a new length when `cut` is set.
  struct Change {
    uint64_t offset = 0;
    Bytes octets;
    bool cut = false;
  };
  struct FileState {
    uint64_t size = 0;
    Bytes durable;
    std::vector<Change> unsynced;
    bool name_durable = false;
  };
  class Files;

  static void apply(const Change& change, Bytes& content);
  Bytes left_of(const FileState& file, bool keep_some, std::mt19937& random) const;

  FileSystem* real_ = nullptr;
  std::unique_ptr<FileSystem> files_;
  std::mutex mutex_;
  Faults faults_;
  std::map<std::string, FileState> state_;
  std::map<std::string, FileState> graves_;  ///< removed, but their folder was not synced since
  std::map<std::string, uint64_t> syncs_;
};

/// For the VFS: registers it once.
void register_shim_vfs(ShimDisk& disk);

}  // namespace postern::test

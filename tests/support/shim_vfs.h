// A power cut for SQLite: a VFS that writes through to real files and remembers, for each, what was written since its last
// completed sync. cut() gives the files as they would be found afterwards: without any of that.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace postern::test {

class PowerCutVfs {
 public:
  static constexpr const char* kName = "powercut";
  /// Registers the VFS once and forgets what earlier rounds did.
  static PowerCutVfs& fresh();

  /// Held while the disk's state is looked at: no write and no sync happens meanwhile.
  std::mutex& mutex() { return mutex_; }
  /// Copies the databases below `from` to `to`, minus unsynced writes. The mutex is held by the caller.
  void cut(const std::string& from, const std::string& to);
  uint64_t syncs() const { return syncs_; }

  // Called by the VFS.
  void wrote(const std::string& path, int64_t offset, Bytes before, int64_t size_before);
  void truncated(const std::string& path, Bytes tail, int64_t size_before);
  void synced(const std::string& path);
  void removed(const std::string& path);

 private:
  struct Undo {
    int64_t offset;
    Bytes before;
    int64_t size_before;
  };
  std::mutex mutex_;
  std::map<std::string, std::vector<Undo>> unsynced_;
  uint64_t syncs_ = 0;
};

}  // namespace postern::test

// Files the store writes itself, behind an interface so that tests can lose what was not synced. Errors carry the path:
// disk_full, folder_read_only, io_error. Any thread; a File or Source belongs to one.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/expected.h"

namespace postern {

/// A file being written.
class File {
 public:
  virtual ~File() = default;
  virtual Expected<void> write(BytesView octets) = 0;
  /// When it returns, what was written survives a power cut (fdatasync); the name needs sync_folder.
  virtual Expected<void> sync() = 0;
};

/// A file being read. It stays readable after its name is gone.
class Source {
 public:
  virtual ~Source() = default;
  /// Fills `to` from `offset`; fewer octets only at the end of the file.
  virtual Expected<size_t> read(uint64_t offset, std::span<uint8_t> to) = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Expected<std::unique_ptr<File>> create(const std::string& path) = 0;
  /// not_found when there is no such file.
  virtual Expected<std::unique_ptr<Source>> open(const std::string& path) = 0;
  virtual Expected<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Expected<void> remove(const std::string& path) = 0;
  /// Makes the folder unless it is there; true when it was made (then its parent needs sync_folder).
  virtual Expected<bool> make_folder(const std::string& path) = 0;
  virtual Expected<void> sync_folder(const std::string& path) = 0;
  /// At most `size` octets of the file from `offset`.
  virtual Expected<Bytes> read(const std::string& path, uint64_t offset, size_t size) = 0;
  virtual Expected<std::vector<std::string>> list(const std::string& folder) = 0;
  /// What an ordinary user may still write there.
  virtual uint64_t free_octets(const std::string& folder) = 0;
  /// A file of that many octets for which the room is really taken; disk_full when there is none (and then no file).
  virtual Expected<void> allocate(const std::string& path, uint64_t octets) = 0;
};

}  // namespace postern

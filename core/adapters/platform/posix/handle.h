// What the POSIX files share. Private to adapters/platform/posix.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/expected.h"

namespace postern::platform {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;

/// errno as an Error about `path`.
Error failure(const std::string& path);

/// An open descriptor that closes itself.
class Handle {
 public:
  Handle(const std::string& path, int flags);
  ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  bool ok() const { return handle_ >= 0; }
  int get() const { return handle_; }
  /// The descriptor; the caller closes it.
  int release();

 private:
  int handle_;
};

}  // namespace postern::platform

// Small things that many tests of folders and results need.
#pragma once

#include <QDir>
#include <QString>
#include <filesystem>

#include "base/expected.h"

namespace postern::test {

/// In memory when there is such a file system: for tests that sync often.
inline QString quick_folder() {
  std::error_code ignored;
  return std::filesystem::is_directory("/dev/shm", ignored) ? "/dev/shm/postern-XXXXXX"
                                                            : QDir::tempPath() + "/postern-XXXXXX";
}

template <class T>
ErrorCode code_of(const Expected<T>& result) {
  return result ? ErrorCode::none : result.error().code;
}

}  // namespace postern::test

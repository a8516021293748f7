// This process, and watching another one of this machine until it ends; the systems' code stands in posix/ and
// windows/.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

namespace postern::cli {

/// Files made from now on are their owner's alone. Before there are threads. Windows: files have the rights of their
/// folder.
void keep_files_private();

class ProcessWatch {
 public:
  virtual ~ProcessWatch() = default;
  /// True once it has ended (even if its parent has not looked yet), false after `limit`.
  virtual bool wait_for_end(std::chrono::milliseconds limit) = 0;
};

/// Taken while the process runs, so that its number cannot have been given away; nullptr when there is none or it
/// cannot be watched.
std::unique_ptr<ProcessWatch> watch_process(uint64_t pid);

}  // namespace postern::cli

#include "cli/process.h"

#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <limits>

namespace postern::cli {
namespace {

/// A descriptor of the process (Linux 5.3): readable when it has ended.
class PosixWatch final : public ProcessWatch {
 public:
  explicit PosixWatch(int descriptor) : descriptor_(descriptor) {}
  ~PosixWatch() override { ::close(descriptor_); }
  bool wait_for_end(std::chrono::milliseconds limit) override {
    pollfd ended{descriptor_, POLLIN, 0};
    return ::poll(&ended, 1, static_cast<int>(limit.count())) == 1;
  }

 private:
  int descriptor_;
};

}  // namespace

void keep_files_private() {
  ::umask(S_IRWXG | S_IRWXO);
}

std::unique_ptr<ProcessWatch> watch_process(uint64_t pid) {
  if (pid == 0 || pid > static_cast<uint64_t>(std::numeric_limits<pid_t>::max())) return nullptr;
  const long descriptor = ::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0U);
  return descriptor < 0 ? nullptr : std::make_unique<PosixWatch>(static_cast<int>(descriptor));
}

}  // namespace postern::cli

#include "cli/process.h"

#include <windows.h>

namespace postern::cli {
namespace {

class WindowsWatch final : public ProcessWatch {
 public:
  explicit WindowsWatch(HANDLE process) : process_(process) {}
  ~WindowsWatch() override { CloseHandle(process_); }
  bool wait_for_end(std::chrono::milliseconds limit) override {
    return WaitForSingleObject(process_, static_cast<DWORD>(limit.count())) == WAIT_OBJECT_0;
  }

 private:
  HANDLE process_;
};

}  // namespace

void keep_files_private() {}

std::unique_ptr<ProcessWatch> watch_process(uint64_t pid) {
  const HANDLE process = pid == 0 ? nullptr : OpenProcess(SYNCHRONIZE, FALSE, static_cast<DWORD>(pid));
  return process == nullptr ? nullptr : std::make_unique<WindowsWatch>(process);
}

}  // namespace postern::cli

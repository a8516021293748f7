#include "serve/signals.h"

#include <windows.h>

#include <mutex>

namespace postern::cli {
namespace {

// The system calls a plain function: there is one watcher a process.
std::mutex mutex;
std::function<void()> current;

BOOL WINAPI on_control(DWORD) {
  const std::lock_guard lock(mutex);
  if (!current) return FALSE;
  current();
  return TRUE;
}

class WindowsSignals final : public StopSignals {
 public:
  explicit WindowsSignals(std::function<void()> handler) {
    const std::lock_guard lock(mutex);
    current = std::move(handler);
    SetConsoleCtrlHandler(on_control, TRUE);
  }
  ~WindowsSignals() override {
    SetConsoleCtrlHandler(on_control, FALSE);
    const std::lock_guard lock(mutex);
    current = nullptr;
  }
};

}  // namespace

std::unique_ptr<StopSignals> watch_stop_signals(std::function<void()> handler) {
  return std::make_unique<WindowsSignals>(std::move(handler));
}

}  // namespace postern::cli

#include "serve/signals.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <thread>

namespace postern::cli {
namespace {

constexpr int kOwnSignal = SIGUSR1;  // ends the waiting thread

class PosixSignals final : public StopSignals {
 public:
  explicit PosixSignals(std::function<void()> handler) : handler_(std::move(handler)) {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, kOwnSignal}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    ::signal(SIGPIPE, SIG_IGN);  // a reader that went away is an error of the write, no reason to die
    thread_ = std::thread([this] { wait(); });
  }
  ~PosixSignals() override {
    ended_ = true;
    pthread_kill(thread_.native_handle(), kOwnSignal);
    thread_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  void wait() {
    int signal = 0;
    while (sigwait(&set_, &signal) == 0 && !ended_)
      if (signal != kOwnSignal) handler_();
  }

  std::function<void()> handler_;
  sigset_t set_{}, before_{};
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<StopSignals> watch_stop_signals(std::function<void()> handler) {
  return std::make_unique<PosixSignals>(std::move(handler));
}

}  // namespace postern::cli

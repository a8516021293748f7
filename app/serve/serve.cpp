#include "serve/serve.h"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <ostream>
#include <thread>

#include "cli/exit_code.h"
#include "serve/signals.h"

namespace postern::cli {
namespace {

using namespace api;

constexpr auto kStopLimit = std::chrono::seconds(20);
constexpr Text kHardStop{"Stopped at once; what was acknowledged is safe.", "已立即停止；已确认接收的邮件不受影响。"};
constexpr Text kTooSlow{"Stopping took too long and was cut short; what was acknowledged is safe.",
                        "停止超时，已强制结束；已确认接收的邮件不受影响。"};

/// Set once, waited for by anyone.
class Event {
 public:
  void set() {
    {
      const std::lock_guard lock(mutex_);
      set_ = true;
    }
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return set_; });
  }
  template <class Duration>
  bool wait_for(Duration limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

[[noreturn]] void end_at_once(Context& context, const Text& why) {
  context.terminal().err() << why.in(context.language()) << std::endl;
  std::_Exit(kExitFailed);  // no destructors: whatever hangs would hang them too
}

/// Stops the core; ends the process when that takes longer than it may.
void stop_in_time(Context& context, Core& core) {
  Event stopped;
  std::thread watch([&context, &stopped] {
    if (!stopped.wait_for(kStopLimit)) end_at_once(context, kTooSlow);
  });
  core.stop();
  stopped.set();
  watch.join();
}

/// Another command may hold the folder for a moment; a service that runs answers, and is not waited for.
Outcome<Listening> start_patiently(Context& context, const ServeOptions& options, std::unique_ptr<Core>& core,
                                   const std::function<void()>& on_stop) {
  const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  for (;;) {
    core = make_core(context.place());
    core->on_stop_request(on_stop);
    auto started = core->start(options);
    const Error* error = error_of(started);
    if (error == nullptr || error->code != ErrorCode::folder_locked) return started;
    if (std::chrono::steady_clock::now() > deadline || context.core_answers()) return started;
    std::this_thread::sleep_for(kLockPause);
  }
}

int serve(Context& context, const ServeOptions& options) {
  Event asked_to_stop;
  // Watched before the core makes its threads; a second signal does not wait for anything.
  const auto signals = watch_stop_signals([&context, &asked_to_stop, signalled = false]() mutable {
    if (signalled) end_at_once(context, kHardStop);
    signalled = true;
    asked_to_stop.set();
  });
  warn_on_stderr();
  std::unique_ptr<Core> core;
  const auto started = start_patiently(context, options, core, [&asked_to_stop] { asked_to_stop.set(); });
  if (const Error* error = error_of(started)) return context.finish(*error);
  const auto& listening = std::get<0>(started);
  context.terminal().out() << "ready smtp=" << listening.smtp << " pop3=" << listening.pop3 << std::endl;
  asked_to_stop.wait();
  stop_in_time(context, *core);
  return kExitDone;
}

}  // namespace

Verb serve_verb() {
  return {"serve",
          {"Serve mail in this process until it is told to stop", "在本进程中提供邮件服务，直到收到停止请求"},
          [](Command& command) -> Action {
            auto options = std::make_shared<ServeOptions>();
            command.endpoint("--smtp", options->smtp,
                             {"Listen here for SMTP, not where the settings say; port 0 = any",
                              "SMTP 监听地址，取代设置；端口 0 为任意"});
            command.endpoint("--pop3", options->pop3,
                             {"Listen here for POP3, not where the settings say; port 0 = any",
                              "POP3 监听地址，取代设置；端口 0 为任意"});
            return [options](Context& context) {
              if (!context.options().attach.empty())
                return context.usage({"serve opens its own data folder: --attach cannot be used with it.",
                                      "serve 使用自己的数据文件夹，不能与 --attach 同用。"});
              return serve(context, *options);
            };
          }};
}

}  // namespace postern::cli

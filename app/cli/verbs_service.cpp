#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/exit_code.h"
#include "cli/password.h"
#include "cli/process.h"
#include "cli/verb.h"

namespace postern::cli {

using namespace api;

namespace {

// `stop` returns when the other process is gone: its own limit (20 s) and a little.
constexpr auto kStopWait = std::chrono::milliseconds(25'000);
constexpr auto kStopPoll = std::chrono::milliseconds(50);

struct InitOptions {
  InitRequest request;
  bool password_stdin = false;
};

int init(Context& context, InitOptions& options) {
  int exit = 0;
  InitRequest& request = options.request;
  if (!read_password(context, options.password_stdin, true, request.password, exit)) return exit;
  const std::string domain = request.domain, name = request.administrator;
  const auto made = initialise(context.place(), std::move(request));
  if (const Error* error = error_of(made)) return context.finish(*error);
  constexpr Text kMade{
      "Postern is ready for {0}. The administrator is {1}, with the mailbox {1}@{0}.\nNext: postern serve\n",
      "Postern 已为 {0} 准备就绪。管理员为 {1}，邮箱为 {1}@{0}。\n下一步：postern serve\n"};
  const nlohmann::ordered_json json{{"domain", domain}, {"admin", name}};
  return context.finish(json.dump(), fill_in(kMade, context.language(), {domain, name}));
}

Verb init_verb() {
  return {"init",
          {"Make a data folder: domain, administrator, keys, certificate", "创建数据文件夹：域名、管理员、密钥、证书"},
          [](Command& command) -> Action {
            auto options = std::make_shared<InitOptions>();
            command.required("--domain", "D", options->request.domain, {"The mail domain", "邮件域名"});
            command.required("--admin", "NAME", options->request.administrator,
                             {"The administrator; also the mailbox NAME@D", "管理员名称，同时创建邮箱 NAME@D"});
            command.flag("--password-stdin", options->password_stdin,
                         {"Read the password from the first line of standard input", "从标准输入的第一行读取密码"});
            return [options](Context& context) { return init(context, *options); };
          }};
}

/// A core whose process cannot be watched is gone for us when nobody answers any more.
bool wait_until_nobody_answers(const Context& context) {
  const auto deadline = std::chrono::steady_clock::now() + kStopWait;
  while (context.core_answers()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kStopPoll);
  }
  return true;
}

/// Returns when the folder is free again: a script may start the next service at once.
int stop(Context& context) {
  const Reply status = context.ask_running(Status{});
  if (const Error* error = error_of(status)) return context.finish(*error);
  const auto* serving = std::get_if<StatusReply>(&status);
  const auto watch = watch_process(serving == nullptr ? 0 : serving->pid);
  const Reply reply = context.ask_running(Stop{});
  if (const Error* error = error_of(reply)) return context.finish(*error);
  const bool ended = watch ? watch->wait_for_end(kStopWait) : wait_until_nobody_answers(context);
  return ended ? context.finish(reply) : context.finish(Error{ErrorCode::timed_out, {"stop"}});
}

}  // namespace

std::vector<Verb> service_verbs() {
  return {
      init_verb(),
      request_verb<Status>({"How the service is", "服务状态"}),
      {Stop::kInfo.name,
       {"Stop the serving process (mail waits until it serves again)", "停止服务进程（再次启动前邮件将等待）"},
       [](Command&) -> Action { return stop; }},
      request_verb<Metrics>({"Counters in Prometheus text format", "Prometheus 文本格式的计数器"}),
  };
}

}  // namespace postern::cli

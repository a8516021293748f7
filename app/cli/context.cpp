#include "cli/context.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>

#include "cli/print.h"
#include "cli/sentences.h"
#include "postern/codec.h"

namespace postern::cli {

Context::~Context() {
  if (own_) own_->stop();
}

api::Place Context::place() const {
  return options_.data.empty() ? api::default_place() : api::Place{options_.data, {}};
}

std::string Context::socket() const {
  return options_.attach.empty() ? api::control_socket(place()) : options_.attach;
}

api::Outcome<api::Channel*> Context::channel() {
  const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  for (;;) {
    auto channel = open_channel();
    const Error* error = error_of(channel);
    const bool may_pass = error != nullptr && error->code == ErrorCode::folder_locked;
    if (!may_pass || std::chrono::steady_clock::now() > deadline) return channel;
    std::this_thread::sleep_for(kLockPause);
  }
}

api::Outcome<api::Channel*> Context::open_channel() {
  if (attached_) return attached_.get();
  if (own_) return &own_->channel();
  auto attached = api::attach(socket());
  if (const Error* error = error_of(attached)) {
    if (!options_.attach.empty() || error->code != ErrorCode::unreachable) return *error;
    auto core = api::make_core(place());
    auto started = core->start(api::ServeOptions{.listen = false, .smtp = {}, .pop3 = {}});
    if (const Error* refused = error_of(started)) return *refused;
    own_ = std::move(core);
    return &own_->channel();
  }
  attached_ = std::move(std::get<0>(attached));
  return attached_.get();
}

api::Reply Context::ask(api::Request request) {
  auto channel = this->channel();
  if (const Error* error = error_of(channel)) return *error;
  return api::call(*std::get<0>(channel), std::move(request));
}

api::Reply Context::ask_running(api::Request request) {
  auto attached = api::attach(socket());
  if (const Error* error = error_of(attached)) return *error;
  return api::call(*std::get<0>(attached), std::move(request));
}

bool Context::core_answers() const {
  return error_of(api::attach(socket())) == nullptr;
}

int Context::finish(const api::Reply& reply) {
  if (const Error* error = api::error_of(reply)) return finish(*error);
  return finish(api::to_json(reply), options_.json ? std::string() : text_of(reply, language()));
}

int Context::finish(const Error& error) {
  const std::string text = sentence(error, language());
  if (options_.json) terminal_.out() << error_json(error_name(error.code), error.args, text) << std::endl;
  terminal_.err() << text << std::endl;
  return exit_code_of(error.code);
}

int Context::finish(const std::string& json, const std::string& text) {
  if (options_.json) {
    terminal_.out() << json << '\n';
  } else {
    terminal_.out() << text;
  }
  terminal_.out().flush();
  if (terminal_.out()) return kExitDone;
  return finish(Error{ErrorCode::io_error, {"stdout", "write"}});
}

int Context::usage(const Text& text, const std::vector<std::string>& args) {
  return refuse("usage", text, args, kExitUsage);
}

int Context::refuse(std::string_view code, const Text& text, const std::vector<std::string>& args, ExitCode exit) {
  const std::string filled = fill_in(text, language(), args);
  if (options_.json) terminal_.out() << error_json(code, args, filled) << std::endl;
  terminal_.err() << filled << std::endl;
  return exit;
}

std::string error_json(std::string_view code, const std::vector<std::string>& args, const std::string& text) {
  const nlohmann::ordered_json json{{"error", {{"code", std::string(code)}, {"args", args}, {"text", text}}}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace postern::cli

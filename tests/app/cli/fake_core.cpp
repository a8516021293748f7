// A core that keeps no mail: it notes what it is asked in <folder>/requests and answers what stands in <folder>/reply
// (a frame of the control channel), or each request's own answer, empty. <folder>/start-error (a frame) makes its start
// fail, <folder>/slow-stop (milliseconds) its stop take time.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "adapters/control/server.h"
#include "postern/codec.h"
#include "postern/core.h"

namespace postern::api {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void note(const Place& place, const std::string& line) {
  std::ofstream(place.folder + "/requests", std::ios::app) << line << "\n";
}

/// The reply in a file; false when there is none.
bool reply_in(const std::string& path, Reply& reply) {
  const std::string text = read(path);
  if (text.empty()) return false;
  auto frame = decode_from_server(text);
  if (const Error* error = error_of(frame)) {
    reply = *error;
  } else {
    reply = std::get<ReplyFrame>(std::get<0>(frame)).reply;
  }
  return true;
}

class FakeCore final : public Core, public Channel {
 public:
  explicit FakeCore(Place place) : place_(std::move(place)) {}
  ~FakeCore() override {
    FakeCore::stop();
    wait_as_told("slow-end");
  }

  Outcome<Listening> start(const ServeOptions& options) override {
    Reply refusal;
    if (reply_in(place_.folder + "/start-error", refusal)) return *error_of(refusal);
    if (!std::filesystem::is_directory(place_.folder)) return Error{ErrorCode::folder_missing, {place_.folder}};
    note(place_, options.listen ? "start listening" : "start");
    if (!options.listen) return Listening{};
    control_ = std::make_unique<control::ControlServer>(
        control::ServerOptions{.path = control_socket(place_), .build = "fake"},
        [](const control::Peer&) -> Expected<Caller> {
          return Caller{"owner", Role::owner, "socket"};
        },
        [this](const Caller&, Request request, const ReplyHandler& handler) { send(std::move(request), handler); });
    if (auto started = control_->start(); !started) return started.error();
    return Listening{options.smtp.empty() ? "127.0.0.1:25" : options.smtp,
                     options.pop3.empty() ? "127.0.0.1:110" : options.pop3};
  }

  void stop() override {
    if (stopped_) return;
    stopped_ = true;
    note(place_, "stop");
    wait_as_told("slow-stop");
    if (control_) control_->stop();
  }

  Channel& channel() override { return *this; }
  void on_stop_request(std::function<void()> handler) override { on_stop_ = std::move(handler); }

  void send(Request request, ReplyHandler handler) override {
    const auto text = encode(RequestFrame{0, request});
    note(place_, error_of(text) ? "(cannot be encoded)" : std::get<0>(text));
    Reply reply;
    if (!reply_in(place_.folder + "/reply", reply))
      reply = std::visit([](const auto& r) -> Reply { return typename std::decay_t<decltype(r)>::Answer{}; }, request);
    if (auto* status = std::get_if<StatusReply>(&reply)) status->pid = static_cast<uint64_t>(::getpid());
    handler(reply);
    if (std::holds_alternative<Stop>(request) && on_stop_) on_stop_();
  }

 private:
  void wait_as_told(const char* file) const {
    const std::string delay = read(place_.folder + "/" + file);
    if (!delay.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(delay.c_str())));
  }

  Place place_;
  bool stopped_ = false;
  std::function<void()> on_stop_;
  std::unique_ptr<control::ControlServer> control_;
};

}  // namespace

Place default_place() {
  const char* home = std::getenv("HOME");
  return Place{std::string(home == nullptr ? "" : home) + "/default", {}};
}

std::string control_socket(const Place& place) {
  return place.folder + "/control.sock";
}

Outcome<std::monostate> initialise(const Place& place, InitRequest request) {
  if (std::filesystem::exists(place.folder + "/requests")) return Error{ErrorCode::folder_not_empty, {place.folder}};
  std::filesystem::create_directories(place.folder);
  note(place, "init " + request.domain + " " + request.administrator + " " + request.password);
  return std::monostate{};
}

void warn_on_stderr() {}

std::unique_ptr<Core> make_core(const Place& place) {
  return std::make_unique<FakeCore>(place);
}

}  // namespace postern::api

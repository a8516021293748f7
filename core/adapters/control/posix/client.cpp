#include "adapters/control/client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <deque>
#include <map>
#include <thread>

#include "adapters/control/framing.h"
#include "adapters/control/posix/peer.h"
#include "adapters/control/posix/socket_path.h"
#include "base/secret.h"
#include "postern/codec.h"

namespace postern::control {

using std::error_code;
using Stream = asio::local::stream_protocol;

namespace {

class SocketChannel final : public api::Channel {
 public:
  SocketChannel(std::string path, const ClientLimits& limits) : path_(std::move(path)), limits_(limits) {}
  ~SocketChannel() override;

  Expected<void> open();
  void send(api::Request request, api::ReplyHandler handler) override;

 private:
  struct Pending {
    api::ReplyHandler handler;
    std::unique_ptr<asio::steady_timer> deadline;
  };

  Expected<void> connect();
  Expected<void> greet();
  void begin(api::Request request, const api::ReplyHandler& handler);
  void read_next();
  void on_frame();
  void on_reply(api::ReplyFrame frame);
  void settle(uint64_t id, api::Reply reply);
  void write_next();
  void go_down(const Error& error);

  const std::string path_;
  const ClientLimits limits_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  Stream::socket socket_{io_};
  std::thread thread_;
  // Below: the channel's thread only.
  Header header_{};
  std::string body_;
  uint64_t last_id_ = 0;
  std::map<uint64_t, Pending> pending_;
  std::deque<std::string> outgoing_;
  bool up_ = true;
  Error down_;  ///< why, when not up
};

SocketChannel::~SocketChannel() {
  asio::post(io_, [this] { go_down(Error{ErrorCode::cancelled, {path_}}); });
  work_.reset();
  if (thread_.joinable()) thread_.join();
  // What was sent without a thread, or in the last moment, has its answer too.
  io_.restart();
  io_.run();
}

Expected<void> SocketChannel::open() {
  auto connected = connect();
  if (!connected) return connected;
  read_next();
  thread_ = std::thread([this] { io_.run(); });
  return greet();
}

Expected<void> SocketChannel::connect() {
  const SocketPath place(path_);
  const auto endpoint = place.endpoint();
  if (!endpoint) return fail(ErrorCode::unreachable, {path_});
  error_code error;
  socket_.open(endpoint->protocol(), error);
  if (error) return fail(ErrorCode::io_error, {path_, error.message()});
  // A Unix socket's connect waits, without a limit, when the server takes nobody from a full queue.
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits_.connect);
  const timeval limit{static_cast<time_t>(seconds.count()),
                      static_cast<suseconds_t>(std::chrono::microseconds(limits_.connect - seconds).count())};
  ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  socket_.connect(*endpoint, error);
  if (!error) return {};
  if (error == std::errc::permission_denied) return fail(ErrorCode::access_denied, {user_name(::geteuid())});
  if (error == std::errc::resource_unavailable_try_again) return fail(ErrorCode::timed_out, {path_});
  return fail(ErrorCode::unreachable, {path_});
}

Expected<void> SocketChannel::greet() {
  const api::Reply reply = api::call(*this, api::Hello{api::kApiMajor, api::kApiMinor, "", 0});
  if (const Error* error = api::error_of(reply)) return fail(*error);
  const auto* hello = std::get_if<api::HelloReply>(&reply);
  if (hello == nullptr) return fail(ErrorCode::bad_input, {"reply", "hello"});
  if (hello->api_major != api::kApiMajor)
    return fail(ErrorCode::version_mismatch, {std::to_string(api::kApiMajor), std::to_string(hello->api_major)});
  return {};
}

void SocketChannel::send(api::Request request, api::ReplyHandler handler) {
  asio::post(io_, [this, request = std::move(request), handler = std::move(handler)]() mutable {
    begin(std::move(request), handler);
  });
}

void SocketChannel::begin(api::Request request, const api::ReplyHandler& handler) {
  if (!up_) return handler(down_);
  if (pending_.size() >= kMaxPending) return handler(Error{ErrorCode::busy, {path_}});
  const uint64_t id = ++last_id_;
  const std::string verb(api::info_of(request).name);
  const bool is_hello = std::holds_alternative<api::Hello>(request);
  api::RequestFrame frame{id, std::move(request)};
  auto text = api::encode(frame);
  api::wipe_secrets(frame.request);
  if (const Error* error = api::error_of(text)) return handler(*error);
  if (std::get<0>(text).size() > api::kMaxMessage)
    return handler(Error{ErrorCode::too_large, {verb, std::to_string(api::kMaxMessage)}});
  Pending& pending = pending_[id];
  pending.handler = handler;
  pending.deadline = std::make_unique<asio::steady_timer>(io_, is_hello ? limits_.connect : limits_.reply);
  pending.deadline->async_wait([this, id, verb](error_code error) {
    if (!error) settle(id, Error{ErrorCode::timed_out, {verb}});
  });
  outgoing_.push_back(frame_of(std::get<0>(text)));
  wipe(std::get<0>(text));
  if (outgoing_.size() == 1) write_next();
}

void SocketChannel::write_next() {
  asio::async_write(socket_, asio::buffer(outgoing_.front()), [this](error_code error, size_t) {
    wipe(outgoing_.front());
    outgoing_.pop_front();
    // A peer that refuses stops reading first; why stands in what it wrote, so only reading decides that it is gone.
    if (error) outgoing_.clear();
    if (!outgoing_.empty()) write_next();
  });
}

void SocketChannel::read_next() {
  asio::async_read(socket_, asio::buffer(header_), [this](error_code error, size_t) {
    const size_t size = size_in(header_);
    if (error || !is_allowed(size)) return go_down(Error{ErrorCode::unreachable, {path_}});
    body_.resize(size);
    asio::async_read(socket_, asio::buffer(body_), [this](error_code failed, size_t) {
      if (failed) return go_down(Error{ErrorCode::unreachable, {path_}});
      on_frame();
    });
  });
}

void SocketChannel::on_frame() {
  auto decoded = api::decode_from_server(body_);
  if (const Error* error = api::error_of(decoded)) return go_down(*error);
  if (auto* reply = std::get_if<api::ReplyFrame>(&std::get<0>(decoded))) on_reply(std::move(*reply));
  if (up_) read_next();
}

void SocketChannel::on_reply(api::ReplyFrame frame) {
  // Without an id the server speaks of the connection: it is about to close it.
  const Error* error = api::error_of(frame.reply);
  if (frame.id == 0 && error != nullptr) return go_down(*error);
  settle(frame.id, std::move(frame.reply));
}

void SocketChannel::settle(uint64_t id, api::Reply reply) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;  // given up, or never asked
  const api::ReplyHandler handler = std::move(found->second.handler);
  pending_.erase(found);
  handler(std::move(reply));
}

void SocketChannel::go_down(const Error& error) {
  if (!up_) return;
  up_ = false;
  down_ = error;
  error_code ignored;
  socket_.close(ignored);
  const auto pending = std::exchange(pending_, {});
  for (const auto& [id, waiting] : pending) waiting.handler(error);
}

}  // namespace

Expected<std::unique_ptr<api::Channel>> connect(const std::string& path, const ClientLimits& limits) {
  auto channel = std::make_unique<SocketChannel>(path, limits);
  auto opened = channel->open();
  if (!opened) return fail(opened.error());
  return channel;
}

}  // namespace postern::control

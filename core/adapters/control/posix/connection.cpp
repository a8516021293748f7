#include "adapters/control/posix/connection.h"

#include <asio/read.hpp>
#include <asio/write.hpp>

#include "base/log.h"
#include "base/secret.h"

namespace postern::control {

using std::error_code;

namespace {

constexpr size_t kDiscarded = 4096;  // octets at a time of what nobody reads any more

}  // namespace

Connection::Connection(Socket socket, const ServerOptions& options, api::Caller caller, Perform perform, Closed closed)
    : socket_(std::move(socket)),
      options_(options),
      caller_(std::move(caller)),
      perform_(std::move(perform)),
      closed_(std::move(closed)),
      read_timer_(socket_.get_executor()),
      write_timer_(socket_.get_executor()),
      drain_timer_(socket_.get_executor()) {}

void Connection::start() {
  read_next();
}

void Connection::limit_time(std::chrono::milliseconds limit, asio::steady_timer& timer) {
  timer.expires_after(limit);
  timer.async_wait([self = shared_from_this()](error_code error) {
    if (!error) self->close();
  });
}

// One octet first: time is short only once a message has begun.
void Connection::read_next() {
  if (reading_ || !may_read()) return;
  reading_ = true;
  between_messages_ = true;
  limit_idleness();
  asio::async_read(socket_, asio::buffer(header_, 1), [self = shared_from_this()](error_code error, size_t) {
    if (error) return self->close();
    self->read_rest_of_header();
  });
}

// Who waits for a reply is not idle.
void Connection::limit_idleness() {
  if (!between_messages_ || in_progress_ > 0) return;
  limit_time(state_ == State::hello ? options_.limits.hello : options_.limits.idle, read_timer_);
}

void Connection::read_rest_of_header() {
  between_messages_ = false;
  limit_time(options_.limits.message, read_timer_);
  asio::async_read(socket_, asio::buffer(header_.data() + 1, kHeaderSize - 1),
                   [self = shared_from_this()](error_code error, size_t) {
                     if (error) return self->close();
                     self->read_body();
                   });
}

void Connection::read_body() {
  const size_t size = size_in(header_);
  if (!is_allowed(size)) return refuse(Error{ErrorCode::too_large, {"message", std::to_string(api::kMaxMessage)}});
  body_.resize(size);
  asio::async_read(socket_, asio::buffer(body_), [self = shared_from_this()](error_code error, size_t) {
    if (error) return self->close();
    self->on_body();
  });
}

void Connection::on_body() {
  reading_ = false;
  read_timer_.cancel();
  if (!is_talking()) return discard();
  uint64_t id = 0;
  auto decoded = api::decode_request(body_, &id);
  wipe(body_);  // it may have held a password
  body_.clear();
  if (const Error* error = api::error_of(decoded)) {
    if (state_ == State::hello) return refuse(*error);
    ++in_progress_;
    answer(id, *error);
    return read_next();
  }
  auto& frame = std::get<0>(decoded);
  if (std::holds_alternative<api::Hello>(frame.request)) return on_hello(frame);
  if (state_ == State::hello) return refuse(Error{ErrorCode::bad_input, {"message", "hello first"}});
  ++in_progress_;
  std::weak_ptr<Connection> weak = shared_from_this();
  perform_(caller_, std::move(frame.request), [weak, id](api::Reply reply) {
    if (const auto self = weak.lock()) self->answer(id, reply);
  });
  read_next();
}

void Connection::on_hello(const api::RequestFrame& frame) {
  if (state_ == State::open) return refuse(Error{ErrorCode::bad_input, {"message", "hello once"}});
  const auto& theirs = std::get<api::Hello>(frame.request);
  ++in_progress_;
  answer(frame.id, api::HelloReply{api::kApiMajor, api::kApiMinor, options_.build, options_.schema});
  if (theirs.api_major != api::kApiMajor)
    return refuse(
        Error{ErrorCode::version_mismatch, {std::to_string(theirs.api_major), std::to_string(api::kApiMajor)}});
  state_ = State::open;
  read_next();
}

void Connection::answer(uint64_t id, const api::Reply& reply) {
  if (!is_talking() && state_ != State::finishing) return;
  std::string text = api::encode(api::ReplyFrame{id, reply});
  if (text.size() > api::kMaxMessage)
    text = api::encode(api::ReplyFrame{id, Error{ErrorCode::too_large, {"reply", std::to_string(api::kMaxMessage)}}});
  outgoing_.push_back({frame_of(text), true});
  write_next();
}

void Connection::refuse(const Error& error) {
  reading_ = false;
  if (!is_talking()) return;
  outgoing_.push_back({frame_of(api::encode(api::ReplyFrame{0, error})), false});
  finish();
  write_next();
}

void Connection::write_next() {
  if (writing_ || state_ == State::closed) return;
  if (outgoing_.empty()) return linger_when_done();
  writing_ = true;
  limit_time(options_.limits.write, write_timer_);
  asio::async_write(socket_, asio::buffer(outgoing_.front().frame),
                    [self = shared_from_this()](error_code error, size_t) { self->on_written(error); });
}

void Connection::on_written(error_code error) {
  write_timer_.cancel();
  writing_ = false;
  if (error) return close();
  if (outgoing_.front().is_reply) --in_progress_;
  outgoing_.pop_front();
  write_next();
  read_next();
  limit_idleness();
}

void Connection::finish() {
  if (!is_talking()) return;
  state_ = State::finishing;
  read_timer_.cancel();
  limit_time(options_.limits.drain, drain_timer_);
  linger_when_done();
}

void Connection::linger_when_done() {
  if (state_ == State::finishing && outgoing_.empty() && in_progress_ == 0) linger();
}

// Closing while the peer still writes could take our last words from it: it closes first, or the drain time ends.
void Connection::linger() {
  state_ = State::lingering;
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  discard();
}

void Connection::discard() {
  if (reading_ || state_ != State::lingering) return;
  reading_ = true;
  body_.resize(kDiscarded);
  socket_.async_read_some(asio::buffer(body_), [self = shared_from_this()](error_code error, size_t) {
    self->reading_ = false;
    if (error) return self->close();
    self->discard();
  });
}

void Connection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  error_code ignored;
  socket_.close(ignored);
  read_timer_.cancel();
  write_timer_.cancel();
  drain_timer_.cancel();
  closed_(shared_from_this());
}

}  // namespace postern::control

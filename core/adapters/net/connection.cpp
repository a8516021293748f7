#include "adapters/net/connection.h"

#include <algorithm>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include "adapters/net/server.h"

namespace postern::net {

using asio::ip::tcp;

Connection::Connection(IoThread& thread, tcp::socket socket, uint16_t gate, Endpoint peer, Endpoint local)
    : thread_(thread),
      socket_(std::move(socket)),
      trace_(
          std::make_shared<Trace>(thread.host().next_session_id(), gate, peer, local, thread.host().clock().wall())) {
  std::error_code ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  thread_.adopt(*this);
  thread_.host().session_opened(thread_.index(), *trace_);
}

Connection::~Connection() {
  trace_->finish(now(), stop_reason_.empty() ? "closed" : stop_reason_);
  thread_.forget(*this);
  thread_.host().session_closed(thread_.index(), std::move(trace_));
}

WallTime Connection::now() const {
  return thread_.host().clock().wall();
}

void Connection::arm(std::chrono::steady_clock::time_point deadline) {
  deadline_ = deadline;
  armed_ = true;
  expired_ = false;
}

void Connection::check_deadline(std::chrono::steady_clock::time_point now) {
  if (!armed_ || now < deadline_) return;
  armed_ = false;
  expired_ = true;
  std::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::request_stop(std::string reason, bool patient) {
  if (!stop_requested_) stop_reason_ = std::move(reason);
  stop_requested_ = true;
  if (patient && in_message()) return;
  // Told while an answer is waited for, it is remembered until the next wait for input.
  stop_at_once_ = true;
  std::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::recheck_login() {
  if (login_account_ == 0 || thread_.policy().still_valid(login_account_, login_version_)) return;
  request_stop("login no longer valid", false);
}

asio::awaitable<Wake> Connection::wait_readable(Seconds timeout, uint64_t progress) {
  if (dead_) co_return Wake::gone;
  if (stop_at_once_ || (stop_requested_ && !in_message())) co_return Wake::stopped;
  if (waited_at_ != progress) input_deadline_ = std::chrono::steady_clock::now() + timeout;
  waited_at_ = progress;
  arm(input_deadline_);
  std::error_code error;
  co_await socket_.async_wait(tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
  disarm();
  if (!error && !expired_) co_return Wake::readable;
  if (expired_) co_return Wake::expired;
  if (stop_requested_) co_return Wake::stopped;
  co_return Wake::gone;
}

Wake Connection::fill(std::string_view& octets) {
  octets = {};
  std::error_code error;
  const size_t got = socket_.read_some(asio::buffer(buffers().in.data(), kReadBuffer), error);
  if (error == asio::error::would_block || error == asio::error::try_again) return Wake::readable;
  if (error) {
    dead_ = error != asio::error::eof;
    return Wake::gone;
  }
  trace_->count_in(got);
  const BytesView in(buffers().in.data(), got);
  if (!tls_) {
    octets = as_text(in);
    return Wake::readable;
  }
  if (decrypt(in, octets)) return Wake::readable;
  return octets.empty() ? Wake::gone : Wake::readable;
}

bool Connection::decrypt(BytesView in, std::string_view& octets) {
  std::vector<uint8_t>& plain = buffers().plain;
  size_t total = 0;
  crypto::TlsEngine::Status status = crypto::TlsEngine::Status::ok;
  while (total < plain.size()) {
    size_t got = 0;
    status = tls_->read(in, std::span(plain).subspan(total), got, buffers().cipher);
    total += got;
    if (status != crypto::TlsEngine::Status::ok) break;
  }
  octets = as_text(BytesView(plain.data(), total));
  if (status == crypto::TlsEngine::Status::failed) tls_failure_ = tls_->failure();
  // What the engine itself has to say (key update, alert) leaves with the next flush; an alert now.
  if (status == crypto::TlsEngine::Status::failed && !buffers().cipher.empty()) {
    size_t sent = 0;
    send_now(buffers().cipher, sent);
    buffers().cipher.clear();
  }
  return status == crypto::TlsEngine::Status::more || status == crypto::TlsEngine::Status::ok;
}

bool Connection::send_now(BytesView octets, size_t& sent) {
  sent = 0;
  while (sent < octets.size()) {
    std::error_code error;
    sent += socket_.write_some(asio::buffer(octets.data() + sent, octets.size() - sent), error);
    if (error == asio::error::would_block || error == asio::error::try_again) return true;
    if (error) {
      dead_ = true;
      return false;
    }
  }
  return true;
}

asio::awaitable<bool> Connection::send_rest(Bytes rest) {
  arm(std::chrono::steady_clock::now() + kWriteTimeout);
  std::error_code error;
  co_await asio::async_write(socket_, asio::buffer(rest), asio::redirect_error(asio::use_awaitable, error));
  disarm();
  if (error) dead_ = true;
  co_return !error;
}

asio::awaitable<bool> Connection::send_wire() {
  Bytes& wire = buffers().cipher;
  size_t sent = 0;
  trace_->count_out(wire.size());
  const bool alive = send_now(wire, sent);
  Bytes rest;
  if (alive && sent < wire.size()) rest.assign(wire.begin() + static_cast<std::ptrdiff_t>(sent), wire.end());
  wire.clear();
  if (rest.empty()) co_return alive;
  const bool done = co_await send_rest(std::move(rest));
  co_return done;
}

asio::awaitable<bool> Connection::flush() {
  std::string& out = buffers().out;
  if (dead_) {
    out.clear();
    buffers().cipher.clear();
    co_return false;
  }
  if (tls_) {
    if (!out.empty() && tls_->write(as_bytes(out), buffers().cipher) != crypto::TlsEngine::Status::ok) dead_ = true;
    out.clear();
    const bool done = co_await send_wire();
    co_return done && !dead_;
  }
  if (out.empty()) co_return true;
  size_t sent = 0;
  trace_->count_out(out.size());
  const bool alive = send_now(as_bytes(out), sent);
  Bytes rest;
  if (alive && sent < out.size()) rest = to_bytes(std::string_view(out).substr(sent));
  out.clear();
  if (rest.empty()) co_return alive;
  const bool done = co_await send_rest(std::move(rest));
  co_return done;
}

asio::awaitable<bool> Connection::handshake(std::string& early) {
  tls_ = std::make_unique<crypto::TlsEngine>(thread_.policy().tls);
  waited_at_ = UINT64_MAX;
  for (;;) {
    const Wake wake = co_await wait_readable(kHandshakeTimeout, 0);
    if (wake != Wake::readable) co_return false;
    std::error_code error;
    const size_t got = socket_.read_some(asio::buffer(buffers().in.data(), kReadBuffer), error);
    if (error == asio::error::would_block || error == asio::error::try_again) continue;
    if (error) co_return false;
    trace_->count_in(got);
    BytesView in(buffers().in.data(), got);
    const auto status = tls_->handshake(in, buffers().cipher);
    bool usable = status == crypto::TlsEngine::Status::ok || status == crypto::TlsEngine::Status::more;
    if (!usable) tls_failure_ = tls_->failure();
    if (status == crypto::TlsEngine::Status::ok && !in.empty()) {
      std::string_view octets;
      usable = decrypt(in, octets);
      early = octets;
    }
    const bool sent = co_await send_wire();
    if (!usable || !sent) co_return false;
    if (status == crypto::TlsEngine::Status::ok) co_return true;
  }
}

asio::awaitable<void> Connection::finish(bool clean) {
  std::error_code ignored;
  if (!dead_ && tls_ && tls_->established()) {
    tls_->shutdown(buffers().cipher);
    size_t sent = 0;
    send_now(buffers().cipher, sent);
    buffers().cipher.clear();
  }
  if (!dead_) socket_.shutdown(tcp::socket::shutdown_send, ignored);
  // A close with unread input would reset the connection and take our last reply with it.
  if (!dead_ && (!clean || socket_.available(ignored) > 0)) {
    size_t discarded = 0;
    arm(std::chrono::steady_clock::now() + kLinger);
    while (!expired_ && discarded < kLingerOctets) {
      std::error_code error;
      co_await socket_.async_wait(tcp::socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
      const size_t got = socket_.read_some(asio::buffer(buffers().in.data(), kReadBuffer), error);
      if (error || got == 0) break;
      discarded += got;
    }
    disarm();
  }
  socket_.close(ignored);
}

}  // namespace postern::net

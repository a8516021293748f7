#include "load/client.h"

#include <openssl/err.h>

#include <asio/ip/address.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

namespace load {
namespace {

using asio::use_awaitable;
using asio::ip::tcp;

constexpr size_t kReadBlock = 64 * 1024;
constexpr std::string_view kBodyEnd = "\r\n.\r\n";

}  // namespace

TlsClient::TlsClient(const Options& options) : context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (options.tls12) SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION);
}

asio::awaitable<void> Client::connect(const Options& options, uint32_t source) {
  socket_.open(tcp::v4());
  // A reset instead of TIME-WAIT: thousands of short connections would use up the ports.
  socket_.set_option(asio::socket_base::linger(true, 0));
  if (source > 0) socket_.bind({asio::ip::make_address("127.0.0." + std::to_string(1 + source)), 0});
  const tcp::endpoint server(asio::ip::make_address(options.host), options.port);
  co_await socket_.async_connect(server, use_awaitable);
  socket_.set_option(tcp::no_delay(true));
  socket_.non_blocking(true);
}

asio::awaitable<void> Client::ready(int ssl_error) {
  if (ssl_error == SSL_ERROR_WANT_READ) {
    co_await socket_.async_wait(tcp::socket::wait_read, use_awaitable);
  } else if (ssl_error == SSL_ERROR_WANT_WRITE) {
    co_await socket_.async_wait(tcp::socket::wait_write, use_awaitable);
  } else {
    throw Refused("TLS failed or was closed");
  }
}

asio::awaitable<void> Client::start_tls() {
  in_.clear();
  at_ = 0;
  ssl_.reset(SSL_new(tls_.context()));
  SSL_set_fd(ssl_.get(), static_cast<int>(socket_.native_handle()));
  SSL_set_connect_state(ssl_.get());
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    if (done == 1) co_return;
    co_await ready(SSL_get_error(ssl_.get(), done));
  }
}

asio::awaitable<void> Client::send(std::string_view text) {
  if (!ssl_) {
    co_await asio::async_write(socket_, asio::buffer(text.data(), text.size()), use_awaitable);
    co_return;
  }
  while (!text.empty()) {
    ERR_clear_error();
    size_t written = 0;
    const int done = SSL_write_ex(ssl_.get(), text.data(), text.size(), &written);
    if (done == 1)
      text.remove_prefix(written);
    else
      co_await ready(SSL_get_error(ssl_.get(), done));
  }
}

asio::awaitable<void> Client::fill() {
  if (at_ == in_.size()) {
    in_.clear();
    at_ = 0;
  }
  const size_t before = in_.size();
  in_.resize(before + kReadBlock);
  size_t got = 0;
  while (got == 0) {
    if (!ssl_) {
      got = co_await socket_.async_read_some(asio::buffer(in_.data() + before, kReadBlock), use_awaitable);
      continue;
    }
    ERR_clear_error();
    const int done = SSL_read_ex(ssl_.get(), in_.data() + before, kReadBlock, &got);
    if (done != 1) co_await ready(SSL_get_error(ssl_.get(), done));
  }
  in_.resize(before + got);
}

asio::awaitable<std::string_view> Client::line() {
  for (;;) {
    const size_t end = in_.find('\n', at_);
    if (end != std::string::npos) {
      std::string_view out = std::string_view(in_).substr(at_, end - at_);
      at_ = end + 1;
      if (!out.empty() && out.back() == '\r') out.remove_suffix(1);
      co_return out;
    }
    co_await fill();
  }
}

asio::awaitable<void> Client::smtp_reply(char expected, const char* step) {
  for (;;) {
    const std::string_view text = co_await line();
    if (text.size() > 3 && text[3] == '-') continue;
    if (text.empty() || text[0] != expected) throw Refused(std::string(step) + ": " + std::string(text));
    co_return;
  }
}

asio::awaitable<void> Client::smtp(std::string command, char expected, const char* step) {
  command += "\r\n";
  co_await send(command);
  co_await smtp_reply(expected, step);
}

asio::awaitable<std::string> Client::pop3_reply(const char* step) {
  std::string text(co_await line());
  if (text.compare(0, 3, "+OK") != 0) throw Refused(std::string(step) + ": " + text);
  co_return text;
}

asio::awaitable<std::string> Client::pop3(std::string command, const char* step) {
  command += "\r\n";
  co_await send(command);
  co_return co_await pop3_reply(step);
}

asio::awaitable<uint64_t> Client::body() {
  // An empty body's dot has no line end of its own before it: the status line's does.
  at_ -= 2;
  uint64_t octets = 0;
  for (;;) {
    const size_t end = in_.find(kBodyEnd, at_);
    if (end != std::string::npos) {
      octets += end + kBodyEnd.size() - at_;
      at_ = end + kBodyEnd.size();
      co_return octets - 2;
    }
    // What cannot be the begin of the end is done with.
    const size_t done = in_.size() - at_ >= kBodyEnd.size() ? in_.size() - at_ - (kBodyEnd.size() - 1) : 0;
    octets += done;
    in_.erase(0, at_ + done);
    at_ = 0;
    co_await fill();
  }
}

void Client::rest() {
  in_.erase(0, at_);
  in_.shrink_to_fit();
  at_ = 0;
}

}  // namespace load

// A mail client's connection: lines and dot-terminated bodies over TCP, later TLS. Small while idle: nothing is kept
// per connection but the socket and OpenSSL's own state.
#pragma once

#include <openssl/ssl.h>

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "load/options.h"

namespace load {

/// The server did something else than was expected of it; the text says at which step.
class Refused : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The process's TLS client settings: no verification (the servers' certificates are made for the run), no resumption.
class TlsClient {
 public:
  explicit TlsClient(const Options& options);
  SSL_CTX* context() const { return context_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
};

class Client {
 public:
  Client(asio::io_context& io, const TlsClient& tls) : socket_(io), tls_(tls) {}

  /// `source` 0 = any, else 127.0.0.(1 + source).
  asio::awaitable<void> connect(const Options& options, uint32_t source);
  asio::awaitable<void> start_tls();
  asio::awaitable<void> send(std::string_view text);
  /// The next line without CRLF; valid until the next call.
  asio::awaitable<std::string_view> line();
  /// A whole SMTP reply, which must begin with `expected`; `step` is for the error's text.
  asio::awaitable<void> smtp_reply(char expected, const char* step);
  asio::awaitable<void> smtp(std::string command, char expected, const char* step);
  /// A POP3 status line, which must be +OK.
  asio::awaitable<std::string> pop3_reply(const char* step);
  asio::awaitable<std::string> pop3(std::string command, const char* step);
  /// Reads a body up to its final dot; returns the octets read.
  asio::awaitable<uint64_t> body();
  const char* tls_version() const { return ssl_ ? SSL_get_version(ssl_.get()) : "none"; }
  /// Gives back the memory of what was read.
  void rest();

 private:
  asio::awaitable<void> fill();
  asio::awaitable<void> ready(int ssl_error);

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  asio::ip::tcp::socket socket_;
  const TlsClient& tls_;
  std::unique_ptr<SSL, Free> ssl_;
  std::string in_;
  size_t at_ = 0;
};

}  // namespace load

// One listening socket; hands accepted sockets to the I/O threads in turn. Private to adapters/net.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <vector>

#include "adapters/net/io_thread.h"
#include "base/expected.h"

namespace postern::net {

using Serve = asio::awaitable<void> (*)(IoThread*, asio::ip::tcp::socket, Endpoint, Endpoint);

class Listener {
 public:
  /// Accepts on the first thread; `refusal` is what a peer is told when there are too many sessions.
  Listener(std::vector<std::unique_ptr<IoThread>>& threads, size_t connection_limit, Serve serve, std::string refusal);

  /// bind and listen.
  Expected<void> open(const Endpoint& endpoint);
  void start();
  /// On the first thread.
  void close();
  Endpoint endpoint() const { return endpoint_; }

 private:
  void accept_next();
  void accepted(std::error_code error, asio::ip::tcp::socket socket, IoThread& target);
  size_t open_sessions() const;

  std::vector<std::unique_ptr<IoThread>>& threads_;
  const size_t limit_;
  const Serve serve_;
  const std::string refusal_;
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  size_t next_ = 0;
  Endpoint endpoint_;
};

}  // namespace postern::net

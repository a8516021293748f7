#include "adapters/net/listener.h"

#include <algorithm>
#include <asio/post.hpp>

#include "adapters/net/port_holder.h"
#include "adapters/net/spawn.h"
#include "base/log.h"

namespace postern::net {
namespace {

using asio::ip::tcp;

constexpr int kBacklog = 1024;
constexpr Millis kPauseAfterError{100};  // out of handles: let sessions end

asio::ip::address to_asio(const IpAddress& address) {
  const auto& octets = address.octets();
  if (address.is_v4()) return asio::ip::address_v4({octets[12], octets[13], octets[14], octets[15]});
  asio::ip::address_v6::bytes_type bytes{};
  std::copy(octets.begin(), octets.end(), bytes.begin());
  return asio::ip::address_v6(bytes);
}

Endpoint from_asio(const tcp::endpoint& endpoint) {
  if (endpoint.address().is_v4()) return {IpAddress::v4(endpoint.address().to_v4().to_bytes()), endpoint.port()};
  return {IpAddress::v6(endpoint.address().to_v6().to_bytes()), endpoint.port()};
}

Error bind_error(const Endpoint& endpoint, std::error_code error) {
  if (error == asio::error::address_in_use)
    return {ErrorCode::port_in_use, {endpoint.to_string(), port_holder(endpoint)}};
  if (error == asio::error::access_denied) return {ErrorCode::port_denied, {endpoint.to_string()}};
  return {ErrorCode::port_unavailable, {endpoint.to_string(), error.message()}};
}

/// Starts a session on its own thread.
struct Begin {
  IoThread* thread;
  std::shared_ptr<tcp::socket> socket;
  Serve serve;
  std::string refusal;
  bool refused;

  void operator()() {
    std::error_code remote_error, local_error;
    const auto remote = socket->remote_endpoint(remote_error);
    const auto local = socket->local_endpoint(local_error);
    if (refused || remote_error || local_error || thread->stopping()) {
      std::error_code ignored;
      if (!remote_error) socket->write_some(asio::buffer(refusal), ignored);
      socket->close(ignored);
      thread->release();
      return;
    }
    spawn(thread->io(), serve(thread, std::move(*socket), from_asio(remote), from_asio(local)));
  }
};

}  // namespace

Listener::Listener(std::vector<std::unique_ptr<IoThread>>& threads, size_t connection_limit, Serve serve,
                   std::string refusal)
    : threads_(threads),
      limit_(connection_limit),
      serve_(serve),
      refusal_(std::move(refusal)),
      acceptor_(threads.front()->io()),
      pause_(threads.front()->io()) {}

Expected<void> Listener::open(const Endpoint& endpoint) {
  const tcp::endpoint at(to_asio(endpoint.address), endpoint.port);
  std::error_code error;
  acceptor_.open(at.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(at, error);
  if (!error) acceptor_.listen(kBacklog, error);
  if (error) {
    std::error_code ignored;
    acceptor_.close(ignored);
    return fail(bind_error(endpoint, error));
  }
  endpoint_ = from_asio(acceptor_.local_endpoint());
  return {};
}

void Listener::start() {
  asio::post(acceptor_.get_executor(), [this] { accept_next(); });
}

void Listener::close() {
  std::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

size_t Listener::open_sessions() const {
  size_t sum = 0;
  for (const auto& thread : threads_) sum += thread->open();
  return sum;
}

void Listener::accept_next() {
  if (!acceptor_.is_open()) return;
  IoThread& target = *threads_[next_++ % threads_.size()];
  acceptor_.async_accept(target.io(), [this, &target](std::error_code error, tcp::socket socket) {
    accepted(error, std::move(socket), target);
  });
}

void Listener::accepted(std::error_code error, tcp::socket socket, IoThread& target) {
  if (!acceptor_.is_open() || error == asio::error::operation_aborted) return;
  if (error) {
    log_warning("net", "accept: " + error.message());
    pause_.expires_after(kPauseAfterError);
    pause_.async_wait([this](std::error_code cancelled) {
      if (!cancelled) accept_next();
    });
    return;
  }
  const bool full = open_sessions() >= limit_;
  target.reserve();
  asio::post(target.io(), Begin{&target, std::make_shared<tcp::socket>(std::move(socket)), serve_, refusal_, full});
  accept_next();
}

}  // namespace postern::net

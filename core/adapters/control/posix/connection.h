// One connection of the control socket, on the server's side. Lives on the control thread.
#pragma once

#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "adapters/control/framing.h"
#include "adapters/control/server.h"

namespace postern::control {

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = asio::local::stream_protocol::socket;
  /// `answer` may be called on any thread.
  using Perform = std::function<void(const api::Caller&, api::Request, api::ReplyHandler answer)>;
  using Closed = std::function<void(const std::shared_ptr<Connection>&)>;

  Connection(Socket socket, const ServerOptions& options, api::Caller caller, Perform perform, Closed closed);

  /// Expects hello.
  void start();
  /// Tells the peer why, then closes.
  void refuse(const Error& error);
  /// Reads no more, waits for the replies in progress and writes them (for the drain time at most), closes.
  void finish();
  /// A reply that came in; on the control thread.
  void answer(uint64_t id, const api::Reply& reply);
  void close();

 private:
  enum class State : uint8_t { hello, open, finishing, lingering, closed };

  void read_next();
  void limit_idleness();
  void read_rest_of_header();
  void read_body();
  void on_body();
  void on_hello(const api::RequestFrame& frame);
  bool is_talking() const { return state_ == State::hello || state_ == State::open; }
  bool may_read() const { return is_talking() && in_progress_ < options_.limits.requests; }
  void queue(const std::string& text);
  void write_next();
  void on_written(std::error_code error);
  void linger_when_done();
  void linger();
  void discard();
  void limit_time(std::chrono::milliseconds limit, asio::steady_timer& timer);

  Socket socket_;
  const ServerOptions& options_;
  const api::Caller caller_;
  Perform perform_;
  Closed closed_;
  asio::steady_timer read_timer_, write_timer_, drain_timer_;
  State state_ = State::hello;
  bool reading_ = false;
  bool between_messages_ = false;  ///< reading, and no octet of the next message has come
  bool writing_ = false;
  size_t in_progress_ = 0;  ///< requests whose reply has not been written
  Header header_{};
  std::string body_;
  struct Outgoing {
    std::string frame;
    bool is_reply = false;
  };
  std::deque<Outgoing> outgoing_;
};

}  // namespace postern::control

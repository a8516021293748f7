// A connection: socket, TLS, trace and time-outs; what SMTP and POP3 have in common. Private to adapters/net.
// Lives in its coroutine, on one thread.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "adapters/net/io_thread.h"
#include "base/trace.h"
#include "crypto/tls.h"

namespace postern::net {

/// Why a wait ended.
enum class Wake : uint8_t { readable, expired, stopped, gone };

class Connection {
 public:
  Connection(IoThread& thread, asio::ip::tcp::socket socket, uint16_t gate, Endpoint peer, Endpoint local);
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  uint64_t id() const { return trace_->session(); }
  const Trace& trace() const { return *trace_; }
  size_t slot = 0;  ///< place in the thread's list

  /// The tick of the thread: a wait that is over wakes up.
  void check_deadline(std::chrono::steady_clock::time_point now);
  /// Ends the session with a reply as soon as it is not in the middle of something (in a message: afterwards when
  /// `patient`).
  void request_stop(std::string reason, bool patient);
  /// Judges the login again after a policy swap.
  void recheck_login();

 protected:
  IoThread& thread() { return thread_; }
  Buffers& buffers() { return thread_.buffers(); }
  Trace& mutable_trace() { return *trace_; }
  WallTime now() const;
  bool stop_requested() const { return stop_requested_; }
  virtual bool in_message() const { return false; }

  /// Waits without a buffer until there is something to read.
  /// The time begins anew only when `progress` is another than at the last wait.
  asio::awaitable<Wake> wait_readable(Seconds timeout, uint64_t progress);
  /// Reads what is there, decrypts it; the view is in the thread's buffers. `gone` when the peer closed or TLS failed.
  Wake fill(std::string_view& octets);
  /// Sends buffers().out (encrypted when TLS is on). False when the peer is gone or takes nothing.
  asio::awaitable<bool> flush();
  /// The handshake of STARTTLS / STLS. Application data that came with its end is in `early`.
  asio::awaitable<bool> handshake(std::string& early);
  /// close_notify, half-close, a bounded linger unless `clean` and nothing came in meanwhile, close.
  asio::awaitable<void> finish(bool clean);
  std::string tls_description() const { return tls_ ? tls_->description() : std::string(); }
  std::string tls_failure() const { return tls_failure_; }
  bool deadline_over() const { return expired_; }

  std::string stop_reason_;
  uint64_t login_version_ = 0;
  uint64_t login_account_ = 0;

 private:
  bool decrypt(BytesView in, std::string_view& octets);
  bool send_now(BytesView octets, size_t& sent);
  asio::awaitable<bool> send_rest(Bytes rest);
  asio::awaitable<bool> send_wire();
  void arm(std::chrono::steady_clock::time_point deadline);
  void disarm() { armed_ = false; }

  IoThread& thread_;
  asio::ip::tcp::socket socket_;
  std::shared_ptr<Trace> trace_;
  std::unique_ptr<crypto::TlsEngine> tls_;
  std::string tls_failure_;
  std::chrono::steady_clock::time_point deadline_, input_deadline_;
  bool armed_ = false;
  bool expired_ = false;
  bool stop_requested_ = false;
  bool stop_at_once_ = false;  ///< in the middle of a message, too
  bool dead_ = false;
  uint64_t waited_at_ = UINT64_MAX;  ///< progress at the last wait for input
};

/// The coroutine of an SMTP or a POP3 connection; ends when the session has ended.
asio::awaitable<void> serve_smtp(IoThread* thread, asio::ip::tcp::socket socket, Endpoint peer, Endpoint local);
asio::awaitable<void> serve_pop3(IoThread* thread, asio::ip::tcp::socket socket, Endpoint peer, Endpoint local);

}  // namespace postern::net

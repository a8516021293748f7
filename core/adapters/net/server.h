// The two gates: listeners, I/O threads and the sessions on them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/net/host.h"
#include "base/expected.h"

namespace postern::net {

/// Named bounds of the driver.
constexpr size_t kReadBuffer = 64 * 1024;
constexpr size_t kInlineFlush = 32 * 1024;  ///< replies are gathered up to this before they are sent
constexpr size_t kMaxConnections = 20'000;  ///< both gates together; beyond it a peer gets 421 / -ERR and is closed
constexpr Seconds kHandshakeTimeout{60};
constexpr Seconds kWriteTimeout{300};  ///< a peer that takes nothing for so long is cut
constexpr Seconds kLinger{2};          ///< after our last reply, so that it is not lost in a reset
constexpr size_t kLingerOctets = 256 * 1024;

struct ServerOptions {
  Endpoint smtp;  ///< port 0 = any
  Endpoint pop3;
  unsigned threads = 0;  ///< 0 = one for each core
};

/// Any thread but where said. start, then stop, once.
class Server {
 public:
  Server(Host& host, ServerOptions options);
  ~Server();

  /// Binds and listens without accepting. port_in_use (who holds it), port_denied, port_unavailable.
  Expected<void> bind();
  /// Starts threads and accepting; `policy` is in force from the first connection.
  void start(std::shared_ptr<const GatePolicy> policy);
  /// Stops accepting, says 421 to idle sessions, lets messages in progress finish until `patience` is over, joins the
  /// threads.
  void stop(Seconds patience);

  Endpoint smtp_endpoint() const;
  Endpoint pop3_endpoint() const;
  /// `applied` is called (an I/O thread) when every thread reads the new policy and sessions no longer valid are being
  /// closed.
  void swap_policy(std::shared_ptr<const GatePolicy> policy, std::function<void()> applied);
  /// Ends a session with 421 or -ERR; `done` says whether there was one.
  void kill(uint64_t session, std::string reason, std::function<void(bool)> done);
  /// Copies of the open sessions' traces, in any order.
  void live_sessions(std::function<void(std::vector<std::shared_ptr<const Trace>>)> done);
  size_t open_sessions() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postern::net

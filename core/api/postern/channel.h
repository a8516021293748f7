// A channel carries requests to a core and replies back: in process (moved) or over the control socket (JSON).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "postern/messages.h"
#include "postern/outcome.h"

namespace postern::api {

using ReplyHandler = std::function<void(Reply)>;

class Channel {
 public:
  virtual ~Channel() = default;
  /// Never blocks. The handler is called once, on a thread of the channel (or at once when the channel is down:
  /// unreachable).
  virtual void send(Request request, ReplyHandler handler) = 0;
};

/// Sends and waits: for programs without an event loop. Never on the GUI thread.
Reply call(Channel& channel, Request request);

/// A channel to a core that runs in another process, over its control socket. Blocks, a few seconds at most. Errors:
/// unreachable, access_denied, version_mismatch, timed_out. Defined in core/adapters/control.
Outcome<std::unique_ptr<Channel>> attach(const std::string& socket);

}  // namespace postern::api

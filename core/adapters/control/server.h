// The control socket of a running core: other processes of this machine send requests and get replies.
//
// A connection begins with hello, both ways; another major version is told and closed. Who is at the other end is what
// the operating system says of the peer. Bounded: connections, octets a message, requests in progress, time for hello,
// for the rest of a message, for taking a reply. Not handled: events.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/expected.h"
#include "postern/channel.h"

namespace postern::control {

/// The process at the other end, by the operating system's word.
struct Peer {
  uint32_t uid = 0;
  int32_t pid = 0;
  std::string user;       ///< name of the OS user, "" = has none
  bool is_owner = false;  ///< root, or the user this process runs as
};

struct ServerLimits {
  size_t connections = 16;
  size_t requests = 4;  ///< of one connection in progress; beyond it nothing more is read
  std::chrono::milliseconds hello = std::chrono::seconds(5);
  std::chrono::milliseconds message = std::chrono::seconds(10);  ///< from its first octet to its last
  std::chrono::milliseconds idle = std::chrono::minutes(15);     ///< between two requests
  std::chrono::milliseconds write = std::chrono::seconds(30);    ///< until the peer has taken a reply
  std::chrono::milliseconds drain = std::chrono::seconds(1);     ///< for the last replies when stopping
};

struct ServerOptions {
  std::string path{};   ///< of the socket; any length
  bool group = false;   ///< the folder's group may connect too (0660), else the owner alone (0600)
  std::string build{};  ///< this program's version, for hello
  uint32_t schema = 0;  ///< for hello
  ServerLimits limits{};
};

class ControlServer {
 public:
  /// Decides on the control thread who the peer is; its error is told to the peer before the connection is closed.
  using PeerToCaller = std::function<Expected<api::Caller>(const Peer&)>;
  /// Called on the control thread; must not block. The handler may be called on any thread, late, or never.
  using Dispatch = std::function<void(api::Caller, api::Request, api::ReplyHandler)>;

  ControlServer(ServerOptions options, PeerToCaller peer_to_caller, Dispatch dispatch);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  /// Makes the socket and the thread. The caller holds the folder's lock, so a socket file at which nobody answers is a
  /// left-over and is replaced. Errors: folder_locked (somebody answers), io_error.
  Expected<void> start();
  /// Accepts no more, lets replies that are being written finish (at most `drain`), removes the socket file, joins the
  /// thread. Idempotent. Not from the control thread.
  void stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace postern::control

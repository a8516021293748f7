// Answers session list, show, kill and trace: open sessions from the I/O threads, closed ones from the table.
#pragma once

#include <functional>
#include <mutex>

#include "adapters/net/server.h"
#include "observe/session_table.h"
#include "postern/channel.h"
#include "service/task_thread.h"

namespace postern::service {

/// Any thread; replies come on the desk's own thread or on an I/O thread.
class SessionDesk {
 public:
  SessionDesk(const observe::SessionTable& table, const Clock& clock);
  ~SessionDesk() { stop(); }

  /// The gates, while they are open; null before and after.
  void set_server(net::Server* server);
  void stop();

  void list(const api::SessionList& request, api::ReplyHandler reply);
  void show(const api::SessionShow& request, api::ReplyHandler reply);
  void kill(const api::SessionKill& request, api::ReplyHandler reply);
  void trace(const api::TraceSession& request, api::ReplyHandler reply);

 private:
  using Live = std::vector<observe::TracePointer>;
  /// Gathers the open sessions, then goes on on the desk's thread.
  void with_live(std::function<void(const Live&)> then, const api::ReplyHandler& reply);

  const observe::SessionTable& table_;
  const Clock& clock_;
  TaskThread thread_;
  std::mutex mutex_;
  net::Server* server_ = nullptr;
};

/// The whole of a trace as the reply to `session show`.
api::SessionReply session_reply(const Trace& trace);
api::SessionInfo session_info(const observe::SessionRow& row);

}  // namespace postern::service

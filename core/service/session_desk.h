// Answers session list, show and trace, and ends sessions: open sessions from the I/O threads, closed ones from the
// table.
#pragma once

#include <functional>
#include <mutex>

#include "adapters/net/server.h"
#include "adapters/store/ledger_store.h"
#include "observe/session_table.h"
#include "postern/channel.h"
#include "service/task_thread.h"
#include "service/verifier.h"

namespace postern::service {

/// Any thread; replies come on the desk's own thread or on an I/O thread.
class SessionDesk {
 public:
  /// `started`: sessions that began before it are only in the ledger.
  SessionDesk(const observe::SessionTable& table, const Clock& clock, const store::LedgerStore& ledger,
              WallTime started);
  ~SessionDesk() { stop(); }

  /// The gates, while they are open; null before and after.
  void set_server(net::Server* server);
  /// Gives the ledger's accounts their addresses.
  void set_book(std::shared_ptr<const LoginBook> book);
  void stop();

  void list(const api::SessionList& request, api::ReplyHandler reply);
  void show(const api::SessionShow& request, api::ReplyHandler reply);
  /// Goes on when the session is open, else answers not_found.
  void when_open(const std::string& id, std::function<void()> then, const api::ReplyHandler& reply);
  /// Ends a session; `done`, on an I/O thread, hears whether it was open. False, and nothing is called, without gates.
  bool kill(uint64_t session, const std::string& reason, std::function<void(bool)> done);
  void trace(const api::TraceSession& request, api::ReplyHandler reply);

 private:
  using Live = std::vector<observe::TracePointer>;
  /// Gathers the open sessions, then goes on on the desk's thread.
  void with_live(std::function<void(const Live&)> then, const api::ReplyHandler& reply);

  /// Rows of sessions before this start, behind what memory holds.
  Expected<void> add_ledger(const observe::SessionFilter& filter, std::optional<store::LedgerCursor> cursor,
                            size_t limit, api::SessionsReply& out);
  void list_page(const observe::SessionFilter& filter, const std::string& cursor, size_t limit, const Live& live,
                 const api::ReplyHandler& reply);
  store::NameOf name_of();

  const observe::SessionTable& table_;
  const Clock& clock_;
  const store::LedgerStore& ledger_;
  const WallTime started_;
  TaskThread thread_;
  std::mutex mutex_;
  net::Server* server_ = nullptr;
  std::shared_ptr<const LoginBook> book_;
};

/// The whole of a trace as the reply to `session show`.
api::SessionReply session_reply(const Trace& trace);
api::SessionInfo session_info(const observe::SessionRow& row);
/// What is left of a session of which only the row is known.
api::SessionReply session_reply(const observe::SessionRow& row);

}  // namespace postern::service

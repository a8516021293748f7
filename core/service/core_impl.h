// The core in one process: everything it is made of, in order of dependence, and who may ask it what.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>

#include "adapters/control/server.h"
#include "adapters/net/server.h"
#include "adapters/platform/files.h"
#include "adapters/store/ledger_store.h"
#include "adapters/store/mail_store.h"
#include "defence/identity/verification_cache.h"
#include "observe/counters.h"
#include "observe/metrics_text.h"
#include "observe/session_table.h"
#include "postern/core.h"
#include "service/admin/admin_state.h"
#include "service/gate_host.h"
#include "service/session_desk.h"
#include "service/session_end.h"
#include "service/task_thread.h"
#include "service/verifier.h"

namespace postern::service {

constexpr Seconds kStopPatience{10};  ///< for messages in progress when the service stops

/// See api::Core. start and stop are called by one thread; requests come from any.
class CoreImpl final : public api::Core {
 public:
  explicit CoreImpl(api::Place place);
  ~CoreImpl() override;

  api::Outcome<api::Listening> start(const api::ServeOptions& options) override;
  void stop() override;
  api::Channel& channel() override;
  void on_stop_request(std::function<void()> handler) override { stop_request_ = std::move(handler); }

  /// Checks the caller's role and passes the request to whom it concerns.
  void dispatch(api::Caller caller, api::Request request, api::ReplyHandler reply);

 private:
  class InProcess;

  // start.cpp, in this order
  Expected<void> open_folder();
  /// `sweep`: remove contents that no message names.
  Expected<void> open_stores(bool sweep);
  Expected<void> open_gates(const api::ServeOptions& options);
  Expected<void> open_control();
  void begin_work();
  api::ServeOptions with_documents(api::ServeOptions options) const;

  // policy
  void admin_tick();
  void perform(const api::Caller& caller, const api::Request& request, const api::ReplyHandler& reply);
  /// Hands a new policy to verifier and I/O threads; `applied` when all of them read it.
  void publish(std::function<void()> applied);
  Expected<api::Caller> caller_of(const control::Peer& peer);

  /// Ends an open session by way of a change.
  void end_session(api::Caller caller, const api::SessionKill& request, const api::ReplyHandler& reply);
  /// A line in the audit trail about the service itself. Mail does not stop for one that cannot be written.
  void note(const std::string& action);
  /// A month of the session ledger will not change any more: its digest goes into the trail. The admin thread.
  void note_sealed(const store::SealedMonth& month, const std::function<void()>& recorded);

  // answers.cpp
  void answer_status(const api::ReplyHandler& reply);
  void answer_metrics(const api::ReplyHandler& reply);
  observe::Gauges gauges() const;
  void answer_stop(const api::ReplyHandler& reply);

  const api::Place place_;
  SystemClock clock_;
  std::unique_ptr<InProcess> channel_;
  std::function<void()> stop_request_;
  std::atomic<bool> running_{false}, listening_{false};
  WallTime started_ = 0;

  // In order of dependence: each uses only what stands above it.
  std::optional<platform::DataFolder> folder_;  ///< locked
  std::unique_ptr<AdminState> admin_;           ///< admin thread only, once that runs
  SessionEnd* session_end_ = nullptr;           ///< admin thread only; of admin_
  std::mutex policy_mutex_;
  std::shared_ptr<const Policy> published_;  ///< written by the admin thread; others read it locked
  std::unique_ptr<store::MailStore> mail_;
  std::unique_ptr<store::LedgerStore> ledger_;
  std::unique_ptr<observe::Counters> counters_;
  observe::SessionTable table_;
  std::unique_ptr<observe::SessionIds> ids_;
  std::unique_ptr<LoginWorkers> workers_;
  std::unique_ptr<VerifiedPasswords> verified_;
  std::unique_ptr<Verifier> verifier_;
  std::unique_ptr<GateHost> host_;
  std::unique_ptr<net::Server> server_;
  std::unique_ptr<SessionDesk> desk_;
  std::unique_ptr<TaskThread> admin_thread_;
  std::unique_ptr<control::ControlServer> control_;
};

/// "The machine was not restarted in between": deadlines that were set before are judged by it.
std::string boot_id();
/// The folder a place names, with the defaults filled in.
std::string folder_of(const api::Place& place);
Expected<std::string> kek_of(const api::Place& place);

}  // namespace postern::service

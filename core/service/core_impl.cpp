#include "service/core_impl.h"

#include "base/json.h"
#include "base/log.h"
#include "service/gate_rules.h"

namespace postern::service {

/// The channel of this process: whoever runs it owns it.
class CoreImpl::InProcess final : public api::Channel {
 public:
  explicit InProcess(CoreImpl& core) : core_(core) {}
  void send(api::Request request, api::ReplyHandler handler) override {
    core_.dispatch({"owner", api::Role::owner, "process"}, std::move(request), std::move(handler));
  }

 private:
  CoreImpl& core_;
};

CoreImpl::CoreImpl(api::Place place) : place_(std::move(place)), channel_(std::make_unique<InProcess>(*this)) {}

CoreImpl::~CoreImpl() {
  stop();
}

api::Channel& CoreImpl::channel() {
  return *channel_;
}

void CoreImpl::dispatch(api::Caller caller, api::Request request, api::ReplyHandler reply) {
  const api::RequestInfo& info = api::info_of(request);
  if (!api::may(caller.role, info.role))
    return reply(Error{ErrorCode::not_allowed, {std::string(api::role_name(info.role))}});
  if (!running_) return reply(Error{ErrorCode::unreachable, {"core"}});
  if (std::holds_alternative<api::Status>(request)) return answer_status(reply);
  if (std::holds_alternative<api::Metrics>(request)) return answer_metrics(reply);
  if (std::holds_alternative<api::Stop>(request)) return answer_stop(reply);
  if (const auto* r = std::get_if<api::SessionList>(&request)) return desk_->list(*r, std::move(reply));
  if (const auto* r = std::get_if<api::SessionShow>(&request)) return desk_->show(*r, std::move(reply));
  if (const auto* r = std::get_if<api::SessionKill>(&request)) return end_session(std::move(caller), *r, reply);
  if (const auto* r = std::get_if<api::TraceSession>(&request)) return desk_->trace(*r, std::move(reply));
  auto shared = std::make_shared<api::Request>(std::move(request));
  const bool queued = admin_thread_->post([this, caller = std::move(caller), shared, reply] {
    perform(caller, *shared, reply);
    api::wipe_secrets(*shared);
  });
  if (!queued) reply(Error{ErrorCode::busy, {"administration"}});
}

void CoreImpl::end_session(api::Caller caller, const api::SessionKill& request, const api::ReplyHandler& reply) {
  auto ask = [this, caller = std::move(caller), request, reply] {
    const bool queued =
        admin_thread_->post([this, caller, request, reply] { session_end_->answer(*admin_, caller, request, reply); });
    if (!queued) reply(Error{ErrorCode::busy, {"administration"}});
  };
  desk_->when_open(request.id, std::move(ask), reply);
}

void CoreImpl::note(const std::string& action) {
  const Json what{{"version", POSTERN_VERSION},
                  {"smtp", server_->smtp_endpoint().to_string()},
                  {"pop3", server_->pop3_endpoint().to_string()}};
  const auto done = admin_->note(action, "service", dump_json(what));
  if (!done) log_error("audit", action + " could not be noted: " + std::string(error_name(done.error().code)));
}

void CoreImpl::note_sealed(const store::SealedMonth& month, const std::function<void()>& recorded) {
  const Json what{{"sha256", month.sha256}, {"sessions", month.sessions}};
  // The digest stands in the object, too: what is hashed outlives a payload that is erased.
  const auto done = admin_->note("ledger.seal", "sessions-" + month.month + " " + month.sha256, dump_json(what));
  if (done) return recorded();
  log_error("audit", "ledger.seal could not be noted: " + std::string(error_name(done.error().code)));
}

/// On the admin thread. A change is answered when every I/O thread works by it.
void CoreImpl::perform(const api::Caller& caller, const api::Request& request, const api::ReplyHandler& reply) {
  auto answer = std::make_shared<api::Reply>(admin_->handle(caller, request));
  if (admin_->policy() == published_) return reply(std::move(*answer));
  publish([reply, answer] { reply(std::move(*answer)); });
}

void CoreImpl::publish(std::function<void()> applied) {
  {
    const std::lock_guard lock(policy_mutex_);
    published_ = admin_->policy();
  }
  const auto book = login_book(published_);
  if (verifier_) verifier_->set_book(book);
  desk_->set_book(book);
  if (!listening_ || !server_) return applied();
  server_->swap_policy(gate_policy(published_, *mail_), std::move(applied));
}

void CoreImpl::admin_tick() {
  admin_->tick();
  if (admin_->policy() != published_) publish([] {});
}

/// On the control socket's thread.
Expected<api::Caller> CoreImpl::caller_of(const control::Peer& peer) {
  if (peer.is_owner) return api::Caller{peer.user.empty() ? "owner" : peer.user, api::Role::owner, "socket"};
  std::shared_ptr<const Policy> policy;
  {
    const std::lock_guard lock(policy_mutex_);
    policy = published_;
  }
  if (const auto* one = policy->directory->administrator_of(peer.user))
    return api::Caller{one->name, one->role, "socket"};
  return fail(ErrorCode::access_denied, {peer.user.empty() ? std::to_string(peer.uid) : peer.user});
}

void CoreImpl::stop() {
  // 1 no new requests from outside; 2 no new sessions, open ones end; 3 what was asked is finished; 4 logins, desk;
  // 5 the stores answer everybody and close; 6 the folder is free.
  running_ = false;
  if (control_) control_->stop();
  if (desk_) desk_->set_server(nullptr);
  const bool listened = server_ && listening_.exchange(false);
  if (listened) server_->stop(kStopPatience);
  if (admin_thread_) admin_thread_->stop();
  if (listened) note("service.stop");
  if (desk_) desk_->stop();
  if (workers_) workers_->stop();
  control_.reset();
  server_.reset();
  desk_.reset();
  host_.reset();
  verifier_.reset();
  verified_.reset();
  workers_.reset();
  ledger_.reset();
  admin_thread_.reset();  // the ledger's thread may still have had something for it
  mail_.reset();
  admin_.reset();
  folder_.reset();
}

}  // namespace postern::service

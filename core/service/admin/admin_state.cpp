#include "service/admin/admin_state.h"

#include <charconv>
#include <utility>

#include "base/log.h"
#include "crypto/random.h"
#include "service/admin/parts.h"

namespace postern::service {
namespace {

constexpr size_t kSecretIdOctets = 12;
constexpr const char* kSelf = "postern";
constexpr const char* kProcess = "process";

/// Every request that AdminState knows, to its handler.
struct Handler {
  AdminState::Parts& p;
  const api::Caller& caller;

  api::Reply operator()(const api::UserAdd& r) const { return p.user_add(caller, r); }
  api::Reply operator()(const api::UserList& r) const { return p.user_list(r); }
  api::Reply operator()(const api::UserShow& r) const { return p.user_show(r); }
  api::Reply operator()(const api::UserSet& r) const { return p.user_set(caller, r); }
  api::Reply operator()(const api::UserRemove& r) const { return p.user_remove(caller, r); }
  api::Reply operator()(const api::UserRestore& r) const { return p.user_restore(caller, r); }
  api::Reply operator()(const api::DocumentList& r) const { return p.document_list(r); }
  api::Reply operator()(const api::DocumentGet& r) const { return p.document_get(r); }
  api::Reply operator()(const api::DocumentSet& r) const { return p.document_set(caller, r); }
  api::Reply operator()(const api::ChangeList& r) const { return p.change_list(r); }
  api::Reply operator()(const api::ChangeShow& r) const { return p.change_show(r); }
  api::Reply operator()(const api::ChangeUndo& r) const { return p.change_undo(caller, r); }
  api::Reply operator()(const api::ChangeConfirm& r) const { return p.change_confirm(caller, r); }
  api::Reply operator()(const api::AuditList& r) const { return p.audit_list(r); }
  api::Reply operator()(const api::AuditShow& r) const { return p.audit_show(r); }
  api::Reply operator()(const api::AuditVerify&) const { return p.audit_verify(); }
  api::Reply operator()(const api::CertificateImport& r) const { return p.certificate_import(caller, r); }
  api::Reply operator()(const api::CertificateShow&) const { return p.certificate_show(std::nullopt); }
  api::Reply operator()(const api::CertificateAuthority&) const { return p.certificate_authority(); }
  template <class Other>
  api::Reply operator()(const Other&) const {
    return Error{ErrorCode::bad_input, {"request", std::string(Other::kInfo.name)}};
  }
};

}  // namespace

AdminState::AdminState(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

AdminState::~AdminState() {
  // The last entries get their head, too.
  if (!parts_->trail || !parts_->signing_key) return;
  if (const auto done = parts_->trail->sign(*parts_->signing_key); !done)
    log_error("admin", "the last audit head could not be signed: " + std::string(error_name(done.error().code)));
}

api::Reply AdminState::handle(const api::Caller& caller, const api::Request& request) {
  api::Reply reply = std::visit(Handler{*parts_, caller}, request);
  if (const auto done = parts_->sign_if_due(); !done) log_error("admin", error_name(done.error().code));
  return reply;
}

void AdminState::tick() {
  Parts& p = *parts_;
  const auto reverted = p.engine->revert_overdue();
  p.revert_failed = !reverted;
  if (!reverted) log_error("admin", error_name(reverted.error().code));
  if (const auto done = p.sign_if_due(); !done) log_error("admin", error_name(done.error().code));
  if (p.clock.wall() >= p.next_upkeep) p.upkeep();
  if (p.clock.now() < p.next_idle) return;
  p.next_idle = p.clock.now() + kIdleInterval;
  p.store->idle();
}

std::shared_ptr<const Policy> AdminState::policy() const {
  return parts_->builder.policy();
}
std::shared_ptr<const crypto::KeyRing> AdminState::keys() const {
  return parts_->keys;
}
crypto::AeadKey AdminState::purpose_key(std::string_view purpose) const {
  return parts_->keys->fixed(purpose);
}
void AdminState::set_usage(UsageOf usage) {
  parts_->usage = std::move(usage);
}
void AdminState::set_password_cost(const crypto::Argon2Cost& cost) {
  parts_->password_cost = cost;
}
uint64_t AdminState::pending_changes() const {
  return parts_->engine->pending();
}
std::vector<std::string> AdminState::warnings() const {
  std::vector<std::string> out;
  if (parts_->audit_damaged) out.emplace_back("audit_damaged");
  if (parts_->upkeep_failed) out.emplace_back("upkeep_failed");
  if (parts_->revert_failed) out.emplace_back("revert_failed");
  return out;
}

Expected<uint64_t> AdminState::perform(const api::Caller& caller, const std::string& reason,
                                       change::EffectIntent what) {
  Parts& p = *parts_;
  const change::Effect* effect = std::as_const(*p.effects).find(what.verb);
  change::Proposal proposal;
  proposal.action = what.verb;
  const bool reversible = effect != nullptr && effect->inverse({{}, 0, what, change::EffectState::done, {}, 0});
  proposal.undo = reversible ? change::Undo::effect : change::Undo::irreversible;
  proposal.effects.push_back(std::move(what));
  const auto applied = p.apply(caller, reason, std::move(proposal));
  if (!applied) return fail(applied.error());
  return applied->id;
}

void AdminState::on_change(std::function<void(const api::ChangeRow&)> handler) {
  Parts* parts = parts_.get();
  parts->engine->on_moved([parts, handler = std::move(handler)](const change::ChangeSet& change) {
    if (handler) handler(parts->row_of(change));
  });
}

std::string AdminState::first_domain() const {
  const identity::Directory& directory = *parts_->builder.policy()->directory;
  if (const identity::Account* first = directory.postmaster())
    return first->address.substr(first->address.rfind('@') + 1);
  return directory.domains().empty() ? std::string() : *directory.domains().begin();
}

Expected<void> AdminState::note(const std::string& action, const std::string& object, const std::string& payload_json) {
  return parts_->note({kSelf, kProcess, action, object, payload_json});
}

Expected<void> AdminState::Parts::note(const audit::Record& record) {
  audit::Transaction transaction(*store);
  if (!transaction.opened()) return transaction.opened();
  const auto seq = trail->append(record);
  Expected<void> done;
  if (seq)
    done = transaction.commit();
  else
    done = fail(seq.error());
  if (!done) {
    store->rollback();
    static_cast<void>(trail->load());
  }
  return done;
}

Expected<void> AdminState::Parts::may_change(const api::Caller& caller, const std::string& kind) const {
  const api::Role needed = api::role_to_change(kind);
  if (!api::may(caller.role, needed)) return fail(ErrorCode::not_allowed, {std::string(api::role_name(needed))});
  return {};
}

Expected<change::Applied> AdminState::Parts::apply(const api::Caller& caller, const std::string& reason,
                                                   change::Proposal proposal) {
  for (const auto& [name, body] : proposal.items)
    if (auto may = may_change(caller, name.kind); !may) return fail(may.error());
  proposal.author = {caller.actor, caller.via, reason};
  auto applied = engine->apply(std::move(proposal));
  // Names in the certificate may have to follow.
  if (applied && applied->changed) next_upkeep = std::min(next_upkeep, clock.wall());
  return applied;
}

change::NewSecret AdminState::Parts::new_secret(const DocumentName& owner, const std::string& field,
                                                Secret value) const {
  return {hex(crypto::random_bytes(kSecretIdOctets)), owner, field, std::move(value)};
}

std::optional<uint64_t> parse_id(const std::string& text) {
  uint64_t id = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, id);
  if (error != std::errc() || at != end || id == 0 || text.front() == '0') return std::nullopt;
  return id;
}

}  // namespace postern::service

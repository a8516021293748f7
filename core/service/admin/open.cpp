// Opening a folder, step by step.
#include "adapters/platform/files.h"
#include "base/log.h"
#include "response/audit/recorded.h"
#include "service/admin/parts.h"

namespace postern::service {
namespace {

constexpr const char* kFrontierPurpose = "audit frontier";

Expected<void> settle(AdminState::Parts& p) {
  if (auto reverted = p.engine->revert_overdue(); !reverted) return fail(reverted.error());
  if (auto settled = p.effects->settle(); !settled) return settled;
  p.upkeep();
  return {};
}

}  // namespace

AdminState::Parts::Parts(std::string in, const crypto::AeadKey& key, const Clock& with)
    : folder(std::move(in)),
      kek(key),
      clock(with),
      builder([this](const std::string& id) { return store->open_secret(id); }),
      kinds(document_kinds(&builder)) {}

AdminState::Parts::~Parts() {
  wipe(kek.data(), kek.size());
  wipe(frontier_key.data(), frontier_key.size());
}

Expected<std::unique_ptr<AdminState>> AdminState::open(const std::string& folder, const crypto::AeadKey& kek,
                                                       const Clock& clock, const std::string& boot) {
  return open(folder, kek, clock, boot, {});
}

Expected<std::unique_ptr<AdminState>> AdminState::open(const std::string& folder, const crypto::AeadKey& kek,
                                                       const Clock& clock, const std::string& boot,
                                                       std::vector<std::unique_ptr<change::Effect>> effects) {
  auto parts = std::make_unique<Parts>(folder, kek, clock);
  Expected<void> done = parts->open_store(false);
  if (done) done = parts->open_keys();
  if (done) done = parts->open_trail();
  if (done) done = parts->open_engine(boot);
  if (!done) return fail(done.error());
  for (auto& effect : effects) parts->effects->add(std::move(effect));
  if (auto settled = settle(*parts); !settled) return fail(settled.error());
  return std::unique_ptr<AdminState>(new AdminState(std::move(parts)));
}

Expected<void> AdminState::Parts::open_store(bool create) {
  store::StateStoreOptions options;
  options.folder = folder;
  options.create = create;
  options.files = &platform::real_files();
  auto opened = store::StateStore::open(std::move(options));
  if (!opened) return fail(opened.error());
  store = std::move(*opened);
  return {};
}

Expected<void> AdminState::Parts::open_trail() {
  if (auto opened = open_signing_keys(); !opened) return opened;
  frontier_key = keys->fixed(kFrontierPurpose);
  trail = std::make_unique<audit::AuditLog>(*store, frontier_key, clock);
  if (auto loaded = trail->load(); !loaded) return loaded;
  // A trail that was tampered with is told of, and goes on: mail does not stop for it.
  const auto damage = audit::check_end(*store, trusted, &frontier_key);
  if (!damage) return fail(damage.error());
  if (*damage) note_damage(**damage);
  const auto missing = trail->keep_newest_outside();
  if (!missing) return fail(missing.error());
  if (!*missing) return {};
  log_warning("audit", "the copy of the newest audit head was not there and was made anew");
  return note({"postern", "process", "audit.copy-missing", "audit-head", "{}"});
}

/// Where the trail is so damaged that nothing can be appended, nothing can hide the damage either.
void AdminState::Parts::note_damage(const audit::FirstDamage& damage) {
  audit_damaged = true;
  const std::string kind = audit::damage_name(damage.kind);
  log_error("audit", "the audit trail does not end as it should (" + kind + "): audit verify says where");
  const auto recorded = audit::newest_recorded(*store);
  if (recorded && *recorded && audit::tells_of(**recorded, damage)) return;
  const Json payload{{"seq", std::to_string(damage.seq)}, {"kind", kind}, {"entries", std::to_string(trail->size())}};
  const auto noted =
      note({"postern", "process", audit::kDamageAction, audit::damage_object(damage), dump_json(payload)});
  if (!noted) log_error("audit", "the damage could not be noted: " + std::string(error_name(noted.error().code)));
}

Expected<void> AdminState::Parts::open_engine(const std::string& boot) {
  effects = std::make_unique<change::EffectRunner>(*store, *trail, clock);
  engine = std::make_unique<change::ChangeEngine>(*store, *trail, kinds, builder, *effects, clock, boot);
  return engine->open();
}

}  // namespace postern::service

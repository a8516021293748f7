// What is done by itself from time to time.
#include "base/log.h"
#include "service/admin/parts.h"

namespace postern::service {
namespace {

constexpr size_t kPurgeBatch = 1000;

/// False when it failed.
bool report(const char* what, const Expected<void>& done) {
  if (!done) log_error("admin", std::string(what) + ": " + std::string(error_name(done.error().code)));
  return done.has_value();
}

}  // namespace

void AdminState::Parts::upkeep() {
  next_upkeep = clock.wall() + kUpkeepInterval.count() * kMicrosPerSecond;
  bool good = report("the quarter's data key could not be made", renew_data_key());
  good &= report("the key that signs audit heads could not be renewed", renew_signing_key());
  good &= report("the own certificate could not be renewed", renew_certificate());
  good &= report("secrets no longer needed could not be removed", purge_secrets());
  upkeep_failed = !good;
}

Expected<void> AdminState::Parts::sign_if_due() {
  if (!trail->head_due()) return {};
  return trail->sign(*signing_key);
}

/// After that time an undo cannot bring the secret back, and says so.
Expected<void> AdminState::Parts::purge_secrets() {
  const auto over = store->retired_secrets(clock.wall() - kRetiredDays * kMicrosPerDay, kPurgeBatch);
  if (!over) return fail(over.error());
  if (over->empty()) return {};
  audit::Transaction transaction(*store);
  if (!transaction.opened()) return transaction.opened();
  Json owners = Json::array();
  Expected<void> done;
  for (const change::SecretInfo& info : *over) {
    if (done) done = store->erase_secret(info.id);
    owners.push_back(info.owner.to_string() + " " + info.field);
  }
  if (done) {
    const std::string object = std::to_string(over->size()) + " secrets";
    const auto seq = trail->append({"postern", "process", "secret.purge", object, dump_json(Json{{"owners", owners}})});
    done = seq ? transaction.commit() : Expected<void>(fail(seq.error()));
  }
  if (done) return {};
  store->rollback();
  static_cast<void>(trail->load());
  return done;
}

}  // namespace postern::service

// Documents, journal, audit and secrets as one thing, and every request that changes or reads them. Belongs to one
// thread, the admin thread; open and create may be called before it runs. Never waits but for the disk and for a
// password hash.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/store/state_store.h"
#include "postern/messages.h"
#include "service/admin/policy.h"

namespace postern::change {
class Effect;
struct ChangeSet;
struct EffectIntent;
}  // namespace postern::change
namespace postern::crypto {
struct Argon2Cost;
}

namespace postern::service {

/// How much a mailbox holds, for user rows (messages, octets); may be empty.
using UsageOf = std::function<std::pair<uint64_t, uint64_t>(identity::AccountId)>;

/// What a new folder begins with.
struct Beginning {
  std::string domain, administrator;
  std::string host_name;  ///< "" = the domain
  Secret password;
};

class AdminState {
 public:
  /// Opens an initialised folder: migrates, keys, trail, policy; reverts what is overdue, settles effects, renews the
  /// own certificate. not_initialised, folder_newer, folder_*, key_wrong, disk_full.
  static Expected<std::unique_ptr<AdminState>> open(const std::string& folder, const crypto::AeadKey& kek,
                                                    const Clock& clock, const std::string& boot);
  /// The same, with effects that changes may have outside the documents: they are known before anything is settled.
  static Expected<std::unique_ptr<AdminState>> open(const std::string& folder, const crypto::AeadKey& kek,
                                                    const Clock& clock, const std::string& boot,
                                                    std::vector<std::unique_ptr<change::Effect>> effects);
  /// Writes the first documents, keys and audit entries into an empty folder. Nothing is left there when it fails.
  /// bad_domain, bad_address, bad_password, folder_*, disk_full.
  static Expected<void> create(const std::string& folder, const crypto::AeadKey& kek, const Clock& clock,
                               Beginning beginning);
  ~AdminState();

  /// Performs one request of users, documents, changes, audit or certificates. The caller's role was checked for the
  /// request; here it is checked for what the request touches.
  api::Reply handle(const api::Caller& caller, const api::Request& request);
  /// Deadlines and audit heads; hourly: keys, certificate, secrets that are no longer needed. A few times a second.
  void tick();

  /// In force; another pointer after each change of it.
  std::shared_ptr<const Policy> policy() const;
  std::shared_ptr<const crypto::KeyRing> keys() const;
  /// A key that is the same at every start, bound to a purpose.
  crypto::AeadKey purpose_key(std::string_view purpose) const;
  void set_usage(UsageOf usage);
  /// Makes a change of nothing but this effect; its id. Whether it went well is the effect's to tell.
  Expected<uint64_t> perform(const api::Caller& caller, const std::string& reason, change::EffectIntent what);
  /// Called for each change that got a new state; on the admin thread.
  void on_change(std::function<void(const api::ChangeRow&)> handler);
  /// What hashing a new password costs; the default is for real ones.
  void set_password_cost(const crypto::Argon2Cost& cost);
  uint64_t pending_changes() const;
  /// What is in trouble, in words that stay: "audit_damaged" (found at the start or by a verification since),
  /// "upkeep_failed" (a step of the last one), "revert_failed" (at the last tick). The admin thread.
  std::vector<std::string> warnings() const;
  std::string first_domain() const;
  /// Notes something in the audit trail that is no change of documents. `payload_json` is kept encrypted.
  Expected<void> note(const std::string& action, const std::string& object, const std::string& payload_json);

  struct Parts;  ///< private to core/service/admin

 private:
  explicit AdminState(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace postern::service
